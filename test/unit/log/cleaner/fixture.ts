/** A compacted log on a memory disk, with a cleaner that runs in process. */

import { silentLogger } from '../../../../core/common/logger.ts'
import type { Disk } from '../../../../core/common/disk.ts'
import { seededRandom } from '../../../../core/common/random.ts'
import { cleanSegments } from '../../../../core/log/cleaner/clean.ts'
import type { CleanJob, CleanProgress } from '../../../../core/log/cleaner/clean-job.ts'
import { LogCleaner, type LogCleanerSettings } from '../../../../core/log/log-cleaner.ts'
import type { LogConfig, PartitionLog } from '../../../../core/log/partition-log.ts'
import { batchesOf, encodeBatch, type NewBatch, type RecordBatch } from '../../../../core/records/record-batch.ts'
import { FOLDER, type LogFixture, mustAppend, openLog, START_MS } from '../fixture.ts'

export const HOUR_MS = 3_600_000
export const compacting = { cleanupPolicy: ['compact'], segmentBytes: 600, indexIntervalBytes: 100, minCleanableDirtyRatio: 0, deleteRetentionMs: HOUR_MS } as const

export type CleanFixture = LogFixture & { readonly cleaner: LogCleaner; readonly progress: CleanProgress[]; readonly jobs: CleanJob[] }

export function cleanerOf(fixture: LogFixture, o: { settings?: Partial<LogCleanerSettings>; logs?: readonly PartitionLog[]; disk?: Disk } = {}): CleanFixture {
  const { log, clock } = fixture
  const disk = o.disk ?? fixture.disk
  const progress: CleanProgress[] = []
  const jobs: CleanJob[] = []
  const cleaner = new LogCleaner({
    disk,
    clock,
    logger: silentLogger,
    folder: FOLDER.slice(0, FOLDER.lastIndexOf('/')),
    settings: o.settings ?? {},
    logs: () => o.logs ?? [log],
    clean: (job, watch) => {
      jobs.push(job)
      return cleanSegments(job, watch, { disk, clock, random: seededRandom(7) })
    },
    onProgress: each => progress.push(each),
  })
  return { ...fixture, cleaner, progress, jobs }
}

export async function openCompacted(config: Partial<LogConfig> = {}, settings: Partial<LogCleanerSettings> = {}): Promise<CleanFixture> {
  return cleanerOf(await openLog({ config: { ...compacting, ...config } }), { settings })
}

export type Pair = readonly [key: string | null, value: string | null]

export function pairs(list: readonly Pair[], more: Partial<NewBatch> & { timestamp?: number } = {}): Buffer {
  const { timestamp = START_MS, ...batch } = more
  const bytes = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text))
  return encodeBatch({ records: list.map(([key, value]) => ({ key: bytes(key), value: bytes(value), timestamp })), ...batch })
}

export function put(log: PartitionLog, list: readonly Pair[], more: Parameters<typeof pairs>[1] = {}): void {
  mustAppend(log, pairs(list, more))
}

/** Every batch from `offset` to the end, as a consumer is given them. */
export function batchesIn(log: PartitionLog, offset = log.startOffset): RecordBatch[] {
  const batches: RecordBatch[] = []
  for (let at = offset; ;) {
    const read = log.read({ offset: at, maxBytes: 4000, minOneBatch: true })
    if (read.error !== 'NONE') throw new Error(`${read.error} at ${at}`)
    if (read.byteCount === 0) return batches
    for (const bytes of read.buffers) batches.push(...batchesOf(Buffer.from(bytes)))
    read.release()
    if (read.nextOffset <= at) throw new Error(`no progress at ${at}`)
    at = read.nextOffset
  }
}

/** `offset key=value` of every record, markers and records of aborted transactions too. */
export function contentOf(log: PartitionLog, offset = log.startOffset): string[] {
  return batchesIn(log, offset).flatMap(batch => [...batch.records()].map(({ offset: at, key, value }) => (
    batch.isControl ? `${at} marker` : `${at} ${key === null ? '-' : String(key)}=${value === null ? 'null' : String(value)}`
  )))
}
