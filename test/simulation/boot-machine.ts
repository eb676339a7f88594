/** A machine that runs the log directory, its sweeps and its cleaner without a broker, and may die at any call of its disk, while it starts too. */

import type { Logger } from '../../core/common/logger.ts'
import { MemoryDisk } from '../../core/common/memory-disk.ts'
import { LogCleaner } from '../../core/log/log-cleaner.ts'
import { LogDirectory } from '../../core/log/log-directory.ts'
import { LogSweeps } from '../../core/log/log-sweeps.ts'
import { readBuffers } from '../../core/log/read-buffers.ts'
import { inProcessWork } from '../../core/log/slow-work.ts'
import { crashingDisk } from '../support/crashing-disk.ts'
import { Violation } from './model.ts'
import { ProcessClock, type World } from './world.ts'

/** Sweeps come when the life asks for them. */
const NEVER_MS = 1e12

export type Crash = 'process' | 'power'

/** What one process has. */
export type Boot = { readonly logs: LogDirectory; readonly sweeps: LogSweeps; readonly cleaner: LogCleaner }

export class BootMachine {
  readonly disk: MemoryDisk
  readonly #world: World
  #clock: ProcessClock
  #boot: Boot | undefined
  /** It dies before this many more calls of the disk. */
  #callsLeft = Infinity
  #fate: Crash = 'process'
  #crash: Crash | undefined
  #died: () => void = () => {}
  /** Called when it dies, to look at what it had claimed. */
  onDeath: () => void = () => {}

  constructor(world: World) {
    const { random } = world
    this.#world = world
    this.#clock = new ProcessClock(world.clock)
    this.disk = new MemoryDisk({
      seed: random.below(0x7fffffff),
      names: random.below(2) === 0 ? 'journal' : 'strict',
      pause: () => new Promise(resolve => void this.#clock.after(random.below(3), resolve)),
    })
  }

  get boot(): Boot {
    if (!this.#boot) throw new Error('not started')
    return this.#boot
  }

  now(): number {
    return this.#clock.now()
  }

  /** It will die before one of its next `callsMax` calls of the disk, if there are as many. */
  doom(callsMax: number): void {
    this.#callsLeft = 1 + this.#world.random.below(callsMax)
    this.#fate = this.#world.random.below(2) === 0 ? 'process' : 'power'
  }

  /** It will not die before it is doomed again. */
  spare(): void {
    this.#callsLeft = Infinity
  }

  /** Does `work` to its end, or to that of the machine: answers how it died, or with nothing. */
  async run(work: () => Promise<void>): Promise<Crash | undefined> {
    const death = new Promise<void>(resolve => (this.#died = resolve))
    try {
      await Promise.race([work(), death])
    } catch (cause) {
      if (!this.#crash) throw cause // what its last turn ran into on a dead machine means nothing
    }
    const crash = this.#crash
    if (!crash) return undefined
    this.#crash = undefined
    await this.#world.processDied()
    return crash
  }

  async start(): Promise<Boot> {
    this.#clock = new ProcessClock(this.#world.clock)
    const clock = this.#clock
    const disk = crashingDisk(this.disk.session(), () => this.#beforeCall())
    const logger = this.#logger()
    const logs = await LogDirectory.open({ disk, clock, folder: '/data/logs', clusterId: 'c', brokerId: 1, logger })
    const work = inProcessWork({ disk, clock, random: this.#world.fork() })
    const sweeps = new LogSweeps({ clock, logger, initialDelayMs: NEVER_MS, everyMs: NEVER_MS, logs: () => logs.openLogs(), saveStartOffsets: () => logs.saveStartOffsets() })
    const cleaner = new LogCleaner({ disk, clock, logger, folder: '/data/logs', logs: () => logs.openLogs(), clean: (job, watch) => work.clean(job, watch) })
    this.#boot = { logs, sweeps, cleaner }
    return this.#boot
  }

  /** A clean stop, after which nothing may be left. */
  async stop(): Promise<void> {
    const { logs, sweeps, cleaner } = this.boot
    await sweeps.stop()
    await cleaner.stop()
    await logs.close()
    const left = { files: this.disk.openFiles, timers: this.#clock.pendingCount, buffers: readBuffers.bytesInUse }
    if (Object.values(left).some(count => count !== 0)) throw new Violation(`a stop leaves something behind: ${JSON.stringify(left)}`)
  }

  #beforeCall(): void {
    if (--this.#callsLeft !== 0) return
    this.#world.note(`crash: ${this.#fate}`)
    this.onDeath()
    this.#crash = this.#fate
    this.#clock.kill()
    this.disk.crash(this.#fate)
    this.#died()
  }

  #logger(): Logger {
    const at = (level: string) => (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      const { failure } = fields
      this.#world.note(`${level} ${message}${failure instanceof Error ? `: ${failure.message}` : ''}`)
    }
    return { debug: () => {}, info: at('info'), warn: at('warn'), error: at('error') }
  }
}
