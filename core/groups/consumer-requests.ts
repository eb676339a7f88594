/** The requests of the consumer protocol (KIP-848), from a group's name to the group: ConsumerGroupHeartbeat and ConsumerGroupDescribe. */

import type { KafkaError } from '../protocol/errors.ts'
import type { ClassicGroup } from './classic-group.ts'
import { refuseAllParked, upgradeOf } from './classic-upgrade.ts'
import type { GroupTopics } from './consumer-context.ts'
import { ConsumerGroup, type ConsumerGroupState } from './consumer-group.ts'
import { heartbeatConsumerGroup, refusedHeartbeat, type ConsumerHeartbeat, type HeartbeatAnswer } from './consumer-heartbeat.ts'
import { leaveForAWhile, leavingMember, removeMembers } from './consumer-leave.ts'
import { JOIN_EPOCH, LEAVE_EPOCH, LEAVE_FOR_A_WHILE_EPOCH, type ConsumerMember } from './consumer-member.ts'
import { isAssignor, preferredAssignor } from './consumer-target.ts'
import { restartSession } from './consumer-timers.ts'
import type { GroupParts } from './group-parts.ts'
import type { GroupRecord, TopicPartitions } from './stored.ts'

export type DescribedConsumerGroup = {
  readonly error: KafkaError
  readonly message: string | null
  readonly groupId: string
  readonly state: ConsumerGroupState | ''
  readonly epoch: number
  readonly targetEpoch: number
  readonly assignor: string
  readonly members: readonly DescribedConsumerMember[]
}

export type DescribedConsumerMember = ConsumerMember & {
  readonly assignment: readonly NamedPartitions[]
  readonly targetAssignment: readonly NamedPartitions[]
}

export type NamedPartitions = { readonly topicId: string; readonly topicName: string; readonly partitions: readonly number[] }

export function heartbeatConsumer(parts: GroupParts, request: ConsumerHeartbeat): HeartbeatAnswer {
  const { consumer, options, store } = parts
  const problem = problemOf(request)
  if (problem !== undefined) return refusedHeartbeat('INVALID_REQUEST', problem)
  const { consumerAssignors, groupsMax } = options.config
  if (request.serverAssignor !== null && !isAssignor(request.serverAssignor, consumerAssignors)) {
    return refusedHeartbeat('UNSUPPORTED_ASSIGNOR', `ServerAssignor ${request.serverAssignor} is not supported. Supported assignors: ${consumerAssignors.join(', ')}.`)
  }
  const { groupId, memberEpoch } = request
  const ready = store.readiness(groupId)
  if (ready !== 'NONE') return refusedHeartbeat(ready)
  const known = store.get(groupId)
  if (memberEpoch < JOIN_EPOCH) return leave(parts, request)
  if (known?.kind === 'consumer') return heartbeatConsumerGroup(consumer, known, request)
  if (memberEpoch !== JOIN_EPOCH) return refusedHeartbeat('GROUP_ID_NOT_FOUND', known ? `Group ${groupId} is not a consumer group.` : `Group ${groupId} not found.`)
  if (known && !known.isEmpty) return heartbeatUpgrading(parts, known, request)
  if (!known && store.size >= groupsMax) {
    options.logger.warn('a new group was refused: there are too many', { group: groupId, groups: store.size })
    return refusedHeartbeat('GROUP_MAX_SIZE_REACHED', 'There are too many groups.')
  }
  const opening: readonly GroupRecord[] = known?.tombstones() ?? []
  return heartbeatConsumerGroup(consumer, new ConsumerGroup(groupId, options.clock), request, opening)
}

/** The first member of the consumer protocol in a classic group: the others stay, and rejoin in their own protocol. */
function heartbeatUpgrading({ consumer, store }: GroupParts, classic: ClassicGroup, request: ConsumerHeartbeat): HeartbeatAnswer {
  const { groupId } = classic
  const upgrade = upgradeOf(consumer, classic)
  if ('refused' in upgrade) return refusedHeartbeat('GROUP_ID_NOT_FOUND', upgrade.refused)
  refuseAllParked(classic)
  const answer = heartbeatConsumerGroup(consumer, upgrade.group, request, upgrade.records)
  const group = store.consumer(groupId)
  if (!group) return answer
  for (const member of group.members) if (member.classic) restartSession(consumer, group, member)
  consumer.logger.info('a classic group became a consumer group', { group: groupId, members: group.size })
  return answer
}

/** What is wrong with a request whatever the group is. */
function problemOf(request: ConsumerHeartbeat): string | undefined {
  const { groupId, memberEpoch, instanceId, rackId, rebalanceTimeoutMs, owned, subscribedTopics, subscribedRegex } = request
  if (request.memberId.trim() === '' && (request.mustNameItself || memberEpoch !== JOIN_EPOCH)) return 'MemberId can\'t be empty.'
  if (groupId.trim() === '') return 'GroupId can\'t be empty.'
  if (instanceId?.trim() === '') return 'InstanceId can\'t be empty.'
  if (rackId?.trim() === '') return 'RackId can\'t be empty.'
  if (memberEpoch === JOIN_EPOCH) {
    if (rebalanceTimeoutMs === -1) return 'RebalanceTimeoutMs must be provided in first request.'
    if (owned?.size !== 0) return 'TopicPartitions must be empty when (re-)joining.'
    if (subscribedTopics === null && subscribedRegex === null) return 'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.'
  }
  if (memberEpoch === LEAVE_FOR_A_WHILE_EPOCH && instanceId === null) return 'InstanceId can\'t be null.'
  return memberEpoch < LEAVE_FOR_A_WHILE_EPOCH ? 'MemberEpoch is invalid.' : undefined
}

function wordsOfLeave(error: KafkaError, { groupId, memberId, instanceId }: ConsumerHeartbeat): string {
  if (error === 'FENCED_INSTANCE_ID') return `Static member ${memberId} with instance id ${instanceId} was fenced by another member of group ${groupId}.`
  return instanceId === null ? `Member ${memberId} is not a member of group ${groupId}.` : `Instance id ${instanceId} is unknown.`
}

function leave({ consumer, store }: GroupParts, request: ConsumerHeartbeat): HeartbeatAnswer {
  const { groupId, memberId, memberEpoch, instanceId } = request
  const group = store.consumer(groupId)
  if (!group) return refusedHeartbeat('GROUP_ID_NOT_FOUND', `Group ${groupId} not found.`)
  const member = leavingMember(group, request)
  if (typeof member === 'string') return refusedHeartbeat(member, wordsOfLeave(member, request))
  const isForAWhile = instanceId !== null && memberEpoch !== LEAVE_EPOCH
  const error = isForAWhile ? leaveForAWhile(consumer, group, member) : removeMembers(consumer, group, [member])
  return error === 'NONE' ? { ...refusedHeartbeat('NONE'), memberId, memberEpoch } : refusedHeartbeat(error)
}

export function describeConsumerGroup({ consumer, options, store }: GroupParts, groupId: string): DescribedConsumerGroup {
  const nothing = { groupId, epoch: 0, targetEpoch: 0, assignor: '', members: [] }
  if (groupId === '') return { ...nothing, error: 'INVALID_GROUP_ID', message: null, state: '' }
  const error = store.readiness(groupId)
  if (error !== 'NONE') return { ...nothing, error, message: null, state: '' }
  const group = store.consumer(groupId)
  if (!group) {
    const message = store.get(groupId) ? `Group ${groupId} is not a consumer group.` : `Group ${groupId} not found.`
    return { ...nothing, error: 'GROUP_ID_NOT_FOUND', message, state: '' }
  }
  const { topics } = consumer
  return {
    error: 'NONE', message: null, groupId, state: group.state, epoch: group.epoch, targetEpoch: group.targetEpoch,
    assignor: preferredAssignor(group.members, options.config.consumerAssignors),
    members: group.members.map(member => ({
      ...member,
      assignment: named(topics, ownedOf(member)),
      targetAssignment: named(topics, group.target(member.memberId)),
    })),
  }
}

/** What a member has not given up yet is its own as well. */
function ownedOf({ assigned, pendingRevocation }: ConsumerMember): TopicPartitions {
  const owned = new Map<string, number[]>()
  for (const [topicId, partitions] of [...assigned, ...pendingRevocation]) owned.set(topicId, [...owned.get(topicId) ?? [], ...partitions.keys()])
  return owned
}

/** With the names of their topics; those of topics that are gone are left out. */
function named(topics: GroupTopics, partitions: TopicPartitions): NamedPartitions[] {
  return [...partitions].flatMap(([topicId, indexes]) => {
    const topic = topics.byId(topicId)
    return topic ? [{ topicId, topicName: topic.name, partitions: [...indexes].sort((a, b) => a - b) }] : []
  })
}
