/**
 * Brings a partition folder to a state that can be trusted (Kafka's LogLoader): leftovers of interrupted work go, damaged indexes are
 * rebuilt, and after an unclean stop everything from the recovery point on is read batch by batch and cut at the first bad byte.
 */

import type { Clock } from '../common/clock.ts'
import type { Disk } from '../common/disk.ts'
import type { Logger } from '../common/logger.ts'
import { baseOffsetOf, isIntact, lastOffsetOf, leaderEpochOf, maxTimestampOf, sizeOf } from '../records/batch-header.ts'
import { scanBatches } from './batch-scan.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import type { LogConfig } from './log-config.ts'
import { readSegmentFileName, segmentFile, type SegmentSuffix } from './log-files.ts'
import { OFFSET_ENTRY_BYTES } from './offset-index.ts'
import { ProducerReplay } from './producer-replay.ts'
import { ProducerStates } from './producer-state.ts'
import { Segment } from './segment.ts'
import { TIME_ENTRY_BYTES } from './time-index.ts'
import { settleTransientFiles } from './transient-files.ts'

export type RecoveryInput = {
  readonly disk: Disk
  readonly clock: Clock
  readonly folder: string
  readonly config: LogConfig
  readonly logger: Logger
  /** The last stop wrote its marker: files are as they were left. */
  readonly isClean: boolean
  /** Everything before this offset is durable. */
  readonly recoveryPoint: number
  /** Where DeleteRecords or retention had moved the start to. */
  readonly startOffset: number
}

export type Recovered = {
  readonly segments: Segment[]
  readonly startOffset: number
  readonly endOffset: number
  readonly epochs: LeaderEpochs
  readonly producers: ProducerStates
  /** Bytes that were not whole, good batches. */
  readonly cutBytes: number
}

const RELATIVE_OFFSET_MAX = 0x7fffffff

export async function recoverLog(input: RecoveryInput): Promise<Recovered> {
  const files = await settleFiles(input)
  const epochs = await LeaderEpochs.load(input.disk, input.folder)
  const recovery = new Recovery(input, files, epochs)
  await recovery.run()
  return recovery.finish()
}

type Files = { readonly segments: Segment[]; readonly needsRebuild: Set<Segment>; readonly snapshots: number[] }

class Recovery {
  #input: RecoveryInput
  #segments: Segment[]
  #needsRebuild: Set<Segment>
  #snapshots: number[]
  #epochs: LeaderEpochs
  #producers = new ProducerStates()
  /** Of closed segments that are rebuilt, when `#producers` began after them. */
  #pastProducers: ProducerReplay | undefined
  /** Bytes that were not whole, good batches. */
  #cutBytes = 0
  /** Records are missing that may have been acknowledged. */
  #hasLost = false

  constructor(input: RecoveryInput, files: Files, epochs: LeaderEpochs) {
    this.#input = input
    this.#segments = files.segments
    this.#needsRebuild = files.needsRebuild
    this.#snapshots = files.snapshots
    this.#epochs = epochs
  }

  async run(): Promise<void> {
    this.#dropEmptySegments()
    const { isClean, recoveryPoint } = this.#input
    const firstUnflushed = isClean ? this.#segments.length : Math.max(0, this.#segments.findLastIndex(segment => segment.baseOffset <= recoveryPoint))
    const doubtful = this.#segments[Math.min(firstUnflushed, this.#segments.length - 1)]
    if (doubtful && !isPlausible(doubtful)) this.#needsRebuild.add(doubtful)
    const scanFrom = this.#segments[firstUnflushed]?.baseOffset ?? this.#readEndOffset()
    const producers = await this.#producersFrom(scanFrom)
    this.#producers = producers.producers
    for (const [index, segment] of this.#segments.entries()) {
      const isUnflushed = index >= firstUnflushed
      if (index > firstUnflushed && this.#followsHole(segment, index)) return this.#dropSegmentsFrom(index)
      const hasAnUnreadEnd = (this.#segments[index + 1]?.baseOffset ?? Infinity) > producers.upTo
      if (isUnflushed || this.#needsRebuild.has(segment)) {
        const isWhole = await this.#rescan(segment, await this.#producersFor(segment, producers), isUnflushed && index === firstUnflushed && !this.#needsRebuild.has(segment))
        if (!isWhole && isUnflushed) return this.#dropSegmentsFrom(index + 1)
      }
      if (hasAnUnreadEnd) await producers.read(segment)
    }
  }

  #readEndOffset(): number {
    return this.#segments.at(-1)?.readNextOffset() ?? this.#input.startOffset
  }

  #producersFrom(offset: number): Promise<ProducerReplay> {
    return ProducerReplay.load({ ...this.#input, snapshots: this.#snapshots }, offset, this.#segments[0]?.baseOffset ?? 0)
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

  /** Verifies a segment from its last trusted index entry, or from its start, and puts its indexes right. Whether nothing had to be cut. */
  async #rescan(segment: Segment, producers: ProducerReplay, trustsIndex: boolean): Promise<boolean> {
    let from = 0
    if (trustsIndex && this.#input.recoveryPoint > segment.baseOffset) from = segment.keepIndexesUpTo(this.#input.recoveryPoint)
    else segment.resetIndexesNow()
    if (from > 0) await producers.read(segment, from)
    let lastOffset = segment.baseOffset - 1
    const end = await scanBatches(segment, from, (bytes, at, position) => {
      const batchLast = lastOffsetOf(bytes, at)
      const isNext = baseOffsetOf(bytes, at) > lastOffset && batchLast - segment.baseOffset <= RELATIVE_OFFSET_MAX
      if (!isNext || !isIntact(bytes, at)) return false
      lastOffset = batchLast
      segment.indexBatch(position, sizeOf(bytes, at), batchLast, maxTimestampOf(bytes, at))
      if (leaderEpochOf(bytes, at) >= 0) this.#epochs.assign(leaderEpochOf(bytes, at), baseOffsetOf(bytes, at))
      const completed = producers.note(bytes, at)
      if (completed?.isAborted) segment.transactionIndex.append(completed)
      return true
    })
    const cut = segment.sizeBytes - end
    if (cut > 0) {
      this.#input.logger.warn('a log was cut at its first bad byte', { path: segment.logPath, position: end, cutBytes: cut })
      segment.truncateNow(end)
      this.#cutBytes += cut
      this.#hasLost = true
    }
    segment.sealNow()
    // The recovery point in the checkpoint will make the next start trust these indexes: they must be as durable as it says.
    if (this.#input.recoveryPoint > segment.baseOffset) await segment.flush()
    return cut === 0
  }

  /** A lost tail that ended between two batches leaves no bad byte, only offsets that are missing; compaction leaves such holes too. */
  #followsHole(segment: Segment, index: number): boolean {
    const expected = this.#segments[index - 1]?.readNextOffset() ?? 0
    return segment.baseOffset < expected || (segment.baseOffset > expected && !this.#input.config.cleanupPolicy.includes('compact'))
  }

  #dropSegmentsFrom(index: number): void {
    const { disk, folder, logger } = this.#input
    this.#hasLost = true
    for (const segment of this.#segments.splice(index)) {
      logger.warn('a segment after lost records was removed', { path: segment.logPath, sizeBytes: segment.sizeBytes })
      this.#cutBytes += segment.sizeBytes
      removeSegmentNow(disk, folder, segment)
    }
  }

  /** A roll that failed half-way leaves an empty segment, and the one before it may have gone on beyond its base. */
  #dropEmptySegments(): void {
    const { disk, folder } = this.#input
    const last = this.#segments.at(-1)
    this.#segments = this.#segments.filter((segment, index) => {
      const before = this.#segments[index - 1]
      const isKept = segment.sizeBytes > 0 || !before || (segment === last && segment.baseOffset >= before.readNextOffset())
      if (!isKept) removeSegmentNow(disk, folder, segment)
      return isKept
    })
  }

  async finish(): Promise<Recovered> {
    const { disk, clock, folder, config, logger } = this.#input
    let endOffset = this.#readEndOffset()
    if (endOffset < this.#input.startOffset) {
      logger.warn('a log ends before its start offset and begins anew there', { folder, endOffset, startOffset: this.#input.startOffset })
      for (const segment of this.#segments.splice(0)) removeSegmentNow(disk, folder, segment)
      this.#producers.restore([])
      endOffset = this.#input.startOffset
    }
    if (this.#segments.length === 0) {
      this.#segments.push(Segment.createNow({ disk, clock, folder, baseOffset: endOffset, indexIntervalBytes: config.indexIntervalBytes }))
    }
    if (this.#hasLost) await this.#settleLoss()
    for (const at of this.#snapshots) {
      const isStray = at > endOffset || (at !== endOffset && !this.#segments.some(segment => segment.baseOffset === at))
      if (isStray) disk.removeNow(segmentFile(folder, at, '.snapshot'))
    }
    const startOffset = Math.max(this.#input.startOffset, this.#segments[0]?.baseOffset ?? 0)
    await this.#settleEpochs(startOffset, endOffset)
    return { segments: this.#segments, startOffset, endOffset, epochs: this.#epochs, producers: this.#producers, cutBytes: this.#cutBytes }
  }

  /** What was cut must not come back when the power fails again, under records that have taken its offsets. */
  async #settleLoss(): Promise<void> {
    await this.#segments.at(-1)?.flush()
    await this.#input.disk.flushFolder(this.#input.folder)
  }

  /** A cut may have taken acknowledged records: what is written next belongs to a new epoch, so that clients notice (KIP-320). */
  async #settleEpochs(startOffset: number, endOffset: number): Promise<void> {
    const before = this.#epochs.entries
    const latest = this.#epochs.latest
    this.#epochs.trim(startOffset, endOffset)
    if (this.#hasLost) this.#epochs.assign(latest + 1, endOffset)
    else if (this.#epochs.latest < 0) this.#epochs.assign(Math.max(0, latest), startOffset)
    if (JSON.stringify(before) === JSON.stringify(this.#epochs.entries)) return
    // The first epoch is what a missing file means, so a new partition need not wait for the disk; any other must not be lost.
    if (this.#epochs.latest === 0) this.#epochs.saveNow()
    else await this.#epochs.save()
  }
}

/** Removes leftovers, completes interrupted swaps, and opens what remains. */
async function settleFiles(input: RecoveryInput): Promise<Files> {
  const { disk, folder } = input
  await settleTransientFiles(disk, folder)
  const bySuffix = new Map<SegmentSuffix, Set<number>>()
  for (const { name } of await disk.list(folder)) {
    const file = readSegmentFileName(name)
    if (!file) continue
    const offsets = bySuffix.get(file.suffix) ?? new Set()
    bySuffix.set(file.suffix, offsets.add(file.baseOffset))
  }
  const logs = bySuffix.get('.log') ?? new Set<number>()
  for (const suffix of ['.index', '.timeindex', '.txnindex'] as const) {
    for (const offset of bySuffix.get(suffix) ?? []) if (!logs.has(offset)) await disk.remove(segmentFile(folder, offset, suffix))
  }
  const needsRebuild = new Set<Segment>()
  const segments = [...logs].sort((a, b) => a - b).map(baseOffset => openSegment(input, baseOffset, needsRebuild))
  const aborts = bySuffix.get('.txnindex')
  for (const segment of segments) if (aborts?.has(segment.baseOffset) && !segment.transactionIndex.isSound()) needsRebuild.add(segment)
  return { segments, needsRebuild, snapshots: [...(bySuffix.get('.snapshot') ?? [])] }
}

function openSegment(input: RecoveryInput, baseOffset: number, needsRebuild: Set<Segment>): Segment {
  const { disk, clock, folder, config } = input
  const sizeBytes = disk.sizeNow(segmentFile(folder, baseOffset, '.log')) ?? 0
  const offsetBytes = disk.sizeNow(segmentFile(folder, baseOffset, '.index'))
  const timeBytes = disk.sizeNow(segmentFile(folder, baseOffset, '.timeindex'))
  const isSound = offsetBytes !== undefined && timeBytes !== undefined && offsetBytes % OFFSET_ENTRY_BYTES === 0 && timeBytes % TIME_ENTRY_BYTES === 0
  const segment = new Segment({
    disk,
    clock,
    folder,
    baseOffset,
    indexIntervalBytes: config.indexIntervalBytes,
    sizeBytes,
    offsetEntries: isSound ? offsetBytes / OFFSET_ENTRY_BYTES : 0,
    timeEntries: isSound ? timeBytes / TIME_ENTRY_BYTES : 0,
  })
  if (!isSound) needsRebuild.add(segment)
  return segment
}

/** Asked of the segment written last only, the others were trimmed at their roll: an index that was preallocated and not trimmed ends in zeros. */
function isPlausible(segment: Segment): boolean {
  const offsets = segment.offsetIndex
  const times = segment.timeIndex
  const last = offsets.entries.count - 1
  if (last >= 0 && (offsets.offsetAt(last) < segment.baseOffset || offsets.positionAt(last) <= 0 || offsets.positionAt(last) >= segment.sizeBytes)) return false
  const lastTime = times.entries.count - 1
  if (lastTime < 0) return true
  return times.offsetAt(lastTime) >= segment.baseOffset && times.timestampAt(lastTime) >= times.timestampAt(0)
}

export function removeSegmentNow(disk: Disk, folder: string, segment: Segment): void {
  segment.releaseNow()
  for (const suffix of ['.log', '.index', '.timeindex', '.txnindex', '.snapshot'] as const) {
    disk.removeNow(segmentFile(folder, segment.baseOffset, suffix))
  }
}
