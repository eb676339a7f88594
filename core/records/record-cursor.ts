/**
 * Walks the records of an uncompressed record section without allocating: one cursor, moved from record to record.
 * ```
 * record: varint length · int8 attributes · varlong timestampDelta · varint offsetDelta
 *         varint keyLength (-1 null) key · varint valueLength (-1 null) value · varint headerCount { varint nameLength name, varint valueLength value }
 * ```
 * This runs per record of every produce request, so it is written flat. A byte past the end of the buffer reads as undefined, which
 * ends a varint and is caught by the position check at the end of the record.
 */

import { CorruptBatch } from './corrupt-batch.ts'

export class RecordCursor {
  #bytes: Uint8Array = new Uint8Array(0)
  #at = 0
  #end = 0

  offsetDelta = 0
  /** Milliseconds; beyond ±2^53 it is rounded. */
  timestampDelta = 0
  keyAt = 0
  /** -1 is a null key. */
  keyLength = -1
  valueAt = 0
  /** -1 is a null value. */
  valueLength = -1
  headersAt = 0
  headerCount = 0
  /** Where the record starts and ends, its length prefix included. */
  startAt = 0
  endAt = 0

  /** Puts the cursor before the first record of the section from `at` to `end`. */
  reset(bytes: Uint8Array, at: number, end: number): void {
    this.#bytes = bytes
    this.#at = at
    this.#end = end
  }

  /** Whether bytes are left after the current record. */
  get hasMore(): boolean {
    return this.#at < this.#end
  }

  /** Reads the next record into the fields; throws CorruptBatch when there is none or it is not well formed. */
  next(): void {
    const bytes = this.#bytes
    this.startAt = this.#at
    const length = this.#varint()
    const start = this.#at
    const end = start + length
    if (length < 0 || end > this.#end) throw new CorruptBatch(`a record of ${length} bytes does not fit the ${this.#end - start} left in its batch`)
    this.#at = start + 1 // attributes: none are defined, Kafka ignores them
    const first = bytes[this.#at] as number // see the head of the file
    if (first < 0x80) {
      this.#at++
      this.timestampDelta = (first >>> 1) ^ -(first & 1)
    } else this.timestampDelta = this.#varlong()
    this.offsetDelta = this.#varint()
    const keyLength = this.#varint()
    this.keyAt = this.#at
    this.keyLength = keyLength
    if (keyLength > 0) this.#at += keyLength
    const valueLength = this.#varint()
    this.valueAt = this.#at
    this.valueLength = valueLength
    if (valueLength > 0) this.#at += valueLength
    const headerCount = this.#varint()
    this.headersAt = this.#at
    this.headerCount = headerCount
    if (headerCount !== 0) this.#skipHeaders(headerCount, end)
    if (this.#at !== end || keyLength < -1 || valueLength < -1) throw new CorruptBatch(`a record says it has ${length} bytes and has ${this.#at - start}`)
    this.endAt = end
  }

  #skipHeaders(count: number, end: number): void {
    if (count < 0 || count > end - this.#at) throw new CorruptBatch(`a record has ${count} headers in ${end - this.#at} bytes`)
    for (let index = 0; index < count; index++) {
      if (this.#at >= end) throw new CorruptBatch(`a record says it has ${count} headers and has ${index}`)
      const nameLength = this.#varint()
      if (nameLength < 0) throw new CorruptBatch(`a header name has the length ${nameLength}`)
      this.#at += nameLength
      const valueLength = this.#varint()
      if (valueLength < -1) throw new CorruptBatch(`a header value has the length ${valueLength}`)
      if (valueLength > 0) this.#at += valueLength
    }
  }

  /** Calls `take` for each header of the current record, with where its parts lie; a value length of -1 is a null value. */
  eachHeader(take: (nameAt: number, nameLength: number, valueAt: number, valueLength: number) => void): void {
    const resumeAt = this.#at
    this.#at = this.headersAt
    for (let index = 0; index < this.headerCount; index++) {
      const nameLength = this.#varint()
      const nameAt = this.#at
      this.#at += nameLength
      const valueLength = this.#varint()
      take(nameAt, nameLength, this.#at, valueLength)
      this.#at += Math.max(0, valueLength)
    }
    this.#at = resumeAt
  }

  #varint(): number {
    const bytes = this.#bytes
    let at = this.#at
    let byte = bytes[at++] as number // see the head of the file
    let value = byte & 0x7f
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (shift > 28) throw new CorruptBatch('a variable-length number has more than 5 bytes')
      byte = bytes[at++] as number
      value |= (byte & 0x7f) << shift
    }
    this.#at = at
    return (value >>> 1) ^ -(value & 1)
  }

  #varlong(): number {
    const bytes = this.#bytes
    const start = this.#at
    let value = 0
    let scale = 1
    for (let at = start; at < start + 7; at++) {
      const byte = bytes[at] as number // see the head of the file
      value += (byte & 0x7f) * scale
      if (!(byte >= 0x80)) {
        this.#at = at + 1
        return value % 2 === 0 ? value / 2 : -(value + 1) / 2
      }
      scale *= 128
    }
    return this.#longVarlong(start)
  }

  /** 8 to 10 bytes: more than a double holds on the way. */
  #longVarlong(start: number): number {
    let value = 0n
    for (let index = 0; index < 10; index++) {
      const byte = this.#bytes[start + index] ?? 0
      value |= BigInt(byte & 0x7f) << BigInt(7 * index)
      if (byte < 0x80) {
        this.#at = start + index + 1
        return Number(BigInt.asIntN(64, (BigInt.asUintN(64, value) >> 1n) ^ -(value & 1n)))
      }
    }
    throw new CorruptBatch('a variable-length number has more than 10 bytes')
  }
}
