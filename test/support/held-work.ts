/** The log's slow work, held until a test lets it go. */

import type { BatchRules, Refusal } from '../../core/log/batch-validation.ts'
import { checkInProcess, type SlowWork } from '../../core/log/slow-work.ts'

export type HeldCheck = {
  readonly rules: BatchRules
  /** Answers it, with what is true unless told. */
  go(answer?: Refusal): void
}

export function heldWork(): SlowWork & { readonly asked: readonly HeldCheck[] } {
  const asked: HeldCheck[] = []
  return {
    asked,
    check: (bytes, rules) => new Promise(resolve => {
      asked.push({ rules, go: answer => resolve(answer ?? checkInProcess.check(bytes, rules)) })
    }),
    clean: () => Promise.resolve({ is: 'aborted' }),
  }
}
