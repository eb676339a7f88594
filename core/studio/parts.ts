/** What every area of the studio works with. */

import type { Broker } from '../broker/broker.ts'
import type { Clock } from '../common/clock.ts'
import type { Disk } from '../common/disk.ts'
import type { Logger } from '../common/logger.ts'
import type { CleaningWatch } from './cleaning-watch.ts'
import type { LocalStatus } from './contract/local.ts'
import type { DamageWatch } from './damage-watch.ts'
import type { GroupWatch } from './group-watch.ts'
import type { Pulse } from './pulse.ts'
import type { Scan } from './scan/scan.ts'
import type { Traffic } from './traffic.ts'
import type { TransactionWatch } from './transaction-watch.ts'

/** What only the host of the engine knows. */
export type HostFacts = {
  /** Of Millrace. */
  readonly version: string
  readonly isTemporary: boolean
  readonly portTaken: LocalStatus['portTaken']
}

/** How many brokers the next start makes. */
export type NextBrokers = {
  readonly count: number
  choose(count: number): void
}

export type StudioParts = {
  readonly broker: Broker
  readonly scan: Scan
  readonly disk: Disk
  readonly clock: Clock
  readonly logger: Logger
  readonly host: HostFacts
  /** null where the number is not chosen in the window. */
  readonly nextBrokers: NextBrokers | null
  readonly pulse: Pulse
  readonly traffic: Traffic
  readonly groups: GroupWatch
  readonly transactions: TransactionWatch
  readonly cleaning: CleaningWatch
  readonly damage: DamageWatch
}
