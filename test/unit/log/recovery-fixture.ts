/** A folder of logs that is stopped, killed, rebooted and cut off from its power, and opened again. */

import { createLogger } from '../../../core/common/logger.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import type { LogConfig } from '../../../core/log/log-config.ts'
import { LogDirectory, type PartitionToOpen } from '../../../core/log/log-directory.ts'
import { defaultLogConfig, type PartitionLog } from '../../../core/log/partition-log.ts'
import { batch, mustAppend, START_MS, TOPIC_ID } from './fixture.ts'

export const LOGS = '/data/logs'
export const ORDERS = `${LOGS}/orders-0`
/** Four batches or so a segment, and an index entry for every other batch. */
export const small: Partial<LogConfig> = { segmentBytes: 300, indexIntervalBytes: 100 }

export type Run = { readonly logs: LogDirectory; readonly clock: SimulatedClock; readonly lines: string[]; readonly open: (config?: Partial<LogConfig>) => Promise<PartitionLog> }

export const partitionOf = (config: Partial<LogConfig> = {}, topic = 'orders'): PartitionToOpen => ({ topic, partition: 0, topicId: TOPIC_ID, config: { ...defaultLogConfig, ...config } })

/** One process: after a crash nothing it had under way changes the disk. */
export async function start(disk: MemoryDisk): Promise<Run> {
  const clock = new SimulatedClock(START_MS)
  const lines: string[] = []
  const logger = createLogger(line => lines.push(line), { now: clock.now.bind(clock) })
  const logs = await LogDirectory.open({ disk: disk.session(), clock, folder: LOGS, clusterId: 'cluster', brokerId: 1, logger })
  return { logs, clock, lines, open: (config = small) => logs.open(partitionOf(config)) }
}

/** A new log of `count` batches of one record each, `a0`, `a1` … */
export async function filled(count: number, config: Partial<LogConfig> = small): Promise<{ disk: MemoryDisk; run: Run; log: PartitionLog; values: string[] }> {
  const disk = new MemoryDisk()
  disk.makeFolderNow('/data')
  await disk.flushFolder('/')
  const run = await start(disk)
  const log = await run.logs.create(partitionOf(config))
  const values = Array.from({ length: count }, (_, index) => `a${index}`)
  for (const value of values) mustAppend(log, batch([value]))
  return { disk, run, log, values }
}

export const hex = (disk: MemoryDisk, path: string): string | undefined => disk.readSmallNow(path)?.toString('hex')

/** Every segment's base offset, from its file. */
export const basesOf = (disk: MemoryDisk): number[] => disk.paths.flatMap(path => /orders-0\/(\d{20})\.log$/.exec(path)?.[1] ?? []).map(Number)

export const logPath = (base: number, suffix = '.log'): string => `${ORDERS}/${String(base).padStart(20, '0')}${suffix}`

export function overwrite(disk: MemoryDisk, path: string, position: number, bytes: Buffer): void {
  const file = disk.openNow(path, 'write')
  file.writeNow([bytes], position < 0 ? file.size + position : position)
  file.closeNow()
}
