/**
 * FindCoordinator (10): v0 to v6.
 * A group's coordinator is the broker that leads the partition its id falls on, at its address of the listener the client came in by; none is
 * available while no broker leads that. The first question creates
 * `__consumer_offsets` and waits for it, where Kafka answers COORDINATOR_NOT_AVAILABLE and lets the client ask again.
 * Differences: a transactional id answers TRANSACTIONAL_ID_AUTHORIZATION_FAILED until transactions exist, a share group's key
 * INVALID_REQUEST as any type Kafka does not know.
 */

import { coordinatorPartition } from '../../coordinator/coordinator-partition.ts'
import { findCoordinator } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { NodeEndpoint } from '../cluster.ts'
import { handler, type RequestContext } from '../handler.ts'
import { OFFSETS_TOPIC } from '../offsets-topic.ts'

const GROUP = 0
const TRANSACTION = 1

export const findCoordinatorHandler = handler(findCoordinator, async (request, context) => {
  const error = await errorFor(request.keyType, context)
  const found = (key: string): Found => {
    const at = error === 'NONE' ? coordinatorOf(OFFSETS_TOPIC, key, context) : undefined
    const isHere = at !== undefined && context.broker.nodes.get(at.nodeId)?.groups.coordinates(key)
    const itsError = error === 'NONE' && !isHere ? 'COORDINATOR_NOT_AVAILABLE' : error
    const { nodeId, host, port } = isHere ? at : NOWHERE
    return { errorCode: errorCode(itsError), errorMessage: MESSAGES[itsError] ?? '', nodeId, host, port }
  }
  return context.version < 4 ? found(request.key) : { coordinators: request.coordinatorKeys.map(key => ({ key, ...found(key) })) }
})

type Found = { readonly errorCode: number; readonly errorMessage: string; readonly nodeId: number; readonly host: string; readonly port: number }

const NOWHERE = { nodeId: -1, host: '', port: -1 }

/** Where the client finds the broker that leads the partition of an internal topic that a key falls on; undefined while none does. */
function coordinatorOf(topic: string, key: string, { broker, connection }: RequestContext): NodeEndpoint | undefined {
  const partitions = broker.topics.get(topic)?.partitions ?? []
  const partition = partitions[coordinatorPartition(key, partitions.length)]
  return partition && broker.cluster.endpointOf(partition.leader, connection.listener)
}

async function errorFor(keyType: number, { broker }: RequestContext): Promise<KafkaError> {
  if (keyType === TRANSACTION) return 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'
  if (keyType !== GROUP) return 'INVALID_REQUEST'
  return (await broker.offsets.ensure()) ? 'NONE' : 'COORDINATOR_NOT_AVAILABLE'
}

const MESSAGES: Partial<Record<KafkaError, string>> = {
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'This broker has no transactions yet.',
  INVALID_REQUEST: 'This broker coordinates groups only.',
  COORDINATOR_NOT_AVAILABLE: 'The coordinator is not available.',
}
