/** A change of one member that is not stored yet: the records so far, and the group as it will be with them. */

import type { ConsumerContext } from './consumer-context.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { JOIN_EPOCH, storedCurrent, storedMember, type ConsumerMember } from './consumer-member.ts'
import type { GroupRecord, StoredRegex, TopicPartitions } from './stored.ts'
import { topicsHash } from './topics-hash.ts'

export type Draft = {
  readonly group: ConsumerGroup
  readonly records: GroupRecord[]
  /** The member as it was; as it shall be. */
  readonly before: ConsumerMember
  member: ConsumerMember
  /** The member of the same instance that this one takes the place of. */
  readonly replaced: ConsumerMember | undefined
  /** Patterns that nobody subscribes to any more. */
  readonly droppedRegexes: Set<string>
}

/** A change of a member as it is, or as it begins; `opening`: what has to be stored before the group can be. */
export function draftFor(group: ConsumerGroup, member: ConsumerMember, opening: readonly GroupRecord[] = []): Draft {
  return { group, records: [...opening], before: member, member, replaced: undefined, droppedRegexes: new Set() }
}

/** A static member takes, under an id of its own, the place of the one that had its instance id, with what that owns and shall own. */
export function draftReplacing(group: ConsumerGroup, instance: ConsumerMember, memberId: string, opening: readonly GroupRecord[] = []): Draft {
  const member: ConsumerMember = { ...instance, memberId, epoch: JOIN_EPOCH, previousEpoch: JOIN_EPOCH }
  const { groupId } = group
  const draft = { ...draftFor(group, member, opening), replaced: instance }
  draft.records.push(
    ...memberTombstones(groupId, instance.memberId),
    { is: 'consumer-member', groupId, memberId, value: storedMember(member) },
    { is: 'target-member', groupId, memberId, value: targetOf(draft) },
    { is: 'current', groupId, memberId, value: storedCurrent(member) },
  )
  return draft
}

/** All members, with the change. */
export function rosterOf({ group, member, replaced }: Draft): ConsumerMember[] {
  const others = group.members.filter(({ memberId }) => memberId !== member.memberId && memberId !== replaced?.memberId)
  return [...others, member]
}

/** What the member shall own as far as that is known: of a static member that came back, what its instance shall. */
export function targetOf({ group, member, replaced }: Draft): TopicPartitions {
  return group.target(replaced?.memberId ?? member.memberId)
}

/** Names of all topics that members subscribe to, by name or by a pattern. */
export function subscribedTopicsOf(roster: readonly ConsumerMember[], regexes: ReadonlyMap<string, Pick<StoredRegex, 'topics'>>): ReadonlySet<string> {
  const topics = new Set<string>()
  const seen = new Set<string>()
  for (const { subscribedTopics, subscribedRegex } of roster) {
    for (const topic of subscribedTopics) topics.add(topic)
    if (!subscribedRegex || seen.has(subscribedRegex)) continue
    seen.add(subscribedRegex)
    for (const topic of regexes.get(subscribedRegex)?.topics ?? []) topics.add(topic)
  }
  return topics
}

/** The record of the group's next epoch. */
export function epochRecord(
  context: ConsumerContext, group: ConsumerGroup, roster: readonly ConsumerMember[], regexes: ReadonlyMap<string, Pick<StoredRegex, 'topics'>> = group.regexes,
): GroupRecord {
  const metadataHash = topicsHash(context.topics, subscribedTopicsOf(roster, regexes))
  return { is: 'consumer-group', groupId: group.groupId, value: { epoch: group.epoch + 1, metadataHash } }
}

/** Ids of the topics that a member subscribes to and that exist. */
export function topicIdsOf({ topics }: ConsumerContext, group: ConsumerGroup, member: ConsumerMember): ReadonlySet<string> {
  const topicIds = new Set<string>()
  for (const name of group.topicsOf(member)) {
    const topic = topics.byName(name)
    if (topic) topicIds.add(topic.topicId)
  }
  return topicIds
}

/** The tombstones of a member, in the order Kafka has them: what it owns, what it shall own, itself. */
export function memberTombstones(groupId: string, memberId: string): GroupRecord[] {
  return [
    { is: 'current', groupId, memberId, value: null },
    { is: 'target-member', groupId, memberId, value: null },
    { is: 'consumer-member', groupId, memberId, value: null },
  ]
}
