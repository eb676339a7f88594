/**
 * Control batches: the markers by which a transaction ends in a partition. One batch, transactional and control, without a codec or a
 * sequence, with one record:
 * ```
 * key    int16 version 0 · int16 type (0 abort, 1 commit; others are no markers)
 * value  int16 version 0 · int32 coordinatorEpoch
 * ```
 */

import { recordCountOf } from './batch-header.ts'
import { CorruptBatch } from './corrupt-batch.ts'
import { encodeBatch, readBatch, type RecordView } from './record-batch.ts'

const VERSION = 0
const ABORT = 0
const COMMIT = 1
const KEY_BYTES = 4
const VALUE_BYTES = 6

export type EndTransactionMarker = {
  readonly isAbort: boolean
  /** The epoch of the coordinator that wrote it: a newer one fences those before it. */
  readonly coordinatorEpoch: number
}

export type NewMarker = EndTransactionMarker & {
  readonly producerId: number
  readonly producerEpoch: number
  /** Milliseconds since the epoch. */
  readonly timestamp: number
}

/** The control batch that ends the open transaction of a producer; it is appended with the origin 'coordinator'. */
export function encodeMarker(marker: NewMarker): Buffer {
  const { isAbort, coordinatorEpoch, producerId, producerEpoch, timestamp } = marker
  const key = Buffer.alloc(KEY_BYTES)
  key.writeInt16BE(VERSION, 0)
  key.writeInt16BE(isAbort ? ABORT : COMMIT, 2)
  const value = Buffer.alloc(VALUE_BYTES)
  value.writeInt16BE(VERSION, 0)
  value.writeInt32BE(coordinatorEpoch, 2)
  return encodeBatch({ records: [{ key, value, timestamp }], producerId, producerEpoch, isTransactional: true, isControl: true })
}

/**
 * The marker in the control batch at `at`; undefined when it is none: emptied by compaction, of another control type, or not readable.
 * A key or value of a later version may be longer (KIP-98), so only what is known is read.
 */
export function readMarker(bytes: Buffer, at: number): EndTransactionMarker | undefined {
  return recordCountOf(bytes, at) <= 0 ? undefined : markerIn(() => readBatch(bytes, at).records())
}

/** The same of the records of a control batch. */
export function markerIn(recordsOf: () => Iterable<Pick<RecordView, 'key' | 'value'>>): EndTransactionMarker | undefined {
  try {
    for (const { key, value } of recordsOf()) return markerOf(key, value)
  } catch (failure) {
    if (!(failure instanceof CorruptBatch)) throw failure
  }
  return undefined
}

function markerOf(key: Buffer | null, value: Buffer | null): EndTransactionMarker | undefined {
  if (!key || !value || key.length < KEY_BYTES || value.length < VALUE_BYTES) return undefined
  const type = key.readInt16BE(2)
  if (key.readInt16BE(0) < VERSION || value.readInt16BE(0) < VERSION || (type !== ABORT && type !== COMMIT)) return undefined
  return { isAbort: type === ABORT, coordinatorEpoch: value.readInt32BE(2) }
}
