/**
 * ListTransactions (66): the transactional ids of a broker (KIP-664).
 * Versions 0-2, flexible from 0. v1 by duration (KIP-994), v2 by a pattern (KIP-1152).
 */

import { api, arrayOf, int16, int32, int64, producerId, string } from '../schema.ts'

export const listTransactions = api({
  key: 66,
  name: 'ListTransactions',
  versions: '0-2',
  flexible: '0+',
  request: {
    stateFilters: arrayOf(string),
    producerIdFilters: arrayOf(producerId),
    durationFilter: int64.in('1+').or(-1n),
    transactionalIdPattern: string.in('2+').nullable().or(null),
  },
  response: {
    throttleTimeMs: int32.or(),
    errorCode: int16,
    unknownStateFilters: arrayOf(string),
    transactionStates: arrayOf({
      transactionalId: string,
      producerId,
      transactionState: string,
    }),
  },
})
