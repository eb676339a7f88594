/**
 * CreateDelegationToken (38): v1 to v3.
 * Refused, as by Kafka on a listener without authentication.
 */

import { createDelegationToken } from '../../protocol/apis/index.ts'
import { ANONYMOUS, NO_TIME, NOT_ALLOWED } from '../delegation-tokens.ts'
import { handler } from '../handler.ts'

export const createDelegationTokenHandler = handler(createDelegationToken, ({ ownerPrincipalType, ownerPrincipalName }) => ({
  errorCode: NOT_ALLOWED,
  principalType: ownerPrincipalName ? ownerPrincipalType ?? '' : ANONYMOUS.principalType,
  principalName: ownerPrincipalName ? ownerPrincipalName : ANONYMOUS.principalName,
  tokenRequesterPrincipalType: ANONYMOUS.principalType,
  tokenRequesterPrincipalName: ANONYMOUS.principalName,
  issueTimestampMs: NO_TIME,
  expiryTimestampMs: NO_TIME,
  maxTimestampMs: NO_TIME,
  tokenId: '',
  hmac: Buffer.alloc(0),
}))
