/**
 * DescribeDelegationToken (41): v1 to v3.
 * Refused, as by Kafka on a listener without authentication.
 */

import { describeDelegationToken } from '../../protocol/apis/index.ts'
import { NOT_ALLOWED } from '../delegation-tokens.ts'
import { handler } from '../handler.ts'

export const describeDelegationTokenHandler = handler(describeDelegationToken, () => ({ errorCode: NOT_ALLOWED, tokens: [] }))
