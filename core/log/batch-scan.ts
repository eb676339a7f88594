/** Reads a segment from front to back in pieces of at most 1 MiB, so that a long scan never holds the thread for more than one piece. */

import type { DiskFile } from '../common/disk.ts'
import { FRAME_BYTES_MAX } from '../common/limits.ts'
import { attributesOf, BATCH_HEADER_BYTES, isControl, MAGIC, magicOf, sizeOf } from '../records/batch-header.ts'

const PIECE_BYTES = 1024 * 1024

/** A segment, or whatever else holds its bytes. */
export type Scanned = { readonly sizeBytes: number; file(): Pick<DiskFile, 'read'> }

/**
 * Calls `take` for each whole batch from `position` on, with its bytes in place; stops when it answers false, or at bytes that are no batch.
 * Returns the position where it stopped: the segment's size when all was taken.
 */
export async function scanBatches(
  segment: Scanned,
  position: number,
  take: (bytes: Buffer, at: number, position: number) => boolean,
): Promise<number> {
  const end = segment.sizeBytes
  let buffer = Buffer.allocUnsafe(Math.min(PIECE_BYTES, Math.max(0, end - position)))
  let at = position
  while (end - at >= BATCH_HEADER_BYTES) {
    const wanted = Math.min(buffer.length, end - at)
    const bytes = buffer.subarray(0, await readPieces(segment, buffer.subarray(0, wanted), at))
    const taken = takeBatches(bytes, at, take)
    at += taken.bytes
    if (taken.isStopped) return at
    if (taken.bytes > 0) continue
    // The batch at `at` is longer than the buffer: read all of it, if it can be one at all.
    const size = bytes.length < BATCH_HEADER_BYTES ? 0 : sizeOf(bytes, 0)
    if (size <= buffer.length || size > FRAME_BYTES_MAX || size > end - at) return at
    buffer = Buffer.allocUnsafe(size)
  }
  return at
}

/** Asks the segment for its file each time: between two pieces it may have been closed to make room for others. */
async function readPieces(segment: Scanned, target: Buffer, position: number): Promise<number> {
  let done = 0
  while (done < target.length) {
    const count = await segment.file().read(target.subarray(done, Math.min(target.length, done + PIECE_BYTES)), position + done)
    if (count === 0) break
    done += count
  }
  return done
}

function takeBatches(
  bytes: Buffer,
  position: number,
  take: (bytes: Buffer, at: number, position: number) => boolean,
): { bytes: number; isStopped: boolean } {
  let at = 0
  while (at + BATCH_HEADER_BYTES <= bytes.length) {
    const size = sizeOf(bytes, at)
    if (size < BATCH_HEADER_BYTES || magicOf(bytes, at) !== MAGIC) return { bytes: at, isStopped: true }
    if (at + size > bytes.length) break
    if (!take(bytes, at, position + at)) return { bytes: at, isStopped: true }
    at += size
  }
  return { bytes: at, isStopped: false }
}

const HEADER_PIECE_BYTES = 8192
/** Reads of this many pieces take about a third of a millisecond from the page cache. */
const PIECES_A_TURN = 100

/** As `scanBatches`, for a log in the page cache: only headers are sure to be in `bytes`, and whole control batches. */
export async function scanHeaders(
  segment: { readonly sizeBytes: number; file(): Pick<DiskFile, 'read' | 'readNow'> },
  position: number,
  take: (bytes: Buffer, at: number, position: number) => boolean,
): Promise<number> {
  const end = segment.sizeBytes
  const buffer = Buffer.allocUnsafe(HEADER_PIECE_BYTES)
  let at = position
  for (let pieces = 1; end - at >= BATCH_HEADER_BYTES; pieces++) {
    const target = buffer.subarray(0, Math.min(buffer.length, end - at))
    // Now and then a read that waits, so that others get their turn.
    const count = pieces % PIECES_A_TURN === 0 ? await segment.file().read(target, at) : segment.file().readNow(target, at)
    const pieceAt = at
    while (at - pieceAt + BATCH_HEADER_BYTES <= count) {
      const size = sizeOf(buffer, at - pieceAt)
      if (size < BATCH_HEADER_BYTES || magicOf(buffer, at - pieceAt) !== MAGIC || at + size > end) return at
      // A marker is shorter than a piece: the next one begins with it.
      if (isControl(attributesOf(buffer, at - pieceAt)) && at > pieceAt && at - pieceAt + size > count) break
      if (!take(buffer, at - pieceAt, at)) return at
      at += size
    }
    if (at === pieceAt) return at
  }
  return at
}
