/** What an append is answered with. */

import type { Refusal } from './batch-validation.ts'
import type { ProducerBatch } from './producer-state.ts'

export type Appended =
  | {
      readonly error: 'NONE'
      readonly baseOffset: number
      readonly lastOffset: number
      readonly recordCount: number
      /** The broker's time on a LogAppendTime topic, the remembered batch's for a duplicate, else -1. */
      readonly logAppendTime: number
      readonly logStartOffset: number
      /** The batch was stored before: nothing was appended, and the offsets are those it has. */
      readonly isDuplicate: boolean
    }
  | Refusal

export function answerDuplicate(batch: ProducerBatch, logStartOffset: number): Appended {
  return {
    error: 'NONE',
    baseOffset: batch.lastOffset - batch.offsetDelta,
    lastOffset: batch.lastOffset,
    recordCount: batch.offsetDelta + 1,
    logAppendTime: batch.timestamp,
    logStartOffset,
    isDuplicate: true,
  }
}
