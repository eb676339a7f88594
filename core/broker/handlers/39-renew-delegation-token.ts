/**
 * RenewDelegationToken (39): v1 and v2.
 * Refused, as by Kafka on a listener without authentication.
 */

import { renewDelegationToken } from '../../protocol/apis/index.ts'
import { NO_TIME, NOT_ALLOWED } from '../delegation-tokens.ts'
import { handler } from '../handler.ts'

export const renewDelegationTokenHandler = handler(renewDelegationToken, () => ({ errorCode: NOT_ALLOWED, expiryTimestampMs: NO_TIME }))
