/**
 * WriteTxnMarkers (27): the end of transactions is written into partitions.
 * Versions 1-2, flexible from 1. v2 transaction version (KIP-1228).
 */

import { api, arrayOf, bool, int16, int32, int8, producerId, string } from '../schema.ts'

export const writeTxnMarkers = api({
  key: 27,
  name: 'WriteTxnMarkers',
  versions: '1-2',
  flexible: '1+',
  request: {
    markers: arrayOf({
      producerId,
      producerEpoch: int16,
      transactionResult: bool,
      topics: arrayOf({
        name: string,
        partitionIndexes: arrayOf(int32),
      }),
      coordinatorEpoch: int32,
      transactionVersion: int8.in('2+').or(0),
    }),
  },
  response: {
    markers: arrayOf({
      producerId,
      topics: arrayOf({
        name: string,
        partitions: arrayOf({
          partitionIndex: int32,
          errorCode: int16,
        }),
      }),
    }),
  },
})
