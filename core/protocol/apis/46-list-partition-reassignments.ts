/**
 * ListPartitionReassignments (46): the moves under way (KIP-455).
 * Version 0, flexible from 0.
 */

import { api, arrayOf, int16, int32, string } from '../schema.ts'

export const listPartitionReassignments = api({
  key: 46,
  name: 'ListPartitionReassignments',
  versions: '0',
  flexible: '0+',
  request: {
    timeoutMs: int32.or(60000),
    topics: arrayOf({
      name: string,
      partitionIndexes: arrayOf(int32),
    }).nullable().or(null),
  },
  response: {
    throttleTimeMs: int32.or(),
    errorCode: int16,
    errorMessage: string.nullable(),
    topics: arrayOf({
      name: string,
      partitions: arrayOf({
        partitionIndex: int32,
        replicas: arrayOf(int32),
        addingReplicas: arrayOf(int32),
        removingReplicas: arrayOf(int32),
      }),
    }),
  },
})
