/**
 * FindCoordinator (10): v0 to v6.
 * The coordinator of a group or a transactional id is the broker that leads the partition its id falls on, at its address of the listener the
 * client came in by; none is available while no broker leads that. The first question creates `__consumer_offsets` or `__transaction_state`
 * and waits for it, where Kafka answers COORDINATOR_NOT_AVAILABLE and lets the client ask again.
 * Differences: a share group's key answers INVALID_REQUEST as any type Kafka does not know.
 */

import { coordinatorPartition } from '../../coordinator/coordinator-partition.ts'
import { findCoordinator } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import { TRANSACTION_TOPIC } from '../../transactions/transaction-coordinator.ts'
import type { BrokerNode } from '../broker-node.ts'
import type { BrokerParts } from '../broker-parts.ts'
import type { NodeEndpoint } from '../cluster.ts'
import type { CoordinatorTopic } from '../coordinator-topic.ts'
import { handler, type RequestContext } from '../handler.ts'
import { OFFSETS_TOPIC } from '../offsets-topic.ts'

/** By key type: the topic of the coordinators, and whether one of them has a key. */
type Kind = { readonly topic: string; topicOf(broker: BrokerParts): CoordinatorTopic; coordinates(node: BrokerNode, key: string): boolean }
const kinds: readonly Kind[] = [
  { topic: OFFSETS_TOPIC, topicOf: broker => broker.offsets, coordinates: (node, key) => node.groups.coordinates(key) },
  { topic: TRANSACTION_TOPIC, topicOf: broker => broker.transactionState, coordinates: (node, key) => node.transactions.coordinates(key) },
]

export const findCoordinatorHandler = handler(findCoordinator, async (request, context) => {
  const kind = kinds[request.keyType]
  const isThere = (await kind?.topicOf(context.broker).ensure()) ?? false
  const found = (key: string): Found => {
    if (!kind) return refused('INVALID_REQUEST')
    const at = isThere ? coordinatorOf(kind.topic, key, context) : undefined
    const node = at && context.broker.nodes.get(at.nodeId)
    if (!at || !node || !kind.coordinates(node, key)) return refused('COORDINATOR_NOT_AVAILABLE')
    return { errorCode: 0, errorMessage: '', nodeId: at.nodeId, host: at.host, port: at.port }
  }
  if (context.version >= 4) return { coordinators: request.coordinatorKeys.map(key => ({ key, ...found(key) })) }
  const answer = found(request.key)
  // Kafka names its error also where there is none.
  return answer.errorCode === 0 ? { ...answer, errorMessage: 'NONE' } : answer
})

type Found = { readonly errorCode: number; readonly errorMessage: string; readonly nodeId: number; readonly host: string; readonly port: number }

function refused(error: KafkaError): Found {
  return { errorCode: errorCode(error), errorMessage: MESSAGES[error] ?? '', nodeId: -1, host: '', port: -1 }
}

/** Where the client finds the broker that leads the partition of an internal topic that a key falls on; undefined while none does. */
function coordinatorOf(topic: string, key: string, { broker, connection }: RequestContext): NodeEndpoint | undefined {
  const partitions = broker.topics.get(topic)?.partitions ?? []
  const partition = partitions[coordinatorPartition(key, partitions.length)]
  return partition && broker.cluster.endpointOf(partition.leader, connection.listener)
}

const MESSAGES: Partial<Record<KafkaError, string>> = {
  INVALID_REQUEST: 'This broker coordinates groups and transactions only.',
  COORDINATOR_NOT_AVAILABLE: 'The coordinator is not available.',
}
