/**
 * `npm run consistency -- [--minutes 5] [--seed N] [--brokers 1|3]`: a consistency run by command; `--check FOLDER` looks at a recorded
 * history again. Exit code 1, and the history kept, when something was found.
 */

import { parseArgs } from 'node:util'
import { check } from '../support/consistency/checker.ts'
import type { Violation } from '../support/consistency/history.ts'
import { consistencyRun, countsOf, EXACTLY_ONCE, readHistory } from './consistency-run.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string', default: String(Date.now() % 1_000_000) }, brokers: { type: 'string' }, check: { type: 'string' } },
  })
  if (values.check !== undefined) {
    const operations = readHistory(values.check)
    say(JSON.stringify(countsOf(operations)))
    return report(check(operations, { exactlyOnce: EXACTLY_ONCE }))
  }
  const [minutes, seed, brokers] = [Number(values.minutes), Number(values.seed), values.brokers === undefined ? undefined : Number(values.brokers)]
  if (!(minutes > 0) || !Number.isInteger(seed) || (brokers !== undefined && !(brokers >= 1 && brokers <= 9))) {
    say('npm run consistency -- [--minutes N] [--seed N] [--brokers N] | --check FOLDER')
    return 2
  }
  const { violations, folder, clientProblems, ...figures } = await consistencyRun({ seconds: minutes * 60, seed, say, ...(brokers !== undefined && { brokerCount: brokers }) })
  say(JSON.stringify({ ...figures, clientProblems: clientProblems.length }))
  const code = report(violations)
  if (code !== 0) say(`seed ${seed}; the history is kept in ${folder}: npm run consistency -- --check ${folder}`)
  return code
}

function report(violations: readonly Violation[]): number {
  for (const { rule, what, operations } of violations) {
    say(`VIOLATION ${rule}: ${what}`)
    for (const operation of operations) say(`  ${JSON.stringify(operation).slice(0, 600)}`)
  }
  say(`${violations.length} violations`)
  return violations.length === 0 ? 0 : 1
}

// An exit ends the broker and the clients too; a signal alone would leave them.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
process.exit(await main())
