/**
 * Brings a partition folder to a state that can be trusted (Kafka's LogLoader): leftovers of interrupted work are settled, damaged
 * indexes rebuilt, and what the last stop leaves in doubt (last-stop.ts) is read batch by batch up to the first bad byte. What must be
 * taken out is set aside, never erased; when records may be missing that had been acknowledged, a new leader epoch says so (KIP-320).
 */

import type { Logger } from '../common/logger.ts'
import { BATCH_HEADER_BYTES, baseOffsetOf, isIntact, lastOffsetOf, leaderEpochOf, MAGIC, magicOf, indexedTimestampOf, sizeOf } from '../records/batch-header.ts'
import { scanBatches } from './batch-scan.ts'
import { searchEpochs } from './epoch-search.ts'
import type { CleanFacts, LastStop } from './last-stop.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import { segmentFile } from './log-files.ts'
import { adoptGone, ProducerReplay, straySnapshots } from './producer-replay.ts'
import { encodeProducerSnapshot } from './producer-snapshot.ts'
import { ProducerStates } from './producer-state.ts'
import { areAsLeft, type FolderInput, isPlausible, type LogFiles, pointsToBatch, removeSegment, removeSegmentNow, settleFiles } from './recovery-files.ts'
import { countBelow } from './retention.ts'
import { Segment } from './segment.ts'
import { SetAside } from './set-aside.ts'
import { judgeTail } from './torn-tail.ts'
import { trustFilesNow } from './trusted-files.ts'

export type RecoveryInput = FolderInput & {
  readonly logger: Logger
  readonly lastStop: LastStop
  /** Of a clean stop: what the files held. */
  readonly facts?: CleanFacts | undefined
  /** Everything before this offset is durable, indexes included. */
  readonly recoveryPoint: number
  /** Below it a compacted log may lack offsets between two segments: Kafka's cleaner leaves such holes, ours none. From it on they are losses. */
  readonly holesUpTo: number
  /** Where DeleteRecords or retention had moved the start to. */
  readonly startOffset: number
  /** Where what is taken out goes: a folder of this partition, made when it is needed. */
  readonly setAsideFolder: string
  /** Aborts a scan at its next piece: the partition is then as doubtful as it was. */
  readonly signal?: AbortSignal | undefined
}

/** What recovery did when the log was opened. */
export type RecoveryReport = {
  /** `new`: there was nothing. `vanished`: there should have been. `clean`: trusted. `tail`: verified from the last index entry. `scan`: from the recovery point. */
  readonly how: 'new' | 'vanished' | 'clean' | 'tail' | 'scan'
  readonly scannedBytes: number
  /** Bytes taken out of the log, and the offset it ended at when the first of them went; null when none did. */
  readonly cutBytes: number
  readonly cutOffset: number | null
  /** The folder where they are; null when there were none worth keeping: a batch half written when the process was killed. */
  readonly setAside: string | null
  readonly rebuiltIndexes: number
  readonly tookMs: number
  readonly epochRaised: boolean
}

export type Recovered = {
  readonly segments: Segment[]
  readonly startOffset: number
  readonly endOffset: number
  readonly epochs: LeaderEpochs
  readonly producers: ProducerStates
  readonly report: RecoveryReport
}

const RELATIVE_OFFSET_MAX = 0x7fffffff

/** Rejects with what the disk throws, with SetAsideFailed, or with the reason of `signal`. */
export async function recoverLog(given: RecoveryInput): Promise<Recovered> {
  const startedAt = given.clock.elapsed()
  const trusted = given.lastStop === 'clean' ? trustFilesNow(given) : undefined
  if (trusted) return trusted
  const setAside = new SetAside({ ...given, root: given.setAsideFolder })
  const files = await settleFiles(given, setAside)
  let input = given
  if (given.lastStop === 'clean' && given.facts && !areAsLeft(files, given.facts)) {
    given.logger.warn('the files of a log are not those its clean stop left: all of it is verified', { folder: given.folder })
    input = { ...given, lastStop: 'rebooted', recoveryPoint: 0 }
  }
  const recovery = new Recovery(input, files, setAside)
  try {
    await recovery.run()
    return await recovery.finish(startedAt)
  } catch (failure) {
    for (const segment of files.segments) segment.closeNow()
    throw failure
  }
}

class Recovery {
  #input: RecoveryInput
  #setAside: SetAside
  #segments: Segment[]
  #needsRebuild: Set<Segment>
  #snapshots: number[]
  #epochs: LeaderEpochs
  /** No file told them: they are looked up in the batches. */
  #hasNoEpochs: boolean
  #producers = new ProducerStates()
  #replay: ProducerReplay | undefined
  /** Of closed segments that are rebuilt, when `#producers` began after them. */
  #pastProducers: ProducerReplay | undefined
  #hadFiles: boolean
  /** Of the batch that was scanned last, when no file knows it. */
  #newEpoch: { readonly epoch: number; readonly baseOffset: number } | undefined
  #scannedBytes = 0
  #cutBytes = 0
  #cutOffset: number | null = null
  #rebuiltIndexes = 0
  /** Where what is not trusted begins: when something is lost there, all that follows goes too. */
  #doubtfulFrom = Infinity
  #raisedEpoch = -1
  /** Records are missing that may have been acknowledged. */
  #hasLost = false

  constructor(input: RecoveryInput, files: LogFiles, setAside: SetAside) {
    this.#input = input
    this.#setAside = setAside
    this.#segments = [...files.segments]
    this.#hadFiles = files.segments.length > 0
    this.#needsRebuild = files.needsRebuild
    this.#snapshots = files.snapshots
    const epochs = LeaderEpochs.loadNow(input.disk, input.folder)
    this.#hasNoEpochs = epochs === undefined
    this.#epochs = epochs ?? new LeaderEpochs(input.disk, input.folder, [])
  }

  async run(): Promise<void> {
    await this.#dropBelowStart()
    this.#dropEmptySegments()
    const first = this.#firstDoubtful()
    this.#doubtfulFrom = this.#segments[first]?.baseOffset ?? Infinity
    const edge = this.#segments[Math.min(first, this.#segments.length - 1)]
    if (edge && !isPlausible(edge)) this.#needsRebuild.add(edge)
    const from = edge && edge === this.#segments[first] && !this.#needsRebuild.has(edge) ? this.#keepTrusted(edge) : { position: 0, offset: edge?.baseOffset ?? 0 }
    const producers = await this.#producersFrom(first < this.#segments.length ? from.offset : this.#readEndOffset())
    this.#replay = producers
    this.#producers = producers.producers
    for (const [index, segment] of this.#segments.entries()) {
      const isDoubtful = index >= first
      if (index > first && this.#followsHole(segment, index)) return this.#dropSegmentsFrom(index)
      const hasAnUnreadEnd = (this.#segments[index + 1]?.baseOffset ?? Infinity) > producers.upTo
      let isWhole = true
      if (isDoubtful || this.#needsRebuild.has(segment)) {
        isWhole = await this.#rescan(segment, await this.#producersFor(segment, producers), index === first ? from : { position: 0, offset: segment.baseOffset })
      }
      if (hasAnUnreadEnd) await producers.read(segment) // of one that was cut, what is left of it
      if (!isWhole && isDoubtful) return this.#dropSegmentsFrom(index + 1)
    }
  }

  /** The index of the first segment that is not trusted; after a kill what was rolled is whole, for the page cache survived. */
  #firstDoubtful(): number {
    const { lastStop, recoveryPoint } = this.#input
    if (lastStop === 'clean') return this.#segments.length
    if (lastStop === 'killed') return Math.max(0, this.#segments.length - 1)
    // One that ends at the recovery point was perhaps rolled after it was flushed: the last entry of its times may be missing.
    return Math.max(0, this.#segments.findLastIndex(segment => segment.baseOffset < recoveryPoint))
  }

  /** Keeps what of a segment's indexes is trusted, and says where its verification takes up: at the batch of the last entry, or at the start. */
  #keepTrusted(segment: Segment): { readonly position: number; readonly offset: number } {
    const { lastStop, recoveryPoint } = this.#input
    const upTo = lastStop === 'killed' ? Infinity : recoveryPoint
    const start = { position: 0, offset: segment.baseOffset }
    const entry = upTo > segment.baseOffset ? segment.offsetIndex.floor(upTo - 1) : -1
    if (entry < 0 || !pointsToBatch(segment, segment.offsetIndex.positionAt(entry), segment.offsetIndex.offsetAt(entry))) return start
    const position = segment.keepIndexesUpTo(upTo)
    const header = Buffer.alloc(BATCH_HEADER_BYTES)
    segment.file().readNow(header, position)
    return { position, offset: baseOffsetOf(header, 0) }
  }

  #readEndOffset(): number {
    return this.#segments.at(-1)?.readNextOffset() ?? this.#input.startOffset
  }

  async #producersFrom(offset: number): Promise<ProducerReplay> {
    const isCached = this.#input.lastStop === 'killed'
    const found = await ProducerReplay.load({ ...this.#input, snapshots: this.#snapshots, isCached }, offset, this.#segments[0]?.baseOffset ?? 0)
    // A damaged one is nobody's newest: the whole one before it may be all that tells of producers whose batches are gone.
    this.#snapshots = this.#snapshots.filter(at => !found.damaged.has(at))
    return found
  }

  /** The producers at the start of a segment that is gone through from there: its markers end transactions that began before it. */
  async #producersFor(segment: Segment, producers: ProducerReplay): Promise<ProducerReplay> {
    if (segment.baseOffset >= producers.upTo) return producers
    const found = await this.#producersFrom(segment.baseOffset)
    const past = this.#pastProducers
    const best = past && past.upTo <= segment.baseOffset && past.upTo >= found.upTo ? past : found
    for (const before of this.#segments) if (before.baseOffset < segment.baseOffset) await best.read(before)
    return (this.#pastProducers = best)
  }

  /** Verifies a segment from a batch on and puts its indexes right, all of them when it is the first. Whether nothing was lost. */
  async #rescan(segment: Segment, producers: ProducerReplay, { position: from, offset }: { readonly position: number; readonly offset: number }): Promise<boolean> {
    const { signal, recoveryPoint } = this.#input
    if (this.#needsRebuild.has(segment)) this.#rebuiltIndexes++
    if (from === 0) segment.resetIndexesNow()
    else await producers.read(segment, from)
    let lastOffset = offset - 1
    const skipped = from === 0 ? -1 : from // of the batch an index entry led to, the one before is not known
    this.#newEpoch = undefined
    const end = await scanBatches(segment, from, (bytes, at, position) => {
      signal?.throwIfAborted()
      const batchLast = lastOffsetOf(bytes, at)
      const baseOffset = baseOffsetOf(bytes, at)
      const isNext = baseOffset > lastOffset && batchLast - segment.baseOffset <= RELATIVE_OFFSET_MAX
      // The checksum does not cover the base offset. Compaction leaves holes, but no batch reaches into what comes after it.
      const isMoved = baseOffset > lastOffset + 1 && position > skipped && batchLast >= this.#nextBaseOffset(segment, position + sizeOf(bytes, at))
      if (!isNext || isMoved || !isIntact(bytes, at)) return false
      lastOffset = batchLast
      segment.indexBatch(position, sizeOf(bytes, at), batchLast, indexedTimestampOf(bytes, at))
      this.#noteEpoch(leaderEpochOf(bytes, at), baseOffset)
      const completed = producers.note(bytes, at)
      if (completed?.isAborted) segment.transactionIndex.append(completed)
      return true
    })
    this.#scannedBytes += end - from
    const isWhole = end === segment.sizeBytes || (await this.#cut(segment, end, lastOffset + 1))
    segment.sealNow()
    // The recovery point in the checkpoint will make the next start trust these indexes: they must be as durable as it says.
    if (from === 0 && recoveryPoint > segment.baseOffset) await flushIndexes(segment)
    return isWhole
  }

  /** The offset that what lies at `position`, or the next segment, begins with; at the end of the log where it ended, if anything says so. */
  #nextBaseOffset(segment: Segment, position: number): number {
    const header = Buffer.alloc(BATCH_HEADER_BYTES)
    const isThere = segment.file().readNow(header, position) === header.length && magicOf(header, 0) === MAGIC
    if (isThere) return baseOffsetOf(header, 0)
    return this.#segments[this.#segments.indexOf(segment) + 1]?.baseOffset ?? this.#input.facts?.endOffset ?? Infinity
  }

  /**
   * The checksum does not cover the epoch either, and epochs are on the disk before their first batch: one that the file does not know
   * counts only when the next batch has it too. Else readers are told that the batch is damaged.
   */
  #noteEpoch(epoch: number, baseOffset: number): void {
    const before = this.#newEpoch
    this.#newEpoch = epoch > this.#epochs.latest ? { epoch, baseOffset: before?.epoch === epoch ? before.baseOffset : baseOffset } : undefined
    if (before?.epoch === epoch) this.#epochs.assign(epoch, before.baseOffset)
  }

  /** Cuts a segment at its first bad byte. Whether nothing was lost: a batch half written when the process died was never acknowledged. */
  async #cut(segment: Segment, position: number, offset: number): Promise<boolean> {
    const { signal, lastStop, logger } = this.#input
    const tail = await judgeTail(segment, position, offset, signal)
    const isUnfinished = lastStop === 'killed' && segment === this.#segments.at(-1) && tail !== 'bad'
    if (!isUnfinished && tail !== 'empty') await this.#setAside.copyTail(segment.logPath, position, signal)
    if (!isUnfinished && segment.baseOffset >= this.#doubtfulFrom) await this.#raiseEpoch(offset)
    const cutBytes = segment.sizeBytes - position
    segment.truncateNow(position)
    this.#noteCut(cutBytes, offset)
    if (isUnfinished) logger.info('a batch that was half written when the process died was cut off', { path: segment.logPath, offset, position, cutBytes })
    else logger.warn('a log was cut at its first bad byte', { path: segment.logPath, offset, position, cutBytes, setAside: this.#setAside.folder })
    if (!isUnfinished) this.#hasLost = true
    return isUnfinished
  }

  /** Before anything goes: should this start end half-way, the next finds nothing bad any more. */
  async #raiseEpoch(offset: number): Promise<void> {
    if (this.#raisedEpoch >= 0 || this.#hasNoEpochs) return
    this.#raisedEpoch = Math.max(0, this.#epochs.latest, this.#input.facts?.leaderEpoch ?? 0) + 1
    this.#epochs.assign(this.#raisedEpoch, offset)
    await this.#epochs.save()
  }

  #noteCut(bytes: number, offset: number): void {
    this.#cutBytes += bytes
    this.#cutOffset ??= offset
  }

  /** A lost tail that ended between two batches leaves no bad byte, only offsets that are missing; compaction leaves such holes too. */
  #followsHole(segment: Segment, index: number): boolean {
    const { config, holesUpTo } = this.#input
    const expected = this.#segments[index - 1]?.readNextOffset() ?? 0
    if (segment.baseOffset <= expected) return segment.baseOffset < expected
    return segment.baseOffset > holesUpTo || !config.cleanupPolicy.includes('compact')
  }

  async #dropSegmentsFrom(index: number): Promise<void> {
    this.#hasLost = true
    await this.#raiseEpoch(this.#segments[index - 1]?.readNextOffset() ?? this.#input.startOffset)
    for (const segment of this.#segments.splice(index)) await this.#setSegmentAside(segment, 'a segment after lost records was set aside')
  }

  async #setSegmentAside(segment: Segment, why: string): Promise<void> {
    const { disk, folder, logger } = this.#input
    if (segment.sizeBytes === 0) return removeSegmentNow(disk, folder, segment)
    await this.#setAside.moveSegment(folder, segment)
    this.#noteCut(segment.sizeBytes, segment.baseOffset)
    logger.warn(why, { path: segment.logPath, offset: segment.baseOffset, sizeBytes: segment.sizeBytes, setAside: this.#setAside.folder })
  }

  /** A roll that failed half-way leaves an empty segment, and the one before it may have gone on beyond its base. */
  #dropEmptySegments(): void {
    const { disk, folder } = this.#input
    const last = this.#segments.at(-1)
    const kept: Segment[] = []
    for (const segment of this.#segments) {
      const before = kept.at(-1)
      const isKept = segment.sizeBytes > 0 || !before || (segment === last && segment.baseOffset >= before.readNextOffset())
      if (isKept) kept.push(segment)
      else removeSegmentNow(disk, folder, segment)
    }
    this.#segments = kept
  }

  /**
   * What retention had begun to drop: a loss of power may leave any part of it, in any state, and it must not cost what comes after it. Where
   * the log ends before its start nothing is sure, and all of it stays to be looked at.
   */
  async #dropBelowStart(): Promise<void> {
    const { disk, folder, startOffset } = this.#input
    const count = countBelow(this.#segments, startOffset)
    if (count === 0 || this.#readEndOffset() < startOffset) return
    await this.#keepProducers(this.#segments.slice(0, count), this.#segments[count]?.baseOffset ?? startOffset)
    for (const segment of this.#segments.splice(0, count)) await removeSegment(disk, folder, segment)
  }

  /** As before retention drops segments: what they tell of producers is durable in a snapshot at the end of them. */
  async #keepProducers(segments: readonly Segment[], upTo: number): Promise<void> {
    const { disk, folder, signal } = this.#input
    const replay = await this.#producersFrom(upTo)
    for (const segment of replay.upTo < upTo ? segments : []) {
      await scanBatches(segment, 0, (bytes, at) => {
        signal?.throwIfAborted()
        if (!isIntact(bytes, at) || lastOffsetOf(bytes, at) >= upTo) return false
        replay.note(bytes, at)
        return true
      })
    }
    if (replay.producers.size === 0) return
    await disk.replace(segmentFile(folder, upTo, '.snapshot'), encodeProducerSnapshot([...replay.producers.values()]))
    this.#snapshots.push(upTo)
  }

  async finish(startedAt: number): Promise<Recovered> {
    const { disk, clock, folder, config, logger, facts } = this.#input
    let endOffset = this.#readEndOffset()
    if (facts && endOffset < facts.endOffset) {
      this.#hasLost = true
      logger.warn('a log ends before the offset its clean stop named', { folder, endOffset, endedAt: facts.endOffset })
    }
    if (endOffset < this.#input.startOffset) {
      for (const segment of this.#segments.splice(0)) await this.#setSegmentAside(segment, 'a log ends before its start offset and begins anew there')
      this.#producers.restore([])
      for (const at of this.#snapshots.splice(0)) disk.removeNow(segmentFile(folder, at, '.snapshot'))
      this.#hasLost = true
      endOffset = this.#input.startOffset
    }
    if (this.#segments.length === 0) {
      this.#segments.push(Segment.createNow({ disk, clock, folder, baseOffset: endOffset, indexIntervalBytes: config.indexIntervalBytes }))
    }
    const isOfLost = this.#removeStraySnapshots(endOffset)
    if (this.#hasLost || isOfLost) await this.#settleLoss()
    if (this.#replay) await adoptGone(this.#replay, { ...this.#input, snapshots: this.#snapshots }, { firstOffset: this.#segments[0]?.baseOffset ?? 0, endOffset })
    const startOffset = Math.max(this.#input.startOffset, this.#segments[0]?.baseOffset ?? 0)
    const epochRaised = await this.#settleEpochs(startOffset, endOffset)
    const report = this.#report(clock.elapsed() - startedAt, epochRaised)
    return { segments: this.#segments, startOffset, endOffset, epochs: this.#epochs, producers: this.#producers, report }
  }

  #report(tookMs: number, epochRaised: boolean): RecoveryReport {
    return {
      how: this.#how(),
      scannedBytes: this.#scannedBytes,
      cutBytes: this.#cutBytes,
      cutOffset: this.#cutOffset,
      setAside: this.#setAside.folder,
      rebuiltIndexes: this.#rebuiltIndexes,
      tookMs,
      epochRaised,
    }
  }

  #how(): RecoveryReport['how'] {
    const { lastStop } = this.#input
    if (lastStop === 'vanished') return 'vanished'
    if (!this.#hadFiles) return 'new'
    return lastStop === 'clean' ? 'clean' : lastStop === 'killed' ? 'tail' : 'scan'
  }

  /** Whether one told of offsets that the log no longer has: it must not come back either, when others have taken them. */
  #removeStraySnapshots(endOffset: number): boolean {
    const { disk, folder } = this.#input
    const strays = straySnapshots(this.#snapshots, this.#segments.map(({ baseOffset }) => baseOffset), endOffset)
    for (const at of strays) disk.removeNow(segmentFile(folder, at, '.snapshot'))
    return strays.some(at => at > endOffset)
  }

  /** What was cut must not come back when the power fails again, under records that have taken its offsets. */
  async #settleLoss(): Promise<void> {
    await this.#segments.at(-1)?.flush()
    await this.#input.disk.flushFolder(this.#input.folder)
  }

  /**
   * What is written after a loss belongs to a new epoch, so that clients notice; without power a tail may go at the end of a batch, and no
   * byte tells. Whether it was raised.
   */
  async #settleEpochs(startOffset: number, endOffset: number): Promise<boolean> {
    const { disk, folder, lastStop, facts } = this.#input
    const before = JSON.stringify(this.#hasNoEpochs ? [] : LeaderEpochs.loadNow(disk, folder)?.entries)
    if (this.#hasNoEpochs) this.#epochs = new LeaderEpochs(disk, folder, searchEpochs(this.#segments))
    else if ((this.#epochs.entries[0]?.startOffset ?? 0) > startOffset) this.#epochs.prepend(searchEpochs(this.#segments))
    const latest = Math.max(0, this.#epochs.latest, facts?.leaderEpoch ?? 0)
    const isRaised = this.#hasLost || lastStop === 'power-loss' || lastStop === 'vanished'
    this.#epochs.trim(startOffset, endOffset)
    const isSaid = this.#raisedEpoch >= 0 && this.#epochs.latest === this.#raisedEpoch
    if (isRaised && !isSaid) this.#epochs.assign(latest + 1, endOffset)
    else if (this.#epochs.latest < 0) this.#epochs.assign(latest, startOffset)
    if (before === JSON.stringify(this.#epochs.entries)) return isRaised
    // The first epoch is what a missing file means, so a new partition need not wait for the disk; any other must not be lost.
    if (this.#epochs.latest === 0) this.#epochs.saveNow()
    else await this.#epochs.save()
    return isRaised
  }
}

async function flushIndexes(segment: Segment): Promise<void> {
  await segment.offsetIndex.entries.flush()
  await segment.timeIndex.entries.flush()
  await segment.transactionIndex.flush()
}
