/**
 * Walks the records of a section that comes in pieces, as a codec inflates it, and keeps none of them: what is told of each record are
 * the numbers of its head. A record that lies within one piece is read by the cursor; one that spans pieces byte by byte, its key, value
 * and headers passed over. The same records are refused as by the cursor.
 */

import { CorruptBatch } from './corrupt-batch.ts'
import { RecordCursor } from './record-cursor.ts'

/** Lengths are -1 for null; `timestampDelta` is in milliseconds. */
export type TakeRecord = (offsetDelta: number, timestampDelta: number, keyLength: number, valueLength: number) => void

export class RecordStream {
  readonly #count: number
  readonly #take: TakeRecord
  readonly #cursor = new RecordCursor()
  readonly #walk: Generator<void, void, void>
  #bytes: Uint8Array = new Uint8Array(0)
  #at = 0
  /** Bytes of the record under way not read yet. */
  #left = 0
  #index = 0

  /** Of a section of `count` records; `take` is called for each in turn. */
  constructor(count: number, take: TakeRecord) {
    this.#count = count
    this.#take = take
    this.#walk = this.#records()
  }

  /** The next piece; it is not kept. Throws CorruptBatch where the records are not well formed or more than there should be. */
  push(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.#at = 0
    this.#walk.next()
    if (this.#at < bytes.length) throw new CorruptBatch(`bytes are left after the ${this.#count} records of a batch`)
  }

  /** No piece follows; throws CorruptBatch when records are missing. */
  end(): void {
    if (this.#index < this.#count) throw new CorruptBatch(`a batch of ${this.#count} records ends in record ${this.#index}`)
  }

  *#records(): Generator<void, void, void> {
    while (this.#index < this.#count) {
      this.#takeWhole()
      if (this.#index < this.#count) yield* this.#spanning()
    }
  }

  /** Records that lie within this piece. */
  #takeWhole(): void {
    const cursor = this.#cursor
    cursor.reset(this.#bytes, this.#at, this.#bytes.length)
    while (this.#index < this.#count && this.#isWhole()) {
      cursor.next()
      this.#at = cursor.endAt
      this.#index++
      this.#take(cursor.offsetDelta, cursor.timestampDelta, cursor.keyLength, cursor.valueLength)
    }
  }

  /** A length that cannot be read as one is for the cursor to refuse. */
  #isWhole(): boolean {
    let value = 0
    for (let index = 0; index < 5; index++) {
      const byte = this.#bytes[this.#at + index]
      if (byte === undefined) return false
      value |= (byte & 0x7f) << (7 * index)
      if (byte < 0x80) return this.#at + index + 1 + ((value >>> 1) ^ -(value & 1)) <= this.#bytes.length
    }
    return true
  }

  *#spanning(): Generator<void, void, void> {
    this.#left = Number.MAX_SAFE_INTEGER // the length itself does not count
    const length = yield* this.#varint()
    if (length < 0) throw new CorruptBatch(`a record has the length ${length}`)
    this.#left = length
    yield* this.#byte() // attributes: none are defined, Kafka ignores them
    const timestampDelta = yield* this.#varlong()
    const offsetDelta = yield* this.#varint()
    const keyLength = yield* this.#part(-1)
    const valueLength = yield* this.#part(-1)
    const headerCount = yield* this.#varint()
    if (headerCount < 0 || headerCount > this.#left) throw new CorruptBatch(`a record has ${headerCount} headers in ${this.#left} bytes`)
    for (let index = 0; index < headerCount; index++) {
      yield* this.#part(0)
      yield* this.#part(-1)
    }
    if (this.#left !== 0) throw new CorruptBatch(`a record says it has ${length} bytes and has ${length - this.#left}`)
    this.#index++
    this.#take(offsetDelta, timestampDelta, keyLength, valueLength)
  }

  /** A length and as many bytes, which are passed over; the length. */
  *#part(lengthMin: number): Generator<void, number, void> {
    const length = yield* this.#varint()
    if (length < lengthMin || length > this.#left) throw new CorruptBatch(`a part of a record has the length ${length} where ${this.#left} bytes are left`)
    let rest = Math.max(0, length)
    this.#left -= rest
    while (rest > this.#bytes.length - this.#at) {
      rest -= this.#bytes.length - this.#at
      this.#at = this.#bytes.length
      yield
    }
    this.#at += rest
    return length
  }

  *#byte(): Generator<void, number, void> {
    if (this.#left-- === 0) throw new CorruptBatch('a record is longer than it says')
    while (this.#at >= this.#bytes.length) yield
    return this.#bytes[this.#at++] ?? 0
  }

  *#varint(): Generator<void, number, void> {
    let value = 0
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = yield* this.#byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
    throw new CorruptBatch('a variable-length number has more than 5 bytes')
  }

  *#varlong(): Generator<void, number, void> {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = yield* this.#byte()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return Number(BigInt.asIntN(64, (BigInt.asUintN(64, value) >> 1n) ^ -(value & 1n)))
    }
    throw new CorruptBatch('a variable-length number has more than 10 bytes')
  }
}
