/** What the parts of the group coordinator work with: its options, the stored state, and what each protocol needs of it. */

import type { Clock } from '../common/clock.ts'
import type { Logger } from '../common/logger.ts'
import type { Random } from '../common/random.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { KafkaError } from '../protocol/errors.ts'
import type { ClassicContext } from './classic-rebalance.ts'
import type { ConsumerContext, GroupTopics } from './consumer-context.ts'
import type { ConsumerGroupConfig, GroupConfig } from './group-config.ts'
import type { GroupStore } from './group-store.ts'

export type GroupCoordinatorOptions = {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Partitions of `__consumer_offsets`; a group's place depends on it, so it never changes. */
  readonly partitionCount: number
  /** The log of a partition of `__consumer_offsets`; undefined while there is none. */
  logOf(partition: number): PartitionLog | undefined
  /** Whether `__consumer_offsets` exists, be its logs open or not; without it, it does. */
  hasOffsetsTopic?(): boolean
  topicExists(topic: string, partition: number): boolean
  /** The id of a topic that exists: commits carry it, and an offset committed for an earlier topic of that name is not handed out. */
  topicIdOf?(topic: string): string | undefined
  /** The topics that consumer groups may be given; none unless told. */
  readonly topics?: GroupTopics
  /** What a group of the consumer protocol has of its own; the defaults unless told. */
  groupConfigOf?(groupId: string): ConsumerGroupConfig
  readonly config: GroupConfig
}

export type GroupParts = {
  readonly options: GroupCoordinatorOptions
  readonly store: GroupStore
  readonly classic: ClassicContext
  readonly consumer: ConsumerContext
}

/** Why no request for this group is served now; NONE when they are. */
export function refusalOf({ store }: GroupParts, groupId: string): KafkaError {
  return groupId === '' ? 'INVALID_GROUP_ID' : store.readiness(groupId)
}
