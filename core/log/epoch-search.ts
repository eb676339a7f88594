/**
 * The leader epochs of a log whose `leader-epoch-checkpoint` is missing, from its batches: each carries its epoch and they only rise, so
 * where two places have the same one there is no other between them. Reads headers by bisection, over segments and then over the entries
 * of an index.
 */

import { BATCH_HEADER_BYTES, baseOffsetOf, leaderEpochOf, MAGIC, magicOf, sizeOf } from '../records/batch-header.ts'
import type { LeaderEpoch } from './leader-epochs.ts'
import type { Segment } from './segment.ts'

type Place = { readonly epoch: number; readonly baseOffset: number; readonly sizeBytes: number }

export function searchEpochs(segments: readonly Segment[]): LeaderEpoch[] {
  const search = new EpochSearch(segments.filter(segment => segment.sizeBytes > 0))
  return search.run()
}

class EpochSearch {
  readonly #segments: readonly Segment[]
  readonly #header = Buffer.alloc(BATCH_HEADER_BYTES)
  readonly #found: LeaderEpoch[] = []

  constructor(segments: readonly Segment[]) {
    this.#segments = segments
  }

  run(): LeaderEpoch[] {
    const last = this.#segments.at(-1)
    if (!last) return []
    this.#note(this.#at(0, 0))
    this.#betweenSegments(0, this.#segments.length - 1)
    this.#within(this.#segments.length - 1, last.sizeBytes)
    return this.#found
  }

  /** Between the first batches of two segments. */
  #betweenSegments(from: number, to: number): void {
    if (this.#at(from, 0)?.epoch === this.#at(to, 0)?.epoch) return
    if (to - from > 1) {
      const middle = (from + to) >>> 1
      this.#betweenSegments(from, middle)
      this.#betweenSegments(middle, to)
      return
    }
    this.#within(from, this.#segments[from]?.sizeBytes ?? 0)
    this.#note(this.#at(to, 0))
  }

  #within(index: number, end: number): void {
    const entries = this.#segments[index]?.offsetIndex
    if (!entries || entries.entries.count === 0) return this.#walk(index, 0, end)
    const last = entries.entries.count - 1
    this.#betweenEntries(index, -1, last)
    this.#walk(index, entries.positionAt(last), end)
  }

  /** Between the batches of two index entries; -1 is the segment's first batch. */
  #betweenEntries(index: number, from: number, to: number): void {
    const offsets = this.#segments[index]?.offsetIndex
    const positionOf = (entry: number): number => (entry < 0 ? 0 : offsets?.positionAt(entry) ?? 0)
    if (this.#at(index, positionOf(from))?.epoch === this.#at(index, positionOf(to))?.epoch) return
    if (to - from === 1) return this.#walk(index, positionOf(from), positionOf(to) + 1)
    const middle = (from + to) >> 1
    this.#betweenEntries(index, from, middle)
    this.#betweenEntries(index, middle, to)
  }

  #walk(index: number, from: number, end: number): void {
    for (let at = from; at < end;) {
      const place = this.#at(index, at)
      if (!place) return
      this.#note(place)
      at += place.sizeBytes
    }
  }

  #note(place: Place | undefined): void {
    const latest = this.#found.at(-1)?.epoch ?? -1
    if (place && place.epoch > latest) this.#found.push({ epoch: place.epoch, startOffset: place.baseOffset })
  }

  #at(index: number, position: number): Place | undefined {
    const segment = this.#segments[index]
    if (!segment || segment.file().readNow(this.#header, position) < BATCH_HEADER_BYTES || magicOf(this.#header, 0) !== MAGIC) return undefined
    const sizeBytes = Math.max(BATCH_HEADER_BYTES, sizeOf(this.#header, 0))
    return { epoch: leaderEpochOf(this.#header, 0), baseOffset: baseOffsetOf(this.#header, 0), sizeBytes }
  }
}
