/**
 * DescribeGroups (15): state and members of classic groups.
 * Versions 0-6, flexible from 5. v3 authorized operations (KIP-430), v4 static members (KIP-345),
 * v6 GROUP_ID_NOT_FOUND and a message (KIP-1043).
 */

import { api, arrayOf, bool, bytes, int16, int32, string } from '../schema.ts'

export const describeGroups = api({
  key: 15,
  name: 'DescribeGroups',
  versions: '0-6',
  flexible: '5+',
  request: {
    groups: arrayOf(string),
    includeAuthorizedOperations: bool.in('3+').or(),
  },
  response: {
    throttleTimeMs: int32.in('1+').or(),
    groups: arrayOf({
      errorCode: int16,
      errorMessage: string.in('6+').nullable().or(null),
      groupId: string,
      groupState: string,
      protocolType: string,
      protocolData: string,
      members: arrayOf({
        memberId: string,
        groupInstanceId: string.in('4+').nullable().or(null),
        clientId: string,
        clientHost: string,
        memberMetadata: bytes,
        memberAssignment: bytes,
      }),
      authorizedOperations: int32.in('3+').or(-2147483648),
    }),
  },
})
