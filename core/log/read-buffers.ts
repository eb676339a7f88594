/** The buffers fetches read into: taken from one budget for the process, given back when the socket has written them. */

import { READ_BUFFER_BYTES_KEPT, READ_BUFFER_BYTES_MAX } from '../common/limits.ts'

/** Sizes are powers of two from 4 KiB, so that a buffer given back fits the next read. */
const SMALLEST_BITS = 12

export class ReadBuffers {
  #bytesMax: number
  #bytesKeptMax: number
  #bytesInUse = 0
  #bytesKept = 0
  #free: Buffer[][] = []

  constructor(bytesMax = READ_BUFFER_BYTES_MAX, bytesKeptMax = READ_BUFFER_BYTES_KEPT) {
    this.#bytesMax = bytesMax
    this.#bytesKeptMax = bytesKeptMax
  }

  /** Bytes taken and not given back. */
  get bytesInUse(): number {
    return this.#bytesInUse
  }

  /** A buffer of at least `bytes`, or undefined when the budget is spent. Give it back with `give`. */
  take(bytes: number): Buffer | undefined {
    const bits = bitsFor(bytes)
    if (this.#bytesInUse + 2 ** bits > this.#bytesMax) return undefined
    return this.#take(bits)
  }

  /** As `take`, whatever the budget: for the one batch an answer must carry. */
  takeAnyway(bytes: number): Buffer {
    return this.#take(bitsFor(bytes))
  }

  #take(bits: number): Buffer {
    this.#bytesInUse += 2 ** bits
    const kept = this.#free[bits]?.pop()
    if (!kept) return Buffer.allocUnsafeSlow(2 ** bits)
    this.#bytesKept -= kept.length
    return kept
  }

  give(buffer: Buffer): void {
    this.#bytesInUse -= buffer.length
    if (this.#bytesKept + buffer.length > this.#bytesKeptMax) return
    this.#bytesKept += buffer.length
    const bits = bitsFor(buffer.length)
    const free = this.#free[bits]
    if (free) free.push(buffer)
    else this.#free[bits] = [buffer]
  }

  /** None is in use any more: the process that took them died, which a simulation survives. */
  forgetTaken(): void {
    this.#bytesInUse = 0
  }
}

function bitsFor(bytes: number): number {
  return Math.max(SMALLEST_BITS, 32 - Math.clz32(Math.max(1, bytes) - 1))
}

/** The process's one pool. */
export const readBuffers = new ReadBuffers()
