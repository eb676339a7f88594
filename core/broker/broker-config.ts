/** The broker's own settings, with Kafka's names and defaults (server.properties as Kafka ships it). */

import { brokerConfigs } from './broker-configs.ts'
import type { Configs } from './config-definition.ts'
import { brokerNameOf } from './topic-config.ts'

/** Java's greatest double, as it writes it. */
const DOUBLE_MAX = '1.7976931348623157E308'

export type BrokerConfig = {
  /** node.id: Kafka's shipped server.properties says 1. */
  readonly brokerId: number
  /** auto.create.topics.enable */
  readonly autoCreateTopics: boolean
  /** num.partitions */
  readonly numPartitions: number
  /** delete.topic.enable */
  readonly deleteTopics: boolean
  /** group.initial.rebalance.delay.ms: 0 in the server.properties that Kafka ships. */
  readonly groupInitialRebalanceDelayMs: number
  /** offsets.topic.num.partitions */
  readonly offsetsTopicPartitions: number
  /** transaction.state.log.num.partitions */
  readonly transactionTopicPartitions: number
  /** log.initial.task.delay.ms: from the start of the broker to its first retention sweep. */
  readonly retentionInitialDelayMs: number
  /** log.retention.check.interval.ms */
  readonly retentionCheckIntervalMs: number
  /** log.cleaner.enable: whether logs are compacted. */
  readonly cleanerEnabled: boolean
  /** log.cleaner.backoff.ms: between two looks for logs to compact, when there is none. */
  readonly cleanerBackoffMs: number
  /** log.cleaner.io.max.bytes.per.second: read and written together; Infinity for no limit. */
  readonly cleanerBytesPerSecond: number
  /** log.cleaner.dedupe.buffer.size: memory for the keys of a log that is being compacted. */
  readonly cleanerDedupeBytes: number
  /** What topic configs are that a topic does not set, by their topic names: `flush.messages` for log.flush.interval.messages. */
  readonly topicDefaults: Readonly<Record<string, string>>
  /** Every broker config that was set for the start, as text by its name: what is above, and those that others read from DynamicConfigs. */
  readonly settings: Configs
}

export const defaultBrokerConfig: BrokerConfig = {
  brokerId: 1,
  autoCreateTopics: true,
  numPartitions: 1,
  deleteTopics: true,
  groupInitialRebalanceDelayMs: 0,
  offsetsTopicPartitions: 50,
  transactionTopicPartitions: 50,
  retentionInitialDelayMs: 30_000,
  retentionCheckIntervalMs: 300_000,
  cleanerEnabled: true,
  cleanerBackoffMs: 15_000,
  cleanerBytesPerSecond: Infinity,
  cleanerDedupeBytes: 134_217_728,
  topicDefaults: {},
  settings: {},
}

/** Partitions of the topics that coordinators keep: what they hold is spread over so many, so that they never change. */
export function internalPartitions(config: BrokerConfig): ReadonlyMap<string, number> {
  return new Map([['__consumer_offsets', config.offsetsTopicPartitions], ['__transaction_state', config.transactionTopicPartitions]])
}

export type BrokerFacts = { readonly nodeId: number; readonly rack: string | null; readonly listeners: readonly string[]; readonly logFolder: string }

/** The same with as many partitions as those topics have that exist: whatever the config says by now, their coordinators go by what they wrote. */
export function withTopicsAsTheyAre(config: BrokerConfig, topics: readonly { readonly name: string; readonly partitionCount: number }[]): BrokerConfig {
  const countOf = (name: string): number | undefined => topics.find(topic => topic.name === name)?.partitionCount
  return {
    ...config,
    offsetsTopicPartitions: countOf('__consumer_offsets') ?? config.offsetsTopicPartitions,
    transactionTopicPartitions: countOf('__transaction_state') ?? config.transactionTopicPartitions,
  }
}

/** What a broker knows of itself once it runs, by broker config names. */
export function brokerFacts({ nodeId, rack, listeners, logFolder }: BrokerFacts): Configs {
  return {
    ...(rack === null ? {} : { 'broker.rack': rack }),
    'broker.id': String(nodeId),
    listeners: listeners.map(address => `PLAINTEXT://${address}`).join(','),
    'log.dirs': logFolder,
    'node.id': String(nodeId),
  }
}

/** Typed settings as text, by Kafka's names: those that are not Kafka's default were set at the start, as server.properties would. */
const typed: Readonly<Record<string, (config: BrokerConfig) => string>> = {
  'auto.create.topics.enable': config => String(config.autoCreateTopics),
  'delete.topic.enable': config => String(config.deleteTopics),
  'group.initial.rebalance.delay.ms': config => String(config.groupInitialRebalanceDelayMs),
  'log.cleaner.backoff.ms': config => String(config.cleanerBackoffMs),
  'log.cleaner.dedupe.buffer.size': config => String(config.cleanerDedupeBytes),
  'log.cleaner.enable': config => String(config.cleanerEnabled),
  'log.cleaner.io.max.bytes.per.second': ({ cleanerBytesPerSecond: bytes }) => (bytes === Infinity ? DOUBLE_MAX : String(bytes)),
  'log.initial.task.delay.ms': config => String(config.retentionInitialDelayMs),
  'log.retention.check.interval.ms': config => String(config.retentionCheckIntervalMs),
  'num.partitions': config => String(config.numPartitions),
  'offsets.topic.num.partitions': config => String(config.offsetsTopicPartitions),
  'transaction.state.log.num.partitions': config => String(config.transactionTopicPartitions),
}

/** What the brokers were started with, by broker config names, as DescribeConfigs tells it apart from defaults (STATIC_BROKER_CONFIG). */
export function staticConfigs(config: BrokerConfig): Configs {
  const statics: Record<string, string> = {
    'process.roles': 'broker,controller',
    'share.coordinator.state.topic.min.isr': '1',
    'transaction.state.log.min.isr': '1',
  }
  for (const [name, textOf] of Object.entries(typed)) {
    const value = textOf(config)
    if (value !== brokerConfigs.get(name)?.default) statics[name] = value
  }
  for (const [name, value] of Object.entries(config.topicDefaults)) statics[brokerNameOf(name)] = value
  return { ...statics, ...config.settings }
}
