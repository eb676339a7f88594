/** Time as an argument: the only file in core/ that reads the system's clock and sets timers. */

export interface Timer {
  /** Stops the timer; harmless when it has fired. */
  cancel(): void
}

/**
 * `paused`: the process did not run for `gapMs` (its machine slept, it was stopped, or something blocked it); monotonic time and timers leave the gap out.
 * `set`: the wall clock moved by `gapMs` (negative: backwards) beside the monotonic one. Someone set it, or the machine slept where
 * monotonic time does not count sleep (Linux).
 */
export type ClockJump = { readonly is: 'paused' | 'set'; readonly gapMs: number }

export interface Clock {
  /** Wall-clock time, milliseconds since the epoch. */
  now(): number
  /** Monotonic time, milliseconds with fractions, from an arbitrary start. What a jump left out does not count: deadlines move by it. */
  elapsed(): number
  /** Runs `run` once, `delayMs` milliseconds of monotonic time from now. */
  after(delayMs: number, run: () => void): Timer
  /** Calls `listener` when time jumped by more than 10 s; returns the unregister. */
  onJump(listener: (jump: ClockJump) => void): () => void
}

/** A machine's time as it is, with its jumps. */
export type RawClock = Pick<Clock, 'now' | 'elapsed'> & {
  /** As Clock's `after`, fired at once when the machine wakes too late. With `isBackground` the process does not stay alive for it. */
  after(delayMs: number, run: () => void, isBackground?: boolean): Timer
}

/** setTimeout fires at once for delays above 2^31-1 ms; longer ones are cut to it. */
const DELAY_MS_MAX = 0x7fffffff
/** How often time is looked at while anyone waits for it. */
const LOOK_MS = 1000
/** Two looks farther apart than they should be by so much: nobody should lose a session, or a transaction, for that. */
const JUMP_MS_MIN = 10_000
/** A timer may fire a little before its time. */
const EARLY_MS_MAX = 5

/**
 * A clock that leaves out the time in which the process did not run: a laptop slept, or the process was stopped. On macOS and Windows monotonic time
 * counts sleep, on Linux it does not; stopped processes are the same everywhere. Timers that fire too late for it wait for what was left.
 */
export class SteadyClock implements Clock {
  readonly #raw: RawClock
  readonly #listeners = new Set<(jump: ClockJump) => void>()
  #skippedMs = 0
  #pending = 0
  #lookedAt = 0
  #wallAt = 0
  #look: Timer | undefined

  constructor(raw: RawClock) {
    this.#raw = raw
  }

  readonly now = (): number => this.#raw.now()

  readonly elapsed = (): number => {
    const at = this.#raw.elapsed()
    if (this.#look) this.#noteLook(at)
    return at - this.#skippedMs
  }

  readonly after = (delayMs: number, run: () => void): Timer => {
    this.#begin()
    const dueAt = this.elapsed() + Math.max(0, delayMs)
    let isOver = false
    const end = (): void => {
      isOver = true
      this.#pending--
      this.#rest()
    }
    const fire = (): void => {
      const leftMs = dueAt - this.elapsed()
      if (leftMs > EARLY_MS_MAX) {
        timer = this.#raw.after(leftMs, fire)
        return
      }
      end()
      run()
    }
    this.#pending++
    let timer = this.#raw.after(delayMs, fire)
    return {
      cancel() {
        timer.cancel()
        if (!isOver) end()
      },
    }
  }

  readonly onJump = (listener: (jump: ClockJump) => void): (() => void) => {
    this.#begin()
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
      this.#rest()
    }
  }

  #begin(): void {
    if (this.#look) return
    this.#lookedAt = this.#raw.elapsed()
    this.#wallAt = this.#raw.now()
    this.#lookLater()
  }

  #lookLater(): void {
    this.#look = this.#raw.after(LOOK_MS, () => {
      this.elapsed()
      if (this.#look) this.#lookLater()
    }, true)
  }

  /** Nobody waits for anything. */
  #rest(): void {
    if (this.#pending > 0 || this.#listeners.size > 0) return
    this.#look?.cancel()
    this.#look = undefined
  }

  #noteLook(at: number): void {
    const gapMs = at - this.#lookedAt
    if (gapMs < LOOK_MS / 2) return
    const wall = this.#raw.now()
    const setMs = wall - this.#wallAt - gapMs
    this.#lookedAt = at
    this.#wallAt = wall
    if (gapMs > LOOK_MS + JUMP_MS_MIN) {
      this.#skippedMs += gapMs
      this.#tell({ is: 'paused', gapMs })
    }
    if (Math.abs(setMs) > JUMP_MS_MIN) this.#tell({ is: 'set', gapMs: setMs })
  }

  #tell(jump: ClockJump): void {
    for (const listener of this.#listeners) listener(jump)
  }
}

export const systemClock: Clock = new SteadyClock({
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(delayMs, run, isBackground = false) {
    const handle = setTimeout(run, Math.min(Math.max(0, delayMs), DELAY_MS_MAX))
    if (isBackground) handle.unref()
    return { cancel: () => clearTimeout(handle) }
  },
})
