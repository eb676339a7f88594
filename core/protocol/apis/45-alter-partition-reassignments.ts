/**
 * AlterPartitionReassignments (45): moves partitions to other brokers (KIP-455).
 * Versions 0-1, flexible from 0. v1 whether the replication factor may change (KIP-860).
 */

import { api, arrayOf, bool, int16, int32, string } from '../schema.ts'

export const alterPartitionReassignments = api({
  key: 45,
  name: 'AlterPartitionReassignments',
  versions: '0-1',
  flexible: '0+',
  request: {
    timeoutMs: int32.or(60000),
    allowReplicationFactorChange: bool.in('1+').or(true),
    topics: arrayOf({
      name: string,
      partitions: arrayOf({
        partitionIndex: int32,
        replicas: arrayOf(int32).nullable().or(null),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32.or(),
    allowReplicationFactorChange: bool.in('1+').or(true),
    errorCode: int16,
    errorMessage: string.nullable(),
    responses: arrayOf({
      name: string,
      partitions: arrayOf({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: string.nullable(),
      }),
    }),
  },
})
