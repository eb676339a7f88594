/** Which seeds a simulation runs: those that ever failed, a fixed range, and as many more as SIMULATION_SEEDS asks for. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const FIXED = 60

export function seedsToRun(): number[] {
  const failed = readFileSync(join(import.meta.dirname, 'seeds.txt'), 'utf8').split('\n').filter(line => /^\d+$/.test(line)).map(Number)
  const count = FIXED + Number(process.env['SIMULATION_SEEDS'] ?? 0)
  return [...failed, ...Array.from({ length: count }, (_, index) => index + 1)]
}
