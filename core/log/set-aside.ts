/**
 * Where recovery puts what it must take out of a log: bytes that are no good batches, segments behind a hole, files that are not what
 * their names say. Nothing of that is ever erased: `<data folder>/set-aside/<topic>-<partition>/<time>/`, for its owner to look at.
 */

import type { Clock } from '../common/clock.ts'
import type { Disk } from '../common/disk.ts'
import { segmentFile } from './log-files.ts'
import type { Segment } from './segment.ts'

const PIECE_BYTES = 1024 * 1024

/** The disk does not take it, because it is full for example: the partition must stay as it is. */
export class SetAsideFailed extends Error {
  override readonly name = 'SetAsideFailed'
}

export class SetAside {
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #root: string
  #folder: string | undefined

  /** `root`: the partition's own folder of things set aside; made with the first of them. */
  constructor(options: { readonly disk: Disk; readonly clock: Clock; readonly root: string }) {
    this.#disk = options.disk
    this.#clock = options.clock
    this.#root = options.root
  }

  /** Where things of this start went; null when there were none. */
  get folder(): string | null {
    return this.#folder ?? null
  }

  /** Moves a whole file. Throws SetAsideFailed with the file where it was. */
  async move(path: string): Promise<void> {
    await this.#orFail(path, async folder => {
      const target = `${folder}/${path.slice(path.lastIndexOf('/') + 1)}`
      try {
        await this.#disk.rename(path, target)
      } catch (failure) {
        if ((failure as NodeJS.ErrnoException).code !== 'EXDEV') throw failure // `code` is there or undefined
        await this.#copy(path, 0, target)
        await this.#disk.remove(path)
      }
      await this.#disk.flushFolder(folder)
    })
  }

  /** All files of a segment; of its .log too what the segment does not count. */
  async moveSegment(folder: string, segment: Segment): Promise<void> {
    segment.closeNow()
    for (const suffix of ['.log', '.index', '.timeindex', '.txnindex', '.snapshot'] as const) {
      const path = segmentFile(folder, segment.baseOffset, suffix)
      if (this.#disk.existsNow(path)) await this.move(path)
    }
  }

  /** Copies what a file holds from `position` on; it is for the caller to cut it then. Throws SetAsideFailed with the file untouched. */
  async copyTail(path: string, position: number, signal?: AbortSignal): Promise<void> {
    await this.#orFail(path, async folder => {
      await this.#copy(path, position, `${folder}/${path.slice(path.lastIndexOf('/') + 1)}.from-${position}`, signal)
      await this.#disk.flushFolder(folder)
    })
  }

  async #copy(from: string, position: number, to: string, signal?: AbortSignal): Promise<void> {
    const source = this.#disk.openNow(from, 'read')
    try {
      const target = this.#disk.openNow(to, 'create')
      try {
        const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, Math.max(1, source.size - position)))
        for (let done = 0; ;) {
          signal?.throwIfAborted()
          const length = await source.read(piece, position + done)
          if (length === 0) break
          target.writeNow([piece.subarray(0, length)], done)
          done += length
        }
        await target.flush()
      } finally {
        target.closeNow()
      }
    } finally {
      source.closeNow()
    }
  }

  async #orFail(path: string, work: (folder: string) => Promise<void>): Promise<void> {
    try {
      await work(await this.#make())
    } catch (cause) {
      if (cause instanceof Error && cause.name === 'AbortError') throw cause
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new SetAsideFailed(`${path} must be cut or taken out, and could not be set aside in ${this.#folder ?? this.#root}: ${reason}. Nothing was cut`, { cause })
    }
  }

  /** One for each start; two within a millisecond get a number. */
  async #make(): Promise<string> {
    if (this.#folder !== undefined) return this.#folder
    const time = new Date(this.#clock.now()).toISOString().replaceAll(':', '-')
    let folder = `${this.#root}/${time}`
    for (let number = 2; this.#disk.existsNow(folder); number++) folder = `${this.#root}/${time}-${number}`
    await this.#disk.makeFolder(folder)
    for (let parent = parentOf(folder), level = 0; level < 3; parent = parentOf(parent), level++) await this.#disk.flushFolder(parent)
    return (this.#folder = folder)
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/'))) || '/'
}
