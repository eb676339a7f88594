/** The broker's own settings, with Kafka's names and defaults (server.properties as Kafka ships it). */

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
}

export const defaultBrokerConfig: BrokerConfig = {
  brokerId: 1,
  autoCreateTopics: true,
  numPartitions: 1,
  deleteTopics: true,
  groupInitialRebalanceDelayMs: 0,
  offsetsTopicPartitions: 50,
}

export type BrokerConfigRow = { readonly name: string; readonly value: string; readonly type: ConfigType; readonly isStatic: boolean; readonly doc: string }

/** Kafka's ConfigType codes in DescribeConfigs answers. */
export const configTypes = { BOOLEAN: 1, STRING: 2, INT: 3, SHORT: 4, LONG: 5, DOUBLE: 6, LIST: 7, CLASS: 8, PASSWORD: 9 } as const
export type ConfigType = keyof typeof configTypes

/** The settings as DescribeConfigs of a BROKER resource shows them. */
export function describeBrokerConfig(config: BrokerConfig): BrokerConfigRow[] {
  const row = (name: string, value: string | number | boolean, type: ConfigType, doc: string, isStatic = false): BrokerConfigRow =>
    ({ name, value: String(value), type, isStatic, doc })
  return [
    row('auto.create.topics.enable', config.autoCreateTopics, 'BOOLEAN', 'Enable auto creation of topic on the server.'),
    row('broker.id', config.brokerId, 'INT', 'The broker id for this server.', true),
    row('compression.type', 'producer', 'STRING', 'The final compression type for a given topic; producer keeps the codec of the producer.'),
    row('default.replication.factor', 1, 'INT', 'The replication factor for automatically created topics.'),
    row('delete.topic.enable', config.deleteTopics, 'BOOLEAN', 'When true, topics can be deleted by the admin client.'),
    row('group.initial.rebalance.delay.ms', config.groupInitialRebalanceDelayMs, 'INT', 'Time the coordinator waits for more members to join a new group before the first rebalance.', true),
    row('group.max.session.timeout.ms', 1_800_000, 'INT', 'The maximum allowed session timeout for registered consumers.'),
    row('group.min.session.timeout.ms', 6000, 'INT', 'The minimum allowed session timeout for registered consumers.'),
    row('log.cleanup.policy', 'delete', 'LIST', 'The default cleanup policy for segments beyond the retention window.'),
    row('log.retention.bytes', -1, 'LONG', 'The maximum size of the log before deleting it.'),
    row('log.retention.ms', 604_800_000, 'LONG', 'The number of milliseconds to keep a log file before deleting it.'),
    row('log.segment.bytes', 1_073_741_824, 'INT', 'The maximum size of a single log file.'),
    row('message.max.bytes', 1_048_588, 'INT', 'The largest record batch size allowed, after compression.'),
    row('min.insync.replicas', 1, 'INT', 'Replicas that must acknowledge a write with acks=all.'),
    row('node.id', config.brokerId, 'INT', 'The node id of this server.', true),
    row('num.partitions', config.numPartitions, 'INT', 'The default number of log partitions per topic.'),
    row('offset.metadata.max.bytes', 4096, 'INT', 'The maximum size of the metadata that a client may attach to an offset commit.'),
    row('offsets.retention.minutes', 10_080, 'INT', 'How long committed offsets of an empty group are kept.'),
    row('offsets.topic.num.partitions', config.offsetsTopicPartitions, 'INT', 'The number of partitions of the offset commit topic.', true),
    row('process.roles', 'broker,controller', 'LIST', 'The roles that this process plays.', true),
    row('socket.request.max.bytes', 104_857_600, 'INT', 'The maximum number of bytes in a socket request.'),
  ]
}
