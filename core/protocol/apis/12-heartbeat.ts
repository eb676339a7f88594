/**
 * Heartbeat (12): a member of a classic group is alive.
 * Versions 0-4, flexible from 4. v3 static members (KIP-345).
 */

import { api, int16, int32, string } from '../schema.ts'

export const heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  versions: '0-4',
  flexible: '4+',
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: string.in('3+').nullable().or(null),
  },
  response: {
    throttleTimeMs: int32.in('1+').or(),
    errorCode: int16,
  },
})
