/** The lives there are, by name. */

import { brokerLife } from './lives/broker-life.ts'
import type { World } from './world.ts'

export const scenarios: Readonly<Record<string, (world: World) => Promise<void>>> = {
  broker: brokerLife({ hasDiskTrouble: false }),
  trouble: brokerLife({ hasDiskTrouble: true }),
}
