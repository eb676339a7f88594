/**
 * InitProducerId (22): a producer gets its id and epoch.
 * Versions 0-5, flexible from 2. v3 current id and epoch (KIP-360), v4 PRODUCER_FENCED (KIP-588), v5 TRANSACTION_ABORTABLE (KIP-890).
 * v6 (two-phase commit, KIP-939) is unstable in Kafka.
 */

import { api, int16, int32, producerId, string } from '../schema.ts'

export const initProducerId = api({
  key: 22,
  name: 'InitProducerId',
  versions: '0-5',
  flexible: '2+',
  request: {
    transactionalId: string.nullable(),
    transactionTimeoutMs: int32,
    producerId: producerId.in('3+').or(-1),
    producerEpoch: int16.in('3+').or(-1),
  },
  response: {
    throttleTimeMs: int32.or(),
    errorCode: int16,
    producerId: producerId.or(-1),
    producerEpoch: int16,
  },
})
