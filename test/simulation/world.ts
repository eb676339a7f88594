/**
 * The world a life takes place in: one clock, one random source, one history. Time moves from event to event, and only when everything
 * that can happen at this moment has happened, so that a seed decides the order of all of it.
 */

import { createHash } from 'node:crypto'
import type { Clock, ClockJump, Timer } from '../../core/common/clock.ts'
import { type Random, seededRandom } from '../../core/common/random.ts'
import { SimulatedClock } from '../../core/common/simulated-clock.ts'
import { forgetOpenSegments } from '../../core/log/open-segments.ts'
import { readBuffers } from '../../core/log/read-buffers.ts'

/** A life that needs more events than this will never end. */
const EVENTS_MAX = 200_000

export class World {
  readonly seed: number
  readonly random: Random
  readonly clock = new SimulatedClock()
  readonly #startMs = this.clock.now()
  readonly #history: string[] = []
  readonly #tasks = new Set<Promise<void>>()
  #failure: { readonly cause: unknown } | undefined
  #forks = 0
  #dying = 0

  constructor(seed: number) {
    this.seed = seed
    this.random = seededRandom(seed)
  }

  /** A random source of its own for one part, so that what one part draws does not change what another does. */
  fork(): Random {
    return seededRandom(Math.imul(this.seed, 0x9e3779b1) + this.#forks++ * 0x85ebca6b)
  }

  note(text: string): void {
    this.#history.push(`${String(this.clock.now() - this.#startMs).padStart(8)} ${text}`)
  }

  get history(): readonly string[] {
    return this.#history
  }

  /** The same for the same life. */
  get hash(): string {
    return createHash('sha1').update(this.#history.join('\n')).digest('hex')
  }

  sleep(ms: number): Promise<void> {
    return new Promise(resolve => void this.clock.after(ms, resolve))
  }

  /** Lets `task` run beside the others; what it throws ends the life. */
  spawn(task: () => Promise<void>): Promise<void> {
    const running = task().catch((cause: unknown) => this.fail(cause)).finally(() => this.#tasks.delete(running))
    this.#tasks.add(running)
    return running
  }

  /** A process died: what it kept for itself in memory that it shares with the next one here is gone, once its last turn is over. */
  async processDied(): Promise<void> {
    this.#dying++
    await settled()
    this.#dying--
    forgetOpenSegments()
    readBuffers.forgetTaken()
  }

  fail(cause: unknown): void {
    this.#failure ??= { cause }
  }

  /** Runs `main`, moving time on whenever nothing else can happen; throws the first failure of any task. */
  async run(main: () => Promise<void>): Promise<void> {
    let isOver = false
    await this.processDied()
    void this.spawn(async () => {
      await main()
      isOver = true
    })
    for (let events = 0; ; events++) {
      await settled()
      if (this.#failure) throw this.#failure.cause
      if (isOver && this.#tasks.size === 0) return
      if (this.#dying === 0 && !this.clock.step()) throw new Error(`nothing is left that could happen, and ${this.#tasks.size} task(s) still wait`)
      if (events > EVENTS_MAX) throw new Error('this life does not end')
    }
  }
}

/** Everything that follows from what happened already: all microtasks have run when the event loop comes to this. */
function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** The clock as one process sees it: when the process dies, its timers die with it. */
export class ProcessClock implements Clock {
  readonly #clock: Clock
  readonly #pending = new Set<Timer>()
  #isDead = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now()
  }

  elapsed(): number {
    return this.#clock.elapsed()
  }

  after(delayMs: number, run: () => void): Timer {
    if (this.#isDead) return { cancel: () => {} }
    const timer = this.#clock.after(delayMs, () => {
      this.#pending.delete(timer)
      run()
    })
    this.#pending.add(timer)
    return {
      cancel: () => {
        timer.cancel()
        this.#pending.delete(timer)
      },
    }
  }

  onJump(listener: (jump: ClockJump) => void): () => void {
    return this.#clock.onJump(listener)
  }

  kill(): void {
    this.#isDead = true
    for (const timer of this.#pending) timer.cancel()
    this.#pending.clear()
  }

  get pendingCount(): number {
    return this.#pending.size
  }
}
