/** The consistency runs of `npm run consistency`, half a minute of trouble each: many clients, and a checker that knows everything they were told. */

import { expect, test } from 'vitest'
import { consistencyRun } from '../consistency/consistency-run.ts'

const SECONDS = 30
const seed = Number(process.env['MILLRACE_SEED'] ?? 11)

test.for([1, 3])(`nothing is lost, doubled, reordered, skipped or half done with %i brokers that are killed, paused and stopped (MILLRACE_SEED=${seed})`, async brokerCount => {
  const lines: string[] = []
  const { violations, folder, clientProblems, troubles, ...figures } = await consistencyRun({ seconds: SECONDS, seed: seed + brokerCount, brokerCount, say: line => lines.push(line) })
  const shown = violations.map(({ rule, what, operations }) => ({ rule, what, operations: operations.map(operation => JSON.stringify(operation).slice(0, 500)) }))
  expect({ shown, ...(shown.length > 0 && { lines, kept: folder }) }).toEqual({ shown: [] })
  expect(troubles.kills).toBeGreaterThan(0)
  expect(figures.transactionsCommitted, clientProblems.join('\n')).toBeGreaterThan(20)
  expect(figures.processed).toBeGreaterThan(50)
  expect(figures.recordsPolled).toBeGreaterThan(figures.recordsAcknowledged)
})
