/** The two deadlines of a member: to show itself, and to give up what it is asked to. */

import type { ConsumerContext } from './consumer-context.ts'
import { rebalanceTimer, sessionTimer, type ConsumerGroup } from './consumer-group.ts'
import { removeMembers } from './consumer-leave.ts'
import type { ConsumerMember } from './consumer-member.ts'

/** A member whose partitions no broker gets back waits at most this long, where its client did not say. */
const REBALANCE_TIMEOUT_MS = 300_000

/** Gives a member its whole session again. */
export function restartSession(context: ConsumerContext, group: ConsumerGroup, { memberId, classic }: Pick<ConsumerMember, 'memberId' | 'classic'>): void {
  const timeoutMs = classic?.sessionTimeoutMs ?? context.groupConfigOf(group.groupId).sessionTimeoutMs
  group.timers.set(sessionTimer(memberId), timeoutMs, () => expire(context, group, memberId, 'was silent for its session'))
}

/** Starts the deadline of a member that has to give partitions up at its epoch, and ends that of one that has none to give up. */
export function followRebalance(context: ConsumerContext, group: ConsumerGroup, member: ConsumerMember): void {
  const key = rebalanceTimer(member.memberId)
  if (member.state !== 'unrevoked-partitions' || member.classic) return group.timers.cancel(key)
  const timeoutMs = member.rebalanceTimeoutMs >= 0 ? member.rebalanceTimeoutMs : REBALANCE_TIMEOUT_MS
  group.timers.set(key, timeoutMs, () => {
    if (group.member(member.memberId)?.epoch === member.epoch) expire(context, group, member.memberId, 'did not give up its partitions in time')
  })
}

function expire(context: ConsumerContext, group: ConsumerGroup, memberId: string, why: string): void {
  const member = group.member(memberId)
  if (!member) return
  context.logger.info(`a member of a consumer group ${why} and is out`, { group: group.groupId, member: memberId })
  const error = removeMembers(context, group, [member])
  // It cannot be stored now: the member gets another session, at the end of which it is tried again.
  if (error !== 'NONE') restartSession(context, group, member)
}
