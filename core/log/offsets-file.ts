/** An offset checkpoint that a running broker keeps, written as a whole and durably; who asks before a write has begun shares it. */

import type { Disk } from '../common/disk.ts'
import { SerialQueue } from '../common/serial-queue.ts'
import { writeOffsetCheckpoint } from './checkpoint.ts'

type OffsetsFileOptions = { readonly disk: Disk; readonly path: string; readonly offsets: () => ReadonlyMap<string, number> }

export class OffsetsFile {
  readonly #options: OffsetsFileOptions
  readonly #writes = new SerialQueue()
  #next: Promise<void> | undefined
  /** The greatest offset that the file may name for a partition, whatever came of a write. */
  readonly #named: Map<string, number>

  /** `found`: what the file said at the start. */
  constructor(options: OffsetsFileOptions, found: ReadonlyMap<string, number>) {
    this.#options = options
    this.#named = new Map(found)
  }

  save(): Promise<void> {
    this.#next ??= this.#writes.run(() => {
      this.#next = undefined
      return this.#write()
    })
    return this.#next
  }

  /** Resolves when no start can read an offset above `offset` for the partition; at once, as nearly always, when the file names none. */
  async atMost(name: string, offset: number): Promise<void> {
    if ((this.#named.get(name) ?? 0) > offset) await this.save()
  }

  /** Resolves when no write is under way. */
  idle(): Promise<void> {
    return this.#writes.idle()
  }

  async #write(): Promise<void> {
    const offsets = this.#options.offsets()
    for (const [name, offset] of offsets) this.#named.set(name, Math.max(offset, this.#named.get(name) ?? 0))
    await this.#options.disk.replace(this.#options.path, writeOffsetCheckpoint(offsets))
    this.#named.clear()
    for (const [name, offset] of offsets) this.#named.set(name, offset)
  }
}
