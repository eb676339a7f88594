/** The beat of everything live: at most four times a second, and only while somebody listens. */

import type { Clock, Timer } from '../common/clock.ts'
import type { Logger } from '../common/logger.ts'

export const PULSE_MS = 250

export class Pulse {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #listeners = new Set<() => void>()
  #timer: Timer | undefined

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /** Calls `listener` on each beat from now on; returns its end. */
  on(listener: () => void): () => void {
    this.#listeners.add(listener)
    this.#timer ??= this.#clock.after(PULSE_MS, () => this.#beat())
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.stop()
    }
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #beat(): void {
    this.#timer = this.#clock.after(PULSE_MS, () => this.#beat())
    for (const listener of this.#listeners) {
      try {
        listener()
      } catch (error) {
        this.#logger.error('a bug in what a live stream shows; the others go on', { error })
      }
    }
  }
}
