/**
 * ConsumerGroupHeartbeat (KIP-848): one request by which a member joins, shows itself, says what it subscribes to and what it owns, and
 * learns what it shall own. All that it changes is stored as one batch, or nothing is.
 */

import type { KafkaError } from '../protocol/errors.ts'
import type { ConsumerContext } from './consumer-context.ts'
import { draftFor, draftReplacing, epochRecord, rosterOf, subscribedTopicsOf, topicIdsOf, type Draft } from './consumer-draft.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { JOIN_EPOCH, LEAVE_FOR_A_WHILE_EPOCH, newMember, storedCurrent, storedMember, type ConsumerMember } from './consumer-member.ts'
import { isWithin, reconcile, sameOwned } from './consumer-reconcile.ts'
import { changeRegex, resolveRegexes } from './consumer-regexes.ts'
import { updateTarget } from './consumer-target.ts'
import { followRebalance, restartSession } from './consumer-timers.ts'
import type { GroupRecord, TopicPartitions } from './stored.ts'
import { topicsHash } from './topics-hash.ts'

export type ConsumerHeartbeat = {
  readonly groupId: string
  /** '' on the first request of version 0: the coordinator makes one. */
  readonly memberId: string
  /** Version 1 and later (KIP-1082): a member makes its id itself. */
  readonly mustNameItself: boolean
  /** 0 to join, -1 to leave, -2 to leave for a while as a static member. */
  readonly memberEpoch: number
  readonly instanceId: string | null
  /** null from here on: as it was. */
  readonly rackId: string | null
  /** -1: as it was. */
  readonly rebalanceTimeoutMs: number
  readonly subscribedTopics: readonly string[] | null
  readonly subscribedRegex: string | null
  readonly serverAssignor: string | null
  readonly owned: TopicPartitions | null
  readonly clientId: string
  /** As Kafka prints an address, with a leading slash. */
  readonly host: string
}

export type HeartbeatAnswer = {
  readonly error: KafkaError
  readonly message: string | null
  readonly memberId: string | null
  readonly memberEpoch: number
  readonly heartbeatIntervalMs: number
  /** null: as it was told before. */
  readonly assignment: TopicPartitions | null
}

export function refusedHeartbeat(error: KafkaError, message: string | null = null): HeartbeatAnswer {
  return { error, message, memberId: null, memberEpoch: 0, heartbeatIntervalMs: 0, assignment: null }
}

/** `opening`: what has to be stored before the group can be: the end of one of the other kind that it takes the place of. */
export function heartbeatConsumerGroup(
  context: ConsumerContext, group: ConsumerGroup, request: ConsumerHeartbeat, opening: readonly GroupRecord[] = [],
): HeartbeatAnswer {
  const draft = draftOf(context, group, request, opening)
  if ('error' in draft) return draft
  const { hasNewTopics, hasNewSubscription, message } = subscribe(draft, request)
  if (message !== undefined) return refusedHeartbeat('INVALID_REGULAR_EXPRESSION', message)
  const epoch = updateEpoch(context, draft, hasNewTopics)
  const target = updateTarget(context, draft, epoch)
  const reconciled = reconcileMember(context, draft, { ...target, hasNewSubscription, owned: request.owned })
  if (!reconciled) return refusedHeartbeat('FENCED_MEMBER_EPOCH', 'The member must give up all its partitions and rejoin.')
  const error = context.write(group.groupId, draft.records)
  if (error !== 'NONE') return refusedHeartbeat(error)
  return settle(context, draft, reconciled, request)
}

/** The member that speaks, as it is now; one of the same instance that it takes the place of is gone in the draft's records. */
function draftOf(
  context: ConsumerContext, group: ConsumerGroup, request: ConsumerHeartbeat, opening: readonly GroupRecord[],
): Draft | HeartbeatAnswer {
  const { memberEpoch, instanceId, owned } = request
  const isJoin = memberEpoch === JOIN_EPOCH
  const memberId = request.memberId || context.newMemberId()
  const known = group.member(memberId)
  if (group.size >= context.config.consumerMembersMax && !known) return refusedHeartbeat('GROUP_MAX_SIZE_REACHED', `The group has its ${group.size} members.`)
  const instance = instanceId === null ? undefined : group.staticMember(instanceId)
  // Under any id: it has what its instance had, if that one has said that it leaves for a while.
  if (isJoin && instance && instance.epoch !== LEAVE_FOR_A_WHILE_EPOCH && !instance.classic) {
    return refusedHeartbeat('UNRELEASED_INSTANCE_ID', `Static member ${memberId} with instance id ${instance.instanceId} cannot join the group because the instance id is owned by a member.`)
  }
  if (isJoin) return instance ? draftReplacing(group, instance, memberId, opening) : draftFor(group, known ?? newMember(memberId), opening)
  const member = instanceId === null ? known : instance
  if (!member) return refusedHeartbeat('UNKNOWN_MEMBER_ID', instanceId === null ? `Member ${memberId} is not a member of group ${group.groupId}.` : `Instance id ${instanceId} is unknown.`)
  if (member.memberId !== memberId) return refusedHeartbeat('FENCED_INSTANCE_ID', `Static member ${memberId} with instance id ${instanceId} was fenced by member ${member.memberId}.`)
  const mayBeLate = memberEpoch === member.previousEpoch && isWithin(owned, member.assigned)
  if (memberEpoch === member.epoch || (memberEpoch < member.epoch && mayBeLate)) return draftFor(group, member, opening)
  const direction = memberEpoch > member.epoch ? 'greater' : 'smaller'
  return refusedHeartbeat('FENCED_MEMBER_EPOCH', `The consumer group member has a ${direction} member epoch (${memberEpoch}) than the one known by the group coordinator (${member.epoch}). The member must abandon all its partitions and rejoin.`)
}

/** Takes over what the member says of itself. `hasNewTopics`: another assignment can be made for it now. */
function subscribe(draft: Draft, request: ConsumerHeartbeat): { hasNewTopics: boolean; hasNewSubscription: boolean; message?: string } {
  const { group, before, records } = draft
  const { instanceId, rackId, rebalanceTimeoutMs, subscribedTopics, subscribedRegex, serverAssignor, clientId, host } = request
  const member: ConsumerMember = {
    ...before, clientId, host, classic: null,
    instanceId: instanceId ?? before.instanceId,
    rackId: rackId ?? before.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? before.rebalanceTimeoutMs : rebalanceTimeoutMs,
    serverAssignor: serverAssignor ?? before.serverAssignor,
    subscribedTopics: subscribedTopics ? sortedOnce(subscribedTopics, before.subscribedTopics) : before.subscribedTopics,
    subscribedRegex: subscribedRegex ?? before.subscribedRegex,
  }
  draft.member = member
  if (!sameSubscription(before, member)) records.push({ is: 'consumer-member', groupId: group.groupId, memberId: member.memberId, value: storedMember(member) })
  const regex = changeRegex(draft)
  if (regex.is === 'invalid') return { hasNewTopics: false, hasNewSubscription: false, message: regex.message }
  const hasNewNames = member.subscribedTopics !== before.subscribedTopics
  return { hasNewTopics: hasNewNames || regex.is === 'resolved', hasNewSubscription: hasNewNames || regex.is !== 'same' }
}

/** Each name once, in order; the list there was, when they are the same. */
export function sortedOnce(topics: readonly string[], known: readonly string[]): readonly string[] {
  const sorted = [...new Set(topics)].sort()
  return sorted.length === known.length && sorted.every((topic, at) => topic === known[at]) ? known : sorted
}

function sameSubscription(a: ConsumerMember, b: ConsumerMember): boolean {
  return a.clientId === b.clientId && a.host === b.host && a.instanceId === b.instanceId && a.rackId === b.rackId
    && a.rebalanceTimeoutMs === b.rebalanceTimeoutMs && a.serverAssignor === b.serverAssignor
    && a.subscribedTopics === b.subscribedTopics && a.subscribedRegex === b.subscribedRegex && a.classic === b.classic
}

/** The group's epoch after the draft: one more where subscriptions, or the topics they name, are others. */
export function updateEpoch(context: ConsumerContext, draft: Draft, hasNewTopics: boolean): number {
  const { group, records, droppedRegexes } = draft
  if (!hasNewTopics && !group.mayHaveOtherTopics) return group.epoch
  const roster = rosterOf(draft)
  const regexes = new Map([...group.regexes].filter(([regex]) => !droppedRegexes.has(regex)))
  if (group.hasOldTopicsRecord) records.push({ is: 'consumer-topics', groupId: group.groupId, value: null })
  if (!hasNewTopics && topicsHash(context.topics, subscribedTopicsOf(roster, regexes)) === group.metadataHash) {
    group.mayHaveOtherTopics = false
    return group.epoch
  }
  records.push(epochRecord(context, group, roster, regexes))
  return group.epoch + 1
}

export function reconcileMember(context: ConsumerContext, draft: Draft, to: {
  readonly epoch: number; readonly target: TopicPartitions; readonly hasNewSubscription: boolean; readonly owned: TopicPartitions | null
}): ConsumerMember | undefined {
  const { group, member, records } = draft
  const isThere = member.state === 'stable' && member.epoch === to.epoch
  if (isThere && !to.hasNewSubscription) return member
  const reconciled = reconcile({
    member, target: to.target, targetEpoch: to.epoch, topicIds: topicIdsOf(context, group, member),
    hasNewSubscription: to.hasNewSubscription, owned: to.owned,
    isOwned: (topicId, partition) => group.ownerOf(topicId, partition) !== undefined,
  })
  if (reconciled && !sameCurrent(member, reconciled)) {
    records.push({ is: 'current', groupId: group.groupId, memberId: reconciled.memberId, value: storedCurrent(reconciled) })
  }
  return reconciled
}

function sameCurrent(a: ConsumerMember, b: ConsumerMember): boolean {
  return a === b || (a.epoch === b.epoch && a.previousEpoch === b.previousEpoch && a.state === b.state
    && sameOwned(a.assigned, b.assigned) && sameOwned(a.pendingRevocation, b.pendingRevocation))
}

/** What follows once the draft is stored: deadlines, patterns to resolve, the answer. */
function settle(context: ConsumerContext, draft: Draft, member: ConsumerMember, request: ConsumerHeartbeat): HeartbeatAnswer {
  const { memberEpoch, rebalanceTimeoutMs, subscribedTopics, subscribedRegex, owned } = request
  const group = context.group(draft.group.groupId)
  if (group) {
    if (draft.records.some(({ is }) => is === 'consumer-group')) group.mayHaveOtherTopics = false
    if (draft.replaced && draft.replaced.memberId !== member.memberId) group.cancelTimers(draft.replaced.memberId)
    restartSession(context, group, member)
    if (member !== draft.member) followRebalance(context, group, member)
    resolveRegexes(context, group)
  }
  const isFull = rebalanceTimeoutMs !== -1 && (subscribedTopics !== null || subscribedRegex !== null) && owned !== null
  const mustTell = memberEpoch === JOIN_EPOCH || isFull || !sameOwned(draft.before.assigned, member.assigned)
  return {
    error: 'NONE', message: null, memberId: member.memberId, memberEpoch: member.epoch,
    heartbeatIntervalMs: context.groupConfigOf(draft.group.groupId).heartbeatIntervalMs,
    assignment: mustTell ? new Map(Array.from(member.assigned, ([topicId, partitions]) => [topicId, [...partitions.keys()].sort((a, b) => a - b)])) : null,
  }
}
