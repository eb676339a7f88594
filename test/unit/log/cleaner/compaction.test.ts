/** Compaction of a log, through its front door: what is left for who reads it. */

import { expect, test } from 'vitest'
import { encodeMarker } from '../../../../core/records/control-record.ts'
import { codecId, type Codec } from '../../../../core/records/compression.ts'
import { encodeBatch } from '../../../../core/records/record-batch.ts'
import { filesOf, FOLDER, mustAppend, openLog } from '../fixture.ts'
import { batchesIn, cleanerOf, compacting, contentOf, HOUR_MS, openCompacted, pairs, put } from './fixture.ts'

test('of each key the last record before the active segment stays, at its offset', async () => {
  const { log, cleaner } = await openCompacted()
  for (let index = 0; index < 30; index++) put(log, [[`key ${index % 3}`, `value ${index}`]])
  log.roll()
  put(log, [['key 0', 'active']])
  await cleaner.cleanAll()
  expect(contentOf(log)).toEqual(['27 key 0=value 27', '28 key 1=value 28', '29 key 2=value 29', '30 key 0=active'])
  expect([log.startOffset, log.endOffset]).toEqual([0, 31])
})

test('batches that lose nothing are copied as they are, others keep their place, sequence and last offset', async () => {
  const { log, cleaner } = await openCompacted()
  const whole = pairs([['a', '1'], ['b', '2']])
  mustAppend(log, whole)
  mustAppend(log, pairs([['c', '3'], ['d', '4'], ['c', '5'], ['e', '6']], { producerId: 9, producerEpoch: 1, baseSequence: 0 }))
  put(log, [['d', '7']])
  log.roll()
  await cleaner.cleanAll()
  const [first, second] = batchesIn(log)
  expect(first?.sizeBytes).toBe(whole.length)
  expect(second).toMatchObject({ baseOffset: 2, lastOffset: 5, recordCount: 2, producerId: 9, producerEpoch: 1, baseSequence: 0, leaderEpoch: 0 })
  expect(contentOf(log)).toEqual(['0 a=1', '1 b=2', '4 c=5', '5 e=6', '6 d=7'])
})

test.each<Codec>(['gzip', 'snappy', 'lz4', 'zstd'])('batches compressed with %s are opened, and closed again in their codec', async codec => {
  const { log, cleaner } = await openCompacted()
  put(log, [['a', '1'], ['b', '2'], ['a', '3']], { codec })
  put(log, [['b', '4']])
  log.roll()
  await cleaner.cleanAll()
  expect(contentOf(log)).toEqual(['2 a=3', '3 b=4'])
  const attributes = log.read({ offset: 0, maxBytes: 1000, minOneBatch: true })
  expect(attributes.error === 'NONE' && (attributes.buffers[0]?.readInt16BE(21) ?? 0) & 7).toBe(codecId(codec))
})

test('a batch of megabytes, of which every other record is superseded, keeps the rest', async () => {
  const { log, cleaner } = await openCompacted({ segmentBytes: 1e8, maxMessageBytes: 1e7 })
  const value = 'v'.repeat(10_000)
  put(log, Array.from({ length: 400 }, (_, index) => [`key ${index}`, value] as const))
  put(log, Array.from({ length: 200 }, (_, index) => [`key ${index * 2}`, 'new'] as const))
  log.roll()
  await cleaner.cleanAll()
  expect(batchesIn(log).map(({ recordCount, lastOffset }) => [recordCount, lastOffset])).toEqual([[200, 399], [200, 599]])
  expect(contentOf(log).filter(line => line.endsWith('new')).length).toBe(200)
  expect(contentOf(log).slice(0, 200)).toEqual(Array.from({ length: 200 }, (_, index) => `${index * 2 + 1} key ${index * 2 + 1}=${value}`))
})

test.each(['CreateTime', 'LogAppendTime'] as const)('a delete horizon leaves the times of records as they were (%s), and compression too', async timestampType => {
  const { log, clock, cleaner } = await openCompacted({ timestampType })
  const records = (['a', 'b', 'c'] as const).map((key, index) => ({ key: Buffer.from(key), value: key === 'b' ? null : Buffer.from(key), timestamp: clock.now() - index * 1000 }))
  mustAppend(log, encodeBatch({ records, codec: 'gzip' }))
  log.roll()
  const before = batchesIn(log).flatMap(batch => [...batch.records()].map(({ timestamp }) => timestamp))
  await cleaner.cleanAll()
  const [batch] = batchesIn(log)
  expect([batch?.hasDeleteHorizon, batch?.codecId, batch?.maxTimestamp, batch?.timestampType]).toEqual([true, codecId('gzip'), clock.now(), timestampType])
  expect([...(batch?.records() ?? [])].map(({ timestamp }) => timestamp)).toEqual(before)
})

test('a tombstone stays until delete.retention.ms after it was first compacted, and then goes', async () => {
  const { log, clock, cleaner } = await openCompacted()
  put(log, [['a', '1'], ['b', '2']])
  put(log, [['a', null]], { timestamp: clock.now() - 500 })
  log.roll()
  await cleaner.cleanAll()
  const horizon = clock.now() + HOUR_MS
  expect(contentOf(log)).toEqual(['1 b=2', '2 a=null'])
  const tombstone = batchesIn(log).at(-1)
  expect(tombstone).toMatchObject({ hasDeleteHorizon: true, baseTimestamp: horizon })
  expect([...(tombstone?.records() ?? [])].map(({ timestamp }) => timestamp)).toEqual([clock.now() - 500])
  clock.advance(HOUR_MS - 1)
  put(log, [['c', '3']])
  log.roll()
  await cleaner.cleanAll()
  expect(contentOf(log)).toEqual(['1 b=2', '2 a=null', '3 c=3'])
  clock.advance(1)
  put(log, [['d', '4']])
  log.roll()
  await cleaner.cleanAll()
  expect(contentOf(log)).toEqual(['1 b=2', '3 c=3', '4 d=4'])
})

test('nothing at or above the last stable offset is compacted; an aborted transaction loses its records at once, its marker later', async () => {
  const { log, clock, cleaner } = await openCompacted()
  put(log, [['a', 'before']])
  const transaction = { producerId: 7, producerEpoch: 0, isTransactional: true }
  put(log, [['a', 'dropped']], { ...transaction, baseSequence: 0 })
  log.roll()
  put(log, [['b', '1']])
  log.roll()
  await cleaner.cleanAll()
  expect(contentOf(log)).toEqual(['0 a=before', '1 a=dropped', '2 b=1'])
  log.append(encodeMarker({ producerId: 7, producerEpoch: 0, isAbort: true, coordinatorEpoch: 0, timestamp: clock.now() }), { origin: 'coordinator' })
  log.roll()
  await cleaner.cleanAll()
  expect(contentOf(log)).toEqual(['0 a=before', '2 b=1', '3 marker'])
  expect(batchesIn(log).map(({ baseOffset, recordCount, producerId }) => [baseOffset, recordCount, producerId])).toEqual([[0, 1, -1], [1, 0, 7], [2, 1, -1], [3, 1, 7]])
})

test('a read passes batches that were emptied, as long as records follow: some clients would ask for them for ever', async () => {
  const { log, cleaner } = await openCompacted()
  for (let index = 0; index < 30; index++) put(log, [['key', `value ${index}`]])
  log.roll()
  await cleaner.cleanAll()
  expect(batchesIn(log).map(({ lastOffset, recordCount }) => [lastOffset, recordCount])).toEqual([[29, 1]])
  expect(log.segments.length).toBeGreaterThan(2)
  const emptied = batchesIn(log, 0).length
  put(log, [['key', null]])
  log.roll()
  expect([emptied, contentOf(log, 5)]).toEqual([1, ['29 key=value 29', '30 key=null']])
})

test('a log that starts again with what compaction left is the same', async () => {
  const { log, disk, cleaner } = await openCompacted()
  for (let index = 0; index < 40; index++) put(log, [[`key ${index % 5}`, `value ${index}`]], { producerId: 3, producerEpoch: 0, baseSequence: index })
  await cleaner.cleanAll()
  const content = contentOf(log)
  expect(content.length).toBeLessThan(25)
  await log.close()
  for (const isClean of [true, false]) {
    const again = await openLog({ disk, isClean, config: compacting })
    expect([contentOf(again.log), again.log.endOffset, again.log.leaderEpoch]).toEqual([content, 40, 0])
    expect([...again.log.producers()].map(({ producerId, batches }) => [producerId, batches.at(-1)?.lastSequence])).toEqual([[3, 39]])
    await again.log.close()
  }
})

test('the checkpoint says how far a log is compacted, as Kafka writes it, and the next run goes on from there', async () => {
  const fixture = await openCompacted()
  const { log, disk, cleaner } = fixture
  for (let index = 0; index < 20; index++) put(log, [['key', `value ${index}`]])
  log.roll()
  await cleaner.cleanAll()
  expect(String(disk.readSmallNow('/data/cleaner-offset-checkpoint'))).toBe('0\n1\norders 0 20\n')
  const next = cleanerOf(fixture)
  await next.cleaner.cleanAll()
  expect(next.jobs).toEqual([])
  put(log, [['key', 'more']])
  log.roll()
  await next.cleaner.cleanAll()
  expect(next.jobs.map(({ firstDirtyOffset, endOffset }) => [firstDirtyOffset, endOffset])).toEqual([[20, 21]])
  expect(contentOf(log)).toEqual(['20 key=more'])
})

test('when the keys do not fit the memory for them, the log is compacted part by part', async () => {
  const { log, cleaner, jobs } = await openCompacted({}, { mapBytes: 24 * 20 })
  for (let index = 0; index < 60; index++) put(log, [[`key ${index % 30}`, `value ${index}`]])
  log.roll()
  await cleaner.cleanAll()
  expect(contentOf(log)).toEqual(Array.from({ length: 30 }, (_, index) => `${index + 30} key ${index}=value ${index + 30}`))
  expect(jobs.length).toBeGreaterThan(2)
})

test('a corrupt batch ends the compaction of its log, with the reason; another config lets it be tried again', async () => {
  const { log, disk, cleaner } = await openCompacted()
  for (let index = 0; index < 20; index++) put(log, [['key', `value ${index}`]])
  log.roll()
  const file = disk.openNow(`${FOLDER}/00000000000000000000.log`, 'write')
  const byte = Buffer.alloc(1)
  file.readNow(byte, 70)
  file.writeNow([Buffer.from([(byte[0] ?? 0) ^ 1])], 70)
  const before = filesOf(disk)
  await cleaner.cleanAll()
  expect(cleaner.status()[0]?.state).toEqual({ is: 'uncleanable', reason: `${FOLDER}/00000000000000000000.log cannot be compacted: a checksum does not hold` })
  expect(filesOf(disk)).toEqual(before)
  file.writeNow([byte], 70)
  await cleaner.cleanAll()
  expect(cleaner.status()[0]?.state.is).toBe('uncleanable')
  log.setConfig({ ...log.config })
  await cleaner.cleanAll()
  expect(contentOf(log)).toEqual(['19 key=value 19'])
})

test('max.compaction.lag.ms closes the active segment in time, and has it compacted', async () => {
  const { log, clock, cleaner } = await openCompacted({ segmentBytes: 1e6, maxCompactionLagMs: 10_000, minCleanableDirtyRatio: 1 })
  const start = clock.now()
  for (let index = 0; index < 3; index++) put(log, [['key', `value ${index}`]], { timestamp: start })
  put(log, [['other', 'later']], { timestamp: start + 10_001 })
  await cleaner.cleanAll()
  expect(contentOf(log)).toEqual(['0 key=value 0', '1 key=value 1', '2 key=value 2', '3 other=later'])
  clock.advance(10_001)
  await cleaner.cleanAll()
  expect(contentOf(log)).toEqual(['2 key=value 2', '3 other=later'])
})

test('of a log of compact,delete retention may take segments while they are compacted', async () => {
  const { log, clock, cleaner, jobs } = await openCompacted({ cleanupPolicy: ['compact', 'delete'], retentionMs: 1000 })
  for (let index = 0; index < 30; index++) put(log, [[`key ${index % 4}`, `value ${index}`]])
  log.roll()
  clock.advance(2000)
  const cleaning = cleaner.cleanAll()
  while (jobs.length === 0) await Promise.resolve()
  put(log, [['key 0', 'new']], { timestamp: clock.now() })
  const { count, startOffset } = log.expired(clock.now())
  log.trimTo(startOffset)
  log.dropFirst(count)
  await cleaning
  expect([count, contentOf(log), cleaner.status()[0]?.state]).toEqual([expect.any(Number), ['30 key 0=new'], { is: 'idle' }])
  expect(log.segmentFiles().length).toBe(1)
})

test('nothing goes before what supersedes it is durable: a loss of power must not take both', async () => {
  const { log, disk, cleaner, jobs } = await openCompacted()
  for (let index = 0; index < 30; index++) put(log, [[`key ${index % 4}`, `value ${index}`]])
  log.roll()
  await log.flush()
  put(log, [['key 0', 'in the active segment']])
  disk.fail({ call: 'flush', code: 'EIO', times: 1 })
  await cleaner.cleanAll()
  expect(jobs).toEqual([])
})

test('a stop leaves nothing behind', async () => {
  const { log, clock, disk, cleaner } = await openCompacted({}, { bytesPerSecond: 1000 })
  for (let index = 0; index < 40; index++) put(log, [['key', `value ${index}`]])
  cleaner.start()
  clock.advance(15_000)
  await cleaner.stop()
  expect(disk.paths.filter(path => /\.(cleaned|swap)$/.test(path))).toEqual([])
  await log.close()
  expect([clock.pendingCount, disk.openFiles]).toEqual([0, 0])
})
