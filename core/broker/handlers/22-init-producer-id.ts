/**
 * InitProducerId (22): v0 to v5.
 * Without a transactional id: a fresh producer id, epoch 0, also when one is supplied (KIP-360 bumps apply to transactional ids only).
 * Differences: a transactional id answers TRANSACTIONAL_ID_AUTHORIZATION_FAILED until transactions exist; "" is INVALID_REQUEST as in Kafka.
 */

import { initProducerId } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import { handler } from '../handler.ts'

export const initProducerIdHandler = handler(initProducerId, ({ transactionalId }, { broker }) => {
  if (transactionalId === '') return refused('INVALID_REQUEST')
  if (transactionalId !== null) return refused('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
  return { errorCode: 0, producerId: broker.producerIds.next(), producerEpoch: 0 }
})

function refused(error: KafkaError): { errorCode: number; producerId: number; producerEpoch: number } {
  return { errorCode: errorCode(error), producerId: -1, producerEpoch: -1 }
}
