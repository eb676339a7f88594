/**
 * Whether a batch may be appended: Kafka's checks, in Kafka's order (UnifiedLog.analyzeAndValidateRecords, LogValidator): base offset,
 * size, checksum, header, every record. What is accepted is the sender's own bytes, or a rebuilt batch where the topic's codec is
 * another or the records' offsets do not count up.
 *
 * Three ways to the same answers: all of it at once; in line, which leaves what would hold up the serving thread; and streamed, for the
 * scan thread, where a compressed batch is walked as it inflates.
 */

import { INFLATED_BATCH_BYTES_MAX, INLINE_INFLATE_BYTES_MAX } from '../common/limits.ts'
import {
  assignTimestamp,
  attributesOf,
  baseOffsetOf,
  baseSequenceOf,
  BATCH_HEADER_BYTES,
  checksumOf,
  codecIdOf,
  isControl,
  isIntact,
  lastOffsetDeltaOf,
  MAGIC,
  magicOf,
  producerIdOf,
  recordCountOf,
  sizeOf,
} from '../records/batch-header.ts'
import { type Codec, codecOf, inflate, inflatePieces, saysLargerThan } from '../records/compression.ts'
import { CorruptBatch, InflatedTooLarge } from '../records/corrupt-batch.ts'
import { RecordCursor } from '../records/record-cursor.ts'
import { RecordStream } from '../records/record-stream.ts'
import type { LogConfig } from './log-config.ts'
import { rebuildBatch, withOffsetsCountedUp } from './rebuild-batch.ts'
import { RecordChecks } from './record-checks.ts'

export type RecordError = { readonly index: number; readonly message: string }

export type Refusal = {
  readonly error:
    | 'CORRUPT_MESSAGE'
    | 'INVALID_RECORD'
    | 'MESSAGE_TOO_LARGE'
    | 'RECORD_LIST_TOO_LARGE'
    | 'INVALID_TIMESTAMP'
    | 'INVALID_TXN_STATE'
    | 'UNSUPPORTED_COMPRESSION_TYPE'
    | 'OUT_OF_ORDER_SEQUENCE_NUMBER'
    | 'INVALID_PRODUCER_EPOCH'
    | 'TRANSACTION_COORDINATOR_FENCED'
    | 'KAFKA_STORAGE_ERROR'
  readonly message: string
  readonly recordErrors?: readonly RecordError[]
}

export type AppendOrigin = 'client' | 'coordinator'

/** What a batch is checked against; plain data, so that it can be sent to another thread. `name` is that of the partition. */
export type BatchRules = { readonly name: string; readonly config: LogConfig; readonly origin: AppendOrigin; readonly nowMs: number }

/** Reused for every batch that is checked at once: the warm path allocates nothing. */
const cursor = new RecordCursor()
const checks = new RecordChecks()

/** The batch to store, with the timestamps of its header put right, or why not. One batch, from the start of `bytes` to its end. */
export function validateBatch(bytes: Buffer, rules: BatchRules): Buffer | Refusal {
  const refusal = checkFrame(bytes, rules) ?? checkHeader(bytes, rules)
  if (refusal) return refusal
  try {
    return checkRecords(bytes, rules, INFLATED_BATCH_BYTES_MAX)
  } catch (failure) {
    return asRefusal(failure, rules)
  }
}

/** The same for the serving thread; 'slow' for a batch that inflates to more than INLINE_INFLATE_BYTES_MAX or must be recompressed. */
export function validateInline(bytes: Buffer, rules: BatchRules): Buffer | Refusal | 'slow' {
  const refusal = checkFrame(bytes, rules) ?? checkHeader(bytes, rules)
  if (refusal) return refusal
  try {
    const codec = codecIn(bytes)
    if (codec !== targetCodec(bytes, codec, rules) || saysLargerThan(codec, sectionOf(bytes), INLINE_INFLATE_BYTES_MAX)) return 'slow'
    return checkRecords(bytes, rules, INLINE_INFLATE_BYTES_MAX)
  } catch (failure) {
    return failure instanceof InflatedTooLarge ? 'slow' : asRefusal(failure, rules)
  }
}

/** The same for the scan thread: the records are checked as they inflate, and held whole only when the batch is then rebuilt. */
export async function validateStreamed(bytes: Buffer, rules: BatchRules): Promise<Buffer | Refusal> {
  const refusal = checkFrame(bytes, rules) ?? checkHeader(bytes, rules)
  if (refusal) return refusal
  try {
    const codec = codecIn(bytes)
    if (codec === 'none') return checkRecords(bytes, rules, INFLATED_BATCH_BYTES_MAX)
    const streamed = new RecordChecks()
    streamed.reset(bytes, rules)
    const stream = new RecordStream(recordCountOf(bytes, 0), (...record) => streamed.take(...record))
    await inflatePieces(codec, sectionOf(bytes), { bytesMax: INFLATED_BATCH_BYTES_MAX, take: piece => stream.push(piece) })
    stream.end()
    return streamed.refusal() ?? accepted(bytes, streamed, rules) ?? rebuilt(bytes, inflate(codec, sectionOf(bytes), INFLATED_BATCH_BYTES_MAX), streamed, rules)
  } catch (failure) {
    return asRefusal(failure, rules)
  }
}

function asRefusal(failure: unknown, { name }: BatchRules): Refusal {
  if (!(failure instanceof CorruptBatch)) throw failure
  // Kafka knows no such bound. A producer that is told so splits the batch and sends it again.
  if (failure instanceof InflatedTooLarge) return { error: 'MESSAGE_TOO_LARGE', message: `${failure.message} (${name})` }
  return { error: failure.kafkaError, message: `${failure.message} (${name})` }
}

/** Up to its magic every batch has the same form; the smallest of the oldest form has so many bytes. */
const BATCH_MAGIC_END = 17
const LEGACY_BATCH_BYTES_MIN = 26

function checkFrame(bytes: Buffer, { name, config, origin }: BatchRules): Refusal | undefined {
  if (bytes.length === 0) return { error: 'INVALID_RECORD', message: `no record batch for ${name}` }
  // As Kafka takes a request apart: a false length or magic is damage, and what is not whole is no batch.
  if (bytes.length < BATCH_MAGIC_END) return { error: 'INVALID_RECORD', message: `the record batch for ${name} is cut short` }
  const size = sizeOf(bytes, 0)
  if (size < LEGACY_BATCH_BYTES_MIN) return { error: 'CORRUPT_MESSAGE', message: `a batch of ${size} bytes was sent in ${bytes.length} (${name})` }
  const magic = magicOf(bytes, 0)
  if (magic !== MAGIC) {
    return { error: magic === 0 || magic === 1 ? 'INVALID_RECORD' : 'CORRUPT_MESSAGE', message: `batches of magic ${magic} are not supported (${name})` }
  }
  if (size > bytes.length) return { error: 'INVALID_RECORD', message: `a batch of ${size} bytes was sent in ${bytes.length} (${name})` }
  if (size < BATCH_HEADER_BYTES) return { error: 'CORRUPT_MESSAGE', message: `a batch of ${size} bytes is smaller than its header (${name})` }
  if (size < bytes.length) return { error: 'INVALID_RECORD', message: `more than one record batch for ${name}` }
  if (origin === 'client' && baseOffsetOf(bytes, 0) !== 0) {
    return { error: 'INVALID_RECORD', message: `the base offset of a batch for ${name} should be 0, but it is ${baseOffsetOf(bytes, 0)}` }
  }
  if (size > config.maxMessageBytes) {
    return { error: 'MESSAGE_TOO_LARGE', message: `a batch of ${size} bytes for ${name} exceeds max.message.bytes ${config.maxMessageBytes}` }
  }
  if (!isIntact(bytes, 0)) {
    return { error: 'CORRUPT_MESSAGE', message: `a batch for ${name} does not match its checksum ${checksumOf(bytes, 0)}` }
  }
  return undefined
}

function checkHeader(bytes: Buffer, { name, origin }: BatchRules): Refusal | undefined {
  if (origin !== 'client') return undefined
  const count = recordCountOf(bytes, 0)
  const lastDelta = lastOffsetDeltaOf(bytes, 0)
  if (lastDelta < 0 || count <= 0 || lastDelta + 1 !== count) {
    return { error: 'INVALID_RECORD', message: `a batch for ${name} has ${count} records and the last offset delta ${lastDelta}` }
  }
  const attributes = attributesOf(bytes, 0)
  if (isControl(attributes)) return { error: 'INVALID_RECORD', message: `clients may not write control records (${name})` }
  if (producerIdOf(bytes, 0) >= 0 && baseSequenceOf(bytes, 0) < 0) {
    return { error: 'INVALID_RECORD', message: `an idempotent batch for ${name} has the sequence ${baseSequenceOf(bytes, 0)}` }
  }
  return undefined
}

function checkRecords(bytes: Buffer, rules: BatchRules, inflatedBytesMax: number): Buffer | Refusal {
  const section = inflate(codecIn(bytes), sectionOf(bytes), inflatedBytesMax)
  const count = recordCountOf(bytes, 0)
  checks.reset(bytes, rules)
  cursor.reset(section, 0, section.length)
  for (let index = 0; index < count; index++) {
    cursor.next()
    checks.take(cursor.offsetDelta, cursor.timestampDelta, cursor.keyLength, cursor.valueLength)
  }
  if (cursor.hasMore) throw new CorruptBatch(`bytes are left after the ${count} records of a batch`)
  return checks.refusal() ?? accepted(bytes, checks, rules) ?? rebuilt(bytes, section, checks, rules)
}

/** The batch as it was sent; undefined when it must be rebuilt. */
function accepted(bytes: Buffer, { offsetsCountUp, maxTimestamp }: RecordChecks, rules: BatchRules): Buffer | undefined {
  const codec = codecIn(bytes)
  if (!offsetsCountUp || targetCodec(bytes, codec, rules) !== codec) return undefined
  return stamped(bytes, maxTimestamp, rules)
}

/** The records written again, with another codec or with offsets that count up; the size may have grown beyond what the topic takes. */
function rebuilt(bytes: Buffer, section: Buffer, { offsetsCountUp, maxTimestamp }: RecordChecks, rules: BatchRules): Buffer | Refusal {
  const { name, config } = rules
  const records = offsetsCountUp ? section : withOffsetsCountedUp(section, recordCountOf(bytes, 0))
  const batch = rebuildBatch(bytes, records, { codec: targetCodec(bytes, codecIn(bytes), rules), levels: config.compressionLevels })
  if (batch.length <= config.maxMessageBytes) return stamped(batch, maxTimestamp, rules)
  return { error: 'MESSAGE_TOO_LARGE', message: `a rebuilt batch of ${batch.length} bytes for ${name} exceeds max.message.bytes ${config.maxMessageBytes}` }
}

function stamped(bytes: Buffer, maxTimestamp: number, { config, nowMs }: BatchRules): Buffer {
  assignTimestamp(bytes, 0, config.timestampType, config.timestampType === 'LogAppendTime' ? nowMs : maxTimestamp)
  return bytes
}

function codecIn(bytes: Buffer): Codec {
  return codecOf(codecIdOf(attributesOf(bytes, 0)))
}

function sectionOf(bytes: Buffer): Buffer {
  return bytes.subarray(BATCH_HEADER_BYTES)
}

/** Control records are not compressed unless they were written so (LogValidator). */
function targetCodec(bytes: Buffer, source: Codec, { config }: BatchRules): Codec {
  if (config.compressionType === 'producer' || (source === 'none' && isControl(attributesOf(bytes, 0)))) return source
  return config.compressionType === 'uncompressed' ? 'none' : config.compressionType
}
