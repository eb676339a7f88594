/** How members go: for good, with their partitions; or, as static members, for a while. */

import type { KafkaError } from '../protocol/errors.ts'
import type { ConsumerContext } from './consumer-context.ts'
import { epochRecord, memberTombstones } from './consumer-draft.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { LEAVE_FOR_A_WHILE_EPOCH, NOTHING_OWNED, storedCurrent, type ConsumerMember } from './consumer-member.ts'
import type { GroupRecord } from './stored.ts'

/** The member that a request to leave means; or why it means none. */
export function leavingMember(
  group: ConsumerGroup, { memberId, instanceId }: { readonly memberId: string; readonly instanceId: string | null },
): ConsumerMember | KafkaError {
  if (instanceId === null) return group.member(memberId) ?? 'UNKNOWN_MEMBER_ID'
  const member = group.staticMember(instanceId)
  if (!member) return 'UNKNOWN_MEMBER_ID'
  return member.memberId === memberId ? member : 'FENCED_INSTANCE_ID'
}

/** Takes members out; what they owned is free at once, and the group's epoch rises so that the others get it. */
export function removeMembers(context: ConsumerContext, group: ConsumerGroup, members: readonly ConsumerMember[]): KafkaError {
  const downgraded = context.downgrade(group, members)
  if (downgraded !== undefined) return downgraded
  const error = context.write(group.groupId, removalRecords(context, group, members))
  if (error === 'NONE') for (const { memberId } of members) group.cancelTimers(memberId)
  return error
}

function removalRecords(context: ConsumerContext, group: ConsumerGroup, members: readonly ConsumerMember[]): GroupRecord[] {
  const { groupId } = group
  const gone = new Set(members.map(({ memberId }) => memberId))
  const roster = group.members.filter(({ memberId }) => !gone.has(memberId))
  const used = new Set(roster.map(({ subscribedRegex }) => subscribedRegex))
  return [
    ...members.flatMap(({ memberId }) => memberTombstones(groupId, memberId)),
    ...[...group.regexes.keys()].filter(regex => !used.has(regex)).map((regex): GroupRecord => ({ is: 'regex', groupId, regex, value: null })),
    epochRecord(context, group, roster),
  ]
}

/** A static member that says it will be back: it keeps what it has until its session ends, and nobody else notices. */
export function leaveForAWhile(context: ConsumerContext, { groupId }: ConsumerGroup, member: ConsumerMember): KafkaError {
  const value = { ...storedCurrent(member), epoch: LEAVE_FOR_A_WHILE_EPOCH, pendingRevocation: NOTHING_OWNED }
  return context.write(groupId, [{ is: 'current', groupId, memberId: member.memberId, value }])
}
