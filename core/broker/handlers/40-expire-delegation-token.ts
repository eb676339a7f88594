/**
 * ExpireDelegationToken (40): v1 and v2.
 * Refused, as by Kafka on a listener without authentication.
 */

import { expireDelegationToken } from '../../protocol/apis/index.ts'
import { NO_TIME, NOT_ALLOWED } from '../delegation-tokens.ts'
import { handler } from '../handler.ts'

export const expireDelegationTokenHandler = handler(expireDelegationToken, () => ({ errorCode: NOT_ALLOWED, expiryTimestampMs: NO_TIME }))
