/** Bytes of the Kafka protocol: a reader that never looks past its frame, a writer that yields a list of buffers. */

import { assert } from '../common/assert.ts'
import { DECODED_ELEMENTS_MAX } from '../common/limits.ts'
import { FrameError } from './frame-error.ts'

/** The all-zero uuid: Kafka's "no id". */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

const TWO_32 = 0x1_0000_0000
const UUID_BYTES = 16
const UUID_CHARS = 22
/** Numbers in an array weigh a fraction of a struct or string in memory. */
const PRIMITIVES_PER_ELEMENT = 8
/** Strings up to this length are written byte by byte: shorter than the call into native code. */
const SHORT_STRING_CHARS = 32

/** Reads one frame from front to back. Every method throws FrameError instead of reading past the end. */
export class Reader {
  readonly bytes: Buffer
  at: number
  end: number
  #elementsLeft = DECODED_ELEMENTS_MAX

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    assert(at >= 0 && at <= end && end <= bytes.length, 'a reader stays within its buffer')
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  get remaining(): number {
    return this.end - this.at
  }

  /** Moves over `count` bytes and returns where they start. */
  take(count: number): number {
    const at = this.at
    if (count > this.end - at) throw this.#truncated(count)
    this.at = at + count
    return at
  }

  bool(): boolean {
    return this.bytes[this.take(1)] !== 0
  }

  int8(): number {
    return ((this.bytes[this.take(1)] as number) << 24) >> 24
  }

  int16(): number {
    const at = this.take(2)
    const bytes = this.bytes
    return (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16)) >> 16
  }

  uint16(): number {
    return this.int16() & 0xffff
  }

  int32(): number {
    const at = this.take(4)
    const bytes = this.bytes
    return (
      ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)
    )
  }

  uint32(): number {
    return this.int32() >>> 0
  }

  int64(): bigint {
    return this.bytes.readBigInt64BE(this.take(8))
  }

  /** An int64 as a number: a peer that sends one outside ±(2^53 − 1) is refused. */
  offset(): number {
    const high = this.int32()
    const value = high * TWO_32 + this.uint32()
    if (!Number.isSafeInteger(value)) throw new FrameError(`offset or producer id out of range at byte ${this.at - 8}`)
    return value
  }

  float64(): number {
    return this.bytes.readDoubleBE(this.take(8))
  }

  /** Unsigned LEB128 of at most 32 bits, as in flexible versions. */
  uvarint(): number {
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.bytes[this.take(1)] as number
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    const last = this.bytes[this.take(1)] as number
    if (last > 0x0f) throw new FrameError(`varint longer than 32 bits at byte ${this.at - 1}`)
    return (value | (last << 28)) >>> 0
  }

  /** 16 bytes as 22 characters of base64url, Kafka's own print of an id. */
  uuid(): string {
    const at = this.take(UUID_BYTES)
    const bytes = this.bytes
    for (let index = at; index < at + UUID_BYTES; index++) {
      if (bytes[index] !== 0) return bytes.toString('base64url', at, at + UUID_BYTES)
    }
    return ZERO_UUID
  }

  /** UTF-8 of `length` bytes; what is not UTF-8 becomes U+FFFD, as in Java. */
  utf8(length: number): string {
    if (length === 0) return ''
    const at = this.take(length)
    return this.bytes.toString('utf8', at, at + length)
  }

  /** A view of the next `length` bytes, not a copy: whoever keeps it keeps the frame. */
  view(length: number): Buffer {
    const at = this.take(length)
    return this.bytes.subarray(at, at + length)
  }

  /** Refuses an array whose elements cannot be in the bytes that are left, before anything is allocated for it. */
  elements(count: number, minBytesEach: number, isPrimitive: boolean): void {
    if (count * minBytesEach > this.end - this.at) {
      throw new FrameError(`array of ${count} elements in the ${this.remaining} bytes left at byte ${this.at}`)
    }
    this.#elementsLeft -= isPrimitive ? count / PRIMITIVES_PER_ELEMENT : count
    if (this.#elementsLeft < 0) throw new FrameError(`more than ${DECODED_ELEMENTS_MAX} array elements in one frame`)
  }

  /** Steps over a section of tagged fields (KIP-482) of which we know none. */
  skipTags(): void {
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint()
      this.take(this.uvarint())
    }
  }

  #truncated(count: number): FrameError {
    return new FrameError(`${count} bytes expected at byte ${this.at}, ${this.remaining} left`)
  }
}

/** Appends to a chunk that grows; buffers given to `splice` are listed by reference between the pieces of it. */
export class Writer {
  #chunk: Buffer
  /** Where the piece of the chunk that is not yet listed starts. */
  #start = 0
  #at = 0
  #listedBytes = 0
  #splicedBytes = 0
  readonly #pieces: Buffer[] = []

  constructor(capacity = 256) {
    this.#chunk = Buffer.allocUnsafe(capacity)
  }

  /** Bytes written so far, spliced ones included. */
  get byteLength(): number {
    return this.#listedBytes + this.#splicedBytes + this.#at - this.#start
  }

  /** Of those, the ones listed by reference. */
  get splicedBytes(): number {
    return this.#splicedBytes
  }

  bool(value: boolean): void {
    this.int8(value ? 1 : 0)
  }

  int8(value: number): void {
    const at = this.#room(1)
    this.#chunk[at] = value
  }

  int16(value: number): void {
    const at = this.#room(2)
    const chunk = this.#chunk
    chunk[at] = value >>> 8
    chunk[at + 1] = value
  }

  int32(value: number): void {
    const at = this.#room(4)
    const chunk = this.#chunk
    chunk[at] = value >>> 24
    chunk[at + 1] = value >>> 16
    chunk[at + 2] = value >>> 8
    chunk[at + 3] = value
  }

  int64(value: bigint): void {
    const asNumber = Number(value)
    // writeBigInt64BE divides big integers byte by byte: several times slower than two int32.
    if (Number.isSafeInteger(asNumber)) return this.offset(asNumber)
    const at = this.#room(8)
    this.#chunk.writeBigInt64BE(value, at)
  }

  offset(value: number): void {
    assert(Number.isSafeInteger(value), 'an offset or producer id is a safe integer')
    this.int32(Math.floor(value / TWO_32))
    this.int32(value % TWO_32)
  }

  float64(value: number): void {
    const at = this.#room(8)
    this.#chunk.writeDoubleBE(value, at)
  }

  uvarint(value: number): void {
    let left = value >>> 0
    while (left > 0x7f) {
      this.int8((left & 0x7f) | 0x80)
      left >>>= 7
    }
    this.int8(left)
  }

  uuid(value: string): void {
    assert(value.length === UUID_CHARS, 'an id is 22 characters of base64url')
    const at = this.#room(UUID_BYTES)
    if (value === ZERO_UUID) {
      this.#chunk.fill(0, at, at + UUID_BYTES)
      return
    }
    const written = this.#chunk.write(value, at, UUID_BYTES, 'base64url')
    assert(written === UUID_BYTES, 'an id is 22 characters of base64url')
  }

  /** Length, then UTF-8: an int16 of at most 32,767, or in flexible versions an unsigned varint of the length + 1. */
  string(value: string, isCompact: boolean): void {
    if (value.length <= SHORT_STRING_CHARS && this.#ascii(value, isCompact)) return
    const length = Buffer.byteLength(value)
    this.#stringLength(length, isCompact)
    const at = this.#room(length)
    this.#chunk.write(value, at, length, 'utf8')
  }

  /** Copies bytes in, without a length. */
  raw(bytes: Uint8Array): void {
    const at = this.#room(bytes.length)
    this.#chunk.set(bytes, at)
  }

  /** Lists a buffer by reference: it must not change until the bytes are on the wire. */
  splice(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#list()
    this.#pieces.push(bytes)
    this.#splicedBytes += bytes.length
  }

  /** Everything written, in order. The writer is spent. */
  finish(): Buffer[] {
    this.#list()
    return this.#pieces
  }

  #list(): void {
    if (this.#at === this.#start) return
    this.#pieces.push(this.#chunk.subarray(this.#start, this.#at))
    this.#listedBytes += this.#at - this.#start
    this.#start = this.#at
  }

  #room(count: number): number {
    const at = this.#at
    if (at + count > this.#chunk.length) return this.#grow(count)
    this.#at = at + count
    return at
  }

  /** Pieces already listed keep the old chunk; only the open piece moves. */
  #grow(count: number): number {
    const open = this.#at - this.#start
    const chunk = Buffer.allocUnsafe(Math.max(this.#chunk.length * 2, (open + count) * 2))
    this.#chunk.copy(chunk, 0, this.#start, this.#at)
    this.#chunk = chunk
    this.#start = 0
    this.#at = open + count
    return open
  }

  #stringLength(length: number, isCompact: boolean): void {
    if (isCompact) return this.uvarint(length + 1)
    assert(length <= 0x7fff, 'a string of at most 32,767 bytes')
    this.int16(length)
  }

  /** Writes a short string whose characters are all one byte long; false, and nothing written, when one is not. */
  #ascii(value: string, isCompact: boolean): boolean {
    const length = value.length
    this.#stringLength(length, isCompact)
    const at = this.#room(length)
    const chunk = this.#chunk
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index)
      if (code > 0x7f) {
        this.#at = at - (isCompact ? 1 : 2)
        return false
      }
      chunk[at + index] = code
    }
    return true
  }
}
