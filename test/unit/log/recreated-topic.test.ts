/** A partition that begins anew under a name that the checkpoints know: what they say is of another log. */

import { expect, test } from 'vitest'
import { silentLogger } from '../../../core/common/logger.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { LogDirectory, type PartitionToOpen } from '../../../core/log/log-directory.ts'
import { defaultLogConfig } from '../../../core/log/partition-log.ts'
import { batch, FOLDER, mustAppend, openLog, readAll, START_MS, TOPIC_ID } from './fixture.ts'

const OTHER_ID = 'AAAAAAAAAAAAAAAAAAAAAg'
const toOpen = (topicId: string): PartitionToOpen => ({ topic: 'orders', partition: 0, topicId, config: defaultLogConfig })
const clock = new SimulatedClock(START_MS)
const openDirectory = (disk: MemoryDisk): Promise<LogDirectory> => (
  LogDirectory.open({ disk, clock, folder: '/logs', clusterId: 'cluster', brokerId: 1, logger: silentLogger })
)

async function settled(isSettled: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000 && !isSettled(); turn++) await Promise.resolve()
  expect(isSettled()).toBe(true)
}

test('a topic made anew does not begin where the deleted one of its name began, after a kill', async () => {
  const disk = new MemoryDisk()
  const logs = await openDirectory(disk)
  const old = await logs.create(toOpen(TOPIC_ID))
  mustAppend(old, batch(['a', 'b', 'c']))
  old.trimTo(2)
  await logs.saveStartOffsets()
  await logs.delete(old)
  const fresh = await logs.create(toOpen(OTHER_ID))
  mustAppend(fresh, batch(['d', 'e', 'f']))
  disk.crash('process')
  const again = await openDirectory(disk)
  expect(readAll(await again.open(toOpen(OTHER_ID)))).toEqual(['d', 'e', 'f'])
  await again.close()
})

test('what is durable of a deleted topic is not taken for durable in one made anew', async () => {
  const disk = new MemoryDisk()
  const logs = await openDirectory(disk)
  const old = await logs.create(toOpen(TOPIC_ID))
  mustAppend(old, batch(['a', 'b', 'c']))
  const saved = (): boolean => disk.readSmallNow('/logs/recovery-point-offset-checkpoint')?.toString() === '0\n1\norders 0 3\n'
  clock.advance(60_000)
  await settled(saved)
  await logs.delete(old)
  await logs.create(toOpen(OTHER_ID))
  expect(saved()).toBe(false)
  disk.crash('power')
  await logs.close().catch(() => {})
  expect(saved()).toBe(false)
})

test('a partition whose folder vanished is verified from its start after the next loss of power', async () => {
  const disk = new MemoryDisk()
  const logs = await openDirectory(disk)
  mustAppend(await logs.create(toOpen(TOPIC_ID)), batch(['a', 'b', 'c']))
  const saved = (): boolean => disk.readSmallNow('/logs/recovery-point-offset-checkpoint')?.toString() === '0\n1\norders 0 3\n'
  clock.advance(60_000)
  await settled(saved)
  await logs.close()
  disk.removeNow('/logs/orders-0')
  const again = await openDirectory(disk)
  await again.open(toOpen(TOPIC_ID))
  expect(saved()).toBe(false)
  await again.close()
})

test('what still flushes or rolls a deleted partition touches no file of the one made anew in its folder', async () => {
  const config = { indexIntervalBytes: 1 }
  const { log, disk } = await openLog({ config })
  for (let count = 0; count < 10; count++) mustAppend(log, batch(['a']))
  await log.abandon()
  await disk.rename(FOLDER, `${FOLDER}.0-delete`)
  const { log: fresh } = await openLog({ disk, config })
  mustAppend(fresh, batch(['b']))
  const before = disk.paths.map(path => [path, disk.sizeNow(path)])
  await expect(log.flush()).rejects.toThrow('closed')
  await expect(log.durable(log.endOffset)).rejects.toThrow('closed')
  log.roll()
  expect(disk.paths.map(path => [path, disk.sizeNow(path)])).toEqual(before)
  await fresh.close()
  expect(disk.openFiles).toBe(0)
})
