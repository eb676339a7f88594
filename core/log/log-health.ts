/** Whether a log's disk takes records: told by what fails, and by a look at the active file once a second while records come. */

import type { Logger } from '../common/logger.ts'

export type LogHealth = { readonly is: 'online' } | { readonly is: 'offline'; readonly reason: string }

/** A look costs microseconds; once a second bounds what is acknowledged after the file was taken away. */
const LOOK_EVERY_MS = 1000

type HealthOptions = {
  readonly partition: string
  readonly logger: Logger
  /** Throws when the file that appends go to was removed or cut behind our back. */
  readonly checkFileNow: () => void
  /** A flush failed, and what it covered is in doubt. */
  readonly isSuspect: () => boolean
  /** Writes again what is in doubt. */
  readonly mend: () => Promise<void>
  readonly onChange: () => void
}

export class HealthWatch {
  readonly #options: HealthOptions
  #state: LogHealth = { is: 'online' }
  #lookedAtMs = 0

  constructor(options: HealthOptions) {
    this.#options = options
  }

  get state(): LogHealth {
    return this.#state
  }

  isLookDue(nowMs: number): boolean {
    // Both ways: the clock may be put back.
    return this.#state.is === 'offline' || Math.abs(nowMs - this.#lookedAtMs) >= LOOK_EVERY_MS
  }

  /** Why nothing may be appended now; undefined when it may be tried. */
  look(nowMs: number): string | undefined {
    const { checkFileNow, isSuspect, mend } = this.#options
    this.#lookedAtMs = nowMs
    if (isSuspect()) {
      mend().catch((failure: unknown) => this.fail('what a failed flush covered could not be written again', failure))
      return 'a flush failed, and what it covered is being written again'
    }
    try {
      checkFileNow()
      return undefined
    } catch (failure) {
      this.fail('a look at the files failed', failure)
      return messageOf(failure)
    }
  }

  fail(what: string, failure: unknown): void {
    const isNews = this.#state.is === 'online'
    this.#state = { is: 'offline', reason: messageOf(failure) }
    if (!isNews) return
    this.#options.logger.error(what, { partition: this.#options.partition, failure })
    this.#options.onChange()
  }

  /** The disk took something, so it is well, unless a flush is in doubt still. */
  isWell(): void {
    if (this.#state.is === 'online' || this.#options.isSuspect()) return
    this.#state = { is: 'online' }
    this.#options.logger.info('a partition can be written again', { partition: this.#options.partition })
    this.#options.onChange()
  }
}

export function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure)
}
