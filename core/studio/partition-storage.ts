/** What the window shows of a partition's files: figures, health, what recovery did. Looking opens no log that is not open. */

import type { Partition, PartitionFacts } from '../broker/partition.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { RecoveryReport } from '../log/recovery.ts'
import type { CutNotice, OpenTransactionRow, PartitionHealth, PartitionNotice, RecoveryRow } from './contract/storage.ts'
import type { TransactionWatch } from './transaction-watch.ts'

const TRANSACTIONS_MAX = 100

const NOTHING: PartitionFacts = { startOffset: 0, endOffset: 0, leaderEpoch: -1, sizeBytes: 0, segmentCount: 0 }

export function figuresOf(partition: Partition): PartitionFacts {
  return partition.facts ?? NOTHING
}

const ONLINE: PartitionHealth = { is: 'online' }

export function healthOf({ state }: Partition): PartitionHealth {
  if (state.is === 'failed') return { is: 'offline', reason: state.reason }
  return state.is === 'ready' ? state.log.health : ONLINE
}

export function isOffline({ state }: Partition): boolean {
  return state.is === 'failed' || (state.is === 'ready' && state.log.health.is === 'offline')
}

export function offlineNotice(partition: Partition): PartitionNotice | undefined {
  const health = healthOf(partition)
  return health.is === 'online' ? undefined : { topic: partition.topic, partition: partition.index, reason: health.reason }
}

/** A report never changes, so the row made of it stays one object. */
const recoveries = new WeakMap<RecoveryReport, RecoveryRow>()

export function recoveryOf(log: PartitionLog): RecoveryRow {
  const report = log.recovery
  let row = recoveries.get(report)
  if (!row) {
    const { how, scannedBytes, cutBytes, cutOffset, setAside, rebuiltIndexes, tookMs, epochRaised } = report
    row = { how, scannedBytes, cutBytes, cutOffset: cutOffset === null ? null : BigInt(cutOffset), setAside, rebuiltIndexes, tookMs, isEpochRaised: epochRaised }
    recoveries.set(report, row)
  }
  return row
}

/** Records that were there may be gone. A batch half written when the process died is no loss: nobody had been told that it was stored. */
export function hasLost({ how, setAside }: Pick<RecoveryReport, 'how' | 'setAside'>): boolean {
  return how === 'vanished' || setAside !== null
}

/** The partition lost something when it was opened. */
export function lostIn({ openLog }: Partition): boolean {
  return openLog !== undefined && hasLost(openLog.recovery)
}

export function cutNotice(log: PartitionLog): CutNotice {
  const { how, cutBytes, cutOffset, setAside } = recoveryOf(log)
  return { topic: log.topic, partition: log.partition, hasVanished: how === 'vanished', cutBytes, cutOffset, setAside }
}

/** Producers with a transaction open: of most partitions none, which is known without a look at each. */
export function openTransactionCount(log: PartitionLog): number {
  if (log.lastStableOffset === log.highWatermark) return 0
  let count = 0
  for (const { currentTxnFirstOffset } of log.producers()) if (currentTxnFirstOffset >= 0) count++
  return count
}

/** The earliest first. */
export function openTransactions(log: PartitionLog, transactions: Pick<TransactionWatch, 'idOf'>): readonly OpenTransactionRow[] {
  if (log.lastStableOffset === log.highWatermark) return []
  return [...log.producers()]
    .filter(({ currentTxnFirstOffset }) => currentTxnFirstOffset >= 0)
    .sort((a, b) => a.currentTxnFirstOffset - b.currentTxnFirstOffset)
    .slice(0, TRANSACTIONS_MAX)
    .map(({ producerId, epoch, currentTxnFirstOffset, lastTimestamp }) => (
      { producerId: BigInt(producerId), epoch, firstOffset: BigInt(currentTxnFirstOffset), lastTimestamp, transactionalId: transactions.idOf(producerId) }
    ))
}
