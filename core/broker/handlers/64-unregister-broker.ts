/**
 * UnregisterBroker (64): v0.
 * A broker that was never there is BROKER_ID_NOT_REGISTERED (KIP-631).
 * Differences: the brokers of this process cannot be forgotten while it runs and are INVALID_REQUEST; Kafka forgets one, also one that is up.
 */

import { unregisterBroker } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { handler } from '../handler.ts'

export const unregisterBrokerHandler = handler(unregisterBroker, ({ brokerId }, { broker }) => {
  if (!broker.nodes.has(brokerId)) return { errorCode: errorCode('BROKER_ID_NOT_REGISTERED'), errorMessage: `Broker ID ${brokerId} is not currently registered` }
  return { errorCode: errorCode('INVALID_REQUEST'), errorMessage: `Broker ${brokerId} is one of this process: start it with fewer brokers instead` }
})
