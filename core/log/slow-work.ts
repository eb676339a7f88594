/** What the log has done away from the serving thread: work on one batch or segment that would hold up everybody else's requests. */

import { type BatchRules, type Refusal, validateStreamed } from './batch-validation.ts'
import { type CleanParts, cleanSegments } from './cleaner/clean.ts'
import type { CleanJob, CleanResult, CleanWatch } from './cleaner/clean-job.ts'

export interface SlowWork {
  /**
   * Opens and checks one batch, and recompresses it where the topic's codec is another: the same answers as validateBatch. The given
   * bytes are left alone; what comes back is the batch to store. Where the work could not be done the answer is KAFKA_STORAGE_ERROR,
   * which clients retry; rejects for a bug only.
   */
  check(batch: Buffer, rules: BatchRules): Promise<Buffer | Refusal>
  /**
   * Compacts closed segments into `.cleaned` files beside them, in pieces between which other work goes on. Each finished group is told with
   * its progress. Rejects when the disk fails or the thread dies under it; what a rejected or aborted compaction had not handed over goes.
   */
  clean(job: CleanJob, watch: CleanWatch): Promise<CleanResult>
}

/** The part of it that appends need. */
export type BatchCheck = Pick<SlowWork, 'check'>

/** In this thread, which needs nothing. */
export const checkInProcess: BatchCheck = { check: (batch, rules) => validateStreamed(Buffer.from(batch), rules) }

/** In this thread, for a disk that lives in its memory. */
export function inProcessWork(parts: CleanParts): SlowWork {
  return { ...checkInProcess, clean: (job, watch) => cleanSegments(job, watch, parts) }
}
