/** Groups as the window and the admin APIs see them: plain values, taken at a moment. */

import { CONSUMER_PROTOCOL_TYPE, type ClassicGroup } from './classic-group.ts'
import type { GroupTopics } from './consumer-context.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { preferredAssignor } from './consumer-target.ts'
import { assignedTopicsOf, type AssignedTopic } from './embedded-protocol.ts'
import type { GroupConfig } from './group-config.ts'
import type { GroupStore, StoreGroup } from './group-store.ts'
import type { MemberState, OwnedPartitions, TopicPartitions } from './stored.ts'

export type GroupKind = StoreGroup['kind']
export type GroupState = ClassicGroup['phase']['is'] | ConsumerGroup['state']

export type MemberSnapshot = {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  /** Without Kafka's leading slash. */
  readonly host: string
  /** null for a member of the consumer protocol: the group's. */
  readonly sessionTimeoutMs: number | null
  readonly rebalanceTimeoutMs: number
  /** Where a member of a consumer group stands; null in a classic group. */
  readonly epoch: number | null
  readonly rackId: string | null
  /** On its way to its target assignment; null in a classic group. */
  readonly reconciling: ReconcilingSnapshot | null
  /** A member of a consumer group that speaks the classic protocol. */
  readonly isClassicInConsumer: boolean
  /** Empty while there is none, and for members that are no consumers. */
  readonly assignment: readonly AssignedTopic[]
}

export type ReconcilingSnapshot = {
  readonly state: MemberState
  /** What it has been told to give up and has not yet. */
  readonly revoking: readonly AssignedTopic[]
  /** What its target has beside what it holds: others have not let go of it, or it has not asked yet. */
  readonly awaiting: readonly AssignedTopic[]
}

/** Committed in a transaction that is open: visible when it commits. */
export type PendingSnapshot = { readonly topic: string; readonly partition: number; readonly offset: number; readonly producerId: number }

export type OffsetSnapshot = {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** -1 when the client did not say. */
  readonly leaderEpoch: number
  readonly metadata: string
  /** Milliseconds since the epoch. */
  readonly committedAt: number
}

export type GroupSnapshot = {
  readonly groupId: string
  readonly kind: GroupKind
  readonly state: GroupState
  /** Since when, ms since the epoch; null where the record does not say. */
  readonly storedAt: number | null
  /** The generation of a classic group, the epoch of a consumer group. */
  readonly generation: number
  /** The epoch of a consumer group's target assignment; null in a classic group. */
  readonly targetEpoch: number | null
  /** '' for a group that only commits. */
  readonly protocolType: string
  /** The assignor agreed on, '' while none is; of a consumer group the one its coordinator takes. */
  readonly protocol: string
  readonly leaderId: string | null
  readonly members: readonly MemberSnapshot[]
  /** Topics any member subscribes to; null when that cannot be known. */
  readonly subscribedTopics: readonly string[] | null
  readonly offsets: readonly OffsetSnapshot[]
  readonly pending: readonly PendingSnapshot[]
}

/** What a group of either kind says its members speak: '' for one that only commits. */
export function protocolTypeOf(group: StoreGroup): string {
  return group.kind === 'classic' ? group.protocolType ?? '' : CONSUMER_PROTOCOL_TYPE
}

export function stateOf(group: StoreGroup): GroupState {
  return group.kind === 'classic' ? group.phase.is : group.state
}

/** What must be known beside a consumer group to show it. */
export type ConsumerFacts = { readonly topics: Pick<GroupTopics, 'byId'>; readonly assignors: GroupConfig['consumerAssignors'] }

export function snapshotOf(group: StoreGroup, { offsets, pending }: Pick<GroupStore, 'offsets' | 'pending'>, consumer: ConsumerFacts): GroupSnapshot {
  return {
    groupId: group.groupId,
    kind: group.kind,
    state: stateOf(group),
    protocolType: protocolTypeOf(group),
    ...group.kind === 'classic' ? classicFacts(group) : consumerFacts(group, consumer),
    offsets: Array.from(offsets.entriesOf(group.groupId), ({ topic, partition, committed }) => ({
      topic, partition, offset: committed.offset, leaderEpoch: committed.leaderEpoch, metadata: committed.metadata,
      committedAt: committed.commitTimestampMs,
    })),
    pending: Array.from(pending.entriesOf(group.groupId), ({ topic, partition, value, producerId }) => ({ topic, partition, offset: value.offset, producerId })),
  }
}

type KindFacts = Omit<GroupSnapshot, 'groupId' | 'kind' | 'state' | 'protocolType' | 'offsets' | 'pending'>

function classicFacts(group: ClassicGroup): KindFacts {
  return {
    storedAt: group.stateTimestampMs,
    generation: group.generation,
    targetEpoch: null,
    protocol: group.protocol ?? '',
    leaderId: group.leaderId,
    members: group.members.map(member => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      host: member.host.replace(/^\//, ''),
      sessionTimeoutMs: member.sessionTimeoutMs,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      epoch: null,
      rackId: null,
      reconciling: null,
      isClassicInConsumer: false,
      assignment: assignedTopicsOf(member.assignment),
    })),
    subscribedTopics: group.subscribedTopics && [...group.subscribedTopics],
  }
}

function consumerFacts(group: ConsumerGroup, { topics, assignors }: ConsumerFacts): KindFacts {
  return {
    storedAt: group.targetTimestampMs > 0 ? group.targetTimestampMs : null,
    generation: group.epoch,
    targetEpoch: group.targetEpoch,
    protocol: preferredAssignor(group.members, assignors),
    leaderId: null,
    members: group.members.map(member => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      host: member.host.replace(/^\//, ''),
      sessionTimeoutMs: null,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      epoch: member.epoch,
      rackId: member.rackId,
      reconciling: {
        state: member.state,
        revoking: assignedTopics(member.pendingRevocation, topics),
        awaiting: assignedTopics(awaited(group.target(member.memberId), member.assigned), topics),
      },
      isClassicInConsumer: member.classic !== null,
      assignment: assignedTopics(member.assigned, topics),
    })),
    subscribedTopics: [...group.subscriptions.keys()],
  }
}

/** Topics that are gone are left out. */
function assignedTopics(partitionsOf: OwnedPartitions, topics: ConsumerFacts['topics']): AssignedTopic[] {
  return [...partitionsOf].flatMap(([topicId, partitions]) => {
    const topic = topics.byId(topicId)
    return topic ? [{ topic: topic.name, partitions: [...partitions.keys()].sort((a, b) => a - b) }] : []
  })
}

/** What a target has that is not held yet. */
function awaited(target: TopicPartitions, assigned: OwnedPartitions): OwnedPartitions {
  const missing = new Map<string, Map<number, number>>()
  for (const [topicId, partitions] of target) {
    const held = assigned.get(topicId)
    const rest = partitions.filter(partition => !held?.has(partition))
    if (rest.length > 0) missing.set(topicId, new Map(rest.map(partition => [partition, 0])))
  }
  return missing
}
