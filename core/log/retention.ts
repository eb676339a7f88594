/**
 * Which segments a log no longer has to keep (Kafka's UnifiedLog.deleteOldSegments): always the oldest ones, because a log has no holes.
 * Pure: facts in, a count out.
 */

import type { CleanFacts } from './last-stop.ts'
import type { LogConfig } from './log-config.ts'

export type SegmentFacts = {
  readonly baseOffset: number
  readonly sizeBytes: number
  /** The greatest timestamp of its records; of a segment whose records have none, when it was last written at the latest. */
  readonly retainedFromMs: number
}

export type RetentionInput = {
  /** In offset order; the last is the active one. */
  readonly segments: Iterable<SegmentFacts>
  readonly sizeBytes: number
  readonly startOffset: number
  readonly endOffset: number
  readonly nowMs: number
  readonly config: Pick<LogConfig, 'cleanupPolicy' | 'retentionMs' | 'retentionBytes'>
}

/** `start`: all its records lie below the log's start offset; `size` and `time`: beyond retention.bytes, retention.ms. */
export type RetentionReason = 'start' | 'size' | 'time'

export type Expired = {
  /** So many of the oldest segments go. */
  readonly count: number
  /** Where the log starts without them. */
  readonly startOffset: number
  readonly bytes: number
  readonly reasons: ReadonlySet<RetentionReason>
}

/**
 * The prefix of segments that goes. The active segment is part of it when it is expired too and holds records: it is rolled first.
 * A timestamp in the future keeps its segment and all that follow it.
 */
export function expiredSegments(input: RetentionInput): Expired {
  const { segments, endOffset } = input
  const reasons = new Set<RetentionReason>()
  let count = 0
  let bytes = 0
  let startOffset = input.startOffset
  const iterator = segments[Symbol.iterator]()
  for (let step = iterator.next(); !step.done;) {
    const segment = step.value
    const following = iterator.next()
    const next = following.done ? undefined : following.value.baseOffset
    const reason = reasonFor(segment, { ...input, next, keptBytes: input.sizeBytes - bytes })
    if (reason === undefined) break
    reasons.add(reason)
    count++
    bytes += segment.sizeBytes
    startOffset = Math.max(startOffset, next ?? endOffset)
    step = following
  }
  return { count, startOffset, bytes, reasons }
}

/** How many of the oldest segments lie wholly below `startOffset`; the last one never. */
export function countBelow(segments: readonly Pick<SegmentFacts, 'baseOffset'>[], startOffset: number): number {
  return Math.max(0, segments.findLastIndex(({ baseOffset }) => baseOffset <= startOffset))
}

/**
 * Whether a log that is not open is worth opening for retention, by what its last clean stop said of it. Of its size only that it is a whole
 * segment too large counts: how long its first segment is would have to be looked up on disk.
 */
export function mayHaveExpired(facts: Pick<CleanFacts, 'sizeBytes' | 'retainedFromMs'>, config: RetentionInput['config'] & Pick<LogConfig, 'segmentBytes'>, nowMs: number): boolean {
  const { cleanupPolicy, retentionMs, retentionBytes, segmentBytes } = config
  if (facts.sizeBytes === 0 || !cleanupPolicy.includes('delete')) return false
  if (retentionBytes >= 0 && facts.sizeBytes - segmentBytes >= retentionBytes) return true
  return retentionMs >= 0 && nowMs - facts.retainedFromMs > retentionMs
}

type Position = RetentionInput & {
  /** The base of the segment after it; undefined for the active one. */
  readonly next: number | undefined
  /** Bytes of the log from this segment on. */
  readonly keptBytes: number
}

function reasonFor(segment: SegmentFacts, { next, keptBytes, startOffset, nowMs, config }: Position): RetentionReason | undefined {
  if (next === undefined && segment.sizeBytes === 0) return undefined
  if (next !== undefined && next <= startOffset) return 'start'
  if (!config.cleanupPolicy.includes('delete')) return undefined
  const { retentionBytes, retentionMs } = config
  if (retentionBytes >= 0 && keptBytes - segment.sizeBytes >= retentionBytes) return 'size'
  if (retentionMs >= 0 && nowMs - segment.retainedFromMs > retentionMs) return 'time'
  return undefined
}
