/**
 * 128 bits that stand for a key while a log is compacted: Chaskey-12 (ISO/IEC 29192-6), a keyed hash made for 32-bit arithmetic. Two keys
 * that collide would cost a record, so the hash must be as good as the MD5 that Kafka uses; with a secret no producer can construct a
 * collision, and it takes 40 to 80 ns a key here, where a call into node:crypto takes a microsecond.
 */

const ROUNDS = 12

export class KeyHash {
  /** The hash of the last `update`: four 32-bit words. */
  readonly words = new Int32Array(4)
  readonly #rounds: number
  readonly #secret: Int32Array
  /** For a last block that is full, and for one that is padded. */
  readonly #full: Int32Array
  readonly #padded: Int32Array
  readonly #block = new Int32Array(4)

  /** `secret`: 16 bytes. `rounds` is 12 except where the original cipher of 8 is compared with its published values. */
  constructor(secret: Buffer, rounds = ROUNDS) {
    this.#rounds = rounds
    this.#secret = Int32Array.from({ length: 4 }, (_, index) => secret.readInt32LE(index * 4))
    this.#full = doubled(this.#secret)
    this.#padded = doubled(this.#full)
  }

  /** Hashes the `length` bytes at `at` into `words`. */
  update(bytes: Uint8Array, at: number, length: number): void {
    const { words } = this
    const secret = this.#secret
    const end = at + length
    words[0] = secret[0] as number // four words each, as everywhere below
    words[1] = secret[1] as number
    words[2] = secret[2] as number
    words[3] = secret[3] as number
    let from = at
    for (; end - from > 16; from += 16) {
      this.#load(bytes, from)
      this.#mix()
    }
    const isFull = end - from === 16
    if (isFull) this.#load(bytes, from)
    else this.#loadPadded(bytes, from, end)
    const last = isFull ? this.#full : this.#padded
    this.#xor(last)
    this.#mix()
    this.#xor(last, words)
  }

  #load(bytes: Uint8Array, at: number): void {
    const block = this.#block
    block[0] = wordAt(bytes, at)
    block[1] = wordAt(bytes, at + 4)
    block[2] = wordAt(bytes, at + 8)
    block[3] = wordAt(bytes, at + 12)
  }

  /** What is left of the key, a one, and zeros. */
  #loadPadded(bytes: Uint8Array, from: number, end: number): void {
    const block = this.#block
    const words = (end - from) >>> 2
    for (let index = 0; index < 4; index++) block[index] = index < words ? wordAt(bytes, from + index * 4) : 0
    let word = 1
    for (let at = end - 1; at >= from + words * 4; at--) word = (word << 8) | (bytes[at] as number)
    block[words] = word
  }

  #xor(by: Int32Array, to = this.#block): void {
    for (let index = 0; index < 4; index++) to[index] = (to[index] as number) ^ (by[index] as number)
  }

  /** Adds the block to the state and permutes it. */
  #mix(): void {
    const { words } = this
    const block = this.#block
    let a = (words[0] as number) ^ (block[0] as number)
    let b = (words[1] as number) ^ (block[1] as number)
    let c = (words[2] as number) ^ (block[2] as number)
    let d = (words[3] as number) ^ (block[3] as number)
    for (let round = 0; round < this.#rounds; round++) {
      a = (a + b) | 0
      b = ((b << 5) | (b >>> 27)) ^ a
      a = (a << 16) | (a >>> 16)
      c = (c + d) | 0
      d = ((d << 8) | (d >>> 24)) ^ c
      a = (a + d) | 0
      d = ((d << 13) | (d >>> 19)) ^ a
      c = (c + b) | 0
      b = ((b << 7) | (b >>> 25)) ^ c
      c = (c << 16) | (c >>> 16)
    }
    words[0] = a
    words[1] = b
    words[2] = c
    words[3] = d
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)
}

/** Twice the number in the field of 2^128, lowest word first. */
function doubled(words: Int32Array): Int32Array {
  const [a = 0, b = 0, c = 0, d = 0] = words
  return Int32Array.of((a << 1) ^ (d < 0 ? 0x87 : 0), (b << 1) | (a >>> 31), (c << 1) | (b >>> 31), (d << 1) | (c >>> 31))
}
