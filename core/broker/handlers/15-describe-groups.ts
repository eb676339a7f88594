/**
 * DescribeGroups (15): v0 to v6.
 * A group that does not exist is GROUP_ID_NOT_FOUND from v6 (KIP-1043), before that no error but the state Dead. From v3 the operations the
 * client may do are told when asked for: all of them, there is no authorizer.
 */

import { describeGroups } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { GROUP_OPERATIONS, NOT_ASKED } from '../authorized-operations.ts'
import { handler } from '../handler.ts'

export const describeGroupsHandler = handler(describeGroups, ({ groups, includeAuthorizedOperations }, { node, version }) => ({
  groups: node.groups.describe([...new Set(groups)]).map(group => {
    const isMissing = group.error === 'GROUP_ID_NOT_FOUND'
    const error = isMissing && version < 6 ? 'NONE' : group.error
    return {
      errorCode: errorCode(error),
      errorMessage: group.message,
      groupId: group.groupId,
      groupState: group.state,
      protocolType: group.protocolType,
      protocolData: group.protocol,
      members: group.members.map(member => ({
        memberId: member.memberId,
        groupInstanceId: member.instanceId,
        clientId: member.clientId,
        clientHost: member.host,
        memberMetadata: member.metadata,
        memberAssignment: member.assignment,
      })),
      authorizedOperations: includeAuthorizedOperations && error === 'NONE' ? GROUP_OPERATIONS : NOT_ASKED,
    }
  }),
}))
