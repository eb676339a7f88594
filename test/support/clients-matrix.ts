/**
 * The matrix of client libraries: each is a program that plays one scenario against a broker, in its library's ordinary API, and says how
 * each step went. One vitest per step holds the result to what docs/clients.md says of it.
 *
 * A program is called with `matrix ADDRESS` after its own first arguments and prints one JSON object a line: first what it is,
 * `{"client":"sarama","version":"1.46.0","language":"Go"}`, then `{"step":"produce gzip","result":"passed"|"failed"|"absent","detail":"..."}` per
 * step, in any order; it exits with 0. A step checks what it did by reading back. `absent`: the library has no such feature; `detail` says
 * which it lacks ("transactions"); where it lacks a part only, the step passes with a detail that begins with "without ". A step that
 * fails says why, and the program goes on with the next. Timestamps that a program gives its records are of the last hours: retention.ms holds.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { run } from './clients-process.ts'
import { startTarget, type TestBroker, targetIsKafka } from './clients-target.ts'
import { skipped, testWithMade, type ToolName } from './clients-tools.ts'

/** The scenario, in the order of the table's columns. */
export const MATRIX_STEPS = [
  'produce none', 'produce gzip', 'produce snappy', 'produce lz4', 'produce zstd', 'idempotent produce',
  'group: two members join and leave', 'commit and resume', 'seek by time', 'consumer group protocol',
  'admin create', 'admin describe', 'admin alter', 'admin delete',
  'transaction commit and abort', 'consume-transform-produce', 'zombie fenced',
] as const

export type MatrixStep = typeof MATRIX_STEPS[number]
export type StepResult = { readonly result: 'passed' | 'failed' | 'absent'; readonly detail?: string }
export type MatrixResult = {
  readonly client: string
  readonly version: string
  readonly language: string
  /** What it is built on, where that is another library of the table: 'librdkafka 2.16.0'. */
  readonly on?: string
  readonly steps: Readonly<Partial<Record<MatrixStep, StepResult>>>
}

export type MatrixClient = {
  /** As its program says it. */
  readonly name: string
  /** As pinned: what its program must say. */
  readonly version: string
  readonly tools: readonly ToolName[]
  /** The program and its first arguments; installed or compiled into the cache folder when it is first asked for. */
  command(): Promise<readonly string[]>
  /** Steps that fail against Apache Kafka 4.3.1 in the same way, and why: the fault is the library's. The table shows them as failed. */
  readonly failsWithKafkaToo?: Readonly<Partial<Record<MatrixStep, string>>>
}

/** What the committed table was written from (build/clients-table.ts). */
export const resultsFile = join(import.meta.dirname, '..', 'clients', 'matrix', 'results.json')

export function committedResults(): readonly MatrixResult[] {
  return JSON.parse(readFileSync(resultsFile, 'utf8')) as MatrixResult[] // written by build/clients-table.ts
}

/** A program must end after this many milliseconds. */
const PATIENCE_MS = 200_000

/** Runs the programs of all the clients side by side against one broker, and declares a test per client and step. */
export async function describeMatrix(...clients: readonly MatrixClient[]): Promise<void> {
  const its = new Map<MatrixClient, Awaited<ReturnType<typeof testWithMade>>>()
  for (const client of clients) its.set(client, await testWithMade(() => client.command(), ...client.tools))
  let broker: TestBroker
  beforeAll(async () => {
    broker = await startTarget()
  })
  afterAll(() => broker?.dispose())

  const runs = new Map<MatrixClient, Promise<MatrixResult>>()
  /** All of them start with the first that is asked for; a client that is skipped is never asked for. */
  const resultOf = (client: MatrixClient): Promise<MatrixResult> => {
    const found = runs.get(client) ?? runMatrix(client, broker.address).then(result => kept(result, client))
    runs.set(client, found)
    return found
  }
  beforeAll(() => {
    for (const [client, it] of its) if (it !== skipped) resultOf(client).catch(() => undefined) // its own tests tell
  })

  describe.each(clients)('$name $version', client => {
    const it = its.get(client)
    if (!it) return
    it('is the version that is pinned', async () => {
      const { client: name, version } = await resultOf(client)
      expect({ name, version }).toEqual({ name: client.name, version: client.version })
    })
    for (const step of MATRIX_STEPS) {
      it(step, async () => {
        const seen: StepResult = (await resultOf(client)).steps[step] ?? { result: 'failed', detail: 'the program did not say' }
        expect(seen.result, seen.detail).toBe(expected(client, step))
      })
    }
  })
}

/** What the committed table says; a failure only where Apache Kafka has it too. */
function expected(client: MatrixClient, step: MatrixStep): StepResult['result'] {
  if (client.failsWithKafkaToo?.[step] !== undefined) return 'failed'
  const known = committedResults().find(({ client: name }) => name === client.name)?.steps[step]?.result
  return known === 'absent' ? 'absent' : 'passed'
}

/** Runs one program to its end. */
export async function runMatrix(client: MatrixClient, address: string): Promise<MatrixResult> {
  const [program = '', ...first] = await client.command()
  const ran = await run(program, [...first, 'matrix', address], { timeoutMs: PATIENCE_MS })
  return matrixResult(ran.stdout.toString())
}

/** With MILLRACE_CLIENTS_RESULTS set to a folder, what a program said is kept there for build/clients-table.ts. */
function kept(result: MatrixResult, client: MatrixClient): MatrixResult {
  const folder = process.env['MILLRACE_CLIENTS_RESULTS']
  if (folder && !targetIsKafka) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `${client.name.replaceAll(/[^\w.-]+/g, '-')}.json`), `${JSON.stringify(withReasons(result, client), null, 2)}\n`)
  }
  return result
}

/** What the program said, with the reason of the list above where a step fails against Apache Kafka too. */
function withReasons(result: MatrixResult, { failsWithKafkaToo = {} }: MatrixClient): MatrixResult {
  const reasons = Object.entries(failsWithKafkaToo).map(([step, reason]) => [step, { result: 'failed', detail: `with Apache Kafka too: ${reason}` }])
  return { ...result, steps: { ...result.steps, ...Object.fromEntries(reasons.filter(([step]) => result.steps[step as MatrixStep]?.result === 'failed')) } }
}

/** The lines of a program as one result. Throws at what is no line of the protocol above. */
export function matrixResult(output: string): MatrixResult {
  const steps: Partial<Record<MatrixStep, StepResult>> = {}
  let head: Omit<MatrixResult, 'steps'> | undefined
  for (const line of output.split('\n').filter(text => text.startsWith('{"'))) {
    const said = JSON.parse(line) as Record<string, string>
    if (said['client'] !== undefined) {
      const { client, version = '', language = '', on } = said
      head = { client, version, language, ...(on !== undefined && { on }) }
    } else {
      const { step, result, detail } = said
      if (!isStep(step)) throw new Error(`no step of the matrix: ${line}`)
      if (result !== 'passed' && result !== 'failed' && result !== 'absent') throw new Error(`no result of a step: ${line}`)
      steps[step] = { result, ...(detail && { detail }) }
    }
  }
  if (!head) throw new Error(`the program did not say what it is:\n${output.slice(-2000)}`)
  return { ...head, steps }
}

function isStep(name: string | undefined): name is MatrixStep {
  return MATRIX_STEPS.some(step => step === name)
}
