/** The consistency runs of `npm run consistency`, half a minute of trouble each: many clients, and a checker that knows everything they were told. */

import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
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

test('a consistency run sees it when acknowledged bytes are gone', async () => {
  const { violations, folder, troubles } = await consistencyRun({ seconds: 10, seed: 5, brokerCount: 1, say: () => undefined, whileDown: loseBytes })
  rmSync(folder, { recursive: true, force: true })
  expect(troubles.kills).toBeGreaterThan(0)
  expect([...new Set(violations.map(({ rule }) => rule))]).toEqual(expect.arrayContaining(['inconsistent offset', 'lost write']))
})

/** Cuts the end off the logs of a topic: more than what was under way at the kill, of which nobody had been told. */
function loseBytes(folder: string): void {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.name.endsWith('.log') && /plain-\d$/.test(entry.parentPath))
  for (const { parentPath, name } of files) truncateSync(join(parentPath, name), Math.floor(statSync(join(parentPath, name)).size / 2))
}
