/** Topics and their partitions. */

import * as v from 'valibot'
import { call, stream, type ListItem } from './contract.ts'
import type { CleaningRow, OpenTransactionRow, PartitionHealth, RecoveryRow, SegmentRow } from './storage.ts'

/** Kafka's rule for topic names. */
export const topicName = v.pipe(v.string(), v.regex(/^[a-zA-Z0-9._-]{1,249}$/, 'a topic name has 1 to 249 of a-z A-Z 0-9 . _ -'))

export type TopicRow = {
  readonly topic: string
  /** Kafka's topic id, base64url. */
  readonly topicId: string
  readonly isInternal: boolean
  readonly partitionCount: number
  readonly replicationFactor: number
  /** Records from start to end offset over all partitions. */
  readonly recordCount: bigint
  readonly sizeBytes: number
  /** Mean over the last 5 s, per second. */
  readonly inRecordsRate: number
  readonly inBytesRate: number
  /** Records per second in, one figure per 10 s, oldest first, at most 90 (15 min). */
  readonly history: readonly number[]
  /** Effective retention: milliseconds, -1 for ever. */
  readonly retentionMs: bigint
  readonly cleanupPolicy: string
  /** Groups that have a committed offset here, or members assigned. */
  readonly readBy: readonly string[]
  /** Partitions whose log is being recovered, that take no records, and that were cut at the last start. */
  readonly recoveringCount: number
  readonly offlineCount: number
  readonly cutCount: number
  /** Partitions with fewer replicas in sync than hold them, and partitions that no broker leads. */
  readonly underReplicatedCount: number
  readonly leaderlessCount: number
}

export type PartitionRow = {
  readonly partition: number
  /** The broker that leads it; -1 while none does. */
  readonly leader: number
  readonly leaderEpoch: number
  /** The brokers that hold it, the preferred leader first. */
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
  /** Those that hold it and are down. */
  readonly offlineReplicas: readonly number[]
  readonly startOffset: bigint
  readonly endOffset: bigint
  /** Everything before it is committed, and can be read. */
  readonly highWatermark: bigint
  /** Everything before it is decided: the high watermark, or where the earliest open transaction begins. */
  readonly lastStableOffset: bigint
  readonly openTransactionCount: number
  readonly sizeBytes: number
  readonly segmentCount: number
  readonly inRecordsRate: number
  readonly history: readonly number[]
  /** Largest lag of any group on it; null when nobody reads it. */
  readonly worstLag: bigint | null
  /** `resting`: ready, and its files are opened by the first who uses it. */
  readonly state: 'ready' | 'resting' | 'recovering' | 'failed'
  readonly health: PartitionHealth
  /** null until its log is open. */
  readonly recovery: RecoveryRow | null
  /** null when it is not compacted, or not open. */
  readonly cleaning: CleaningRow | null
}

/** One partition with all that is known of its files. */
export type PartitionDetail = {
  readonly row: PartitionRow
  /** Where its files are. */
  readonly folder: string
  /** Everything before it survives a power cut; null while the log is not open. */
  readonly recoveryPoint: bigint | null
  /** The newest, in offset order, the active one last: at most 200 of `row.segmentCount`. Empty while the log is not open. */
  readonly segments: readonly SegmentRow[]
  /** The earliest first, at most 100 of `row.openTransactionCount`. */
  readonly transactions: readonly OpenTransactionRow[]
}

export type TopicDetail = { readonly topic: TopicRow; readonly partitions: readonly PartitionRow[] }

export type ConfigRow = {
  readonly name: string
  readonly value: string | null
  readonly source: 'topic' | 'broker' | 'default'
  readonly isReadOnly: boolean
}

export const topics = {
  /** All topics, internal ones too; snapshot, then changes at most 4 times a second. Key: the name. */
  list: stream<ListItem<TopicRow>>()(v.object({})),
  /** One topic, whole, when it changes, at most 4 times a second; ends with NOT_FOUND when it is deleted. */
  detail: stream<TopicDetail>()(v.object({ topic: v.string() })),
  /** One partition's files, when something changed, at most 4 times a second; ends with NOT_FOUND when the topic is deleted. */
  partition: stream<PartitionDetail>()(v.object({ topic: v.string(), partition: v.pipe(v.number(), v.integer(), v.minValue(0)) })),
  configs: call<readonly ConfigRow[]>()(v.object({ topic: v.string() })),
  /** Creates a topic; fails with Kafka's code. `partitions` -1 takes the broker's default. */
  create: call<{ readonly topicId: string }>()(v.object({
    topic: v.string(),
    partitions: v.pipe(v.number(), v.integer()),
    /** Brokers that hold each partition; without it `default.replication.factor`. */
    replicationFactor: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
    configs: v.optional(v.record(v.string(), v.string()), {}),
  })),
  delete: call<null>()(v.object({ topic: v.string() })),
  addPartitions: call<null>()(v.object({ topic: v.string(), total: v.pipe(v.number(), v.integer()) })),
}
