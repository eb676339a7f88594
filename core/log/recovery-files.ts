/**
 * The files of a partition's folder at a start: leftovers of interrupted work settled, what is no segment of ours set aside, segments
 * opened with as much of their indexes as their sizes allow. Nothing in a segment is read here.
 */

import type { Clock } from '../common/clock.ts'
import type { Disk } from '../common/disk.ts'
import type { Logger } from '../common/logger.ts'
import { BATCH_HEADER_BYTES, lastOffsetOf, MAGIC, magicOf } from '../records/batch-header.ts'
import type { CleanFacts } from './last-stop.ts'
import type { LogConfig } from './log-config.ts'
import { readSegmentFileName, segmentFile, type SegmentSuffix } from './log-files.ts'
import { OFFSET_ENTRY_BYTES } from './offset-index.ts'
import { Segment } from './segment.ts'
import type { SetAside } from './set-aside.ts'
import { TIME_ENTRY_BYTES } from './time-index.ts'
import { settleTransientFiles } from './transient-files.ts'

export type FolderInput = { readonly disk: Disk; readonly clock: Clock; readonly folder: string; readonly config: LogConfig }

export type LogFiles = {
  readonly segments: Segment[]
  readonly needsRebuild: Set<Segment>
  readonly snapshots: number[]
  readonly transactionIndexBytes: number
}

const SEGMENT_LIKE = /\.(log|index|timeindex|txnindex|snapshot|swap)$/

/** Whether a name looks like one of a segment's files and is none: somebody else's, or one that lost its number. */
export function isForeign(name: string): boolean {
  const file = readSegmentFileName(name)
  return file ? !Number.isSafeInteger(file.baseOffset) : SEGMENT_LIKE.test(name)
}

/** Removes leftovers, completes interrupted swaps, sets aside what is foreign, and opens what remains. */
export async function settleFiles(input: FolderInput & { readonly logger: Logger }, setAside: SetAside): Promise<LogFiles> {
  const { disk, folder, logger } = input
  await settleTransientFiles(disk, folder)
  const bySuffix = new Map<SegmentSuffix, Set<number>>()
  for (const { name, isFolder } of await disk.list(folder)) {
    if (isFolder) continue
    const file = readSegmentFileName(name)
    if (isForeign(name)) {
      await setAside.move(`${folder}/${name}`)
      logger.warn('a file that is no segment of ours was set aside', { path: `${folder}/${name}`, setAside: setAside.folder })
    } else if (file) {
      bySuffix.set(file.suffix, (bySuffix.get(file.suffix) ?? new Set()).add(file.baseOffset))
    }
  }
  const logs = bySuffix.get('.log') ?? new Set<number>()
  for (const suffix of ['.index', '.timeindex', '.txnindex'] as const) {
    for (const offset of bySuffix.get(suffix) ?? []) if (!logs.has(offset)) await disk.remove(segmentFile(folder, offset, suffix))
  }
  const needsRebuild = new Set<Segment>()
  const segments = [...logs].sort((a, b) => a - b).map(baseOffset => openSegment(input, baseOffset, needsRebuild))
  const aborts = bySuffix.get('.txnindex')
  for (const segment of segments) if (aborts?.has(segment.baseOffset) && !segment.transactionIndex.isSound()) needsRebuild.add(segment)
  let transactionIndexBytes = 0
  for (const offset of aborts ?? []) transactionIndexBytes += disk.sizeNow(segmentFile(folder, offset, '.txnindex')) ?? 0
  return { segments, needsRebuild, snapshots: [...(bySuffix.get('.snapshot') ?? [])], transactionIndexBytes }
}

/** Its indexes count when they are there and hold whole entries; else it is added to `needsRebuild`. */
export function openSegment({ disk, clock, folder, config }: FolderInput, baseOffset: number, needsRebuild: Set<Segment>): Segment {
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

/** Whether the files hold what a clean stop said they hold. */
export function areAsLeft(files: LogFiles, facts: CleanFacts): boolean {
  const sizeBytes = files.segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
  return files.segments.length === facts.segmentCount && sizeBytes === facts.sizeBytes && files.transactionIndexBytes === facts.transactionIndexBytes
}

/**
 * Kafka's sanity checks of an index, and that its last entry points to the batch it names. Asked of the segment written last only, the
 * others were complete at their roll; an index that was preallocated and not trimmed ends in zeros.
 */
export function isPlausible(segment: Segment): boolean {
  const offsets = segment.offsetIndex
  const times = segment.timeIndex
  const last = offsets.entries.count - 1
  if (last >= 0) {
    const [offset, position] = [offsets.offsetAt(last), offsets.positionAt(last)]
    if (!pointsToBatch(segment, position, offset)) return false
    if (last > 0 && (offsets.offsetAt(last - 1) >= offset || offsets.positionAt(last - 1) >= position)) return false
  }
  const lastTime = times.entries.count - 1
  if (lastTime < 0) return true
  if (lastTime > 0 && (times.timestampAt(lastTime - 1) >= times.timestampAt(lastTime) || times.offsetAt(lastTime - 1) > times.offsetAt(lastTime))) return false
  return times.offsetAt(lastTime) >= segment.baseOffset && times.timestampAt(lastTime) >= times.timestampAt(0)
}

const header = Buffer.alloc(BATCH_HEADER_BYTES)

/** Whether a batch that ends with `lastOffset` begins at `position`. */
export function pointsToBatch(segment: Segment, position: number, lastOffset: number): boolean {
  if (lastOffset < segment.baseOffset || position <= 0 || position >= segment.sizeBytes) return false
  return segment.file().readNow(header, position) === header.length && magicOf(header, 0) === MAGIC && lastOffsetOf(header, 0) === lastOffset
}

const SUFFIXES = ['.log', '.index', '.timeindex', '.txnindex', '.snapshot'] as const

/** Of an empty segment; others go with `removeSegment`. */
export function removeSegmentNow(disk: Disk, folder: string, segment: Segment): void {
  segment.releaseNow()
  for (const suffix of SUFFIXES) disk.removeNow(segmentFile(folder, segment.baseOffset, suffix))
}

/** Off the serving thread: a large file takes long to unlink. */
export async function removeSegment(disk: Disk, folder: string, segment: Segment): Promise<void> {
  segment.releaseNow()
  for (const suffix of SUFFIXES) await disk.remove(segmentFile(folder, segment.baseOffset, suffix))
}
