/**
 * AddOffsetsToTxn (25): a transaction takes the offsets of a group in.
 * Versions 0-4, flexible from 3. v2 PRODUCER_FENCED (KIP-588), v4 TRANSACTION_ABORTABLE (KIP-890).
 */

import { api, int16, int32, producerId, string } from '../schema.ts'

export const addOffsetsToTxn = api({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: '0-4',
  flexible: '3+',
  request: {
    transactionalId: string,
    producerId,
    producerEpoch: int16,
    groupId: string,
  },
  response: {
    throttleTimeMs: int32.or(),
    errorCode: int16,
  },
})
