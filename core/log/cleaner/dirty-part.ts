/**
 * Which part of a log may be compacted, and how much it needs it (Kafka's LogCleanerManager). Never the active segment, never at or above
 * the last stable offset, never a segment with a record younger than min.compaction.lag.ms.
 */

/** What is asked of a log and its segments. */
export type SegmentToJudge = {
  readonly baseOffset: number
  readonly sizeBytes: number
  readonly maxTimestamp: number
  /** The first batch's timestamp, -1 for none. */
  readonly firstTimestamp: number
}

export type LogToJudge = {
  readonly startOffset: number
  readonly endOffset: number
  readonly lastStableOffset: number
  /** In order; the last is the active one. */
  readonly segments: readonly SegmentToJudge[]
  readonly config: { readonly minCompactionLagMs: number; readonly maxCompactionLagMs: number; readonly minCleanableDirtyRatio: number }
}

export type DirtyPart = {
  /** Where the part that was compacted before ends. */
  readonly firstDirtyOffset: number
  /** The first offset that may not be compacted: where a segment begins. */
  readonly endOffset: number
  /** Segments from the start of the log that end at or before `endOffset`. */
  readonly segmentCount: number
  readonly cleanBytes: number
  readonly dirtyBytes: number
  /** Dirty bytes of all that may be compacted, 0 to 1. */
  readonly dirtyRatio: number
  /** max.compaction.lag.ms has run out for some of it. */
  readonly isDue: boolean
  /** Compacting it is worth while, or due. */
  readonly isCleanable: boolean
}

/** `cleanedUpTo`: the checkpoint of the last compaction, undefined for a log that never was. */
export function dirtyPart(log: LogToJudge, cleanedUpTo: number | undefined, nowMs: number): DirtyPart {
  const { segments, config } = log
  // A checkpoint outside the log is from before it was cut or trimmed: everything is looked at again.
  const isKnown = cleanedUpTo !== undefined && cleanedUpTo >= log.startOffset && cleanedUpTo <= log.endOffset
  const firstDirtyOffset = isKnown ? cleanedUpTo : log.startOffset
  let cleanBytes = 0
  let dirtyBytes = 0
  let firstTimestamp = Infinity
  let at = 0
  for (; at < segments.length - 1; at++) {
    const segment = segments[at] as SegmentToJudge // within the row
    const nextBase = (segments[at + 1] as SegmentToJudge).baseOffset
    if (nextBase > log.lastStableOffset) break
    if (nextBase <= firstDirtyOffset) {
      cleanBytes += segment.sizeBytes
      continue
    }
    if (config.minCompactionLagMs > 0 && segment.maxTimestamp > nowMs - config.minCompactionLagMs) break
    dirtyBytes += segment.sizeBytes
    if (config.maxCompactionLagMs < Infinity && segment.firstTimestamp > 0) firstTimestamp = Math.min(firstTimestamp, segment.firstTimestamp)
  }
  const totalBytes = cleanBytes + dirtyBytes
  const dirtyRatio = totalBytes === 0 ? 0 : dirtyBytes / totalBytes
  const isDue = firstTimestamp < nowMs - config.maxCompactionLagMs
  return {
    firstDirtyOffset,
    endOffset: Math.max(firstDirtyOffset, segments[at]?.baseOffset ?? firstDirtyOffset),
    segmentCount: at,
    cleanBytes,
    dirtyBytes,
    dirtyRatio,
    isDue,
    isCleanable: dirtyBytes > 0 && (isDue || dirtyRatio > config.minCleanableDirtyRatio),
  }
}
