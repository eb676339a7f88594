/**
 * DescribeTransactions (65): the state of transactional ids (KIP-664).
 * Version 0, flexible from 0.
 */

import { api, arrayOf, int16, int32, int64, producerId, string } from '../schema.ts'

export const describeTransactions = api({
  key: 65,
  name: 'DescribeTransactions',
  versions: '0',
  flexible: '0+',
  request: {
    transactionalIds: arrayOf(string),
  },
  response: {
    throttleTimeMs: int32.or(),
    transactionStates: arrayOf({
      errorCode: int16,
      transactionalId: string,
      transactionState: string,
      transactionTimeoutMs: int32,
      transactionStartTimeMs: int64,
      producerId,
      producerEpoch: int16,
      topics: arrayOf({
        topic: string,
        partitions: arrayOf(int32),
      }),
    }),
  },
})
