/** The bytes of one file on the memory disk: as written, and as they were when last flushed. */

import type { Random } from './random.ts'

const PAGE_BYTES = 4096
const FIRST_BYTES = 256

type Flush = { readonly size: number; readonly pages: readonly (readonly [number, Buffer])[] }

export class MemoryContent {
  #bytes = Buffer.alloc(0)
  #size = 0
  #durableSize = 0
  /** For each page written since the last flush: what a power loss may leave in its place. */
  #durablePages = new Map<number, Buffer>()
  /** Pages a failed flush gave up: no later flush writes them, unless they are written to again. */
  #droppedPages = new Map<number, Buffer>()

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

  /** A bit of the medium turns: what is read now, and what a power loss would bring back. */
  flipBit(bit: number): void {
    const at = Math.floor(bit / 8)
    const page = Math.floor(at / PAGE_BYTES)
    for (const [bytes, place] of [[this.#bytes, at], [this.#durablePages.get(page), at % PAGE_BYTES], [this.#droppedPages.get(page), at % PAGE_BYTES]] as const) {
      if (bytes) bytes[place] = (bytes[place] ?? 0) ^ (1 << (bit % 8))
    }
  }

  #grow(size: number): void {
    if (size <= this.#bytes.length) return
    const grown = Buffer.alloc(Math.max(FIRST_BYTES, size, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#size)
    this.#bytes = grown
  }

  #remember(from: number, to: number): void {
    for (let page = Math.floor(from / PAGE_BYTES); page * PAGE_BYTES < to; page++) {
      if (this.#durablePages.has(page)) continue
      this.#durablePages.set(page, this.#droppedPages.get(page) ?? this.#copyOfPage(page))
      this.#droppedPages.delete(page)
    }
  }

  /** Only as far as there are bytes: what is not in it is zero. */
  #copyOfPage(page: number): Buffer {
    return Buffer.from(this.#bytes.subarray(page * PAGE_BYTES, Math.min(this.#size, (page + 1) * PAGE_BYTES)))
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

  /** A flush failed and took its pages for clean: they read as written, and are gone with the power. */
  dropPages(): void {
    for (const [page, durable] of this.#durablePages) this.#droppedPages.set(page, durable)
    this.#durablePages.clear()
  }

  /** An orderly restart of the machine: all is on the disk but what a failed flush gave up, which went with the cache. */
  settle(): void {
    this.flushed(this.snapshot())
    for (const [page, durable] of this.#droppedPages) this.#losePage(page, durable, 0)
    this.#droppedPages.clear()
  }

  /** Each page written since the last flush is kept, lost or torn at any byte; the size is anything from the durable one on. */
  losePower(random: Random): void {
    const grown = this.#size - this.#durableSize
    const size = grown > 0 ? this.#durableSize + random.below(grown + 1) : random.below(2) === 0 ? this.#size : this.#durableSize
    for (const [page, durable] of this.#durablePages) this.#losePage(page, durable, random.below(3) === 0 ? PAGE_BYTES : random.below(2) * random.below(PAGE_BYTES))
    for (const [page, durable] of this.#droppedPages) this.#losePage(page, durable, 0)
    this.#grow(size)
    this.#size = size
    this.#bytes.fill(0, size)
    this.#durableSize = size
    this.#durablePages.clear()
    this.#droppedPages.clear()
  }

  #losePage(page: number, durable: Buffer, keptBytes: number): void {
    const from = page * PAGE_BYTES
    const end = Math.min(from + PAGE_BYTES, this.#bytes.length)
    if (from + durable.length > this.#bytes.length) this.#grow(from + durable.length)
    for (let at = from + keptBytes; at < Math.max(end, from + durable.length); at++) this.#bytes[at] = durable[at - from] ?? 0
  }
}
