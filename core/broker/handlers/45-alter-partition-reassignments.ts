/**
 * AlterPartitionReassignments (45): v0 to v1.
 * Moves partitions to other brokers, or takes a move back that is under way (KIP-455). There is one store: a move is done when the answer
 * leaves, unless a broker it goes to is down. v1 may ask that no replication factor changes (KIP-860).
 */

import { alterPartitionReassignments } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { handler, type RequestContext } from '../handler.ts'
import type { Refusal } from '../topic-registry.ts'

type Request = RequestOf<typeof alterPartitionReassignments>
type Asked = Request['topics'][number]['partitions'][number]
type TopicAnswer = ResponseOf<typeof alterPartitionReassignments>['responses'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]

export const alterPartitionReassignmentsHandler = handler(alterPartitionReassignments, ({ topics, allowReplicationFactorChange }, { broker }) =>
  broker.cluster.change(async () => {
    const responses: TopicAnswer[] = []
    for (const { name, partitions } of topics) {
      const answers: PartitionAnswer[] = []
      responses.push({ name, partitions: answers })
      for (const asked of partitions) {
        const refusal = await alter(name, asked, allowReplicationFactorChange, broker)
        const { error = 'NONE', message = null } = refusal ?? {}
        // What says no more than its code has no words in Kafka either.
        answers.push({ partitionIndex: asked.partitionIndex, errorCode: errorCode(error), errorMessage: error === 'NO_REASSIGNMENT_IN_PROGRESS' ? null : message })
      }
    }
    return { allowReplicationFactorChange, errorCode: 0, errorMessage: null, responses }
  }))

async function alter(topic: string, { partitionIndex, replicas }: Asked, mayChangeFactor: boolean, broker: RequestContext['broker']): Promise<Refusal | undefined> {
  if (!broker.topics.get(topic)) return { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: `Unable to find a topic named ${topic}.` }
  const partition = broker.topics.partition(topic, partitionIndex)
  if (!partition) return { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: `Unable to find partition ${topic}:${partitionIndex}.` }
  try {
    return await broker.cluster.reassignments.alter(partition, replicas, { mayChangeFactor })
  } catch (cause) {
    broker.logger.error('the catalog cannot keep which brokers hold a partition', { topic, partition: partitionIndex, cause })
    return { error: 'KAFKA_STORAGE_ERROR', message: `the catalog cannot keep which brokers hold ${topic}-${partitionIndex}` }
  }
}
