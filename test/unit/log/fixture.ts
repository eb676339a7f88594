/** A partition log on a memory disk, and short ways to write to it and read it back. */

import { silentLogger } from '../../../core/common/logger.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import type { Random } from '../../../core/common/random.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { type Appended, defaultLogConfig, type LogConfig, PartitionLog } from '../../../core/log/partition-log.ts'
import type { BatchCheck } from '../../../core/log/slow-work.ts'
import { batchesOf, encodeBatch, type NewBatch, type NewRecord } from '../../../core/records/record-batch.ts'

export const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
export const START_MS = 1_700_000_000_000
export const FOLDER = '/data/orders-0'

export type LogFixture = { readonly log: PartitionLog; readonly disk: MemoryDisk; readonly clock: SimulatedClock }

export async function openLog(o: {
  readonly disk?: MemoryDisk
  readonly clock?: SimulatedClock
  readonly config?: Partial<LogConfig>
  readonly isClean?: boolean
  readonly recoveryPoint?: number
  readonly holesUpTo?: number
  readonly startOffset?: number
  readonly random?: Random
  readonly work?: BatchCheck
} = {}): Promise<LogFixture> {
  const { disk = new MemoryDisk(), clock = new SimulatedClock(START_MS), config = {}, isClean = false, ...rest } = o
  const log = await PartitionLog.open({
    disk,
    clock,
    folder: FOLDER,
    topic: 'orders',
    partition: 0,
    topicId: TOPIC_ID,
    config: { ...defaultLogConfig, ...config },
    isClean,
    logger: silentLogger,
    ...rest,
  })
  return { log, disk, clock }
}

export function record(value: string | null, more: Partial<NewRecord> = {}): NewRecord {
  return { key: Buffer.from('key'), value: value === null ? null : Buffer.from(value), timestamp: START_MS, ...more }
}

export function batch(values: readonly string[], more: Partial<NewBatch> = {}): Buffer {
  return encodeBatch({ records: values.map(value => record(value)), ...more })
}

/** Appends and insists that it was taken. */
export function mustAppend(log: PartitionLog, bytes: Buffer): Extract<Appended, { error: 'NONE' }> {
  const appended = log.append(bytes)
  if (appended.error !== 'NONE') throw new Error(`${appended.error}: ${appended.message}`)
  return appended
}

/** One whole read, with its buffers given back. */
export function readOnce(log: PartitionLog, offset: number, o: { maxBytes?: number; minOneBatch?: boolean; upTo?: number } = {}): string[] | string {
  const read = log.read({ offset, maxBytes: o.maxBytes ?? 1_000_000, minOneBatch: o.minOneBatch ?? true, ...(o.upTo === undefined ? {} : { upTo: o.upTo }) })
  if (read.error !== 'NONE') return read.error
  const values = read.buffers.flatMap(bytes => [...batchesOf(Buffer.from(bytes))].flatMap(each => [...each.records()].map(({ value }) => String(value))))
  read.release()
  return values
}

/** Every value from `offset` to the end, by as many reads as it takes; each record's offset is checked on the way. */
export function readAll(log: PartitionLog, offset = log.startOffset, maxBytes = 10_000): string[] {
  const values: string[] = []
  for (let at = offset; ;) {
    const read = log.read({ offset: at, maxBytes, minOneBatch: true })
    if (read.error !== 'NONE') throw new Error(`${read.error} at ${at}`)
    if (read.byteCount === 0) return values
    for (const bytes of read.buffers) {
      for (const each of batchesOf(bytes)) for (const { offset: here, value } of each.records()) if (here >= at) values.push(String(value))
    }
    read.release()
    if (read.nextOffset <= at) throw new Error(`no progress at ${at}`)
    at = read.nextOffset
  }
}

/** Sizes of the partition's files by name. */
export function filesOf(disk: MemoryDisk): Record<string, number> {
  return Object.fromEntries(disk.paths.filter(path => path.startsWith(`${FOLDER}/`)).map(path => [path.slice(FOLDER.length + 1), disk.sizeNow(path) ?? -1]))
}
