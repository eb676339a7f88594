/** One member of a consumer group, and what it asks for. Values: a change makes another. */

import type { MemberState, OwnedPartitions, StoredConsumerMember, StoredCurrentAssignment, TopicPartitions } from './stored.ts'

export const NO_PARTITIONS: TopicPartitions = new Map()
export const NOTHING_OWNED: OwnedPartitions = new Map()

/** Member epochs with a meaning of their own (KIP-848): to join, to leave, and to leave for a while as a static member. */
export const JOIN_EPOCH = 0
export const LEAVE_EPOCH = -1
export const LEAVE_FOR_A_WHILE_EPOCH = -2

export type ConsumerMember = StoredConsumerMember & {
  readonly memberId: string
  readonly epoch: number
  readonly previousEpoch: number
  readonly state: MemberState
  /** What it may read now. */
  readonly assigned: OwnedPartitions
  /** What it has been told to give up and has not yet. */
  readonly pendingRevocation: OwnedPartitions
}

export function newMember(memberId: string): ConsumerMember {
  return {
    memberId, instanceId: null, rackId: null, clientId: '', host: '', subscribedTopics: [], subscribedRegex: null, rebalanceTimeoutMs: -1,
    serverAssignor: null, classic: null, epoch: JOIN_EPOCH, previousEpoch: -1, state: 'stable', assigned: NOTHING_OWNED, pendingRevocation: NOTHING_OWNED,
  }
}

/** The half of a member that its metadata record holds. */
export function storedMember(member: ConsumerMember): StoredConsumerMember {
  const { instanceId, rackId, clientId, host, subscribedTopics, subscribedRegex, rebalanceTimeoutMs, serverAssignor, classic } = member
  return { instanceId, rackId, clientId, host, subscribedTopics, subscribedRegex, rebalanceTimeoutMs, serverAssignor, classic }
}

/** The half of a member that its current-assignment record holds. */
export function storedCurrent({ epoch, previousEpoch, state, assigned, pendingRevocation }: ConsumerMember): StoredCurrentAssignment {
  return { epoch, previousEpoch, state, assigned, pendingRevocation }
}
