/** Time as an argument: the one place in core/ that reads the system's clock and sets timers. */

export interface Timer {
  /** Stops the timer; harmless when it has fired. */
  cancel(): void
}

export interface Clock {
  /** Wall-clock time, milliseconds since the epoch. */
  now(): number
  /** Monotonic time, milliseconds with fractions, from an arbitrary start. */
  elapsed(): number
  /** Runs `run` once, `delayMs` milliseconds from now. */
  after(delayMs: number, run: () => void): Timer
}

/** setTimeout fires at once for delays above 2^31-1 ms; longer ones are cut to it. */
const DELAY_MS_MAX = 0x7fffffff

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(delayMs, run) {
    const handle = setTimeout(run, Math.min(Math.max(0, delayMs), DELAY_MS_MAX))
    return { cancel: () => clearTimeout(handle) }
  },
}
