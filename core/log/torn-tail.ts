/** What stands behind the last good batch of a segment. */

import { FRAME_BYTES_MAX } from '../common/limits.ts'
import { BATCH_PREFIX_BYTES, baseOffsetOf, MAGIC, magicOf, sizeOf } from '../records/batch-header.ts'
import type { Segment } from './segment.ts'

const PIECE_BYTES = 1024 * 1024
const MAGIC_AT = 16

/**
 * `torn`: the beginning of the batch with `offset`, which was to follow, and less than all of it. `empty`: zeros, of a file that was made
 * longer than what was written. `bad`: anything else, a whole batch with a bad byte among it.
 */
export type Tail = 'torn' | 'empty' | 'bad'

export async function judgeTail(segment: Segment, position: number, offset: number, signal?: AbortSignal): Promise<Tail> {
  const size = segment.sizeBytes - position
  const piece = Buffer.alloc(Math.min(PIECE_BYTES, size))
  for (let at = 0; at < size;) {
    signal?.throwIfAborted()
    const bytes = piece.subarray(0, await segment.file().read(piece.subarray(0, Math.min(piece.length, size - at)), position + at))
    if (bytes.length === 0) break
    if (!isZeros(bytes)) return at === 0 && isBeginning(bytes, size, offset) ? 'torn' : 'bad'
    at += bytes.length
  }
  return 'empty'
}

function isZeros(bytes: Buffer): boolean {
  return bytes[0] === 0 && bytes.compare(bytes, 1, bytes.length, 0, bytes.length - 1) === 0
}

function isBeginning(bytes: Buffer, size: number, offset: number): boolean {
  if (size < BATCH_PREFIX_BYTES) return size < 8 || baseOffsetOf(bytes, 0) === offset
  if (baseOffsetOf(bytes, 0) !== offset || sizeOf(bytes, 0) <= size || sizeOf(bytes, 0) > FRAME_BYTES_MAX) return false
  return size <= MAGIC_AT || magicOf(bytes, 0) === MAGIC
}
