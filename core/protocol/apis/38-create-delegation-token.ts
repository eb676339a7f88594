/**
 * CreateDelegationToken (38): a delegation token (KIP-48).
 * Versions 1-3, flexible from 2. v3 for another user (KIP-373).
 */

import { api, arrayOf, bytes, int16, int32, int64, string } from '../schema.ts'

export const createDelegationToken = api({
  key: 38,
  name: 'CreateDelegationToken',
  versions: '1-3',
  flexible: '2+',
  request: {
    ownerPrincipalType: string.in('3+').nullable().or(),
    ownerPrincipalName: string.in('3+').nullable().or(),
    renewers: arrayOf({
      principalType: string,
      principalName: string,
    }),
    maxLifetimeMs: int64,
  },
  response: {
    errorCode: int16,
    principalType: string,
    principalName: string,
    tokenRequesterPrincipalType: string.in('3+').or(),
    tokenRequesterPrincipalName: string.in('3+').or(),
    issueTimestampMs: int64,
    expiryTimestampMs: int64,
    maxTimestampMs: int64,
    tokenId: string,
    hmac: bytes,
    throttleTimeMs: int32.or(),
  },
})
