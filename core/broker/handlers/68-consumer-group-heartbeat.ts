/**
 * ConsumerGroupHeartbeat (68): v0 to v1.
 * A member of the consumer protocol joins, shows itself, says what it subscribes to and owns, and learns what it shall own (KIP-848). v1:
 * clients make their own ids (KIP-1082), and may subscribe by a pattern in RE2's syntax. With group.version 0 it is UNSUPPORTED_VERSION.
 * Differences: a pattern longer than 1024 characters, or with long repetitions, is INVALID_REGULAR_EXPRESSION; a group has 1000 members.
 */

import { consumerGroupHeartbeat } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { handler } from '../handler.ts'

export const consumerGroupHeartbeatHandler = handler(consumerGroupHeartbeat, (request, { broker, node, version, clientId, host }) => {
  if (broker.features.level('group.version') === 0) {
    return { errorCode: errorCode('UNSUPPORTED_VERSION'), errorMessage: null, memberId: null, memberEpoch: 0, heartbeatIntervalMs: 0, assignment: null }
  }
  const answer = node.groups.heartbeatConsumer({
    groupId: request.groupId,
    memberId: request.memberId,
    memberEpoch: request.memberEpoch,
    instanceId: request.instanceId,
    rackId: request.rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    subscribedTopics: request.subscribedTopicNames,
    subscribedRegex: request.subscribedTopicRegex,
    serverAssignor: request.serverAssignor,
    owned: request.topicPartitions && new Map(request.topicPartitions.map(({ topicId, partitions }) => [topicId, partitions])),
    mustNameItself: version >= 1,
    clientId: clientId ?? '',
    host,
  })
  return {
    errorCode: errorCode(answer.error),
    errorMessage: answer.message,
    memberId: answer.memberId,
    memberEpoch: answer.memberEpoch,
    heartbeatIntervalMs: answer.heartbeatIntervalMs,
    assignment: answer.assignment && { topicPartitions: Array.from(answer.assignment, ([topicId, partitions]) => ({ topicId, partitions })) },
  }
})
