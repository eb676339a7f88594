/**
 * Goes from batch to batch of a segment and tells sound ones from damaged ones by their headers: a batch must lie within its segment,
 * begin after the one before it, end before the one after it, and be of an epoch the log has seen there. Only where two neighbours
 * contradict each other does a checksum decide which of them lies. What lies within a sound header is the client's to verify, as in Kafka.
 */

import { FRAME_BYTES_MAX } from '../common/limits.ts'
import { BATCH_HEADER_BYTES, baseOffsetOf, checksumOf, lastOffsetDeltaOf, leaderEpochOf, MAGIC, magicOf, maxTimestampOf, sizeOf } from '../records/batch-header.ts'
import { crc32c } from '../records/crc32c.ts'
import type { LeaderEpoch } from './leader-epochs.ts'
import type { Reading } from './reading.ts'
import type { Segment } from './segment.ts'

/** A segment as it was when a reading began: it may grow meanwhile, and what was taken then belongs together. */
export type Stretch = {
  readonly segment: Segment
  readonly sizeBytes: number
  /** Its batches end below this offset: where the next segment begins, or the end of the log. */
  readonly endOffset: number
  readonly epochs: readonly LeaderEpoch[]
}

/** Offsets `from` up to `to` cannot be served: the batches at `position` and perhaps after it are not as they were written. */
export type Damage = { readonly is: 'damaged'; readonly position: number; readonly from: number; readonly to: number }

export type Header = {
  readonly position: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly sizeBytes: number
  readonly maxTimestamp: number
  readonly leaderEpoch: number
  readonly checksum: number
  /** Magic and length can be those of a batch that lies within the segment. */
  readonly isWhole: boolean
}

/** What one look for the next header takes: several small batches, or one header and little waste. */
export const HEADER_SCRATCH_BYTES = 8192
const CRC_PIECE_BYTES = 64 * 1024
/** A larger batch whose neighbour contradicts it is not read to decide: it counts as damaged. */
const CRC_BYTES_MAX = 16 * 1024 * 1024
/** How far behind a length that cannot be believed the next batch is looked for before the index is asked. */
const SEARCHED_BYTES_MAX = 4 * 1024 * 1024
/** Index entries passed over because the log contradicts them, before the segment is gone through from its start. */
const DOUBTFUL_ENTRIES_MAX = 8
/** CRC, in the header, covers what comes after it. */
const SIGNED_AT = 21

/** Whether the epoch file says that a batch of these offsets may be of `epoch`. -1 stands in batches older than epochs. */
export function knowsEpoch(epochs: readonly LeaderEpoch[], epoch: number, baseOffset: number, lastOffset: number): boolean {
  if (epoch === -1) return true
  for (let at = epochs.length - 1; at >= 0; at--) {
    const entry = epochs[at]
    // The first entry moves up with the start of the log, and then lies within the batch that holds the start.
    if (entry && (entry.startOffset <= baseOffset || (at === 0 && entry.startOffset <= lastOffset))) return entry.epoch === epoch
  }
  return epoch >= 0 && epoch <= (epochs[0]?.epoch ?? Infinity)
}

/** Lengths that fit no frame never become an allocation. */
export function isWholeAt(bytes: Buffer, at: number, left: number): boolean {
  const size = sizeOf(bytes, at)
  return size >= BATCH_HEADER_BYTES && size <= left && size <= FRAME_BYTES_MAX && magicOf(bytes, at) === MAGIC
}

export class BatchWalk {
  readonly #stretch: Stretch
  readonly #scratch: Buffer
  #chunkAt = 0
  #chunkBytes = 0

  /** `scratch`, of HEADER_SCRATCH_BYTES, is used until the walk's last step. */
  constructor(stretch: Stretch, scratch: Buffer) {
    this.#stretch = stretch
    this.#scratch = scratch
  }

  /** The position of the sound batch that holds `offset`, or of the first after it; undefined when the segment ends before. */
  *find(offset: number): Reading<number | Damage | undefined> {
    const start = yield* this.#startFor(offset)
    return yield* this.#search(start, header => header.lastOffset >= offset, offset)
  }

  /** The first sound batch from `offset` on whose greatest timestamp is at least `timestamp`. */
  *findTimestamp(timestamp: number, offset: number): Reading<number | Damage | undefined> {
    const start = yield* this.#startFor(offset)
    return yield* this.#search(start, header => header.maxTimestamp >= timestamp && header.lastOffset >= offset, offset)
  }

  /** `least`: damage that ends at or below this offset is passed over. */
  *#search(start: { position: number; expected: number }, isWanted: (header: Header) => boolean, least: number): Reading<number | Damage | undefined> {
    let { expected } = start
    let header = yield* this.headerAt(start.position)
    while (header) {
      const next = header.isWhole ? yield* this.headerAt(header.position + header.sizeBytes) : undefined
      const verdict = yield* this.#judge(header, next, expected)
      if (verdict === 'sound') {
        if (isWanted(header)) return header.position
        expected = header.lastOffset + 1
        header = next
      } else {
        const isEither = verdict === 'one of two' && next !== undefined
        const resumed = isEither ? yield* this.headerAt(next.position + next.sizeBytes) : yield* this.#resume(header, next, expected)
        const to = Math.min(resumed?.baseOffset ?? Infinity, this.#stretch.endOffset)
        if (least < to) return { is: 'damaged', position: header.position, from: expected, to }
        header = resumed
      }
    }
    return undefined
  }

  /** Where to begin for `offset`: the batch of an index entry, if it is what the entry says, else the segment's first. */
  *#startFor(offset: number): Reading<{ position: number; expected: number }> {
    const { offsetIndex, baseOffset } = this.#stretch.segment
    let entry = yield* offsetIndex.lookup(offset)
    for (let tries = 0; entry && tries < DOUBTFUL_ENTRIES_MAX; tries++) {
      const header = yield* this.#headerOf(entry)
      if (header && header.baseOffset >= baseOffset && entry.offset <= offset) return { position: header.position, expected: header.baseOffset }
      entry = yield* offsetIndex.entryAt(entry.index - 1)
    }
    return { position: 0, expected: baseOffset }
  }

  *#headerOf(entry: { readonly offset: number; readonly position: number }): Reading<Header | undefined> {
    if (entry.position <= 0) return undefined
    const header = yield* this.headerAt(entry.position)
    return header?.isWhole && header.lastOffset === entry.offset ? header : undefined
  }

  /** What can be said of a batch without its neighbours. */
  #fits({ isWhole, baseOffset, lastOffset, leaderEpoch }: Header, expected: number): boolean {
    const { endOffset, epochs } = this.#stretch
    return isWhole && baseOffset >= expected && lastOffset >= baseOffset && lastOffset < endOffset && knowsEpoch(epochs, leaderEpoch, baseOffset, lastOffset)
  }

  *#judge(header: Header, next: Header | undefined, expected: number): Reading<'sound' | 'damaged' | 'one of two'> {
    const { baseOffset, lastOffset } = header
    if (!this.#fits(header, expected)) return 'damaged'
    if (header.position + header.sizeBytes === this.#stretch.sizeBytes) return 'sound'
    if (next?.isWhole && next.baseOffset > lastOffset) return 'sound'
    // One of the two lies. The checksum covers the length and the last offset's delta of an honest one, but not its base.
    if (!(yield* this.#isIntact(header))) return 'damaged'
    if (!next?.isWhole || baseOffset === expected) return 'sound'
    const wouldJoin = expected + lastOffset - baseOffset + 1 === next.baseOffset
    return wouldJoin ? 'damaged' : 'one of two'
  }

  /** Where batches can be read again after a damaged one: right behind it, at one that is signed, or at the next index entry the log agrees with. */
  *#resume(damaged: Header, next: Header | undefined, expected: number): Reading<Header | undefined> {
    if (damaged.isWhole && (next?.isWhole || damaged.position + damaged.sizeBytes === this.#stretch.sizeBytes)) return next
    const indexed = yield* this.#nextIndexed(damaged.position)
    const searchEnd = Math.min(indexed?.position ?? this.#stretch.sizeBytes, damaged.position + SEARCHED_BYTES_MAX)
    return (yield* this.#searchSigned(damaged.position + 1, searchEnd, expected)) ?? indexed
  }

  *#nextIndexed(position: number): Reading<Header | undefined> {
    const { offsetIndex } = this.#stretch.segment
    let entry = yield* offsetIndex.lookupAfter(position)
    for (let tries = 0; entry && tries < DOUBTFUL_ENTRIES_MAX; tries++) {
      const header = yield* this.#headerOf(entry)
      if (header && header.position > position) return header
      entry = yield* offsetIndex.entryAt(entry.index + 1)
    }
    return undefined
  }

  /** Where a length cannot be believed, the next batch is looked for byte by byte: it must fit in here, and its checksum must hold. */
  *#searchSigned(from: number, to: number, expected: number): Reading<Header | undefined> {
    const piece = Buffer.allocUnsafe(Math.min(CRC_PIECE_BYTES, Math.max(0, this.#stretch.sizeBytes - from)))
    for (let position = from; position < to; ) {
      const count = yield { from: this.#stretch.segment, target: piece.subarray(0, Math.min(piece.length, this.#stretch.sizeBytes - position)), position }
      const last = Math.min(count - BATCH_HEADER_BYTES, to - position - 1)
      for (let at = 0; at <= last; at++) {
        if (magicOf(piece, at) !== MAGIC || !isWholeAt(piece, at, this.#stretch.sizeBytes - position - at) || baseOffsetOf(piece, at) < expected) continue
        const header = yield* this.headerAt(position + at)
        if (header && this.#fits(header, expected) && (yield* this.#isIntact(header))) return header
      }
      if (last < 0) return undefined
      position += last + 1
    }
    return undefined
  }

  /** The header at `position`; undefined at the end of the segment. Where no header fits any more, one that is not whole. */
  *headerAt(position: number): Reading<Header | undefined> {
    const { segment, sizeBytes } = this.#stretch
    const left = sizeBytes - position
    if (left <= 0) return undefined
    if (left < BATCH_HEADER_BYTES) return nothingAt(position)
    if (position < this.#chunkAt || position + BATCH_HEADER_BYTES > this.#chunkAt + this.#chunkBytes) {
      this.#chunkAt = position
      this.#chunkBytes = yield { from: segment, target: this.#scratch.subarray(0, Math.min(this.#scratch.length, left)), position }
      if (this.#chunkBytes < BATCH_HEADER_BYTES) return nothingAt(position) // the file was cut from outside
    }
    const bytes = this.#scratch
    const at = position - this.#chunkAt
    const baseOffset = baseOffsetOf(bytes, at)
    return {
      position,
      baseOffset,
      lastOffset: baseOffset + lastOffsetDeltaOf(bytes, at),
      sizeBytes: sizeOf(bytes, at),
      maxTimestamp: maxTimestampOf(bytes, at),
      leaderEpoch: leaderEpochOf(bytes, at),
      checksum: checksumOf(bytes, at),
      isWhole: isWholeAt(bytes, at, left),
    }
  }

  *#isIntact(header: Header): Reading<boolean> {
    if (header.sizeBytes > CRC_BYTES_MAX) return false
    const piece = Buffer.allocUnsafe(Math.min(CRC_PIECE_BYTES, header.sizeBytes))
    const end = header.position + header.sizeBytes
    let checksum = 0
    for (let position = header.position + SIGNED_AT; position < end; ) {
      const count = yield { from: this.#stretch.segment, target: piece.subarray(0, Math.min(piece.length, end - position)), position }
      if (count === 0) return false
      checksum = crc32c(piece.subarray(0, count), checksum)
      position += count
    }
    return checksum === header.checksum
  }
}

function nothingAt(position: number): Header {
  return { position, baseOffset: -1, lastOffset: -1, sizeBytes: 0, maxTimestamp: -1, leaderEpoch: -1, checksum: 0, isWhole: false }
}
