/** ListOffsets and OffsetForLeaderEpoch: finding records by time and epoch. */

import { expect, test } from 'vitest'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { LeaderEpochs } from '../../../core/log/leader-epochs.ts'
import type { TimeAnswer } from '../../../core/log/timestamp-search.ts'
import { encodeBatch } from '../../../core/records/record-batch.ts'
import { mustAppend, openLog, record, START_MS } from './fixture.ts'

async function logWithTimes(times: readonly (readonly number[])[], config = {}): Promise<Awaited<ReturnType<typeof openLog>>['log']> {
  const { log } = await openLog({ config })
  for (const [index, batchTimes] of times.entries()) {
    const codec = (['none', 'zstd', 'lz4'] as const)[index % 3] ?? 'none'
    mustAppend(log, encodeBatch({ codec, records: batchTimes.map(time => record('x', { timestamp: START_MS + time })) }))
  }
  return log
}

const found = (hit: TimeAnswer): unknown => (hit && 'timestamp' in hit ? [hit.offset, hit.timestamp - START_MS] : hit)

test('a time finds the first record at or after it, also where times go backwards', async () => {
  const log = await logWithTimes([[10, 12], [11], [30, 20, 40], [5], [40]])
  expect(await Promise.all([0, 10, 11, 12, 13, 20, 31, 40].map(async time => found(await log.reader.offsetForTimestamp(START_MS + time))))).toEqual([
    [0, 10], [0, 10], [1, 12], [1, 12], [3, 30], [3, 30], [5, 40], [5, 40],
  ])
  expect(await log.reader.offsetForTimestamp(START_MS + 41)).toBeNull()
})

test('a time is found in every segment, as a walk over all records finds it', async () => {
  const times = Array.from({ length: 200 }, (_, index) => Array.from({ length: 1 + (index % 3) }, (_, at) => index * 10 + ((index * 7 + at * 3) % 40)))
  const log = await logWithTimes(times, { segmentBytes: 2500, indexIntervalBytes: 300 })
  expect(log.segmentCount).toBeGreaterThan(5)
  const flat = times.flat()
  for (let time = 0; time < 2100; time += 3) {
    // Kafka looks at the first batch whose greatest time is late enough, then at its records.
    const batchIndex = times.findIndex(each => Math.max(...each) >= time)
    const before = times.slice(0, Math.max(0, batchIndex)).flat().length
    const offset = batchIndex < 0 ? -1 : before + (times[batchIndex]?.findIndex(each => each >= time) ?? 0)
    expect(found(await log.reader.offsetForTimestamp(START_MS + time))).toEqual(offset < 0 ? null : [offset, flat[offset]])
  }
})

test('records before the start of the log are not found', async () => {
  const { log, disk } = await openLog()
  mustAppend(log, encodeBatch({ records: [50, 10, 20].map(time => record('x', { timestamp: START_MS + time })) }))
  mustAppend(log, encodeBatch({ records: [30].map(time => record('x', { timestamp: START_MS + time })) }))
  await log.close()
  const { log: trimmed } = await openLog({ disk, isClean: true, startOffset: 1 })
  expect(found(await trimmed.reader.offsetForTimestamp(START_MS + 5))).toEqual([1, 10])
  expect(found(await trimmed.reader.offsetForTimestamp(START_MS + 25))).toEqual([3, 30])
})

test('the greatest time is that of the first record that has it', async () => {
  const log = await logWithTimes([[1, 5], [9, 3, 9], [9], [2]], { segmentBytes: 200 })
  expect(found(await log.reader.offsetOfMaxTimestamp())).toEqual([2, 9])
})

test('a record appended while the greatest time is searched for does not hide all others', async () => {
  const { log: before, disk } = await openLog({ config: { segmentBytes: 200 } })
  for (const time of [1, 2, 3]) mustAppend(before, encodeBatch({ records: [record('x'.repeat(100), { timestamp: START_MS + time })] }))
  await before.close()
  const { log } = await openLog({ disk, isClean: true, config: { segmentBytes: 400 } })
  const search = log.reader.offsetOfMaxTimestamp()
  mustAppend(log, encodeBatch({ records: [record('y', { timestamp: START_MS + 4 })] }))
  expect(found(await search)).toEqual([3, 4])
})

test('a search under way at the close has ended when the log is settled, and holds no file', async () => {
  const { log: before, disk } = await openLog({ config: { segmentBytes: 200 } })
  for (const time of [1, 2, 3]) mustAppend(before, encodeBatch({ records: [record('x'.repeat(100), { timestamp: START_MS + time })] }))
  await before.close()
  const { log } = await openLog({ disk, isClean: true })
  const search = log.reader.offsetForTimestamp(START_MS + 3).catch(() => 'closed')
  await log.close()
  await log.settled()
  expect([await Promise.race([search, 'still under way']) === 'still under way', disk.openFiles]).toEqual([false, 0])
})

test('an empty log and records without time have no greatest time', async () => {
  const { log } = await openLog()
  expect(await log.reader.offsetOfMaxTimestamp()).toBeNull()
  mustAppend(log, encodeBatch({ records: [record('x', { timestamp: -1 })] }))
  expect(await log.reader.offsetOfMaxTimestamp()).toBeNull()
  expect(await log.reader.offsetForTimestamp(0)).toBeNull()
})

test('an epoch ends where the next begins, the current one at the end of the log', () => {
  const epochs = new LeaderEpochs(new MemoryDisk(), '/x', [{ epoch: 2, startOffset: 10 }, { epoch: 5, startOffset: 20 }])
  expect([-1, 0, 2, 3, 4, 5, 6].map(epoch => epochs.endOffsetFor(epoch, 33))).toEqual([
    { leaderEpoch: -1, endOffset: -1 },
    { leaderEpoch: 0, endOffset: 10 },
    { leaderEpoch: 2, endOffset: 20 },
    { leaderEpoch: 2, endOffset: 20 },
    { leaderEpoch: 2, endOffset: 20 },
    { leaderEpoch: 5, endOffset: 33 },
    { leaderEpoch: -1, endOffset: -1 },
  ])
  expect([5, 10, 19, 20, 100].map(offset => epochs.at(offset))).toEqual([-1, 2, 2, 5, 5])
})

test('epochs are cut with the log, from both ends', () => {
  const epochs = new LeaderEpochs(new MemoryDisk(), '/x', [{ epoch: 0, startOffset: 0 }, { epoch: 1, startOffset: 10 }, { epoch: 2, startOffset: 20 }])
  epochs.trim(12, 19)
  expect(epochs.entries).toEqual([{ epoch: 1, startOffset: 12 }])
})

test('an epoch without a record yet is not forgotten: the next start would fall back behind what clients have seen', () => {
  const epochs = new LeaderEpochs(new MemoryDisk(), '/x', [{ epoch: 0, startOffset: 0 }, { epoch: 1, startOffset: 20 }])
  epochs.trim(0, 20)
  expect([epochs.latest, epochs.at(19), epochs.at(20)]).toEqual([1, 0, 1])
})
