/** What a client may append, and what it is told otherwise. */

import { expect, test } from 'vitest'
import { attributesOf, baseOffsetOf, isIntact, isLogAppendTime, leaderEpochOf, maxTimestampOf, sign } from '../../../core/records/batch-header.ts'
import { deflate } from '../../../core/records/compression.ts'
import { encodeBatch, readBatch } from '../../../core/records/record-batch.ts'
import { batch, filesOf, mustAppend, openLog, readAll, record, START_MS } from './fixture.ts'

test('a batch gets the next offsets and the leader epoch in its own bytes, and is read back as sent', async () => {
  const { log } = await openLog()
  const bytes = batch(['a', 'b'])
  expect(mustAppend(log, bytes)).toEqual({ error: 'NONE', baseOffset: 0, lastOffset: 1, recordCount: 2, logAppendTime: -1, logStartOffset: 0, isDuplicate: false })
  const more = batch(['c'])
  expect(mustAppend(log, more)).toMatchObject({ baseOffset: 2, lastOffset: 2 })
  expect([baseOffsetOf(more, 0), leaderEpochOf(more, 0), isIntact(more, 0)]).toEqual([2, 0, true])
  expect(readAll(log)).toEqual(['a', 'b', 'c'])
  expect([log.startOffset, log.endOffset, log.highWatermark, log.lastStableOffset, log.recordsAppended]).toEqual([0, 3, 3, 3, 3])
  expect(log.sizeBytes).toBe(bytes.length + more.length)
})

test('listeners hear of an append in the same turn, when it can already be read', async () => {
  const { log } = await openLog()
  const heard: number[] = []
  log.onChange = each => heard.push(each.endOffset)
  mustAppend(log, batch(['a', 'b']))
  expect(heard).toEqual([2])
})

const changed = (change: (bytes: Buffer) => void, signIt = true): Buffer => {
  const bytes = batch(['one', 'two'])
  change(bytes)
  if (signIt) sign(bytes, 0)
  return bytes
}

test.each([
  ['nothing', Buffer.alloc(0), 'INVALID_RECORD'],
  ['less than a header', batch(['a']).subarray(0, 60), 'INVALID_RECORD'],
  ['a cut batch', batch(['a']).subarray(0, -1), 'INVALID_RECORD'],
  ['two batches', Buffer.concat([batch(['a']), batch(['b'])]), 'INVALID_RECORD'],
  ['magic 1', changed(bytes => bytes.writeInt8(1, 16)), 'INVALID_RECORD'],
  ['a base offset', changed(bytes => bytes.writeInt32BE(7, 4)), 'INVALID_RECORD'],
  ['a flipped bit', changed(bytes => bytes.writeInt8(1, 70), false), 'CORRUPT_MESSAGE'],
  ['a negative last offset delta', changed(bytes => bytes.writeInt32BE(-1, 23)), 'INVALID_RECORD'],
  ['no records', changed(bytes => bytes.writeInt32BE(0, 57)), 'INVALID_RECORD'],
  ['a count that differs from the offsets', changed(bytes => bytes.writeInt32BE(3, 57)), 'INVALID_RECORD'],
  ['more records than announced', changed(bytes => (bytes.writeInt32BE(1, 57), bytes.writeInt32BE(0, 23))), 'INVALID_RECORD'],
  ['fewer records than announced', changed(bytes => (bytes.writeInt32BE(3, 57), bytes.writeInt32BE(2, 23))), 'INVALID_RECORD'],
  ['a control batch', batch(['a'], { isControl: true }), 'INVALID_RECORD'],
  ['a producer without a sequence', batch(['a'], { producerId: 1, producerEpoch: 0 }), 'INVALID_RECORD'],
  ['an unknown codec', changed(bytes => bytes.writeInt16BE(5, 21)), 'INVALID_RECORD'],
  ['plain records marked as gzip', changed(bytes => bytes.writeInt16BE(1, 21)), 'INVALID_RECORD'],
  ['record lengths that lie', changed(bytes => bytes.writeInt8(2, 61)), 'INVALID_RECORD'],
] as const)('%s is refused and nothing of it is stored', async (_, bytes, error) => {
  const { log, disk } = await openLog()
  mustAppend(log, batch(['before']))
  const files = filesOf(disk)
  expect(log.append(Buffer.from(bytes)).error).toBe(error)
  expect([filesOf(disk), log.endOffset, readAll(log)]).toEqual([files, 1, ['before']])
})

test('a batch over max.message.bytes is refused before its checksum is looked at', async () => {
  const { log } = await openLog({ config: { maxMessageBytes: 200 } })
  const bytes = batch(['x'.repeat(200)])
  bytes.writeInt32BE(0, 17)
  expect(log.append(bytes).error).toBe('MESSAGE_TOO_LARGE')
  expect(log.append(batch(['x'.repeat(200)]).fill(0, 17, 21)).error).toBe('MESSAGE_TOO_LARGE')
})

test('a batch over segment.bytes is refused', async () => {
  const { log } = await openLog({ config: { segmentBytes: 150 } })
  expect(log.append(batch(['x'.repeat(200)])).error).toBe('RECORD_LIST_TOO_LARGE')
})

test('a compacted topic refuses records without key, by index', async () => {
  const { log } = await openLog({ config: { cleanupPolicy: ['compact'] } })
  for (const codec of ['none', 'zstd'] as const) {
    const refused = log.append(encodeBatch({ codec, records: [record('a'), record('b', { key: null }), record('c', { key: null })] }))
    expect(refused).toMatchObject({ error: 'INVALID_RECORD' })
    expect(refused.error === 'NONE' ? [] : refused.recordErrors).toEqual(
      [1, 2].map(index => ({ index, message: 'Compacted topic cannot accept message without key in topic partition orders-0' })),
    )
  }
  expect(log.endOffset).toBe(0)
  mustAppend(log, batch(['a']))
})

test('timestamps more than an hour ahead are refused, and a wrong time outranks a missing key', async () => {
  const { log } = await openLog({ config: { cleanupPolicy: ['compact'] } })
  mustAppend(log, encodeBatch({ records: [record('a', { timestamp: START_MS + 3_600_000 }), record('b', { timestamp: -1 }), record('c', { timestamp: 0 })] }))
  const refused = log.append(encodeBatch({ records: [record('a', { key: null }), record('b', { timestamp: START_MS + 3_600_001 })] }))
  expect(refused).toMatchObject({ error: 'INVALID_TIMESTAMP', message: 'One or more records have been rejected due to invalid timestamp' })
  expect(refused.error === 'NONE' ? [] : refused.recordErrors?.map(({ index }) => index)).toEqual([0, 1])
})

test('timestamps before message.timestamp.before.max.ms are refused', async () => {
  const { log } = await openLog({ config: { timestampBeforeMaxMs: 1000 } })
  mustAppend(log, encodeBatch({ records: [record('a', { timestamp: START_MS - 1000 })] }))
  expect(log.append(encodeBatch({ records: [record('a', { timestamp: START_MS - 1001 })] })).error).toBe('INVALID_TIMESTAMP')
})

test('a timestamp that a number cannot hold is refused', async () => {
  const { log } = await openLog({ config: { timestampAfterMaxMs: Infinity } })
  const bytes = batch(['a'])
  bytes.writeBigInt64BE(2n ** 60n, 27)
  sign(bytes, 0)
  expect(log.append(bytes).error).toBe('INVALID_TIMESTAMP')
})

test('on a LogAppendTime topic the broker sets the time of the batch and signs it anew', async () => {
  const { log, clock } = await openLog({ config: { timestampType: 'LogAppendTime' } })
  clock.advance(5)
  const bytes = encodeBatch({ records: [record('a', { timestamp: 7 }), record('b', { timestamp: -1 })] })
  expect(mustAppend(log, bytes)).toMatchObject({ logAppendTime: START_MS + 5 })
  expect([isLogAppendTime(attributesOf(bytes, 0)), maxTimestampOf(bytes, 0), isIntact(bytes, 0)]).toEqual([true, START_MS + 5, true])
  expect([...readBatch(bytes).records()].map(({ timestamp }) => timestamp)).toEqual([START_MS + 5, START_MS + 5])
})

test('a client may not claim LogAppendTime on such a topic; on a CreateTime topic the claim is taken back', async () => {
  const claim = (): Buffer => batch(['a'], { timestampType: 'LogAppendTime' })
  const appendTime = await openLog({ config: { timestampType: 'LogAppendTime' } })
  expect(appendTime.log.append(claim()).error).toBe('INVALID_TIMESTAMP')
  const createTime = await openLog()
  const bytes = claim()
  mustAppend(createTime.log, bytes)
  expect([isLogAppendTime(attributesOf(bytes, 0)), isIntact(bytes, 0)]).toEqual([false, true])
})

test('a wrong greatest timestamp in the header is put right', async () => {
  const { log } = await openLog()
  const bytes = changed(it => it.writeBigInt64BE(1n, 35))
  mustAppend(log, bytes)
  expect([maxTimestampOf(bytes, 0), isIntact(bytes, 0)]).toEqual([START_MS, true])
})

test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('%s batches are kept as sent, and their records are checked', async codec => {
  const { log } = await openLog()
  const bytes = batch(['a', 'b', 'c'], { codec })
  const sent = Buffer.from(bytes)
  mustAppend(log, bytes)
  expect(bytes.subarray(21).equals(sent.subarray(21))).toBe(true)
  expect(readAll(log)).toEqual(['a', 'b', 'c'])
  const late = encodeBatch({ codec, records: [record('a', { timestamp: START_MS * 2 })] })
  expect(log.append(late).error).toBe('INVALID_TIMESTAMP')
})

test('offsets inside a compressed batch that do not count up are written anew', async () => {
  const plain = batch(['a', 'b']).subarray(61)
  plain.writeInt8(10, 64 - 61) // the first record's offset delta
  const header = batch(['a', 'b'], { codec: 'lz4' }).subarray(0, 61)
  const bytes = Buffer.concat([header, deflate('lz4', plain)])
  bytes.writeInt32BE(bytes.length - 12, 8)
  sign(bytes, 0)
  const { log } = await openLog()
  mustAppend(log, bytes)
  expect(readAll(log)).toEqual(['a', 'b'])
})

test('a large compressed batch is opened too', async () => {
  const { log } = await openLog()
  const big = 'x'.repeat(100_000)
  mustAppend(log, batch([big, big, big], { codec: 'zstd' }))
  expect(readAll(log)).toEqual([big, big, big])
  const late = encodeBatch({ codec: 'zstd', records: [record(big), record(big), record(big, { timestamp: START_MS * 2 })] })
  expect(log.append(late).error).toBe('INVALID_TIMESTAMP')
})

test('a topic with a codec of its own stores batches in it', async () => {
  const { log, disk } = await openLog({ config: { compressionType: 'gzip', timestampType: 'LogAppendTime' } })
  for (const codec of ['none', 'zstd', 'gzip'] as const) mustAppend(log, batch(['a', 'b'], { codec, producerId: 5, producerEpoch: 0, baseSequence: log.endOffset }))
  const stored = disk.readSmallNow('/data/orders-0/00000000000000000000.log') ?? Buffer.alloc(0)
  let at = 0
  for (let index = 0; index < 3; index++) {
    const each = readBatch(stored, at)
    expect(each).toMatchObject({ codecId: 1, producerId: 5, baseSequence: index * 2, timestampType: 'LogAppendTime', baseOffset: index * 2 })
    expect(isIntact(stored, at)).toBe(true)
    at += each.sizeBytes
  }
  expect(readAll(log)).toEqual(['a', 'b', 'a', 'b', 'a', 'b'])
})

test('a full disk is KAFKA_STORAGE_ERROR, stores nothing, and the log goes on when there is room again', async () => {
  const { log, disk } = await openLog()
  mustAppend(log, batch(['a']))
  disk.fail({ call: 'write', code: 'ENOSPC', path: '.log' })
  expect(log.append(batch(['b']))).toMatchObject({ error: 'KAFKA_STORAGE_ERROR' })
  expect([log.endOffset, readAll(log)]).toEqual([1, ['a']])
  disk.heal()
  mustAppend(log, batch(['c']))
  expect(readAll(log)).toEqual(['a', 'c'])
})

test('a closed log takes nothing more', async () => {
  const { log } = await openLog()
  await log.close()
  expect(log.append(batch(['a'])).error).toBe('KAFKA_STORAGE_ERROR')
})
