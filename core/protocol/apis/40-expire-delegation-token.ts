/**
 * ExpireDelegationToken (40): a delegation token ends (KIP-48).
 * Versions 1-2, flexible from 2.
 */

import { api, bytes, int16, int32, int64 } from '../schema.ts'

export const expireDelegationToken = api({
  key: 40,
  name: 'ExpireDelegationToken',
  versions: '1-2',
  flexible: '2+',
  request: {
    hmac: bytes,
    expiryTimePeriodMs: int64,
  },
  response: {
    errorCode: int16,
    expiryTimestampMs: int64,
    throttleTimeMs: int32.or(),
  },
})
