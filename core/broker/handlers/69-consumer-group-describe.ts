/**
 * ConsumerGroupDescribe (69): v0 to v1.
 * Groups of the consumer protocol, with what each member owns and shall own; a group that is missing, or speaks the classic protocol, is
 * GROUP_ID_NOT_FOUND with the state Dead. v1 tells which members speak the classic protocol (KIP-1099). With group.version 0 every
 * group is UNSUPPORTED_VERSION.
 */

import type { DescribedConsumerMember, NamedPartitions } from '../../groups/consumer-requests.ts'
import { consumerGroupDescribe } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import { GROUP_OPERATIONS, NOT_ASKED } from '../authorized-operations.ts'
import { handler } from '../handler.ts'

/** Kafka's codes for the protocol a member speaks. */
const [CLASSIC, CONSUMER] = [0, 1]

export const consumerGroupDescribeHandler = handler(consumerGroupDescribe, ({ groupIds, includeAuthorizedOperations }, { broker, node }) => {
  if (broker.features.level('group.version') === 0) return { groups: groupIds.map(unsupported) }
  return {
    groups: node.groups.describeConsumer([...new Set(groupIds)]).map(group => ({
      errorCode: errorCode(group.error),
      errorMessage: group.message,
      groupId: group.groupId,
      groupState: group.state,
      groupEpoch: group.epoch,
      assignmentEpoch: group.targetEpoch,
      assignorName: group.assignor,
      members: group.members.map(memberOf),
      authorizedOperations: includeAuthorizedOperations && group.error === 'NONE' ? GROUP_OPERATIONS : NOT_ASKED,
    })),
  }
})

function unsupported(groupId: string): ResponseOf<typeof consumerGroupDescribe>['groups'][number] {
  return {
    errorCode: errorCode('UNSUPPORTED_VERSION'), errorMessage: null, groupId, groupState: '', groupEpoch: 0, assignmentEpoch: 0, assignorName: '', members: [],
    authorizedOperations: NOT_ASKED,
  }
}

function memberOf(member: DescribedConsumerMember): ResponseOf<typeof consumerGroupDescribe>['groups'][number]['members'][number] {
  const { memberId, instanceId, rackId, epoch, clientId, host, subscribedTopics, subscribedRegex, classic } = member
  return {
    memberId, instanceId, rackId, memberEpoch: epoch, clientId, clientHost: host,
    subscribedTopicNames: subscribedTopics, subscribedTopicRegex: subscribedRegex ?? '',
    assignment: partitionsOf(member.assignment), targetAssignment: partitionsOf(member.targetAssignment),
    memberType: classic ? CLASSIC : CONSUMER,
  }
}

function partitionsOf(topicPartitions: readonly NamedPartitions[]): { topicPartitions: readonly NamedPartitions[] } {
  return { topicPartitions }
}
