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

/** One record of `__consumer_offsets`; a null value is a tombstone. */
export type GroupRecord =
  | { readonly is: 'group'; readonly groupId: string; readonly value: StoredGroup | null }
  | { readonly is: 'offset'; readonly groupId: string; readonly topic: string; readonly partition: number; readonly value: CommittedOffset | null }
