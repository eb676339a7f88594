/** A process that dies in the very start that makes the folder of all logs. */

import { expect, test } from 'vitest'
import type { Disk } from '../../../core/common/disk.ts'
import { silentLogger } from '../../../core/common/logger.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { LogDirectory } from '../../../core/log/log-directory.ts'
import { defaultLogConfig } from '../../../core/log/partition-log.ts'
import { crashingDisk } from '../../support/crashing-disk.ts'
import { batch, mustAppend, readAll, START_MS, TOPIC_ID } from './fixture.ts'

const CALLS = 12
/** What the loss of power takes. */
const SEEDS = [1, 2, 3, 4, 5].map(seed => seed * 0x1e3779b1)
const partition = { topic: 'orders', partition: 0, topicId: TOPIC_ID, config: defaultLogConfig }
const open = (disk: Disk): Promise<LogDirectory> => (
  LogDirectory.open({ disk, clock: new SimulatedClock(START_MS), folder: '/data/logs', clusterId: 'cluster', brokerId: 1, logger: silentLogger })
)

test.each(Array.from({ length: CALLS }, (_, index) => index + 1))('a kill before call %i of the first start does not cost what the next one says is durable', async calls => {
  for (const seed of SEEDS) {
    const disk = new MemoryDisk({ names: 'strict', seed })
    disk.makeFolderNow('/data')
    await disk.flushFolder('/')
    let left = calls
    const dying = crashingDisk(disk.session(), () => {
      if (--left === 0) disk.crash('process')
    })
    await expect(open(dying)).rejects.toThrow('EBADF')
    const logs = await open(disk.session())
    const log = await logs.create(partition)
    mustAppend(log, batch(['a']))
    await log.durable(1)
    disk.crash('power')
    const again = await open(disk.session())
    expect(readAll(await again.open(partition))).toEqual(['a'])
    await again.close()
  }
})
