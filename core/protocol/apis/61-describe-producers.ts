/**
 * DescribeProducers (61): the producers of partitions, with their open transactions (KIP-664).
 * Version 0, flexible from 0.
 */

import { api, arrayOf, int16, int32, int64, offset, producerId, string } from '../schema.ts'

export const describeProducers = api({
  key: 61,
  name: 'DescribeProducers',
  versions: '0',
  flexible: '0+',
  request: {
    topics: arrayOf({
      name: string,
      partitionIndexes: arrayOf(int32),
    }),
  },
  response: {
    throttleTimeMs: int32.or(),
    topics: arrayOf({
      name: string,
      partitions: arrayOf({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: string.nullable().or(null),
        activeProducers: arrayOf({
          producerId,
          producerEpoch: int32,
          lastSequence: int32.or(-1),
          lastTimestamp: int64.or(-1n),
          coordinatorEpoch: int32,
          currentTxnStartOffset: offset.or(-1),
        }),
      }),
    }),
  },
})
