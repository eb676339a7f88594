/**
 * A segment's .txnindex: the aborted transactions whose markers lie in the segment, in the order of the markers. Readers of committed
 * records are told of them. The file exists only once there is an abort. 34 bytes an entry:
 * ```
 * int16 version 0 · int64 producerId · int64 firstOffset · int64 lastOffset (the marker's) · int64 lastStableOffset after it
 * ```
 * An entry is written at once, unlike those of the other indexes: a start after a crash scans from the last entry of the .index, and
 * does not see the markers before it.
 */

import { assert } from '../common/assert.ts'
import type { Disk } from '../common/disk.ts'
import { readInt64, writeInt64 } from '../records/batch-header.ts'
import { EntryFile } from './entry-file.ts'

export const TRANSACTION_ENTRY_BYTES = 34
const VERSION = 0

export type AbortedTransaction = {
  readonly producerId: number
  readonly firstOffset: number
  /** The offset of the abort marker. */
  readonly lastOffset: number
  /** Where the last stable offset stood once the marker was written. */
  readonly lastStableOffset: number
}

export class TransactionIndex {
  readonly path: string
  #disk: Disk
  #baseOffset: number
  /** Undefined until it was looked for: a log of many segments opens without asking for each. */
  #entries: EntryFile | undefined

  constructor(disk: Disk, path: string, baseOffset: number) {
    this.#disk = disk
    this.path = path
    this.#baseOffset = baseOffset
  }

  /** Entries of the file and those that wait to be written. */
  get count(): number {
    return this.#opened().count
  }

  /** Looks for the file and reads it: what follows until `releaseNow` asks nothing of the disk but to write. */
  load(): void {
    const entries = this.#opened()
    if (entries.count > 0) entries.load()
  }

  #opened(): EntryFile {
    return (this.#entries ??= this.#entryFile(Math.floor((this.#disk.sizeNow(this.path) ?? 0) / TRANSACTION_ENTRY_BYTES)))
  }

  #entryFile(count: number): EntryFile {
    return new EntryFile(this.#disk, this.path, TRANSACTION_ENTRY_BYTES, count)
  }

  /**
   * Adds an aborted transaction; one that is there already stays as it is. The marker is stored by now, so a disk that fails is not a
   * reason to throw: the entry waits in memory, and `writeNow` comes before whatever is written next.
   */
  append(aborted: AbortedTransaction): void {
    const entries = this.#opened()
    if (entries.count > 0 && this.#lastOffsetAt(entries.count - 1) >= aborted.lastOffset) return
    const at = entries.extend()
    const { bytes } = entries
    bytes.writeInt16BE(VERSION, at)
    writeInt64(bytes, aborted.producerId, at + 2)
    writeInt64(bytes, aborted.firstOffset, at + 10)
    writeInt64(bytes, aborted.lastOffset, at + 18)
    writeInt64(bytes, aborted.lastStableOffset, at + 26)
    try {
      entries.writeNow()
    } catch {
      // See above.
    }
  }

  /**
   * Adds to `into` those that overlap the offsets from `from` to `upTo` (exclusive). Whether the search is over: false sends it to the
   * next segment, where the marker of a transaction that began here may lie (Kafka's collectAbortedTxns).
   */
  collect(from: number, upTo: number, into: AbortedTransaction[]): boolean {
    const { count } = this
    for (let index = this.#firstFrom(from); index < count; index++) {
      const aborted = this.at(index)
      if (aborted.firstOffset < upTo) into.push(aborted)
      // All that follow were open, or not begun, when everything before this offset was decided.
      if (aborted.lastStableOffset >= upTo) return true
    }
    return false
  }

  /** The index of the first entry whose marker is at `offset` or after it. */
  #firstFrom(offset: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#lastOffsetAt(middle) < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  at(index: number): AbortedTransaction {
    const { bytes } = this.#opened()
    const at = index * TRANSACTION_ENTRY_BYTES
    assert(index < this.count, 'an entry within the index')
    return {
      producerId: readInt64(bytes, at + 2),
      firstOffset: readInt64(bytes, at + 10),
      lastOffset: readInt64(bytes, at + 18),
      lastStableOffset: readInt64(bytes, at + 26),
    }
  }

  #lastOffsetAt(index: number): number {
    return readInt64(this.#opened().bytes, index * TRANSACTION_ENTRY_BYTES + 18)
  }

  /** Drops the entries of markers at `offset` and after it; an index left without any loses its file. */
  truncateToNow(offset: number): void {
    const kept = this.#firstFrom(offset)
    if (kept === this.count) return
    if (kept === 0) this.resetNow()
    else this.#opened().cutNow(kept)
  }

  /** Forgets all entries, for a rebuild. */
  resetNow(): void {
    this.#entries = this.#entryFile(0)
    this.#disk.removeNow(this.path)
  }

  /** Whether the file is one of whole entries in rising order, of a version we know, of markers that can lie in this segment. */
  isSound(): boolean {
    if ((this.#disk.sizeNow(this.path) ?? 0) % TRANSACTION_ENTRY_BYTES !== 0) return false
    let before = this.#baseOffset - 1
    for (let index = 0; index < this.count; index++) {
      const { producerId, firstOffset, lastOffset, lastStableOffset } = this.at(index)
      const version = this.#opened().bytes.readInt16BE(index * TRANSACTION_ENTRY_BYTES)
      if (version !== VERSION || producerId < 0 || lastOffset <= before || firstOffset < 0 || firstOffset >= lastOffset) return false
      if (lastStableOffset < 0 || lastStableOffset > lastOffset + 1) return false
      before = lastOffset
    }
    return true
  }

  /** Writes what a failing disk had not taken. */
  writeNow(): void {
    this.#entries?.writeNow()
  }

  /** As `EntryFile.rewriteNow`. */
  rewriteNow(): void {
    if (this.count > 0) this.#opened().rewriteNow()
  }

  /** Makes the entries durable; without any there is no file to flush. */
  async flush(): Promise<void> {
    if (this.count > 0) await this.#opened().flush()
  }

  releaseNow(): void {
    this.#entries?.releaseNow()
  }
}

const none: readonly AbortedTransaction[] = []

/** Goes through the indexes of `segments` from the one at `first` on, until one says that the search is over. */
export function collectAborted(
  segments: readonly { readonly transactionIndex: TransactionIndex }[],
  first: number,
  range: { readonly from: number; readonly upTo: number },
): readonly AbortedTransaction[] {
  let found: AbortedTransaction[] | undefined
  for (let index = first; index < segments.length; index++) {
    const transactions = segments[index]?.transactionIndex
    if (!transactions || transactions.count === 0) continue
    found ??= []
    if (transactions.collect(range.from, range.upTo, found)) break
  }
  return found ?? none
}
