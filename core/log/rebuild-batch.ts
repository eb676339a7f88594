/**
 * A batch made anew from a producer's: with the topic's codec (compression.type), with offsets that count up, or both. The records
 * themselves stay byte for byte what they were.
 */

import { attributesOf, BATCH_HEADER_BYTES, BATCH_PREFIX_BYTES, DELETE_HORIZON, CODEC_MASK, sign } from '../records/batch-header.ts'
import { type Codec, codecId, type CompressionLevels, deflate } from '../records/compression.ts'
import { RecordCursor } from '../records/record-cursor.ts'

/** A varint of 32 bits has at most so many bytes. */
const VARINT_BYTES_MAX = 5

/** The batch in `bytes` with `section`, its records uncompressed, in another codec. The bytes given are left alone. */
export function rebuildBatch(bytes: Buffer, section: Buffer, o: { readonly codec: Codec; readonly levels: CompressionLevels }): Buffer {
  const batch = Buffer.concat([bytes.subarray(0, BATCH_HEADER_BYTES), deflate(o.codec, section, o.levels)])
  batch.writeInt32BE(batch.length - BATCH_PREFIX_BYTES, 8)
  batch.writeInt16BE((attributesOf(bytes, 0) & ~(CODEC_MASK | DELETE_HORIZON)) | codecId(o.codec), 21)
  sign(batch, 0)
  return batch
}

/** The `count` well formed records of `section` with the offset deltas 0, 1, 2. */
export function withOffsetsCountedUp(section: Buffer, count: number): Buffer {
  const out = Buffer.allocUnsafe(section.length + count * (2 * VARINT_BYTES_MAX))
  const cursor = new RecordCursor()
  cursor.reset(section, 0, section.length)
  let at = 0
  for (let index = 0; index < count; index++) {
    cursor.next()
    const headAt = skipVarint(section, cursor.startAt)
    const offsetAt = skipVarint(section, headAt + 1)
    const restAt = skipVarint(section, offsetAt)
    const length = offsetAt - headAt + varintBytes(index) + cursor.endAt - restAt
    at = writeVarint(out, length, at)
    at += section.copy(out, at, headAt, offsetAt)
    at = writeVarint(out, index, at)
    at += section.copy(out, at, restAt, cursor.endAt)
  }
  return out.subarray(0, at)
}

function skipVarint(bytes: Buffer, start: number): number {
  let at = start
  while ((bytes[at] ?? 0) >= 0x80) at++
  return at + 1
}

/** Of a number from 0 to 2^31-1. */
function varintBytes(value: number): number {
  let count = 1
  for (let rest = value * 2; rest >= 128; rest = Math.floor(rest / 128)) count++
  return count
}

function writeVarint(bytes: Buffer, value: number, start: number): number {
  let at = start
  let rest = value * 2 // zig-zag of what is not negative
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 0x80
  bytes[at++] = rest
  return at
}
