/** OffsetCommit and OffsetFetch, and what becomes of a deleted topic's offsets. */

import type { KafkaError } from '../protocol/errors.ts'
import { restartSession } from './classic-rebalance.ts'
import type { GroupParts } from './group-parts.ts'
import { checkCommit, checkPartitions, commitRecords, withError, type CommitAnswer, type CommitRequest } from './offset-commit.ts'
import type { GroupRecord } from './stored.ts'

export type FetchOffsetsRequest = {
  readonly groupId: string
  /** null: every topic the group has committed. */
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null
}

export type FetchOffsetsAnswer = {
  readonly error: KafkaError
  readonly topics: readonly {
    readonly topic: string
    /** An offset of -1 with an epoch of -1 and no metadata: nothing committed. */
    readonly partitions: readonly { readonly partition: number; readonly offset: number; readonly leaderEpoch: number; readonly metadata: string }[]
  }[]
}

/** All partitions that may be committed are stored as one batch, or none. */
export function commitOffsets(parts: GroupParts, request: CommitRequest): CommitAnswer {
  const { options, store } = parts
  const { config, clock, topicExists, topicIdOf } = options
  const topics = { exists: topicExists, idOf: (topic: string) => topicIdOf?.(topic) ?? null }
  const checked = checkPartitions(request, topics, config)
  if (checked.every(topic => topic.partitions.every(each => each.error === 'UNKNOWN_TOPIC_OR_PARTITION'))) return checked
  const ready = store.readiness(request.groupId)
  if (ready !== 'NONE') return withError(checked, ready)
  const group = store.get(request.groupId)
  const error = checkCommit(group, request)
  if (error !== 'NONE') return withError(checked, error)
  if (!group && store.size >= config.groupsMax) return withError(checked, 'GROUP_MAX_SIZE_REACHED')
  if (group?.kind === 'classic') {
    const member = group.member(request.memberId)
    if (member && (group.phase.is === 'Stable' || group.phase.is === 'PreparingRebalance')) restartSession(parts.classic, group, member)
  }
  return withError(checked, store.write(request.groupId, commitRecords(request, checked, topics, clock.now())))
}

export function fetchOffsets(parts: GroupParts, { groupId, topics }: FetchOffsetsRequest): FetchOffsetsAnswer {
  const { store } = parts
  const error = store.readiness(groupId)
  if (error !== 'NONE') return { error, topics: [] }
  const asked = topics ?? Array.from(store.offsets.topicsOf(groupId), ([topic, partitions]) => ({ topic, partitions: [...partitions.keys()] }))
  return {
    error: 'NONE',
    topics: asked.map(({ topic, partitions }) => ({ topic, partitions: partitions.map(partition => committedOf(parts, groupId, topic, partition)) })),
  }
}

function committedOf({ options, store }: GroupParts, groupId: string, topic: string, partition: number): FetchOffsetsAnswer['topics'][number]['partitions'][number] {
  const committed = store.offsets.get(groupId, topic, partition)
  const topicId = committed?.topicId ? options.topicIdOf?.(topic) : undefined
  const isOfThisTopic = topicId === undefined || topicId === committed?.topicId
  if (!committed || !isOfThisTopic) return { partition, offset: -1, leaderEpoch: -1, metadata: '' }
  return { partition, offset: committed.offset, leaderEpoch: committed.leaderEpoch, metadata: committed.metadata }
}

/** A deleted topic takes its committed offsets with it. */
export function forgetOffsetsOf(parts: GroupParts, topic: string): void {
  for (const group of parts.store.groups()) {
    if (!parts.store.offsets.topicsOf(group.groupId).has(topic)) continue
    parts.store.writeInParts(group.groupId, offsetTombstones(parts, group.groupId, other => other === topic))
  }
}

export function offsetTombstones({ store }: GroupParts, groupId: string, isMeant: (topic: string) => boolean = () => true): GroupRecord[] {
  return [...store.offsets.entriesOf(groupId)].filter(({ topic }) => isMeant(topic))
    .map(({ topic, partition }) => ({ is: 'offset', groupId, topic, partition, value: null }))
}
