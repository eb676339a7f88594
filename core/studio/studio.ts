/** The studio: the contract's implementation over one broker. It samples once a second, and serves each window's port. */

import type { Broker } from '../broker/broker.ts'
import type { Clock, Timer } from '../common/clock.ts'
import type { Disk } from '../common/disk.ts'
import type { Logger } from '../common/logger.ts'
import { brokersArea } from './brokers.ts'
import { CleaningWatch } from './cleaning-watch.ts'
import { studioContract, type StudioContract } from './contract/index.ts'
import { DamageWatch } from './damage-watch.ts'
import { EventLog } from './event-log.ts'
import { groupsArea } from './groups.ts'
import { GroupWatch } from './group-watch.ts'
import { localArea, type DiskSpace } from './local.ts'
import { messagesArea } from './messages.ts'
import type { HostFacts, NextBrokers, StudioParts } from './parts.ts'
import { Pulse } from './pulse.ts'
import type { Port } from './rpc/port.ts'
import { serveContract, type Implementation } from './rpc/serve.ts'
import type { Scan } from './scan/scan.ts'
import { topicsArea } from './topics.ts'
import { Traffic } from './traffic.ts'
import { TransactionWatch } from './transaction-watch.ts'
import { transactionsArea } from './transactions.ts'

export type { HostFacts, NextBrokers } from './parts.ts'

export type StudioOptions = {
  readonly broker: Broker
  readonly scan: Scan
  readonly disk: Disk
  readonly clock: Clock
  readonly logger: Logger
  readonly host: HostFacts
  /** Where the number of brokers is chosen in the window; not where it is said on a command line. */
  readonly nextBrokers?: NextBrokers
}

const SAMPLE_MS = 1000
/** Free space changes slowly, and asking takes a thread of the pool. */
const SAMPLES_PER_SPACE = 10

export class Studio {
  readonly implementation: Implementation<StudioContract>
  readonly #parts: StudioParts
  readonly #events: EventLog
  readonly #sessions = new Set<{ stop(): void }>()
  #space: DiskSpace = { freeBytes: 0 }
  #timer: Timer | undefined
  #samples = 0
  #sampledAt: number
  #isStopped = false

  constructor(options: StudioOptions) {
    const { broker, clock, logger, nextBrokers = null } = options
    const pulse = new Pulse(clock, logger)
    const cleaning = new CleaningWatch({ cleaner: broker.parts.cleaner, clock })
    const transactions = new TransactionWatch(broker)
    this.#parts = {
      ...options, nextBrokers, pulse, cleaning, transactions,
      damage: new DamageWatch(broker.taps), traffic: new Traffic(broker), groups: new GroupWatch(broker, transactions),
    }
    this.#events = new EventLog({ broker, clock, pulse })
    this.implementation = {
      local: localArea(this.#parts, this.#events, () => this.#space),
      topics: topicsArea(this.#parts),
      groups: groupsArea(this.#parts),
      messages: messagesArea(this.#parts),
      transactions: transactionsArea(this.#parts),
      brokers: brokersArea(this.#parts),
    }
    this.#sampledAt = clock.elapsed()
    void this.#lookAtSpace()
    this.#sampleLater()
  }

  /** Serves the contract on a window's port until either side closes it. */
  serve(port: Port): void {
    if (this.#isStopped) return port.close()
    const session = serveContract(studioContract, this.implementation, port, { logger: this.#parts.logger })
    this.#sessions.add(session)
    port.onClose(() => this.#sessions.delete(session))
  }

  /** Closes every window's port. The broker and the scan thread are their owner's to stop. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    for (const session of this.#sessions) session.stop()
    this.#events.stop()
    this.#parts.groups.stop()
    this.#parts.transactions.stop()
    this.#parts.damage.stop()
    this.#parts.pulse.stop()
  }

  #sampleLater(): void {
    this.#timer = this.#parts.clock.after(SAMPLE_MS, () => this.#sample())
  }

  #sample(): void {
    const { clock, traffic, groups, logger } = this.#parts
    this.#sampleLater()
    const now = clock.elapsed()
    const seconds = (now - this.#sampledAt) / 1000
    this.#sampledAt = now
    try {
      traffic.sample(clock.now(), seconds)
      groups.sample(seconds)
    } catch (error) {
      logger.error('a bug in the rates; a sample is missing', { error })
    }
    if (++this.#samples % SAMPLES_PER_SPACE === 0) void this.#lookAtSpace()
  }

  async #lookAtSpace(): Promise<void> {
    const { disk, broker, logger } = this.#parts
    try {
      this.#space = await disk.space(broker.dataFolder)
    } catch (error) {
      logger.debug('the free space of the data folder is not known', { error })
    }
  }
}

export function createStudio(options: StudioOptions): Studio {
  return new Studio(options)
}
