/**
 * JoinGroup (11): a member asks to be part of a classic group; answered when the rebalance has all members.
 * Versions 0-9, flexible from 6. v1 rebalance timeout (KIP-62), v4 MEMBER_ID_REQUIRED (KIP-394), v5 static members (KIP-345),
 * v7 protocol type and nullable name (KIP-559), v8 reason (KIP-800), v9 skipAssignment (KIP-814).
 */

import { api, arrayOf, bool, bytes, int16, int32, string } from '../schema.ts'

export const joinGroup = api({
  key: 11,
  name: 'JoinGroup',
  versions: '0-9',
  flexible: '6+',
  request: {
    groupId: string,
    sessionTimeoutMs: int32,
    rebalanceTimeoutMs: int32.in('1+').or(-1),
    memberId: string,
    groupInstanceId: string.in('5+').nullable().or(null),
    protocolType: string,
    protocols: arrayOf({
      name: string,
      metadata: bytes,
    }),
    reason: string.in('8+').nullable().or(null),
  },
  response: {
    throttleTimeMs: int32.in('2+').or(),
    errorCode: int16,
    generationId: int32.or(-1),
    protocolType: string.in('7+').nullable().or(null),
    // Before v7 a refusal carries an empty name: null is not allowed there.
    protocolName: string.nullable('7+'),
    leader: string,
    skipAssignment: bool.in('9+').or(false),
    memberId: string,
    members: arrayOf({
      memberId: string,
      groupInstanceId: string.in('5+').nullable().or(null),
      metadata: bytes,
    }),
  },
})
