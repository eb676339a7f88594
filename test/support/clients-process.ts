/** Runs other programs in tests: to their end with their output, or as a server whose lines can be waited for. */

import { type ChildProcess, spawn } from 'node:child_process'

export type Ran = { readonly code: number | null; readonly stdout: Buffer; readonly stderr: string }
export type RunOptions = {
  readonly input?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** The program is killed after this many milliseconds; 120,000 unless told. */
  readonly timeoutMs?: number
  /** Exit codes that are no error; [0] unless told. */
  readonly codes?: readonly number[]
}

/** Runs a program to its end. Rejects with its last lines when it exits with a code not in `codes`, or has to be killed. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { promise, resolve, reject } = Promise.withResolvers<Ran>()
  const child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes))
  child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes))
  child.stdin.on('error', () => undefined) // it may end without reading all of its input; its exit code tells
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 120_000)
  child.once('error', error => {
    clearTimeout(timer)
    reject(error)
  })
  child.once('close', (code, signal) => {
    clearTimeout(timer)
    const ran = { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() }
    if (code !== null && (options.codes ?? [0]).includes(code)) return resolve(ran)
    const tail = `${ran.stderr}\n${ran.stdout.subarray(-2000).toString()}`.trim().split('\n').slice(-20).join('\n')
    reject(new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}:\n${tail}`))
  })
  child.stdin.end(options.input ?? '')
  return promise
}

/** Programs under way: none outlives the test run that started it. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Enough for a refusal, and a stack below it. */
const LINES_TOLD = 40

/** A program that keeps running. Its output is kept as lines. */
export class RunningProcess {
  readonly child: ChildProcess
  /** performance.now() just before it was started. */
  readonly startedAtMs = performance.now()
  readonly stdout: string[] = []
  readonly stderr: string[] = []
  readonly #waiting = new Set<() => void>()
  #exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined

  constructor(command: string, args: readonly string[], options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string; readonly hasInput?: boolean } = {}) {
    this.child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: [options.hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe'] })
    running.add(this.child)
    this.#collect(this.child.stdout, this.stdout)
    this.#collect(this.child.stderr, this.stderr)
    this.child.once('error', error => {
      this.stderr.push(String(error))
      this.#exit = { code: -1, signal: null }
      this.#changed()
    })
    this.child.once('close', (code, signal) => {
      running.delete(this.child)
      this.#exit = { code, signal }
      this.#changed()
    })
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  get exit(): { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined {
    return this.#exit
  }

  get lines(): readonly string[] {
    return [...this.stdout, ...this.stderr]
  }

  /** Writes a line to its input, where it was started with one. */
  tell(line: string): void {
    this.child.stdin?.write(`${line}\n`)
  }

  /** The value of `look` once it is not undefined: asked again after each line and at the exit, when it must have one. */
  waitFor<T>(what: string, look: () => T | undefined, timeoutMs = 60_000): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const settle = (): boolean => {
      const value = look()
      if (value !== undefined) resolve(value)
      else if (this.#exit) reject(new Error(`${this.child.spawnfile} ended before ${what}:\n${this.lines.slice(-LINES_TOLD).join('\n')}`))
      else return false
      return true
    }
    if (settle()) return promise
    const again = (): void => void (settle() && done())
    const timer = setTimeout(() => {
      done()
      reject(new Error(`no ${what} after ${timeoutMs} ms:\n${this.lines.slice(-LINES_TOLD).join('\n')}`))
    }, timeoutMs)
    const done = (): void => {
      clearTimeout(timer)
      this.#waiting.delete(again)
    }
    this.#waiting.add(again)
    return promise
  }

  /** The first line, of either output, that `pattern` matches. */
  line(pattern: RegExp, timeoutMs?: number): Promise<string> {
    return this.waitFor(`line ${pattern}`, () => this.lines.find(line => pattern.test(line)), timeoutMs)
  }

  /** Sends a signal and waits for the end; its exit code, null when the signal ended it. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (!this.#exit) this.child.kill(signal)
    await this.waitFor('exit', () => this.#exit)
    return this.#exit?.code ?? null
  }

  #collect(stream: NodeJS.ReadableStream | null, lines: string[]): void {
    let rest = ''
    stream?.on('data', (bytes: Buffer) => {
      const parts = (rest + bytes.toString()).split('\n')
      rest = parts.pop() ?? ''
      lines.push(...parts)
      this.#changed()
    })
    stream?.on('end', () => void (rest && lines.push(rest)))
  }

  #changed(): void {
    for (const again of this.#waiting) again()
  }
}
