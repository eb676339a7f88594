/** Producers whose batches retention takes: what is known of them survives whatever happens beside it. */

import { expect, test } from 'vitest'
import { silentLogger } from '../../../core/common/logger.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { LogDirectory } from '../../../core/log/log-directory.ts'
import { defaultLogConfig, type PartitionLog } from '../../../core/log/partition-log.ts'
import { batch, mustAppend, START_MS, TOPIC_ID } from './fixture.ts'

const partition = { topic: 'orders', partition: 0, topicId: TOPIC_ID, config: defaultLogConfig }
const clock = new SimulatedClock(START_MS)
const open = (disk: MemoryDisk): Promise<LogDirectory> => (
  LogDirectory.open({ disk: disk.session(), clock, folder: '/logs', clusterId: 'cluster', brokerId: 1, logger: silentLogger })
)
const known = (log: PartitionLog): [number, number | undefined][] => [...log.producers()].map(({ producerId, batches }) => [producerId, batches.at(-1)?.lastSequence])
const send = (log: PartitionLog): unknown => mustAppend(log, batch(['x'], { producerId: 7, producerEpoch: 0, baseSequence: 0 }))

/** One record of producer 7, then one of nobody; the first is deleted and durably so. */
async function begin(disk: MemoryDisk): Promise<{ logs: LogDirectory; log: PartitionLog }> {
  const logs = await open(disk)
  const log = await logs.create(partition)
  send(log)
  return { logs, log }
}

async function reopened(disk: MemoryDisk): Promise<{ logs: LogDirectory; log: PartitionLog }> {
  const logs = await open(disk)
  return { logs, log: await logs.open(partition) }
}

for (let seed = 1; seed <= 8; seed++) {
  test(`a segment that is rolled while their snapshot is written stays until it has one of its own (${seed})`, async () => {
    const disk = new MemoryDisk({ seed })
    const { logs, log } = await begin(disk)
    log.roll()
    mustAppend(log, batch(['y'], { producerId: 8, producerEpoch: 0, baseSequence: 0 }))
    log.trimTo(2)
    await logs.saveStartOffsets()
    const kept = log.keepProducers()
    log.roll()
    mustAppend(log, batch(['a']))
    await kept
    log.dropBelowStart(10)
    await log.durable(log.endOffset)
    disk.crash('power')
    const again = await reopened(disk)
    expect(known(again.log)).toEqual([[7, 0], [8, 0]])
    await again.logs.close()
  })

  test(`a stop leaves the snapshot that is durable as it is (${seed})`, async () => {
    const disk = new MemoryDisk({ seed })
    const { logs, log } = await begin(disk)
    log.trimTo(1)
    await logs.saveStartOffsets()
    log.roll()
    await log.keepProducers()
    expect(log.dropBelowStart(10)).toBe(1)
    await disk.flushFolder('/logs/orders-0')
    disk.crash('process')
    const stopped = await reopened(disk)
    await stopped.logs.close()
    disk.crash('power')
    const again = await reopened(disk)
    expect(known(again.log)).toEqual([[7, 0]])
    await again.logs.close()
  })

  test(`a stop leaves it too when a start has met them in another order (${seed})`, async () => {
    const disk = new MemoryDisk({ seed })
    const { logs, log } = await begin(disk)
    log.roll()
    mustAppend(log, batch(['y'], { producerId: 8, producerEpoch: 0, baseSequence: 0 }))
    log.trimTo(1)
    await logs.saveStartOffsets()
    log.roll()
    await log.keepProducers()
    expect(log.dropBelowStart(10)).toBe(1)
    await log.flush()
    disk.crash('power')
    disk.removeNow('/logs/orders-0/00000000000000000001.snapshot')
    await (await reopened(disk)).logs.close()
    disk.crash('power')
    const again = await reopened(disk)
    expect(new Map(known(again.log))).toEqual(new Map([[7, 0], [8, 0]]))
    await again.logs.close()
  })

  test(`their snapshot is of a log that is as durable as it is (${seed})`, async () => {
    const disk = new MemoryDisk({ seed })
    const { logs, log } = await begin(disk)
    log.roll()
    mustAppend(log, batch(['a']))
    await log.durable(2)
    mustAppend(log, batch(['b']))
    log.trimTo(1)
    await logs.saveStartOffsets()
    log.roll()
    await log.keepProducers()
    expect(log.dropBelowStart(10)).toBe(1)
    await disk.flushFolder('/logs/orders-0')
    disk.crash('power')
    const again = await reopened(disk)
    expect(known(again.log)).toEqual([[7, 0]])
    await again.logs.close()
  })

  test(`a start that takes what retention had not come to keeps them too (${seed})`, async () => {
    const disk = new MemoryDisk({ seed })
    const { logs, log } = await begin(disk)
    log.roll()
    mustAppend(log, batch(['a']))
    log.trimTo(1)
    await logs.saveStartOffsets()
    await log.durable(2)
    for (let loss = 0; loss < 3; loss++) {
      disk.crash('power')
      const again = await reopened(disk)
      expect([again.log.startOffset, known(again.log)]).toEqual([1, [[7, 0]]])
    }
    disk.crash('process')
    const again = await reopened(disk)
    expect(known(again.log)).toEqual([[7, 0]])
    await again.logs.close()
  })
}

test('a cut behind the snapshot of a stop in the middle of a segment costs no producer whose records are left', async () => {
  const disk = new MemoryDisk()
  const indexed = { ...partition, config: { ...defaultLogConfig, indexIntervalBytes: 1 } }
  const first = await open(disk)
  mustAppend(await first.create(indexed), batch(['a', 'b', 'c']))
  await first.close()
  const second = await open(disk)
  const log = await second.open(indexed)
  send(log)
  for (const value of ['d', 'e']) mustAppend(log, batch([value]))
  await log.flush()
  await disk.replace('/logs/recovery-point-offset-checkpoint', Buffer.from('0\n1\norders 0 6\n'))
  disk.crash('process')
  disk.removeNow('/logs/.millrace_boot') // as after a loss of power
  const file = disk.openNow('/logs/orders-0/00000000000000000000.log', 'write')
  file.writeNow([Buffer.from('not a batch')], file.size)
  const third = await open(disk)
  const again = await third.open(indexed)
  expect([again.recovery.how, again.endOffset, known(again)]).toEqual(['scan', 6, [[7, 0]]])
  await third.close()
})
