/** How the made-up shop is stored: calm, or on a bad morning after a power cut, with something of everything the window tells of. */

import type { LocalStatus } from '../../core/studio/contract/local.ts'
import type { CleaningRow, PartitionHealth, RecoveryRow } from '../../core/studio/contract/storage.ts'
import type { PartitionDetail, PartitionRow, TopicRow } from '../../core/studio/contract/topics.ts'
import type { ClusterStory } from './window-fixture-cluster.ts'

const clean: RecoveryRow = { how: 'clean', scannedBytes: 0, cutBytes: 0, cutOffset: null, setAside: null, rebuiltIndexes: 0, tookMs: 0.4, isEpochRaised: false }
const scanned: RecoveryRow = { ...clean, how: 'scan', scannedBytes: 12_400_000, tookMs: 40.2 }
const SET_ASIDE = '/home/ada/.local/share/millrace/set-aside/orders-3/2026-07-14T14-02-11.482Z'
const cut: RecoveryRow = { ...scanned, cutBytes: 1234, cutOffset: 1_568_567n, setAside: SET_ASIDE, rebuiltIndexes: 1, isEpochRaised: true }
const FULL = "ENOSPC: no space left on device, write '/home/ada/.local/share/millrace/logs/orders-1/00000000000001204000.log'"

const idleCleaning: CleaningRow = {
  state: { is: 'idle' },
  dirtyRatio: 0.31,
  dirtyRatioMin: 0.5,
  cleanedUpTo: 12_000n,
  last: { endedAt: 1_784_037_000_000, tookMs: 2130, bytesBefore: 128e6, bytesAfter: 31e6, recordsBefore: 512_000, recordsAfter: 98_210 },
}
const runningCleaning: CleaningRow = { ...idleCleaning, state: { is: 'cleaning', bytesRead: 612_000, bytesTotal: 1_440_000, bytesWritten: 90_000 }, dirtyRatio: 0.64 }

export type StorageStory = { readonly hasTrouble?: boolean }

type Stored = Pick<PartitionRow, 'highWatermark' | 'lastStableOffset' | 'openTransactionCount' | 'state' | 'health' | 'recovery' | 'cleaning'>

export function storedPartition(topic: TopicRow, partition: number, endOffset: bigint, { hasTrouble = false, isCluster = false }: StorageStory & ClusterStory): Stored {
  const isCompacted = topic.cleanupPolicy.includes('compact')
  const calm: Stored = {
    highWatermark: endOffset,
    lastStableOffset: endOffset,
    openTransactionCount: 0,
    state: 'ready',
    health: { is: 'online' },
    recovery: hasTrouble ? scanned : clean,
    cleaning: isCompacted ? idleCleaning : null,
  }
  if (topic.topic === 'payments' && partition === 0 && (isCluster || hasTrouble)) return { ...calm, openTransactionCount: 2, lastStableOffset: endOffset - 412n }
  if (!hasTrouble) return calm
  const offline: PartitionHealth = { is: 'offline', reason: FULL }
  if (topic.topic === 'orders' && partition === 1) return { ...calm, health: offline }
  if (topic.topic === 'orders' && partition === 3) return { ...calm, recovery: cut }
  if (topic.topic === 'orders' && partition === 4) return { ...calm, state: 'recovering', recovery: null }
  if (topic.topic === 'users' && partition === 0) return { ...calm, cleaning: runningCleaning }
  if (topic.topic === 'users' && partition === 1) return { ...calm, cleaning: { ...idleCleaning, state: { is: 'uncleanable', reason: 'a batch at offset 512 is damaged' } } }
  return calm
}

export function storedCounts(topic: string, { hasTrouble = false }: StorageStory): Pick<TopicRow, 'recoveringCount' | 'offlineCount' | 'cutCount'> {
  const count = hasTrouble && topic === 'orders' ? 1 : 0
  return { recoveringCount: count, offlineCount: count, cutCount: count }
}

export function storedStatus(
  topics: readonly TopicRow[],
  { hasTrouble = false }: StorageStory,
): Pick<LocalStatus, 'recovering' | 'partitionCount' | 'offline' | 'cut' | 'damaged' | 'ownFlushTopicCount' | 'upkeep'> {
  return {
    recovering: hasTrouble ? 1 : 0,
    partitionCount: topics.reduce((sum, row) => sum + row.partitionCount, 0),
    offline: hasTrouble ? { count: 1, first: [{ topic: 'orders', partition: 1, reason: FULL }] } : { count: 0, first: [] },
    cut: hasTrouble
      ? { count: 1, bytes: 1234, first: [{ topic: 'orders', partition: 3, hasVanished: false, cutBytes: 1234, cutOffset: 1_568_567n, setAside: SET_ASIDE }] }
      : { count: 0, bytes: 0, first: [] },
    damaged: hasTrouble ? { count: 1, first: [{ topic: 'payments', partition: 2, fromOffset: 512_004n, toOffset: 512_010n }] } : { count: 0, first: [] },
    ownFlushTopicCount: 1,
    upkeep: { retentionCheckIntervalMs: 300_000, isCompacting: true, cleanerBackoffMs: 15_000, cleanerBytesPerSecond: null },
  }
}

export function storedDetail(topic: string, row: PartitionRow): PartitionDetail {
  const count = Math.min(row.segmentCount, 200)
  const step = (row.endOffset - row.startOffset) / BigInt(Math.max(1, count))
  return {
    row,
    folder: `/home/ada/.local/share/millrace/logs/${topic}-${row.partition}`,
    recoveryPoint: row.state === 'ready' ? row.startOffset + step * BigInt(Math.max(0, count - 1)) : null,
    segments: row.state !== 'ready' ? [] : Array.from({ length: count }, (_, index) => ({
      baseOffset: row.startOffset + step * BigInt(index),
      sizeBytes: Math.round(row.sizeBytes / count),
      isActive: index === count - 1,
      firstTimestamp: 1_784_020_000_000 + index * 3_600_000,
      maxTimestamp: index === 0 ? null : 1_784_023_500_000 + index * 3_600_000,
    })),
    transactions: Array.from({ length: row.openTransactionCount }, (_, index) => (
      { producerId: BigInt(4000 + index), epoch: 2, firstOffset: row.lastStableOffset + BigInt(index * 40), lastTimestamp: 1_784_037_000_000, transactionalId: ['orders-to-shipments-0', 'checkout-api-7', null][index] ?? null }
    )),
  }
}
