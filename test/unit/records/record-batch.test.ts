/** Record batches: our bytes and Apache Kafka 4.3.1's are the same. */

import { expect, test } from 'vitest'
import { isIntact } from '../../../core/records/batch-header.ts'
import { codecId, type Codec } from '../../../core/records/compression.ts'
import { CorruptBatch } from '../../../core/records/corrupt-batch.ts'
import { batchesOf, encodeBatch, type NewBatch, readBatch } from '../../../core/records/record-batch.ts'

/** Written by Kafka's MemoryRecordsBuilder: base offset 42, epoch 5, producer 7 epoch 3, sequence 11. */
const kafkas: Record<Codec, string> = {
  none:
    '000000000000002a0000005e0000000502ebf1702b0000000000020000018bcfe568000000018bcfe568fa000000000000000700030000000b00000003' +
    '22000000046b310476310402680278026e012000f40302011276616c75652074776f001200cf0f04046b330100',
  gzip:
    '000000000000002a000000720000000502382cd2c70001000000020000018bcfe568000000018bcfe568fa000000000000000700030000000b00000003' +
    '1f8b08000000000000ff5362606060c9366429336461ca60aa60ca635460f8c2ccc428549698539aaa50529ecf20c4709e9f8525db98910100eb378d482d000000',
  snappy:
    '000000000000002a00000074000000050286ac9fa90002000000020000018bcfe568000000018bcfe568fa000000000000000700030000000b00000003' +
    '82534e415050590000000001000000010000002f2db022000000046b310476310402680278026e012000f40302011276616c75652074776f001200cf0f04046b330100',
  lz4:
    '000000000000002a0000006d0000000502da353bea0003000000020000018bcfe568000000018bcfe568fa000000000000000700030000000b00000003' +
    '04224d186040822d00008022000000046b310476310402680278026e012000f40302011276616c75652074776f001200cf0f04046b33010000000000',
  zstd:
    '000000000000002a0000006a0000000502e24baccc0004000000020000018bcfe568000000018bcfe568fa000000000000000700030000000b00000003' +
    '28b52ffd005868010022000000046b310476310402680278026e012000f40302011276616c75652074776f001200cf0f04046b330100010000',
}

const sameBatch: NewBatch = {
  baseOffset: 42,
  leaderEpoch: 5,
  producerId: 7,
  producerEpoch: 3,
  baseSequence: 11,
  records: [
    { timestamp: 1700000000000, key: Buffer.from('k1'), value: Buffer.from('v1'), headers: [{ name: 'h', value: Buffer.from('x') }, { name: 'n', value: null }] },
    { timestamp: 1700000000250, key: null, value: Buffer.from('value two') },
    { timestamp: 1699999999000, key: Buffer.from('k3'), value: null },
  ],
}

test('an uncompressed batch has the same bytes as one that Kafka writes', () => {
  expect(encodeBatch(sameBatch).toString('hex')).toBe(kafkas.none)
})

test.each(Object.entries(kafkas))('a %s batch that Kafka wrote reads back whole', (codec, hex) => {
  const bytes = Buffer.from(hex, 'hex')
  expect(isIntact(bytes, 0)).toBe(true)
  const { records, ...facts } = readBatch(bytes)
  expect(facts).toEqual({
    baseOffset: 42,
    lastOffset: 44,
    sizeBytes: bytes.length,
    leaderEpoch: 5,
    codecId: codecId(codec as Codec),
    timestampType: 'CreateTime',
    isTransactional: false,
    isControl: false,
    hasDeleteHorizon: false,
    baseTimestamp: 1700000000000,
    maxTimestamp: 1700000000250,
    producerId: 7,
    producerEpoch: 3,
    baseSequence: 11,
    recordCount: 3,
  })
  const expected = sameBatch.records.map((record, index) => ({ headers: [], ...record, offset: 42 + index, sequence: 11 + index }))
  expect([...records()]).toEqual(expected)
})

test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)('a %s batch we write reads back, also with odd timestamps and many headers', codec => {
  const records = Array.from({ length: 300 }, (_, index) => ({
    timestamp: [0, 1700000000000, 8640000000000000, -1, 5][index % 5] ?? 0,
    key: index % 3 === 0 ? null : Buffer.from(`key ${index}`),
    value: index % 7 === 0 ? null : Buffer.alloc(index * 3, index),
    headers: Array.from({ length: index % 4 }, (_, at) => ({ name: `näme ${at}`, value: at === 1 ? null : Buffer.alloc(at * 100, at) })),
  }))
  const bytes = encodeBatch({ records, codec, baseOffset: 2 ** 40 })
  const read = [...readBatch(bytes).records()]
  expect(read).toEqual(records.map((record, index) => ({ ...record, offset: 2 ** 40 + index, sequence: -1 })))
})

test('sequences start again after 2147483647, also within a batch', () => {
  const record = { key: null, value: null, timestamp: 0 }
  const bytes = encodeBatch({ records: [record, record, record], producerId: 1, producerEpoch: 0, baseSequence: 0x7ffffffe })
  expect([...readBatch(bytes).records()].map(({ sequence }) => sequence)).toEqual([0x7ffffffe, 0x7fffffff, 0])
})

test('a partial batch at the end of an answer is left out', () => {
  const one = encodeBatch({ records: [{ key: null, value: Buffer.from('a'), timestamp: 0 }] })
  const cut = Buffer.concat([one, one, one.subarray(0, one.length - 1)])
  expect([...batchesOf(cut)].length).toBe(2)
})

test('records that are not what their header says are CorruptBatch, at every cut and every changed byte of the section, and never hang', () => {
  const good = encodeBatch({ records: sameBatch.records })
  for (let at = 61; at < good.length; at++) {
    const cut = Buffer.from(good.subarray(0, at))
    cut.writeInt32BE(at - 12, 8)
    expect(() => [...readBatch(cut).records()]).toThrow(CorruptBatch)
    for (const change of [0x01, 0x80, 0xff]) {
      const changed = Buffer.from(good)
      changed[at] = (changed[at] ?? 0) ^ change
      try {
        for (const record of readBatch(changed).records()) expect(record.value?.length ?? 0).toBeLessThan(good.length)
      } catch (failure) {
        expect(failure).toBeInstanceOf(CorruptBatch)
      }
    }
  }
})
