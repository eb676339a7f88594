/**
 * Compacts a run of closed segments: reads the dirty part for the last offset of each key, then writes every segment anew without what
 * later records supersede (Kafka's Cleaner). Reads in pieces and gives way between them; touches no original.
 */

import type { Clock } from '../../common/clock.ts'
import type { Disk, DiskFile } from '../../common/disk.ts'
import type { Random } from '../../common/random.ts'
import { INFLATED_BATCH_BYTES_MAX } from '../../common/limits.ts'
import { attributesOf, baseOffsetOf, codecIdOf, isControl, isIntact, isTransactional, lastOffsetOf, recordCountOf, sizeOf } from '../../records/batch-header.ts'
import { CorruptBatch } from '../../records/corrupt-batch.ts'
import { recordSection } from '../../records/record-batch.ts'
import { RecordCursor } from '../../records/record-cursor.ts'
import { scanBatches } from '../batch-scan.ts'
import { segmentFile } from '../log-files.ts'
import { BatchFilter } from './batch-filter.ts'
import type { CleanedGroup, CleanJob, CleanResult, CleanWatch, SourceSegment } from './clean-job.ts'
import { CLEANED_SUFFIX, CleanedSegment, CleanedSegmentTooLarge } from './cleaned-segment.ts'
import { OffsetMap } from './offset-map.ts'
import { Pace } from './pace.ts'
import { groupSegments } from './segment-groups.ts'
import { TransactionsSeen } from './transactions-seen.ts'

/** Left free on the disk by a compaction. */
const SPARE_BYTES = 64 * 1024 * 1024

export type CleanParts = { readonly disk: Disk; readonly clock: Clock; readonly random: Random }

/** Never rejects for what the segments hold; rejects with what the disk throws when it fails. */
export async function cleanSegments(job: CleanJob, watch: CleanWatch, parts: CleanParts): Promise<CleanResult> {
  try {
    return await new Cleaning(job, watch, parts).run()
  } catch (failure) {
    if (watch.signal.aborted || isGone(failure)) return { is: 'aborted' }
    if (failure instanceof CorruptBatch || failure instanceof CleanedSegmentTooLarge) return { is: 'uncleanable', reason: failure.message }
    throw failure
  }
}

class Cleaning {
  readonly #job: CleanJob
  readonly #watch: CleanWatch
  readonly #parts: CleanParts
  readonly #pace: Pace
  readonly #map: OffsetMap
  readonly #transactions: TransactionsSeen
  readonly #cursor = new RecordCursor()
  #bytesRead = 0
  #bytesTotal = 0
  #bytesWritten = 0

  constructor(job: CleanJob, watch: CleanWatch, parts: CleanParts) {
    this.#job = job
    this.#watch = watch
    this.#parts = parts
    this.#pace = new Pace({ clock: parts.clock, bytesPerSecond: job.bytesPerSecond, signal: watch.signal })
    this.#transactions = new TransactionsSeen(job.aborted)
    const { firstDirtyOffset: firstOffset, endOffset, mapBytes: bytesMax } = job
    this.#map = new OffsetMap({ firstOffset, endOffset, bytesMax, secret: parts.random.bytes(16) })
  }

  async run(): Promise<CleanResult> {
    const { segments, firstDirtyOffset, endOffset } = this.#job
    const dirty = segments.filter((_, at) => (segments[at + 1]?.baseOffset ?? endOffset) > firstDirtyOffset)
    const total = (list: readonly SourceSegment[]): number => list.reduce((sum, segment) => sum + segment.sizeBytes, 0)
    this.#bytesTotal = total(segments) + total(dirty)
    await this.#removeStale()
    await this.#mapKeys(dirty)
    const cleanedUpTo = this.#map.latestOffset + 1
    const copied = segments.filter(segment => segment.baseOffset < cleanedUpTo)
    this.#bytesTotal = this.#bytesRead + total(copied)
    const filter = new BatchFilter({ ...this.#job, map: this.#map, transactions: this.#transactions })
    for (const group of groupSegments(copied, this.#job)) await this.#cleanGroup(group, filter)
    const { recordsRead, recordsKept } = filter
    return { is: 'cleaned', endOffset: cleanedUpTo, bytesRead: this.#bytesRead, bytesWritten: this.#bytesWritten, recordsRead, recordsKept }
  }

  /** A start takes every `.swap` above a `.cleaned` for unfinished: none may be left of a compaction whose thread died. */
  async #removeStale(): Promise<void> {
    const { disk } = this.#parts
    const { folder } = this.#job
    for (const { name } of await disk.list(folder)) if (name.endsWith(CLEANED_SUFFIX)) await disk.remove(`${folder}/${name}`)
  }

  /** Reads the dirty segments into the map, until they end or it is full. */
  async #mapKeys(dirty: readonly SourceSegment[]): Promise<void> {
    const { firstDirtyOffset, aborted, endOffset } = this.#job
    // Those that ended before are not met on the way: their producers' next ones would be taken for them.
    const transactions = new TransactionsSeen(aborted.filter(each => each.lastOffset >= (dirty[0]?.baseOffset ?? 0)))
    const map = this.#map
    map.latestOffset = firstDirtyOffset - 1
    for (const [at, segment] of dirty.entries()) {
      await this.#scan(segment, (bytes, at) => this.#mapBatch(bytes, at, transactions))
      if (map.isFull) return
      // Offsets may be missing at the end of a segment.
      map.latestOffset = Math.max(map.latestOffset, (dirty[at + 1]?.baseOffset ?? endOffset) - 1)
    }
  }

  /** False when the map is full: the compaction then ends at the last record it took. */
  #mapBatch(bytes: Buffer, at: number, transactions: TransactionsSeen): boolean {
    if (!isIntact(bytes, at)) throw new CorruptBatch('a checksum does not hold', 'CORRUPT_MESSAGE')
    const attributes = attributesOf(bytes, at)
    const map = this.#map
    if (isControl(attributes)) transactions.isSpent(bytes, at)
    else if (!(isTransactional(attributes) && transactions.isAborted(bytes, at)) && lastOffsetOf(bytes, at) >= this.#job.firstDirtyOffset) {
      this.#mapRecords(bytes, at)
      if (map.isFull) return false
    }
    map.latestOffset = Math.max(map.latestOffset, lastOffsetOf(bytes, at))
    return true
  }

  #mapRecords(bytes: Buffer, at: number): void {
    const cursor = this.#cursor
    const map = this.#map
    const { firstDirtyOffset } = this.#job
    const section = recordSection(bytes, at, { codecId: codecIdOf(attributesOf(bytes, at)), sizeBytes: sizeOf(bytes, at) }, INFLATED_BATCH_BYTES_MAX)
    const baseOffset = baseOffsetOf(bytes, at)
    const count = recordCountOf(bytes, at)
    if (count === 0) return
    cursor.reset(section, 0, section.length)
    for (let index = 0; index < count; index++) {
      cursor.next()
      const offset = baseOffset + cursor.offsetDelta
      if (cursor.keyLength < 0 || offset < firstDirtyOffset) continue
      if (map.isFull) return
      map.put(section, cursor.keyAt, cursor.keyLength, offset)
    }
  }

  /** What is free belongs to those who produce: a compaction that would take the last of it waits for better times. */
  async #mustHaveSpace(group: readonly SourceSegment[]): Promise<void> {
    const { folder } = this.#job
    const bytes = group.reduce((sum, segment) => sum + segment.sizeBytes, 0)
    const { freeBytes } = await this.#parts.disk.space(folder)
    if (freeBytes < bytes + SPARE_BYTES) {
      throw Object.assign(new Error(`${folder} cannot be compacted: ${freeBytes} bytes are free, and it may take ${bytes}`), { code: 'ENOSPC' })
    }
  }

  /** Writes one group's segments into one, and hands it over. */
  async #cleanGroup(group: readonly SourceSegment[], filter: BatchFilter): Promise<void> {
    const { disk } = this.#parts
    const baseOffset = group[0]?.baseOffset ?? 0
    const { folder, indexIntervalBytes } = this.#job
    await this.#mustHaveSpace(group)
    const cleaned = new CleanedSegment({ disk, folder, baseOffset, indexIntervalBytes })
    this.#transactions.onAbortKept = aborted => cleaned.appendAborted(aborted)
    try {
      for (const segment of group) {
        const lastAt = segment === group.at(-1) ? segment.sizeBytes : Infinity
        await this.#scan(segment, (bytes, at, position) => {
          // Without a batch up to its end a segment would leave a hole before the next, which a lost tail leaves too.
          filter.filter(bytes, at, { staysAnyway: position + sizeOf(bytes, at) === lastAt }, cleaned)
          return true
        }, () => cleaned.flushSome())
      }
      await cleaned.finish()
      this.#watch.signal.throwIfAborted()
    } catch (failure) {
      cleaned.discard()
      throw failure
    }
    this.#bytesWritten += cleaned.sizeBytes
    const { sizeBytes, offsetEntries, timeEntries, hasTransactions } = cleaned
    this.#report({ replaced: group.map(segment => segment.baseOffset), sizeBytes, offsetEntries, timeEntries, hasTransactions })
  }

  /** Goes through the whole batches of a segment; between pieces it keeps to the pace and looks whether it is still wanted. */
  async #scan(
    segment: SourceSegment,
    take: (bytes: Buffer, at: number, position: number) => boolean,
    between: () => Promise<void> = async () => {},
  ): Promise<void> {
    const path = segmentFile(this.#job.folder, segment.baseOffset, '.log')
    const file = this.#parts.disk.openNow(path, 'read')
    const paced: Pick<DiskFile, 'read'> = {
      read: async (target, position) => {
        await this.#pace.wait(target.length)
        await between()
        const count = await file.read(target, position)
        this.#bytesRead += count
        this.#report()
        return count
      },
    }
    let isTaken = true
    try {
      const end = await scanBatches({ sizeBytes: segment.sizeBytes, file: () => paced }, 0, (bytes, at, position) => (isTaken = take(bytes, at, position)))
      if (isTaken && end !== segment.sizeBytes) throw new CorruptBatch('bytes are no record batch', 'CORRUPT_MESSAGE')
    } catch (failure) {
      if (failure instanceof CorruptBatch) throw new CorruptBatch(`${path} cannot be compacted: ${failure.message}`, failure.kafkaError, { cause: failure })
      throw failure
    } finally {
      file.closeNow()
    }
  }

  #report(group?: CleanedGroup): void {
    const { topic, partition } = this.#job
    const progress = { topic, partition, bytesRead: Math.min(this.#bytesRead, this.#bytesTotal), bytesTotal: this.#bytesTotal, bytesWritten: this.#bytesWritten }
    this.#watch.onProgress(group ? { ...progress, group } : progress)
  }
}

/** A segment that retention or a deletion removed while it was being compacted. */
function isGone(failure: unknown): boolean {
  return (failure as NodeJS.ErrnoException | undefined)?.code === 'ENOENT' // Node's own errors carry the code
}
