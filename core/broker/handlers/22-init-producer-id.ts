/**
 * InitProducerId (22): v0 to v5.
 * Without a transactional id: a fresh producer id, epoch 0, also when one is supplied (KIP-360 bumps apply to transactional ids only). With
 * one, its coordinator decides: a new producer fences those before it, and aborts what they have open. v3+ may bring an id and an epoch to
 * go on with; before v4 who is fenced is told INVALID_PRODUCER_EPOCH (KIP-588).
 */

import { initProducerId } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import type { ProducerAnswer } from '../../transactions/transaction-coordinator.ts'
import { handler } from '../handler.ts'
import { asFencedBefore } from '../producer-errors.ts'

export const initProducerIdHandler = handler(initProducerId, (request, { broker, node, version }) => {
  const { transactionalId, transactionTimeoutMs: timeoutMs, producerId, producerEpoch } = request
  const answer = (given: ProducerAnswer): ResponseOf<typeof initProducerId> => ({
    errorCode: errorCode(asFencedBefore(4, version, given.error)), producerId: given.producerId, producerEpoch: given.producerEpoch,
  })
  if ((producerId === -1) !== (producerEpoch === -1)) return answer({ error: 'INVALID_REQUEST', producerId: -1, producerEpoch: -1 })
  if (transactionalId === null) return answer({ error: 'NONE', producerId: broker.producerIds.next(), producerEpoch: 0 })
  const expected = producerId === -1 ? null : { producerId, producerEpoch }
  const given = node.transactions.initProducerId({ transactionalId, timeoutMs, expected })
  return given instanceof Promise ? given.then(answer) : answer(given)
})
