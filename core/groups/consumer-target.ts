/** The target assignment of a consumer group: made anew when the group's epoch has risen, not more often than its interval allows (KIP-1263). */

import { assert } from '../common/assert.ts'
import { assignRange } from './assignors/range.ts'
import { assignUniform } from './assignors/uniform.ts'
import type { Assignor } from './assignors/assignor.ts'
import type { ConsumerContext } from './consumer-context.ts'
import { rosterOf, targetOf, topicIdsOf, type Draft } from './consumer-draft.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import type { TopicPartitions } from './stored.ts'

export const ASSIGNORS = { uniform: assignUniform, range: assignRange } as const satisfies Readonly<Record<string, Assignor>>
export type AssignorName = keyof typeof ASSIGNORS

export function isAssignor(name: string, offered: readonly string[]): name is AssignorName {
  return name in ASSIGNORS && offered.includes(name)
}

/** What most members prefer, else the first that is offered. */
export function preferredAssignor(members: readonly Pick<ConsumerMember, 'serverAssignor'>[], offered: readonly AssignorName[]): AssignorName {
  const votes = new Map<AssignorName, number>()
  for (const { serverAssignor } of members) {
    if (serverAssignor !== null && isAssignor(serverAssignor, offered)) votes.set(serverAssignor, (votes.get(serverAssignor) ?? 0) + 1)
  }
  const [first] = offered
  assert(first, 'a coordinator offers an assignor')
  return offered.reduce((best, name) => (votes.get(name) ?? 0) > (votes.get(best) ?? 0) ? name : best, first)
}

/** The target that the draft's member is to be reconciled to; its records, where it is a new one, are added to the draft. */
export function updateTarget(context: ConsumerContext, draft: Draft, groupEpoch: number): { readonly epoch: number; readonly target: TopicPartitions } {
  const { group, member } = draft
  if (groupEpoch <= group.targetEpoch || !mayAssign(context, group)) return { epoch: group.targetEpoch, target: targetOf(draft) }
  const roster = rosterOf(draft)
  const targets = assign(context, draft, roster)
  for (const { memberId } of roster) {
    const target = targets.get(memberId) ?? new Map()
    // A static member that came back has the target of its instance stored under its new id by now.
    const known = memberId === member.memberId ? draft.replaced && targetOf(draft) : undefined
    const stored = known ?? group.targets.get(memberId)
    if (!stored || !samePartitions(stored, target)) draft.records.push({ is: 'target-member', groupId: group.groupId, memberId, value: target })
  }
  draft.records.push({ is: 'target', groupId: group.groupId, value: { epoch: groupEpoch, timestampMs: context.clock.now() } })
  return { epoch: groupEpoch, target: targets.get(member.memberId) ?? new Map() }
}

function mayAssign({ clock, groupConfigOf }: ConsumerContext, { groupId, targetTimestampMs }: ConsumerGroup): boolean {
  const { assignmentIntervalMs } = groupConfigOf(groupId)
  const now = clock.now()
  // A clock that was set back must not keep a group from its assignment.
  return targetTimestampMs === 0 || now >= targetTimestampMs + assignmentIntervalMs || now < targetTimestampMs
}

function assign(context: ConsumerContext, draft: Draft, roster: readonly ConsumerMember[]): ReadonlyMap<string, TopicPartitions> {
  const { group, member } = draft
  const name = preferredAssignor(roster, context.config.consumerAssignors)
  context.logger.debug('a consumer group gets a new assignment', { group: group.groupId, assignor: name, members: roster.length })
  return ASSIGNORS[name]({
    members: roster.map(each => ({
      memberId: each.memberId,
      instanceId: each.instanceId,
      topicIds: topicIdsOf(context, group, each),
      current: each === member ? targetOf(draft) : group.target(each.memberId),
    })),
    partitionCountOf: topicId => context.topics.byId(topicId)?.partitionCount ?? 0,
  })
}

function samePartitions(a: TopicPartitions, b: TopicPartitions): boolean {
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) {
    const others = new Set(b.get(topicId))
    if (others.size !== partitions.length || partitions.some(partition => !others.has(partition))) return false
  }
  return true
}
