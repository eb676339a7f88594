/**
 * Finding records by their time: ListOffsets. Timestamps may go backwards, so segments, then batches, then records are gone through in
 * order. Of records only those of one batch at a time are decoded; what is not in the page cache is read on the thread pool.
 */

import { FRAME_BYTES_MAX, INFLATED_BATCH_BYTES_MAX } from '../common/limits.ts'
import { CorruptBatch } from '../records/corrupt-batch.ts'
import { readBatch, type RecordBatch } from '../records/record-batch.ts'
import { BatchWalk, type Damage, HEADER_SCRATCH_BYTES, type Stretch } from './batch-walk.ts'
import type { DamagedPlace } from './damage-reports.ts'
import type { LogView } from './log-read.ts'
import { type Reading, readingInTurn } from './reading.ts'

export type TimestampHit = { readonly offset: number; readonly timestamp: number; readonly leaderEpoch: number }
/** What was asked for may lie among damaged batches. */
export type UnreadableTime = DamagedPlace
export type TimeAnswer = TimestampHit | UnreadableTime | null

/** How often a search begins again because its segments were replaced meanwhile. */
const TRIES_MAX = 3
/** The same where it found a segment gone: a compaction of many small segments replaces one after the other. */
const TRIES_AFTER_FAILURE_MAX = 30

/** Searches with what is cold read on the thread pool; `look` gives the log as it is now. */
export async function searchInTurn(look: () => LogView, search: (view: LogView) => Reading<TimeAnswer | 'overtaken'>): Promise<TimeAnswer> {
  for (let tries = 1; ; tries++) {
    const view = look()
    try {
      const answer = await readingInTurn(search(view))
      // An index may have been another's, if its segment was replaced on the way.
      if (answer !== 'overtaken' && (tries >= TRIES_MAX || look().segments === view.segments)) return answer
      if (tries >= TRIES_MAX) return null
    } catch (failure) {
      // The file may be gone because its segment is: deleted, or compacted into another.
      if (tries >= TRIES_AFTER_FAILURE_MAX || look().segments === view.segments) throw failure
    }
  }
}

/** The first record at or after `timestamp` and at or after `startOffset`, or null. */
export function* findTimestamp(view: LogView, timestamp: number, startOffset: number): Reading<TimeAnswer> {
  for (const stretch of stretchesOf(view)) {
    const { segment } = stretch
    if ((yield* segment.latest()).timestamp < timestamp) continue
    const indexed = yield* segment.timeIndex.lookup(timestamp)
    const found = yield* findIn(stretch, Math.max(indexed, startOffset, segment.baseOffset), { timestamp, startOffset })
    if (found) return found
  }
  return null
}

/** The first record that has the greatest timestamp of all, or null when no record has one; 'overtaken' by an append that is not in view. */
export function* findMaxTimestamp(view: LogView): Reading<TimeAnswer | 'overtaken'> {
  let latest: { readonly stretch: Stretch; readonly timestamp: number; readonly offset: number } | undefined
  for (const stretch of stretchesOf(view)) {
    const { timestamp, offset } = yield* stretch.segment.latest()
    if (!latest || timestamp > latest.timestamp) latest = { stretch, timestamp, offset }
  }
  if (!latest || latest.timestamp < 0) return null
  const { stretch, timestamp, offset } = latest
  const { baseOffset } = stretch.segment
  if (offset >= stretch.endOffset) return 'overtaken'
  const wish = { timestamp, startOffset: 0, isExact: true }
  const found = yield* findIn(stretch, Math.max(baseOffset, Math.min(offset, stretch.endOffset - 1)), wish)
  // The time index is only a hint: where it leads nowhere, the whole segment is asked.
  return found ?? (yield* findIn(stretch, baseOffset, wish))
}

function* stretchesOf({ segments, endOffset, epochs }: LogView): Generator<Stretch> {
  const sizes = segments.map(({ sizeBytes }) => sizeBytes)
  for (const [index, segment] of segments.entries()) {
    yield { segment, sizeBytes: sizes[index] ?? 0, endOffset: segments[index + 1]?.baseOffset ?? endOffset, epochs }
  }
}

/** `isExact`: only a batch whose greatest timestamp it is will do. */
type Wish = { readonly timestamp: number; readonly startOffset: number; readonly isExact?: boolean }

/** Goes through the batches from the one that holds `from` on. */
function* findIn(stretch: Stretch, from: number, { timestamp, startOffset, isExact = false }: Wish): Reading<TimeAnswer> {
  const scratch = Buffer.allocUnsafe(HEADER_SCRATCH_BYTES)
  for (let offset = from; offset < stretch.endOffset; ) {
    const walk = new BatchWalk(stretch, scratch)
    const position = yield* walk.findTimestamp(timestamp, offset)
    if (position === undefined) return null
    if (typeof position !== 'number') return unreadable(stretch, position)
    const batch = yield* readBatchAt(stretch, walk, position)
    if (!batch) return unreadable(stretch, { is: 'damaged', position, from: offset, to: stretch.endOffset })
    if (!isExact || batch.maxTimestamp === timestamp) {
      const found = firstRecordIn(batch, timestamp, startOffset)
      if (found === 'unreadable') return unreadable(stretch, { is: 'damaged', position, from: batch.baseOffset, to: batch.lastOffset + 1 })
      if (found) return found
    }
    // Its latest records lie before the start of the log.
    offset = batch.lastOffset + 1
  }
  return null
}

function firstRecordIn(batch: RecordBatch, timestamp: number, startOffset: number): TimestampHit | 'unreadable' | undefined {
  try {
    for (const record of batch.records()) {
      if (record.timestamp < timestamp || record.offset < startOffset) continue
      if (record.offset > batch.lastOffset) return 'unreadable'
      return { offset: record.offset, timestamp: record.timestamp, leaderEpoch: batch.leaderEpoch }
    }
    return undefined
  } catch (failure) {
    if (failure instanceof CorruptBatch) return 'unreadable'
    throw failure
  }
}

/** Undefined where the walk's header does not hold any more: the file was changed from outside. */
function* readBatchAt(stretch: Stretch, walk: BatchWalk, position: number): Reading<RecordBatch | undefined> {
  const header = yield* walk.headerAt(position)
  if (!header?.isWhole || header.sizeBytes > FRAME_BYTES_MAX) return undefined
  const bytes = Buffer.allocUnsafe(header.sizeBytes)
  if ((yield { from: stretch.segment, target: bytes, position }) < bytes.length) return undefined
  return readBatch(bytes, 0, INFLATED_BATCH_BYTES_MAX)
}

function unreadable({ segment }: Stretch, damage: Damage): UnreadableTime {
  return { ...damage, path: segment.logPath }
}
