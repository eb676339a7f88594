/** What requests about delegation tokens (KIP-48) have in common: clients are not authenticated here, so none may have one. */

import { errorCode } from '../protocol/errors.ts'

/** As Kafka refuses them on a listener without authentication, before it looks whether tokens are configured. */
export const NOT_ALLOWED = errorCode('DELEGATION_TOKEN_REQUEST_NOT_ALLOWED')
/** DelegationTokenManager.ErrorTimestamp. */
export const NO_TIME = -1n
/** Who a client is that was not authenticated. */
export const ANONYMOUS = { principalType: 'User', principalName: 'ANONYMOUS' }
