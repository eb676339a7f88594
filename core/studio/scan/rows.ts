/** Records as the rows and details of the contract. */

import { CELL_BYTES_MAX, INFLATED_BATCH_BYTES_MAX, RECORD_PREVIEW_BYTES_MAX } from '../../common/limits.ts'
import { codecOf } from '../../records/compression.ts'
import { CorruptBatch } from '../../records/corrupt-batch.ts'
import { readBatch, type RecordBatch, type RecordView, recordSection } from '../../records/record-batch.ts'
import { decode, decoderOf } from '../../serdes/decode.ts'
import type { BatchFacts, Cell, MessageDetail, MessageRow } from '../contract/messages.ts'
import type { BatchBytes } from './segment-reader.ts'

/** Headers of one record that the inspector lists, and the bytes of a key it takes: the rest of the message is the value's. */
const HEADERS_MAX = 500
const KEY_BYTES_MAX = 1024 * 1024

/** A row with what the merge needs as plain numbers. */
export type ReadRow = { readonly row: MessageRow; readonly offset: number; readonly timestamp: number; readonly cellBytes: number }

/**
 * The rows of a batch with offsets in `from <= offset < to`, in order, at most `limit`. A batch that cannot be opened becomes one row
 * that says why, at its first offset in the range.
 */
export function rowsOf(batch: BatchBytes, range: { partition: number; from: number; to: number; limit: number }): ReadRow[] {
  const facts = readBatch(batch.bytes, batch.at, INFLATED_BATCH_BYTES_MAX)
  if (facts.isControl) return []
  const rows: ReadRow[] = []
  try {
    for (const record of facts.records()) {
      if (record.offset < range.from) continue
      if (record.offset >= range.to || rows.length >= range.limit) break
      rows.push(rowOf(range.partition, record, facts))
    }
  } catch (failure) {
    if (!(failure instanceof CorruptBatch)) throw failure
    const offset = rows.at(-1)?.offset ?? Math.max(range.from - 1, facts.baseOffset - 1)
    if (offset + 1 < range.to) rows.push(failedRow(range.partition, offset + 1, facts, failure.message))
  }
  return rows
}

export function rowOf(partition: number, record: RecordView, batch: RecordBatch, bytesMax = CELL_BYTES_MAX): ReadRow {
  const [key, value] = [decode(record.key, bytesMax), decode(record.value, bytesMax)]
  return {
    offset: record.offset,
    timestamp: record.timestamp,
    cellBytes: cellBytes(key) + cellBytes(value),
    row: {
      partition,
      offset: BigInt(record.offset),
      timestamp: BigInt(record.timestamp),
      timestampType: batch.timestampType === 'LogAppendTime' ? 'append' : 'create',
      key,
      value,
      headerCount: record.headers.length,
      sizeBytes: sizeOf(record),
    },
  }
}

/** One record, whole up to the bound. */
export function detailOf(partition: number, record: RecordView, batch: RecordBatch, o: { bytesMax: number; inflatedBytes: number }): MessageDetail {
  const { row } = rowOf(partition, record, batch, Math.min(o.bytesMax, RECORD_PREVIEW_BYTES_MAX))
  return {
    row,
    headers: record.headers.slice(0, HEADERS_MAX).map(({ name, value }) => ({ name, value: decode(value, CELL_BYTES_MAX) })),
    batch: factsOf(batch, o.inflatedBytes),
    keyBytes: record.key?.subarray(0, Math.min(o.bytesMax, KEY_BYTES_MAX)) ?? null,
    valueBytes: record.value?.subarray(0, o.bytesMax) ?? null,
    keySizeBytes: record.key?.length ?? 0,
    valueSizeBytes: record.value?.length ?? 0,
    decoder: row.value.is === 'failed' ? 'bytes' : decoderOf(row.value),
  }
}

/** The detail of a record whose batch cannot be opened. */
export function failedDetail(partition: number, offset: number, batch: RecordBatch, reason: string): MessageDetail {
  return {
    row: failedRow(partition, offset, batch, reason).row,
    headers: [], batch: factsOf(batch, 0), keyBytes: null, valueBytes: null, keySizeBytes: 0, valueSizeBytes: 0, decoder: 'bytes',
  }
}

/** Bytes of the record section of a batch once opened; throws CorruptBatch. */
export function inflatedBytesOf({ bytes, at }: BatchBytes, batch: RecordBatch): number {
  return recordSection(bytes, at, batch, INFLATED_BATCH_BYTES_MAX).length
}

function failedRow(partition: number, offset: number, batch: RecordBatch, reason: string): ReadRow {
  const failed: Cell = { is: 'failed', reason }
  const timestamp = batch.maxTimestamp
  return {
    offset, timestamp, cellBytes: 2 * reason.length,
    row: {
      partition, offset: BigInt(offset), timestamp: BigInt(timestamp), timestampType: batch.timestampType === 'LogAppendTime' ? 'append' : 'create',
      key: failed, value: failed, headerCount: 0, sizeBytes: batch.sizeBytes,
    },
  }
}

function factsOf(batch: RecordBatch, inflatedBytes: number): BatchFacts {
  return {
    baseOffset: BigInt(batch.baseOffset),
    recordCount: batch.recordCount,
    codec: codecOf(batch.codecId),
    sizeBytes: batch.sizeBytes,
    inflatedBytes,
    producerId: batch.producerId < 0 ? null : BigInt(batch.producerId),
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    isTransactional: batch.isTransactional,
    leaderEpoch: batch.leaderEpoch,
  }
}

function sizeOf(record: RecordView): number {
  const headers = record.headers.reduce((sum, { name, value }) => sum + name.length + (value?.length ?? 0), 0)
  return (record.key?.length ?? 0) + (record.value?.length ?? 0) + headers
}

function cellBytes(cell: Cell): number {
  return cell.is === 'null' || cell.is === 'failed' ? 0 : cell.text.length
}
