/** Errors of producers as the versions of their requests know them. */

import type { KafkaError } from '../protocol/errors.ts'

/** A fenced producer was told INVALID_PRODUCER_EPOCH before `version` of the request (KIP-588). */
export function asFencedBefore(version: number, requestVersion: number, error: KafkaError): KafkaError {
  return error === 'PRODUCER_FENCED' && requestVersion < version ? 'INVALID_PRODUCER_EPOCH' : error
}
