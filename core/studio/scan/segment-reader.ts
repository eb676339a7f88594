/** Reads whole batches out of a segment file in pieces, and finds where to start by its offset index. Read-only, on the scan thread. */

import type { Disk, DiskFile } from '../../common/disk.ts'
import { FRAME_BYTES_MAX } from '../../common/limits.ts'
import { DELETED_SUFFIX } from '../../log/log-files.ts'
import { CorruptBatch } from '../../records/corrupt-batch.ts'
import { BATCH_HEADER_BYTES, BATCH_PREFIX_BYTES, baseOffsetOf, sizeOf } from '../../records/batch-header.ts'
import { SegmentGone, type SegmentSource } from './source.ts'

/** The first piece is small, because a page often needs little; later ones grow to the bound of rule 9. */
const FIRST_PIECE_BYTES = 32 * 1024
const PIECE_BYTES_MAX = 1024 * 1024
/** An entry of Kafka's offset index: int32 offset relative to the segment's base, int32 position. */
const INDEX_ENTRY_BYTES = 8

/** One whole batch: the bytes it lies in, and where it starts. */
export type BatchBytes = { readonly bytes: Buffer; readonly at: number }

export class SegmentReader {
  readonly #segment: SegmentSource
  readonly #file: DiskFile
  readonly #index: DiskFile | null

  private constructor(segment: SegmentSource, file: DiskFile, index: DiskFile | null) {
    this.#segment = segment
    this.#file = file
    this.#index = index
  }

  /** Throws SegmentGone when the file is no longer there, under its name or as a deleted one that waits for its readers. Close it. */
  static open(disk: Disk, segment: SegmentSource): SegmentReader {
    const file = openIfThere(disk, segment.path) ?? openIfThere(disk, segment.path + DELETED_SUFFIX)
    if (!file) throw new SegmentGone(`${segment.path} is gone`)
    if (segment.isClosed && file.size !== segment.endPosition) {
      file.closeNow()
      throw new SegmentGone(`${segment.path} was replaced`)
    }
    const indexPath = segment.path.replace(/\.log$/, '.index')
    return new SegmentReader(segment, file, openIfThere(disk, indexPath) ?? openIfThere(disk, indexPath + DELETED_SUFFIX))
  }

  close(): void {
    this.#file.closeNow()
    this.#index?.closeNow()
  }

  /** A position at or before the batch that holds `offset`, close to it: at most an index interval away. */
  positionBefore(offset: number): number {
    const { baseOffset, endPosition } = this.#segment
    const entry = this.#index && offset > baseOffset ? lastEntryUpTo(this.#index, offset - baseOffset, endPosition) : null
    return entry && this.#isBatchAt(entry.position, offset) ? entry.position : 0
  }

  /** Whole batches from `position` to the end of the source, in order. Throws CorruptBatch when there is no batch where one must be. */
  async *batchesFrom(position: number): AsyncGenerator<BatchBytes> {
    const end = this.#segment.endPosition
    let wanted = FIRST_PIECE_BYTES
    let from = position
    while (from + BATCH_PREFIX_BYTES <= end) {
      const piece = await this.#piece(from, Math.min(wanted, end - from))
      let at = 0
      for (;;) {
        if (at + BATCH_PREFIX_BYTES > piece.length) break
        const size = checkedSize(piece, at)
        if (at + size > piece.length) break
        yield { bytes: piece, at }
        at += size
      }
      // Nothing whole in this piece: the next one is as long as its first batch.
      wanted = at > 0 ? Math.min(wanted * 2, PIECE_BYTES_MAX) : checkedSize(piece, 0)
      if (at === 0 && from + wanted > end) throw new CorruptBatch(`${this.#segment.path} ends within a batch at ${from}`)
      from += at
    }
  }

  async #piece(position: number, length: number): Promise<Buffer> {
    const piece = Buffer.allocUnsafe(length)
    const count = await this.#file.read(piece, position)
    if (count < length) throw new CorruptBatch(`${this.#segment.path} is shorter than it was`)
    return piece
  }

  /** An index that does not fit its segment (a crash, a foreign file) must not lead anywhere: its target is looked at. */
  #isBatchAt(position: number, offset: number): boolean {
    const head = Buffer.allocUnsafe(BATCH_PREFIX_BYTES)
    if (this.#file.readNow(head, position) < BATCH_PREFIX_BYTES) return false
    const baseOffset = baseOffsetOf(head, 0)
    return baseOffset >= this.#segment.baseOffset && baseOffset <= offset && sizeOf(head, 0) >= BATCH_HEADER_BYTES
  }
}

/** The last entry with an offset of at most `relativeOffset`; a preallocated index ends where its entries turn to zero. */
function lastEntryUpTo(index: DiskFile, relativeOffset: number, endPosition: number): { position: number } | null {
  const entry = Buffer.allocUnsafe(INDEX_ENTRY_BYTES)
  let found: { position: number } | null = null
  let [low, high] = [0, Math.floor(index.size / INDEX_ENTRY_BYTES) - 1]
  while (low <= high) {
    const middle = (low + high) >>> 1
    if (index.readNow(entry, middle * INDEX_ENTRY_BYTES) < INDEX_ENTRY_BYTES) return found
    const [entryOffset, position] = [entry.readInt32BE(0), entry.readInt32BE(4)]
    if (position > 0 && position < endPosition && entryOffset <= relativeOffset) {
      found = { position }
      low = middle + 1
    } else high = middle - 1
  }
  return found
}

function checkedSize(bytes: Buffer, at: number): number {
  const size = sizeOf(bytes, at)
  if (size < BATCH_HEADER_BYTES || size > FRAME_BYTES_MAX) throw new CorruptBatch(`a batch has the length ${size}`)
  return size
}

function openIfThere(disk: Disk, path: string): DiskFile | null {
  try {
    return disk.openNow(path, 'read')
  } catch (cause) {
    // Node's own errors carry the code.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw cause
  }
}
