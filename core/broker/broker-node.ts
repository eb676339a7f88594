/** One broker of those that this process is (architecture rule 8): who it is, and what it coordinates. */

import type { Clock } from '../common/clock.ts'
import type { Logger } from '../common/logger.ts'
import type { Random } from '../common/random.ts'
import { GroupCoordinator, type GroupTopic } from '../groups/group-coordinator.ts'
import { defaultTransactionConfig, TRANSACTION_TOPIC, TransactionCoordinator, type MarkerWriter } from '../transactions/transaction-coordinator.ts'
import type { BrokerConfig } from './broker-config.ts'
import type { DynamicConfigs } from './dynamic-configs.ts'
import type { Features } from './features.ts'
import { FetchSessions } from './fetch-sessions.ts'
import { groupSettings } from './group-settings.ts'
import { OFFSETS_TOPIC } from './offsets-topic.ts'
import type { PlacedNode } from './placement.ts'
import type { ProducerIds } from './producer-ids.ts'
import type { Topic, TopicRegistry } from './topic-registry.ts'

export type BrokerNode = {
  /** Kafka's node id, 1 for the only one. */
  readonly id: number
  readonly rack: string | null
  /** Coordinates the groups of the partitions of `__consumer_offsets` that this broker leads. */
  readonly groups: GroupCoordinator
  /** Coordinates the transactional ids of the partitions of `__transaction_state` that this broker leads. */
  readonly transactions: TransactionCoordinator
  /** The incremental fetch sessions that clients have with it. */
  readonly fetchSessions: FetchSessions
}

type NodeParts = {
  readonly topics: TopicRegistry
  readonly config: BrokerConfig
  readonly dynamicConfigs: DynamicConfigs
  readonly features: Features
  readonly producerIds: ProducerIds
  readonly markers: MarkerWriter
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export function makeNode({ id, rack }: PlacedNode, parts: NodeParts): BrokerNode {
  return {
    id, rack, groups: groupsOf(id, parts), transactions: transactionsOf(id, parts),
    fetchSessions: new FetchSessions({ clock: parts.clock, random: parts.random, slots: parts.dynamicConfigs.number('max.incremental.fetch.session.cache.slots', id) }),
  }
}

function groupsOf(id: number, { topics, config, dynamicConfigs, clock, random, logger }: NodeParts): GroupCoordinator {
  const groups = new GroupCoordinator({
    clock,
    random,
    logger,
    partitionCount: config.offsetsTopicPartitions,
    logOf: partition => topics.partition(OFFSETS_TOPIC, partition)?.logFor(id),
    hasOffsetsTopic: () => topics.get(OFFSETS_TOPIC) !== undefined,
    topicExists: (topic, partition) => topics.partition(topic, partition) !== undefined,
    topicIdOf: topic => topics.get(topic)?.record.topicId,
    topics: {
      byName: name => groupTopic(topics.get(name)),
      byId: topicId => groupTopic(topics.byId(topicId)),
      names: () => Array.from(topics.list(), ({ record }) => record.name),
    },
    groupConfigOf: groupId => dynamicConfigs.groupConfig(groupId, id),
    config: groupSettings(dynamicConfigs, id),
  })
  topics.onDeleted(({ name }) => groups.onTopicDeleted(name))
  return groups
}

function groupTopic(topic: Topic | undefined): GroupTopic | undefined {
  return topic && { topicId: topic.record.topicId, name: topic.record.name, partitionCount: topic.partitions.length }
}

function transactionsOf(id: number, { topics, config, dynamicConfigs, features, producerIds, markers, clock, logger }: NodeParts): TransactionCoordinator {
  const transactions = new TransactionCoordinator({
    clock,
    logger,
    partitionCount: config.transactionTopicPartitions,
    logOf: partition => topics.partition(TRANSACTION_TOPIC, partition)?.logFor(id),
    hasTopic: () => topics.get(TRANSACTION_TOPIC) !== undefined,
    transactionVersion: () => features.level('transaction.version'),
    newProducerId: () => producerIds.next(),
    markers,
    config: {
      ...defaultTransactionConfig,
      maxTimeoutMs: dynamicConfigs.number('transaction.max.timeout.ms', id),
      timeoutSweepMs: dynamicConfigs.number('transaction.abort.timed.out.transaction.cleanup.interval.ms', id),
      idExpirationMs: dynamicConfigs.number('transactional.id.expiration.ms', id),
      expirationSweepMs: dynamicConfigs.number('transaction.remove.expired.transaction.cleanup.interval.ms', id),
    },
  })
  topics.onDeleted(({ name }) => transactions.onTopicDeleted(name))
  return transactions
}
