/** What a handler may use of the broker. */

import type { Clock } from '../common/clock.ts'
import type { Logger } from '../common/logger.ts'
import type { Random } from '../common/random.ts'
import type { LogCleaner } from '../log/log-cleaner.ts'
import type { LogSweeps } from '../log/log-sweeps.ts'
import type { Api } from '../protocol/schema.ts'
import type { AdminParts } from './admin-parts.ts'
import type { BrokerConfig } from './broker-config.ts'
import type { BrokerNode } from './broker-node.ts'
import type { Cluster } from './cluster.ts'
import type { ContainerAccess } from './container-access.ts'
import type { CoordinatorTopic } from './coordinator-topic.ts'
import type { DurableAcks } from './durable-acks.ts'
import type { DynamicConfigs } from './dynamic-configs.ts'
import type { MarkerWriter } from './marker-writer.ts'
import type { ParkedFetches } from './parked-fetches.ts'
import type { ProducerIds } from './producer-ids.ts'
import type { Taps } from './taps.ts'
import type { TopicRegistry } from './topic-registry.ts'

export type BrokerParts = AdminParts & {
  /** The APIs that have a handler, in the order of their keys: what dispatch serves is what ApiVersions lists. */
  readonly apis: readonly Api[]
  /** Of the first broker; what a handler answers as is `node.id`. */
  readonly brokerId: number
  /** The brokers that this process is, by their ids. */
  readonly nodes: ReadonlyMap<number, BrokerNode>
  /** Who of them is up, and where clients reach them. */
  readonly cluster: Cluster
  readonly clusterId: string
  /** The listener for containers, off or on. */
  readonly containers: ContainerAccess
  readonly config: BrokerConfig
  readonly topics: TopicRegistry
  readonly sweeps: LogSweeps
  readonly cleaner: LogCleaner
  /** `__consumer_offsets` and `__transaction_state`. */
  readonly offsets: CoordinatorTopic
  readonly transactionState: CoordinatorTopic
  readonly durableAcks: DurableAcks
  /** Configs of brokers, groups and client metrics, resolved. */
  readonly dynamicConfigs: DynamicConfigs
  readonly producerIds: ProducerIds
  readonly markers: MarkerWriter
  readonly parked: ParkedFetches
  readonly taps: Taps
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}
