/** What the log has done away from the serving thread: work on one batch or segment that would hold up everybody else's requests. */

import { type BatchRules, type Refusal, validateStreamed } from './batch-validation.ts'

export interface SlowWork {
  /**
   * Opens and checks one batch, and recompresses it where the topic's codec is another: the same answers as validateBatch. The given
   * bytes are left alone; what comes back is the batch to store. Where the work could not be done the answer is KAFKA_STORAGE_ERROR,
   * which clients retry; rejects for a bug only.
   */
  check(batch: Buffer, rules: BatchRules): Promise<Buffer | Refusal>
}

/** In this thread, for a disk that lives in its memory. */
export function inProcessWork(): SlowWork {
  return {
    check: (batch, rules) => validateStreamed(Buffer.from(batch), rules),
  }
}
