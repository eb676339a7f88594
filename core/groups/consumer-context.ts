/** What the consumer protocol (KIP-848) needs of its coordinator. */

import type { Clock } from '../common/clock.ts'
import type { Logger } from '../common/logger.ts'
import type { KafkaError } from '../protocol/errors.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import type { ConsumerGroupConfig, GroupConfig } from './group-config.ts'
import type { GroupRecord } from './stored.ts'

export type GroupTopic = { readonly topicId: string; readonly name: string; readonly partitionCount: number }

/** The topics there are. */
export type GroupTopics = {
  byName(name: string): GroupTopic | undefined
  byId(topicId: string): GroupTopic | undefined
  names(): Iterable<string>
}

export type ConsumerContext = {
  readonly config: GroupConfig
  readonly clock: Clock
  readonly logger: Logger
  readonly topics: GroupTopics
  /** When the last topic was made, ms since the epoch, or the coordinator started: patterns resolved before then are resolved anew. */
  newTopicAtMs(): number
  groupConfigOf(groupId: string): ConsumerGroupConfig
  group(groupId: string): ConsumerGroup | undefined
  /** Appends, then applies; on an error nothing was applied. */
  write(groupId: string, records: readonly GroupRecord[]): KafkaError
  /** As `write`, in as many batches as it takes. */
  writeInParts(groupId: string, records: readonly GroupRecord[]): KafkaError
  newMemberId(): string
  /** What becomes of a group when these members go and only members of the classic protocol stay; undefined when it stays a consumer group. */
  downgrade(group: ConsumerGroup, leaving: readonly ConsumerMember[]): KafkaError | undefined
}
