/** Seeds that once failed, and the lives that CI leads on top of them. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'vitest'
import { live, type Outcome, replayCommand } from './live.ts'

const BLOCK = 25
const HISTORY_SHOWN = 60

function keptSeeds(scenario: string): number[] {
  const lines = readFileSync(join(import.meta.dirname, 'seeds.txt'), 'utf8').split('\n')
  return lines.map(line => line.split(' ')).filter(([name, seed]) => name === scenario && /^\d+$/.test(seed ?? '')).map(([, seed]) => Number(seed))
}

/** Throws with the end of the history and the command that leads this life again. */
export function mustHold(outcome: Outcome): void {
  if (outcome.failure === undefined) return
  throw new Error(`seed ${outcome.seed} of ${outcome.scenario} fails\n${outcome.history.slice(-HISTORY_SHOWN).join('\n')}\n\nagain: ${replayCommand(outcome)}`, { cause: outcome.failure })
}

/** Tests for the seeds that once failed, and for `count` more from 1 on. */
export function testLives(scenario: string, count: number): void {
  for (const seed of keptSeeds(scenario)) test(`${scenario}: seed ${seed}, which once failed, holds`, async () => mustHold(await live(scenario, seed)))
  for (let from = 1; from <= count; from += BLOCK) {
    const to = Math.min(count, from + BLOCK - 1)
    test(`${scenario}: seeds ${from} to ${to} hold`, async () => {
      for (let seed = from; seed <= to; seed++) mustHold(await live(scenario, seed))
    })
  }
}
