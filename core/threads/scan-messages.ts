/** What the scan thread and those who use it say to each other. */

import type { BatchRules, Refusal } from '../log/batch-validation.ts'
import type { CleanJob, CleanProgress, CleanResult } from '../log/cleaner/clean-job.ts'
import type { ScanAnswer, ScanRequest } from '../studio/scan/scan.ts'

/** `id` is the asker's own; every answer to the request carries it. */
export type ToScanThread = { readonly id: number } & (
  | { readonly is: 'ask'; readonly request: ScanRequest }
  /** `batch` has a buffer of its own, which moves to the thread and, when it is accepted, back. */
  | { readonly is: 'check'; readonly batch: Uint8Array; readonly rules: BatchRules }
  | { readonly is: 'clean'; readonly job: CleanJob }
  /** Ends the compaction with the same id, which still answers. */
  | { readonly is: 'stop-clean' }
)

export type FromScanThread = { readonly id: number } & (
  | { readonly is: 'answer'; readonly answer: ScanAnswer }
  | { readonly is: 'accepted'; readonly batch: Uint8Array }
  | { readonly is: 'refused'; readonly refusal: Refusal }
  /** Not the last answer of its id. */
  | { readonly is: 'progress'; readonly progress: CleanProgress }
  | { readonly is: 'cleaned'; readonly result: CleanResult }
  /** The request failed by a fault of ours; its stack. */
  | { readonly is: 'bug'; readonly bug: string }
)
