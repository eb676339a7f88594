/**
 * DescribeTopicPartitions (75): topics with their partitions, a page at a time (KIP-966).
 * Version 0, flexible from 0.
 */

import { api, arrayOf, bool, int16, int32, string, struct, uuid } from '../schema.ts'

export const describeTopicPartitions = api({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: '0',
  flexible: '0+',
  request: {
    topics: arrayOf({
      name: string,
    }),
    responsePartitionLimit: int32.or(2000),
    cursor: struct({
      topicName: string,
      partitionIndex: int32,
    }).nullable().or(null),
  },
  response: {
    throttleTimeMs: int32.or(),
    topics: arrayOf({
      errorCode: int16,
      name: string.nullable(),
      topicId: uuid,
      isInternal: bool.or(false),
      partitions: arrayOf({
        errorCode: int16,
        partitionIndex: int32,
        leaderId: int32,
        leaderEpoch: int32.or(-1),
        replicaNodes: arrayOf(int32),
        isrNodes: arrayOf(int32),
        eligibleLeaderReplicas: arrayOf(int32).nullable().or(null),
        lastKnownElr: arrayOf(int32).nullable().or(null),
        offlineReplicas: arrayOf(int32),
      }),
      topicAuthorizedOperations: int32.or(-2147483648),
    }),
    nextCursor: struct({
      topicName: string,
      partitionIndex: int32,
    }).nullable().or(null),
  },
})
