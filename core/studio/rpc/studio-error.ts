/** A failure that crosses the contract: what a call rejects with and a stream ends with. */

import type { StudioErrorCode, StudioFailure } from '../contract/contract.ts'

/** `code` is a StudioErrorCode or Kafka's error name; `message` says what happened, to what, and what to do. */
export class StudioError extends Error implements StudioFailure {
  override readonly name = 'StudioError'
  readonly code: string

  constructor(code: StudioErrorCode | (string & {}), message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
