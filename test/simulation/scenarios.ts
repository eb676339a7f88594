/** The lives there are, by name. */

import { bootLife } from './lives/boot-life.ts'
import { brokerLife } from './lives/broker-life.ts'
import { compactionLife } from './lives/compaction-life.ts'
import { groupLife } from './lives/group-life.ts'
import { logLife } from './lives/log-life.ts'
import { transactionsLife } from './lives/transactions-life.ts'
import type { World } from './world.ts'

export const scenarios: Readonly<Record<string, (world: World) => Promise<void>>> = {
  log: logLife,
  broker: brokerLife({ hasDiskTrouble: false }),
  trouble: brokerLife({ hasDiskTrouble: true }),
  group: groupLife,
  compaction: compactionLife,
  boot: bootLife,
  transactions: transactionsLife,
}

/** In turn, the quick ones more often: which life a seed leads when none was named. */
const turns = ['log', 'broker', 'log', 'trouble', 'log', 'group', 'compaction', 'boot', 'transactions'] as const

export function scenarioOf(seed: number): string {
  return turns[seed % turns.length] ?? 'log'
}
