/**
 * CreateTopics (19): v2 to v7.
 * Validates as Kafka's controller does; -1 takes the defaults (KIP-464); brokers may be named for each partition, else they are spread over
 * brokers and racks; v5+ answers with the effective configs (KIP-525), v7 with the topic id. The topic is there and writable when the answer leaves.
 */

import { PARTITIONS_PER_TOPIC_MAX } from '../../common/limits.ts'
import { createTopics } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { entriesOfTopic, sourceCodes } from '../describe-configs.ts'
import { handler, type RequestContext } from '../handler.ts'
import type { Placement } from '../placement.ts'
import { newAssignmentProblem } from '../replica-assignments.ts'
import { firstOfEach, tally } from '../tally.ts'
import type { Assignments, NewTopic, Refusal } from '../topic-registry.ts'

type Asked = RequestOf<typeof createTopics>['topics'][number]
type TopicAnswer = ResponseOf<typeof createTopics>['topics'][number]

export const createTopicsHandler = handler(createTopics, async (request, context) => {
  const counts = tally(request.topics, ({ name }) => name)
  const total = request.topics.reduce((sum, { numPartitions, assignments }) => sum + partitionsOf(numPartitions, assignments, context.broker.config.numPartitions), 0)
  if (total > PARTITIONS_PER_TOPIC_MAX) {
    return { topics: [...counts.keys()].map(name => refused(name, 'POLICY_VIOLATION', 'Excessively large number of partitions per request.')) }
  }
  const topics: TopicAnswer[] = []
  for (const asked of firstOfEach(request.topics, ({ name }) => name)) {
    const isTwice = (counts.get(asked.name) ?? 0) > 1
    topics.push(isTwice ? refused(asked.name, 'INVALID_REQUEST', 'Duplicate topic name.') : await create(asked, request.validateOnly, context))
  }
  return { topics }
})

function partitionsOf(numPartitions: number, assignments: Asked['assignments'], byDefault: number): number {
  if (assignments.length > 0) return assignments.length
  return numPartitions === -1 ? byDefault : Math.max(0, numPartitions)
}

async function create(asked: Asked, validateOnly: boolean, { broker, node }: RequestContext): Promise<TopicAnswer> {
  const plan = planOf(asked, broker)
  if ('error' in plan) return refused(asked.name, plan.error, plan.message)
  const result = validateOnly ? broker.topics.problemWith(plan) : await broker.topics.create(plan)
  if (result && 'error' in result) return refused(asked.name, result.error, result.message)
  return {
    name: asked.name,
    topicId: result ? result.record.topicId : broker.topics.newId(),
    errorCode: 0,
    errorMessage: null,
    numPartitions: plan.partitionCount,
    replicationFactor: plan.replicationFactor,
    configs: entriesOfTopic(plan.configs, broker.dynamicConfigs, node.id).map(({ name, value, source }) =>
      ({ name, value, readOnly: false, configSource: sourceCodes[source], isSensitive: false })),
  }
}

type Plan = NewTopic & { readonly replicationFactor: number }

/** What is to be created, or why not: partitions, replication, assignments, null configs (ReplicationControlManager.createTopic). */
function planOf(asked: Asked, { config, cluster }: RequestContext['broker']): Plan | Refusal {
  const { name, numPartitions, replicationFactor, assignments } = asked
  const { placement } = cluster
  if (name === '__cluster_metadata') return { error: 'INVALID_REQUEST', message: `Creation of internal topic ${name} is prohibited.` }
  const nulls = asked.configs.find(({ value }) => value === null)
  if (nulls) return { error: 'INVALID_CONFIG', message: `Null value not supported for topic configs: ${nulls.name}` }
  const configs = Object.fromEntries(asked.configs.map(config => [config.name, config.value ?? '']))
  if (assignments.length > 0) {
    const assigned = assignmentsOf(asked, placement)
    return 'error' in assigned ? assigned : { name, partitionCount: assignments.length, replicationFactor: assigned[0]?.length ?? 1, configs, assignments: assigned }
  }
  if (replicationFactor === 0 || replicationFactor < -1) {
    return { error: 'INVALID_REPLICATION_FACTOR', message: 'Replication factor must be larger than 0, or -1 to use the default value.' }
  }
  if (numPartitions === 0 || numPartitions < -1) {
    return { error: 'INVALID_PARTITIONS', message: 'Number of partitions was set to an invalid non-positive value.' }
  }
  const factor = replicationFactor === -1 ? placement.factorOf(false) : replicationFactor
  return { name, partitionCount: numPartitions === -1 ? config.numPartitions : numPartitions, replicationFactor: factor, configs }
}

/** The brokers that were named for each partition, in order of the partitions. */
function assignmentsOf({ numPartitions, replicationFactor, assignments }: Asked, placement: Placement): Assignments | Refusal {
  if (replicationFactor !== -1) return { error: 'INVALID_REQUEST', message: 'A manual partition assignment was specified, but replication factor was not set to -1.' }
  if (numPartitions !== -1) return { error: 'INVALID_REQUEST', message: 'A manual partition assignment was specified, but numPartitions was not set to -1.' }
  const byIndex = new Map<number, readonly number[]>()
  let factor: number | undefined
  for (const { partitionIndex, brokerIds } of assignments) {
    if (byIndex.has(partitionIndex)) return { error: 'INVALID_REPLICA_ASSIGNMENT', message: `Found multiple manual partition assignments for partition ${partitionIndex}` }
    const problem = newAssignmentProblem(partitionIndex, brokerIds, placement, factor)
    if (problem) return problem
    factor = brokerIds.length
    byIndex.set(partitionIndex, brokerIds)
  }
  const inOrder = Array.from({ length: byIndex.size }, (_, at) => byIndex.get(at) ?? [])
  const hasHole = inOrder.some(brokerIds => brokerIds.length === 0)
  return hasHole ? { error: 'INVALID_REPLICA_ASSIGNMENT', message: 'partitions should be a consecutive 0-based integer sequence' } : inOrder
}

function refused(name: string, error: KafkaError, errorMessage: string): TopicAnswer {
  return { name, errorCode: errorCode(error), errorMessage, configs: [] }
}
