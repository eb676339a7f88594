/** `npm run fuzz -- [--minutes N | --seconds N] [--seed N]`: hostile frames and requests against a broker of its own; a finding tells its seed. */

import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seconds: { type: 'string' }, seed: { type: 'string' } } })
const seconds = Number(values.seconds ?? Number(values.minutes ?? 1) * 60)
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000))
const say = (line: string): void => void process.stdout.write(`${line}\n`)

say(`seed ${seed}, ${seconds} s`)
try {
  say(JSON.stringify(await fuzz({ seconds, seed, say })))
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
