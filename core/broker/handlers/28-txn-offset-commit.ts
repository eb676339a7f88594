/**
 * TxnOffsetCommit (28): v0 to v5.
 * A group's offsets are committed with the producer's transaction: pending until its marker comes. Up to v4 the producer has added the group by
 * AddOffsetsToTxn, which is verified (INVALID_TXN_STATE, in v4 TRANSACTION_ABORTABLE); from v5 it is added here (KIP-890). Up to v1
 * COORDINATOR_LOAD_IN_PROGRESS, which old producers do not stand, is COORDINATOR_NOT_AVAILABLE. All is stored as one batch, or nothing.
 */

import type { CommitAnswer, TransactionalCommitRequest } from '../../groups/offset-commit.ts'
import { txnOffsetCommit } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { handler, type RequestContext } from '../handler.ts'
import { OFFSETS_TOPIC } from '../offsets-topic.ts'
import { type ClientSupport, enterTransaction, type Entry } from '../transaction-verification.ts'

type Request = RequestOf<typeof txnOffsetCommit>
type Response = ResponseOf<typeof txnOffsetCommit>

export const txnOffsetCommitHandler = handler(txnOffsetCommit, (request, context) => {
  const { broker, node, version } = context
  const isKnown = request.topics.some(({ name, partitions }) => partitions.some(({ partitionIndex }) => broker.topics.partition(name, partitionIndex)))
  if (!isKnown) return answerAll(request, 'UNKNOWN_TOPIC_OR_PARTITION', context)
  const { groupId, transactionalId, producerId, producerEpoch } = request
  const ready = groupId === '' ? 'INVALID_GROUP_ID' : node.groups.readiness(groupId)
  const partition = node.groups.partitionOf(groupId)
  const log = broker.topics.partition(OFFSETS_TOPIC, partition)?.logFor(node.id)
  if (ready !== 'NONE' || !log) return answerAll(request, ready === 'NONE' ? 'NOT_COORDINATOR' : ready, context)
  const producer = { transactionalId, producerId, producerEpoch }
  const entered = enterTransaction({ producer, places: [{ topic: OFFSETS_TOPIC, partition, log }], support: supportOf(version) }, broker)
  return entered instanceof Promise ? entered.then(([entry]) => commit(request, entry, context)) : commit(request, entered[0], context)
})

function supportOf(version: number): ClientSupport {
  if (version >= 5) return 'adds'
  return version === 4 ? 'verifies-abortable' : 'verifies'
}

function commit(request: Request, entry: Entry | undefined, context: RequestContext): Response | Promise<Response> {
  if (!entry || entry.error !== 'NONE') return answerAll(request, entry?.error ?? 'UNKNOWN_SERVER_ERROR', context)
  const { groups } = context.node
  const { groupId, producerId, producerEpoch } = request
  const committed = groups.commitInTransaction({ ...commitOf(request), producer: { producerId, producerEpoch, verification: entry.verification } })
  const stored = groups.stored(groupId)
  return stored ? stored.then(() => answerOf(committed, context), () => answerAll(request, 'NOT_COORDINATOR', context)) : answerOf(committed, context)
}

function commitOf({ groupId, memberId, groupInstanceId, generationIdOrMemberEpoch, topics }: Request): Omit<TransactionalCommitRequest, 'producer'> {
  return {
    groupId, memberId, instanceId: groupInstanceId, generation: generationIdOrMemberEpoch, retentionMs: null, canNameMissingGroup: false,
    topics: topics.map(({ name, partitions }) => ({
      topic: name,
      partitions: partitions.map(({ partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }) => ({
        partition: partitionIndex, offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata: committedMetadata,
      })),
    })),
  }
}

function answerOf(committed: CommitAnswer, { version }: RequestContext): Response {
  return {
    topics: committed.map(({ topic, partitions }) => ({
      name: topic, partitions: partitions.map(({ partition, error }) => ({ partitionIndex: partition, errorCode: errorCode(asOfVersion(error, version)) })),
    })),
  }
}

/** The same for every partition, but those that do not exist. */
function answerAll({ topics }: Request, error: KafkaError, context: RequestContext): Response {
  const exists = (topic: string, index: number): boolean => context.broker.topics.partition(topic, index) !== undefined
  return answerOf(topics.map(({ name, partitions }) => ({
    topic: name,
    partitions: partitions.map(({ partitionIndex }) => ({ partition: partitionIndex, error: exists(name, partitionIndex) ? error : 'UNKNOWN_TOPIC_OR_PARTITION' })),
  })), context)
}

function asOfVersion(error: KafkaError, version: number): KafkaError {
  return version < 2 && error === 'COORDINATOR_LOAD_IN_PROGRESS' ? 'COORDINATOR_NOT_AVAILABLE' : error
}
