/**
 * Online downgrade (KIP-848): a consumer group whose last member of the consumer protocol goes, while members of the classic one stay,
 * becomes a classic group, whose members rejoin. What each may still be reading counts as its assignment, where Kafka takes its target: the
 * next upgrade must not give it to another before it has let go.
 */

import { assert } from '../common/assert.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { CONSUMER_PROTOCOL_TYPE, type ClassicGroup } from './classic-group.ts'
import { NO_BYTES, votedProtocol, type MemberProtocols } from './classic-member.ts'
import { prepareRebalance, restartSession } from './classic-rebalance.ts'
import type { GroupTopics } from './consumer-context.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { writeAssignment } from './embedded-protocol.ts'
import type { GroupParts } from './group-parts.ts'
import type { OwnedPartitions, StoredGroup, TopicPartitions } from './stored.ts'

/** A static member that takes, in the classic protocol, the place of one of the consumer protocol. */
export type Replacing = { readonly member: ConsumerMember; readonly replaced: ConsumerMember }

/** Whether the group is one of classic members only once these have gone, and may become a classic group. */
export function mayDowngrade({ options: { config } }: GroupParts, group: ConsumerGroup, leaving: readonly ConsumerMember[], joining = 0): boolean {
  const { migrationPolicy, membersMax } = config
  if (migrationPolicy !== 'downgrade' && migrationPolicy !== 'bidirectional') return false
  const gone = new Set(leaving.map(({ memberId }) => memberId))
  const staying = group.members.filter(({ memberId }) => !gone.has(memberId))
  const size = staying.length + joining
  return size > 0 && size <= membersMax && staying.every(({ classic }) => classic !== null)
}

/** Members go, and what is left is a classic group that rebalances; undefined when the group is to stay a consumer group. */
export function downgradeWithout(parts: GroupParts, group: ConsumerGroup, leaving: readonly ConsumerMember[]): KafkaError | undefined {
  if (!mayDowngrade(parts, group, leaving)) return undefined
  const gone = new Set(leaving.map(({ memberId }) => memberId))
  return downgrade(parts, group, group.members.filter(({ memberId }) => !gone.has(memberId)), true)
}

/** A static member takes the place of the last member of the consumer protocol; a rebalance follows where the assignment is an old one, or not everybody's yet. */
export function downgradeByReplacing(parts: GroupParts, group: ConsumerGroup, { member, replaced }: Replacing, isOld: boolean): KafkaError {
  const members = [...group.members.filter(({ memberId }) => memberId !== replaced.memberId), member]
  const isReconciled = members.every(({ state, epoch }) => state === 'stable' && epoch === group.targetEpoch)
  return downgrade(parts, group, members, isOld || !isReconciled)
}

function downgrade(parts: GroupParts, group: ConsumerGroup, members: readonly ConsumerMember[], mustRebalance: boolean): KafkaError {
  const { groupId } = group
  const value = storedClassic(parts, group, members)
  const error = parts.store.write(groupId, [...group.tombstones(), { is: 'group', groupId, value }])
  if (error !== 'NONE') return error
  const classic = parts.store.classic(groupId)
  assert(classic, 'a stored classic group is one')
  takeProtocols(classic, members)
  for (const member of classic.members) restartSession(parts.classic, classic, member)
  parts.options.logger.info('a consumer group became a classic group', { group: groupId, members: classic.size })
  if (mustRebalance) prepareRebalance(parts.classic, classic, 'its last member of the consumer protocol is gone')
  return 'NONE'
}

function storedClassic({ consumer: { topics, clock } }: GroupParts, group: ConsumerGroup, members: readonly ConsumerMember[]): StoredGroup {
  const protocol = votedProtocol(members.map(protocolsOf))
  return {
    protocolType: CONSUMER_PROTOCOL_TYPE, generation: group.epoch, protocol, leaderId: members[0]?.memberId ?? null, stateTimestampMs: clock.now(),
    members: members.map(member => {
      const { memberId, instanceId, clientId, host, rebalanceTimeoutMs, classic } = member
      const subscription = protocolsOf(member).get(protocol ?? '') ?? NO_BYTES
      return {
        memberId, instanceId, clientId, host, rebalanceTimeoutMs, subscription,
        sessionTimeoutMs: classic?.sessionTimeoutMs ?? 0,
        assignment: writeAssignment(byTopicName(topics, partitionsOf(member.assigned, member.pendingRevocation)), subscription),
      }
    }),
  }
}

/** A stored group holds each member's metadata for the agreed protocol only; the others are known here. */
function takeProtocols(classic: ClassicGroup, members: readonly ConsumerMember[]): void {
  for (const member of members) {
    const known = classic.member(member.memberId)
    if (known) known.protocols = protocolsOf(member)
  }
}

export function protocolsOf({ classic }: Pick<ConsumerMember, 'classic'>): MemberProtocols {
  return new Map(classic?.protocols.map(({ name, metadata }) => [name, metadata]))
}

export function partitionsOf(...owned: readonly OwnedPartitions[]): TopicPartitions {
  const all = new Map<string, number[]>()
  for (const [topicId, partitions] of owned.flatMap(each => [...each])) all.set(topicId, [...all.get(topicId) ?? [], ...partitions.keys()])
  return all
}

/** As members of the classic protocol are told: by names, those of topics that are gone left out. */
export function byTopicName(topics: GroupTopics, partitions: TopicPartitions): { readonly topic: string; readonly partitions: readonly number[] }[] {
  return [...partitions].flatMap(([topicId, indexes]) => {
    const topic = topics.byId(topicId)
    return topic ? [{ topic: topic.name, partitions: [...indexes].sort((a, b) => a - b) }] : []
  })
}
