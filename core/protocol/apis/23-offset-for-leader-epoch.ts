/**
 * OffsetForLeaderEpoch (23): where an epoch of a partition ends.
 * Versions 2-4, flexible from 4. v2 leader epochs for consumers (KIP-320), v3 replicaId.
 */

import { api, arrayOf, int16, int32, offset, string } from '../schema.ts'

export const offsetForLeaderEpoch = api({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: '2-4',
  flexible: '4+',
  request: {
    replicaId: int32.in('3+').or(-2),
    topics: arrayOf({
      topic: string,
      partitions: arrayOf({
        partition: int32,
        currentLeaderEpoch: int32.in('2+').or(-1),
        leaderEpoch: int32,
      }),
    }),
  },
  response: {
    throttleTimeMs: int32.in('2+').or(),
    topics: arrayOf({
      topic: string,
      partitions: arrayOf({
        errorCode: int16,
        partition: int32,
        leaderEpoch: int32.in('1+').or(-1),
        endOffset: offset.or(-1),
      }),
    }),
  },
})
