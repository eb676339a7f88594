/**
 * Metadata (3): v0 to v13.
 * By name and by id (v12+), all topics (v0: an empty list, v1+: null), auto-creation when broker and request allow it. The address is
 * the one that the listener the client came in by advertises, for each broker that is up.
 * Differences: a topic is created before the answer leaves, so the first answer already has it (Kafka says UNKNOWN_TOPIC_OR_PARTITION
 * once and the client asks again); clients accept both.
 */

import { metadata } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { ZERO_UUID } from '../../protocol/wire.ts'
import { TRANSACTION_TOPIC } from '../../transactions/transaction-coordinator.ts'
import { CLUSTER_OPERATIONS, NOT_ASKED, TOPIC_OPERATIONS } from '../authorized-operations.ts'
import { internalPartitions } from '../broker-config.ts'
import type { BrokerParts } from '../broker-parts.ts'
import { type Cluster, factsOf } from '../cluster.ts'
import type { CoordinatorTopic } from '../coordinator-topic.ts'
import { handler, type RequestContext } from '../handler.ts'
import { OFFSETS_TOPIC } from '../offsets-topic.ts'
import type { Partition } from '../partition.ts'
import { NO_LEADER } from '../placement.ts'
import { firstOfEach } from '../tally.ts'
import { topicNameProblem } from '../topic-name.ts'
import type { Topic } from '../topic-registry.ts'

type Request = RequestOf<typeof metadata>
type TopicAnswer = ResponseOf<typeof metadata>['topics'][number]

const HAS_IDS = 12

export const metadataHandler = handler(metadata, async (request, context) => {
  const { broker, connection, version } = context
  if (version < HAS_IDS && asksByIds(request, version)) return { brokers: [], clusterId: null, controllerId: -1, topics: (request.topics ?? []).map(notByIds) }
  const topics = await topicsOf(request, context)
  return {
    brokers: broker.cluster.endpoints(connection.listener),
    clusterId: broker.clusterId,
    controllerId: broker.cluster.controllerId,
    topics,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : NOT_ASKED,
  }
})

async function topicsOf(request: Request, context: RequestContext): Promise<TopicAnswer[]> {
  const { version, broker } = context
  const { topics } = request
  const withOperations = request.includeTopicAuthorizedOperations
  const wantsAll = topics === null || (version === 0 && topics.length === 0)
  if (wantsAll) return [...broker.topics.list()].map(topic => described(topic, context, withOperations))
  const byId = firstOfEach(topics.filter(topic => topic.topicId !== ZERO_UUID), ({ topicId }) => topicId)
  if (byId.length > 0) return byId.map(({ topicId }) => {
    const topic = broker.topics.byId(topicId)
    return topic ? described(topic, context, withOperations) : refused(null, topicId, 'UNKNOWN_TOPIC_ID')
  })
  const mayCreate = broker.config.autoCreateTopics && request.allowAutoTopicCreation
  const answers: TopicAnswer[] = []
  for (const { name } of firstOfEach(topics, topic => topic.name ?? '')) answers.push(await byName(name ?? '', mayCreate, context, withOperations))
  return answers
}

/** The fields are there before ids may be used: the whole request is refused, topic by topic. */
function asksByIds({ topics }: Request, version: number): boolean {
  return topics?.some(({ name, topicId }) => name === null || (version >= 10 && topicId !== ZERO_UUID)) ?? false
}

function notByIds({ name, topicId }: NonNullable<Request['topics']>[number]): TopicAnswer {
  return refused(name ?? '', topicId, 'INVALID_REQUEST')
}

async function byName(name: string, mayCreate: boolean, context: RequestContext, withOperations: boolean): Promise<TopicAnswer> {
  const { topics, config } = context.broker
  const existing = topics.get(name)
  if (existing) return described(existing, context, withOperations)
  if (topicNameProblem(name) !== undefined) return refused(name, ZERO_UUID, 'INVALID_TOPIC_EXCEPTION', withOperations)
  if (!mayCreate) return refused(name, ZERO_UUID, 'UNKNOWN_TOPIC_OR_PARTITION', withOperations)
  if (await coordinatorTopicOf(name, context.broker)?.ensure()) return byName(name, false, context, withOperations)
  const created = await topics.ensure(name, internalPartitions(config).get(name) ?? config.numPartitions)
  return 'error' in created ? refused(name, ZERO_UUID, created.error, withOperations) : described(created, context, withOperations)
}

function coordinatorTopicOf(name: string, { offsets, transactionState }: BrokerParts): CoordinatorTopic | undefined {
  if (name === OFFSETS_TOPIC) return offsets
  return name === TRANSACTION_TOPIC ? transactionState : undefined
}

function described({ record, partitions }: Topic, { broker }: RequestContext, withOperations: boolean): TopicAnswer {
  return {
    errorCode: 0,
    name: record.name,
    topicId: record.topicId,
    isInternal: record.isInternal,
    partitions: partitions.map(partition => describedPartition(partition, broker.cluster)),
    topicAuthorizedOperations: withOperations ? TOPIC_OPERATIONS : NOT_ASKED,
  }
}

function describedPartition(partition: Partition, cluster: Cluster): TopicAnswer['partitions'][number] {
  const { leader, leaderEpoch, replicas, isr, offline } = factsOf(partition, cluster)
  return {
    errorCode: leader === NO_LEADER ? errorCode('LEADER_NOT_AVAILABLE') : 0,
    partitionIndex: partition.index, leaderId: leader, leaderEpoch, replicaNodes: replicas, isrNodes: isr, offlineReplicas: offline,
  }
}

/** What one may do with a topic is told also of one that is only named, as by Kafka; not of an id. */
function refused(name: string | null, topicId: string, error: KafkaError, withOperations = false): TopicAnswer {
  return { errorCode: errorCode(error), name, topicId, isInternal: false, partitions: [], topicAuthorizedOperations: withOperations ? TOPIC_OPERATIONS : NOT_ASKED }
}
