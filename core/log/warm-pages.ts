/**
 * What of a file is likely in the system's page cache, without asking it: this process wrote or read it, and not much has passed through
 * since. A read that is warm is done at once; a cold one goes to the thread pool, because a disk may take milliseconds.
 */

import { WARM_BYTES_MAX } from '../common/limits.ts'

/** Remembered per MiB: one stretch in each, so that memory follows the file, 24 bytes a MiB. */
const PIECE_BITS = 20
const PIECE_BYTES = 1 << PIECE_BITS
const FIELDS = 3

/** Bytes that entered the page cache through this process, of all files: the clock by which pages grow cold. */
let bytesEntered = 0

export class WarmPages {
  /** Per piece: where its warm stretch starts and ends (positions in the file), and `bytesEntered` when it was last used. */
  #pieces: number[] = []

  /** Bytes were written or read here. */
  touch(position: number, bytes: number): void {
    for (let from = position, end = position + bytes; from < end; ) {
      const to = Math.min(end, from - (from % PIECE_BYTES) + PIECE_BYTES)
      this.#touchPiece(Math.floor(from / PIECE_BYTES) * FIELDS, from, to)
      from = to
    }
  }

  #touchPiece(at: number, from: number, to: number): void {
    const pieces = this.#pieces
    while (pieces.length < at + FIELDS) pieces.push(0)
    const warmFrom = pieces[at] ?? 0
    const warmTo = pieces[at + 1] ?? 0
    const isKnown = warmTo > 0 && bytesEntered - (pieces[at + 2] ?? 0) <= WARM_BYTES_MAX
    pieces[at + 2] = bytesEntered
    if (isKnown && from >= warmFrom && to <= warmTo) return
    bytesEntered += to - from
    pieces[at + 2] = bytesEntered
    const isJoined = isKnown && from <= warmTo && to >= warmFrom
    // Of two stretches apart the longer is worth more: a look at a header must not forget the rest.
    if (isKnown && !isJoined && warmTo - warmFrom > to - from) return
    pieces[at] = isJoined ? Math.min(from, warmFrom) : from
    pieces[at + 1] = isJoined ? Math.max(to, warmTo) : to
  }

  /** Whether all of it was touched lately. */
  has(position: number, bytes: number): boolean {
    for (let from = position, end = position + bytes; from < end; ) {
      const to = Math.min(end, from - (from % PIECE_BYTES) + PIECE_BYTES)
      const at = Math.floor(from / PIECE_BYTES) * FIELDS
      const warmTo = this.#pieces[at + 1] ?? 0
      if (to > warmTo || from < (this.#pieces[at] ?? 0) || bytesEntered - (this.#pieces[at + 2] ?? 0) > WARM_BYTES_MAX) return false
      from = to
    }
    return true
  }

  /** The file was cut: what is written there from now on is new. */
  cut(sizeBytes: number): void {
    const kept = Math.ceil(sizeBytes / PIECE_BYTES) * FIELDS
    if (this.#pieces.length > kept) this.#pieces.length = kept
    const last = kept - FIELDS
    if (last >= 0 && (this.#pieces[last + 1] ?? 0) > sizeBytes) this.#pieces[last + 1] = Math.max(this.#pieces[last] ?? 0, sizeBytes)
  }

  /** Nothing is known any more. */
  forget(): void {
    this.#pieces = []
  }
}
