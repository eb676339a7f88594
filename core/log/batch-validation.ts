/**
 * Whether a batch may be appended: Kafka's checks, in Kafka's order (UnifiedLog.analyzeAndValidateRecords, LogValidator): base offset,
 * size, checksum, header, every record. What is accepted is the sender's own bytes, or a rebuilt batch where the topic's codec is
 * another or the offsets inside a compressed batch do not count up.
 *
 * A compressed batch is opened here when it inflates to at most INLINE_INFLATE_BYTES_MAX. A larger one is accepted on its header and
 * checksum alone, unless the topic is compacted (keys must be seen) or recompresses: a slot in the scan worker will open those.
 */

import { INFLATED_BATCH_BYTES_MAX, INLINE_INFLATE_BYTES_MAX } from '../common/limits.ts'
import {
  assignTimestamp,
  attributesOf,
  baseOffsetOf,
  baseSequenceOf,
  BATCH_HEADER_BYTES,
  baseTimestampOf,
  checksumOf,
  codecIdOf,
  isControl,
  isIntact,
  isLogAppendTime,
  lastOffsetDeltaOf,
  MAGIC,
  magicOf,
  maxTimestampOf,
  producerIdOf,
  recordCountOf,
  sizeOf,
} from '../records/batch-header.ts'
import { type Codec, codecOf } from '../records/compression.ts'
import { CorruptBatch, InflatedTooLarge } from '../records/corrupt-batch.ts'
import { encodeBatch, readBatch, recordSection } from '../records/record-batch.ts'
import { RecordCursor } from '../records/record-cursor.ts'
import type { LogConfig } from './log-config.ts'

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

/** int64 is kept as a number: a timestamp beyond this would not read back as it was sent. */
const TIMESTAMP_MAX = Number.MAX_SAFE_INTEGER
const RECORD_ERRORS_MAX = 100
const cursor = new RecordCursor()

/** The batch to store, with the timestamps of its header put right, or why not. One batch, from the start of `bytes` to its end. */
export function validateBatch(bytes: Buffer, rules: BatchRules): Buffer | Refusal {
  const refusal = checkFrame(bytes, rules) ?? checkHeader(bytes, rules)
  if (refusal) return refusal
  try {
    return checkRecords(bytes, rules)
  } catch (failure) {
    if (failure instanceof CorruptBatch) return { error: failure.kafkaError, message: `${failure.message} (${rules.name})` }
    throw failure
  }
}

function checkFrame(bytes: Buffer, { name, config, origin }: BatchRules): Refusal | undefined {
  if (bytes.length === 0) return { error: 'INVALID_RECORD', message: `no record batch for ${name}` }
  if (bytes.length < BATCH_HEADER_BYTES) return { error: 'CORRUPT_MESSAGE', message: `the record batch for ${name} is cut short` }
  if (magicOf(bytes, 0) !== MAGIC) return { error: 'INVALID_RECORD', message: `batches of magic ${magicOf(bytes, 0)} are not supported (${name})` }
  const size = sizeOf(bytes, 0)
  if (size < BATCH_HEADER_BYTES || size > bytes.length) {
    return { error: 'CORRUPT_MESSAGE', message: `a batch of ${size} bytes was sent in ${bytes.length} (${name})` }
  }
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

function checkRecords(bytes: Buffer, rules: BatchRules): Buffer | Refusal {
  const { config, nowMs } = rules
  const attributes = attributesOf(bytes, 0)
  const codec = codecOf(codecIdOf(attributes))
  const target = isControl(attributes) ? codec : targetCodec(codec, config) // Kafka leaves markers as they are
  const section = openSection(bytes, codec, config.cleanupPolicy.includes('compact') || target !== codec)
  if (!section) return acceptUnopened(bytes, rules)
  const walked = walkRecords(bytes, section, codec, rules)
  if (typeof walked !== 'number') return walked
  if (target !== codec || !offsetsCountUp) return rebuild(bytes, target, rules)
  assignTimestamp(bytes, 0, config.timestampType, config.timestampType === 'LogAppendTime' ? nowMs : walked)
  return bytes
}

function targetCodec(source: Codec, config: LogConfig): Codec {
  if (config.compressionType === 'producer') return source
  return config.compressionType === 'uncompressed' ? 'none' : config.compressionType
}

function openSection(bytes: Buffer, codec: Codec, mustOpen: boolean): Buffer | undefined {
  const facts = { codecId: codecIdOf(attributesOf(bytes, 0)), sizeBytes: bytes.length }
  if (codec === 'none' || mustOpen) return recordSection(bytes, 0, facts, INFLATED_BATCH_BYTES_MAX)
  try {
    return recordSection(bytes, 0, facts, INLINE_INFLATE_BYTES_MAX)
  } catch (failure) {
    if (failure instanceof InflatedTooLarge) return undefined
    throw failure
  }
}

/** See the head of the file. The header's own greatest timestamp stands for all of the batch. */
function acceptUnopened(bytes: Buffer, rules: BatchRules): Buffer | Refusal {
  const { config, nowMs } = rules
  const maxTimestamp = maxTimestampOf(bytes, 0)
  const refusal = checkTimestamp(maxTimestamp, isLogAppendTime(attributesOf(bytes, 0)), rules)
  if (refusal) return refuseRecords('INVALID_TIMESTAMP', [{ index: 0, message: refusal }])
  assignTimestamp(bytes, 0, config.timestampType, config.timestampType === 'LogAppendTime' ? nowMs : maxTimestamp)
  return bytes
}

/** Set by walkRecords: a second result of a function that runs for every batch and should not allocate. */
let offsetsCountUp = true

/** The greatest timestamp of the records, or why they are refused. */
function walkRecords(bytes: Buffer, section: Buffer, codec: Codec, rules: BatchRules): number | Refusal {
  const { config, nowMs } = rules
  const count = recordCountOf(bytes, 0)
  const baseTimestamp = baseTimestampOf(bytes, 0)
  const isAppendTime = isLogAppendTime(attributesOf(bytes, 0))
  const appendTime = maxTimestampOf(bytes, 0)
  const checksTime = config.timestampType === 'CreateTime'
  const earliest = nowMs - config.timestampBeforeMaxMs
  const latest = nowMs + config.timestampAfterMaxMs
  const needsKey = config.cleanupPolicy.includes('compact')
  let maxTimestamp = -1
  let faults: RecordFault[] | undefined
  offsetsCountUp = true
  cursor.reset(section, 0, section.length)
  for (let index = 0; index < count; index++) {
    cursor.next()
    const timestamp = isAppendTime ? appendTime : baseTimestamp + cursor.timestampDelta
    if (timestamp > maxTimestamp) maxTimestamp = timestamp
    if (cursor.offsetDelta !== index) offsetsCountUp = false
    const isTimely = checksTime ? timestamp === -1 || (timestamp >= earliest && timestamp <= latest && timestamp <= TIMESTAMP_MAX) : true
    if ((needsKey && cursor.keyLength < 0) || !isTimely || (isAppendTime && (!checksTime || timestamp === -1))) {
      faults = noteFault(faults, { index, hasKey: cursor.keyLength >= 0, timestamp, isAppendTime }, rules)
    }
  }
  if (cursor.hasMore) throw new CorruptBatch(`bytes are left after the ${count} records of a batch`)
  if (faults) return refuseFaults(faults)
  if (codec === 'none' && !offsetsCountUp) throw new CorruptBatch('the offsets of a batch do not count up from 0')
  return maxTimestamp
}

type RecordFault = RecordError & { readonly isTime: boolean }
type FaultyRecord = { readonly index: number; readonly hasKey: boolean; readonly timestamp: number; readonly isAppendTime: boolean }

function noteFault(faults: RecordFault[] | undefined, record: FaultyRecord, rules: BatchRules): RecordFault[] {
  const list = faults ?? []
  if (list.length >= RECORD_ERRORS_MAX) return list
  if (rules.config.cleanupPolicy.includes('compact') && !record.hasKey) {
    list.push({ index: record.index, isTime: false, message: `Compacted topic cannot accept message without key in topic partition ${rules.name}.` })
    return list
  }
  list.push({ index: record.index, isTime: true, message: checkTimestamp(record.timestamp, record.isAppendTime, rules) ?? 'invalid timestamp' })
  return list
}

/** Why a record may not have this timestamp, or undefined. */
function checkTimestamp(timestamp: number, isAppendTime: boolean, { config, nowMs }: BatchRules): string | undefined {
  if (config.timestampType === 'CreateTime' && timestamp !== -1) {
    const earliest = nowMs - config.timestampBeforeMaxMs
    const latest = nowMs + config.timestampAfterMaxMs
    if (timestamp >= earliest && timestamp <= latest && Math.abs(timestamp) <= TIMESTAMP_MAX) return undefined
    return `Timestamp ${timestamp} is out of range. The timestamp should be within [${earliest}, ${latest}]`
  }
  return isAppendTime ? 'Producer should not set timestamp type to LogAppendTime.' : undefined
}

function refuseFaults(faults: readonly RecordFault[]): Refusal {
  const errors = faults.map(({ index, message }) => ({ index, message }))
  return refuseRecords(faults.some(fault => fault.isTime) ? 'INVALID_TIMESTAMP' : 'INVALID_RECORD', errors)
}

function refuseRecords(error: 'INVALID_TIMESTAMP' | 'INVALID_RECORD', recordErrors: readonly RecordError[]): Refusal {
  if (error === 'INVALID_TIMESTAMP') {
    return { error, recordErrors, message: 'One or more records have been rejected due to invalid timestamp' }
  }
  const shown = recordErrors.slice(0, 3).map(record => `record ${record.index}: ${record.message}`).join(', ')
  const message =
    `One or more records have been rejected due to ${recordErrors.length} record errors in total, ` +
    `and only showing the first three errors at most: ${shown}`
  return { error, recordErrors, message }
}

/** Writes the records again, with another codec or with offsets that count up; the size may have grown beyond what the topic takes. */
function rebuild(bytes: Buffer, codec: Codec, { name, config, nowMs }: BatchRules): Buffer | Refusal {
  const batch = readBatch(bytes, 0)
  const rebuilt = encodeBatch({
    records: [...batch.records()],
    codec,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
  })
  if (config.timestampType === 'LogAppendTime') assignTimestamp(rebuilt, 0, 'LogAppendTime', nowMs)
  if (rebuilt.length <= config.maxMessageBytes) return rebuilt
  return { error: 'MESSAGE_TOO_LARGE', message: `a recompressed batch of ${rebuilt.length} bytes for ${name} exceeds max.message.bytes ${config.maxMessageBytes}` }
}
