/** `npm run crash-test -- [--rounds 200] [--seed N]`: the crash loop by command. Exit code 1, and the data kept, when something was lost. */

import { parseArgs } from 'node:util'
import { crashLoop } from './crash-loop.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' }, seed: { type: 'string', default: String(Date.now() % 1_000_000) } } })
  const [rounds, seed] = [Number(values.rounds), Number(values.seed)]
  if (!(rounds >= 1) || !Number.isInteger(seed)) {
    say('npm run crash-test -- [--rounds N] [--seed N]')
    return 2
  }
  say(`seed ${seed}`)
  const totals = await crashLoop({ rounds, seed, say })
  say(
    `${totals.recordsAcknowledged} records and ${totals.commitsAcknowledged} commits acknowledged, ${totals.recordsStored} records stored, ${totals.kills} kills, ` +
      `${totals.restarts} restarts, the longest ${totals.worstRestartMs} ms, ${totals.halfWritten} batches half written, ${totals.setAside} files set aside`,
  )
  for (const finding of totals.findings) say(`WRONG: ${finding}`)
  if (totals.findings.length > 0) say(`seed ${seed}; the data is kept in ${totals.dataFolder}`)
  return totals.findings.length === 0 ? 0 : 1
}

// An exit ends the broker too; a signal alone would leave it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
process.exit(await main())
