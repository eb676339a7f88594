/** Millrace as a process: `millrace serve` on loopback and a temporary data folder, to be killed and started again. */

import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ran, run, RunningProcess, type RunOptions } from './clients-process.ts'

const root = join(import.meta.dirname, '..', '..')
const bundle = join(root, 'dist', 'app', 'millrace.js')
const source = join(root, 'core', 'headless', 'main.ts')

export type MillraceOptions = {
  /** Each a value of --listen; one on a free port of 127.0.0.1 unless told. With an advertised address the port cannot be 0. */
  readonly listen?: readonly string[]
  readonly dataFolder?: string
  /** False: no --data. */
  readonly hasDataFolder?: false
  /** More arguments of `serve`. */
  readonly args?: readonly string[]
  /** Prepended to the command: `taskset -c 0`. */
  readonly prefix?: readonly string[]
  /** Arguments of Node itself: `--cpu-prof`. */
  readonly nodeArgs?: readonly string[]
}

/** `millrace` on Node 24: the bundle when it is there and no older than the sources, else the sources themselves. */
export function millraceCommand(nodeArgs: readonly string[] = []): string[] {
  const entry = existsSync(bundle) && statSync(bundle).mtimeMs >= newestChange(join(root, 'core')) ? bundle : source
  return [nodePath(), ...nodeArgs, entry]
}

/** The Node that npm installed here, which runs .ts files; the system's own may be older. */
function nodePath(): string {
  const installed = join(root, 'node_modules', '.bin', 'node')
  return existsSync(installed) ? installed : process.execPath
}

function newestChange(folder: string): number {
  const times = readdirSync(folder, { withFileTypes: true }).map(entry => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? newestChange(path) : statSync(path).mtimeMs
  })
  return Math.max(0, ...times)
}

/** Runs a `millrace` command to its end. */
export function runMillrace(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const [command = '', ...rest] = millraceCommand()
  return run(command, [...rest, ...args], options)
}

export class MillraceProcess {
  readonly kind = 'millrace'
  readonly dataFolder: string
  readonly #options: MillraceOptions
  #listen: readonly string[]
  #addresses: readonly { readonly host: string; readonly port: number }[] = []
  #process: RunningProcess | undefined

  constructor(options: MillraceOptions = {}) {
    this.#options = options
    this.#listen = options.listen ?? ['127.0.0.1:0']
    this.dataFolder = options.dataFolder ?? mkdtempSync(join(tmpdir(), 'millrace-serve-'))
  }

  static async start(options: MillraceOptions = {}): Promise<MillraceProcess> {
    const broker = new MillraceProcess(options)
    await broker.start().catch(async (error: unknown) => {
      await broker.dispose()
      throw error
    })
    return broker
  }

  /** Bound addresses, in the order of --listen. */
  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.#addresses
  }

  get host(): string {
    return this.#addresses[0]?.host ?? '127.0.0.1'
  }

  get port(): number {
    return this.#addresses[0]?.port ?? 0
  }

  get address(): string {
    return `${this.host}:${this.port}`
  }

  get process(): RunningProcess {
    if (!this.#process) throw new Error('millrace is not running')
    return this.#process
  }

  /** Starts `serve`, again if need be and then on the same ports, and waits for its ready line. */
  async start(): Promise<void> {
    const listen = this.#listen.flatMap(value => ['--listen', value])
    const command = [...(this.#options.prefix ?? []), ...millraceCommand(this.#options.nodeArgs), 'serve', ...listen,
      ...(this.#options.hasDataFolder === false ? [] : ['--data', this.dataFolder]), ...(this.#options.args ?? [])]
    this.#process = new RunningProcess(command[0] ?? '', command.slice(1), { cwd: root })
    const line = await this.#process.waitFor('ready line', () => this.#process?.stdout.find(text => text.includes(' listens on ')))
    if (this.#listen.some(value => value.endsWith(':0'))) {
      const shown = addressesIn(line)
      this.#listen = this.#listen.map((value, at) => value.replace(/:0$/, `:${shown[at]?.port ?? 0}`))
    }
    this.#addresses = this.#listen.flatMap(addressesIn)
  }

  /** Where the segments of a partition are; throws when there is no such folder. */
  partitionFolder(topic: string, partition: number): string {
    const name = `${topic}-${partition}`
    const folder = [this.dataFolder, join(this.dataFolder, 'logs')].map(parent => join(parent, name)).find(path => existsSync(path))
    if (folder === undefined) throw new Error(`no folder ${name} below ${this.dataFolder}`)
    return folder
  }

  /** SIGTERM; the exit code. */
  async stop(): Promise<number | null> {
    return this.process.end('SIGTERM')
  }

  /** kill -9. */
  async kill(): Promise<void> {
    await this.process.end('SIGKILL')
  }

  /** Ends the process and removes its data. */
  async dispose(): Promise<void> {
    await this.#process?.end('SIGKILL')
    rmSync(this.dataFolder, { recursive: true, force: true })
  }
}

/** Every address in a text: a --listen value, or the ready line, which shows what clients are told. */
function addressesIn(text: string): { host: string; port: number }[] {
  const found = text.replace(/=.*/, '').matchAll(/(\[[0-9a-f:]+\]|\d+\.\d+\.\d+\.\d+|localhost):(\d{1,5})\b/g)
  return [...found].map(([, host = '', port]) => ({ host: host.replace(/^\[|\]$/g, ''), port: Number(port) }))
}
