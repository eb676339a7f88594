/** Writes a compacted segment beside the originals: `<base>.log.cleaned` and its indexes, with the entries an append would have made. */

import type { Disk, DiskFile } from '../../common/disk.ts'
import { indexedTimestampOf, lastOffsetOf } from '../../records/batch-header.ts'
import { segmentFile } from '../log-files.ts'
import { OffsetIndex } from '../offset-index.ts'
import { TimeIndex } from '../time-index.ts'
import { type AbortedTransaction, TransactionIndex } from '../transaction-index.ts'

export const CLEANED_SUFFIX = '.cleaned'
export const CLEANED_FILES = ['.log', '.index', '.timeindex', '.txnindex'] as const

const BUFFER_BYTES = 1024 * 1024
/** Flushed as it grows: one flush of a whole segment would hold up everybody else's. */
const FLUSH_BYTES = 16 * 1024 * 1024
/** Positions in the index are int32. */
const SEGMENT_BYTES_MAX = 0x7fffffff

export class CleanedSegmentTooLarge extends Error {
  override readonly name = 'CleanedSegmentTooLarge'
}

export class CleanedSegment {
  readonly baseOffset: number
  readonly #disk: Disk
  readonly #folder: string
  readonly #indexIntervalBytes: number
  readonly #file: DiskFile
  readonly #offsetIndex: OffsetIndex
  readonly #timeIndex: TimeIndex
  readonly #transactionIndex: TransactionIndex
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES)
  #buffered = 0
  #writtenBytes = 0
  #flushedBytes = 0
  #bytesSinceIndexEntry = 0
  #maxTimestamp = -1
  #offsetOfMaxTimestamp = -1

  constructor(o: { readonly disk: Disk; readonly folder: string; readonly baseOffset: number; readonly indexIntervalBytes: number }) {
    const { disk, folder, baseOffset } = o
    const path = (suffix: (typeof CLEANED_FILES)[number]): string => segmentFile(folder, baseOffset, suffix) + CLEANED_SUFFIX
    this.baseOffset = baseOffset
    this.#disk = disk
    this.#folder = folder
    this.#indexIntervalBytes = o.indexIntervalBytes
    removeCleaned(disk, folder, baseOffset)
    this.#file = disk.openNow(path('.log'), 'create')
    this.#offsetIndex = new OffsetIndex(disk, path('.index'), baseOffset, 0)
    this.#timeIndex = new TimeIndex(disk, path('.timeindex'), baseOffset, 0)
    this.#transactionIndex = new TransactionIndex(disk, path('.txnindex'), baseOffset)
  }

  get sizeBytes(): number {
    return this.#writtenBytes + this.#buffered
  }

  get offsetEntries(): number {
    return this.#offsetIndex.entries.count
  }

  get timeEntries(): number {
    return this.#timeIndex.entries.count
  }

  get hasTransactions(): boolean {
    return this.#transactionIndex.count > 0
  }

  /** Adds the whole batch of `size` bytes at `at`. */
  append(bytes: Buffer, at: number, size: number): void {
    const position = this.sizeBytes
    if (position + size > SEGMENT_BYTES_MAX) throw new CleanedSegmentTooLarge(`compacted, the segment ${this.baseOffset} has more than ${SEGMENT_BYTES_MAX} bytes`)
    this.#index(bytes, at, position, size)
    if (size > BUFFER_BYTES - this.#buffered) this.#writeNow()
    if (size > BUFFER_BYTES) {
      this.#file.writeNow([bytes.subarray(at, at + size)], this.#writtenBytes)
      this.#writtenBytes += size
      return
    }
    bytes.copy(this.#buffer, this.#buffered, at, at + size)
    this.#buffered += size
  }

  /** The rule of Segment.indexBatch. */
  #index(bytes: Buffer, at: number, position: number, size: number): void {
    const lastOffset = lastOffsetOf(bytes, at)
    const timestamp = indexedTimestampOf(bytes, at)
    if (timestamp > this.#maxTimestamp) {
      this.#maxTimestamp = timestamp
      this.#offsetOfMaxTimestamp = lastOffset
    }
    if (this.#bytesSinceIndexEntry > this.#indexIntervalBytes) {
      this.#offsetIndex.append(lastOffset, position)
      this.#timeIndex.appendIfLater(this.#maxTimestamp, this.#offsetOfMaxTimestamp)
      this.#bytesSinceIndexEntry = 0
    }
    this.#bytesSinceIndexEntry += size
  }

  appendAborted(aborted: AbortedTransaction): void {
    this.#transactionIndex.append(aborted)
  }

  #writeNow(): void {
    if (this.#buffered === 0) return
    this.#file.writeNow([this.#buffer.subarray(0, this.#buffered)], this.#writtenBytes)
    this.#writtenBytes += this.#buffered
    this.#buffered = 0
  }

  /** Makes durable what has piled up, when it is much. */
  async flushSome(): Promise<void> {
    if (this.#writtenBytes - this.#flushedBytes < FLUSH_BYTES) return
    this.#flushedBytes = this.#writtenBytes
    await this.#file.flush()
  }

  /** Completes the files and makes them durable, their names too. */
  async finish(): Promise<void> {
    this.#writeNow()
    this.#timeIndex.appendIfLater(this.#maxTimestamp, this.#offsetOfMaxTimestamp)
    await this.#file.flush()
    await this.#offsetIndex.entries.flush()
    await this.#timeIndex.entries.flush()
    await this.#transactionIndex.flush()
    this.#file.closeNow()
    await this.#disk.flushFolder(this.#folder)
  }

  /** Closes and removes what was written. */
  discard(): void {
    this.#file.closeNow()
    removeCleaned(this.#disk, this.#folder, this.baseOffset)
  }
}

/** Removes the .cleaned files of a segment, if there are any. */
export function removeCleaned(disk: Disk, folder: string, baseOffset: number): void {
  for (const suffix of CLEANED_FILES.toReversed()) disk.removeNow(segmentFile(folder, baseOffset, suffix) + CLEANED_SUFFIX)
}
