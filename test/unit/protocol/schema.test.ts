/** What a schema promises its users: types inferred, defaults filled, records by reference. */

import { expect, test } from 'vitest'
import { fetch, metadata, produce } from '../../../core/protocol/apis/index.ts'
import type { RequestOf, ResponseOf } from '../../../core/protocol/schema.ts'
import { Reader, ZERO_UUID } from '../../../core/protocol/wire.ts'

const read = (buffers: readonly Buffer[]) => new Reader(Buffer.concat(buffers))

test('a request reads back with every field present, absent ones at their defaults', () => {
  const records = Buffer.from('a batch')
  const bytes = produce.encodeRequest(
    { acks: -1, timeoutMs: 1500, topicData: [{ name: 'orders', partitionData: [{ index: 3, records }] }] },
    9,
  )
  const request: RequestOf<typeof produce> = produce.decodeRequest(read(bytes), 9)
  expect(request).toEqual({
    transactionalId: null,
    acks: -1,
    timeoutMs: 1500,
    topicData: [{ name: 'orders', topicId: ZERO_UUID, partitionData: [{ index: 3, records }] }],
  })
})

test('records are listed among the buffers by reference', () => {
  const pieces = [Buffer.from('one batch'), Buffer.from('and another')]
  const response: ResponseOf<typeof fetch> = {
    responses: [{ topic: 'orders', partitions: [{ partitionIndex: 0, errorCode: 0, highWatermark: 2, records: pieces }] }],
  }
  const buffers = fetch.encodeResponse(response, 11)
  expect(pieces.every(piece => buffers.includes(piece))).toBe(true)
  const decoded = fetch.decodeResponse(read(buffers), 11)
  expect(decoded.responses[0]?.partitions[0]?.records).toEqual(Buffer.concat(pieces))
})

test('null is refused where the version does not allow it', () => {
  expect(() => metadata.encodeRequest({ topics: null }, 0)).toThrow('may not be null')
  expect(() => metadata.decodeRequest(read([Buffer.from('ffffffff', 'hex')]), 0)).toThrow('MetadataRequest v0: null where none is allowed')
  expect(metadata.decodeRequest(read([Buffer.from('ffffffff', 'hex')]), 1).topics).toBe(null)
})

test('a field without a declared default must be given', () => {
  // @ts-expect-error acks has no default
  const request: RequestOf<typeof produce> = { timeoutMs: 1, topicData: [], transactionalId: null }
  expect(() => produce.encodeRequest(request, 3)).toThrow('acks has no value')
})
