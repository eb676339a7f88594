/** The bytes of one file on the memory disk: as written, and as they were when last flushed. */

import type { Random } from './random.ts'

const PAGE_BYTES = 4096
const SECTOR_BYTES = 512

type Flush = { readonly size: number; readonly pages: readonly (readonly [number, Buffer])[] }

export class MemoryContent {
  #bytes = Buffer.alloc(0)
  #size = 0
  #durableSize = 0
  /** For each page written since the last flush: what a power loss may leave in its place. */
  #durablePages = new Map<number, Buffer>()

  get size(): number {
    return this.#size
  }

  write(buffers: readonly Uint8Array[], position: number): void {
    const length = buffers.reduce((sum, buffer) => sum + buffer.length, 0)
    this.#grow(position + length)
    this.#remember(position, position + length)
    let at = position
    for (const buffer of buffers) {
      this.#bytes.set(buffer, at)
      at += buffer.length
    }
    this.#size = Math.max(this.#size, at)
  }

  read(target: Uint8Array, position: number): number {
    const length = Math.max(0, Math.min(target.length, this.#size - position))
    target.set(this.#bytes.subarray(position, position + length))
    return length
  }

  truncate(size: number): void {
    this.#grow(size)
    this.#remember(Math.min(size, this.#size), Math.max(size, this.#size))
    this.#bytes.fill(0, Math.min(size, this.#size), Math.max(size, this.#size))
    this.#size = size
  }

  #grow(size: number): void {
    if (size <= this.#bytes.length) return
    const grown = Buffer.alloc(Math.max(PAGE_BYTES, size, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#size)
    this.#bytes = grown
  }

  #remember(from: number, to: number): void {
    for (let page = Math.floor(from / PAGE_BYTES); page * PAGE_BYTES < to; page++) {
      if (!this.#durablePages.has(page)) this.#durablePages.set(page, this.#copyOfPage(page))
    }
  }

  #copyOfPage(page: number): Buffer {
    const copy = Buffer.alloc(PAGE_BYTES)
    this.#bytes.copy(copy, 0, page * PAGE_BYTES, Math.min(this.#bytes.length, (page + 1) * PAGE_BYTES))
    return copy
  }

  /** What a flush that starts now makes durable when it ends. */
  snapshot(): Flush {
    return { size: this.#size, pages: [...this.#durablePages.keys()].map(page => [page, this.#copyOfPage(page)] as const) }
  }

  flushed(flush: Flush): void {
    this.#durableSize = flush.size
    for (const [page, bytes] of flush.pages) {
      if (bytes.equals(this.#copyOfPage(page))) this.#durablePages.delete(page)
      else this.#durablePages.set(page, bytes)
    }
  }

  /** Each page written since the last flush is kept, lost or torn between two sectors; the size is anything from the durable one on. */
  losePower(random: Random): void {
    const grown = this.#size - this.#durableSize
    const size = grown > 0 ? this.#durableSize + random.below(grown + 1) : random.below(2) === 0 ? this.#size : this.#durableSize
    for (const [page, durable] of this.#durablePages) this.#losePage(page, durable, random)
    this.#grow(size)
    this.#size = size
    this.#bytes.fill(0, size)
    this.#durableSize = size
    this.#durablePages.clear()
  }

  #losePage(page: number, durable: Buffer, random: Random): void {
    this.#grow((page + 1) * PAGE_BYTES)
    const fate = random.below(3)
    if (fate === 0) return
    const keptSectors = fate === 1 ? 0 : random.below(PAGE_BYTES / SECTOR_BYTES)
    durable.copy(this.#bytes, page * PAGE_BYTES + keptSectors * SECTOR_BYTES, keptSectors * SECTOR_BYTES)
  }
}
