/**
 * Topics and partitions as rows. Four times a second somebody may look at thousands that have not changed: what a row is made of is
 * compared as plain figures first, and the row that was made of the same figures is given again, as the same object.
 */

import { describeTopicConfigs } from '../broker/describe-configs.ts'
import { factsOf as clusterFacts } from '../broker/cluster.ts'
import type { Partition } from '../broker/partition.ts'
import type { Topic } from '../broker/topic-registry.ts'
import type { TopicRecord } from '../catalog/catalog.ts'
import type { PartitionRow, TopicRow } from './contract/topics.ts'
import { figuresOf, healthOf, isOffline, lostIn, openTransactionCount, recoveryOf } from './partition-storage.ts'
import type { StudioParts } from './parts.ts'

type Figures = readonly unknown[]
type Made<Row> = { readonly from: Figures; readonly row: Row }
type Retention = Pick<TopicRow, 'retentionMs' | 'cleanupPolicy'>

export class TopicRows {
  readonly #parts: Pick<StudioParts, 'broker' | 'traffic' | 'groups' | 'cleaning'>
  readonly #topics = new WeakMap<Topic, Made<TopicRow>>()
  readonly #partitions = new WeakMap<Partition, Made<PartitionRow>>()

  constructor(parts: Pick<StudioParts, 'broker' | 'traffic' | 'groups' | 'cleaning'>) {
    this.#parts = parts
  }

  topic(topic: Topic): TopicRow {
    const { broker, traffic, groups } = this.#parts
    const { record, partitions } = topic
    let [records, sizeBytes, recoveringCount, offlineCount, cutCount, underReplicatedCount, leaderlessCount] = [0, 0, 0, 0, 0, 0, 0]
    for (const partition of partitions) {
      const figures = figuresOf(partition)
      records += figures.endOffset - figures.startOffset
      sizeBytes += figures.sizeBytes
      if (partition.state.is === 'recovering') recoveringCount++
      if (isOffline(partition)) offlineCount++
      if (lostIn(partition)) cutCount++
      if (partition.isUnderReplicated) underReplicatedCount++
      if (partition.leader < 0) leaderlessCount++
    }
    const { recordsRate, bytesRate, history } = traffic.topic(topic)
    const readBy = groups.readersOf(record.name)
    const retention = retentionOf(record, broker.topics.defaults)
    const replicationFactor = partitions[0]?.standing.replicas.length ?? 1
    const from = [records, sizeBytes, recoveringCount, offlineCount, cutCount, underReplicatedCount, leaderlessCount, replicationFactor, recordsRate, bytesRate, history, readBy, retention]
    const known = this.#topics.get(topic)
    if (known && isSame(known.from, from)) return known.row
    const row: TopicRow = {
      topic: record.name,
      topicId: record.topicId,
      isInternal: record.isInternal,
      partitionCount: partitions.length,
      replicationFactor,
      recordCount: BigInt(records),
      sizeBytes,
      inRecordsRate: recordsRate,
      inBytesRate: bytesRate,
      history,
      ...retention,
      readBy, recoveringCount, offlineCount, cutCount, underReplicatedCount, leaderlessCount,
    }
    this.#topics.set(topic, { from, row })
    return row
  }

  partition(partition: Partition, worstLags: ReadonlyMap<number, bigint>): PartitionRow {
    const { traffic, cleaning } = this.#parts
    const { state, index, openLog } = partition
    const { leader, replicas, isr, offline } = clusterFacts(partition, this.#parts.broker.cluster)
    const { recordsRate, history } = traffic.partition(partition)
    const { startOffset, endOffset, leaderEpoch, sizeBytes, segmentCount } = figuresOf(partition)
    // A log at rest has no transaction open, or the end of the transaction is what opens it.
    const lastStable = openLog?.lastStableOffset ?? endOffset
    const transactionCount = openLog ? openTransactionCount(openLog) : 0
    const [lag, health, cleaned] = [worstLags.get(index) ?? null, healthOf(partition), openLog ? cleaning.of(openLog) : null]
    const from = [
      state.is, health.is, health.is === 'offline' && health.reason, startOffset, endOffset, lastStable, transactionCount, leaderEpoch,
      sizeBytes, segmentCount, recordsRate, history, lag, cleaned,
      leader, replicas, isr, offline.join(),
    ]
    const known = this.#partitions.get(partition)
    if (known && isSame(known.from, from)) return known.row
    const row: PartitionRow = {
      partition: index,
      leader,
      leaderEpoch,
      replicas,
      inSync: state.is === 'recovering' || state.is === 'failed' ? [] : isr,
      offlineReplicas: offline,
      startOffset: BigInt(startOffset),
      endOffset: BigInt(endOffset),
      highWatermark: BigInt(openLog?.highWatermark ?? endOffset),
      lastStableOffset: BigInt(lastStable),
      openTransactionCount: transactionCount,
      sizeBytes,
      segmentCount,
      inRecordsRate: recordsRate,
      history,
      worstLag: lag,
      state: state.is,
      health,
      recovery: openLog ? recoveryOf(openLog) : null,
      cleaning: cleaned,
    }
    this.#partitions.set(partition, { from, row })
    return row
  }
}

function isSame(a: Figures, b: Figures): boolean {
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}

/** A record is replaced when a config changes, and so are the defaults: what was read from both stays true for as long as they live. */
const retentions = new WeakMap<TopicRecord, { readonly defaults: object; readonly retention: Retention }>()

function retentionOf(record: TopicRecord, defaults: Readonly<Record<string, string>>): Retention {
  const known = retentions.get(record)
  if (known?.defaults === defaults) return known.retention
  const values = new Map(describeTopicConfigs(record.configs, defaults).map(({ name, value }) => [name, value]))
  const retention = { retentionMs: BigInt(values.get('retention.ms') ?? '-1'), cleanupPolicy: values.get('cleanup.policy') ?? '' }
  retentions.set(record, { defaults, retention })
  return retention
}
