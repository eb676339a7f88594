/**
 * The turn to append to one partition while a batch of it needs slow work: batches that come meanwhile, from any connection, wait behind
 * it in the order they came, and other partitions go on (architecture rule 4). What waits are views of requests under way, which the
 * budget of in-flight bytes bounds.
 */

import { assert } from '../common/assert.ts'
import { type BatchRules, type Refusal, validateInline } from './batch-validation.ts'
import type { Appended, AppendOptions } from './partition-log.ts'
import type { BatchCheck } from './slow-work.ts'

/** The batch to store, why it is refused, or 'slow': nothing was done, it needs slow work. */
export type Validate = (records: Buffer, rules: BatchRules) => Buffer | Refusal | 'slow'

export type TurnOptions = Pick<AppendOptions, 'verification'>

/** The partition's own steps; none of them waits. */
export type AppendSteps = {
  /** Appends what `validate` accepts, with every check that may have another answer by now. */
  readonly append: (records: Buffer, validate: Validate, options: TurnOptions) => Appended | 'slow'
  readonly rules: () => BatchRules
}

type Waiting = {
  readonly records: Buffer
  readonly options: TurnOptions
  readonly isSlow: boolean
  readonly resolve: (appended: Appended) => void
  readonly reject: (bug: unknown) => void
}

export class AppendTurn {
  readonly #work: BatchCheck
  readonly #steps: AppendSteps
  readonly #waiting: Waiting[] = []
  #isTaken = false

  constructor(work: BatchCheck, steps: AppendSteps) {
    this.#work = work
    this.#steps = steps
  }

  /** A batch is being worked on: the next one goes behind it. */
  get isTaken(): boolean {
    return this.#isTaken
  }

  /** Appends after everything added before. `isSlow`: it is known to need slow work. Rejects for a bug only. */
  add(records: Buffer, options: TurnOptions, isSlow = false): Promise<Appended> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, options, isSlow, resolve, reject })
      if (!this.#isTaken) void this.#takeTurns()
    })
  }

  async #takeTurns(): Promise<void> {
    this.#isTaken = true
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      try {
        const appended = next.isSlow ? 'slow' : this.#steps.append(next.records, validateInline, next.options)
        next.resolve(appended === 'slow' ? await this.#appendSlowly(next.records, next.options) : appended)
      } catch (bug) {
        next.reject(bug)
      }
    }
    this.#isTaken = false
  }

  async #appendSlowly(records: Buffer, options: TurnOptions): Promise<Appended> {
    for (;;) {
      const rules = this.#steps.rules()
      const checked = await this.#work.check(records, rules)
      // The topic's settings may be others by now: what they were checked against must be what they are stored under.
      if (this.#steps.rules().config !== rules.config) continue
      const appended = this.#steps.append(records, () => checked, options)
      assert(appended !== 'slow')
      return appended
    }
  }
}
