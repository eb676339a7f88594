/**
 * Members of the classic protocol in a consumer group (KIP-848): JoinGroup does what a heartbeat with a subscription does, SyncGroup fetches
 * the assignment, Heartbeat says when to join again. The generation a member knows is its member epoch; it never leads.
 */

import type { KafkaError } from '../protocol/errors.ts'
import { CONSUMER_PROTOCOL_TYPE } from './classic-group.ts'
import { byTopicName, downgradeByReplacing, mayDowngrade, partitionsOf, protocolsOf } from './classic-downgrade.ts'
import type { JoinRequest } from './classic-join.ts'
import { refusedJoin, refusedSync, type JoinAnswer, type SyncAnswer } from './classic-member.ts'
import type { HeartbeatRequest, LeaveAnswer, LeavingMember, SyncRequest } from './classic-membership.ts'
import { byTopicId } from './classic-upgrade.ts'
import { draftFor, draftReplacing, targetOf, type Draft } from './consumer-draft.ts'
import { joinTimer, syncTimer, type ConsumerGroup } from './consumer-group.ts'
import { reconcileMember, sortedOnce, updateEpoch } from './consumer-heartbeat.ts'
import { leavingMember, removeMembers } from './consumer-leave.ts'
import { newMember, storedMember, type ConsumerMember } from './consumer-member.ts'
import { changeRegex } from './consumer-regexes.ts'
import { updateTarget } from './consumer-target.ts'
import { restartSession } from './consumer-timers.ts'
import { readSubscription, writeAssignment, type Subscription } from './embedded-protocol.ts'
import type { GroupParts } from './group-parts.ts'

type ClassicMember = ConsumerMember & { readonly classic: NonNullable<ConsumerMember['classic']> }

export function joinConsumerGroup(parts: GroupParts, group: ConsumerGroup, request: JoinRequest): JoinAnswer {
  const { config } = parts.options
  if (config.migrationPolicy === 'disabled') return refusedJoin('INCONSISTENT_GROUP_PROTOCOL', '')
  const memberId = request.memberId || parts.consumer.newMemberId()
  if (group.size >= config.consumerMembersMax && !group.member(memberId)) return refusedJoin('GROUP_MAX_SIZE_REACHED', '')
  if (!supports(group, request)) return refusedJoin('INCONSISTENT_GROUP_PROTOCOL', '')
  // The id is not kept: an id that nobody knows may join.
  if (request.requiresKnownMemberId && request.memberId === '' && request.instanceId === null) return refusedJoin('MEMBER_ID_REQUIRED', memberId)
  const subscription = readSubscription(request.protocols[0]?.metadata ?? Buffer.alloc(0))
  if (!subscription) return refusedJoin('INCONSISTENT_GROUP_PROTOCOL', '')
  const draft = draftOf(group, request, memberId)
  return typeof draft === 'string' ? refusedJoin(draft, '') : join(parts, draft, request, subscription)
}

/** One of the protocols must be known to every member that speaks the classic one. */
function supports(group: ConsumerGroup, { protocolType, protocols }: JoinRequest): boolean {
  if (protocolType !== CONSUMER_PROTOCOL_TYPE) return false
  const others = group.members.flatMap(member => member.classic ? [protocolsOf(member)] : [])
  return protocols.some(({ name }) => others.every(known => known.has(name)))
}

function draftOf(group: ConsumerGroup, request: JoinRequest, memberId: string): Draft | KafkaError {
  if (request.instanceId === null) return draftFor(group, group.member(memberId) ?? newMember(memberId))
  const instance = group.staticMember(request.instanceId)
  if (request.memberId !== '') {
    if (!instance) return 'UNKNOWN_MEMBER_ID'
    return instance.memberId === memberId ? draftFor(group, instance) : 'FENCED_INSTANCE_ID'
  }
  return instance ? draftReplacing(group, instance, memberId) : draftFor(group, newMember(memberId))
}

function join(parts: GroupParts, draft: Draft, request: JoinRequest, subscription: Subscription): JoinAnswer {
  const { consumer } = parts
  const { group, before, replaced } = draft
  const { groupId } = group
  draft.member = joinedMember(before, request, subscription)
  draft.records.push({ is: 'consumer-member', groupId, memberId: draft.member.memberId, value: storedMember(draft.member) })
  const regex = changeRegex(draft)
  const hasNewNames = draft.member.subscribedTopics !== before.subscribedTopics
  const epoch = updateEpoch(consumer, draft, hasNewNames || regex.is === 'resolved')
  const reconcileTo = { hasNewSubscription: hasNewNames || regex.is !== 'same', owned: byTopicId(consumer.topics, subscription.ownedPartitions) }
  const isDowngrade = replaced !== undefined && replaced.classic === null && mayDowngrade(parts, group, [replaced], 1)
  const target = isDowngrade ? { epoch: group.targetEpoch, target: targetOf(draft) } : updateTarget(consumer, draft, epoch)
  const member = reconcileMember(consumer, draft, { ...target, ...reconcileTo })
  if (!member) return refusedJoin('UNKNOWN_MEMBER_ID', '')
  const error = isDowngrade
    ? downgradeByReplacing(parts, group, { member, replaced }, epoch > group.targetEpoch)
    : consumer.write(groupId, draft.records)
  if (error !== 'NONE') return refusedJoin(error, '')
  if (!isDowngrade) settle(parts, draft, member)
  return {
    error: 'NONE', memberId: member.memberId, generation: member.epoch, protocolType: CONSUMER_PROTOCOL_TYPE,
    protocol: request.protocols[0]?.name ?? null, leaderId: '', skipAssignment: false, members: [],
  }
}

function joinedMember(before: ConsumerMember, request: JoinRequest, subscription: Subscription): ConsumerMember {
  const { instanceId, clientId, host, sessionTimeoutMs, rebalanceTimeoutMs, protocols } = request
  return {
    ...before, clientId, host,
    instanceId: instanceId ?? before.instanceId,
    rackId: subscription.rackId || before.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? sessionTimeoutMs : rebalanceTimeoutMs,
    subscribedTopics: sortedOnce(subscription.topics, before.subscribedTopics),
    subscribedRegex: before.subscribedRegex ? '' : before.subscribedRegex,
    // Copied: a request's bytes are views of its frame, which a member must not keep alive.
    classic: { sessionTimeoutMs, protocols: protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })) },
  }
}

/** Once the join is stored: the member has its session, and has to fetch its assignment within its rebalance timeout. */
function settle(parts: GroupParts, draft: Draft, member: ConsumerMember): void {
  const { consumer } = parts
  const group = consumer.group(draft.group.groupId)
  if (!group) return
  const { memberId } = member
  if (draft.records.some(({ is }) => is === 'consumer-group')) group.mayHaveOtherTopics = false
  if (draft.replaced) group.cancelTimers(draft.replaced.memberId)
  group.cancelTimers(memberId)
  restartSession(consumer, group, member)
  group.timers.set(syncTimer(memberId), member.rebalanceTimeoutMs, () => fence(parts, group, memberId, 'did not sync in time'))
}

/** The member is asked to join again, and has its rebalance timeout to do so from the first time it is asked. */
function askToRejoin(parts: GroupParts, group: ConsumerGroup, { memberId, rebalanceTimeoutMs }: ConsumerMember): KafkaError {
  const timer = joinTimer(memberId)
  if (!group.timers.has(timer)) group.timers.set(timer, rebalanceTimeoutMs, () => fence(parts, group, memberId, 'did not join again in time'))
  return 'REBALANCE_IN_PROGRESS'
}

function fence({ consumer }: GroupParts, group: ConsumerGroup, memberId: string, why: string): void {
  const member = group.member(memberId)
  if (!member?.classic) return
  consumer.logger.info(`a classic member of a consumer group ${why} and is out`, { group: group.groupId, member: memberId })
  const error = removeMembers(consumer, group, [member])
  if (error !== 'NONE') restartSession(consumer, group, member)
}

export function syncConsumerGroup(parts: GroupParts, group: ConsumerGroup, request: SyncRequest): SyncAnswer {
  const member = classicMember(group, request)
  if (typeof member === 'string') return refusedSync(member)
  const [first] = member.classic.protocols
  if (request.generation !== member.epoch) return refusedSync('ILLEGAL_GENERATION')
  if (request.protocolType !== null && request.protocolType !== CONSUMER_PROTOCOL_TYPE) return refusedSync('INCONSISTENT_GROUP_PROTOCOL')
  if (request.protocol !== null && request.protocol !== first?.name) return refusedSync('INCONSISTENT_GROUP_PROTOCOL')
  // One that has to give partitions up first has joined already: it is told what it may keep.
  if (group.targetEpoch > member.epoch && member.state !== 'unrevoked-partitions') return refusedSync(askToRejoin(parts, group, member))
  group.timers.cancel(syncTimer(member.memberId))
  restartSession(parts.consumer, group, member)
  return {
    error: 'NONE', protocolType: request.protocolType, protocol: request.protocol,
    assignment: writeAssignment(byTopicName(parts.consumer.topics, partitionsOf(member.assigned)), first?.metadata ?? Buffer.alloc(0)),
  }
}

export function heartbeatToConsumerGroup(parts: GroupParts, group: ConsumerGroup, request: HeartbeatRequest): KafkaError {
  const member = classicMember(group, request)
  if (typeof member === 'string') return member
  if (request.generation !== member.epoch) return 'ILLEGAL_GENERATION'
  restartSession(parts.consumer, group, member)
  const mustRejoin = member.epoch < group.targetEpoch || member.state === 'unrevoked-partitions'
    || (member.state === 'unreleased-partitions' && !isWaiting(group, member))
  return mustRejoin ? askToRejoin(parts, group, member) : 'NONE'
}

/** Whether others still own something of what the member shall have. */
function isWaiting(group: ConsumerGroup, member: ConsumerMember): boolean {
  for (const [topicId, partitions] of group.target(member.memberId)) {
    const has = member.assigned.get(topicId)
    if (partitions.some(partition => !has?.has(partition) && group.ownerOf(topicId, partition) !== undefined)) return true
  }
  return false
}

function classicMember(group: ConsumerGroup, request: { readonly memberId: string; readonly instanceId: string | null }): ClassicMember | KafkaError {
  const member = leavingMember(group, request)
  if (typeof member === 'string') return member
  return isClassic(member) ? member : 'UNKNOWN_MEMBER_ID'
}

function isClassic(member: ConsumerMember): member is ClassicMember {
  return member.classic !== null
}

/** Each member on its own, of either protocol: administrators remove them this way, static ones by their instance alone. */
export function leaveConsumerGroup(parts: GroupParts, group: ConsumerGroup, leaving: readonly LeavingMember[]): LeaveAnswer {
  const gone = new Map<string, ConsumerMember>()
  const members = leaving.map(({ memberId, instanceId }): LeaveAnswer['members'][number] => {
    const named = instanceId !== null && memberId === '' ? group.staticMember(instanceId)?.memberId ?? '' : memberId
    const member = leavingMember(group, { memberId: named, instanceId })
    if (typeof member === 'string') return { memberId, instanceId, error: member }
    if (gone.has(named)) return { memberId, instanceId, error: 'UNKNOWN_MEMBER_ID' }
    gone.set(named, member)
    return { memberId, instanceId, error: 'NONE' }
  })
  if (gone.size === 0) return { error: 'NONE', members }
  const error = removeMembers(parts.consumer, group, [...gone.values()])
  return error === 'NONE' ? { error, members } : { error, members: [] }
}
