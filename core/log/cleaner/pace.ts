/** Keeps background work to so many bytes a second, and lets others run between its pieces. */

import type { Clock } from '../../common/clock.ts'

/** Work ahead of its pace by less goes on at once: timers are no finer. */
const SLACK_MS = 5

export class Pace {
  readonly #clock: Clock
  readonly #bytesPerSecond: number
  readonly #signal: AbortSignal
  #dueMs: number

  /** Infinity is no limit. `signal` ends a wait. */
  constructor(o: { readonly clock: Clock; readonly bytesPerSecond: number; readonly signal: AbortSignal }) {
    this.#clock = o.clock
    this.#bytesPerSecond = o.bytesPerSecond
    this.#signal = o.signal
    this.#dueMs = o.clock.elapsed()
  }

  /** Resolves when the next `bytes` may be moved; throws the signal's reason when it is given. */
  async wait(bytes: number): Promise<void> {
    this.#signal.throwIfAborted()
    const now = this.#clock.elapsed()
    const waitMs = this.#dueMs - now
    this.#dueMs = Math.max(this.#dueMs, now) + (bytes * 1000) / this.#bytesPerSecond
    if (waitMs > SLACK_MS) await this.#pause(waitMs)
    this.#signal.throwIfAborted()
  }

  #pause(ms: number): Promise<void> {
    return new Promise(resolve => {
      const goOn = (): void => {
        timer.cancel()
        this.#signal.removeEventListener('abort', goOn)
        resolve()
      }
      const timer = this.#clock.after(ms, goOn)
      this.#signal.addEventListener('abort', goOn)
    })
  }
}
