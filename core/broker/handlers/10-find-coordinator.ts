/**
 * FindCoordinator (10): v0 to v6.
 * A group's coordinator is this broker, at the address of the listener the client came in by; the first question creates
 * `__consumer_offsets` and waits for it, where Kafka answers COORDINATOR_NOT_AVAILABLE and lets the client ask again.
 * Differences: a transactional id answers TRANSACTIONAL_ID_AUTHORIZATION_FAILED until transactions exist, a share group's key
 * INVALID_REQUEST as any type Kafka does not know.
 */

import { findCoordinator } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import { handler, type RequestContext } from '../handler.ts'

const GROUP = 0
const TRANSACTION = 1

export const findCoordinatorHandler = handler(findCoordinator, async (request, context) => {
  const error = await errorFor(request.keyType, context)
  const found = (key: string): Found => {
    const itsError = error === 'NONE' && !context.node.groups.coordinates(key) ? 'COORDINATOR_NOT_AVAILABLE' : error
    return {
      errorCode: errorCode(itsError),
      errorMessage: MESSAGES[itsError] ?? '',
      ...(itsError === 'NONE' ? { nodeId: context.broker.brokerId, ...context.advertised } : { nodeId: -1, host: '', port: -1 }),
    }
  }
  return context.version < 4 ? found(request.key) : { coordinators: request.coordinatorKeys.map(key => ({ key, ...found(key) })) }
})

type Found = { readonly errorCode: number; readonly errorMessage: string; readonly nodeId: number; readonly host: string; readonly port: number }

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
