/** What stands before requests and responses, in both header versions. */

import { expect, test } from 'vitest'
import { apis, apiVersions, describeCluster, heartbeat, produce } from '../../../core/protocol/apis/index.ts'
import { errorCode, errorName, kafkaErrors } from '../../../core/protocol/errors.ts'
import { encodeRequestFrame, encodeResponseFrame, hasVersion, readRequestHeader, readResponseHeader } from '../../../core/protocol/header.ts'
import { Reader } from '../../../core/protocol/wire.ts'
import { hex } from '../../support/hex.ts'

const read = (text: string) => readRequestHeader(new Reader(hex(text)))

test('a client id may be null or empty, in header v1 and v2', () => {
  expect(read('000c 0003 00000001 ffff').clientId).toBe(null)
  expect(read('000c 0003 00000001 0000').clientId).toBe('')
  expect(read('000c 0004 00000001 ffff 00').clientId).toBe(null)
})

test('a header of an unknown key is read up to its client id', () => {
  expect(read('03e7 0007 00000001 0001 61')).toEqual({
    apiKey: 999,
    apiVersion: 7,
    correlationId: 1,
    clientId: 'a',
    api: undefined,
  })
})

test('ApiVersions of a version to come is still read as flexible, so that it can be answered', () => {
  const header = read('0012 0063 00000001 ffff 01 0001aa')
  expect(header.api).toBe(apiVersions)
  expect(hasVersion(apiVersions, header.apiVersion)).toBe(false)
})

test('Produce says it begins at 0 and is answered from 3', () => {
  expect(produce.advertisedMinVersion).toBe(0)
  expect([0, 2, 3, 13, 14].map(version => hasVersion(produce, version))).toEqual([false, false, true, true, false])
})

test('a request frame reads back, client id and body', () => {
  const body = describeCluster.encodeRequest({}, 2)
  const frame = Buffer.concat(encodeRequestFrame(describeCluster, 2, { correlationId: -5, clientId: 'ключ', body }))
  expect(frame.readInt32BE(0)).toBe(frame.length - 4)
  const reader = new Reader(frame, 4)
  expect(readRequestHeader(reader)).toMatchObject({ api: describeCluster, apiVersion: 2, correlationId: -5, clientId: 'ключ' })
  expect(describeCluster.decodeRequest(reader, 2)).toMatchObject({ endpointType: 1, includeFencedBrokers: false })
})

test('a response frame lists a large body by reference and joins a small one; only flexible versions have tags in its header, and never ApiVersions', () => {
  for (const [api, version, headBytes] of [[heartbeat, 3, 8], [heartbeat, 4, 9], [apiVersions, 3, 8]] as const) {
    const large = Buffer.alloc(5000)
    expect(encodeResponseFrame(api, version, 77, [large])[1]).toBe(large)
    const frame = encodeResponseFrame(api, version, 77, [Buffer.from('body')])
    expect(frame).toHaveLength(1)
    const bytes = Buffer.concat(frame)
    expect(bytes.readInt32BE(0)).toBe(bytes.length - 4)
    expect(bytes.length).toBe(headBytes + 4)
    const reader = new Reader(bytes, 4)
    expect(readResponseHeader(reader, api, version)).toEqual({ correlationId: 77 })
    expect(reader.remaining).toBe(4)
  }
})

test('keys are unique and in order', () => {
  const keys = apis.map(api => api.key)
  expect(keys).toEqual([...new Set(keys)].sort((a, b) => a - b))
})

test('error codes have names both ways; an unknown code reads as unknown', () => {
  for (const [name, code] of Object.entries(kafkaErrors)) expect(errorName(code)).toBe(name)
  expect(errorCode('CORRUPT_MESSAGE')).toBe(2)
  expect(errorName(9999)).toBe('UNKNOWN_SERVER_ERROR')
})
