/** Groups as the window and the admin APIs see them: plain values, taken at a moment. */

import type { ClassicGroup } from './classic-group.ts'
import type { CommittedOffsets } from './committed-offsets.ts'
import { assignedTopicsOf, type AssignedTopic } from './embedded-protocol.ts'

export type GroupState = ClassicGroup['phase']['is']

export type MemberSnapshot = {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  /** Without Kafka's leading slash. */
  readonly host: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** Empty while there is none, and for members that are no consumers. */
  readonly assignment: readonly AssignedTopic[]
}

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
  readonly kind: 'classic'
  readonly state: GroupState
  /** Since when, ms since the epoch; null where the record does not say. */
  readonly storedAt: number | null
  readonly generation: number
  /** '' for a group that only commits. */
  readonly protocolType: string
  /** The assignor agreed on; '' while none is. */
  readonly protocol: string
  readonly leaderId: string | null
  readonly members: readonly MemberSnapshot[]
  /** Topics any member subscribes to; null when that cannot be known. */
  readonly subscribedTopics: readonly string[] | null
  readonly offsets: readonly OffsetSnapshot[]
}

export function snapshotOf(group: ClassicGroup, offsets: CommittedOffsets): GroupSnapshot {
  return {
    groupId: group.groupId,
    kind: 'classic',
    state: group.phase.is,
    storedAt: group.stateTimestampMs,
    generation: group.generation,
    protocolType: group.protocolType ?? '',
    protocol: group.protocol ?? '',
    leaderId: group.leaderId,
    members: group.members.map(member => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      host: member.host.replace(/^\//, ''),
      sessionTimeoutMs: member.sessionTimeoutMs,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      assignment: assignedTopicsOf(member.assignment),
    })),
    subscribedTopics: group.subscribedTopics && [...group.subscribedTopics],
    offsets: Array.from(offsets.entriesOf(group.groupId), ({ topic, partition, committed }) => ({
      topic, partition, offset: committed.offset, leaderEpoch: committed.leaderEpoch, metadata: committed.metadata,
      committedAt: committed.commitTimestampMs,
    })),
  }
}
