/**
 * ElectLeaders (43): elects preferred leaders (KIP-183).
 * Versions 0-2, flexible from 2. v1 unclean elections (KIP-460).
 */

import { api, arrayOf, int16, int32, int8, string } from '../schema.ts'

export const electLeaders = api({
  key: 43,
  name: 'ElectLeaders',
  versions: '0-2',
  flexible: '2+',
  request: {
    electionType: int8.in('1+').or(),
    topicPartitions: arrayOf({
      topic: string,
      partitions: arrayOf(int32),
    }).nullable(),
    timeoutMs: int32.or(60000),
  },
  response: {
    throttleTimeMs: int32.or(),
    errorCode: int16.in('1+').or(),
    replicaElectionResults: arrayOf({
      topic: string,
      partitionResult: arrayOf({
        partitionId: int32,
        errorCode: int16,
        errorMessage: string.nullable(),
      }),
    }),
  },
})
