/**
 * The crash loop: one `millrace serve` on one data folder, killed and started again round after round under load. Each round ends with a look
 * at everything that was acknowledged. Everything that is drawn comes from one seed; what the machine's timing adds differs from run to run.
 */

import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Random, seededRandom } from '../../core/common/random.ts'
import { metadata } from '../../core/protocol/apis/index.ts'
import { MillraceProcess } from '../support/broker-process.ts'
import { ask, RawConnection } from '../support/clients-frames.ts'
import { damageFiles } from './damage.ts'
import { Journal } from './journal.ts'
import { CommitWorkload } from './commit-workload.ts'
import { freePort } from './free-port.ts'
import { ProduceWorkload } from './produce-workload.ts'
import type { Address, Workload } from './workload.ts'

export type CrashOptions = {
  readonly rounds: number
  readonly seed: number
  readonly say: (line: string) => void
  /** Called in each round while the broker is down: for the test that a loss is seen. */
  readonly whileDown?: (dataFolder: string) => void
}

export type CrashTotals = {
  readonly rounds: number
  readonly recordsAcknowledged: number
  readonly recordsStored: number
  readonly commitsAcknowledged: number
  readonly kills: number
  readonly restarts: number
  readonly setAside: number
  /** Batches that a kill left half written, and recovery cut off. */
  readonly halfWritten: number
  /** From the start of the process until every partition has its leader. */
  readonly worstRestartMs: number
  readonly findings: readonly string[]
  /** Kept when something was found. */
  readonly dataFolder: string
}

/** Everything is read back every so many rounds, and at the end; else what is new. */
const WHOLE_CHECK_EVERY = 20
const RECORDS_A_ROUND = 12_000
/** The longest that producers may take to get what they have under way acknowledged. */
const PATIENCE_MS = 60_000

export async function crashLoop(options: CrashOptions): Promise<CrashTotals> {
  const loop = new CrashLoop(options, await freePort())
  try {
    return await loop.run()
  } finally {
    await loop.stop()
  }
}

const HALF_WRITTEN = /half written when the process died/
const CUT = /cut at its first bad byte|set aside|ends before the offset/

type End = 'kill' | 'kill while starting' | 'kill while stopping' | 'stop'

class CrashLoop {
  readonly #options: CrashOptions
  readonly #random: Random
  readonly #dataFolder = mkdtempSync(join(tmpdir(), 'millrace-crash-'))
  readonly #broker: MillraceProcess
  readonly #address: Address
  readonly #journal = new Journal()
  readonly #produced: ProduceWorkload
  readonly #committed: CommitWorkload
  readonly #workloads: readonly Workload[]
  #startMs = 500
  #kills = 0
  #restarts = 0
  #halfWritten = 0
  #worstRestartMs = 0
  #keepsData = false

  constructor(options: CrashOptions, port: number) {
    this.#options = options
    this.#random = seededRandom(options.seed)
    this.#address = { host: '127.0.0.1', port }
    this.#broker = new MillraceProcess({ dataFolder: this.#dataFolder, listen: [`127.0.0.1:${port}`] })
    const shared = { address: this.#address, journal: this.#journal, random: this.#random }
    this.#produced = new ProduceWorkload(shared)
    this.#committed = new CommitWorkload(shared)
    this.#workloads = [this.#produced, this.#committed]
  }

  async run(): Promise<CrashTotals> {
    const { rounds, say } = this.#options
    await this.#start()
    for (const load of this.#workloads) await load.prepare()
    for (let round = 1; round <= rounds && this.#journal.findings.length === 0; round++) {
      const what = await this.#round(round)
      say(`round ${round} of ${rounds}: ${what}, ${this.#journal.recordsAcknowledged} records acknowledged, ${this.#produced.recordCount} stored`)
    }
    const { findings } = this.#journal
    this.#keepsData = findings.length > 0
    if (this.#keepsData) this.#writeEvidence()
    return {
      rounds,
      recordsAcknowledged: this.#journal.recordsAcknowledged,
      recordsStored: this.#produced.recordCount,
      commitsAcknowledged: this.#committed.commitsAcknowledged,
      kills: this.#kills,
      restarts: this.#restarts,
      setAside: setAsideFiles(this.#dataFolder).length,
      halfWritten: this.#halfWritten,
      worstRestartMs: Math.round(this.#worstRestartMs),
      findings,
      dataFolder: this.#dataFolder,
    }
  }

  async stop(): Promise<void> {
    await this.#broker.process.end('SIGKILL')
    await Promise.all(this.#workloads.map(load => load.stop()))
    if (!this.#keepsData) rmSync(this.#dataFolder, { recursive: true, force: true })
  }

  /** Load until a moment, an end, a start; then everything under way is answered and looked at. What it did, in words. */
  async #round(round: number): Promise<string> {
    for (const load of this.#workloads) load.resume()
    const target = this.#journal.recordsAcknowledged + 500 + this.#random.below(RECORDS_A_ROUND)
    await this.#within(`${target} records were acknowledged`, this.#journal.whenAcknowledged(target))
    await pause(this.#random.below(30))
    const end = this.#pickEnd()
    await this.#end(end)
    const damaged = this.#random.below(4) === 0 ? damageFiles(this.#dataFolder, this.#random) : undefined
    this.#options.whileDown?.(this.#dataFolder)
    await this.#start()
    await this.#within('every producer got its answers', Promise.all(this.#workloads.map(load => load.pause())))
    const isWhole = round % WHOLE_CHECK_EVERY === 0 || round === this.#options.rounds
    await this.#within('everything was read back', this.#check(isWhole, `round ${round}, ${end}`))
    return damaged === undefined ? end : `${end}, ${damaged}`
  }

  async #check(isWhole: boolean, when: string): Promise<void> {
    for (const load of this.#workloads) for (const finding of await load.check(isWhole)) this.#journal.find(`${when}: ${finding}`)
  }

  #pickEnd(): End {
    const at = this.#random.below(10)
    if (at < 6) return 'kill'
    return at < 8 ? 'kill while starting' : at < 9 ? 'kill while stopping' : 'stop'
  }

  async #end(end: End): Promise<void> {
    const { exit } = this.#broker.process
    if (exit) this.#journal.find(`the broker ended by itself with ${exit.code ?? exit.signal}`)
    this.#noteErrors()
    if (end === 'stop') {
      const code = await this.#broker.stop()
      if (code !== 0) this.#journal.find(`the broker ended with ${code} when it was told to stop`)
      return
    }
    if (end === 'kill while stopping') {
      this.#broker.process.child.kill('SIGTERM')
      await pause(this.#random.below(40))
    }
    await this.#kill()
    if (end !== 'kill while starting') return
    for (let times = 1 + this.#random.below(2); times > 0; times--) {
      const starting = this.#broker.start().catch(() => undefined)
      await pause(this.#random.below(Math.ceil(this.#startMs * 1.2)))
      await this.#kill()
      await starting
      this.#noteErrors()
    }
  }

  async #kill(): Promise<void> {
    await this.#broker.kill()
    this.#kills++
  }

  /** Starts the broker and waits until every partition has its leader. */
  async #start(): Promise<void> {
    await this.#broker.start()
    const { startedAtMs } = this.#broker.process
    const connection = await RawConnection.open(this.#address.port, this.#address.host)
    const isServing = async (): Promise<boolean> => {
      const { topics } = await ask(connection, metadata, 8, { topics: null })
      return topics.every(topic => topic.partitions.every(({ leaderId }) => leaderId >= 0))
    }
    while (!(await isServing())) await pause(2)
    connection.close()
    this.#startMs = performance.now() - startedAtMs
    this.#worstRestartMs = Math.max(this.#worstRestartMs, this.#startMs)
    this.#restarts++
  }

  /** An error is a finding: nothing here is a fault of the disk. So is a cut: a killed process leaves one batch half written, and nothing else. */
  #noteErrors(): void {
    for (const line of this.#broker.process.stderr) {
      if (/^\S+ error /.test(line) || CUT.test(line)) this.#journal.find(`the broker logged: ${line}`)
      if (HALF_WRITTEN.test(line)) this.#halfWritten++
    }
    this.#log(this.#broker.process.lines)
  }

  async #within<T>(what: string, work: Promise<T>): Promise<void> {
    const patience = new AbortController()
    const tooLate = pause(PATIENCE_MS, 'late' as const, { signal: patience.signal }).catch(() => undefined)
    if ((await Promise.race([work, tooLate])) === 'late') this.#journal.find(`it took more than ${PATIENCE_MS} ms until ${what}`)
    patience.abort()
  }

  #log(lines: readonly string[]): void {
    if (lines.length > 0) appendFileSync(join(this.#dataFolder, 'crash-loop.log'), `${lines.join('\n')}\n\n`)
  }

  #writeEvidence(): void {
    this.#log([...this.#broker.process.lines, `seed ${this.#options.seed}`, ...this.#journal.findings])
  }
}

/** What recovery moved aside. None of it was acknowledged, or the read-back would have missed it. */
function setAsideFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile() && /set-aside/.test(entry.parentPath)).map(entry => entry.name)
}
