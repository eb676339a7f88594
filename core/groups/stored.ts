/** What the coordinator keeps in `__consumer_offsets`, as plain values: the durable half of its state. */

export type StoredMember = {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly host: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  /** Metadata for the protocol the group agreed on. */
  readonly subscription: Buffer
  readonly assignment: Buffer
}

export type StoredGroup = {
  /** null: a simple group, which commits offsets and has no members. */
  readonly protocolType: string | null
  readonly generation: number
  readonly protocol: string | null
  readonly leaderId: string | null
  /** When the group entered its state, ms since the epoch; null in records of old brokers. */
  readonly stateTimestampMs: number | null
  readonly members: readonly StoredMember[]
}

export type CommittedOffset = {
  readonly offset: number
  /** Of the last record consumed; -1 when the client did not say. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestampMs: number
  /** Set by clients that gave a retention of their own (OffsetCommit v2 to v4). */
  readonly expireTimestampMs: number | null
  /** The topic it was committed for; null in records that do not tell. */
  readonly topicId: string | null
}

/** Partitions by the id of their topic. */
export type TopicPartitions = ReadonlyMap<string, readonly number[]>

/** Partitions by the id of their topic, each with the member epoch at which it was handed to its owner. */
export type OwnedPartitions = ReadonlyMap<string, ReadonlyMap<number, number>>

/** A member of a consumer group: who it is and what it asks for. */
export type StoredConsumerMember = {
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly host: string
  readonly subscribedTopics: readonly string[]
  /** '' or null: no pattern. */
  readonly subscribedRegex: string | null
  readonly rebalanceTimeoutMs: number
  readonly serverAssignor: string | null
  /** Of a member that speaks the classic protocol within a consumer group; null for all others. */
  readonly classic: StoredClassicMetadata | null
}

export type StoredClassicMetadata = {
  readonly sessionTimeoutMs: number
  /** In the order of the member's preference. */
  readonly protocols: readonly { readonly name: string; readonly metadata: Buffer }[]
}

/**
 * Where a member stands on its way to its target: it has what it shall have at its epoch; it has to give partitions up first; or it
 * waits for partitions that others still own.
 */
export type MemberState = 'stable' | 'unrevoked-partitions' | 'unreleased-partitions' | 'unknown'

export type StoredCurrentAssignment = {
  readonly epoch: number
  readonly previousEpoch: number
  readonly state: MemberState
  readonly assigned: OwnedPartitions
  readonly pendingRevocation: OwnedPartitions
}

export type StoredRegex = { readonly topics: readonly string[]; readonly version: number; readonly timestampMs: number }

/** A record of a consumer group (KIP-848). */
export type ConsumerGroupRecord =
  | { readonly is: 'consumer-group'; readonly groupId: string; readonly value: { readonly epoch: number; readonly metadataHash: bigint } | null }
  /** What Kafka before 4.1 kept of the topics: true while it is there. We only ever remove it. */
  | { readonly is: 'consumer-topics'; readonly groupId: string; readonly value: true | null }
  | { readonly is: 'consumer-member'; readonly groupId: string; readonly memberId: string; readonly value: StoredConsumerMember | null }
  | { readonly is: 'target'; readonly groupId: string; readonly value: { readonly epoch: number; readonly timestampMs: number } | null }
  | { readonly is: 'target-member'; readonly groupId: string; readonly memberId: string; readonly value: TopicPartitions | null }
  | { readonly is: 'current'; readonly groupId: string; readonly memberId: string; readonly value: StoredCurrentAssignment | null }
  | { readonly is: 'regex'; readonly groupId: string; readonly regex: string; readonly value: StoredRegex | null }

/** One record of `__consumer_offsets`; a null value is a tombstone. */
export type GroupRecord =
  | ConsumerGroupRecord
  | { readonly is: 'group'; readonly groupId: string; readonly value: StoredGroup | null }
  | { readonly is: 'offset'; readonly groupId: string; readonly topic: string; readonly partition: number; readonly value: CommittedOffset | null }
