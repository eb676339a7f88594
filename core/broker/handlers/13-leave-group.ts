/**
 * LeaveGroup (13): v0 to v5.
 * v0-2 one member, whose error is the answer's; from v3 many, each with its own, an instance without a member id being an administrator's
 * removal of a static member.
 */

import { leaveGroup } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { handler } from '../handler.ts'

export const leaveGroupHandler = handler(leaveGroup, (request, { node, version }) => {
  const leaving = version < 3 ? [{ memberId: request.memberId, groupInstanceId: null }] : request.members
  const { error, members } = node.groups.leave(
    request.groupId, leaving.map(({ memberId, groupInstanceId }) => ({ memberId, instanceId: groupInstanceId })),
  )
  if (version < 3) return { errorCode: errorCode(error === 'NONE' ? members[0]?.error ?? 'NONE' : error) }
  return {
    errorCode: errorCode(error),
    members: members.map(member => ({ memberId: member.memberId, groupInstanceId: member.instanceId, errorCode: errorCode(member.error) })),
  }
})
