/** Which part of a log may be compacted, and when it is worth it. */

import { expect, test } from 'vitest'
import { dirtyPart, type LogToJudge } from '../../../../core/log/cleaner/dirty-part.ts'

const NOW = 1_000_000
const config = { minCompactionLagMs: 0, maxCompactionLagMs: Infinity, minCleanableDirtyRatio: 0.5 }

/** Segments of 10 offsets and 100 bytes each, written a minute apart, the last one a minute ago. */
function logOf(count: number, more: Partial<LogToJudge> = {}): LogToJudge {
  const segments = Array.from({ length: count }, (_, index) => {
    const timestamp = NOW - (count - index) * 60_000
    return { baseOffset: index * 10, sizeBytes: 100, firstTimestamp: timestamp, maxTimestamp: timestamp }
  })
  return { startOffset: 0, endOffset: count * 10, lastStableOffset: count * 10, segments, config, ...more }
}

const judged = (log: LogToJudge, cleanedUpTo?: number): unknown => {
  const { firstDirtyOffset, endOffset, dirtyRatio, isCleanable } = dirtyPart(log, cleanedUpTo, NOW)
  return { firstDirtyOffset, endOffset, dirtyRatio, isCleanable }
}

test('everything but the active segment is dirty at first', () => {
  expect(judged(logOf(5))).toEqual({ firstDirtyOffset: 0, endOffset: 40, dirtyRatio: 1, isCleanable: true })
})

test('a log with its active segment alone has nothing to compact', () => {
  expect(judged(logOf(1))).toEqual({ firstDirtyOffset: 0, endOffset: 0, dirtyRatio: 0, isCleanable: false })
})

test('what was compacted counts as clean; the ratio must be above min.cleanable.dirty.ratio', () => {
  expect(judged(logOf(5), 20)).toEqual({ firstDirtyOffset: 20, endOffset: 40, dirtyRatio: 0.5, isCleanable: false })
  expect(judged(logOf(6), 20)).toEqual({ firstDirtyOffset: 20, endOffset: 50, dirtyRatio: 0.6, isCleanable: true })
})

test('a segment that was compacted in part is dirty', () => {
  expect(judged(logOf(3), 15)).toEqual({ firstDirtyOffset: 15, endOffset: 20, dirtyRatio: 0.5, isCleanable: false })
})

test('a segment that reaches above the last stable offset is left alone', () => {
  expect(judged(logOf(5, { lastStableOffset: 25 }))).toMatchObject({ endOffset: 20 })
  expect(judged(logOf(5, { lastStableOffset: 30 }))).toMatchObject({ endOffset: 30 })
})

test('a segment with a record younger than min.compaction.lag.ms is left alone, and all that follow', () => {
  expect(judged(logOf(5, { config: { ...config, minCompactionLagMs: 150_000 } }))).toMatchObject({ endOffset: 30 })
})

test('a record older than max.compaction.lag.ms makes its log due, however little of it is dirty', () => {
  const due = { ...config, maxCompactionLagMs: 100_000, minCleanableDirtyRatio: 1 }
  expect(judged(logOf(5, { config: due }), 30)).toMatchObject({ dirtyRatio: 0.25, isCleanable: true })
  expect(judged(logOf(5, { config: { ...due, maxCompactionLagMs: 130_000 } }), 30)).toMatchObject({ dirtyRatio: 0.25, isCleanable: false })
})

test('a checkpoint outside the log is not believed', () => {
  expect(judged(logOf(5), 51)).toMatchObject({ firstDirtyOffset: 0 })
  expect(judged(logOf(5, { startOffset: 20 }), 10)).toMatchObject({ firstDirtyOffset: 20 })
})
