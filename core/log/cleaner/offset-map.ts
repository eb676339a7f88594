/**
 * The dirty part of a log while it is compacted: the hash of each key and the last offset it was written at, in one flat table of bounded
 * size (Kafka's SkimpyOffsetMap). Keys themselves are not kept: two with the same 128-bit hash would be taken for one.
 */

import { KeyHash } from './key-hash.ts'

/** Four words of hash, the offset plus one in two; a slot whose offset is zero is free. */
const SLOT_WORDS = 6
export const SLOT_BYTES = SLOT_WORDS * 4
/** Kafka's log.cleaner.io.buffer.load.factor. */
const LOAD_FACTOR = 0.9
const TWO_32 = 0x1_0000_0000
/** A bit for each offset of the dirty part, up to 32 MiB of them. */
const MARKED_OFFSETS_MAX = 2 ** 28

export class OffsetMap {
  readonly #hash: KeyHash
  readonly #slots: Int32Array
  readonly #slotCount: number
  readonly #sizeMax: number
  readonly #firstOffset: number
  /** Which offsets from the first on were put and then superseded: their keys need not be looked up again. */
  readonly #superseded: Uint32Array | undefined
  #size = 0
  /** The last offset whose record, kept or not, was looked at; -1 before the first. */
  latestOffset = -1

  /** Offsets from `firstOffset` to before `endOffset` are put; the table takes at most `bytesMax` bytes (log.cleaner.dedupe.buffer.size). `secret`: 16 bytes. */
  constructor(o: { readonly firstOffset: number; readonly endOffset: number; readonly bytesMax: number; readonly secret: Buffer }) {
    const keysMax = Math.max(0, o.endOffset - o.firstOffset)
    const affordable = Math.max(8, Math.floor(o.bytesMax / SLOT_BYTES))
    this.#slotCount = Math.min(affordable, Math.max(8, Math.ceil((keysMax + 1) / LOAD_FACTOR)))
    this.#slots = new Int32Array(this.#slotCount * SLOT_WORDS)
    this.#sizeMax = Math.floor(this.#slotCount * LOAD_FACTOR)
    this.#hash = new KeyHash(o.secret)
    this.#firstOffset = o.firstOffset
    this.#superseded = keysMax <= MARKED_OFFSETS_MAX ? new Uint32Array((keysMax >>> 5) + 1) : undefined
  }

  /** Keys in the map. */
  get size(): number {
    return this.#size
  }

  /** No further key is taken; those that are there still may be given later offsets. */
  get isFull(): boolean {
    return this.#size >= this.#sizeMax
  }

  /** Notes that the key was written at `offset`, later than before. */
  put(bytes: Uint8Array, keyAt: number, keyLength: number, offset: number): void {
    const at = this.#find(bytes, keyAt, keyLength)
    const slots = this.#slots
    const high = Math.floor((offset + 1) / TWO_32)
    const low = (offset + 1) | 0
    if (slots[at + 4] === 0 && slots[at + 5] === 0) {
      const { words } = this.#hash
      slots[at] = words[0] as number
      slots[at + 1] = words[1] as number
      slots[at + 2] = words[2] as number
      slots[at + 3] = words[3] as number
      this.#size++
    } else this.#mark(offsetAt(slots, at) - this.#firstOffset)
    slots[at + 4] = high
    slots[at + 5] = low
    this.latestOffset = offset
  }

  /** The last offset the key was written at; -1 when it is not in the map. */
  get(bytes: Uint8Array, keyAt: number, keyLength: number): number {
    const at = this.#find(bytes, keyAt, keyLength)
    return offsetAt(this.#slots, at)
  }

  /** Whether no later record of the dirty part, as far as it was put, has the key of the one at `offset`, at or before the latest offset. */
  isLatest(bytes: Uint8Array, keyAt: number, keyLength: number, offset: number): boolean {
    const place = offset - this.#firstOffset
    if (place < 0 || !this.#superseded) return offset >= this.get(bytes, keyAt, keyLength)
    return (((this.#superseded[place >>> 5] as number) >>> (place & 31)) & 1) === 0
  }

  #mark(place: number): void {
    if (this.#superseded) this.#superseded[place >>> 5] = (this.#superseded[place >>> 5] as number) | (1 << (place & 31))
  }

  /** Where the key's slot begins, or the free one it would take. Each word of the hash names a slot to try, then the neighbours of the last. */
  #find(bytes: Uint8Array, keyAt: number, keyLength: number): number {
    this.#hash.update(bytes, keyAt, keyLength)
    const slots = this.#slots
    const a = this.#hash.words[0] as number
    const b = this.#hash.words[1] as number
    const c = this.#hash.words[2] as number
    const d = this.#hash.words[3] as number
    let slot = this.#slotFor(a)
    for (let attempt = 1; ; attempt++) {
      const at = slot * SLOT_WORDS
      if (slots[at] === a && slots[at + 1] === b && slots[at + 2] === c && slots[at + 3] === d) return at
      if (slots[at + 4] === 0 && slots[at + 5] === 0) return at
      if (attempt < 4) slot = this.#slotFor(this.#hash.words[attempt] as number)
      else slot = slot + 1 === this.#slotCount ? 0 : slot + 1
    }
  }

  #slotFor(word: number): number {
    return Math.floor(((word >>> 0) * this.#slotCount) / TWO_32)
  }
}

function offsetAt(slots: Int32Array, at: number): number {
  return (slots[at + 4] as number) * TWO_32 + ((slots[at + 5] as number) >>> 0) - 1
}
