/** A Kafka Streams application of Apache Kafka's release, compiled from test/clients/streams once; its instances are killed and started again. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cachedFolder, digestOf } from './clients-cache.ts'
import { run, RunningProcess } from './clients-process.ts'
import { QUICK_START } from './java.ts'

const module = join(import.meta.dirname, '..', 'clients', 'streams')
const sources = [join(module, 'pom.xml'), join(module, 'src', 'main', 'java', 'millrace', 'streams', 'Totals.java')]

/** The class path of the compiled application, Kafka Streams and RocksDB. */
export async function streamsClassPath(): Promise<string> {
  const folder = await cachedFolder(`streams-${digestOf(...sources.map(file => readFileSync(file)))}`, async draft => {
    const args = ['-B', '-q', '-f', join(module, 'pom.xml'), 'compile', 'dependency:copy-dependencies', `-DbuildFolder=${draft}`, `-DoutputDirectory=${join(draft, 'jars')}`]
    await run('mvn', ['-o', ...args], { timeoutMs: 300_000 }).catch(() => run('mvn', args, { timeoutMs: 300_000 }))
  })
  return `${join(folder, 'classes')}:${join(folder, 'jars', '*')}`
}

export type StreamsOptions = {
  readonly address: string
  /** Its group, and what the names of its own topics begin with. */
  readonly applicationId: string
  readonly input: string
  readonly output: string
  /** Settings of Kafka Streams. */
  readonly settings?: Readonly<Record<string, string>>
}

/** One instance of the application, with a folder of its own for what it keeps. */
export class StreamsInstance {
  readonly #options: StreamsOptions
  readonly #folder = mkdtempSync(join(tmpdir(), 'millrace-streams-'))
  readonly #ended: RunningProcess[] = []
  #process: RunningProcess | undefined

  constructor(options: StreamsOptions) {
    this.#options = options
  }

  get #runs(): readonly RunningProcess[] {
    return [...this.#ended, ...(this.#process ? [this.#process] : [])]
  }

  /** The last lines of the runs that gave up. */
  get failures(): readonly string[] {
    return this.#runs.flatMap(({ stdout, lines }) => (stdout.some(line => line.startsWith('failed')) ? lines.slice(-30) : []))
  }

  /** What all of its runs said. */
  get lines(): readonly string[] {
    return this.#runs.flatMap(({ lines }) => lines)
  }

  async start(): Promise<void> {
    const { address, applicationId, input, output, settings } = this.#options
    const all = { 'bootstrap.servers': address, 'application.id': applicationId, 'state.dir': join(this.#folder, 'state'), ...settings }
    // What is killed does not remove the library that RocksDB unpacks.
    const jvm = ['-Xmx192m', ...QUICK_START, `-Djava.io.tmpdir=${this.#folder}`, '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']
    this.#process = new RunningProcess('java', [...jvm, '-cp', await streamsClassPath(), 'millrace.streams.Totals', input, output, ...Object.entries(all).map(setting => setting.join('='))])
  }

  /** Once it has been given its partitions and has its state. */
  async isRunning(timeoutMs?: number): Promise<void> {
    await this.#process?.waitFor('the state RUNNING', () => (this.#process?.stdout.findLast(line => line.startsWith('state')) === 'state RUNNING' ? true : undefined), timeoutMs)
  }

  /** SIGKILL. With `andForget` what it kept is gone too: it comes back as one that nobody knows. */
  async kill({ andForget }: { readonly andForget: boolean }): Promise<void> {
    await this.#end('SIGKILL')
    if (andForget) rmSync(join(this.#folder, 'state'), { recursive: true, force: true })
  }

  /** SIGTERM; its exit code. */
  async stop(): Promise<number | null | undefined> {
    return this.#end('SIGTERM')
  }

  async dispose(): Promise<void> {
    await this.#end('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #end(signal: NodeJS.Signals): Promise<number | null | undefined> {
    const ending = this.#process
    if (!ending) return undefined
    const code = await ending.end(signal)
    this.#ended.push(ending)
    this.#process = undefined
    return code
  }
}
