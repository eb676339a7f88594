/**
 * JoinGroup (11): v0 to v9.
 * Parked until the rebalance has all members. From v4 a dynamic member first gets an id to join with (KIP-394); v5 knows static members;
 * v9 tells a returning static leader to skip the assignment. The reason a client gives (v8) is not kept. In a group of the consumer
 * protocol it is answered at once: the coordinator assigns, nobody leads (KIP-848).
 * Differences: a member with more than 1 MiB of metadata is refused with INVALID_REQUEST, where Kafka lets it in and cannot store its
 * group; a refused join leaves no empty group behind; a join that its own retry overtakes is answered (REBALANCE_IN_PROGRESS).
 */

import { joinGroup } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { handler } from '../handler.ts'

export const joinGroupHandler = handler(joinGroup, async (request, { node, version, clientId, host }) => {
  const answer = await node.groups.join({
    groupId: request.groupId,
    memberId: request.memberId,
    instanceId: request.groupInstanceId,
    clientId: clientId ?? '',
    host,
    protocolType: request.protocolType,
    protocols: request.protocols,
    sessionTimeoutMs: request.sessionTimeoutMs,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    requiresKnownMemberId: version >= 4,
    canSkipAssignment: version >= 9,
  })
  return {
    errorCode: errorCode(answer.error),
    generationId: answer.generation,
    protocolType: answer.protocolType,
    // The name cannot be null before v7.
    protocolName: version < 7 ? answer.protocol ?? '' : answer.protocol,
    leader: answer.leaderId,
    skipAssignment: answer.skipAssignment,
    memberId: answer.memberId,
    members: answer.members.map(({ memberId, instanceId, metadata }) => ({ memberId, groupInstanceId: instanceId, metadata })),
  }
})
