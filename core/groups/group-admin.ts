/** What administrators ask of groups of both kinds: ListGroups, DescribeGroups, DeleteGroups, OffsetDelete. */

import type { KafkaError } from '../protocol/errors.ts'
import { CONSUMER_PROTOCOL_TYPE } from './classic-group.ts'
import { NO_BYTES } from './classic-member.ts'
import { refusalOf, type GroupParts } from './group-parts.ts'
import { protocolTypeOf, stateOf, type GroupKind, type GroupState } from './group-snapshot.ts'
import { answerToDelete, deletedRecords, refusedDelete, type DeleteOffsetsAnswer, type DeleteOffsetsRequest } from './offset-delete.ts'
import { offsetTombstones } from './offset-requests.ts'

export type ListedGroup = { readonly groupId: string; readonly protocolType: string; readonly state: GroupState; readonly kind: GroupKind }

export type DescribedGroup = {
  readonly error: KafkaError
  /** In Kafka's words, where there is no such classic group. */
  readonly message: string | null
  readonly groupId: string
  readonly state: GroupState | 'Dead' | ''
  readonly protocolType: string
  readonly protocol: string
  readonly members: readonly {
    readonly memberId: string
    readonly instanceId: string | null
    readonly clientId: string
    readonly host: string
    readonly metadata: Buffer
    readonly assignment: Buffer
  }[]
}

/** Filters are lists of words in any case; an empty one lets everything pass. */
export function listGroups(
  { store }: GroupParts, filter: { readonly states: readonly string[]; readonly kinds: readonly string[] },
): { readonly error: KafkaError; readonly groups: readonly ListedGroup[] } {
  if (store.isLoading) return { error: 'COORDINATOR_LOAD_IN_PROGRESS', groups: [] }
  const states = new Set(filter.states.map(word => word.trim().toLowerCase()))
  const kinds = new Set(filter.kinds.map(word => word.toLowerCase()))
  const groups: ListedGroup[] = []
  for (const group of store.groups()) {
    const state = stateOf(group)
    if (states.size > 0 && !states.has(state.toLowerCase())) continue
    if (kinds.size > 0 && !kinds.has(group.kind)) continue
    groups.push({ groupId: group.groupId, protocolType: protocolTypeOf(group), state, kind: group.kind })
  }
  return { error: 'NONE', groups }
}

/** GROUP_ID_NOT_FOUND comes with the state Dead, also for a group of the other kind. What members subscribe to is told while the group is stable. */
export function describeClassicGroup({ store }: GroupParts, groupId: string): DescribedGroup {
  const nothing = { groupId, message: null, protocolType: '', protocol: '', members: [] }
  const error = store.readiness(groupId)
  if (error !== 'NONE') return { ...nothing, error, state: '' }
  const group = store.classic(groupId)
  if (!group) {
    const message = store.get(groupId) ? `Group ${groupId} is not a classic group.` : `Group ${groupId} not found.`
    return { ...nothing, message, error: 'GROUP_ID_NOT_FOUND', state: 'Dead' }
  }
  const isStable = group.phase.is === 'Stable'
  return {
    error: 'NONE', message: null, groupId, state: group.phase.is, protocolType: group.protocolType ?? '', protocol: isStable ? group.protocol ?? '' : '',
    members: group.members.map(({ memberId, instanceId, clientId, host, protocols, assignment }) => ({
      memberId, instanceId, clientId, host,
      metadata: isStable ? protocols.get(group.protocol ?? '') ?? NO_BYTES : NO_BYTES, assignment,
    })),
  }
}

export function deleteGroup(parts: GroupParts, groupId: string): KafkaError {
  const ready = parts.store.readiness(groupId)
  if (ready !== 'NONE') return ready
  const group = parts.store.get(groupId)
  if (!group) return 'GROUP_ID_NOT_FOUND'
  if (!group.isEmpty) return 'NON_EMPTY_GROUP'
  // The group's own tombstones come last: cut short, what is left is still a group with some of its offsets.
  return parts.store.writeInParts(groupId, [...offsetTombstones(parts, groupId), ...group.tombstones()])
}

/** An administrator takes offsets away that no member needs (KIP-496); all of them, or none when they cannot be stored. */
export function deleteOffsets(parts: GroupParts, request: DeleteOffsetsRequest): DeleteOffsetsAnswer {
  const { store } = parts
  const { groupId } = request
  const error = refusalOf(parts, groupId)
  if (error !== 'NONE') return refusedDelete(error)
  const group = store.get(groupId)
  if (!group) return refusedDelete('GROUP_ID_NOT_FOUND')
  // Members of other kinds do not say what they read.
  if (!group.isEmpty && protocolTypeOf(group) !== CONSUMER_PROTOCOL_TYPE) return refusedDelete('NON_EMPTY_GROUP')
  const answer = answerToDelete(group, request)
  const failure = store.writeInParts(groupId, deletedRecords(groupId, answer, store))
  return failure === 'NONE' ? answer : refusedDelete(failure)
}
