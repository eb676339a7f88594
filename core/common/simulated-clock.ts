/** A clock that only a test moves: timers fire in order, in the call that advances past them. */

import type { Clock, ClockJump, Timer } from './clock.ts'

type Pending = { readonly at: number; readonly run: () => void }

export class SimulatedClock implements Clock {
  /** Monotonic time. */
  #now: number
  /** What jumps added to the wall clock. */
  #jumpedMs = 0
  readonly #jumpListeners = new Set<(jump: ClockJump) => void>()
  /** By time, then in the order they were set. */
  #pending: Pending[] = []

  constructor(startMs = 1_700_000_000_000) {
    this.#now = startMs
  }

  now(): number {
    return this.#now + this.#jumpedMs
  }

  elapsed(): number {
    return this.#now
  }

  after(delayMs: number, run: () => void): Timer {
    const timer: Pending = { at: this.#now + Math.max(0, delayMs), run }
    this.#pending.splice(this.#pending.findLastIndex(other => other.at <= timer.at) + 1, 0, timer)
    return {
      cancel: () => {
        const at = this.#pending.indexOf(timer)
        if (at >= 0) this.#pending.splice(at, 1)
      },
    }
  }

  onJump(listener: (jump: ClockJump) => void): () => void {
    this.#jumpListeners.add(listener)
    return () => void this.#jumpListeners.delete(listener)
  }

  /** The machine sleeps for `ms`: the wall clock goes on, and nothing else does. */
  jump(ms: number): void {
    this.#jumpedMs += ms
    for (const listener of this.#jumpListeners) listener({ is: 'paused', gapMs: ms })
  }

  /** Moves time forward by `ms`, firing each timer at its own moment, also those set by timers that fire on the way. */
  advance(ms: number): void {
    const until = this.#now + ms
    for (let next = this.#pending[0]; next && next.at <= until; next = this.#pending[0]) this.#fire(next)
    this.#now = until
  }

  /** Moves time to the next timer and fires that one; false when none is set. */
  step(): boolean {
    const next = this.#pending[0]
    if (next) this.#fire(next)
    return next !== undefined
  }

  #fire(timer: Pending): void {
    this.#pending.shift()
    this.#now = Math.max(this.#now, timer.at)
    timer.run()
  }

  /** Timers waiting to fire: zero after everything was stopped. */
  get pendingCount(): number {
    return this.#pending.length
  }
}
