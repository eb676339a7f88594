/**
 * DescribeTopicPartitions (75): v0.
 * Topics in the order of their names, so many partitions a page and a cursor to the next (KIP-966); no names: all topics. What Kafka refuses
 * as a whole, a cursor that cannot be, is answered with the error on each topic that was asked for, and by nothing when none was.
 * Differences: a page also ends after as many topics that do not exist as partitions fit one.
 */

import { describeTopicPartitions } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { ZERO_UUID } from '../../protocol/wire.ts'
import { NOT_ASKED, TOPIC_OPERATIONS } from '../authorized-operations.ts'
import { factsOf } from '../cluster.ts'
import { handler, type RequestContext } from '../handler.ts'
import type { Partition } from '../partition.ts'
import { isInternalTopic, topicNameProblem } from '../topic-name.ts'

type Request = RequestOf<typeof describeTopicPartitions>
type Answer = ResponseOf<typeof describeTopicPartitions>
type TopicAnswer = Answer['topics'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]

/** Kafka's max.request.partition.size.limit. */
const PAGE_PARTITIONS_MAX = 2000

export const describeTopicPartitionsHandler = handler(describeTopicPartitions, (request, context) => {
  const names = namesOf(request, context)
  if (hasImpossibleCursor(request, names)) return { topics: request.topics.map(({ name }) => refused(name, 'INVALID_REQUEST')), nextCursor: null }
  return page(names.sort(), request, context)
})

/** From the cursor's topic on, in no order. */
function namesOf({ topics, cursor }: Request, { broker }: RequestContext): string[] {
  const from = cursor?.topicName ?? ''
  if (topics.length === 0) return [...broker.topics.list()].map(({ record }) => record.name).filter(name => name >= from)
  return [...new Set(topics.map(({ name }) => name))].filter(name => name >= from)
}

function hasImpossibleCursor({ topics, cursor }: Request, names: readonly string[]): boolean {
  if (!cursor) return false
  return cursor.partitionIndex < 0 || (topics.length > 0 && !names.includes(cursor.topicName))
}

function page(names: readonly string[], { topics, cursor, responsePartitionLimit }: Request, context: RequestContext): Answer {
  const limit = Math.max(Math.min(responsePartitionLimit, PAGE_PARTITIONS_MAX), 1)
  const answers: TopicAnswer[] = []
  let left = limit
  let unknownLeft = PAGE_PARTITIONS_MAX
  for (const name of names) {
    if (left === 0 || unknownLeft === 0) return { topics: answers, nextCursor: { topicName: name, partitionIndex: 0 } }
    const from = name === cursor?.topicName ? cursor.partitionIndex : 0
    const topic = context.broker.topics.get(name)
    if (topic) {
      const partitions = topic.partitions.slice(from, from + left)
      left -= partitions.length
      answers.push(described(name, topic.record.topicId, partitions.map(partition => describePartition(partition, context))))
      if (from + partitions.length < topic.partitions.length) return { topics: answers, nextCursor: { topicName: name, partitionIndex: from + partitions.length } }
    } else if (topics.length > 0) {
      unknownLeft--
      answers.push({ ...refused(name, topicNameProblem(name) === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'INVALID_TOPIC_EXCEPTION'), topicAuthorizedOperations: TOPIC_OPERATIONS })
    }
  }
  return { topics: answers, nextCursor: null }
}

/** One without a leader has no error here, other than in Metadata. No replica that is not in sync may lead (KIP-966). */
function describePartition(partition: Partition, { broker }: RequestContext): PartitionAnswer {
  const { leader, leaderEpoch, replicas, isr, offline } = factsOf(partition, broker.cluster)
  return {
    errorCode: 0,
    partitionIndex: partition.index,
    leaderId: leader,
    leaderEpoch,
    replicaNodes: replicas,
    isrNodes: isr,
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    offlineReplicas: offline,
  }
}

function described(name: string, topicId: string, partitions: PartitionAnswer[]): TopicAnswer {
  return { errorCode: 0, name, topicId, isInternal: isInternalTopic(name), partitions, topicAuthorizedOperations: TOPIC_OPERATIONS }
}

function refused(name: string, error: KafkaError): TopicAnswer {
  return { errorCode: errorCode(error), name, topicId: ZERO_UUID, isInternal: false, partitions: [], topicAuthorizedOperations: NOT_ASKED }
}
