/** Where the scan thread reads a partition: its segment files, as the broker thread saw them when it asked. */

export type SegmentSource = {
  /** The .log file. */
  readonly path: string
  readonly baseOffset: number
  /** Bytes of whole batches in it; the active segment may have more by now, which are not read. */
  readonly endPosition: number
  /** Nothing is appended to it any more: a file of another size is another segment, compacted meanwhile. */
  readonly isClosed: boolean
}

export type PartitionSource = {
  readonly partition: number
  /** Where this request starts: the next offset to read forward, or the one after the next to read backward. */
  readonly cursor: number
  readonly startOffset: number
  readonly endOffset: number
  /** Segments in offset order, those on the way to read first of all: not always all there are. */
  readonly segments: readonly SegmentSource[]
  /** Which offsets those segments hold: `coveredFrom <= offset < coveredTo`. */
  readonly coveredFrom: number
  readonly coveredTo: number
}

/** A file of the partition is no longer there, or is another one: a deletion or a compaction was faster. */
export class SegmentGone extends Error {
  override readonly name = 'SegmentGone'
}
