/**
 * Online upgrade (KIP-848): the first member of the consumer protocol turns a classic group of consumers into a consumer group. Its
 * members stay, each with what it was last assigned at the generation it knows, and rejoin in their own protocol when they hear of the
 * rebalance.
 */

import type { ClassicGroup } from './classic-group.ts'
import { CONSUMER_PROTOCOL_TYPE } from './classic-group.ts'
import { answerJoin, answerSync, NO_BYTES, refusedJoin, refusedSync, type ClassicMember } from './classic-member.ts'
import type { ConsumerContext, GroupTopics } from './consumer-context.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { readAssignment, readSubscription, type AssignedTopic } from './embedded-protocol.ts'
import type { ConsumerGroupRecord, GroupRecord, OwnedPartitions, StoredConsumerMember, TopicPartitions } from './stored.ts'
import { topicsHash } from './topics-hash.ts'

export type Upgrade =
  /** Not stored yet: the group as it will be, and the records that make it of the classic one. */
  | { readonly group: ConsumerGroup; readonly records: readonly GroupRecord[] }
  | { readonly refused: string }

/** The consumer group that a classic group with members becomes, or why it stays what it is. */
export function upgradeOf(context: ConsumerContext, classic: ClassicGroup): Upgrade {
  const { groupId } = classic
  const { migrationPolicy, consumerMembersMax } = context.config
  const refused = (why: string): Upgrade => ({ refused: `Cannot upgrade classic group ${groupId} to consumer group because ${why}.` })
  if (migrationPolicy !== 'upgrade' && migrationPolicy !== 'bidirectional') return refused('online upgrade is disabled')
  if (classic.protocolType !== CONSUMER_PROTOCOL_TYPE) return refused('the group does not use the consumer embedded protocol')
  if (classic.size > consumerMembersMax) return refused('the group size exceeds the consumer group maximum size')
  const members: Upgraded[] = []
  for (const member of classic.members) {
    const upgraded = upgradedMember(context.topics, classic, member)
    if (typeof upgraded === 'string') return refused(upgraded)
    members.push(upgraded)
  }
  const records = upgradeRecords(context, classic, members)
  const group = new ConsumerGroup(groupId, context.clock)
  for (const record of records) group.apply(record)
  return { group, records: [...classic.tombstones(), ...records] }
}

type Upgraded = { readonly memberId: string; readonly value: StoredConsumerMember; readonly assigned: TopicPartitions }

function upgradedMember(topics: GroupTopics, group: ClassicGroup, member: ClassicMember): Upgraded | string {
  const { memberId, instanceId, clientId, host, rebalanceTimeoutMs, sessionTimeoutMs, protocols } = member
  // A group in its first rebalance has agreed on nothing yet.
  const metadata = protocols.get(group.protocol ?? '') ?? protocols.values().next().value ?? NO_BYTES
  const subscription = readSubscription(metadata)
  const assignment = member.assignment.length === 0 ? { topics: [], userData: null } : readAssignment(member.assignment)
  if (!subscription || !assignment) return 'the embedded consumer protocol is malformed'
  if (assignment.userData !== null && assignment.userData.length > 0) return 'an unsupported custom assignor is in use'
  const value: StoredConsumerMember = {
    instanceId, clientId, host, rebalanceTimeoutMs,
    rackId: subscription.rackId || null,
    subscribedTopics: [...new Set(subscription.topics)].sort(),
    subscribedRegex: null,
    serverAssignor: null,
    classic: { sessionTimeoutMs, protocols: Array.from(protocols, ([name, bytes]) => ({ name, metadata: bytes })) },
  }
  return { memberId, value, assigned: byTopicId(topics, assignment.topics) }
}

/** In Kafka's order: who there is, the epoch, what each shall own, what each owns. */
function upgradeRecords({ topics }: ConsumerContext, group: ClassicGroup, members: readonly Upgraded[]): Exclude<ConsumerGroupRecord, { readonly is: 'consumer-group'; readonly value: null }>[] {
  const { groupId, generation: epoch } = group
  const metadataHash = topicsHash(topics, new Set(members.flatMap(({ value }) => value.subscribedTopics)))
  return [
    ...members.map(({ memberId, value }) => ({ is: 'consumer-member' as const, groupId, memberId, value })),
    { is: 'consumer-group', groupId, value: { epoch, metadataHash } },
    ...members.map(({ memberId, assigned }) => ({ is: 'target-member' as const, groupId, memberId, value: assigned })),
    // A time of 0: the assignment that is to come need not keep its distance from one that a client made.
    { is: 'target', groupId, value: { epoch, timestampMs: 0 } },
    ...members.map(({ memberId, assigned }) => ({
      is: 'current' as const, groupId, memberId,
      value: { epoch, previousEpoch: epoch, state: 'stable' as const, assigned: ownedSince(assigned, epoch), pendingRevocation: new Map() },
    })),
  ]
}

/** By the ids of topics that exist; others are nobody's any more. */
export function byTopicId(topics: GroupTopics, assigned: readonly AssignedTopic[]): TopicPartitions {
  const partitions = new Map<string, readonly number[]>()
  for (const { topic, partitions: indexes } of assigned) {
    const known = topics.byName(topic)
    if (known) partitions.set(known.topicId, [...new Set([...partitions.get(known.topicId) ?? [], ...indexes])])
  }
  return partitions
}

function ownedSince(partitions: TopicPartitions, epoch: number): OwnedPartitions {
  return new Map(Array.from(partitions, ([topicId, indexes]) => [topicId, new Map(indexes.map(partition => [partition, epoch]))]))
}

/** Members that wait for a rebalance which will not end hear of the next one. */
export function refuseAllParked(group: ClassicGroup): void {
  for (const member of group.members) {
    answerJoin(member, refusedJoin('REBALANCE_IN_PROGRESS', member.memberId))
    answerSync(member, refusedSync('REBALANCE_IN_PROGRESS'))
  }
}
