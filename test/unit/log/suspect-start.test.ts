/** What a failed flush left undone is done by the next run, when the one that saw it fail came to no end of its own. */

import { expect, test } from 'vitest'
import { silentLogger } from '../../../core/common/logger.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { LogDirectory } from '../../../core/log/log-directory.ts'
import { defaultLogConfig, type PartitionLog } from '../../../core/log/partition-log.ts'
import { batch, mustAppend, readAll, START_MS, TOPIC_ID } from './fixture.ts'

const partition = { topic: 'orders', partition: 0, topicId: TOPIC_ID, config: defaultLogConfig }
const clock = new SimulatedClock(START_MS)
const open = (disk: MemoryDisk): Promise<LogDirectory> => (
  LogDirectory.open({ disk: disk.session(), clock, folder: '/logs', clusterId: 'cluster', brokerId: 1, logger: silentLogger })
)
/** More than a page of the disk. */
const large = (letter: string): Buffer => batch([letter.repeat(9000)])

/** A log of one record whose flush failed: the page cache has it, and takes it for written. */
async function failed(disk: MemoryDisk): Promise<LogDirectory> {
  const logs = await open(disk)
  const log = await logs.create(partition)
  mustAppend(log, large('a'))
  disk.fail({ call: 'flush', code: 'EIO', path: '.log', dropsPages: true })
  await expect(log.durable(1)).rejects.toThrow('EIO')
  return logs
}

async function takesAgain(log: PartitionLog): Promise<void> {
  for (let turn = 0; turn < 1000 && log.append(large('b')).error !== 'NONE'; turn++) await Promise.resolve()
  await log.durable(2)
}

for (const end of ['kill', 'stop', 'two kills'] as const) {
  test(`what is acknowledged as durable after a failed flush and a ${end} survives a loss of power`, async () => {
    const disk = new MemoryDisk()
    const logs = await failed(disk)
    disk.heal()
    if (end === 'stop') await logs.close()
    disk.crash('process')
    if (end === 'two kills') {
      await (await open(disk)).open(partition)
      disk.crash('process')
    }
    const again = await open(disk)
    await takesAgain(await again.open(partition))
    disk.crash('power')
    const last = await open(disk)
    const log = await last.open(partition)
    expect(readAll(log).map(value => value[0])).toEqual(['a', 'b'])
    await last.close()
  })
}

test('once all was written again a kill leaves nothing in doubt', async () => {
  const disk = new MemoryDisk()
  const logs = await failed(disk)
  disk.heal()
  const log = [...logs.openLogs()][0]
  if (log) await takesAgain(log)
  disk.crash('process')
  const again = await open(disk)
  expect((await again.open(partition)).recovery).toMatchObject({ how: 'tail', epochRaised: false })
  await again.close()
})

test('a flush that fails after another has written again what an earlier one gave up is not overlooked', async () => {
  const disk = new MemoryDisk()
  const logs = await failed(disk)
  disk.heal()
  const [log] = logs.openLogs()
  if (!log) throw new Error('not open')
  const isDurable = log.durable(1)
  expect(log.append(large('x'))).toMatchObject({ error: 'KAFKA_STORAGE_ERROR' }) // which asks for the same, once more
  await isDurable
  disk.fail({ call: 'flush', code: 'EIO', path: '.log', times: 1, dropsPages: true })
  mustAppend(log, large('b'))
  for (let turn = 0; turn < 100; turn++) await Promise.resolve()
  await log.durable(2).catch(() => log.durable(2))
  disk.crash('power')
  const again = await open(disk)
  expect(readAll(await again.open(partition)).map(value => value[0])).toEqual(['a', 'b'])
  await again.close()
})

test('a topic made anew under the name of one whose flush failed is not in doubt', async () => {
  const disk = new MemoryDisk()
  const logs = await failed(disk)
  disk.heal()
  const [old] = logs.openLogs()
  if (old) await logs.delete(old)
  const fresh = { ...partition, topicId: 'AAAAAAAAAAAAAAAAAAAAAg' }
  mustAppend(await logs.create(fresh), large('c'))
  disk.crash('process')
  const again = await open(disk)
  const log = await again.open(fresh)
  expect([log.recovery.how, log.leaderEpoch, log.isSuspect]).toEqual(['tail', 0, false])
  await again.close()
})

test.each(Array.from({ length: 27 }, (_, index) => 7 + index * 150_000_001))('the epoch that a failed flush and a kill raised is not lost with a folder that never was on the disk (seed %i)', async seed => {
  const disk = new MemoryDisk({ names: 'strict', seed })
  const logs = await open(disk)
  mustAppend(await logs.create(partition), large('a'))
  disk.fail({ call: 'flush', code: 'EIO', path: '.log', dropsPages: true })
  for (const log of logs.openLogs()) await expect(log.durable(1)).rejects.toThrow('EIO')
  disk.crash('process')
  const epoch = (await (await open(disk)).open(partition)).leaderEpoch
  disk.crash('power')
  const last = await open(disk)
  const log = await last.open(partition)
  expect([epoch, log.leaderEpoch > epoch]).toEqual([1, true])
  await last.close()
})
