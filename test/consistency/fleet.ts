/** The client processes of a consistency run: each place has one that lives, and zombies of those that had it before. */

import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { RunningProcess } from '../support/clients-process.ts'
import type { RoleName } from './client-process.ts'

const script = join(import.meta.dirname, 'client-process.ts')
/** Patience with what a client has under way at the end. */
const END_MS = 60_000

/** A place in each list is one process. Every kind of client is there, and each group has members in several processes. */
export const PLACES: readonly (readonly RoleName[])[] = [
  ['rawProducer', 'kafkajsProducer', 'consumerProcessor', 'classicProcessor', 'kafkajsMember'],
  ['rawTransactions2', 'consumerProcessor', 'classicProcessor', 'kafkajsMember', 'readsCommitted'],
  ['rawTransactions1', 'kafkajsTransactions', 'consumerProcessor', 'platformaticProducer', 'platformaticClassic', 'platformaticConsumer', 'readsUncommitted'],
  ['rawProducer', 'rawTransactions2', 'classicProcessor', 'kafkajsMember', 'platformaticConsumer', 'readsCommitted'],
]

export class Fleet {
  readonly #options: { readonly addresses: string; readonly folder: string; readonly seed: number }
  readonly #living: RunningProcess[] = []
  readonly #lives = PLACES.map(() => 0)
  readonly #zombies = new Set<RunningProcess>()

  constructor(options: { readonly addresses: string; readonly folder: string; readonly seed: number }) {
    this.#options = options
    for (const at of PLACES.keys()) this.start(at)
  }

  /** A new process at a place; who was there before goes on, if it lives. */
  start(at: number): void {
    const { seed, ...shared } = this.#options
    const life = (this.#lives[at] ?? 0) + 1
    this.#lives[at] = life
    const settings = { ...shared, seed: seed * 31 + at, place: `c${at}`, life, roles: PLACES[at] }
    this.#living[at] = new RunningProcess(process.execPath, ['--disable-warning=TimeoutNegativeWarning', script, JSON.stringify(settings)], { hasInput: true })
  }

  /** kill -9, and a new one in its place. */
  async kill(at: number): Promise<void> {
    await this.#living[at]?.end('SIGKILL')
    this.start(at)
  }

  async pause(at: number, ms: number): Promise<void> {
    const client = this.#living[at]
    client?.child.kill('SIGSTOP')
    await pause(ms)
    client?.child.kill('SIGCONT')
  }

  /** Paused while another takes its place; then it goes on for a while beside it, as if nothing had been, and dies. */
  async makeZombie(at: number, pausedMs: number, goesOnMs: number): Promise<void> {
    const zombie = this.#living[at]
    if (!zombie) return
    zombie.child.kill('SIGSTOP')
    this.#zombies.add(zombie)
    this.start(at)
    await pause(pausedMs)
    zombie.child.kill('SIGCONT')
    await pause(goesOnMs)
    await zombie.end('SIGKILL')
    this.#zombies.delete(zombie)
  }

  /** Lets every client finish what it has under way. What they wrote to their error output, and who had to be killed. */
  async end(): Promise<string[]> {
    const problems: string[] = []
    await Promise.all(this.#living.map(async (client, at) => {
      client.child.stdin?.end()
      const code = await client.waitFor('its end', () => client.exit, END_MS).then(exit => exit.code, () => 'it did not end')
      if (code !== 0) problems.push(`client ${at} ended with ${code}; done: ${client.stdout.join(', ')}`)
      problems.push(...client.stderr.map(line => `client ${at}: ${line}`))
    }))
    await this.kill9()
    return problems
  }

  async kill9(): Promise<void> {
    await Promise.all([...this.#living, ...this.#zombies].map(client => client.end('SIGKILL')))
  }
}
