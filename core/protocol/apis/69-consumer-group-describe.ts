/**
 * ConsumerGroupDescribe (69): consumer groups with their members (KIP-848).
 * Versions 0-1, flexible from 0. v1 kinds of members (KIP-1099).
 */

import { api, arrayOf, bool, int16, int32, int8, string, struct, uuid } from '../schema.ts'

const assignment = {
  topicPartitions: arrayOf({
    topicId: uuid,
    topicName: string,
    partitions: arrayOf(int32),
  }),
}

export const consumerGroupDescribe = api({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: '0-1',
  flexible: '0+',
  request: {
    groupIds: arrayOf(string),
    includeAuthorizedOperations: bool,
  },
  response: {
    throttleTimeMs: int32.or(),
    groups: arrayOf({
      errorCode: int16,
      errorMessage: string.nullable().or(null),
      groupId: string,
      groupState: string,
      groupEpoch: int32,
      assignmentEpoch: int32,
      assignorName: string,
      members: arrayOf({
        memberId: string,
        instanceId: string.nullable().or(null),
        rackId: string.nullable().or(null),
        memberEpoch: int32,
        clientId: string,
        clientHost: string,
        subscribedTopicNames: arrayOf(string),
        subscribedTopicRegex: string.nullable().or(null),
        assignment: struct(assignment),
        targetAssignment: struct(assignment),
        memberType: int8.in('1+').or(-1),
      }),
      authorizedOperations: int32.or(-2147483648),
    }),
  },
})
