/**
 * OffsetFetch (9): how far groups have read.
 * Versions 1-10, flexible from 6. v2 null topics for all, v5 leader epoch (KIP-320), v7 requireStable (KIP-447), v8 many groups (KIP-709),
 * v9 member id and epoch (KIP-848), v10 topic ids (KIP-516).
 */

import { api, arrayOf, bool, int16, int32, offset, string, uuid } from '../schema.ts'

export const offsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  versions: '1-10',
  flexible: '6+',
  request: {
    groupId: string.in('0-7').or(),
    topics: arrayOf({
      name: string,
      partitionIndexes: arrayOf(int32),
    })
      .in('0-7')
      .nullable('2-7')
      .or(),
    groups: arrayOf({
      groupId: string,
      memberId: string.in('9+').nullable().or(null),
      memberEpoch: int32.in('9+').or(-1),
      topics: arrayOf({
        name: string.in('8-9').or(),
        topicId: uuid.in('10+').or(),
        partitionIndexes: arrayOf(int32),
      }).nullable(),
    })
      .in('8+')
      .or(),
    requireStable: bool.in('7+').or(false),
  },
  response: {
    throttleTimeMs: int32.in('3+').or(),
    topics: arrayOf({
      name: string,
      partitions: arrayOf({
        partitionIndex: int32,
        committedOffset: offset,
        committedLeaderEpoch: int32.in('5-7').or(-1),
        metadata: string.nullable(),
        errorCode: int16,
      }),
    })
      .in('0-7')
      .or(),
    errorCode: int16.in('2-7').or(0),
    groups: arrayOf({
      groupId: string,
      topics: arrayOf({
        name: string.in('8-9').or(),
        topicId: uuid.in('10+').or(),
        partitions: arrayOf({
          partitionIndex: int32,
          committedOffset: offset,
          committedLeaderEpoch: int32.or(-1),
          metadata: string.nullable(),
          errorCode: int16,
        }),
      }),
      errorCode: int16.or(0),
    })
      .in('8+')
      .or(),
  },
})
