/**
 * The 61-byte header of a record batch (magic 2), read and patched in place. All numbers are big-endian:
 * ```
 *  0 int64 baseOffset            17 uint32 crc of bytes 21 to the end      43 int64 producerId
 *  8 int32 length after byte 12  21 int16 attributes                       51 int16 producerEpoch
 * 12 int32 partitionLeaderEpoch  23 int32 lastOffsetDelta                  53 int32 baseSequence
 * 16 int8  magic                 27 int64 baseTimestamp, 35 maxTimestamp   57 int32 record count, 61 records
 * ```
 */

import { crc32c } from './crc32c.ts'
import { CorruptBatch } from './corrupt-batch.ts'

export const BATCH_HEADER_BYTES = 61
/** Base offset and length, which every magic has; the length field counts what follows them. */
export const BATCH_PREFIX_BYTES = 12
export const MAGIC = 2

export const CODEC_MASK = 0x07
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20
/** The base timestamp is a delete horizon: compaction drops the batch's tombstones, or the marker it is, from then on (KIP-534). */
export const DELETE_HORIZON = 0x40

export type TimestampType = 'CreateTime' | 'LogAppendTime'

/** An int64 as a number, from two reads; beyond 2^53 it loses its low bits, so callers check the range where it matters. */
export function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4)
}

/** Writes a whole number within ±2^53 as an int64. */
export function writeInt64(bytes: Buffer, value: number, at: number): void {
  bytes.writeInt32BE(Math.floor(value / 0x1_0000_0000), at)
  bytes.writeUInt32BE(((value % 0x1_0000_0000) + 0x1_0000_0000) % 0x1_0000_0000, at + 4)
}

/** Fields of the batch that starts at `at`. The caller has checked that the header lies within `bytes`. */
export const baseOffsetOf = (bytes: Buffer, at: number): number => readInt64(bytes, at)
/** Bytes of the whole batch, prefix included. */
export const sizeOf = (bytes: Buffer, at: number): number => bytes.readInt32BE(at + 8) + BATCH_PREFIX_BYTES
export const leaderEpochOf = (bytes: Buffer, at: number): number => bytes.readInt32BE(at + 12)
export const magicOf = (bytes: Buffer, at: number): number => bytes.readInt8(at + 16)
export const checksumOf = (bytes: Buffer, at: number): number => bytes.readUInt32BE(at + 17)
export const attributesOf = (bytes: Buffer, at: number): number => bytes.readInt16BE(at + 21)
export const lastOffsetDeltaOf = (bytes: Buffer, at: number): number => bytes.readInt32BE(at + 23)
export const lastOffsetOf = (bytes: Buffer, at: number): number => readInt64(bytes, at) + bytes.readInt32BE(at + 23)
export const baseTimestampOf = (bytes: Buffer, at: number): number => readInt64(bytes, at + 27)
export const maxTimestampOf = (bytes: Buffer, at: number): number => readInt64(bytes, at + 35)
export const producerIdOf = (bytes: Buffer, at: number): number => readInt64(bytes, at + 43)
export const producerEpochOf = (bytes: Buffer, at: number): number => bytes.readInt16BE(at + 51)
export const baseSequenceOf = (bytes: Buffer, at: number): number => bytes.readInt32BE(at + 53)
export const recordCountOf = (bytes: Buffer, at: number): number => bytes.readInt32BE(at + 57)

/** What the time index may know of the batch: its greatest timestamp, unless compaction left no record that has it. */
export const indexedTimestampOf = (bytes: Buffer, at: number): number => (recordCountOf(bytes, at) === 0 ? -1 : maxTimestampOf(bytes, at))

export const codecIdOf = (attributes: number): number => attributes & CODEC_MASK
export const isLogAppendTime = (attributes: number): boolean => (attributes & LOG_APPEND_TIME) !== 0
export const isTransactional = (attributes: number): boolean => (attributes & TRANSACTIONAL) !== 0
export const isControl = (attributes: number): boolean => (attributes & CONTROL) !== 0
export const hasDeleteHorizon = (attributes: number): boolean => (attributes & DELETE_HORIZON) !== 0

export function attributesWith(o: { codecId: number; timestampType: TimestampType; isTransactional: boolean; isControl: boolean }): number {
  return (
    o.codecId |
    (o.timestampType === 'LogAppendTime' ? LOG_APPEND_TIME : 0) |
    (o.isTransactional ? TRANSACTIONAL : 0) |
    (o.isControl ? CONTROL : 0)
  )
}

/** Offset and epoch lie outside the checksum: a batch is given its place without touching what its producer signed. */
export function assignPlace(bytes: Buffer, at: number, baseOffset: number, leaderEpoch: number): void {
  writeInt64(bytes, baseOffset, at)
  bytes.writeInt32BE(leaderEpoch, at + 12)
}

/** Sets the greatest timestamp and its type, and the checksum when either changed (KIP-32). */
export function assignTimestamp(bytes: Buffer, at: number, type: TimestampType, maxTimestamp: number): void {
  const attributes = attributesOf(bytes, at)
  const isAppendTime = type === 'LogAppendTime'
  if (isLogAppendTime(attributes) === isAppendTime && maxTimestampOf(bytes, at) === maxTimestamp) return
  bytes.writeInt16BE(isAppendTime ? attributes | LOG_APPEND_TIME : attributes & ~LOG_APPEND_TIME, at + 21)
  writeInt64(bytes, maxTimestamp, at + 35)
  sign(bytes, at)
}

/** Whether the checksum holds; the whole batch lies within `bytes`. */
export function isIntact(bytes: Buffer, at: number): boolean {
  return crc32c(bytes.subarray(at + 21, at + sizeOf(bytes, at))) === checksumOf(bytes, at)
}

export function sign(bytes: Buffer, at: number): void {
  bytes.writeUInt32BE(crc32c(bytes.subarray(at + 21, at + sizeOf(bytes, at))), at + 17)
}

/** What a batch header says, as one value; for cold paths and tests. */
export type BatchFacts = {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly sizeBytes: number
  readonly leaderEpoch: number
  readonly codecId: number
  readonly timestampType: TimestampType
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly hasDeleteHorizon: boolean
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly recordCount: number
}

/** Reads the header at `at`; throws CorruptBatch when it or the batch it announces does not lie within `bytes`, or is of another magic. */
export function readBatchFacts(bytes: Buffer, at: number): BatchFacts {
  if (at + BATCH_HEADER_BYTES > bytes.length) throw new CorruptBatch('a record batch is cut short', 'CORRUPT_MESSAGE')
  const sizeBytes = sizeOf(bytes, at)
  if (sizeBytes < BATCH_HEADER_BYTES || at + sizeBytes > bytes.length) throw new CorruptBatch('a record batch has a false length', 'CORRUPT_MESSAGE')
  if (magicOf(bytes, at) !== MAGIC) throw new CorruptBatch(`record batches of magic ${magicOf(bytes, at)} are not supported`)
  const attributes = attributesOf(bytes, at)
  return {
    baseOffset: baseOffsetOf(bytes, at),
    lastOffset: lastOffsetOf(bytes, at),
    sizeBytes,
    leaderEpoch: leaderEpochOf(bytes, at),
    codecId: codecIdOf(attributes),
    timestampType: isLogAppendTime(attributes) ? 'LogAppendTime' : 'CreateTime',
    isTransactional: isTransactional(attributes),
    isControl: isControl(attributes),
    hasDeleteHorizon: hasDeleteHorizon(attributes),
    baseTimestamp: baseTimestampOf(bytes, at),
    maxTimestamp: maxTimestampOf(bytes, at),
    producerId: producerIdOf(bytes, at),
    producerEpoch: producerEpochOf(bytes, at),
    baseSequence: baseSequenceOf(bytes, at),
    recordCount: recordCountOf(bytes, at),
  }
}
