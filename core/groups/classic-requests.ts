/** The requests of the classic protocol, from a group's name to the group: JoinGroup, SyncGroup, Heartbeat, LeaveGroup. */

import { GROUP_METADATA_BYTES_MAX } from '../common/limits.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { heartbeatToConsumerGroup, joinConsumerGroup, leaveConsumerGroup, syncConsumerGroup } from './classic-in-consumer.ts'
import { joinClassicGroup, type JoinRequest } from './classic-join.ts'
import { refusedJoin, refusedSync, type JoinAnswer, type SyncAnswer } from './classic-member.ts'
import {
  heartbeatClassicGroup, leaveClassicGroup, syncClassicGroup,
  type HeartbeatRequest, type LeaveAnswer, type LeavingMember, type SyncRequest,
} from './classic-membership.ts'
import { refusalOf, type GroupParts } from './group-parts.ts'
import type { StoreGroup } from './group-store.ts'
import type { StoredGroup } from './stored.ts'

const EMPTY_GROUP: StoredGroup = { protocolType: null, generation: 0, protocol: null, leaderId: null, stateTimestampMs: null, members: [] }

export function joinGroup(parts: GroupParts, request: JoinRequest): Promise<JoinAnswer> {
  return new Promise(resolve => {
    const group = groupToJoin(parts, request)
    if (typeof group === 'string') resolve(refusedJoin(group, request.memberId))
    else if (group.kind === 'consumer') resolve(joinConsumerGroup(parts, group, request))
    else joinClassicGroup(parts.classic, group, request, resolve)
  })
}

/** The group, made when its first member comes without an id; or why it cannot be joined. */
function groupToJoin({ options, store }: GroupParts, request: JoinRequest): StoreGroup | KafkaError {
  const { groupId, sessionTimeoutMs } = request
  const { config, logger } = options
  if (groupId === '') return 'INVALID_GROUP_ID'
  if (sessionTimeoutMs < config.sessionTimeoutMinMs || sessionTimeoutMs > config.sessionTimeoutMaxMs) return 'INVALID_SESSION_TIMEOUT'
  const ready = store.readiness(groupId)
  if (ready !== 'NONE') return ready
  const metadataBytes = request.protocols.reduce((sum, { name, metadata }) => sum + name.length + metadata.length, 0)
  // Kafka fails later, and without a word, when the record of such a member turns out too large to store.
  if (metadataBytes > GROUP_METADATA_BYTES_MAX) return 'INVALID_REQUEST'
  const known = store.get(groupId)
  if (known && (known.kind === 'classic' || !known.isEmpty)) return known
  if (request.memberId !== '') return 'UNKNOWN_MEMBER_ID'
  if (request.protocolType === '' || request.protocols.length === 0) return 'INCONSISTENT_GROUP_PROTOCOL'
  if (!known && store.size >= config.groupsMax) {
    logger.warn('a new group was refused: there are too many', { group: groupId, groups: store.size })
    return 'GROUP_MAX_SIZE_REACHED'
  }
  const made = { is: 'group' as const, groupId, value: { ...EMPTY_GROUP, stateTimestampMs: options.clock.now() } }
  const error = store.write(groupId, [...known?.tombstones() ?? [], made])
  return store.classic(groupId) ?? error
}

export function syncGroup(parts: GroupParts, request: SyncRequest): Promise<SyncAnswer> {
  return new Promise(resolve => {
    const error = refusalOf(parts, request.groupId)
    const group = parts.store.get(request.groupId)
    if (error !== 'NONE') resolve(refusedSync(error))
    else if (!group) resolve(refusedSync('UNKNOWN_MEMBER_ID'))
    else if (group.kind === 'consumer') resolve(syncConsumerGroup(parts, group, request))
    else syncClassicGroup(parts.classic, group, request, resolve)
  })
}

export function heartbeatGroup(parts: GroupParts, request: HeartbeatRequest): KafkaError {
  const error = refusalOf(parts, request.groupId)
  // A member need not rejoin because its coordinator is still reading: it is told that all is well.
  if (error === 'COORDINATOR_LOAD_IN_PROGRESS') return 'NONE'
  if (error !== 'NONE') return error
  const group = parts.store.get(request.groupId)
  if (group?.kind === 'consumer') return heartbeatToConsumerGroup(parts, group, request)
  return group ? heartbeatClassicGroup(parts.classic, group, request) : 'UNKNOWN_MEMBER_ID'
}

export function leaveGroup(parts: GroupParts, groupId: string, members: readonly LeavingMember[]): LeaveAnswer {
  const error = refusalOf(parts, groupId)
  if (error !== 'NONE') return { error, members: [] }
  const group = parts.store.get(groupId)
  if (group?.kind === 'consumer') return leaveConsumerGroup(parts, group, members)
  if (group) return leaveClassicGroup(parts.classic, group, members)
  return { error: 'NONE', members: members.map(member => ({ ...member, error: 'UNKNOWN_MEMBER_ID' })) }
}
