/** Writes a record batch (magic 2): what the coordinators append, what tests and the window produce. */

import type { Codec } from './compression.ts'
import { codecId, deflate } from './compression.ts'
import { attributesWith, BATCH_HEADER_BYTES, BATCH_PREFIX_BYTES, MAGIC, sign, type TimestampType, writeInt64 } from './batch-header.ts'

export type RecordHeader = { readonly name: string; readonly value: Uint8Array | null }

export type NewRecord = {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers?: readonly RecordHeader[]
  /** Milliseconds since the epoch, or -1 for none. */
  readonly timestamp: number
}

export type NewBatch = {
  /** At least one. */
  readonly records: readonly NewRecord[]
  readonly baseOffset?: number
  readonly codec?: Codec
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  readonly leaderEpoch?: number
  readonly timestampType?: TimestampType
}

/** The batch as bytes, signed, with offsets counted up from `baseOffset`. */
export function encodeBatch(batch: NewBatch): Buffer {
  const baseTimestamp = batch.records[0]?.timestamp ?? -1
  const plain = encodeRecords(batch.records, baseTimestamp)
  const codec = batch.codec ?? 'none'
  const bytes = Buffer.concat([Buffer.alloc(BATCH_HEADER_BYTES), codec === 'none' ? plain : deflate(codec, plain)])
  writeInt64(bytes, batch.baseOffset ?? 0, 0)
  bytes.writeInt32BE(bytes.length - BATCH_PREFIX_BYTES, 8)
  bytes.writeInt32BE(batch.leaderEpoch ?? -1, 12)
  bytes.writeInt8(MAGIC, 16)
  bytes.writeInt16BE(
    attributesWith({
      codecId: codecId(codec),
      timestampType: batch.timestampType ?? 'CreateTime',
      isTransactional: batch.isTransactional ?? false,
      isControl: batch.isControl ?? false,
    }),
    21,
  )
  bytes.writeInt32BE(batch.records.length - 1, 23)
  writeInt64(bytes, baseTimestamp, 27)
  writeInt64(bytes, batch.records.reduce((max, record) => Math.max(max, record.timestamp), -1), 35)
  writeInt64(bytes, batch.producerId ?? -1, 43)
  bytes.writeInt16BE(batch.producerEpoch ?? -1, 51)
  bytes.writeInt32BE(batch.baseSequence ?? -1, 53)
  bytes.writeInt32BE(batch.records.length, 57)
  sign(bytes, 0)
  return bytes
}

function encodeRecords(records: readonly NewRecord[], baseTimestamp: number): Buffer {
  const names = records.map(record => record.headers?.map(header => Buffer.from(header.name)) ?? [])
  const lengths = records.map((record, index) => lengthOf(record, names[index] ?? [], index, baseTimestamp))
  const out = new RecordWriter(lengths.reduce((sum, length) => sum + length + varintBytes(length), 0))
  for (const [index, record] of records.entries()) {
    out.varint(lengths[index] ?? 0)
    out.byte(0)
    out.varint(record.timestamp - baseTimestamp)
    out.varint(index)
    out.nullable(record.key)
    out.nullable(record.value)
    out.varint(record.headers?.length ?? 0)
    for (const [at, header] of (record.headers ?? []).entries()) {
      out.nullable(names[index]?.[at] ?? Buffer.alloc(0))
      out.nullable(header.value)
    }
  }
  return out.bytes
}

function lengthOf(record: NewRecord, names: readonly Buffer[], index: number, baseTimestamp: number): number {
  const headers = record.headers ?? []
  let length = 1 + varintBytes(record.timestamp - baseTimestamp) + varintBytes(index) + varintBytes(headers.length)
  length += nullableBytes(record.key) + nullableBytes(record.value)
  for (const name of names) length += nullableBytes(name)
  for (const header of headers) length += nullableBytes(header.value)
  return length
}

function nullableBytes(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : varintBytes(bytes.length) + bytes.length
}

/** Zig-zag as a double: exact for whole numbers within ±2^52. */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value
}

/** Bytes of `value` as a zig-zag varint or varlong. */
export function varintBytes(value: number): number {
  let count = 1
  for (let rest = zigzag(value); rest >= 128; rest = Math.floor(rest / 128)) count++
  return count
}

/** Writes records into a buffer made of the right length beforehand. */
export class RecordWriter {
  readonly bytes: Buffer
  #at = 0

  constructor(length: number) {
    this.bytes = Buffer.allocUnsafe(length)
  }

  byte(value: number): void {
    this.bytes[this.#at++] = value
  }

  /** The bytes of `from` between two positions, as they are. */
  raw(from: Buffer, at: number, end: number): void {
    this.#at += from.copy(this.bytes, this.#at, at, end)
  }

  varint(value: number): void {
    let rest = zigzag(value)
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.bytes[this.#at++] = (rest % 128) | 0x80
    this.bytes[this.#at++] = rest
  }

  nullable(bytes: Uint8Array | null): void {
    if (bytes === null) return this.varint(-1)
    this.varint(bytes.length)
    this.bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }
}
