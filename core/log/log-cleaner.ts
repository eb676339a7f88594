/**
 * Compaction over all logs (Kafka's LogCleaner): one log at a time, the dirtiest first; when none is worth it, a look every
 * log.cleaner.backoff.ms. What was compacted stands in `cleaner-offset-checkpoint`. A log that cannot be compacted is left alone, with the
 * reason, until its config changes or the next start.
 */

import type { Clock, Timer } from '../common/clock.ts'
import type { Disk } from '../common/disk.ts'
import type { Logger } from '../common/logger.ts'
import { SerialQueue } from '../common/serial-queue.ts'
import { BATCH_HEADER_BYTES, maxTimestampOf } from '../records/batch-header.ts'
import { readOffsetCheckpoint, writeOffsetCheckpoint } from './checkpoint.ts'
import type { CleanedGroup, CleanJob, CleanProgress, CleanResult, CleanWatch } from './cleaner/clean-job.ts'
import { removeCleaned } from './cleaner/cleaned-segment.ts'
import { type DirtyPart, dirtyPart, type SegmentToJudge } from './cleaner/dirty-part.ts'
import { HalfSwapped } from './cleaner/swap.ts'
import type { LogConfig } from './log-config.ts'
import { partitionFolderName, readPartitionFolderName } from './log-files.ts'
import type { PartitionLog } from './partition-log.ts'
import type { Segment } from './segment.ts'

/** In the folder of all logs: how far each was compacted. */
export const CLEANER_OFFSETS_FILE = 'cleaner-offset-checkpoint'

/** Work in one turn of the event loop: requests wait no longer than this for a look at the logs. */
const TURN_MS = 4
/** Progress comes with every piece that is read, hundreds a second. */
const TELL_EVERY_MS = 200

export type LogCleanerSettings = {
  /** Between two looks when nothing is dirty (log.cleaner.backoff.ms). */
  readonly backoffMs: number
  /** Read and written together; Infinity for no limit (log.cleaner.io.max.bytes.per.second). */
  readonly bytesPerSecond: number
  /** Memory for the keys of a dirty part (log.cleaner.dedupe.buffer.size). */
  readonly mapBytes: number
}

/** Kafka's defaults. */
export const defaultCleanerSettings: LogCleanerSettings = { backoffMs: 15_000, bytesPerSecond: Infinity, mapBytes: 134_217_728 }

export type LogCleanerOptions = {
  readonly disk: Disk
  readonly clock: Clock
  readonly logger: Logger
  /** The folder of all logs. */
  readonly folder: string
  readonly settings?: Partial<LogCleanerSettings>
  /** The logs that are open. */
  readonly logs: () => Iterable<PartitionLog>
  /** Where a compaction runs: SlowWork.clean. */
  readonly clean: (job: CleanJob, watch: CleanWatch) => Promise<CleanResult>
  readonly onProgress?: (progress: CleanProgress) => void
  /** A log was compacted, or cannot be. */
  readonly onEnd?: (log: PartitionLog, end: CleanEnd) => void
}

export type CleanEnd = { readonly is: 'cleaned'; readonly report: CleanReport } | { readonly is: 'uncleanable'; readonly reason: string }

export type CleanReport = {
  /** Milliseconds since the epoch. */
  readonly endedAt: number
  readonly tookMs: number
  readonly bytesBefore: number
  readonly bytesAfter: number
  readonly recordsBefore: number
  readonly recordsAfter: number
}

export type CleanerStatus = {
  readonly topic: string
  readonly partition: number
  readonly state: { readonly is: 'idle' } | { readonly is: 'cleaning'; readonly progress: CleanProgress } | { readonly is: 'uncleanable'; readonly reason: string }
  /** 0 to 1. */
  readonly dirtyRatio: number
  /** The log is compacted up to here; undefined when it never was. */
  readonly cleanedUpTo: number | undefined
  /** Of this run. */
  readonly last: CleanReport | undefined
}

type Candidate = { readonly log: PartitionLog; readonly part: DirtyPart }
type Uncleanable = { readonly reason: string; readonly config: LogConfig; readonly topicId: string }

export class LogCleaner {
  readonly #options: LogCleanerOptions
  #settings: LogCleanerSettings
  /** By `topic-partition`. */
  readonly #cleanedUpTo: Map<string, number>
  readonly #uncleanable = new Map<string, Uncleanable>()
  readonly #reports = new Map<string, CleanReport>()
  #current: { readonly log: PartitionLog; readonly abort: AbortController; progress: CleanProgress | undefined } | undefined
  #toldAtMs = -Infinity
  readonly #writes = new SerialQueue()
  #timer: Timer | undefined
  #round: Promise<void> | undefined
  #goOn: (() => void) | undefined
  #isStopped = false

  constructor(options: LogCleanerOptions) {
    this.#options = options
    this.#settings = { ...defaultCleanerSettings, ...options.settings }
    this.#cleanedUpTo = readOffsetCheckpoint(options.disk.readSmallNow(`${options.folder}/${CLEANER_OFFSETS_FILE}`))
  }

  /** Begins to look for dirty logs. */
  start(): void {
    this.#after(this.#settings.backoffMs)
  }

  /** Other settings, for the next log and the next look; a pause that is under way ends as it would with them. */
  configure(settings: LogCleanerSettings): void {
    const isSooner = settings.backoffMs < this.#settings.backoffMs
    this.#settings = settings
    if (!isSooner || !this.#timer || this.#round) return
    this.#timer.cancel()
    this.#after(settings.backoffMs)
  }

  /** Compacts whatever is worth it, until nothing is. Never rejects. */
  cleanAll(): Promise<void> {
    this.#round ??= this.#cleanAll().finally(() => { this.#round = undefined })
    return this.#round
  }

  /** Every compacted log that is open. */
  status(): CleanerStatus[] {
    return [...this.#options.logs()].flatMap(log => this.statusOf(log) ?? [])
  }

  /** Undefined when the log is not compacted. */
  statusOf(log: PartitionLog): CleanerStatus | undefined {
    if (!isCompacted(log)) return undefined
    const name = partitionFolderName(log.topic, log.partition)
    const reason = this.#reasonAgainst(log)
    const progress = this.progressOf(log)
    return {
      topic: log.topic,
      partition: log.partition,
      state: progress ? { is: 'cleaning', progress } : reason === undefined ? { is: 'idle' } : { is: 'uncleanable', reason },
      dirtyRatio: this.#partOf(log, this.#options.clock.now()).dirtyRatio,
      cleanedUpTo: this.#cleanedUpTo.get(name),
      last: this.#reports.get(name),
    }
  }

  /** Undefined when it is not being compacted now. */
  progressOf(log: PartitionLog): CleanProgress | undefined {
    return this.#current?.log === log ? this.#current.progress : undefined
  }

  /** A log that was opened: what a lost tail took of it is not compacted any more. */
  opened(log: PartitionLog): void {
    const name = partitionFolderName(log.topic, log.partition)
    if ((this.#cleanedUpTo.get(name) ?? 0) <= log.endOffset) return
    this.#cleanedUpTo.delete(name)
    this.#saveOffsetsBehind() // or the next start would believe the file once the log has grown again
  }

  /** A topic was deleted: what is known of its logs goes, for another may come under its name. */
  forget(topic: string): void {
    if (this.#current?.log.topic === topic) this.#current.abort.abort()
    let isKnown = false
    for (const names of [this.#uncleanable, this.#reports, this.#cleanedUpTo]) {
      for (const name of names.keys()) if (readPartitionFolderName(name)?.topic === topic) isKnown = names.delete(name) || isKnown
    }
    if (isKnown) this.#saveOffsetsBehind()
  }

  #saveOffsetsBehind(): void {
    this.#saveOffsets().catch((failure: unknown) => this.#options.logger.warn('how far logs are compacted could not be written', { failure }))
  }

  /** Ends what is under way, removing what it had not put in place. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#current?.abort.abort()
    this.#goOn?.()
    await this.#round
    await this.#writes.idle()
  }

  #after(delayMs: number): void {
    if (this.#isStopped) return
    this.#timer = this.#options.clock.after(delayMs, () => void this.cleanAll().finally(() => this.#after(this.#settings.backoffMs)))
  }

  async #cleanAll(): Promise<void> {
    /** Tried in this round and not to be tried again before the next, whatever came of it. */
    const tried = new Set<PartitionLog>()
    for (;;) {
      const next = await this.#dirtiest(tried)
      if (!next || this.#isStopped) return
      if (!(await this.#clean(next))) tried.add(next.log)
    }
  }

  async #dirtiest(tried: ReadonlySet<PartitionLog>): Promise<Candidate | undefined> {
    const { clock } = this.#options
    const nowMs = clock.now()
    let turnStartedAt = clock.elapsed()
    let best: Candidate | undefined
    for (const log of this.#options.logs()) {
      if (this.#isStopped) return undefined
      if (!isCompacted(log) || tried.has(log) || log.health.is === 'offline' || this.#reasonAgainst(log) !== undefined) continue
      try {
        const part = this.#partOf(log, nowMs)
        if (part.isCleanable && part.dirtyRatio > (best?.part.dirtyRatio ?? -1)) best = { log, part }
      } catch (failure) {
        this.#options.logger.warn('a log could not be looked at for compaction', { topic: log.topic, partition: log.partition, failure })
      }
      if (clock.elapsed() - turnStartedAt < TURN_MS) continue
      await this.#pause()
      turnStartedAt = clock.elapsed()
    }
    return best
  }

  /** Of the records before `upTo`. */
  #partOf(log: PartitionLog, nowMs: number, upTo = Infinity): DirtyPart {
    const { startOffset, endOffset, config } = log
    const lastStableOffset = Math.min(log.lastStableOffset, upTo)
    // Only max.compaction.lag.ms asks for the first timestamps, which stand in the files.
    const segments: readonly SegmentToJudge[] = log.segments.map(segment => ({
      baseOffset: segment.baseOffset,
      sizeBytes: segment.sizeBytes,
      get maxTimestamp() { return segment.maxTimestamp },
      get firstTimestamp() { return firstTimestampOf(segment) },
    }))
    return dirtyPart({ startOffset, endOffset, lastStableOffset, config, segments }, this.#cleanedUpTo.get(partitionFolderName(log.topic, log.partition)), nowMs)
  }

  #reasonAgainst(log: PartitionLog): string | undefined {
    const name = partitionFolderName(log.topic, log.partition)
    const known = this.#uncleanable.get(name)
    if (!known) return undefined
    if (known.config === log.config && known.topicId === log.topicId) return known.reason
    this.#uncleanable.delete(name)
    return undefined
  }

  /** Whether the log may be looked at again in this round. */
  async #clean({ log, part }: Candidate): Promise<boolean> {
    const abort = new AbortController()
    this.#current = { log, abort, progress: undefined }
    try {
      // What supersedes a record must be safe before the record goes: a loss of power would take the one, and the other is gone already.
      await log.durable(log.endOffset) // with the markers that decided its transactions
      const durable = this.#partOf(log, this.#options.clock.now(), part.endOffset) // its segments may be others by now
      return !abort.signal.aborted && durable.isCleanable && await this.#cleanOne(log, durable, abort)
    } catch (failure) {
      this.#options.logger.warn('a log could not be compacted; it is tried again later', { topic: log.topic, partition: log.partition, failure })
      if (failure instanceof HalfSwapped) this.#refuse(log, failure.message)
      return false
    } finally {
      this.#current = undefined
    }
  }

  async #cleanOne(log: PartitionLog, part: DirtyPart, abort: AbortController): Promise<boolean> {
    const { clock, disk, logger } = this.#options
    const startedAt = clock.elapsed()
    const swaps = new Swaps({ log, abort, discard: group => removeCleaned(disk, log.folder, group.replaced[0] ?? 0) })
    const job = this.#jobFor(log, part)
    const bytesBefore = job.segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
    let result: CleanResult
    try {
      result = await this.#options.clean(job, { signal: abort.signal, onProgress: progress => this.#progressed(progress, swaps) })
    } finally {
      await swaps.end()
    }
    if (swaps.failure !== undefined) throw swaps.failure
    if (result.is === 'uncleanable') {
      this.#refuse(log, result.reason)
      return false
    }
    if (result.is === 'aborted' || !swaps.areComplete) return false
    this.#cleanedUpTo.set(partitionFolderName(log.topic, log.partition), result.endOffset)
    await this.#saveOffsets()
    const { recordsRead: recordsBefore, recordsKept: recordsAfter, bytesWritten: bytesAfter } = result
    const report = { endedAt: clock.now(), tookMs: clock.elapsed() - startedAt, bytesBefore, bytesAfter, recordsBefore, recordsAfter }
    this.#reports.set(partitionFolderName(log.topic, log.partition), report)
    logger.info('a log was compacted', { topic: log.topic, partition: log.partition, upTo: result.endOffset, ...report })
    this.#options.onEnd?.(log, { is: 'cleaned', report })
    return result.endOffset < part.endOffset
  }

  #progressed(progress: CleanProgress, swaps: Swaps): void {
    const { group, ...shown } = progress
    if (this.#current) this.#current.progress = shown
    if (group) swaps.add(group)
    const now = this.#options.clock.elapsed()
    if (!group && now - this.#toldAtMs < TELL_EVERY_MS) return
    this.#toldAtMs = now
    this.#options.onProgress?.(shown)
  }

  #jobFor(log: PartitionLog, part: DirtyPart): CleanJob {
    const { topic, partition, folder, config } = log
    const segments = log.segments.slice(0, part.segmentCount)
    const { bytesPerSecond, mapBytes } = this.#settings
    return {
      topic,
      partition,
      folder,
      segments: segments.map(({ baseOffset, sizeBytes, offsetIndex, timeIndex }) => (
        { baseOffset, sizeBytes, indexBytes: bytesOf(offsetIndex.entries), timeIndexBytes: bytesOf(timeIndex.entries) }
      )),
      firstDirtyOffset: part.firstDirtyOffset,
      endOffset: part.endOffset,
      aborted: log.abortedTransactions(segments[0]?.baseOffset ?? 0, part.endOffset),
      lastOfProducers: [...log.producers()].map(({ producerId, epoch, batches }) => ({ producerId, epoch, lastDataOffset: batches.at(-1)?.lastOffset ?? -1 })),
      nowMs: this.#options.clock.now(),
      deleteRetentionMs: config.deleteRetentionMs,
      segmentBytes: config.segmentBytes,
      segmentIndexBytes: config.segmentIndexBytes,
      indexIntervalBytes: config.indexIntervalBytes,
      mapBytes,
      bytesPerSecond,
    }
  }

  #refuse(log: PartitionLog, reason: string): void {
    this.#uncleanable.set(partitionFolderName(log.topic, log.partition), { reason, config: log.config, topicId: log.topicId })
    this.#options.logger.error('a log cannot be compacted and is left as it is', { topic: log.topic, partition: log.partition, reason })
    this.#options.onEnd?.(log, { is: 'uncleanable', reason })
  }

  /** Writes how far each log is compacted, without those whose folder is gone. */
  #saveOffsets(): Promise<void> {
    const { disk, folder } = this.#options
    return this.#writes.run(async () => {
      for (const name of this.#cleanedUpTo.keys()) if (!disk.existsNow(`${folder}/${name}`)) this.#cleanedUpTo.delete(name)
      await disk.replace(`${folder}/${CLEANER_OFFSETS_FILE}`, writeOffsetCheckpoint(this.#cleanedUpTo))
    })
  }

  async #pause(): Promise<void> {
    let timer: Timer | undefined
    await new Promise<void>(resolve => {
      this.#goOn = resolve
      timer = this.#options.clock.after(0, resolve)
    })
    timer?.cancel()
    this.#goOn = undefined
  }
}

/**
 * Groups of one compaction on their way into the log, one after another while the next is being written. After one that failed no other
 * follows: a tombstone must not be gone from a later segment while what it deletes is back in an earlier one.
 */
class Swaps {
  readonly #log: PartitionLog
  readonly #abort: AbortController
  readonly #discard: (group: CleanedGroup) => void
  #tail: Promise<void> = Promise.resolve()
  /** No segment was gone, none failed. */
  areComplete = true
  failure: unknown

  constructor(o: { readonly log: PartitionLog; readonly abort: AbortController; readonly discard: (group: CleanedGroup) => void }) {
    this.#log = o.log
    this.#abort = o.abort
    this.#discard = o.discard
  }

  add(group: CleanedGroup): void {
    this.#tail = this.#tail.then(() => this.#swap(group))
  }

  async #swap(group: CleanedGroup): Promise<void> {
    if (!this.areComplete) return this.#discard(group)
    try {
      // From the moment a topic is not compacted any more every record stays that is still there.
      if (!isCompacted(this.#log)) this.#discard(group)
      else if (await this.#log.replaceSegments(group)) return
    } catch (failure) {
      this.failure ??= failure
    }
    this.areComplete = false
    this.#abort.abort()
  }

  end(): Promise<void> {
    return this.#tail
  }
}

function isCompacted(log: PartitionLog): boolean {
  return log.config.cleanupPolicy.includes('compact')
}

function bytesOf(entries: { readonly count: number; readonly entryBytes: number }): number {
  return entries.count * entries.entryBytes
}

/** They stand in the files, and those of closed segments never change. */
const firstTimestamps = new WeakMap<Segment, number>()

function firstTimestampOf(segment: Segment): number {
  const known = firstTimestamps.get(segment)
  if (known !== undefined) return known
  const header = Buffer.alloc(BATCH_HEADER_BYTES)
  const timestamp = segment.file().readNow(header, 0) === header.length ? maxTimestampOf(header, 0) : -1
  firstTimestamps.set(segment, timestamp)
  return timestamp
}
