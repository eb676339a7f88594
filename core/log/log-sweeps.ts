/**
 * Retention over all logs, every few minutes (Kafka's log.retention.check.interval.ms): starts move up first, then they are made durable,
 * and only then do segments go, so that no crash brings back what was gone or leaves a hole in what stays.
 */

import type { Clock, Timer } from '../common/clock.ts'
import type { Logger } from '../common/logger.ts'
import { SerialQueue } from '../common/serial-queue.ts'
import type { CleanFacts } from './last-stop.ts'
import type { LogConfig } from './log-config.ts'
import type { PartitionLog } from './partition-log.ts'
import { mayHaveExpired } from './retention.ts'

/** Work in one turn of the event loop: requests wait no longer than this for a sweep. */
const TURN_MS = 4
/** Segments renamed in one turn: five files each, some ten microseconds a file. */
const SEGMENTS_PER_TURN = 32

export type LogSweepsOptions = {
  readonly clock: Clock
  readonly logger: Logger
  /** Until the first sweep (log.initial.task.delay.ms), and from one to the next (log.retention.check.interval.ms). */
  readonly initialDelayMs: number
  readonly everyMs: number
  /** The logs that are open. */
  readonly logs: () => Iterable<PartitionLog>
  /** Those that nobody has used since the last clean stop. */
  readonly atRest?: () => Iterable<LogAtRest>
  readonly saveStartOffsets: () => Promise<void>
}

/** A log whose files lie as its last clean stop left them. It is opened when they hold something to drop, and left at rest otherwise. */
export type LogAtRest = {
  readonly facts: Pick<CleanFacts, 'sizeBytes' | 'retainedFromMs'>
  readonly config: LogConfig
  /** Undefined when it cannot be opened, which has been logged. */
  readonly open: () => Promise<PartitionLog | undefined>
}

export class LogSweeps {
  readonly #options: LogSweepsOptions
  readonly #queue = new SerialQueue()
  #timer: Timer | undefined
  /** Starts that this run has written. */
  readonly #saved = new WeakMap<PartitionLog, number>()
  #turnStartedAt = 0
  #isStopped = false
  /** Ends a pause between two turns early. */
  #goOn: (() => void) | undefined

  constructor(options: LogSweepsOptions) {
    this.#options = options
    this.#after(options.initialDelayMs)
  }

  /** One sweep now, after any that is under way. Never rejects: what a disk refuses is logged and tried again by the next. */
  sweep(): Promise<void> {
    return this.#queue.run(() => this.#sweep())
  }

  /**
   * Makes the starts of `logs`, which have just moved, durable, and drops the segments below them behind. Answers with what failed, when
   * the starts could not be written: they hold for this run, and a crash may bring the records back.
   */
  async keepStarts(logs: readonly PartitionLog[]): Promise<unknown> {
    try {
      await this.#saveStarts(logs)
    } catch (failure) {
      this.#options.logger.error('the start offsets of logs could not be written', { failure })
      return failure
    }
    void this.#queue.run(() => this.#dropBelowStarts(logs))
    return undefined
  }

  /**
   * Whether the start of `log` may not be on disk: nobody may be told yet that what lies before it is gone. True until this run has written
   * it, for the marker of a clean stop, where it may be from, is gone by now.
   */
  hasUnsavedStart(log: PartitionLog): boolean {
    return log.startOffset > 0 && this.#saved.get(log) !== log.startOffset
  }

  async #saveStarts(logs: readonly PartitionLog[]): Promise<void> {
    const starts = logs.map(log => log.startOffset)
    await this.#options.saveStartOffsets()
    for (const [index, log] of logs.entries()) this.#saved.set(log, starts[index] ?? 0)
  }

  /** Ends the sweep that is under way early, and starts no other. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#goOn?.()
    await this.#queue.idle()
  }

  #after(delayMs: number): void {
    if (this.#isStopped) return
    this.#timer = this.#options.clock.after(delayMs, () => void this.sweep().finally(() => this.#after(this.#options.everyMs)))
  }

  async #sweep(): Promise<void> {
    const { clock, logger, atRest } = this.#options
    this.#turnStartedAt = clock.elapsed()
    const trimmed: PartitionLog[] = []
    for (const log of this.#options.logs()) {
      if (this.#isStopped) return
      if (this.#trim(log)) trimmed.push(log)
      await this.#yieldWhenDue()
    }
    // Listed first: opening one changes what the iterable goes over.
    const resting = Array.from(atRest?.() ?? [])
    for (const { facts, config, open } of resting) {
      if (this.#isStopped) return
      const log = mayHaveExpired(facts, config, clock.now()) ? await open() : undefined
      if (log && this.#trim(log)) trimmed.push(log)
      await this.#yieldWhenDue()
    }
    if (trimmed.length === 0 || this.#isStopped) return
    try {
      await this.#saveStarts(trimmed)
    } catch (failure) {
      logger.error('the start offsets of logs could not be written; no segment is removed', { failure })
      return
    }
    await this.#dropBelowStarts(trimmed)
  }

  /** Moves the start of a log up to what it has to keep. Whether it has segments to drop. */
  #trim(log: PartitionLog): boolean {
    if (log.health.is === 'offline') return false
    try {
      const expired = log.expired(this.#options.clock.now())
      if (expired.count === 0) return false
      // One segment stays, an empty one with the offset that comes next: the end offset does not go back.
      if (expired.count === log.segmentCount) log.roll()
      log.trimTo(expired.startOffset)
      const { count, bytes, reasons } = expired
      this.#options.logger.info('retention drops segments', { topic: log.topic, partition: log.partition, count, bytes, startOffset: log.startOffset, reasons: [...reasons].join(', ') })
      return true
    } catch (failure) {
      this.#warn(log, failure)
      return false
    }
  }

  async #dropBelowStarts(logs: readonly PartitionLog[]): Promise<void> {
    for (const log of logs) {
      try {
        if (log.hasSegmentsBelowStart) await log.keepProducers()
        // A log may be closed or deleted meanwhile: it has nothing to drop then.
        while (!this.#isStopped && log.dropBelowStart(SEGMENTS_PER_TURN) === SEGMENTS_PER_TURN) await this.#yield()
      } catch (failure) {
        this.#warn(log, failure)
      }
      await this.#yieldWhenDue()
    }
  }

  #warn(log: PartitionLog, failure: unknown): void {
    this.#options.logger.warn('retention failed on a log; the next sweep tries again', { topic: log.topic, partition: log.partition, failure })
  }

  async #yieldWhenDue(): Promise<void> {
    if (this.#options.clock.elapsed() - this.#turnStartedAt >= TURN_MS) await this.#yield()
  }

  async #yield(): Promise<void> {
    if (this.#isStopped) return
    let timer: Timer | undefined
    await new Promise<void>(resolve => {
      this.#goOn = resolve
      timer = this.#options.clock.after(0, resolve)
    })
    timer?.cancel()
    this.#goOn = undefined
    this.#turnStartedAt = this.#options.clock.elapsed()
  }
}
