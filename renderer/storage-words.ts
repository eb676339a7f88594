/** What is said of a partition's storage, in words: its state, what recovery did, what to do about a disk that refuses records. Pure. */

import type { CleaningRow, RecoveryRow } from '../core/studio/contract/storage.ts'
import type { PartitionRow } from '../core/studio/contract/topics.ts'
import { formatBytes, formatCount, formatExactBytes, plural } from './format/figures.ts'
import { formatDuration } from './format/time.ts'

export type StorageState = { readonly tone: 'plain' | 'warn' | 'bad' | 'info'; readonly word: string; readonly tip: string }

/** The state of a partition in a word, the most urgent first. */
export function storageState(row: Pick<PartitionRow, 'state' | 'health' | 'recovery' | 'cleaning'> & Placed): StorageState {
  if (row.health.is === 'offline') return { tone: 'bad', word: 'offline', tip: row.health.reason }
  if (row.state === 'recovering') return { tone: 'warn', word: 'recovering', tip: 'Its log is being checked; clients wait until it is ready' }
  const placed = placementState(row)
  if (placed) return placed
  if (row.recovery && hasLost(row.recovery)) return { tone: 'warn', word: 'cut at start', tip: recoveryInWords(row.recovery) }
  const { cleaning } = row
  if (cleaning?.state.is === 'cleaning') return { tone: 'info', word: `compacting ${percentOf(cleaning.state)} %`, tip: 'Its older records of each key are being removed' }
  if (cleaning?.state.is === 'uncleanable') return { tone: 'warn', word: 'not compacted', tip: cleaning.state.reason }
  if (row.state === 'resting') return { tone: 'plain', word: 'ready', tip: 'Not used since the start: its files are opened at its first use' }
  return { tone: 'plain', word: 'ready', tip: 'Takes and serves records' }
}

type Placed = Pick<PartitionRow, 'leader' | 'replicas' | 'inSync' | 'offlineReplicas'>

/** What is the matter with its brokers; null when all that hold it are in sync. */
function placementState({ leader, replicas, inSync, offlineReplicas }: Placed): StorageState | null {
  const down = offlineReplicas.length > 0 ? `; down: ${offlineReplicas.join(', ')}` : ''
  if (leader < 0) return { tone: 'bad', word: 'no leader', tip: `Nobody in sync is up (${inSync.join(', ')})${down}: no records in or out until one is` }
  if (inSync.length >= replicas.length) return null
  return { tone: 'warn', word: 'under-replicated', tip: `In sync: ${inSync.join(', ')} of ${replicas.join(', ')}${down}. acks=all needs min.insync.replicas of them` }
}

/** Records that were there may be gone; a batch half written when the process died was nobody's yet. */
export function hasLost({ how, setAside }: Pick<RecoveryRow, 'how' | 'setAside'>): boolean {
  return how === 'vanished' || setAside !== null
}

export function recoveryInWords(recovery: RecoveryRow): string {
  const { how, cutBytes, cutOffset, setAside } = recovery
  if (how === 'vanished') return 'Its folder was gone: it began anew, without the records it had.'
  if (how === 'new') return 'It was made in this run: there was nothing to recover.'
  if (how === 'clean') return 'Clean: the last stop left everything in order, nothing had to be checked.'
  const checked = checkedInWords(recovery)
  if (cutBytes === 0) return `${checked}: nothing lost.`
  const cut = `${checked}, cut ${formatExactBytes(cutBytes)} at offset ${String(cutOffset)}`
  return setAside === null
    ? `${cut}: a batch half written when the process died, which nobody had been told was stored.`
    : `${cut}: these were not as they were written, and are kept aside.`
}

/** The same before the log is open. */
export function unopenedInWords(state: PartitionRow['state']): string {
  switch (state) {
    case 'recovering':
      return 'Being recovered now: what the last stop left in doubt is read and checked.'
    case 'resting':
      return 'The last stop was clean, and nobody has used it since: its files are opened at its first use.'
    case 'failed':
      return 'Its log could not be opened.'
    case 'ready':
      return 'Not known.'
    default:
      return state satisfies never
  }
}

function checkedInWords({ how, scannedBytes, tookMs }: RecoveryRow): string {
  const from = how === 'tail' ? 'after a crash' : 'from the last flush on'
  return `Checked ${formatBytes(scannedBytes)} ${from} in ${formatDuration(tookMs)}`
}

/** What else recovery did. */
export function recoveryExtras({ rebuiltIndexes, isEpochRaised }: RecoveryRow): readonly string[] {
  return [
    ...(rebuiltIndexes > 0 ? [`${plural(rebuiltIndexes, 'index', 'indexes')} rebuilt`] : []),
    ...(isEpochRaised ? ['leader epoch raised, so that clients notice what may be missing'] : []),
  ]
}

/** What to do about a disk's answer: by its code, as the broker passes it on. */
export function adviceFor(reason: string): string {
  if (/ENOSPC|EDQUOT|no space/i.test(reason)) return 'The disk is full: delete topics or free space. It goes on by itself.'
  if (/EMFILE|ENFILE/.test(reason)) return 'Too many files are open: raise the limit of the process (ulimit -n). It goes on by itself.'
  if (/EROFS|EACCES|EPERM/.test(reason)) return 'The files may not be written: give the process the right to. It goes on by itself.'
  if (/ENOENT|is gone|was cut/.test(reason)) return 'Its files were moved or changed: put them back, or restart to go on with what is there.'
  if (/\bEIO\b/.test(reason)) return 'The disk reports an error: look at the disk. It is tried again with each new batch.'
  return 'Look at the reason; it is tried again with each new batch.'
}

export function percentOf({ bytesRead, bytesTotal }: { readonly bytesRead: number; readonly bytesTotal: number }): number {
  return bytesTotal === 0 ? 0 : Math.min(100, Math.floor((100 * bytesRead) / bytesTotal))
}

/** How it stands with compaction. */
export function cleaningInWords({ state, dirtyRatio, dirtyRatioMin, cleanedUpTo }: CleaningRow): string {
  if (state.is === 'cleaning') return `Compacting: ${formatBytes(state.bytesRead)} of ${formatBytes(state.bytesTotal)} read, ${formatBytes(state.bytesWritten)} written.`
  if (state.is === 'uncleanable') return `Left as it is until its config changes or the next start: ${state.reason}.`
  const dirty = Math.round(100 * dirtyRatio)
  const due = Math.round(100 * dirtyRatioMin)
  const before = cleanedUpTo === null ? 'Not compacted yet' : `Compacted up to offset ${String(cleanedUpTo)}`
  return `${before}; ${dirty} % of what may be compacted is new, above ${due} % it runs.`
}

export function lastCleanInWords({ tookMs, bytesBefore, bytesAfter, recordsBefore, recordsAfter }: NonNullable<CleaningRow['last']>): string {
  return `${formatCount(recordsAfter)} of ${formatCount(recordsBefore)} records stayed, ${formatBytes(bytesAfter)} of ${formatBytes(bytesBefore)}, in ${formatDuration(tookMs)}`
}
