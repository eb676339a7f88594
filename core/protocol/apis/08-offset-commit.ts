/**
 * OffsetCommit (8): a group remembers how far it has read.
 * Versions 2-10, flexible from 8. v2 retention time, dropped by v5 (KIP-211), v6 leader epoch (KIP-320), v7 static members (KIP-345),
 * v9 member epochs (KIP-848), v10 topic ids (KIP-516).
 */

import { api, arrayOf, int16, int32, int64, offset, string, uuid } from '../schema.ts'

export const offsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  versions: '2-10',
  flexible: '8+',
  request: {
    groupId: string,
    generationIdOrMemberEpoch: int32.in('1+').or(-1),
    memberId: string.in('1+').or(),
    groupInstanceId: string.in('7+').nullable().or(null),
    retentionTimeMs: int64.in('2-4').or(-1n),
    topics: arrayOf({
      name: string.in('0-9').or(),
      topicId: uuid.in('10+').or(),
      partitions: arrayOf({
        partitionIndex: int32,
        committedOffset: offset,
        committedLeaderEpoch: int32.in('6+').or(-1),
        committedMetadata: string.nullable(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32.in('3+').or(),
    topics: arrayOf({
      name: string.in('0-9').or(),
      topicId: uuid.in('10+').or(),
      partitions: arrayOf({
        partitionIndex: int32,
        errorCode: int16,
      }),
    }),
  },
})
