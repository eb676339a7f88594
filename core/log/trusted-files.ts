/**
 * Opens a log at once, without a promise, when its files are as a clean stop of this boot says it left them. Anything odd is left to
 * recovery, which takes its time: nothing is changed then.
 */

import { LeaderEpochs } from './leader-epochs.ts'
import type { CleanFacts } from './last-stop.ts'
import { readSegmentFileName, segmentFile, type SegmentSuffix, TRANSIENT_SUFFIXES } from './log-files.ts'
import { decodeProducerSnapshot } from './producer-snapshot.ts'
import { straySnapshots } from './producer-replay.ts'
import { type ProducerState, ProducerStates } from './producer-state.ts'
import { areAsLeft, type FolderInput, isForeign, isPlausible, type LogFiles, openSegment } from './recovery-files.ts'
import type { Recovered } from './recovery.ts'
import type { Segment } from './segment.ts'

const LEFTOVERS = [...TRANSIENT_SUFFIXES, '.tmp']

/** Undefined when anything is not as it was left, which then is for `recoverLog`. Throws what the disk throws. */
export function trustFilesNow(input: FolderInput & { readonly facts?: CleanFacts | undefined }): Recovered | undefined {
  const { disk, clock, folder, facts } = input
  if (!facts) return undefined
  const startedAt = clock.elapsed()
  const found = listNow(input)
  if (!found?.snapshots.includes(facts.endOffset)) return undefined
  const needsRebuild = new Set<Segment>()
  const segments = found.logs.map(baseOffset => openSegment(input, baseOffset, needsRebuild))
  const states = readStates(input, facts, { segments, needsRebuild, ...found })
  const epochs = LeaderEpochs.loadNow(disk, folder)
  if (!states || epochs?.latest !== facts.leaderEpoch) {
    for (const segment of segments) segment.closeNow()
    return undefined
  }
  const producers = new ProducerStates()
  producers.restore(states)
  for (const at of straySnapshots(found.snapshots, found.logs, facts.endOffset)) disk.removeNow(segmentFile(folder, at, '.snapshot'))
  const { startOffset, endOffset } = facts
  epochs.trim(startOffset, endOffset) // what ended below the start is still in the file
  const report = {
    how: 'clean', scannedBytes: 0, cutBytes: 0, cutOffset: null, setAside: null, rebuiltIndexes: 0, tookMs: clock.elapsed() - startedAt, epochRaised: false,
  } as const
  return { segments, startOffset, endOffset, epochs, producers, report }
}

/** The producers at the end of a log whose segments are as they were left. */
function readStates({ disk, folder }: FolderInput, facts: CleanFacts, files: LogFiles): readonly ProducerState[] | undefined {
  const last = files.segments.at(-1)
  if (!last || files.needsRebuild.size > 0 || !areAsLeft(files, facts) || !isPlausible(last)) return undefined
  return decodeProducerSnapshot(disk.readSmallNow(segmentFile(folder, facts.endOffset, '.snapshot')) ?? Buffer.alloc(0))
}

/** The segments and snapshots of a folder, when every index has its log and no work was left half done. */
function listNow({ disk, folder }: FolderInput): { readonly logs: number[]; readonly snapshots: number[]; readonly transactionIndexBytes: number } | undefined {
  const bySuffix = new Map<SegmentSuffix, number[]>([['.log', []], ['.snapshot', []], ['.txnindex', []]])
  for (const { name, isFolder } of disk.listNow(folder)) {
    if (isFolder) continue
    if (isForeign(name) || LEFTOVERS.some(suffix => name.endsWith(suffix))) return undefined
    const file = readSegmentFileName(name)
    if (file) bySuffix.get(file.suffix)?.push(file.baseOffset)
  }
  const logs = (bySuffix.get('.log') ?? []).sort((a, b) => a - b)
  let transactionIndexBytes = 0
  for (const offset of bySuffix.get('.txnindex') ?? []) {
    if (!logs.includes(offset)) return undefined
    transactionIndexBytes += disk.sizeNow(segmentFile(folder, offset, '.txnindex')) ?? 0
  }
  return { logs, snapshots: bySuffix.get('.snapshot') ?? [], transactionIndexBytes }
}
