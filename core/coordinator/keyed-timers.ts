/** Named timers of one owner: setting a name again replaces it, and one call ends them all. */

import type { Clock, Timer } from '../common/clock.ts'

export class KeyedTimers {
  readonly #clock: Clock
  readonly #timers = new Map<string, Timer>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#timers.size
  }

  has(key: string): boolean {
    return this.#timers.has(key)
  }

  /** Runs `run` in `delayMs` milliseconds, instead of what was set under `key`. */
  set(key: string, delayMs: number, run: () => void): void {
    this.#timers.get(key)?.cancel()
    this.#timers.set(key, this.#clock.after(delayMs, () => {
      this.#timers.delete(key)
      run()
    }))
  }

  cancel(key: string): void {
    this.#timers.get(key)?.cancel()
    this.#timers.delete(key)
  }

  cancelAll(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }
}
