/**
 * Removing segments and partition folders the way Kafka does: renamed at once, so that no start takes them for part of a log, and
 * unlinked after file.delete.delay.ms, one after another, off the request path. What waits at a stop is unlinked at the next start.
 */

import type { Clock, Timer } from '../common/clock.ts'
import type { Disk } from '../common/disk.ts'
import type { Logger } from '../common/logger.ts'
import { SerialQueue } from '../common/serial-queue.ts'
import { DELETED_SUFFIX, segmentFile } from './log-files.ts'
import type { Segment } from './segment.ts'

export { DELETED_SUFFIX } from './log-files.ts'

type Waiting = {
  /** The partition's folder, whose leases hold the files. */
  readonly folder: string
  readonly paths: readonly string[]
  /** By the monotonic clock. */
  readonly dueAt: number
}

export type SegmentDeletionOptions = { readonly disk: Disk; readonly clock: Clock; readonly logger: Logger }

/** One for a whole log directory; a log that is opened alone makes its own. */
export class SegmentDeletion {
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #leases = new Map<string, number>()
  readonly #unlinks = new SerialQueue()
  #waiting: Waiting[] = []
  #timer: Timer | undefined
  #timerAt = Infinity
  #isStopped = false

  constructor({ disk, clock, logger }: SegmentDeletionOptions) {
    this.#disk = disk
    this.#clock = clock
    this.#logger = logger
  }

  /** Segments and folders that wait to be unlinked. */
  get waitingCount(): number {
    return this.#waiting.length
  }

  /**
   * Renames the files of a segment that is no longer (or in the same turn will no longer be) part of its log. Throws what the disk throws
   * when the .log file cannot be renamed, with nothing changed: the segment then stays in its log. Segments of a prefix go oldest first,
   * so that a crash half-way leaves a log without a hole. `keepsSnapshot`: a compacted segment takes its place, under the same name.
   */
  drop(segment: Segment, o: { readonly folder: string; readonly delayMs: number; readonly keepsSnapshot?: boolean }): void {
    const { folder, delayMs } = o
    segment.closeNow()
    this.#disk.renameNow(segment.logPath, segment.logPath + DELETED_SUFFIX)
    segment.dropNow()
    const paths = [segment.logPath + DELETED_SUFFIX]
    const others = o.keepsSnapshot ? ['.index', '.timeindex', '.txnindex'] as const : ['.index', '.timeindex', '.txnindex', '.snapshot'] as const
    for (const suffix of others) {
      const path = segmentFile(folder, segment.baseOffset, suffix)
      if (this.#renameIfThere(path)) paths.push(path + DELETED_SUFFIX)
    }
    this.#add({ folder, paths, dueAt: this.#clock.elapsed() + delayMs })
  }

  /** Without its .log the file belongs to nothing, and the next start removes it: a failure here is not the caller's. */
  #renameIfThere(path: string): boolean {
    try {
      if (this.#disk.sizeNow(path) === undefined) return false
      this.#disk.renameNow(path, path + DELETED_SUFFIX)
      return true
    } catch (failure) {
      this.#logger.warn('a file of a dropped segment could not be renamed; the next start removes it', { path, failure })
      return false
    }
  }

  /** Unlinks a folder that was renamed already, with all that is in it. */
  dropFolder(path: string, delayMs: number): void {
    this.#add({ folder: path, paths: [path], dueAt: this.#clock.elapsed() + delayMs })
  }

  /** The same without a delay: for a folder that waited when an earlier run ended. */
  removeFolder(path: string): void {
    void this.#unlinks.run(() => this.#unlink([{ folder: path, paths: [path], dueAt: 0 }]))
  }

  /** Drops what waits of a partition whose whole folder goes: its files go with it. */
  forget(folder: string): void {
    this.#waiting = this.#waiting.filter(entry => entry.folder !== folder)
  }

  /** Nothing of the partition's folder is unlinked until the answer is called: for readers that open its files by name. Keep it short. */
  lease(folder: string): () => void {
    this.#leases.set(folder, (this.#leases.get(folder) ?? 0) + 1)
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      const left = (this.#leases.get(folder) ?? 1) - 1
      if (left > 0) this.#leases.set(folder, left)
      else {
        this.#leases.delete(folder)
        this.#arm()
      }
    }
  }

  /** Ends what is being unlinked and leaves the rest to the next start. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#timer = undefined
    this.#timerAt = Infinity
    await this.#unlinks.idle()
  }

  #add(entry: Waiting): void {
    this.#waiting.push(entry)
    this.#armAt(entry.dueAt)
  }

  /** Sets the timer for the first entry that no lease holds. */
  #arm(): void {
    let first = Infinity
    for (const { folder, dueAt } of this.#waiting) if (dueAt < first && !this.#leases.has(folder)) first = dueAt
    if (first < Infinity) this.#armAt(first)
  }

  #armAt(dueAt: number): void {
    if (this.#isStopped || dueAt >= this.#timerAt) return
    this.#timer?.cancel()
    this.#timerAt = dueAt
    this.#timer = this.#clock.after(dueAt - this.#clock.elapsed(), () => this.#unlinkDue())
  }

  #unlinkDue(): void {
    this.#timer = undefined
    this.#timerAt = Infinity
    const now = this.#clock.elapsed()
    const due = this.#waiting.filter(({ folder, dueAt }) => dueAt <= now && !this.#leases.has(folder))
    if (due.length > 0) {
      const isDue = new Set(due)
      this.#waiting = this.#waiting.filter(entry => !isDue.has(entry))
      void this.#unlinks.run(() => this.#unlink(due))
    }
    this.#arm()
  }

  async #unlink(due: readonly Waiting[]): Promise<void> {
    for (const entry of due) {
      if (this.#isStopped) return
      // A reader may have come since: its files wait for it.
      if (this.#leases.has(entry.folder)) this.#add(entry)
      else for (const path of entry.paths) await this.#remove(path)
    }
  }

  async #remove(path: string): Promise<void> {
    try {
      await this.#disk.remove(path)
    } catch (failure) {
      this.#logger.warn('a deleted file could not be unlinked; the next start tries again', { path, failure })
    }
  }
}
