/** A segment's .timeindex: int64 timestamp, int32 relative offset; timestamps only rise, the last entry is the segment's greatest. */

import type { Disk } from '../common/disk.ts'
import { readInt64, writeInt64 } from '../records/batch-header.ts'
import { EntryFile } from './entry-file.ts'
import type { Reading } from './reading.ts'

export const TIME_ENTRY_BYTES = 12

export class TimeIndex {
  readonly entries: EntryFile
  #baseOffset: number

  constructor(disk: Disk, path: string, baseOffset: number, count: number) {
    this.entries = new EntryFile(disk, path, TIME_ENTRY_BYTES, count)
    this.#baseOffset = baseOffset
  }

  /** One slot stays free for the entry that closes the segment. */
  isFull(indexBytesMax: number): boolean {
    return this.entries.count >= Math.floor(indexBytesMax / TIME_ENTRY_BYTES) - 1
  }

  /** Adds the entry when its timestamp is above the last one. */
  appendIfLater(timestamp: number, offset: number): void {
    if (timestamp <= this.lastTimestamp) return
    const at = this.entries.extend()
    const bytes = this.entries.bytes
    writeInt64(bytes, timestamp, at)
    bytes.writeInt32BE(offset - this.#baseOffset, at + 8)
  }

  /** -1 when there is no entry. */
  get lastTimestamp(): number {
    return this.entries.count === 0 ? -1 : this.timestampAt(this.entries.count - 1)
  }

  /** The greatest timestamp and its offset, without loading the others; -1, -1 when there is no entry. */
  lastNow(): { readonly timestamp: number; readonly offset: number } {
    if (this.entries.count === 0) return { timestamp: -1, offset: -1 }
    const entry = this.entries.readLastNow()
    return { timestamp: readInt64(entry, 0), offset: this.#baseOffset + entry.readInt32BE(8) }
  }

  timestampAt(index: number): number {
    return readInt64(this.entries.bytes, index * TIME_ENTRY_BYTES)
  }

  offsetAt(index: number): number {
    return this.#baseOffset + this.entries.bytes.readInt32BE(index * TIME_ENTRY_BYTES + 8)
  }

  /** The offset of the greatest entry at or below `timestamp`: a record at or above it in time lies there or later; the base when there is none. */
  offsetBefore(timestamp: number): number {
    let low = 0
    let high = this.entries.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.timestampAt(middle) <= timestamp) low = middle + 1
      else high = middle
    }
    return low === 0 ? this.#baseOffset : this.offsetAt(low - 1)
  }

  /** As `offsetBefore`, without holding the entries in memory. */
  *lookup(timestamp: number): Reading<number> {
    const found = yield* this.entries.findLast((bytes, at) => readInt64(bytes, at) <= timestamp)
    return found ? this.#baseOffset + found.bytes.readInt32BE(found.at + 8) : this.#baseOffset
  }

  /** The last entry, which is the greatest; undefined when there is none. */
  *last(): Reading<{ readonly timestamp: number; readonly offset: number } | undefined> {
    const found = yield* this.entries.entryAt(this.entries.count - 1)
    return found && { timestamp: readInt64(found.bytes, found.at), offset: this.#baseOffset + found.bytes.readInt32BE(found.at + 8) }
  }
}
