/** OffsetCommit: who may commit, and the records of a commit. */

import type { TransactionalProducer } from '../coordinator/coordinator-log.ts'
import type { KafkaError } from '../protocol/errors.ts'
import type { ClassicGroup } from './classic-group.ts'
import { checkConsumerCommit } from './consumer-commit.ts'
import type { GroupConfig } from './group-config.ts'
import type { StoreGroup } from './group-store.ts'
import type { GroupRecord } from './stored.ts'

export type CommitRequest = {
  readonly groupId: string
  readonly memberId: string
  readonly instanceId: string | null
  /** Negative for consumers without a group, and administrators. */
  readonly generation: number
  /** How long to keep the offsets, ms (versions 2 to 4); null leaves it to the broker. */
  readonly retentionMs: number | null
  /** Version 9 and later: a group that does not exist is named so; before, the generation is wrong. */
  readonly canNameMissingGroup: boolean
  readonly topics: readonly CommitTopic[]
}

/** The commit is of an open transaction: its offsets are visible when the transaction has been committed. */
export type TransactionalCommitRequest = CommitRequest & { readonly producer: TransactionalProducer }

export type CommitTopic = {
  readonly topic: string
  readonly partitions: readonly {
    readonly partition: number
    readonly offset: number
    readonly leaderEpoch: number
    readonly metadata: string | null
  }[]
}

export type CommitAnswer = readonly {
  readonly topic: string
  readonly partitions: readonly { readonly partition: number; readonly error: KafkaError }[]
}[]

/** NONE when this request may commit to this group as it is now. */
export function checkCommit(group: StoreGroup | undefined, request: CommitRequest, topics: CommitTopics): KafkaError {
  if (group) return group.kind === 'classic' ? checkClassicCommit(group, request) : checkConsumerCommit(group, request, topics)
  if (request.generation < 0) return 'NONE'
  return request.canNameMissingGroup ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION'
}

function checkClassicCommit(group: ClassicGroup, { memberId, instanceId, generation }: CommitRequest): KafkaError {
  if (generation < 0 && group.isEmpty) return 'NONE'
  if (generation >= 0 || memberId !== '' || instanceId !== null) {
    const error = group.checkMember(memberId, instanceId)
    if (error !== 'NONE') return error
    if (generation !== group.generation) return 'ILLEGAL_GENERATION'
  } else if (!group.isEmpty) {
    return 'UNKNOWN_MEMBER_ID'
  }
  // The member knows its generation, so it is between its join and its sync.
  return group.phase.is === 'CompletingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
}

/**
 * The same of a commit in a transaction. Member and generation are looked at when the producer sends any (KIP-447); a rebalance does not
 * hold the commit up, as the producer cannot commit its transaction without.
 */
export function checkTransactionalCommit(group: StoreGroup | undefined, request: CommitRequest, topics: CommitTopics): KafkaError {
  const { memberId, instanceId, generation } = request
  if (!group) return generation < 0 ? 'NONE' : 'ILLEGAL_GENERATION'
  if (generation < 0 && memberId === '' && instanceId === null) return 'NONE'
  if (group.kind === 'consumer') {
    // Producers do not know the errors of member epochs before version 6.
    const error = checkConsumerCommit(group, { ...request, canNameMissingGroup: true }, topics)
    return error === 'STALE_MEMBER_EPOCH' ? 'ILLEGAL_GENERATION' : error
  }
  if (generation < 0 && group.isEmpty) return 'NONE'
  const error = group.checkMember(memberId, instanceId)
  return error === 'NONE' && generation !== group.generation ? 'ILLEGAL_GENERATION' : error
}

/** What a topic is, as the catalog knows it. */
export type CommitTopics = {
  exists(topic: string, partition: number): boolean
  idOf(topic: string): string | null
}

/** Errors by partition, in the order asked, of what cannot be committed whoever asks. */
export function checkPartitions(request: CommitRequest, topics: CommitTopics, config: GroupConfig): CommitAnswer {
  return request.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition, metadata }): CommitAnswer[number]['partitions'][number] => {
      if (!topics.exists(topic, partition)) return { partition, error: 'UNKNOWN_TOPIC_OR_PARTITION' }
      return { partition, error: (metadata?.length ?? 0) > config.offsetMetadataMax ? 'OFFSET_METADATA_TOO_LARGE' : 'NONE' }
    }),
  }))
}

/** The records of the partitions that `checked` lets pass. */
export function commitRecords(request: CommitRequest, checked: CommitAnswer, topics: CommitTopics, nowMs: number): GroupRecord[] {
  const expireTimestampMs = request.retentionMs === null ? null : nowMs + request.retentionMs
  return request.topics.flatMap(({ topic, partitions }, topicAt) => {
    const topicId = topics.idOf(topic)
    return partitions.flatMap((each, at): GroupRecord[] => {
      if (checked[topicAt]?.partitions[at]?.error !== 'NONE') return []
      const { partition, offset, leaderEpoch, metadata } = each
      const value = { offset, leaderEpoch, metadata: metadata ?? '', commitTimestampMs: nowMs, expireTimestampMs, topicId }
      return [{ is: 'offset', groupId: request.groupId, topic, partition, value }]
    })
  })
}

/** The same answer with `error` in place of every success. */
export function withError(answer: CommitAnswer, error: KafkaError): CommitAnswer {
  return answer.map(({ topic, partitions }) => ({
    topic, partitions: partitions.map(each => each.error === 'NONE' ? { ...each, error } : each),
  }))
}
