/** OffsetCommit and OffsetFetch, and what becomes of a deleted topic's offsets. */

import type { KafkaError } from '../protocol/errors.ts'
import { restartSession } from './classic-rebalance.ts'
import { checkConsumerFetch } from './consumer-commit.ts'
import { refusalOf, type GroupParts } from './group-parts.ts'
import type { StoreGroup } from './group-store.ts'
import { checkCommit, checkPartitions, checkTransactionalCommit, commitRecords, withError, type CommitAnswer, type CommitRequest, type CommitTopics, type TransactionalCommitRequest } from './offset-commit.ts'
import type { GroupRecord } from './stored.ts'

export type FetchOffsetsRequest = {
  readonly groupId: string
  /** null: every topic the group has committed. */
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null
  /** The member of a consumer group that asks; null and -1 for who is none. */
  readonly memberId?: string | null
  readonly memberEpoch?: number
  /** Refuses offsets that an open transaction may yet change (KIP-447). */
  readonly requireStable?: boolean
}

export type FetchedOffset = {
  readonly partition: number
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
  /** An open transaction may yet change it. */
  readonly error?: 'UNSTABLE_OFFSET_COMMIT'
}

export type FetchOffsetsAnswer = {
  readonly error: KafkaError
  readonly topics: readonly {
    readonly topic: string
    /** An offset of -1 with an epoch of -1 and no metadata: nothing committed. */
    readonly partitions: readonly FetchedOffset[]
  }[]
}

/** All partitions that may be committed are stored as one batch, or none. */
export function commitOffsets(parts: GroupParts, request: CommitRequest): CommitAnswer {
  const { options, store } = parts
  const { config, clock } = options
  const topics = topicsOf(parts)
  const checked = checkPartitions(request, topics, config)
  if (checked.every(topic => topic.partitions.every(each => each.error === 'UNKNOWN_TOPIC_OR_PARTITION'))) return checked
  const ready = store.readiness(request.groupId)
  if (ready !== 'NONE') return withError(checked, ready)
  const group = store.get(request.groupId)
  const error = checkCommit(group, request, topics)
  if (error !== 'NONE') return withError(checked, error)
  if (!group && store.size >= config.groupsMax) return withError(checked, 'GROUP_MAX_SIZE_REACHED')
  if (group?.kind === 'classic') {
    const member = group.member(request.memberId)
    if (member && (group.phase.is === 'Stable' || group.phase.is === 'PreparingRebalance')) restartSession(parts.classic, group, member)
  }
  return withError(checked, store.write(request.groupId, commitRecords(request, checked, topics, clock.now())))
}

/** The same in an open transaction; the offsets are pending until it ends. */
export function commitInTransaction(parts: GroupParts, request: TransactionalCommitRequest): CommitAnswer {
  const { options: { config, clock }, store } = parts
  const { groupId, producer } = request
  const topics = topicsOf(parts)
  const checked = checkPartitions(request, topics, config)
  if (checked.every(topic => topic.partitions.every(each => each.error === 'UNKNOWN_TOPIC_OR_PARTITION'))) return checked
  const ready = refusalOf(parts, groupId)
  if (ready !== 'NONE') return withError(checked, ready)
  const group = store.get(groupId)
  const error = checkTransactionalCommit(group, request, topics)
  if (error !== 'NONE') return withError(checked, error)
  if (!group && store.size >= config.groupsMax) return withError(checked, 'GROUP_MAX_SIZE_REACHED')
  return withError(checked, store.writeInTransaction(groupId, commitRecords(request, checked, topics, clock.now()), producer))
}

function topicsOf({ options: { topicExists, topicIdOf } }: GroupParts): CommitTopics {
  return { exists: topicExists, idOf: topic => topicIdOf?.(topic) ?? null }
}

export function fetchOffsets(parts: GroupParts, request: FetchOffsetsRequest): FetchOffsetsAnswer {
  const { groupId, topics, requireStable = false, memberId = null, memberEpoch = -1 } = request
  const { store } = parts
  const group = store.consumer(groupId)
  const ready = store.readiness(groupId)
  const error = ready === 'NONE' && group ? checkConsumerFetch(group, memberId, memberEpoch) : ready
  if (error !== 'NONE') return { error, topics: [] }
  const asked = topics ?? Array.from(store.offsets.topicsOf(groupId), ([topic, partitions]) => ({ topic, partitions: [...partitions.keys()] }))
  return {
    error: 'NONE',
    topics: asked.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((partition): FetchedOffset => requireStable && store.pending.has(groupId, topic, partition)
        ? { ...NOTHING, partition, error: 'UNSTABLE_OFFSET_COMMIT' }
        : committedOf(parts, groupId, topic, partition)),
    })),
  }
}

function committedOf({ options, store }: GroupParts, groupId: string, topic: string, partition: number): FetchedOffset {
  const committed = store.offsets.get(groupId, topic, partition)
  const topicId = committed?.topicId ? options.topicIdOf?.(topic) : undefined
  const isOfThisTopic = topicId === undefined || topicId === committed?.topicId
  if (!committed || !isOfThisTopic) return { ...NOTHING, partition }
  return { partition, offset: committed.offset, leaderEpoch: committed.leaderEpoch, metadata: committed.metadata }
}

const NOTHING = { offset: -1, leaderEpoch: -1, metadata: '' } as const

/** A deleted topic takes a group's offsets with it; those that were committed for one that was made again since stay. */
export function forgetOffsetsOf(parts: GroupParts, topic: string, { groupId }: Pick<StoreGroup, 'groupId'>): void {
  const { options, store: { offsets, pending } } = parts
  if (!offsets.topicsOf(groupId).has(topic) && !pending.hasAny(groupId)) return
  const topicId = options.topicIdOf?.(topic)
  const kept = new Set<number>()
  for (const { topic: of, partition, value } of pending.entriesOf(groupId)) if (of === topic && topicId !== undefined && value.topicId === topicId) kept.add(partition)
  for (const [partition, committed] of offsets.topicsOf(groupId).get(topic) ?? []) if (topicId !== undefined && committed.topicId === topicId) kept.add(partition)
  parts.store.writeInParts(groupId, offsetTombstones(parts, groupId, (other, partition) => other === topic && !kept.has(partition)))
}

/** Of what is committed, and of what is only pending in a transaction: the tombstone takes that with it. */
export function offsetTombstones({ store }: GroupParts, groupId: string, isMeant: (topic: string, partition: number) => boolean = () => true): GroupRecord[] {
  const { offsets, pending } = store
  const onlyPending = [...pending.partitionsOf(groupId)].filter(({ topic, partition }) => !offsets.get(groupId, topic, partition))
  return [...offsets.entriesOf(groupId), ...onlyPending].filter(({ topic, partition }) => isMeant(topic, partition))
    .map(({ topic, partition }) => ({ is: 'offset', groupId, topic, partition, value: null }))
}
