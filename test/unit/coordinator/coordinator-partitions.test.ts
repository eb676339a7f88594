/** What a coordinator knows of the partitions of its internal topic, when they come and go while they are read. */

import { expect, test } from 'vitest'
import { silentLogger } from '../../../core/common/logger.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { appendRecords } from '../../../core/coordinator/coordinator-log.ts'
import { CoordinatorPartitions } from '../../../core/coordinator/coordinator-partitions.ts'
import { defaultLogConfig, PartitionLog } from '../../../core/log/partition-log.ts'

async function setUp() {
  const clock = new SimulatedClock()
  const log = await PartitionLog.open({
    disk: new MemoryDisk(), clock, folder: '/data/__consumer_offsets-0', topic: '__consumer_offsets', partition: 0, topicId: 'mJ1kDGmmT3qFmUQOQyJvQA',
    config: defaultLogConfig, isClean: true, logger: silentLogger,
  })
  const applied: string[] = []
  const partitions = new CoordinatorPartitions({
    topic: '__consumer_offsets', partitionCount: 1, clock, logger: silentLogger, logOf: () => log, hasTopic: () => true,
    apply: (_, { value }) => applied.push(String(value)),
  })
  let loadedCount = 0
  const load = (): Promise<void> => partitions.load(0, () => loadedCount++)
  return { partitions, log, clock, applied, load, loadedCount: () => loadedCount }
}

test('a partition that is taken away in the turn in which it has been read is not served, and is read anew when it comes back', async () => {
  const { partitions, log, clock, applied, load, loadedCount } = await setUp()
  const first = load()
  partitions.unload(0)
  await first
  expect(partitions.isReady(0)).toBe(false)
  expect(loadedCount()).toBe(0)
  appendRecords(log, [{ key: Buffer.from('k'), value: Buffer.from('of another broker') }], clock.now())
  await load()
  expect([partitions.isReady(0), loadedCount(), applied]).toEqual([true, 1, ['of another broker']])
})

test('a partition that comes back while it was still being read is served by the second reading alone', async () => {
  const { partitions, load, loadedCount } = await setUp()
  const first = load()
  partitions.unload(0)
  const second = load()
  await Promise.all([first, second])
  expect([partitions.isReady(0), loadedCount()]).toEqual([true, 1])
})

test('a stop in the turn in which a partition has been read leaves nothing that is served', async () => {
  const { partitions, load, loadedCount } = await setUp()
  const loading = load()
  await partitions.stop()
  await loading
  expect([partitions.readiness(0), loadedCount()]).toEqual(['NOT_COORDINATOR', 0])
})
