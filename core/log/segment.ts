/**
 * One segment of a partition's log: `<base offset>.log` with whole record batches, and its two indexes. Knows positions and offsets;
 * what a batch may contain and who may append is the partition log's business.
 */

import type { Clock } from '../common/clock.ts'
import type { Disk, DiskFile } from '../common/disk.ts'
import { COLD_PIECE_BYTES, READ_AT_ONCE_BYTES_MAX } from '../common/limits.ts'
import type { Random } from '../common/random.ts'
import { BATCH_HEADER_BYTES, lastOffsetOf, maxTimestampOf, sizeOf } from '../records/batch-header.ts'
import type { LogConfig } from './log-config.ts'
import { segmentFile } from './log-files.ts'
import { OffsetIndex } from './offset-index.ts'
import { markClosed, markOpened, markUsed, openFileNow, type OpenSegment } from './open-segments.ts'
import { type Reading, readingNow } from './reading.ts'
import { TimeIndex } from './time-index.ts'
import { TransactionIndex } from './transaction-index.ts'
import { WarmPages } from './warm-pages.ts'

/** An int32 in the indexes. */
const RELATIVE_OFFSET_MAX = 0x7fffffff
const JITTER_STEPS = 0x1_0000_0000
const scratch = Buffer.alloc(8192)
/** Where readers last stopped: the next read of each consumer of a partition starts exactly there. */
const HINTS = 8

export type SegmentOrigin = {
  readonly disk: Disk
  readonly clock: Clock
  readonly folder: string
  readonly baseOffset: number
  readonly indexIntervalBytes: number
  /** Good bytes of the .log and good entries of the indexes; none for a new segment. */
  readonly sizeBytes?: number
  readonly offsetEntries?: number
  readonly timeEntries?: number
}

export class Segment implements OpenSegment {
  readonly baseOffset: number
  readonly logPath: string
  readonly offsetIndex: OffsetIndex
  readonly timeIndex: TimeIndex
  readonly transactionIndex: TransactionIndex
  /** index.interval.bytes: more than this much log between two index entries. */
  indexIntervalBytes: number
  /** Taken from segment.ms, so that segments made together do not roll together. */
  rollJitterMs = 0
  lastUsed = 0
  #disk: Disk
  #file: DiskFile | undefined
  #sizeBytes: number
  #clock: Clock
  #createdMs: number
  /** Nothing was written after it, unless the segment is active. */
  #quietSinceMs: number
  /** The first batch's greatest timestamp, from which the segment's age is counted; undefined until known, -1 for none. */
  #firstTimestamp: number | undefined
  /** NaN until read from the time index. */
  #maxTimestamp = NaN
  #offsetOfMaxTimestamp = -1
  #bytesSinceIndexEntry = 0
  /** A failed write may have left bytes after the good ones that could not be cut at once. */
  #hasTornTail = false
  /** Its files were renamed to be unlinked: a flush that was under way must not open or make them again. */
  #isDropped = false
  #warm = new WarmPages()
  #hintOffsets = new Float64Array(HINTS).fill(-1)
  #hintPositions = new Float64Array(HINTS)
  #nextHint = 0

  constructor(origin: SegmentOrigin) {
    this.#disk = origin.disk
    this.indexIntervalBytes = origin.indexIntervalBytes
    this.baseOffset = origin.baseOffset
    this.logPath = segmentFile(origin.folder, origin.baseOffset, '.log')
    this.#sizeBytes = origin.sizeBytes ?? 0
    this.#clock = origin.clock
    this.#createdMs = origin.clock.now()
    this.#quietSinceMs = this.#createdMs
    const index = segmentFile(origin.folder, origin.baseOffset, '.index')
    const timeIndex = segmentFile(origin.folder, origin.baseOffset, '.timeindex')
    this.offsetIndex = new OffsetIndex(origin.disk, index, origin.baseOffset, origin.offsetEntries ?? 0)
    this.timeIndex = new TimeIndex(origin.disk, timeIndex, origin.baseOffset, origin.timeEntries ?? 0)
    this.transactionIndex = new TransactionIndex(origin.disk, segmentFile(origin.folder, origin.baseOffset, '.txnindex'), origin.baseOffset)
  }

  /** A new, empty segment with its three files. */
  static createNow(origin: SegmentOrigin): Segment {
    const segment = new Segment(origin)
    const file = openFileNow(origin.disk, segment.logPath, 'create')
    if (file.size > 0) file.truncateNow(0)
    file.closeNow()
    segment.offsetIndex.entries.cutNow(0)
    segment.timeIndex.entries.cutNow(0)
    segment.transactionIndex.resetNow()
    segment.#maxTimestamp = -1
    return segment
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get maxTimestamp(): number {
    if (Number.isNaN(this.#maxTimestamp)) this.#readMaxTimestamp()
    return this.#maxTimestamp
  }

  /** From when retention.ms counts: the greatest timestamp; where records have none, when the segment was closed, opened or made. */
  get retainedFromMs(): number {
    return this.maxTimestamp >= 0 ? this.maxTimestamp : this.#quietSinceMs
  }

  /** The last offset of the first batch that has the greatest timestamp. */
  get offsetOfMaxTimestamp(): number {
    if (Number.isNaN(this.#maxTimestamp)) this.#readMaxTimestamp()
    return this.#offsetOfMaxTimestamp
  }

  #readMaxTimestamp(): void {
    const { timestamp, offset } = this.timeIndex.lastNow()
    this.#maxTimestamp = timestamp
    this.#offsetOfMaxTimestamp = offset
  }

  /** The greatest timestamp and its offset, as above; read once, then remembered. */
  *latest(): Reading<{ readonly timestamp: number; readonly offset: number }> {
    if (Number.isNaN(this.#maxTimestamp)) {
      const last = yield* this.timeIndex.last()
      if (Number.isNaN(this.#maxTimestamp)) {
        this.#maxTimestamp = last?.timestamp ?? -1
        this.#offsetOfMaxTimestamp = last?.offset ?? -1
      }
    }
    return { timestamp: this.#maxTimestamp, offset: this.#offsetOfMaxTimestamp }
  }

  file(): DiskFile {
    markUsed(this)
    if (this.#file) return this.#file
    // Under its name there may be another segment by now: the one it was compacted into.
    if (this.#isDropped) throw Object.assign(new Error(`ENOENT: ${this.logPath} was removed from its log`), { code: 'ENOENT' })
    const file = openFileNow(this.#disk, this.logPath, 'write')
    markOpened(this)
    return (this.#file = file)
  }

  /** Whether the batch must go to a new segment. */
  isFullFor(o: { batchBytes: number; lastOffset: number; maxTimestamp: number; nowMs: number }, config: LogConfig): boolean {
    if (this.#sizeBytes === 0) return false // a segment after it would have the same name
    return (
      this.#sizeBytes > config.segmentBytes - o.batchBytes ||
      this.#ageMs(o) > segmentMsOf(config) - this.rollJitterMs ||
      this.offsetIndex.isFull(config.segmentIndexBytes) ||
      this.timeIndex.isFull(config.segmentIndexBytes) ||
      o.lastOffset - this.baseOffset > RELATIVE_OFFSET_MAX
    )
  }

  /** Kafka counts a segment's age in the time of its records, by the clock only when they have none. */
  #ageMs(o: { maxTimestamp: number; nowMs: number }): number {
    const firstTimestamp = (this.#firstTimestamp ??= this.#readFirstTimestamp())
    return firstTimestamp >= 0 ? o.maxTimestamp - firstTimestamp : o.nowMs - this.#createdMs
  }

  #readFirstTimestamp(): number {
    const header = scratch.subarray(0, BATCH_HEADER_BYTES)
    return this.file().readNow(header, 0) === header.length ? maxTimestampOf(header, 0) : -1
  }

  /** Adds a whole batch at the end, then the index entries Kafka would add. Throws what the disk throws, with nothing added. */
  append(batch: Buffer, lastOffset: number, maxTimestamp: number): void {
    const position = this.#sizeBytes
    const file = this.file()
    if (this.#hasTornTail) this.#cutTornTail(file)
    this.#readIndexes()
    try {
      file.writeNow([batch], position)
    } catch (failure) {
      this.#hasTornTail = true
      throw failure
    }
    this.#sizeBytes = position + batch.length
    this.#warm.touch(position, batch.length)
    this.indexBatch(position, batch.length, lastOffset, maxTimestamp)
  }

  /** Throws when the file was removed or cut from outside; the next use opens it by its name again. */
  checkFileNow(): void {
    const size = this.#disk.sizeNow(this.logPath)
    if (size !== undefined && size >= this.#sizeBytes) return
    this.closeNow()
    throw new Error(size === undefined ? `${this.logPath} is gone` : `${this.logPath} was cut to ${size} of ${this.#sizeBytes} bytes`)
  }

  /** What `indexBatch` needs of the disk: once a batch is written nothing may fail, or its offsets would be given again. */
  #readIndexes(): void {
    if (Number.isNaN(this.#maxTimestamp)) this.#readMaxTimestamp()
    this.offsetIndex.entries.load()
    this.timeIndex.entries.load()
    this.transactionIndex.load()
    this.transactionIndex.writeNow()
  }

  #cutTornTail(file: DiskFile): void {
    file.truncateNow(this.#sizeBytes)
    this.#hasTornTail = false
  }

  /** Notes a batch at `position`: also how recovery rebuilds the indexes, in the order of the batches. */
  indexBatch(position: number, sizeBytes: number, lastOffset: number, maxTimestamp: number): void {
    if (position === 0) this.#firstTimestamp = maxTimestamp
    if (maxTimestamp > this.maxTimestamp) {
      this.#maxTimestamp = maxTimestamp
      this.#offsetOfMaxTimestamp = lastOffset
    }
    if (this.#bytesSinceIndexEntry > this.indexIntervalBytes) {
      this.offsetIndex.append(lastOffset, position)
      this.timeIndex.appendIfLater(this.#maxTimestamp, this.#offsetOfMaxTimestamp)
      this.#bytesSinceIndexEntry = 0
      if (this.offsetIndex.entries.isWriteDue) this.#writeIndexesIfPossible()
    }
    this.#bytesSinceIndexEntry += sizeBytes
  }

  /** Never throws, for what the entries point to is stored. */
  #writeIndexesIfPossible(): void {
    try {
      this.writeIndexesNow()
    } catch {
      // A full disk: the files lag, and the next entry, a roll, a flush or the close tries again, the latter three aloud.
    }
  }

  /**
   * Times first: what lies before the last entry of the .index file has its entries in the .timeindex file too, and a start after a kill
   * reads only what lies after it.
   */
  writeIndexesNow(): void {
    this.timeIndex.entries.writeNow()
    this.offsetIndex.entries.writeNow()
  }

  /** Forgets the indexes, for a rebuild from the first batch; the files are there again, whole, when the segment is sealed. */
  resetIndexesNow(): void {
    this.offsetIndex.entries.rebuildNow()
    this.timeIndex.entries.rebuildNow()
    this.transactionIndex.resetNow()
    this.#maxTimestamp = -1
    this.#offsetOfMaxTimestamp = -1
    this.#firstTimestamp = undefined
    this.#bytesSinceIndexEntry = 0
    this.forgetHints()
  }

  /** Keeps the index entries of batches before `recoveryPoint`, which are durable, and returns where a scan must take up: the batch of the last. */
  keepIndexesUpTo(recoveryPoint: number): number {
    const kept = this.offsetIndex.floor(recoveryPoint - 1)
    if (kept < 0) {
      this.resetIndexesNow()
      return 0
    }
    const lastOffset = this.offsetIndex.offsetAt(kept)
    let times = this.timeIndex.entries.count
    while (times > 0 && this.timeIndex.offsetAt(times - 1) > lastOffset) times--
    this.offsetIndex.entries.cutNow(kept + 1)
    this.timeIndex.entries.cutNow(times)
    this.transactionIndex.truncateToNow(lastOffset)
    this.#maxTimestamp = NaN
    this.#bytesSinceIndexEntry = 0
    return this.offsetIndex.positionAt(kept)
  }

  /** Cuts the log to `sizeBytes`; the indexes are the caller's to put right. */
  truncateNow(sizeBytes: number): void {
    this.file().truncateNow(sizeBytes)
    this.#sizeBytes = sizeBytes
    this.#hasTornTail = false
    if (sizeBytes === 0) this.#firstTimestamp = undefined
    this.#warm.cut(sizeBytes)
    this.forgetHints()
  }

  /** The position of the first batch that ends at or after `offset`; undefined when the segment ends before it. Trusts its headers. */
  locate(offset: number): number | undefined {
    const entry = readingNow(this.offsetIndex.lookup(offset))
    return this.#scan(entry?.position ?? 0, (bytes, at) => lastOffsetOf(bytes, at) >= offset)
  }

  /** Where a reader stopped that goes on at `offset`; undefined when none did. It may be the end of the segment. */
  hinted(offset: number): number | undefined {
    for (let hint = 0; hint < HINTS; hint++) if (this.#hintOffsets[hint] === offset) return this.#hintPositions[hint]
    return undefined
  }

  /** The position of `offset`, or a little before it, as far as memory tells. */
  placeInMemory(offset: number): number | undefined {
    if (offset <= this.baseOffset) return 0
    return this.hinted(offset) ?? (this.offsetIndex.entries.isLoaded ? this.offsetIndex.positionBefore(offset) : undefined)
  }

  readNow(target: Uint8Array, position: number): number {
    const count = this.file().readNow(target, position)
    this.#warm.touch(position, count)
    return count
  }

  /** Reads on the thread pool, in pieces. Asks for the file each time: between two pieces it may have been closed to make room for others. */
  async read(target: Uint8Array, position: number): Promise<number> {
    let done = 0
    while (done < target.length) {
      const count = await this.file().read(target.subarray(done, done + COLD_PIECE_BYTES), position + done)
      if (count === 0) break
      this.#warm.touch(position + done, count)
      done += count
    }
    return done
  }

  /** Whether it may be read at once: little enough, and likely in the page cache. */
  isWarm(position: number, bytes: number): boolean {
    return bytes <= READ_AT_ONCE_BYTES_MAX && this.#warm.has(position, bytes)
  }

  /** A batch starts at `position` with `offset`: the next read of it need not search. */
  hint(offset: number, position: number): void {
    this.#hintOffsets[this.#nextHint] = offset
    this.#hintPositions[this.#nextHint] = position
    this.#nextHint = (this.#nextHint + 1) % HINTS
  }

  forgetHints(): void {
    this.#hintOffsets.fill(-1)
  }

  /** Goes from header to header from `position` on until `isWanted`. */
  #scan(position: number, isWanted: (header: Buffer, at: number) => boolean): number | undefined {
    const file = this.file()
    let chunkAt = position
    let chunkBytes = 0
    for (let at = position; at < this.#sizeBytes; ) {
      if (at + BATCH_HEADER_BYTES > chunkAt + chunkBytes) {
        chunkAt = at
        chunkBytes = file.readNow(scratch.subarray(0, Math.min(scratch.length, this.#sizeBytes - at)), at)
        if (chunkBytes < BATCH_HEADER_BYTES) return undefined
      }
      if (isWanted(scratch, at - chunkAt)) return at
      at += Math.max(BATCH_HEADER_BYTES, sizeOf(scratch, at - chunkAt))
    }
    return undefined
  }

  /** The offset after the segment's last batch: the base when it is empty. Reads from the last index entry on. */
  readNextOffset(): number {
    const last = this.offsetIndex.entries.count - 1
    let next = this.baseOffset
    this.#scan(last < 0 ? 0 : this.offsetIndex.positionAt(last), (bytes, at) => {
      next = lastOffsetOf(bytes, at) + 1
      return false
    })
    return next
  }

  /** No batch will follow: the greatest timestamp gets its entry, as Kafka does on roll and close, and the index files are complete. */
  sealNow(): void {
    this.#quietSinceMs = this.#clock.now()
    this.timeIndex.appendIfLater(this.maxTimestamp, this.offsetOfMaxTimestamp)
    this.writeIndexesNow()
    this.transactionIndex.writeNow()
    if (this.#hasTornTail) this.#cutTornTail(this.file())
  }

  /** Seals it, and frees the memory of its indexes: a closed segment's are searched in their files, page by page. */
  retireNow(): void {
    this.sealNow()
    this.offsetIndex.entries.releaseNow()
    this.timeIndex.entries.releaseNow()
    this.transactionIndex.releaseNow()
  }

  /** Makes the segment durable as it is now; nothing to do for one that was dropped. */
  async flush(): Promise<void> {
    if (!this.#isDropped) await this.flushLog()
    if (!this.#isDropped) await this.timeIndex.entries.flush()
    if (!this.#isDropped) await this.#flushOffsetIndex()
    if (!this.#isDropped) await this.transactionIndex.flush()
  }

  /** Makes the log file durable, without its indexes. What a failed write left is cut first: after a loss of power it would be back. */
  flushLog(): Promise<void> {
    const file = this.file()
    if (this.#hasTornTail) this.#cutTornTail(file)
    return file.flush()
  }

  /** Hands all entries of its indexes to the system once more. Throws what the disk throws. */
  rewriteIndexesNow(): void {
    this.timeIndex.entries.rewriteNow()
    this.offsetIndex.entries.rewriteNow()
    this.transactionIndex.rewriteNow()
  }

  #flushOffsetIndex(): Promise<void> {
    this.writeIndexesNow() // meanwhile there may be more entries, and those of the times come first
    return this.offsetIndex.entries.flush()
  }

  /** Its files are gone from the log: nothing of it is written any more. */
  dropNow(): void {
    this.#isDropped = true
    this.closeNow()
  }

  releaseNow(): void {
    this.timeIndex.entries.releaseNow()
    this.offsetIndex.entries.releaseNow()
    this.transactionIndex.releaseNow()
    this.closeNow()
  }

  /** Closes the file without writing anything. */
  closeNow(): void {
    this.#file?.closeNow()
    this.#file = undefined
    markClosed(this)
  }
}

/** A random part of segment.jitter.ms, segment.ms at most: one for each segment (Kafka's LogConfig.randomSegmentJitter). */
/** max.compaction.lag.ms counts from the first record: its segment must be closed by then to be compacted (Kafka's maxSegmentMs). */
function segmentMsOf({ segmentMs, maxCompactionLagMs, cleanupPolicy }: LogConfig): number {
  return maxCompactionLagMs < segmentMs && cleanupPolicy.includes('compact') ? maxCompactionLagMs : segmentMs
}

export function rollJitter({ segmentJitterMs, segmentMs }: LogConfig, random: Random): number {
  return segmentJitterMs === 0 ? 0 : Math.floor((random.below(JITTER_STEPS) / JITTER_STEPS) * Math.min(segmentJitterMs, segmentMs))
}
