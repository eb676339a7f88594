/** JoinGroup of a classic group: new, static and known members, and the ids given out before a first join. */

import { assert } from '../common/assert.ts'
import { sessionTimer, type ClassicGroup } from './classic-group.ts'
import {
  answerJoin, hasSameProtocols, NO_BYTES, refusedJoin, type ClassicMember, type JoinAnswer, type MemberProtocols,
} from './classic-member.ts'
import {
  completeJoinIfAllJoined, expireMember, prepareRebalance, rebalance, restartSession, type ClassicContext,
} from './classic-rebalance.ts'

export type JoinRequest = {
  readonly groupId: string
  /** '' for a member without an id. */
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  /** As Kafka prints an address, with a leading slash. */
  readonly host: string
  readonly protocolType: string
  readonly protocols: readonly { readonly name: string; readonly metadata: Buffer }[]
  readonly sessionTimeoutMs: number
  /** -1 (version 0): the session timeout. */
  readonly rebalanceTimeoutMs: number
  /** Version 4 and later (KIP-394): a dynamic member joins with an id it was given. */
  readonly requiresKnownMemberId: boolean
  /** Version 9 and later (KIP-814): a returning static leader is told to skip the assignment. */
  readonly canSkipAssignment: boolean
}

type Joining = Omit<JoinRequest, 'protocols'> & { readonly protocols: MemberProtocols }

/** Refuses, answers at once, or parks `reply` until the generation starts. */
export function joinClassicGroup(context: ClassicContext, group: ClassicGroup, request: JoinRequest, reply: (answer: JoinAnswer) => void): void {
  const joining: Joining = {
    ...request,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs === -1 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs,
    protocols: protocolsOf(request.protocols),
  }
  if (!hasRoomFor(context, group, joining.memberId)) {
    group.remove(joining.memberId, 'GROUP_MAX_SIZE_REACHED')
    reply(refusedJoin('GROUP_MAX_SIZE_REACHED', ''))
    completeJoinIfAllJoined(context, group)
  } else if (!group.supports(joining.protocolType, joining.protocols)) {
    reply(refusedJoin('INCONSISTENT_GROUP_PROTOCOL', joining.memberId))
  } else if (joining.memberId === '') {
    joinAsNew(context, group, joining, reply)
  } else if (group.pendingJoin.has(joining.memberId) && joining.instanceId === null) {
    addMember(context, group, joining, joining.memberId, reply)
  } else {
    rejoin(context, group, joining, reply)
  }
}

function joinAsNew(context: ClassicContext, group: ClassicGroup, joining: Joining, reply: (answer: JoinAnswer) => void): void {
  const memberId = context.newMemberId(joining.instanceId ?? joining.clientId)
  if (joining.instanceId !== null) {
    if (group.memberIdOfInstance(joining.instanceId) === undefined) addMember(context, group, joining, memberId, reply)
    else replaceStaticMember(context, group, joining, memberId, reply)
  } else if (joining.requiresKnownMemberId) {
    group.pendingJoin.add(memberId)
    group.timers.set(sessionTimer(memberId), joining.sessionTimeoutMs, () => expireMember(context, group, memberId))
    reply(refusedJoin('MEMBER_ID_REQUIRED', memberId))
  } else {
    addMember(context, group, joining, memberId, reply)
  }
}

/** A member that says who it is: only a rejoin that changes something, or the leader's, disturbs the others. */
function rejoin(context: ClassicContext, group: ClassicGroup, joining: Joining, reply: (answer: JoinAnswer) => void): void {
  const error = group.checkMember(joining.memberId, joining.instanceId)
  const member = group.member(joining.memberId)
  if (error !== 'NONE' || !member) {
    reply(refusedJoin(error, joining.memberId))
    return
  }
  const isUnchanged = hasSameProtocols(member, joining.protocols)
  // While the others still sync, a join with the same metadata is one whose answer was lost.
  const mayStay = group.phase.is === 'CompletingRebalance' || (group.phase.is === 'Stable' && group.leaderId !== member.memberId)
  if (isUnchanged && mayStay) {
    reply(group.joined(member))
    return
  }
  park(member, joining, reply)
  rebalance(context, group, isUnchanged ? 'its leader rejoined' : 'a member rejoined with other metadata')
}

function addMember(
  context: ClassicContext, group: ClassicGroup, joining: Joining, memberId: string, reply: (answer: JoinAnswer) => void,
): void {
  const member = newMember(joining, memberId, true)
  if (group.phase.is === 'PreparingRebalance') group.phase.hasNewMember = true
  group.add(member, joining.protocolType)
  member.parkedJoin = reply
  // It does not know its id and sends no heartbeats: a bound of its own keeps clients that gave up from piling up.
  restartSession(context, group, member, context.config.newMemberJoinTimeoutMs)
  context.changed(group.groupId)
  rebalance(context, group, 'a member joined')
}

/**
 * KIP-345: an instance came back without its id. In a stable group whose choice of protocol stays the same nobody else notices: the
 * new id is stored with the old assignment. Otherwise it joins the rebalance, or starts one.
 */
function replaceStaticMember(
  context: ClassicContext, group: ClassicGroup, joining: Joining, memberId: string, reply: (answer: JoinAnswer) => void,
): void {
  const old = group.member(group.memberIdOfInstance(joining.instanceId ?? '') ?? '')
  if (!old) return reply(refusedJoin('UNKNOWN_MEMBER_ID', ''))
  const member = { ...newMember(joining, memberId, false), assignment: old.assignment }
  const keepsProtocol = group.selectProtocol({ memberId: old.memberId, protocols: joining.protocols }) === group.protocol
  if (group.phase.is === 'Stable' && keepsProtocol) {
    swapStaticMember(context, group, { old, member, canSkipAssignment: joining.canSkipAssignment, reply })
    return
  }
  group.replaceStatic(member)
  member.parkedJoin = reply
  restartSession(context, group, member)
  context.changed(group.groupId)
  // A leader that is assigning partitions may hold the old id: what it sends would leave the new one with nothing.
  if (group.phase.is === 'PreparingRebalance') completeJoinIfAllJoined(context, group)
  else prepareRebalance(context, group, 'a static member came back')
}

function swapStaticMember(context: ClassicContext, group: ClassicGroup, swap: {
  readonly old: ClassicMember; readonly member: ClassicMember; readonly canSkipAssignment: boolean; readonly reply: (answer: JoinAnswer) => void
}): void {
  const { old, member, reply } = swap
  const leaderBefore = group.leaderId ?? ''
  const stored = group.stored(new Map(group.members.map(each => [each.memberId, each.assignment])), group.stateTimestampMs ?? context.now())
  const members = stored.members.map(each => each.memberId === old.memberId ? group.storedMember(member, old.assignment) : each)
  const leaderId = leaderBefore === old.memberId ? member.memberId : leaderBefore
  const error = context.write(group.groupId, [{ is: 'group', groupId: group.groupId, value: { ...stored, leaderId, members } }])
  if (error !== 'NONE') return reply(refusedJoin(error, ''))
  const current = group.member(member.memberId)
  assert(current, 'a stored member is in the group')
  current.protocols = member.protocols
  restartSession(context, group, current)
  context.changed(group.groupId)
  const answer = group.joined(current)
  // Before version 9 a returning leader is told the old leader's id, so that it does not assign again (KIP-814 gave it a flag).
  reply(swap.canSkipAssignment
    ? { ...answer, skipAssignment: group.leaderId === current.memberId }
    : { ...answer, leaderId: leaderBefore, members: [] })
}

/**
 * A member already waiting keeps its place; others are let in up to the bound. Ids given out count like members: without that, a
 * client that asks again and again would grow the list for a whole session timeout.
 */
function hasRoomFor(context: ClassicContext, group: ClassicGroup, memberId: string): boolean {
  const { membersMax } = context.config
  const member = group.member(memberId)
  const isPending = group.pendingJoin.has(memberId)
  if (group.phase.is === 'PreparingRebalance') {
    return Boolean(member?.parkedJoin) || group.awaitingJoinCount + group.pendingJoin.size - (isPending ? 1 : 0) < membersMax
  }
  return member !== undefined || group.size + group.pendingJoin.size - (isPending ? 1 : 0) < membersMax
}

function park(member: ClassicMember, joining: Joining, reply: (answer: JoinAnswer) => void): void {
  // Kafka never answers a join that its own retry has overtaken. We do, so that no connection waits for ever.
  answerJoin(member, refusedJoin('REBALANCE_IN_PROGRESS', member.memberId))
  member.protocols = joining.protocols
  member.sessionTimeoutMs = joining.sessionTimeoutMs
  member.rebalanceTimeoutMs = joining.rebalanceTimeoutMs
  member.parkedJoin = reply
}

function newMember(joining: Joining, memberId: string, isNew: boolean): ClassicMember {
  const { instanceId, clientId, host, sessionTimeoutMs, rebalanceTimeoutMs, protocols } = joining
  return {
    memberId, instanceId, clientId, host, sessionTimeoutMs, rebalanceTimeoutMs, protocols,
    assignment: NO_BYTES, isNew, parkedJoin: null, parkedSync: null,
  }
}

/** Copied: a request's bytes are views of its frame, which a member must not keep alive. The first of two of a name counts. */
function protocolsOf(protocols: JoinRequest['protocols']): MemberProtocols {
  const byName = new Map<string, Buffer>()
  for (const { name, metadata } of protocols) if (!byName.has(name)) byName.set(name, Buffer.from(metadata))
  return byName
}
