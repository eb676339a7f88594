/** Keeps background work to so many bytes a second, and lets others run between its pieces. */

import type { Clock } from '../../common/clock.ts'

/** Work ahead of its pace by less goes on at once: timers are no finer. */
const SLACK_MS = 5

export class Pace {
  readonly #clock: Clock
  readonly #bytesPerSecond: number
  #dueMs: number

  /** Infinity is no limit. */
  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock
    this.#bytesPerSecond = bytesPerSecond
    this.#dueMs = clock.elapsed()
  }

  /** Resolves when the next `bytes` may be moved. */
  async wait(bytes: number): Promise<void> {
    const now = this.#clock.elapsed()
    const waitMs = this.#dueMs - now
    this.#dueMs = Math.max(this.#dueMs, now) + (bytes * 1000) / this.#bytesPerSecond
    if (waitMs > SLACK_MS) await new Promise<void>(resolve => this.#clock.after(waitMs, resolve))
  }
}
