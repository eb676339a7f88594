/** Consumer groups: who reads what, and how far behind. */

import * as v from 'valibot'
import { call, stream, type ListItem } from './contract.ts'

export type GroupKind = 'classic' | 'consumer' | 'share' | 'streams'

export type GroupRow = {
  readonly group: string
  readonly kind: GroupKind
  /** Kafka's word: Empty, Stable, Dead; PreparingRebalance, CompletingRebalance of a classic group; Assigning, Reconciling of a consumer group. */
  readonly state: string
  readonly memberCount: number
  readonly topics: readonly string[]
  /** Unread records over all partitions with a committed offset; null when nothing is committed. */
  readonly lag: bigint | null
  /** Records per second by which committed offsets advance, mean of 5 s. */
  readonly rate: number
  /** Lag, one figure per 10 s, oldest first, at most 90. */
  readonly history: readonly number[]
  readonly worst: { readonly topic: string; readonly partition: number; readonly lag: bigint } | null
}

export type AssignedRow = { readonly topic: string; readonly partitions: readonly number[] }

export type GroupMemberRow = {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly host: string
  /** How far a member of a consumer group has come; null in a classic group. */
  readonly epoch: number | null
  /** As the member says; null when it does not. */
  readonly rack: string | null
  /** It speaks the classic protocol in a consumer group. */
  readonly isClassicInConsumer: boolean
  readonly assignment: readonly AssignedRow[]
  /** Of a member of a consumer group: what it has been told to give up and still holds, and what it is to get and has not yet. */
  readonly revoking: readonly AssignedRow[]
  readonly awaiting: readonly AssignedRow[]
}

export type GroupOffsetRow = {
  readonly topic: string
  readonly partition: number
  readonly memberId: string | null
  /** null: assigned, nothing committed yet. */
  readonly committed: bigint | null
  readonly startOffset: bigint
  readonly endOffset: bigint
  readonly lag: bigint | null
  /** Records per second by which the committed offset advances. */
  readonly rate: number
  readonly metadata: string
  /** What an open transaction commits when it is committed; null while none does. The id is null when no coordinator knows the producer. */
  readonly pending: { readonly offset: bigint; readonly producerId: bigint; readonly transactionalId: string | null } | null
}

export type GroupDetail = {
  readonly row: GroupRow
  /** The generation of a classic group, the epoch of a consumer group. */
  readonly generation: number
  /** The epoch that a consumer group's target assignment was made for; null in a classic group. */
  readonly targetEpoch: number | null
  readonly protocolType: string
  /** The assignor the members agreed on; empty while none is. */
  readonly protocol: string
  readonly leaderId: string | null
  /** The broker that coordinates the group; -1 while none does. */
  readonly coordinator: number
  readonly members: readonly GroupMemberRow[]
  readonly offsets: readonly GroupOffsetRow[]
}

export const groups = {
  /** All groups; snapshot, then changes at most 4 times a second. Key: the group id. */
  list: stream<ListItem<GroupRow>>()(v.object({})),
  /** One group, whole, when it changes, at most 4 times a second; ends with NOT_FOUND when it is deleted. */
  detail: stream<GroupDetail>()(v.object({ group: v.string() })),
  /** Deletes an empty group with its offsets; NON_EMPTY_GROUP names its members. */
  delete: call<null>()(v.object({ group: v.string() })),
  /** Removes the committed offsets of a topic; GROUP_SUBSCRIBED_TO_TOPIC while a member reads it. Gives the number that went. */
  deleteOffsets: call<number>()(v.object({ group: v.string(), topic: v.string() })),
}
