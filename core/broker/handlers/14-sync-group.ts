/**
 * SyncGroup (14): v0 to v5.
 * The leader's call stores the assignments and ends the rebalance; the others' are parked until then. From v5 a client must say what
 * protocol it believes in (KIP-559).
 */

import { syncGroup } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { handler } from '../handler.ts'

export const syncGroupHandler = handler(syncGroup, async (request, { node, version }) => {
  const { protocolType, protocolName } = request
  if (version >= 5 && (protocolType === null || protocolName === null)) {
    return { errorCode: errorCode('INCONSISTENT_GROUP_PROTOCOL'), assignment: Buffer.alloc(0) }
  }
  const answer = await node.groups.sync({
    groupId: request.groupId,
    memberId: request.memberId,
    instanceId: request.groupInstanceId,
    generation: request.generationId,
    protocolType,
    protocol: protocolName,
    assignments: request.assignments,
  })
  return {
    errorCode: errorCode(answer.error), protocolType: answer.protocolType, protocolName: answer.protocol, assignment: answer.assignment,
  }
})
