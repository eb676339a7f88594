/** Clients of a consistency run in a process of their own, which can be stopped, paused and killed: `client-process.ts SETTINGS`, until its input ends. */

import { seededRandom } from '../../core/common/random.ts'
import { Recorder } from '../support/consistency/recorder.ts'
import { kafkajsMember, kafkajsProducer, kafkajsTransactions, platformaticMember, platformaticProducer } from './library-roles.ts'
import { rawProcessor, rawProducer, rawReader, rawTransactions } from './raw-roles.ts'
import type { Role } from './role.ts'

export const roles = {
  kafkajsMember, kafkajsProducer, kafkajsTransactions, platformaticProducer, rawProducer,
  platformaticClassic: platformaticMember('classic'),
  platformaticConsumer: platformaticMember('consumer'),
  rawTransactions1: rawTransactions(1),
  rawTransactions2: rawTransactions(2),
  readsCommitted: rawReader('committed'),
  readsUncommitted: rawReader('uncommitted'),
  classicProcessor: rawProcessor('classic'),
  consumerProcessor: rawProcessor('consumer'),
} satisfies Readonly<Record<string, Role>>
export type RoleName = keyof typeof roles

export type ClientSettings = { readonly addresses: string; readonly folder: string; readonly seed: number; readonly place: string; readonly life: number; readonly roles: readonly RoleName[] }

/** A library may wait for good in its own close. What it had under way by then stays unknown. */
const LIBRARY_END_MS = 15_000

async function main(settings: ClientSettings): Promise<void> {
  const { addresses, folder, seed, place, life } = settings
  const state = { isOver: false }
  const late = Promise.withResolvers<void>()
  process.stdin.on('end', () => {
    state.isOver = true
    setTimeout(late.resolve, LIBRARY_END_MS)
  }).resume()
  // A library that fails outside of what was asked of it says nothing of the broker.
  process.on('unhandledRejection', cause => process.stderr.write(`unhandled: ${String(cause)}\n`))
  process.on('uncaughtException', cause => process.stderr.write(`uncaught: ${cause.stack}\n`))
  process.stdout.write('ready\n')
  await Promise.all(settings.roles.map(async (name, at) => {
    const recorder = new Recorder(folder, `${place}.${life}-${name}-${at}`)
    const work = roles[name]({ addresses, recorder, random: seededRandom(seed + at * 7919 + life * 104_729), place: `${place}-${at}`, isOver: () => state.isOver })
    await (/^(kafkajs|platformatic)/.test(name) ? Promise.race([work, late.promise]) : work)
    process.stdout.write(`${name} done\n`)
  }))
}

if (import.meta.main) {
  await main(JSON.parse(process.argv[2] ?? '') as ClientSettings)
  process.exit(0)
}
