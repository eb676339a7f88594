/**
 * TxnOffsetCommit (28): a group's offsets are committed with a transaction.
 * Versions 0-5, flexible from 3. v2 leader epoch (KIP-320), v3 generation and member (KIP-447), v4 TRANSACTION_ABORTABLE, v5 takes the group in by itself (KIP-890).
 */

import { api, arrayOf, int16, int32, offset, producerId, string } from '../schema.ts'

export const txnOffsetCommit = api({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: '0-5',
  flexible: '3+',
  request: {
    transactionalId: string,
    groupId: string,
    producerId,
    producerEpoch: int16,
    generationIdOrMemberEpoch: int32.in('3+').or(-1),
    memberId: string.in('3+').or(''),
    groupInstanceId: string.in('3+').nullable().or(null),
    topics: arrayOf({
      name: string,
      partitions: arrayOf({
        partitionIndex: int32,
        committedOffset: offset,
        committedLeaderEpoch: int32.in('2+').or(-1),
        committedMetadata: string.nullable(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32.or(),
    topics: arrayOf({
      name: string,
      partitions: arrayOf({
        partitionIndex: int32,
        errorCode: int16,
      }),
    }),
  },
})
