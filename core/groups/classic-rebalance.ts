/**
 * The rebalance of a classic group: who is waited for, how long, and what ends it.
 *
 * Everyone has rejoined, or the longest rebalance timeout has passed: the next generation starts and the parked joins are answered.
 * Every member has synced, or that time has passed again: those who did not are removed and the group rebalances anew.
 */

import type { Logger } from '../common/logger.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { JOIN_TIMER, sessionTimer, SYNC_TIMER, type ClassicGroup } from './classic-group.ts'
import { answerJoin, answerSync, NO_BYTES, refusedSync, type ClassicMember } from './classic-member.ts'
import type { GroupConfig } from './group-config.ts'
import type { GroupRecord } from './stored.ts'

/** What the classic protocol needs of its coordinator. */
export type ClassicContext = {
  readonly config: GroupConfig
  readonly logger: Logger
  /** Milliseconds since the epoch. */
  now(): number
  /** Appends, then applies; on an error nothing was applied. */
  write(groupId: string, records: readonly GroupRecord[]): KafkaError
  /** `prefix` and a fresh UUID, as Kafka makes member ids. */
  newMemberId(prefix: string): string
  /** Told whenever what can be seen of the group has changed. */
  changed(groupId: string): void
}

/** Starts a rebalance where one can start, else ends the one that runs if nobody is missing any more. */
export function rebalance(context: ClassicContext, group: ClassicGroup, reason: string): void {
  if (group.phase.is === 'PreparingRebalance') completeJoinIfAllJoined(context, group)
  else prepareRebalance(context, group, reason)
}

export function prepareRebalance(context: ClassicContext, group: ClassicGroup, reason: string): void {
  if (group.phase.is === 'CompletingRebalance') refuseParkedSyncs(context, group, 'REBALANCE_IN_PROGRESS')
  group.prepareRebalance()
  context.logger.debug('group prepares to rebalance', { group: group.groupId, generation: group.generation, reason })
  context.changed(group.groupId)
  if (group.phase.is === 'PreparingRebalance' && group.phase.isInitial) {
    const delayMs = context.config.initialRebalanceDelayMs
    waitForMoreMembers(context, group, delayMs, Math.max(group.rebalanceTimeoutMs - delayMs, 0))
  } else if (group.hasEveryoneJoined) {
    completeJoin(context, group)
  } else {
    group.timers.set(JOIN_TIMER, group.rebalanceTimeoutMs, () => completeJoin(context, group))
  }
}

/** A first rebalance waits for its delay whoever has joined, and once more for each delay in which somebody came, up to `remainingMs`. */
function waitForMoreMembers(context: ClassicContext, group: ClassicGroup, delayMs: number, remainingMs: number): void {
  group.timers.set(JOIN_TIMER, delayMs, () => {
    const phase = group.phase
    if (phase.is === 'PreparingRebalance' && phase.hasNewMember && remainingMs > 0) {
      phase.hasNewMember = false
      const nextMs = Math.min(context.config.initialRebalanceDelayMs, remainingMs)
      waitForMoreMembers(context, group, nextMs, Math.max(remainingMs - delayMs, 0))
    } else {
      completeJoin(context, group)
    }
  })
}

export function completeJoinIfAllJoined(context: ClassicContext, group: ClassicGroup): void {
  const phase = group.phase
  if (phase.is === 'PreparingRebalance' && !phase.isInitial && group.hasEveryoneJoined) completeJoin(context, group)
}

/** Drops the dynamic members that did not rejoin and starts the next generation; static members keep their place. */
export function completeJoin(context: ClassicContext, group: ClassicGroup): void {
  if (group.phase.is !== 'PreparingRebalance') return
  group.timers.cancel(JOIN_TIMER)
  for (const member of group.members) {
    if (!member.parkedJoin && member.instanceId === null) group.remove(member.memberId, 'UNKNOWN_MEMBER_ID')
  }
  if (group.size === 0) {
    becomeEmpty(context, group)
  } else if (group.electJoinedLeader()) {
    startGeneration(context, group)
  } else {
    // Only static members are left and none has rejoined: their sessions decide.
    group.timers.set(JOIN_TIMER, group.rebalanceTimeoutMs, () => completeJoin(context, group))
  }
}

function becomeEmpty(context: ClassicContext, group: ClassicGroup): void {
  const value = group.storedEmpty(context.now())
  const error = context.write(group.groupId, [{ is: 'group', groupId: group.groupId, value }])
  if (error !== 'NONE') {
    // Nobody is left to answer. After a restart the last generation comes back from the log and times out, so memory may go ahead.
    context.logger.warn('group is empty but that could not be stored', { group: group.groupId, error })
    group.apply(value)
  }
  context.changed(group.groupId)
}

function startGeneration(context: ClassicContext, group: ClassicGroup): void {
  group.startGeneration()
  context.logger.debug('group starts a generation', { group: group.groupId, generation: group.generation, members: group.size })
  for (const member of group.members) {
    answerJoin(member, group.joined(member))
    restartSession(context, group, member)
    member.isNew = false
    group.pendingSync.add(member.memberId)
  }
  group.timers.set(SYNC_TIMER, group.rebalanceTimeoutMs, () => expirePendingSyncs(context, group))
  context.changed(group.groupId)
}

function expirePendingSyncs(context: ClassicContext, group: ClassicGroup): void {
  if (group.phase.is !== 'CompletingRebalance' && group.phase.is !== 'Stable') return
  const missing = [...group.pendingSync]
  if (missing.length === 0) return
  for (const memberId of missing) group.remove(memberId, 'UNKNOWN_MEMBER_ID')
  prepareRebalance(context, group, `${missing.length} members sent no sync in time`)
}

/** Gives a member its whole session again, or `timeoutMs`. */
export function restartSession(
  context: ClassicContext, group: ClassicGroup, member: ClassicMember, timeoutMs: number = member.sessionTimeoutMs,
): void {
  group.timers.set(sessionTimer(member.memberId), timeoutMs, () => expireMember(context, group, member.memberId))
}

/** A member or a pending id was silent for its whole session. */
export function expireMember(context: ClassicContext, group: ClassicGroup, memberId: string): void {
  const member = group.member(memberId)
  // A parked join or sync keeps a session alive; a timer is set again when it is answered.
  if (member && !member.isNew && (member.parkedJoin || member.parkedSync)) return
  if (!member && !group.pendingJoin.has(memberId)) return
  group.remove(memberId, 'UNKNOWN_MEMBER_ID')
  context.logger.info('group member expired', { group: group.groupId, member: memberId })
  context.changed(group.groupId)
  afterRemoval(context, group, member !== undefined, 'a session expired')
}

/** What the others notice when somebody is gone: a member's going makes them rebalance, a pending id's may end a rebalance. */
function afterRemoval(context: ClassicContext, group: ClassicGroup, wasMember: boolean, reason: string): void {
  if (group.phase.is === 'PreparingRebalance') {
    if (group.hasEveryoneJoined) completeJoin(context, group)
  } else if (wasMember && !group.isEmpty) {
    prepareRebalance(context, group, reason)
  }
}

/** Answers the parked syncs with `error`; the assignments they waited for are void. */
export function refuseParkedSyncs(context: ClassicContext, group: ClassicGroup, error: KafkaError): void {
  for (const member of group.members) {
    member.assignment = NO_BYTES
    if (answerSync(member, refusedSync(error))) restartSession(context, group, member)
  }
}

/** Answers the parked syncs with the assignments just stored. */
export function answerParkedSyncs(context: ClassicContext, group: ClassicGroup): void {
  for (const member of group.members) {
    const { protocolType, protocol } = group
    const hadParked = answerSync(member, { error: 'NONE', protocolType, protocol, assignment: member.assignment })
    // A session that ran out while the sync was parked set no timer: it starts again now.
    if (hadParked) restartSession(context, group, member)
  }
}
