/** Fetches that wait for data (Kafka's purgatory): each wakes on an append it watches, on its deadline, or when its connection goes. */

import type { Clock } from '../common/clock.ts'
import { PARKED_REQUESTS_MAX } from '../common/limits.ts'

export type ParkedFetch = {
  /** Calls `wake` when something happens to what is fetched; returns what ends that. */
  readonly watch: (wake: () => void) => () => void
  readonly maxWaitMs: number
  /** Whether an answer can be given now: enough bytes, or something that must be said at once. */
  readonly isReady: () => boolean
  /** Registers what ends the wait early: the connection's end. Returns the unregister. */
  readonly onGone: (run: () => void) => () => void
}

export class ParkedFetches {
  readonly #clock: Clock
  readonly #waiting = new Set<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get count(): number {
    return this.#waiting.size
  }

  /** Resolves when the fetch should be answered with what there is. At the bound it resolves at once: clients ask again. */
  park(fetch: ParkedFetch): Promise<void> {
    if (this.#waiting.size >= PARKED_REQUESTS_MAX) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    let isChecking = false
    const end = (): void => {
      stopWatching()
      timer.cancel()
      stopListening()
      this.#waiting.delete(end)
      resolve()
    }
    // One look per turn: several appends of one pipelined burst are answered together.
    const wake = (): void => {
      if (isChecking) return
      isChecking = true
      queueMicrotask(() => {
        isChecking = false
        if (this.#waiting.has(end) && fetch.isReady()) end()
      })
    }
    const timer = this.#clock.after(fetch.maxWaitMs, end)
    const stopListening = fetch.onGone(end)
    this.#waiting.add(end)
    const stopWatching = fetch.watch(wake)
    return promise
  }

  /** Answers all of them now, with what there is. */
  stop(): void {
    for (const end of this.#waiting) end()
  }
}
