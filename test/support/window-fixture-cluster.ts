/** The made-up shop on three brokers, one of them down, with groups of both kinds on their way and transactions open. */

import type { BrokerRow } from '../../core/studio/contract/brokers.ts'
import type { GroupDetail, GroupMemberRow, GroupRow } from '../../core/studio/contract/groups.ts'
import type { PartitionRow, TopicRow } from '../../core/studio/contract/topics.ts'
import type { TransactionRow } from '../../core/studio/contract/transactions.ts'

export type ClusterStory = {
  /** Three brokers, the second one down; transactions; groups that rebalance. */
  readonly isCluster?: boolean
}

const DOWN = 2
const IDS = [1, 2, 3]

export function clusterBrokers({ isCluster = false }: ClusterStory): BrokerRow[] {
  const down = isCluster ? DOWN : -1
  return (isCluster ? IDS : [1]).map(id => ({
    id,
    rack: isCluster ? `room-${'abc'.charAt(id - 1)}` : null,
    isUp: id !== down,
    isController: id === 1,
    addresses: [`127.0.0.1:${9091 + id}`, `[::1]:${9091 + id}`],
    leaderCount: id === down ? 0 : 50,
    replicaCount: 100,
    outOfSyncCount: id === down ? 98 : 0,
    offlineCount: id === down ? 1 : 0,
    missedCount: isCluster && id === 3 ? 12 : 0,
    soleCount: isCluster ? (id === 3 ? 4 : 0) : 50,
    connectionCount: id === down ? 0 : 8,
    groupCount: id === down ? 0 : 3,
    transactionalIdCount: id === down ? 0 : 2,
    stopProblem: isCluster ? null : 'It is the last one that is up: stop the whole of Millrace instead',
  }))
}

/** What a stop or a start changes. */
export function withBroker(rows: readonly BrokerRow[], id: number, isUp: boolean): BrokerRow[] {
  const changed = rows.map(row => (row.id === id ? { ...row, isUp, leaderCount: isUp ? row.leaderCount : 0, connectionCount: 0 } : row))
  const isLast = changed.filter(row => row.isUp).length === 1
  return changed.map(row => ({ ...row, stopProblem: row.isUp && isLast ? 'It is the last one that is up: stop the whole of Millrace instead' : null }))
}

export function clusterPartition(topic: TopicRow, partition: number, { isCluster = false }: ClusterStory): Pick<PartitionRow, 'leader' | 'leaderEpoch' | 'replicas' | 'inSync' | 'offlineReplicas'> {
  if (!isCluster) return { leader: 1, leaderEpoch: 0, replicas: [1], inSync: [1], offlineReplicas: [] }
  const first = 1 + (partition % 3)
  const replicas = topic.topic === 'payments.dlq' ? [DOWN] : [first, 1 + (first % 3), 1 + ((first + 1) % 3)]
  const up = replicas.filter(id => id !== DOWN)
  return { leader: up[0] ?? -1, leaderEpoch: 3, replicas, inSync: up.length > 0 ? up : [DOWN], offlineReplicas: [DOWN] }
}

export function clusterCounts(topic: string, partitionCount: number, { isCluster = false }: ClusterStory): Pick<TopicRow, 'replicationFactor' | 'underReplicatedCount' | 'leaderlessCount'> {
  const isAlone = topic === 'payments.dlq'
  return {
    replicationFactor: isCluster && !isAlone ? 3 : 1,
    underReplicatedCount: isCluster && !isAlone ? partitionCount : 0,
    leaderlessCount: isCluster && isAlone ? 1 : 0,
  }
}

export function clusterTransactions({ isCluster = false }: ClusterStory): TransactionRow[] {
  if (!isCluster) return []
  const now = Date.now()
  const idle = { partitionCount: 0, partitions: [], heldBack: 0n, startedAt: null, timeoutMs: 60_000, coordinator: 3 }
  return [
    { ...idle, transactionalId: 'billing-invoices-1', state: 'CompleteCommit', producerId: 4003n, producerEpoch: 212, updatedAt: now - 1200 },
    { ...idle, transactionalId: 'inventory-sync', state: 'CompleteAbort', producerId: 4004n, producerEpoch: 8, updatedAt: now - 640_000 },
    { ...idle, transactionalId: 'returns-importer', state: 'Empty', producerId: 4009n, producerEpoch: 0, updatedAt: now - 20_000 },
    {
      ...idle, transactionalId: 'orders-to-shipments-0', state: 'Ongoing', producerId: 4000n, producerEpoch: 2, startedAt: now - 51_000, updatedAt: now - 51_000,
      partitionCount: 4, heldBack: 412n, coordinator: 1,
      partitions: [
        { topic: 'payments', partition: 0, heldBack: 412n },
        { topic: 'shipments', partition: 0, heldBack: 0n },
        { topic: 'shipments', partition: 2, heldBack: 0n },
        { topic: '__consumer_offsets', partition: 17, heldBack: 0n },
      ],
    },
    {
      ...idle, transactionalId: 'checkout-api-7', state: 'Ongoing', producerId: 4001n, producerEpoch: 0, startedAt: now - 300, updatedAt: now - 300,
      partitionCount: 1, partitions: [{ topic: 'payments', partition: 0, heldBack: 0n }],
    },
    {
      ...idle, transactionalId: 'payments-ledger', state: 'PrepareCommit', producerId: 4010n, producerEpoch: 90, startedAt: now - 2000, updatedAt: now - 900,
      partitionCount: 1, partitions: [{ topic: 'payments.dlq', partition: 0, heldBack: 0n }],
    },
  ]
}

const CONSUMER_GROUPS: ReadonlySet<string> = new Set(['shipping', 'analytics'])

export function clusterGroup(row: GroupRow, { isCluster = false }: ClusterStory): GroupRow {
  if (!isCluster) return row
  if (row.group === 'fraud') return { ...row, state: 'PreparingRebalance' }
  if (row.group === 'orders-per-minute') return { ...row, state: 'Empty', memberCount: 0 }
  return CONSUMER_GROUPS.has(row.group) ? { ...row, kind: 'consumer', state: row.group === 'shipping' ? 'Reconciling' : 'Stable' } : row
}

/** A consumer group on its way: the first member has something to give up, which the second waits for. */
export function clusterDetail(detail: GroupDetail): GroupDetail {
  if (detail.row.group === 'billing') {
    const pending = { offset: 1_560_200n, producerId: 4000n, transactionalId: 'orders-to-shipments-0' }
    return { ...detail, offsets: detail.offsets.map((row, index) => (index === 0 ? { ...row, pending } : row)) }
  }
  if (detail.row.kind !== 'consumer') return detail
  const isMoving = detail.row.state === 'Reconciling'
  const members = detail.members.map((member, index): GroupMemberRow => ({
    ...member,
    epoch: isMoving && index === 0 ? 7 : 8,
    rack: index === 0 ? 'room-a' : null,
    instanceId: index === 0 ? 'shipping-blue' : null,
    isClassicInConsumer: index === 1,
    assignment: isMoving && index === 0 ? [{ topic: 'orders', partitions: [0, 1] }] : index === 0 ? member.assignment : [],
    revoking: isMoving && index === 0 ? [{ topic: 'orders', partitions: [2] }] : [],
    awaiting: isMoving && index === 1 ? [{ topic: 'orders', partitions: [2] }] : [],
  }))
  return { ...detail, generation: 8, targetEpoch: 8, protocol: 'uniform', leaderId: null, members }
}
