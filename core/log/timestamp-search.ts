/** Finding records by their time: ListOffsets. Timestamps may go backwards, so segments, then batches, then records are gone through in order. */

import { INFLATED_BATCH_BYTES_MAX } from '../common/limits.ts'
import { readBatch } from '../records/record-batch.ts'
import type { Segment } from './segment.ts'

export type TimestampHit = { readonly offset: number; readonly timestamp: number; readonly leaderEpoch: number }

/** The first record at or after `timestamp` and at or after `startOffset`, or null. */
export function findTimestamp(segments: readonly Segment[], timestamp: number, startOffset: number): TimestampHit | null {
  for (const segment of segments) {
    if (segment.maxTimestamp < timestamp) continue
    let position = segment.locateTimestamp(timestamp, startOffset)
    while (position !== undefined) {
      const batch = readBatchAt(segment, position)
      for (const record of batch.records()) {
        if (record.timestamp >= timestamp && record.offset >= startOffset) return hit(record, batch)
      }
      // Its latest records lie before the start of the log.
      position = segment.locateTimestamp(timestamp, startOffset, position + batch.sizeBytes)
    }
  }
  return null
}

/** The first record that has the greatest timestamp of all, or null when no record has one. */
export function findMaxTimestamp(segments: readonly Segment[]): TimestampHit | null {
  const latest = segments.reduce<Segment | undefined>((best, segment) => (best && best.maxTimestamp >= segment.maxTimestamp ? best : segment), undefined)
  if (!latest || latest.maxTimestamp < 0) return null
  const position = latest.locate(latest.offsetOfMaxTimestamp)
  if (position === undefined) return null
  const batch = readBatchAt(latest, position)
  for (const record of batch.records()) {
    if (record.timestamp >= batch.maxTimestamp) return hit(record, batch)
  }
  return null
}

function hit(record: { offset: number; timestamp: number }, batch: { leaderEpoch: number }): TimestampHit {
  return { offset: record.offset, timestamp: record.timestamp, leaderEpoch: batch.leaderEpoch }
}

function readBatchAt(segment: Segment, position: number): ReturnType<typeof readBatch> {
  const bytes = Buffer.allocUnsafe(segment.batchBytesAt(position))
  segment.file().readNow(bytes, position)
  return readBatch(bytes, 0, INFLATED_BATCH_BYTES_MAX)
}
