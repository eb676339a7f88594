/**
 * What of a log survives the loss of power, and how it gets there: flushes one after another, and group commit, in which everybody who
 * waits when a flush begins shares it. The recovery point moves with whole flushes only (log, indexes, folder); a commit flushes the log
 * alone, which is enough to keep the records, and leaves the indexes to be rebuilt.
 */

import { dirname } from 'node:path'
import type { Clock, Timer } from '../common/clock.ts'
import type { Disk } from '../common/disk.ts'
import { WRITE_BEHIND_BYTES } from '../common/limits.ts'
import { SerialQueue } from '../common/serial-queue.ts'
import type { LogConfig } from './log-config.ts'
import type { Segment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'

const PIECE_BYTES = 1024 * 1024

type DurabilityOptions = {
  readonly disk: Disk
  readonly clock: Clock
  readonly folder: string
  readonly segments: SegmentList
  readonly recoveryPoint: number
  readonly endOffset: () => number
  /** A flush failed: what it covered may be lost although later flushes succeed, until `mend` has ended. */
  readonly onFailure: (failure: unknown) => void
  readonly onMended: () => void
  /** A flush failed before this process began. */
  readonly isSuspect?: boolean
  /** What `isSuspect` says is another. */
  readonly onSuspect?: ((isSuspect: boolean) => void) | undefined
}

export class Durability {
  readonly #options: DurabilityOptions
  #recoveryPoint: number
  #durableOffset: number
  readonly #turns = new SerialQueue()
  /** The commit that has not begun yet: who asks now shares it. */
  #next: Promise<void> | undefined
  #timer: Timer | undefined
  /** Appended since a flush was last begun for their number. */
  #unflushedBytes = 0
  #isSuspect = false
  /** The log is closed: the flush under way ends with its segment, unfinished. */
  #isEnded = false
  #mending: Promise<void> | undefined
  /** The last segment whose name in the folder is durable. */
  #namedUpTo = -1

  constructor(options: DurabilityOptions) {
    this.#options = options
    this.#recoveryPoint = options.recoveryPoint
    this.#durableOffset = options.recoveryPoint
    this.#isSuspect = options.isSuspect ?? false
  }

  /** Everything before it survives the loss of power, its indexes too: where recovery begins to verify. */
  get recoveryPoint(): number {
    return this.#recoveryPoint
  }

  /** Every record before it survives the loss of power. */
  get durableOffset(): number {
    return this.#durableOffset
  }

  /** A flush failed, and what it covered has not been written again yet. */
  get isSuspect(): boolean {
    return this.#isSuspect
  }

  /** Flushes behind who appends, a little at a time. */
  appended(bytes: number): void {
    this.#unflushedBytes += bytes
    if (this.#unflushedBytes < WRITE_BEHIND_BYTES) return
    this.#unflushedBytes = 0
    this.commit(this.#options.endOffset()).catch(() => {}) // onFailure has been told
  }

  /** What an acknowledgement of records before `upTo` has to wait for; undefined when nothing. Arms the timer of flush.ms. */
  waitFor(upTo: number, config: LogConfig): Promise<void> | undefined {
    if (config.flushMs !== Infinity && !this.#isEnded) this.#flushWithin(config.flushMs)
    return upTo - this.#durableOffset >= config.flushMessages ? this.commit(upTo) : undefined
  }

  #flushWithin(flushMs: number): void {
    this.#timer ??= this.#options.clock.after(flushMs, () => {
      this.#timer = undefined
      this.commit(this.#options.endOffset()).catch(() => {}) // onFailure has been told
    })
  }

  /** Resolves when every record before `upTo` is durable; rejects when the disk fails. Waiters share flushes. */
  commit(upTo: number): Promise<void> {
    if (upTo <= this.#durableOffset) return Promise.resolve()
    this.#next ??= this.#turns.run(() => {
      this.#next = undefined
      return this.#flush('logs')
    })
    return this.#next
  }

  /** Makes everything appended before the call durable, indexes included, and moves the recovery point. */
  flush(): Promise<void> {
    const upTo = this.#options.endOffset()
    return this.#turns.run(() => (upTo > this.#recoveryPoint ? this.#flush('all') : undefined))
  }

  async #flush(what: 'logs' | 'all'): Promise<void> {
    if (this.#isEnded) throw new Error('the log was closed before it was flushed')
    const { segments, endOffset, onFailure } = this.#options
    const upTo = endOffset()
    const from = what === 'all' ? this.#recoveryPoint : this.#durableOffset
    const active = segments.active.baseOffset
    try {
      if (this.#isSuspect) await this.#rewrite()
      // From the segment that ends there too: its last entry of times came with the roll, perhaps after the flush that moved the point.
      for (const segment of segments.all.slice(segments.indexFor(from - 1))) {
        if (segment.baseOffset < upTo) await this.#flushSegment(segment, what)
        if (this.#isEnded) throw new Error('the log was closed before it was flushed')
      }
      if (what === 'all' || active > this.#namedUpTo) await this.#flushNames()
    } catch (failure) {
      if (this.#isEnded) throw failure
      if (!this.#isSuspect) this.#options.onSuspect?.(true)
      this.#isSuspect = true
      onFailure(failure)
      throw failure
    }
    this.#namedUpTo = Math.max(this.#namedUpTo, active)
    this.#durableOffset = Math.max(this.#durableOffset, upTo)
    if (what === 'all') this.#recoveryPoint = Math.max(this.#recoveryPoint, upTo)
  }

  /** The names of the files and, once, of their folder: a new partition whose folder is lost loses all that was flushed in it. */
  async #flushNames(): Promise<void> {
    const { disk, folder } = this.#options
    await disk.flushFolder(folder)
    if (this.#namedUpTo < 0) await disk.flushFolder(dirname(folder))
  }

  /** Retention and compaction may take a segment away between two flushes: what is gone need not be durable. */
  async #flushSegment(segment: Segment, what: 'logs' | 'all'): Promise<void> {
    const { segments } = this.#options
    if (!segments.all.includes(segment)) return
    try {
      await (what === 'all' ? segment.flush() : segment.flushLog())
    } catch (failure) {
      if (segments.all.includes(segment)) throw failure
    }
  }

  /**
   * After a failed flush the system may have dropped what it covered from its cache's list of dirty pages: a later flush would succeed
   * without writing it. So it is written again from the cache, and flushed. Call it again while `isSuspect`: a flush before its turn may
   * have done it, and of one more that failed then nobody would know.
   */
  mend(): Promise<void> {
    this.#mending ??= this.#turns.run(() => (this.#isSuspect ? this.#rewrite() : undefined)).finally(() => { this.#mending = undefined })
    return this.#mending
  }

  async #rewrite(): Promise<void> {
    const { segments, endOffset, onMended } = this.#options
    const upTo = endOffset()
    // As far back as a flush goes: the segment that ends at the recovery point has its last entry of times from its roll.
    for (const segment of segments.all.slice(segments.indexFor(this.#recoveryPoint - 1))) segment.rewriteIndexesNow()
    for (const segment of segments.all.slice(segments.indexFor(this.#durableOffset))) {
      const from = segment.locate(Math.max(this.#durableOffset, segment.baseOffset)) ?? segment.sizeBytes
      await rewriteFrom(segment, from)
    }
    await this.#flushNames()
    this.#durableOffset = Math.max(this.#durableOffset, upTo)
    this.#isSuspect = false
    this.#options.onSuspect?.(false)
    onMended()
  }

  /** Stops the timer, and what is under way at its next step. */
  endNow(): void {
    this.#isEnded = true
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** Stops the timer, and resolves when no flush is under way. */
  async stop(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    await this.#turns.idle()
  }
}

async function rewriteFrom(segment: Segment, from: number): Promise<void> {
  const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, Math.max(0, segment.sizeBytes - from)))
  for (let at = from; at < segment.sizeBytes;) {
    const length = await segment.file().read(piece.subarray(0, Math.min(piece.length, segment.sizeBytes - at)), at)
    if (length === 0) throw new Error(`${segment.logPath} ends at ${at}, before its ${segment.sizeBytes} bytes`)
    segment.file().writeNow([piece.subarray(0, length)], at)
    at += length
  }
  await segment.flushLog()
}
