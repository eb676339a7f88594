/**
 * Heartbeat (12): v0 to v4.
 * Keeps a member's session, and tells it of a rebalance. While the coordinator still loads, all is said to be well.
 */

import { heartbeat } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { handler } from '../handler.ts'

export const heartbeatHandler = handler(heartbeat, ({ groupId, memberId, groupInstanceId, generationId }, { node }) => ({
  errorCode: errorCode(node.groups.heartbeat({ groupId, memberId, instanceId: groupInstanceId, generation: generationId })),
}))
