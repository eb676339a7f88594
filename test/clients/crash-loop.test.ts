/** The crash loop of `npm run crash-test`, some rounds of it; and that it would see a loss. */

import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { crashLoop } from '../crash/crash-loop.ts'

const CI_ROUNDS = 20

test('through kills at any moment, in recovery and in a stop too, every acknowledged record and commit is kept', async () => {
  const lines: string[] = []
  const totals = await crashLoop({ rounds: CI_ROUNDS, seed: 5, say: line => lines.push(line) })
  expect({ findings: totals.findings, ...(totals.findings.length > 0 && { lines, kept: totals.dataFolder }) }).toEqual({ findings: [] })
  expect(totals.recordsStored).toBeGreaterThan(CI_ROUNDS * 500)
  expect(totals.kills).toBeGreaterThan(CI_ROUNDS / 2)
})

test('the crash loop sees it when acknowledged bytes are gone', async () => {
  const totals = await crashLoop({ rounds: 1, seed: 5, say: () => undefined, whileDown: loseBytes })
  rmSync(totals.dataFolder, { recursive: true, force: true })
  expect(totals.findings.join('\n')).toMatch(/acknowledged at \d+ and is not there|out of order|OUT_OF_ORDER/i)
})

/** Cuts the largest segment of a partition to half: more than what was under way at the kill, of which nobody had been told. */
function loseBytes(folder: string): void {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.name.endsWith('.log') && entry.parentPath.endsWith('crash-plain-0'))
  const [largest] = files.map(({ parentPath, name }) => join(parentPath, name)).sort((a, b) => statSync(b).size - statSync(a).size)
  if (largest !== undefined) truncateSync(largest, Math.floor(statSync(largest).size / 2))
}
