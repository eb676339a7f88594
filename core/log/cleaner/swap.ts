/**
 * Puts a compacted segment in the place of those it was made of. On disk: `.cleaned` becomes `.swap`, durably; the originals become
 * `.deleted`; `.swap` loses its suffix. Whatever stops it on the way, a start undoes it (before every file is `.swap`) or completes it.
 * Who reads sees the old segments until one moment, and the new one from then on.
 */

import type { Clock } from '../../common/clock.ts'
import type { Disk } from '../../common/disk.ts'
import { segmentFile } from '../log-files.ts'
import { Segment } from '../segment.ts'
import { DELETED_SUFFIX, type SegmentDeletion } from '../segment-deletion.ts'
import type { SegmentList } from '../segment-list.ts'
import { CLEANED_FILES, CLEANED_SUFFIX, removeCleaned } from './cleaned-segment.ts'
import type { CleanedGroup } from './clean-job.ts'

export const SWAP_SUFFIX = '.swap'

export type SwapParts = {
  readonly disk: Disk
  readonly clock: Clock
  readonly folder: string
  readonly segments: SegmentList
  readonly deletion: SegmentDeletion
  readonly fileDeleteDelayMs: number
  readonly indexIntervalBytes: number
  /** The log was closed or deleted: nothing of it may change any more. */
  readonly isClosed: () => boolean
}

/** Neither the originals nor what replaces them could be put in place: only a start can, and it will. */
export class HalfSwapped extends Error {
  override readonly name = 'HalfSwapped'
}

/**
 * Whether the group is in its place now; false when segments it was made of are gone from the log meanwhile. Rejects with what the disk
 * throws, with the log as it was, or with HalfSwapped. Without the swap, nothing of the group stays.
 */
export async function swapIn(group: CleanedGroup, parts: SwapParts): Promise<boolean> {
  const { disk, folder } = parts
  const baseOffset = group.replaced[0] ?? 0
  if (!originalsOf(group, parts)) {
    removeCleaned(disk, folder, baseOffset)
    return false
  }
  try {
    for (const suffix of suffixesOf(group).toReversed()) {
      const path = segmentFile(folder, baseOffset, suffix)
      disk.renameNow(path + CLEANED_SUFFIX, path + SWAP_SUFFIX)
    }
    await disk.flushFolder(folder)
    const originals = originalsOf(group, parts)
    if (originals) replaceNow(group, originals, parts)
    else removeSwap(disk, folder, baseOffset)
    if (!originals) return false
  } catch (failure) {
    if (!(failure instanceof HalfSwapped)) removeUnfinished(disk, folder, baseOffset)
    throw failure
  }
  await disk.flushFolder(folder)
  return true
}

/** A start takes what has a `.cleaned` file for unfinished, completes what has a `.log.swap`, and gives other `.swap` files to the .log that is there. */
function suffixesOf(group: CleanedGroup): readonly (typeof CLEANED_FILES)[number][] {
  return group.hasTransactions ? CLEANED_FILES : CLEANED_FILES.slice(0, -1)
}

/** The segments of the group, as long as all are closed segments of the log, one after another. */
function originalsOf({ replaced }: CleanedGroup, { segments, isClosed }: SwapParts): readonly Segment[] | undefined {
  const first = segments.all.findIndex(segment => segment.baseOffset === replaced[0])
  if (isClosed() || first < 0 || first + replaced.length >= segments.count) return undefined
  const originals = segments.all.slice(first, first + replaced.length)
  return originals.every((segment, at) => segment.baseOffset === replaced[at]) ? originals : undefined
}

/** In one turn, so that nobody opens a file between its two names. */
function replaceNow(group: CleanedGroup, originals: readonly Segment[], parts: SwapParts): void {
  const { disk, clock, folder, segments, deletion, fileDeleteDelayMs, indexIntervalBytes } = parts
  const baseOffset = group.replaced[0] ?? 0
  const dropped: Segment[] = []
  const placed: string[] = []
  try {
    for (const segment of originals) {
      dropped.push(segment)
      deletion.drop(segment, { folder, delayMs: fileDeleteDelayMs, keepsSnapshot: segment.baseOffset === baseOffset })
    }
    for (const suffix of suffixesOf(group)) {
      const path = segmentFile(folder, baseOffset, suffix)
      disk.renameNow(path + SWAP_SUFFIX, path)
      placed.push(path)
    }
  } catch (failure) {
    restoreNow({ dropped, placed, cause: failure }, parts)
    throw failure
  }
  const { sizeBytes, offsetEntries, timeEntries } = group
  segments.replace(originals, [new Segment({ disk, clock, folder, baseOffset, indexIntervalBytes, sizeBytes, offsetEntries, timeEntries })])
}

type Undo = { readonly dropped: readonly Segment[]; readonly placed: readonly string[]; readonly cause: unknown }

/** Gives the originals their names back, and the log segments that read them. */
function restoreNow({ dropped, placed, cause }: Undo, { disk, clock, folder, segments, indexIntervalBytes }: SwapParts): void {
  const restored = dropped.map(({ baseOffset, sizeBytes, offsetIndex, timeIndex }) => new Segment({
    disk, clock, folder, baseOffset, indexIntervalBytes, sizeBytes, offsetEntries: offsetIndex.entries.count, timeEntries: timeIndex.entries.count,
  }))
  segments.replace(dropped, restored)
  try {
    for (const path of placed.toReversed()) disk.renameNow(path, path + SWAP_SUFFIX)
    for (const { baseOffset } of dropped) {
      for (const suffix of [...CLEANED_FILES, '.snapshot'] as const) {
        const path = segmentFile(folder, baseOffset, suffix)
        if (disk.sizeNow(path + DELETED_SUFFIX) !== undefined) disk.renameNow(path + DELETED_SUFFIX, path)
      }
    }
  } catch (failure) {
    throw new HalfSwapped(`segments of ${folder} could not be swapped for their compacted ones: ${messageOf(cause)}; the next start completes it`, { cause: failure })
  }
}

function removeUnfinished(disk: Disk, folder: string, baseOffset: number): void {
  removeSwap(disk, folder, baseOffset)
  removeCleaned(disk, folder, baseOffset)
}

/** The .log last: what is left until then a start completes, without the indexes, which it builds anew. */
function removeSwap(disk: Disk, folder: string, baseOffset: number): void {
  for (const suffix of CLEANED_FILES.toReversed()) disk.removeNow(segmentFile(folder, baseOffset, suffix) + SWAP_SUFFIX)
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure)
}
