/**
 * `npm run simulate -- --seeds 100000 [--from N] [--scenario NAME] [--threads N]`: leads that many lives, in threads, and stops at the
 * first that fails, with its history. One life in 50 is led twice: both must be the same to the letter.
 */

import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { live, replayCommand } from './live.ts'
import { scenarios, scenarioOf } from './scenarios.ts'

/** Lives a thread takes at a time. */
const BLOCK = 10
const TWICE_EVERY = 50
const PROGRESS_MS = 2000

type Order = { readonly from: number; readonly to: number; readonly scenario: string | undefined }
type Report = { readonly lives: number; readonly failed?: { readonly scenario: string; readonly seed: number; readonly text: string } }

async function lead({ from, to, scenario }: Order): Promise<Report> {
  for (let seed = from; seed < to; seed++) {
    const name = scenario ?? scenarioOf(seed)
    const outcome = await live(name, seed)
    let problem = outcome.failure instanceof Error ? outcome.failure.stack ?? outcome.failure.message : outcome.failure
    if (problem === undefined && seed % TWICE_EVERY === 0) {
      const again = await live(name, seed)
      if (again.hash !== outcome.hash) problem = `the same seed gave two lives:\n${firstDifference(outcome.history, again.history)}`
    }
    if (problem !== undefined) return { lives: seed - from + 1, failed: { scenario: name, seed, text: `${outcome.history.join('\n')}\n\n${String(problem)}` } }
  }
  return { lives: to - from }
}

function firstDifference(one: readonly string[], two: readonly string[]): string {
  const at = one.findIndex((line, index) => line !== two[index])
  return `line ${at}:\n${one[at]}\n${two[at]}`
}

function work(): void {
  parentPort?.on('message', (order: Order) => void lead(order).then(report => parentPort?.postMessage(report)))
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { seeds: { type: 'string', default: '1000' }, from: { type: 'string', default: '1' }, scenario: { type: 'string' }, threads: { type: 'string' } },
  })
  const { scenario } = values
  if (scenario !== undefined && !scenarios[scenario]) throw new Error(`there is no scenario ${scenario}; there are ${Object.keys(scenarios).join(', ')}`)
  const from = Number(values.from)
  const count = Number(values.seeds)
  const threads = Math.min(Number(values.threads ?? availableParallelism()), Math.ceil(count / BLOCK))
  const startedAt = performance.now()
  const state = { next: from, lives: 0, failed: undefined as Report['failed'] }
  const say = (): void => {
    const seconds = (performance.now() - startedAt) / 1000
    process.stdout.write(`${state.lives} of ${count} lives, ${(state.lives / seconds).toFixed(0)} a second\n`)
  }
  const timer = setInterval(say, PROGRESS_MS)
  await Promise.all(Array.from({ length: threads }, () => drive(state, { to: from + count, scenario })))
  clearInterval(timer)
  say()
  if (!state.failed) return
  process.stdout.write(`\n${state.failed.text}\n\nseed ${state.failed.seed} of ${state.failed.scenario} fails; again: ${replayCommand(state.failed)}\n`)
  process.exitCode = 1
}

/** Keeps one thread busy until all is done or one life has failed. */
function drive(state: { next: number; lives: number; failed: Report['failed'] }, o: { readonly to: number; readonly scenario: string | undefined }): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { leads: true } })
  return new Promise((resolve, reject) => {
    const order = (): void => {
      if (state.failed || state.next >= o.to) return void worker.terminate().then(() => resolve())
      const to = Math.min(o.to, state.next + BLOCK)
      worker.postMessage({ from: state.next, to, scenario: o.scenario } satisfies Order)
      state.next = to
    }
    worker.on('error', reject)
    worker.on('message', (report: Report) => {
      state.lives += report.lives
      if (report.failed && (!state.failed || report.failed.seed < state.failed.seed)) state.failed = report.failed
      order()
    })
    order()
  })
}

if (isMainThread) await main()
else if ((workerData as { leads?: boolean } | null)?.leads) work() // what `drive` gave it
