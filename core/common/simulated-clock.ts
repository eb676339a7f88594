/** A clock that only a test moves: timers fire in order, in the call that advances past them. */

import type { Clock, Timer } from './clock.ts'

type Pending = { readonly at: number; readonly order: number; readonly run: () => void }

export class SimulatedClock implements Clock {
  #now: number
  #order = 0
  #pending: Pending[] = []

  constructor(startMs = 1_700_000_000_000) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  elapsed(): number {
    return this.#now
  }

  after(delayMs: number, run: () => void): Timer {
    const timer: Pending = { at: this.#now + Math.max(0, delayMs), order: this.#order++, run }
    this.#pending.push(timer)
    return { cancel: () => void (this.#pending = this.#pending.filter(other => other !== timer)) }
  }

  /** Moves time forward by `ms`, firing each timer at its own moment, also those set by timers that fire on the way. */
  advance(ms: number): void {
    const until = this.#now + ms
    for (;;) {
      const next = this.#pending.filter(timer => timer.at <= until).sort((a, b) => a.at - b.at || a.order - b.order)[0]
      if (!next) break
      this.#pending = this.#pending.filter(timer => timer !== next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
    }
    this.#now = until
  }

  /** Timers waiting to fire: zero after everything was stopped. */
  get pendingCount(): number {
    return this.#pending.length
  }
}
