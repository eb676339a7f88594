/** Topics and their partitions. */

import * as v from 'valibot'
import { call, stream, type ListItem } from './contract.ts'

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
}

export type PartitionRow = {
  readonly partition: number
  readonly leader: number
  readonly leaderEpoch: number
  readonly inSync: readonly number[]
  readonly startOffset: bigint
  readonly endOffset: bigint
  readonly sizeBytes: number
  readonly segmentCount: number
  readonly inRecordsRate: number
  readonly history: readonly number[]
  /** Largest lag of any group on it; null when nobody reads it. */
  readonly worstLag: bigint | null
  readonly state: 'ready' | 'recovering' | 'failed'
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
  configs: call<readonly ConfigRow[]>()(v.object({ topic: v.string() })),
  /** Creates a topic; fails with Kafka's code. `partitions` -1 takes the broker's default. */
  create: call<{ readonly topicId: string }>()(v.object({
    topic: v.string(),
    partitions: v.pipe(v.number(), v.integer()),
    configs: v.optional(v.record(v.string(), v.string()), {}),
  })),
  delete: call<null>()(v.object({ topic: v.string() })),
  addPartitions: call<null>()(v.object({ topic: v.string(), total: v.pipe(v.number(), v.integer()) })),
}
