/**
 * EndTxn (26): a transaction is committed or aborted.
 * Versions 0-5, flexible from 3. v2 PRODUCER_FENCED (KIP-588), v4 TRANSACTION_ABORTABLE, v5 the id and epoch for the next transaction (KIP-890).
 */

import { api, bool, int16, int32, producerId, string } from '../schema.ts'

export const endTxn = api({
  key: 26,
  name: 'EndTxn',
  versions: '0-5',
  flexible: '3+',
  request: {
    transactionalId: string,
    producerId,
    producerEpoch: int16,
    committed: bool,
  },
  response: {
    throttleTimeMs: int32.or(),
    errorCode: int16,
    producerId: producerId.in('5+').or(-1),
    producerEpoch: int16.in('5+').or(-1),
  },
})
