/** What requests about access control entries (KIP-140) have in common while there is no authorizer. */

import { errorCode } from '../protocol/errors.ts'
import { FrameError } from '../protocol/frame-error.ts'

/** The answer to an entry or a filter. */
export const NO_AUTHORIZER = { errorCode: errorCode('SECURITY_DISABLED'), errorMessage: 'No Authorizer is configured.' }

/** Kafka's code of a type, pattern, operation or permission that a client could not name. */
const UNKNOWN = 0

/** As in Kafka a request with such an element is no request at all: its connection is closed. */
export function refuseUnknownElements(api: string, elements: readonly number[]): void {
  if (elements.includes(UNKNOWN)) throw new FrameError(`${api} request contains UNKNOWN elements`)
}
