/** Segments that are compacted into one (Kafka's groupSegmentsBySize): neighbours that together fit the limits of a segment. */

import type { SourceSegment } from './clean-job.ts'

/** An int32 in the indexes. */
const RELATIVE_OFFSET_MAX = 0x7fffffff

/** `endOffset`: where the segment after the last one begins. */
export function groupSegments(
  segments: readonly SourceSegment[],
  limits: { readonly segmentBytes: number; readonly segmentIndexBytes: number; readonly endOffset: number },
): SourceSegment[][] {
  const groups: SourceSegment[][] = []
  let group: SourceSegment[] = []
  let bytes = { log: 0, index: 0, timeIndex: 0 }
  for (const [at, segment] of segments.entries()) {
    const [first] = group
    const grown = { log: bytes.log + segment.sizeBytes, index: bytes.index + segment.indexBytes, timeIndex: bytes.timeIndex + segment.timeIndexBytes }
    const lastOffset = (segments[at + 1]?.baseOffset ?? limits.endOffset) - 1
    const fits =
      first !== undefined &&
      grown.log <= limits.segmentBytes &&
      grown.index <= limits.segmentIndexBytes &&
      grown.timeIndex <= limits.segmentIndexBytes &&
      (segment.sizeBytes === 0 || lastOffset - first.baseOffset <= RELATIVE_OFFSET_MAX)
    if (fits) {
      group.push(segment)
      bytes = grown
      continue
    }
    group = [segment]
    groups.push(group)
    bytes = { log: segment.sizeBytes, index: segment.indexBytes, timeIndex: segment.timeIndexBytes }
  }
  return groups
}
