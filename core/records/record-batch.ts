/** Record batches as values: reading one, and going through a buffer of them. Cold paths; the produce path reads headers in place. */

import { INFLATED_BATCH_BYTES_MAX } from '../common/limits.ts'
import { BATCH_HEADER_BYTES, BATCH_PREFIX_BYTES, type BatchFacts, readBatchFacts, sizeOf } from './batch-header.ts'
import { codecOf, inflate } from './compression.ts'
import { CorruptBatch } from './corrupt-batch.ts'
import { RecordCursor } from './record-cursor.ts'

export { BATCH_HEADER_BYTES, type BatchFacts, type TimestampType } from './batch-header.ts'
export { encodeBatch, type NewBatch, type NewRecord, type RecordHeader } from './encode-batch.ts'

export type RecordView = {
  readonly offset: number
  /** Milliseconds since the epoch; -1 is none. */
  readonly timestamp: number
  /** Views of the batch's own bytes, or of what it inflated to. */
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly { readonly name: string; readonly value: Buffer | null }[]
  /** -1 when the producer is not idempotent. */
  readonly sequence: number
}

export type RecordBatch = BatchFacts & {
  /** The records in order; throws CorruptBatch where they are not well formed. Each call inflates a compressed batch again. */
  records(): Iterable<RecordView>
}

/** The batch that starts at `at`. Throws CorruptBatch when it is cut short; its checksum is not verified. */
export function readBatch(bytes: Buffer, at = 0, inflatedBytesMax = INFLATED_BATCH_BYTES_MAX): RecordBatch {
  const facts = readBatchFacts(bytes, at)
  return { ...facts, records: () => recordsOf(facts, recordSection(bytes, at, facts, inflatedBytesMax)) }
}

/** Each whole batch of `bytes`, in order; a partial one at the end is left out, as clients do with an answer cut by its size. */
export function* batchesOf(bytes: Buffer, inflatedBytesMax = INFLATED_BATCH_BYTES_MAX): Generator<RecordBatch> {
  let at = 0
  while (at + BATCH_PREFIX_BYTES <= bytes.length) {
    const size = sizeOf(bytes, at)
    if (size < BATCH_HEADER_BYTES) throw new CorruptBatch(`a record batch has the length ${size}`, 'CORRUPT_MESSAGE')
    if (at + size > bytes.length) return
    yield readBatch(bytes, at, inflatedBytesMax)
    at += size
  }
}

/** The record section of the batch at `at`, inflated when it is compressed. */
export function recordSection(bytes: Buffer, at: number, facts: { codecId: number; sizeBytes: number }, inflatedBytesMax: number): Buffer {
  const section = bytes.subarray(at + BATCH_HEADER_BYTES, at + facts.sizeBytes)
  return facts.codecId === 0 ? section : inflate(codecOf(facts.codecId), section, inflatedBytesMax)
}

function* recordsOf(facts: BatchFacts, section: Buffer): Generator<RecordView> {
  const cursor = new RecordCursor()
  cursor.reset(section, 0, section.length)
  for (let index = 0; index < facts.recordCount; index++) {
    cursor.next()
    yield {
      offset: facts.baseOffset + cursor.offsetDelta,
      timestamp: facts.timestampType === 'LogAppendTime' ? facts.maxTimestamp : facts.baseTimestamp + cursor.timestampDelta,
      key: partOf(section, cursor.keyAt, cursor.keyLength),
      value: partOf(section, cursor.valueAt, cursor.valueLength),
      headers: headersOf(section, cursor),
      sequence: facts.baseSequence < 0 ? -1 : sequenceAfter(facts.baseSequence, cursor.offsetDelta),
    }
  }
  if (cursor.hasMore) throw new CorruptBatch(`bytes are left after the ${facts.recordCount} records of a batch`)
}

/** Sequences count from 0 to 2^31-1 and start again. */
export function sequenceAfter(sequence: number, delta: number): number {
  return (sequence + delta) % 0x8000_0000
}

function headersOf(section: Buffer, cursor: RecordCursor): RecordView['headers'] {
  const headers: { name: string; value: Buffer | null }[] = []
  cursor.eachHeader((nameAt, nameLength, valueAt, valueLength) => {
    headers.push({ name: section.toString('utf8', nameAt, nameAt + nameLength), value: partOf(section, valueAt, valueLength) })
  })
  return headers
}

function partOf(section: Buffer, at: number, length: number): Buffer | null {
  return length < 0 ? null : section.subarray(at, at + length)
}
