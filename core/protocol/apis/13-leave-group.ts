/**
 * LeaveGroup (13): members leave a classic group.
 * Versions 0-5, flexible from 4. v3 many members, static ones too (KIP-345), v5 reason (KIP-800).
 */

import { api, arrayOf, int16, int32, string } from '../schema.ts'

export const leaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  versions: '0-5',
  flexible: '4+',
  request: {
    groupId: string,
    memberId: string.in('0-2').or(),
    members: arrayOf({
      memberId: string,
      groupInstanceId: string.nullable().or(null),
      reason: string.in('5+').nullable().or(null),
    })
      .in('3+')
      .or(),
  },
  response: {
    throttleTimeMs: int32.in('1+').or(),
    errorCode: int16,
    members: arrayOf({
      memberId: string,
      groupInstanceId: string.nullable(),
      errorCode: int16,
    })
      .in('3+')
      .or(),
  },
})
