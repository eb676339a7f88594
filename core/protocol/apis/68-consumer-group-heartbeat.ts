/**
 * ConsumerGroupHeartbeat (68): a member of a consumer group says it is there, and learns what it owns (KIP-848).
 * Versions 0-1, flexible from 0. v1 patterns, and ids that clients make (KIP-1082).
 */

import { api, arrayOf, int16, int32, string, struct, uuid } from '../schema.ts'

export const consumerGroupHeartbeat = api({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: '0-1',
  flexible: '0+',
  request: {
    groupId: string,
    memberId: string,
    memberEpoch: int32,
    instanceId: string.nullable().or(null),
    rackId: string.nullable().or(null),
    rebalanceTimeoutMs: int32.or(-1),
    subscribedTopicNames: arrayOf(string).nullable().or(null),
    subscribedTopicRegex: string.in('1+').nullable().or(null),
    serverAssignor: string.nullable().or(null),
    topicPartitions: arrayOf({
      topicId: uuid,
      partitions: arrayOf(int32),
    }).nullable().or(null),
  },
  response: {
    throttleTimeMs: int32.or(),
    errorCode: int16,
    errorMessage: string.nullable().or(null),
    memberId: string.nullable().or(null),
    memberEpoch: int32,
    heartbeatIntervalMs: int32,
    assignment: struct({
      topicPartitions: arrayOf({
        topicId: uuid,
        partitions: arrayOf(int32),
      }),
    }).nullable().or(null),
  },
})
