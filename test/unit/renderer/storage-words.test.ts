/** What the window says of storage. */

import { expect, test } from 'vitest'
import type { CleaningRow, RecoveryRow } from '../../../core/studio/contract/storage.ts'
import { adviceFor, cleaningInWords, recoveryExtras, recoveryInWords, storageState, unopenedInWords } from '../../../renderer/storage-words.ts'

const clean: RecoveryRow = { how: 'clean', scannedBytes: 0, cutBytes: 0, cutOffset: null, setAside: null, rebuiltIndexes: 0, tookMs: 1, isEpochRaised: false }
const checked: RecoveryRow = { ...clean, how: 'tail', scannedBytes: 12_000_000, tookMs: 40 }
const cut: RecoveryRow = { ...checked, how: 'scan', cutBytes: 1234, cutOffset: 567n, setAside: '/data/set-aside/orders-0/t' }
const idle: CleaningRow = { state: { is: 'idle' }, dirtyRatio: 0.314, dirtyRatioMin: 0.5, cleanedUpTo: null, last: null }
const online = { is: 'online' } as const

test('what recovery did is said with its figures', () => {
  expect([
    recoveryInWords(clean),
    recoveryInWords(checked),
    recoveryInWords(cut),
    recoveryInWords({ ...checked, cutBytes: 61, cutOffset: 3n }),
    recoveryInWords({ ...clean, how: 'vanished' }),
    recoveryInWords({ ...clean, how: 'new' }),
  ]).toEqual([
    'Clean: the last stop left everything in order, nothing had to be checked.',
    'Checked 12.0 MB after a crash in 40 ms: nothing lost.',
    'Checked 12.0 MB from the last flush on in 40 ms, cut 1,234 B at offset 567: these were not as they were written, and are kept aside.',
    'Checked 12.0 MB after a crash in 40 ms, cut 61 B at offset 3: a batch half written when the process died, which nobody had been told was stored.',
    'Its folder was gone: it began anew, without the records it had.',
    'It was made in this run: there was nothing to recover.',
  ])
  expect(recoveryExtras({ ...cut, rebuiltIndexes: 2, isEpochRaised: true })).toEqual(['2 indexes rebuilt', 'leader epoch raised, so that clients notice what may be missing'])
  expect([unopenedInWords('resting'), unopenedInWords('recovering')]).toEqual([expect.stringContaining('opened at its first use'), expect.stringContaining('recovered now')])
})

test('the state of a partition is its most urgent one', () => {
  const ready = { state: 'ready', health: online, recovery: clean, cleaning: null, leader: 1, replicas: [1, 2], inSync: [1, 2], offlineReplicas: [] } as const
  const word = (over: Partial<Parameters<typeof storageState>[0]>): string => storageState({ ...ready, ...over }).word
  expect([
    word({}),
    word({ state: 'resting', recovery: null }),
    word({ recovery: { ...checked, cutBytes: 61, cutOffset: 3n } }),
    word({ recovery: cut, health: { is: 'offline', reason: 'EIO' } }),
    word({ recovery: cut }),
    word({ state: 'recovering', recovery: null }),
    word({ cleaning: { ...idle, state: { is: 'cleaning', bytesRead: 42, bytesTotal: 100, bytesWritten: 1 } } }),
    word({ cleaning: { ...idle, state: { is: 'uncleanable', reason: 'damaged' } } }),
    word({ inSync: [1], offlineReplicas: [2] }),
    word({ leader: -1, inSync: [2], offlineReplicas: [1, 2] }),
  ]).toEqual(['ready', 'ready', 'ready', 'offline', 'cut at start', 'recovering', 'compacting 42 %', 'not compacted', 'under-replicated', 'no leader'])
  expect(storageState({ ...ready, inSync: [1], offlineReplicas: [2] }).tip).toContain('In sync: 1 of 1, 2; down: 2')
})

test('a disk that refuses gets its advice by the code it answered', () => {
  const codes = ['ENOSPC: no space left on device', 'EMFILE: too many open files', 'EROFS: read-only file system', '/logs/a-0/0.log is gone', 'EIO: i/o error', 'odd']
  expect(codes.map(code => adviceFor(code).split(':')[0])).toEqual([
    'The disk is full', 'Too many files are open', 'The files may not be written', 'Its files were moved or changed', 'The disk reports an error',
    'Look at the reason; it is tried again with each new batch.',
  ])
})

test('compaction says how dirty a log is and when it runs', () => {
  expect(cleaningInWords(idle)).toBe('Not compacted yet; 31 % of what may be compacted is new, above 50 % it runs.')
  expect(cleaningInWords({ ...idle, cleanedUpTo: 40n })).toMatch(/^Compacted up to offset 40; /)
  expect(cleaningInWords({ ...idle, state: { is: 'cleaning', bytesRead: 1000, bytesTotal: 4000, bytesWritten: 500 } })).toBe('Compacting: 1.00 kB of 4.00 kB read, 500 B written.')
})
