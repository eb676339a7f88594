/**
 * RenewDelegationToken (39): a delegation token lives longer (KIP-48).
 * Versions 1-2, flexible from 2.
 */

import { api, bytes, int16, int32, int64 } from '../schema.ts'

export const renewDelegationToken = api({
  key: 39,
  name: 'RenewDelegationToken',
  versions: '1-2',
  flexible: '2+',
  request: {
    hmac: bytes,
    renewPeriodMs: int64,
  },
  response: {
    errorCode: int16,
    expiryTimestampMs: int64,
    throttleTimeMs: int32.or(),
  },
})
