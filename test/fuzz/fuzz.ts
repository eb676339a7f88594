/** One run of the fuzzer against a process of Millrace: attackers of a seed, the well-behaved beside them, and what must be the same afterwards. */

import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { tidy } from '../differential/tidy.ts'
import { MillraceProcess } from '../support/broker-process.ts'
import { Attacker } from './attackers.ts'
import { Seen } from './hostile-values.ts'
import { Trespasser } from './trespasser.ts'
import { WellBehaved } from './well-behaved.ts'

const ATTACKERS = 8
/** What is left of a run may be more than before by this much: a heap that grew is not given back at once. */
const MEMORY_MORE_MAX = 96 * 1024 * 1024
/** Files of logs that are read, and sockets of the last connections. */
const HANDLES_MORE_MAX = 6
const SETTLE_MS_MAX = 60_000
const STOP_MS_MAX = 15_000

export type Report = {
  readonly seconds: number
  readonly frames: number
  readonly answers: number
  readonly trespasses: number
  readonly done: WellBehaved['done']
  readonly memory: readonly [before: number, after: number]
  readonly handles: readonly [before: number, after: number]
  readonly stopMs: number
}
export type FuzzOptions = { readonly seconds: number; readonly seed: number; readonly say?: (line: string) => void }

/** Rejects with the first finding, which tells its seed and the last frames. */
export async function fuzz({ seconds, seed, say = () => undefined }: FuzzOptions): Promise<Report> {
  const startedAt = performance.now()
  const millrace = await MillraceProcess.start({ args: ['--config', 'log.segment.delete.delay.ms=1000', '--config', 'max.connections.per.ip=500'] })
  const run = new Run(millrace, seed)
  try {
    const report = await run.lead(seconds, say)
    return { ...report, seconds: Math.round((performance.now() - startedAt) / 1000) }
  } catch (cause) {
    const text = cause instanceof Error ? `${cause.message}${cause.cause instanceof Error ? `: ${cause.cause.message}` : ''}` : String(cause)
    throw new Error(`seed ${seed}: ${text}\nTo run it again: npm run fuzz -- --seconds ${seconds} --seed ${seed}\n${run.history()}`, { cause })
  } finally {
    await millrace.dispose()
  }
}

class Run {
  readonly #millrace: MillraceProcess
  readonly #seed: number
  readonly #good: WellBehaved
  readonly #attackers: Attacker[] = []
  #trespasses = 0

  constructor(millrace: MillraceProcess, seed: number) {
    this.#millrace = millrace
    this.#seed = seed
    this.#good = new WellBehaved(millrace.port)
  }

  history(): string {
    const frames = this.#attackers.slice(-ATTACKERS).flatMap(({ history }, at) => history.slice(-8).map(line => `attacker ${at}: ${line}`))
    return [...frames, ...this.#millrace.process.lines.slice(-30)].join('\n')
  }

  async lead(seconds: number, say: (line: string) => void): Promise<Omit<Report, 'seconds'>> {
    const good = this.#good
    await good.makeReady()
    const ends = new AbortController()
    const working = good.run(ends.signal)
    // Whatever they see ends what goes on.
    working.catch(() => ends.abort())
    const attack = (ms: number, round: number): Promise<void> => this.#attack(ms, round, ends.signal)
    await attack(seconds * 333, 1)
    const before = await this.#settled()
    say(`after a third of the time: ${words(before)}; ${this.#frames} frames`)
    await attack(seconds * 667, 2)
    const after = await this.#settled(before.handles + HANDLES_MORE_MAX)
    say(`at the end: ${words(after)}; ${this.#frames} frames`)
    ends.abort()
    await working
    await good.check()
    good.close()
    this.#judge(before, after)
    const stopMs = await this.#stop()
    const answers = this.#attackers.reduce((sum, attacker) => sum + attacker.answers, 0)
    return { frames: this.#frames, answers, trespasses: this.#trespasses, done: good.done, memory: [before.memory, after.memory], handles: [before.handles, after.handles], stopMs }
  }

  get #frames(): number {
    return this.#attackers.reduce((sum, { frames }) => sum + frames, 0)
  }

  async #attack(ms: number, round: number, ends: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([AbortSignal.timeout(ms), ends])
    const seen = new Seen()
    const attackers = Array.from({ length: ATTACKERS }, (_, at) => new Attacker(this.#millrace.port, this.#seed * 1000 + round * 100 + at, seen))
    this.#attackers.push(...attackers)
    const trespasser = new Trespasser(this.#millrace.port, this.#seed * 1000 + round * 100 + 99, this.#good.kept)
    await Promise.all([...attackers, trespasser].map(each => each.run(signal)))
    this.#trespasses += trespasser.tries
    this.#mustBeWell()
  }

  #mustBeWell(): void {
    const { process } = this.#millrace
    if (process.exit) throw new Error(`the broker ended with ${process.exit.code ?? process.exit.signal}`)
    const fault = process.lines.find(line => /^\S+ error /.test(line) || line.includes('Error:'))
    if (fault !== undefined) throw new Error(`the broker logged an error: ${fault.slice(0, 2000)}`)
  }

  /** Once what the attackers left is gone and the handles are as few as told, or do not become fewer. */
  async #settled(handlesMax = 0): Promise<Facts> {
    await tidy(this.#millrace.port, name => name.startsWith('kept-'))
    const until = performance.now() + (handlesMax === 0 ? 5000 : SETTLE_MS_MAX)
    let facts = this.#facts()
    while (performance.now() < until && facts.handles > handlesMax) {
      await pause(500)
      facts = this.#facts()
    }
    return facts
  }

  #facts(): Facts {
    const { pid } = this.#millrace.process
    const [, kilobytes = '0'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return { memory: Number(kilobytes) * 1024, handles: readdirSync(`/proc/${pid}/fd`).length }
  }

  #judge(before: Facts, after: Facts): void {
    this.#mustBeWell()
    if (after.handles > before.handles + HANDLES_MORE_MAX) throw new Error(`handles were ${before.handles} and are ${after.handles}`)
    if (after.memory > before.memory + MEMORY_MORE_MAX) throw new Error(`memory was ${words(before)} and is ${words(after)}`)
  }

  async #stop(): Promise<number> {
    const startedAt = performance.now()
    const code = await this.#millrace.stop()
    const stopMs = Math.round(performance.now() - startedAt)
    if (code !== 0) throw new Error(`the broker stopped with ${code}`)
    if (stopMs > STOP_MS_MAX) throw new Error(`the broker took ${stopMs} ms to stop`)
    this.#mustHaveNoFaults()
    return stopMs
  }

  #mustHaveNoFaults(): void {
    const fault = this.#millrace.process.lines.find(line => /^\S+ error /.test(line))
    if (fault !== undefined) throw new Error(`the broker logged an error: ${fault.slice(0, 2000)}`)
  }
}

type Facts = { readonly memory: number; readonly handles: number }

function words({ memory, handles }: Facts): string {
  return `${Math.round(memory / 1024 / 1024)} MB, ${handles} handles`
}
