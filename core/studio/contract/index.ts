/** Everything the window can ask of the engine. */

import { brokers } from './brokers.ts'
import { groups } from './groups.ts'
import { local } from './local.ts'
import { messages } from './messages.ts'
import { topics } from './topics.ts'
import { transactions } from './transactions.ts'

export const studioContract = { local, topics, messages, groups, transactions, brokers } as const
export type StudioContract = typeof studioContract
