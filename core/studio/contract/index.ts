/** Everything the window can ask of the engine. */

import { groups } from './groups.ts'
import { local } from './local.ts'
import { messages } from './messages.ts'
import { topics } from './topics.ts'

export const studioContract = { local, topics, messages, groups } as const
export type StudioContract = typeof studioContract
