/**
 * SyncGroup (14): the leader hands out the assignment of a classic group, every member gets its own.
 * Versions 0-5, flexible from 4. v3 static members (KIP-345), v5 protocol type and name (KIP-559).
 */

import { api, arrayOf, bytes, int16, int32, string } from '../schema.ts'

export const syncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: '0-5',
  flexible: '4+',
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: string.in('3+').nullable().or(null),
    protocolType: string.in('5+').nullable().or(null),
    protocolName: string.in('5+').nullable().or(null),
    assignments: arrayOf({
      memberId: string,
      assignment: bytes,
    }),
  },
  response: {
    throttleTimeMs: int32.in('1+').or(),
    errorCode: int16,
    protocolType: string.in('5+').nullable().or(null),
    protocolName: string.in('5+').nullable().or(null),
    assignment: bytes,
  },
})
