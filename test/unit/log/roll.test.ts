/** When a segment ends, and what its files then look like. */

import { expect, test } from 'vitest'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { seededRandom } from '../../../core/common/random.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { defaultLogConfig, type LogConfig } from '../../../core/log/log-config.ts'
import { decodeProducerSnapshot } from '../../../core/log/producer-snapshot.ts'
import { Segment } from '../../../core/log/segment.ts'
import { encodeBatch } from '../../../core/records/record-batch.ts'
import { batch, FOLDER, filesOf, mustAppend, openLog, readAll, record, START_MS, TOPIC_ID } from './fixture.ts'

test('a new log has the files of a Kafka partition', async () => {
  const { disk } = await openLog()
  expect(filesOf(disk)).toEqual({
    '00000000000000000000.log': 0,
    '00000000000000000000.index': 0,
    '00000000000000000000.timeindex': 0,
    'leader-epoch-checkpoint': 8,
    'partition.metadata': 43,
  })
  expect(String(disk.readSmallNow(`${FOLDER}/partition.metadata`))).toBe(`version: 0\ntopic_id: ${TOPIC_ID}`)
  expect(String(disk.readSmallNow(`${FOLDER}/leader-epoch-checkpoint`))).toBe('0\n1\n0 0\n')
})

test('a segment is full when the next batch would pass segment.bytes; its successor is named for the first offset', async () => {
  const size = batch(['a']).length
  const { log, disk } = await openLog({ config: { segmentBytes: size * 2 } })
  for (const value of ['a', 'b', 'c']) mustAppend(log, batch([value]))
  await log.flush()
  expect(filesOf(disk)).toEqual({
    '00000000000000000000.log': size * 2,
    '00000000000000000000.index': 0,
    '00000000000000000000.timeindex': 12,
    '00000000000000000002.log': size,
    '00000000000000000002.index': 0,
    '00000000000000000002.timeindex': 0,
    '00000000000000000002.snapshot': 10,
    'leader-epoch-checkpoint': 8,
    'partition.metadata': 43,
  })
})

test('a segment is full when a record is segment.ms younger than its first, whatever the clock says', async () => {
  const { log, clock } = await openLog({ config: { segmentMs: 1000, timestampAfterMaxMs: Infinity } })
  const at = (timestamp: number): unknown => mustAppend(log, encodeBatch({ records: [record('x', { timestamp })] }))
  at(START_MS)
  clock.advance(100_000)
  at(START_MS + 1000)
  expect(log.segmentCount).toBe(1)
  at(START_MS + 1001)
  expect(log.segmentCount).toBe(2)
})

test('without timestamps a segment ages by the clock', async () => {
  const { log, clock } = await openLog({ config: { segmentMs: 1000 } })
  const append = (): unknown => mustAppend(log, encodeBatch({ records: [record('x', { timestamp: -1 })] }))
  append()
  clock.advance(1000)
  append()
  expect(log.segmentCount).toBe(1)
  clock.advance(1)
  append()
  expect(log.segmentCount).toBe(2)
})

test('a segment is full when its index is', async () => {
  const { log } = await openLog({ config: { segmentIndexBytes: 80, indexIntervalBytes: 100 } })
  for (let index = 0; index < 60; index++) mustAppend(log, batch([`value ${index}`]))
  expect(log.segmentCount).toBeGreaterThan(1)
  expect(readAll(log).length).toBe(60)
})

test('index entries stand where Kafka puts them: on the batch after more than index.interval.bytes', async () => {
  const size = batch(['a']).length
  const { log, disk } = await openLog({ config: { indexIntervalBytes: size * 2 } })
  for (let index = 0; index < 10; index++) mustAppend(log, encodeBatch({ records: [record('a', { timestamp: START_MS + (index % 5) })] }))
  await log.close()
  const index = disk.readSmallNow(`${FOLDER}/00000000000000000000.index`) ?? Buffer.alloc(0)
  const entries = Array.from({ length: index.length / 8 }, (_, at) => [index.readInt32BE(at * 8), index.readInt32BE(at * 8 + 4)])
  expect(entries).toEqual([[3, size * 3], [6, size * 6], [9, size * 9]])
  const times = disk.readSmallNow(`${FOLDER}/00000000000000000000.timeindex`) ?? Buffer.alloc(0)
  expect(Array.from({ length: times.length / 12 }, (_, at) => [Number(times.readBigInt64BE(at * 12)) - START_MS, times.readInt32BE(at * 12 + 8)])).toEqual([[3, 3], [4, 4]])
})

test('a roll leaves a snapshot of the producers at the new base offset', async () => {
  const { log, disk } = await openLog({ config: { segmentBytes: 200 } })
  for (let index = 0; index < 3; index++) mustAppend(log, batch(['aaaaaaaaaaaaaaaaaa'], { producerId: 3, producerEpoch: 1, baseSequence: index }))
  const snapshot = decodeProducerSnapshot(disk.readSmallNow(`${FOLDER}/00000000000000000002.snapshot`) ?? Buffer.alloc(0))
  expect(snapshot).toEqual([{
    producerId: 3,
    epoch: 1,
    coordinatorEpoch: -1,
    lastTimestamp: START_MS,
    currentTxnFirstOffset: -1,
    batches: [{ lastSequence: 1, lastOffset: 1, offsetDelta: 0, timestamp: START_MS }],
  }])
})

test('a roll that the disk refuses is KAFKA_STORAGE_ERROR, and works later', async () => {
  const { log, disk } = await openLog({ config: { segmentBytes: 100 } })
  mustAppend(log, batch(['a']))
  disk.fail({ call: 'open', code: 'ENOSPC', path: '00000000000000000001' })
  expect(log.append(batch(['b'])).error).toBe('KAFKA_STORAGE_ERROR')
  disk.heal()
  mustAppend(log, batch(['c']))
  expect([log.segmentCount, readAll(log)]).toEqual([2, ['a', 'c']])
})

test('a changed setting holds from the next append on', async () => {
  const { log } = await openLog()
  mustAppend(log, batch(['a']))
  log.setConfig({ ...log.config, segmentBytes: 100, maxMessageBytes: 90 })
  expect(log.append(batch(['x'.repeat(100)])).error).toBe('MESSAGE_TOO_LARGE')
  mustAppend(log, batch(['b']))
  expect(log.segmentCount).toBe(2)
})

test('closing leaves no file open', async () => {
  const { log, disk } = await openLog({ config: { segmentBytes: 200 } })
  for (let index = 0; index < 20; index++) mustAppend(log, batch([`value ${index}`]))
  expect(readAll(log).length).toBe(20)
  expect(disk.openFiles).toBeGreaterThan(2)
  await log.close()
  expect(disk.openFiles).toBe(0)
})

test('a segment takes its own random part of segment.jitter.ms from segment.ms, and never more than segment.ms', async () => {
  const ages = async (config: { segmentJitterMs: number }, seed: number): Promise<number[]> => {
    const { log } = await openLog({ config: { segmentMs: 1000, timestampAfterMaxMs: Infinity, ...config }, random: seededRandom(seed) })
    const at = (timestamp: number): unknown => mustAppend(log, encodeBatch({ records: [record('x', { timestamp })] }))
    const found: number[] = []
    for (let first = START_MS; found.length < 4;) {
      at(first)
      let next = first
      const before = log.segmentCount
      while (log.segmentCount === before) at(++next)
      found.push(next - first)
      first = next + 1
    }
    await log.close()
    return found
  }
  expect(await ages({ segmentJitterMs: 0 }, 1)).toEqual([1001, 1000, 1000, 1000])
  const some = await ages({ segmentJitterMs: 100 }, 1)
  expect(new Set(some).size).toBeGreaterThan(1)
  for (const age of some) expect(age >= 900 && age <= 1001).toBe(true)
  for (const age of await ages({ segmentJitterMs: 1e12 }, 2)) expect(age >= 0 && age <= 1001).toBe(true)
})

test('a segment is full at exactly the bounds of Kafka', async () => {
  const disk = new MemoryDisk()
  disk.makeFolderNow('/p')
  const clock = new SimulatedClock(START_MS)
  const segment = Segment.createNow({ disk, clock, folder: '/p', baseOffset: 10, indexIntervalBytes: 0 })
  const next = { batchBytes: 100, lastOffset: 11, maxTimestamp: START_MS, nowMs: START_MS }
  const isFull = (change: Partial<typeof next> = {}, config: Partial<LogConfig> = {}): boolean =>
    segment.isFullFor({ ...next, ...change }, { ...defaultLogConfig, ...config })
  // An empty one never is: its successor would have its name.
  expect(isFull({ batchBytes: 1000, nowMs: START_MS + 1e9, lastOffset: 1e10 }, { segmentBytes: 100, segmentMs: 1, segmentIndexBytes: 4 })).toBe(false)
  const bytes = batch(['a'])
  for (const offset of [10, 11, 12]) segment.append(bytes, offset, START_MS)
  const used = segment.sizeBytes
  expect([isFull({}, { segmentBytes: used + 100 }), isFull({}, { segmentBytes: used + 99 })]).toEqual([false, true])
  expect([isFull({ maxTimestamp: START_MS + 1000 }, { segmentMs: 1000 }), isFull({ maxTimestamp: START_MS + 1001 }, { segmentMs: 1000 })]).toEqual([false, true])
  expect([isFull({ lastOffset: 10 + 0x7fffffff }), isFull({ lastOffset: 11 + 0x7fffffff })]).toEqual([false, true])
  // Two entries in the offset index, one in the time index, which keeps a slot for the entry that closes it.
  expect([segment.offsetIndex.entries.count, segment.timeIndex.entries.count]).toEqual([2, 1])
  expect([isFull({}, { segmentIndexBytes: 24 }), isFull({}, { segmentIndexBytes: 23 })]).toEqual([true, true])
  expect([isFull({}, { segmentIndexBytes: 36 }), isFull({}, { segmentIndexBytes: 35 })]).toEqual([false, true])
  segment.closeNow()
})
