/**
 * DescribeDelegationToken (41): the delegation tokens of owners (KIP-48).
 * Versions 1-3, flexible from 2. v3 who asked for it (KIP-373).
 */

import { api, arrayOf, bytes, int16, int32, int64, string } from '../schema.ts'

export const describeDelegationToken = api({
  key: 41,
  name: 'DescribeDelegationToken',
  versions: '1-3',
  flexible: '2+',
  request: {
    owners: arrayOf({
      principalType: string,
      principalName: string,
    }).nullable(),
  },
  response: {
    errorCode: int16,
    tokens: arrayOf({
      principalType: string,
      principalName: string,
      tokenRequesterPrincipalType: string.in('3+').or(),
      tokenRequesterPrincipalName: string.in('3+').or(),
      issueTimestamp: int64,
      expiryTimestamp: int64,
      maxTimestamp: int64,
      tokenId: string,
      hmac: bytes,
      renewers: arrayOf({
        principalType: string,
        principalName: string,
      }),
    }),
    throttleTimeMs: int32.or(),
  },
})
