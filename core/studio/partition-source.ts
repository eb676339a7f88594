/** What the scan thread is told of a partition: the segments on its way, so that a page of a long log names few files. */

import type { PartitionLog, SegmentFile } from '../log/partition-log.ts'
import type { PartitionSource } from './scan/source.ts'

/** Segments one request reads into; where more would be needed it ends early and the next page goes on. */
const SEGMENTS_MAX = 16

/** Logs whose files are being read: nothing of them is unlinked until `release`, which comes with the answer of the scan thread. */
export class Leases {
  readonly #held = new Map<PartitionLog, () => void>()

  take(log: PartitionLog): void {
    if (!this.#held.has(log)) this.#held.set(log, log.lease())
  }

  release(): void {
    for (const release of this.#held.values()) release()
    this.#held.clear()
  }
}

/** `cursor` as in PartitionSource; one outside the log is moved to its nearest end. Takes a lease, which the caller releases. */
export function sourceOf(log: PartitionLog, at: { readonly cursor: number; readonly direction: 'forward' | 'backward'; readonly leases: Leases }): PartitionSource {
  at.leases.take(log)
  return covered(log, at.cursor, at.direction)
}

function covered(log: PartitionLog, cursor: number, direction: 'forward' | 'backward'): PartitionSource {
  const { startOffset, endOffset, partition } = log
  const at = Math.min(Math.max(cursor, startOffset), endOffset)
  const all = log.segmentFiles()
  const here = segmentAt(all, direction === 'forward' ? at : at - 1)
  const [first, last] = direction === 'forward' ? [here, here + SEGMENTS_MAX] : [Math.max(0, here - SEGMENTS_MAX + 1), here + 1]
  return {
    partition, startOffset, endOffset,
    cursor: at,
    coveredFrom: first === 0 ? startOffset : Math.max(startOffset, all[first]?.baseOffset ?? startOffset),
    coveredTo: all[last]?.baseOffset ?? endOffset,
    segments: all.slice(first, last).map((file, index) => (
      { path: file.path, baseOffset: file.baseOffset, endPosition: file.sizeBytes, isClosed: first + index < all.length - 1 }
    )),
  }
}

/** The index of the segment that holds `offset`; the first when it lies before all. */
function segmentAt(segments: readonly SegmentFile[], offset: number): number {
  let [low, high] = [0, segments.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if ((segments[middle]?.baseOffset ?? Infinity) <= offset) low = middle
    else high = middle - 1
  }
  return Math.max(0, low)
}
