/** The broker's own settings, with Kafka's names and defaults (server.properties as Kafka ships it). */

import { brokerNameOf, topicConfigs, type ConfigType } from './topic-config.ts'

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
  /** max.incremental.fetch.session.cache.slots: fetch sessions of one broker. */
  readonly fetchSessionSlots: number
  /** What topic configs are that a topic does not set, by their topic names: `flush.messages` for log.flush.interval.messages. */
  readonly topicDefaults: Readonly<Record<string, string>>
}

export const defaultBrokerConfig: BrokerConfig = {
  brokerId: 1,
  autoCreateTopics: true,
  numPartitions: 1,
  deleteTopics: true,
  groupInitialRebalanceDelayMs: 0,
  offsetsTopicPartitions: 50,
  retentionInitialDelayMs: 30_000,
  retentionCheckIntervalMs: 300_000,
  cleanerEnabled: true,
  cleanerBackoffMs: 15_000,
  cleanerBytesPerSecond: Infinity,
  cleanerDedupeBytes: 134_217_728,
  fetchSessionSlots: 1000,
  topicDefaults: {},
}

export type BrokerConfigRow = { readonly name: string; readonly value: string; readonly type: ConfigType; readonly isStatic: boolean; readonly doc: string }

/** The settings as DescribeConfigs of a BROKER resource shows them. */
export function describeBrokerConfig(config: BrokerConfig): BrokerConfigRow[] {
  const row = (name: string, value: string | number | boolean, type: ConfigType, doc: string, isStatic = false): BrokerConfigRow =>
    ({ name, value: String(value), type, isStatic, doc })
  const ofTopics = topicConfigs.map(({ name, type, default: byDefault, doc }) =>
    row(brokerNameOf(name), config.topicDefaults[name] ?? byDefault, type, `For topics that do not set ${name}: ${doc}`, name in config.topicDefaults))
  const ofBroker = [
    row('auto.create.topics.enable', config.autoCreateTopics, 'BOOLEAN', 'Enable auto creation of topic on the server.'),
    row('broker.id', config.brokerId, 'INT', 'The broker id for this server.', true),
    row('default.replication.factor', 1, 'INT', 'The replication factor for automatically created topics.'),
    row('delete.topic.enable', config.deleteTopics, 'BOOLEAN', 'When true, topics can be deleted by the admin client.'),
    row('group.initial.rebalance.delay.ms', config.groupInitialRebalanceDelayMs, 'INT', 'Time the coordinator waits for more members to join a new group before the first rebalance.', true),
    row('group.max.session.timeout.ms', 1_800_000, 'INT', 'The maximum allowed session timeout for registered consumers.'),
    row('group.min.session.timeout.ms', 6000, 'INT', 'The minimum allowed session timeout for registered consumers.'),
    row('log.cleaner.backoff.ms', config.cleanerBackoffMs, 'LONG', 'The time between two looks for logs to compact, when there is none.', true),
    row('log.cleaner.dedupe.buffer.size', config.cleanerDedupeBytes, 'LONG', 'The memory for the keys of a log that is being compacted.', true),
    row('log.cleaner.enable', config.cleanerEnabled, 'BOOLEAN', 'Whether logs are compacted.', true),
    row('log.cleaner.io.max.bytes.per.second', config.cleanerBytesPerSecond === Infinity ? Number.MAX_VALUE : config.cleanerBytesPerSecond, 'DOUBLE', 'The most that compaction reads and writes, together, in a second.', true),
    row('log.initial.task.delay.ms', config.retentionInitialDelayMs, 'LONG', 'The time from the start to the first retention sweep.', true),
    row('log.retention.check.interval.ms', config.retentionCheckIntervalMs, 'LONG', 'How often logs are looked at for segments to delete.', true),
    row('node.id', config.brokerId, 'INT', 'The node id of this server.', true),
    row('num.partitions', config.numPartitions, 'INT', 'The default number of log partitions per topic.'),
    row('offset.metadata.max.bytes', 4096, 'INT', 'The maximum size of the metadata that a client may attach to an offset commit.'),
    row('offsets.retention.minutes', 10_080, 'INT', 'How long committed offsets of an empty group are kept.'),
    row('offsets.topic.num.partitions', config.offsetsTopicPartitions, 'INT', 'The number of partitions of the offset commit topic.', true),
    row('process.roles', 'broker,controller', 'LIST', 'The roles that this process plays.', true),
    row('socket.request.max.bytes', 104_857_600, 'INT', 'The maximum number of bytes in a socket request.'),
  ]
  return [...ofBroker, ...ofTopics.filter(({ name }) => isBrokerConfig(name))].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Topic configs without a counterpart among Kafka's broker configs. */
function isBrokerConfig(name: string): boolean {
  return !/^(follower|leader)\.replication\.throttled|^remote\.|^local\.retention/.test(name)
}
