/** Control batches: the markers that end transactions. */

import { expect, test } from 'vitest'
import { encodeMarker, readMarker } from '../../../core/records/control-record.ts'
import { encodeBatch, type NewRecord, readBatch } from '../../../core/records/record-batch.ts'

const marker = { producerId: 4_000_000_007, producerEpoch: 3, coordinatorEpoch: 12, timestamp: 1_700_000_000_000 }

function control(record: Partial<NewRecord>): Buffer {
  return encodeBatch({ records: [{ key: Buffer.from('00000001', 'hex'), value: Buffer.from('00000000000c', 'hex'), timestamp: 1, ...record }], isControl: true })
}

test('a marker is a transactional control batch of one record, without a sequence, as Kafka writes it', () => {
  const bytes = encodeMarker({ ...marker, isAbort: false })
  const { records, ...facts } = readBatch(bytes)
  expect(facts).toEqual({
    baseOffset: 0, lastOffset: 0, sizeBytes: 78, leaderEpoch: -1, codecId: 0, timestampType: 'CreateTime', isTransactional: true, isControl: true, hasDeleteHorizon: false,
    baseTimestamp: marker.timestamp, maxTimestamp: marker.timestamp, producerId: marker.producerId, producerEpoch: 3, baseSequence: -1, recordCount: 1,
  })
  // length, attributes, timestamp and offset delta, key length and key, value length and value, no headers
  expect(bytes.subarray(61).toString('hex')).toBe(['20', '00', '00', '00', '08', '00000001', '0c', '00000000000c', '00'].join(''))
  expect([...records()].map(({ key }) => key?.toString('hex'))).toEqual(['00000001'])
  expect([...readBatch(encodeMarker({ ...marker, isAbort: true })).records()].map(({ key }) => key?.toString('hex'))).toEqual(['00000000'])
})

test('what is written is read back, at any place of a buffer', () => {
  for (const isAbort of [true, false]) {
    const bytes = Buffer.concat([encodeMarker({ ...marker, isAbort: !isAbort }), encodeMarker({ ...marker, isAbort })])
    expect(readMarker(bytes, bytes.length / 2)).toEqual({ isAbort, coordinatorEpoch: 12 })
  }
})

test('a marker of a later version is read as far as it is known', () => {
  expect(readMarker(control({ key: Buffer.from('0001000100', 'hex'), value: Buffer.from('00010000000d0000', 'hex') }), 0)).toEqual({ isAbort: false, coordinatorEpoch: 13 })
})

test.each([
  ['another control type', control({ key: Buffer.from('00000002', 'hex') })],
  ['a negative version', control({ key: Buffer.from('ffff0001', 'hex') })],
  ['a key cut short', control({ key: Buffer.from('0000', 'hex') })],
  ['no key', control({ key: null })],
  ['no value', control({ value: null })],
  ['records that cannot be read', (bytes => (bytes.writeUInt8(0xff, 61), bytes))(control({}))],
  ['a batch emptied by compaction', (bytes => (bytes.writeInt32BE(0, 57), bytes))(control({}))],
])('%s is no marker', (_, bytes) => {
  expect(readMarker(bytes, 0)).toBe(undefined)
})
