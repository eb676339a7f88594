/** SyncGroup, Heartbeat and LeaveGroup of a classic group. */

import type { KafkaError } from '../protocol/errors.ts'
import type { ClassicGroup } from './classic-group.ts'
import { answerSync, refusedSync, type ClassicMember, type SyncAnswer } from './classic-member.ts'
import { SYNC_TIMER } from './classic-group.ts'
import {
  answerParkedSyncs, prepareRebalance, rebalance, refuseParkedSyncs, restartSession, type ClassicContext,
} from './classic-rebalance.ts'

export type SyncRequest = {
  readonly groupId: string
  readonly memberId: string
  readonly instanceId: string | null
  readonly generation: number
  /** Version 5 and later (KIP-559) must tell both; null before. */
  readonly protocolType: string | null
  readonly protocol: string | null
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[]
}

export type HeartbeatRequest = {
  readonly groupId: string
  readonly memberId: string
  readonly instanceId: string | null
  readonly generation: number
}

export type LeavingMember = { readonly memberId: string; readonly instanceId: string | null }
export type LeaveAnswer = { readonly error: KafkaError; readonly members: readonly (LeavingMember & { readonly error: KafkaError })[] }

/** Refuses, answers at once, or parks `reply` until the leader has sent the assignments. */
export function syncClassicGroup(context: ClassicContext, group: ClassicGroup, request: SyncRequest, reply: (answer: SyncAnswer) => void): void {
  const error = checkSync(group, request)
  const member = group.member(request.memberId)
  if (error !== 'NONE' || !member) return reply(refusedSync(error))
  switch (group.phase.is) {
    case 'Empty': return reply(refusedSync('UNKNOWN_MEMBER_ID'))
    case 'PreparingRebalance': return reply(refusedSync('REBALANCE_IN_PROGRESS'))
    case 'CompletingRebalance': return parkSync(context, group, request, { member, reply })
    case 'Stable':
      hasSynced(group, member)
      return reply({ error: 'NONE', protocolType: group.protocolType, protocol: group.protocol, assignment: member.assignment })
    default: return group.phase satisfies never
  }
}

function checkSync(group: ClassicGroup, request: SyncRequest): KafkaError {
  const error = group.checkMember(request.memberId, request.instanceId)
  if (error !== 'NONE') return error
  if (request.generation !== group.generation) return 'ILLEGAL_GENERATION'
  const { protocolType, protocol } = request
  if (protocolType !== null && group.protocolType !== null && protocolType !== group.protocolType) return 'INCONSISTENT_GROUP_PROTOCOL'
  if (protocol !== null && group.protocol !== null && protocol !== group.protocol) return 'INCONSISTENT_GROUP_PROTOCOL'
  return 'NONE'
}

function parkSync(context: ClassicContext, group: ClassicGroup, request: SyncRequest, parked: {
  readonly member: ClassicMember; readonly reply: (answer: SyncAnswer) => void
}): void {
  const { member, reply } = parked
  // As with a join: a sync that its own retry has overtaken is answered, never forgotten.
  answerSync(member, refusedSync('REBALANCE_IN_PROGRESS'))
  member.parkedSync = reply
  hasSynced(group, member)
  if (group.leaderId === member.memberId) storeAssignments(context, group, request)
}

/** The leader's word: stored with the generation, then handed to everyone who waits. */
function storeAssignments(context: ClassicContext, group: ClassicGroup, request: SyncRequest): void {
  const assignments = new Map(request.assignments.map(({ memberId, assignment }) => [memberId, Buffer.from(assignment)]))
  const value = group.stored(assignments, context.now())
  const error = context.write(group.groupId, [{ is: 'group', groupId: group.groupId, value }])
  if (error === 'NONE') {
    answerParkedSyncs(context, group)
    context.changed(group.groupId)
  } else {
    refuseParkedSyncs(context, group, error)
    prepareRebalance(context, group, `the assignment could not be stored: ${error}`)
  }
}

function hasSynced(group: ClassicGroup, member: ClassicMember): void {
  group.pendingSync.delete(member.memberId)
  if (group.pendingSync.size === 0) group.timers.cancel(SYNC_TIMER)
}

export function heartbeatClassicGroup(context: ClassicContext, group: ClassicGroup, request: HeartbeatRequest): KafkaError {
  const error = group.checkMember(request.memberId, request.instanceId)
  const member = group.member(request.memberId)
  if (error !== 'NONE' || !member) return error
  if (request.generation !== group.generation) return 'ILLEGAL_GENERATION'
  if (group.isEmpty) return 'UNKNOWN_MEMBER_ID'
  restartSession(context, group, member)
  return group.phase.is === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
}

/** Each member on its own; an instance without a member id is an administrator's removal of a static member. */
export function leaveClassicGroup(context: ClassicContext, group: ClassicGroup, leaving: readonly LeavingMember[]): LeaveAnswer {
  const members = leaving.map(each => ({ ...each, error: leave(group, each) }))
  if (members.some(each => each.error === 'NONE')) {
    context.changed(group.groupId)
    if (!group.isEmpty) rebalance(context, group, 'members left')
  }
  return { error: 'NONE', members }
}

function leave(group: ClassicGroup, { memberId, instanceId }: LeavingMember): KafkaError {
  if (memberId === '') {
    const current = instanceId === null ? undefined : group.memberIdOfInstance(instanceId)
    if (current === undefined) return 'UNKNOWN_MEMBER_ID'
    group.remove(current, 'UNKNOWN_MEMBER_ID')
    return 'NONE'
  }
  if (!group.pendingJoin.has(memberId)) {
    const error = group.checkMember(memberId, instanceId)
    if (error !== 'NONE') return error
  }
  group.remove(memberId, 'UNKNOWN_MEMBER_ID')
  return 'NONE'
}
