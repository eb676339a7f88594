/**
 * ListOffsets (2): the offset of a timestamp, or of the start or end of a partition.
 * Versions 1-11, flexible from 6. v1 one offset (KIP-79), v2 isolation (KIP-98), v4 leader epochs (KIP-320), v7 −3 max timestamp (KIP-734),
 * v8 −4 earliest local (KIP-405), v9 −5 latest tiered (KIP-1005), v10 timeoutMs (KIP-1075), v11 −6 earliest pending upload (KIP-1023).
 */

import { api, arrayOf, int16, int32, int64, int8, offset, string } from '../schema.ts'

export const listOffsets = api({
  key: 2,
  name: 'ListOffsets',
  versions: '1-11',
  flexible: '6+',
  request: {
    replicaId: int32,
    isolationLevel: int8.in('2+').or(),
    topics: arrayOf({
      name: string,
      partitions: arrayOf({
        partitionIndex: int32,
        currentLeaderEpoch: int32.in('4+').or(-1),
        timestamp: int64,
      }),
    }),
    timeoutMs: int32.in('10+').or(),
  },
  response: {
    throttleTimeMs: int32.in('2+').or(),
    topics: arrayOf({
      name: string,
      partitions: arrayOf({
        partitionIndex: int32,
        errorCode: int16,
        timestamp: int64.in('1+').or(-1n),
        offset: offset.in('1+').or(-1),
        leaderEpoch: int32.in('4+').or(-1),
      }),
    }),
  },
})
