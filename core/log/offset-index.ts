/** A segment's .index: int32 offset relative to the base, int32 position; one entry per more than index.interval.bytes of log. */

import type { Disk } from '../common/disk.ts'
import { EntryFile, type FoundEntry } from './entry-file.ts'
import type { Reading } from './reading.ts'

export const OFFSET_ENTRY_BYTES = 8

/** What an entry says: the batch at `position` ends with `offset`. */
export type OffsetEntry = { readonly index: number; readonly offset: number; readonly position: number }

export class OffsetIndex {
  readonly entries: EntryFile
  #baseOffset: number

  constructor(disk: Disk, path: string, baseOffset: number, count: number) {
    this.entries = new EntryFile(disk, path, OFFSET_ENTRY_BYTES, count)
    this.#baseOffset = baseOffset
  }

  isFull(indexBytesMax: number): boolean {
    return this.entries.count >= Math.floor(indexBytesMax / OFFSET_ENTRY_BYTES)
  }

  /** Writing it is for the segment, `entries.isWriteDue`. */
  append(offset: number, position: number): void {
    const at = this.entries.extend()
    const bytes = this.entries.bytes
    bytes.writeInt32BE(offset - this.#baseOffset, at)
    bytes.writeInt32BE(position, at + 4)
  }

  offsetAt(index: number): number {
    return this.#baseOffset + this.entries.bytes.readInt32BE(index * OFFSET_ENTRY_BYTES)
  }

  positionAt(index: number): number {
    return this.entries.bytes.readInt32BE(index * OFFSET_ENTRY_BYTES + 4)
  }

  /** The index of the greatest entry at or below `offset`, or -1. */
  floor(offset: number): number {
    let low = 0
    let high = this.entries.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.offsetAt(middle) <= offset) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** The position of a batch from which a scan forward finds `offset`. */
  positionBefore(offset: number): number {
    const index = this.floor(offset)
    return index < 0 ? 0 : this.positionAt(index)
  }

  /** The greatest entry at or below `offset`. */
  *lookup(offset: number): Reading<OffsetEntry | undefined> {
    const relative = offset - this.#baseOffset
    return this.#read(yield* this.entries.findLast((bytes, at) => bytes.readInt32BE(at) <= relative))
  }

  /** The first entry of a batch that starts after `position`. */
  *lookupAfter(position: number): Reading<OffsetEntry | undefined> {
    const last = yield* this.entries.findLast((bytes, at) => bytes.readInt32BE(at + 4) <= position)
    return yield* this.entryAt(last ? last.index + 1 : 0)
  }

  *entryAt(index: number): Reading<OffsetEntry | undefined> {
    return this.#read(yield* this.entries.entryAt(index))
  }

  #read(found: FoundEntry | undefined): OffsetEntry | undefined {
    if (!found) return undefined
    const { index, bytes, at } = found
    return { index, offset: this.#baseOffset + bytes.readInt32BE(at), position: bytes.readInt32BE(at + 4) }
  }
}
