/** A machine whose time passes as a test says: what was due while it did not run fires late, in order. SteadyClock makes a clock of it. */

import type { RawClock, Timer } from '../../core/common/clock.ts'

export class SleepingMachine implements RawClock {
  #elapsed = 5000
  #wall = 1_700_000_000_000
  #timers: { readonly at: number; readonly run: () => void }[] = []

  readonly now = (): number => this.#wall
  readonly elapsed = (): number => this.#elapsed

  after(delayMs: number, run: () => void): Timer {
    const timer = { at: this.#elapsed + Math.max(0, delayMs), run }
    this.#timers.push(timer)
    return { cancel: () => void (this.#timers = this.#timers.filter(other => other !== timer)) }
  }

  get timerCount(): number {
    return this.#timers.length
  }

  /** It runs. */
  run(ms: number): void {
    const until = this.#elapsed + ms
    for (;;) {
      const next = this.#timers.sort((a, b) => a.at - b.at)[0]
      if (!next || next.at > until) break
      this.#timers.shift()
      this.#pass(Math.max(0, next.at - this.#elapsed))
      next.run()
    }
    this.#pass(until - this.#elapsed)
  }

  /** It runs until `promise` has settled, a millisecond a turn. */
  async runUntil<T>(promise: Promise<T>): Promise<T> {
    const state = { isOver: false }
    const end = (): void => void (state.isOver = true)
    promise.then(end, end)
    while (!state.isOver) {
      this.run(1)
      await new Promise(resolve => setImmediate(resolve))
    }
    return promise
  }

  #pass(ms: number): void {
    this.#elapsed += ms
    this.#wall += ms
  }

  /** It does not run, and its monotonic clock goes on (a stopped process; sleep on macOS and Windows) or does not (sleep on Linux). */
  sleep(ms: number, isMonotonicGoingOn: boolean): void {
    this.#wall += ms
    if (isMonotonicGoingOn) this.#elapsed += ms
  }
}
