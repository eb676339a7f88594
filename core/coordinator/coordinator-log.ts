/** How a coordinator writes its partition of an internal topic and reads it back: one batch of records at a time. */

import { assert } from '../common/assert.ts'
import type { Clock } from '../common/clock.ts'
import { pause } from '../common/pause.ts'
import type { Appended, LogRead, PartitionLog } from '../log/partition-log.ts'
import type { Verification } from '../log/producer-state.ts'
import { type EndTransactionMarker, markerIn } from '../records/control-record.ts'
import { batchesOf, encodeBatch, type RecordBatch, type RecordView } from '../records/record-batch.ts'

/** A null value is a tombstone: the key is gone. */
export type CoordinatorRecord = { readonly key: Buffer; readonly value: Buffer | null }

/** The producer in whose transaction a coordinator writes: what it wrote is decided by the marker that follows. */
export type TransactionalProducer = { readonly producerId: number; readonly producerEpoch: number; readonly verification?: Verification }

/** Appends all records as one batch, or none: the refusals are those of the log. */
export function appendRecords(log: PartitionLog, records: readonly CoordinatorRecord[], nowMs: number, producer?: TransactionalProducer): Appended {
  const written = records.map(({ key, value }) => ({ key, value, timestamp: nowMs }))
  if (!producer) return log.append(encodeBatch({ records: written }), { origin: 'coordinator', nowMs })
  const { producerId, producerEpoch, verification } = producer
  const bytes = encodeBatch({ records: written, producerId, producerEpoch, isTransactional: true })
  return log.append(bytes, { origin: 'coordinator', nowMs, ...(verification && { verification }) })
}

/** Bytes of one record beside its key and value, at most: lengths, attributes, timestamp, offset. */
const RECORD_OVERHEAD_BYTES = 32

/** Cuts records that need not be written together into parts that each fit a batch of `bytesMax`. */
export function partsOf<R extends CoordinatorRecord>(records: readonly R[], bytesMax: number): R[][] {
  const parts: R[][] = []
  let room = 0
  for (const record of records) {
    const size = record.key.length + (record.value?.length ?? 0) + RECORD_OVERHEAD_BYTES
    if (size > room) {
      parts.push([])
      room = bytesMax
    }
    parts.at(-1)?.push(record)
    room -= size
  }
  return parts
}

/** Bytes read at a time: long enough to be worth a read, short enough to decode within a slice. */
const REPLAY_BYTES = 256 * 1024
/** The thread belongs to the clients: after this long, replay lets others run. */
const REPLAY_SLICE_MS = 4

export type Replay = {
  readonly log: PartitionLog
  readonly clock: Clock
  /** Ends the replay where it is. */
  readonly signal: AbortSignal
  apply(record: RecordView, batch: RecordBatch): void
  /** A marker ends the transaction of its batch's producer. */
  applyMarker?(marker: EndTransactionMarker, batch: RecordBatch): void
}

/** Hands every record of a partition to `apply`, in order, in slices. True when it has reached the end. Throws CorruptBatch. */
export async function replay(options: Replay): Promise<boolean> {
  const { log, clock, signal } = options
  let sliceEndsAt = clock.elapsed() + REPLAY_SLICE_MS
  for (let offset = log.startOffset; offset < log.endOffset;) {
    if (signal.aborted) return false
    const read = await log.reader.readCold({ offset, maxBytes: REPLAY_BYTES, minOneBatch: true })
    // Ended while it was read: what it holds is for another to apply.
    if (signal.aborted && read.error === 'NONE') read.release()
    if (signal.aborted) return false
    offset = applyRead(options, offset, read)
    if (clock.elapsed() < sliceEndsAt) continue
    await pause(clock, 0, signal)
    sliceEndsAt = clock.elapsed() + REPLAY_SLICE_MS
  }
  return !signal.aborted
}

/** Applies one read's worth of batches and says where to go on. */
function applyRead({ log, apply, applyMarker }: Replay, offset: number, read: LogRead): number {
  // Reported by the log; what can still be read is worth more than a coordinator that does not serve.
  if (read.error === 'CORRUPT_MESSAGE') return Math.max(read.damage.to, offset + 1)
  if (read.error !== 'NONE') return log.startOffset
  let next = offset
  try {
    const [first, ...others] = read.buffers
    const bytes = others.length === 0 ? first : Buffer.concat(read.buffers)
    for (const batch of bytes ? batchesOf(bytes) : []) {
      if (!batch.isControl) for (const record of batch.records()) if (record.offset >= offset) apply(record, batch)
      const marker = batch.isControl && applyMarker ? markerIn(() => batch.records()) : undefined
      if (marker) applyMarker?.(marker, batch)
      next = batch.lastOffset + 1
    }
  } finally {
    read.release()
  }
  assert(next > offset, `nothing to read at offset ${offset} of ${log.topic}-${log.partition}, which ends at ${log.endOffset}`)
  return next
}
