/** The broker configs that have an effect here: set with --config, or at run time where Kafka allows that too. Those of logs follow from the topic configs. */

import type { BrokerConfigDefinition, ConfigType } from './config-definition.ts'
import { type ConfigCheck, decimal, listOf, oneOf, truth, whole } from './config-values.ts'
import { connectionsPerAddress } from './connection-limits.ts'

const define = (mode: BrokerConfigDefinition['mode']) => (name: string, type: ConfigType, byDefault: string | null, check: ConfigCheck, doc: string): BrokerConfigDefinition =>
  ({ name, type, default: byDefault, problem: value => check(value, name), doc, mode })
const start = define('start')
const live = define('live')
const int = (min: number): ConfigCheck => whole(32, { min: BigInt(min) })
const long = (min: number): ConfigCheck => whole(64, { min: BigInt(min) })

export const brokerConfigsHere: readonly BrokerConfigDefinition[] = [
  start('auto.create.topics.enable', 'BOOLEAN', 'true', truth, 'Whether asking for a topic that is missing makes it.'),
  start('auto.leader.rebalance.enable', 'BOOLEAN', 'true', truth, 'Whether partitions go back to their preferred leaders by themselves.'),
  define('shown')('broker.rack', 'STRING', null, () => undefined, 'The rack of the broker: --racks.'),
  start('connections.max.idle.ms', 'LONG', '600000', whole(64), 'A connection that has been silent for so long is closed.'),
  start('default.replication.factor', 'INT', '1', int(1), 'Replicas of a topic for which nobody says how many.'),
  start('delete.topic.enable', 'BOOLEAN', 'true', truth, 'Whether clients may delete topics.'),
  start('group.consumer.assignors', 'LIST', 'uniform,range', listOf('uniform', 'range'), 'How partitions are assigned in consumer groups; members who do not care get the first.'),
  live('group.consumer.assignment.interval.ms', 'INT', '1000', int(0), 'The least time between two assignments of a consumer group.'),
  start('group.consumer.heartbeat.interval.ms', 'INT', '5000', int(1), 'How often members of consumer groups are told to send a heartbeat.'),
  start('group.consumer.max.assignment.interval.ms', 'INT', '15000', int(0), 'The most that consumer.assignment.interval.ms of a group may be.'),
  start('group.consumer.max.heartbeat.interval.ms', 'INT', '15000', int(1), 'The most that consumer.heartbeat.interval.ms of a group may be.'),
  start('group.consumer.max.session.timeout.ms', 'INT', '60000', int(1), 'The most that consumer.session.timeout.ms of a group may be.'),
  start('group.consumer.max.size', 'INT', '2147483647', int(1), 'Members that a consumer group may have; 1000 at most here.'),
  start('group.consumer.migration.policy', 'STRING', 'bidirectional', oneOf('disabled', 'downgrade', 'upgrade', 'bidirectional'), 'Which way a group with members may change between the classic and the consumer protocol.'),
  start('group.consumer.min.assignment.interval.ms', 'INT', '0', int(0), 'The least that consumer.assignment.interval.ms of a group may be.'),
  start('group.consumer.min.heartbeat.interval.ms', 'INT', '5000', int(1), 'The least that consumer.heartbeat.interval.ms of a group may be.'),
  start('group.consumer.min.session.timeout.ms', 'INT', '45000', int(1), 'The least that consumer.session.timeout.ms of a group may be.'),
  start('group.consumer.session.timeout.ms', 'INT', '45000', int(1), 'A member of a consumer group that is silent for so long is out.'),
  start('group.initial.rebalance.delay.ms', 'INT', '3000', int(0), 'How long a new classic group waits for more members before its first rebalance.'),
  start('group.max.session.timeout.ms', 'INT', '1800000', whole(32), 'The longest session timeout that a member of a classic group may ask for.'),
  start('group.max.size', 'INT', '2147483647', int(1), 'Members that a classic group may have; 1000 at most here.'),
  start('group.min.session.timeout.ms', 'INT', '6000', whole(32), 'The shortest session timeout that a member of a classic group may ask for.'),
  start('leader.imbalance.check.interval.seconds', 'LONG', '300', long(1), 'How often partitions are looked at that others than their preferred leaders lead.'),
  live('log.cleaner.backoff.ms', 'LONG', '15000', long(0), 'The time between two looks for logs to compact, when there is none.'),
  live('log.cleaner.dedupe.buffer.size', 'LONG', '134217728', whole(64), 'The memory for the keys of a log that is being compacted.'),
  start('log.cleaner.enable', 'BOOLEAN', 'true', truth, 'Whether logs are compacted.'),
  live('log.cleaner.io.max.bytes.per.second', 'DOUBLE', '1.7976931348623157E308', decimal(1), 'The most that compaction reads and writes, together, in a second.'),
  start('log.initial.task.delay.ms', 'LONG', '30000', long(0), 'The time from the start to the first retention sweep.'),
  start('log.retention.check.interval.ms', 'LONG', '300000', long(1), 'How often logs are looked at for segments to delete.'),
  live('max.connections', 'INT', '2147483647', int(0), 'Connections at once; the next one waits until another has gone.'),
  live('max.connections.per.ip', 'INT', '2147483647', int(0), 'Connections at once from one address.'),
  live('max.connections.per.ip.overrides', 'STRING', '', connectionsPerAddress, 'The same for single addresses, or localhost: localhost:7,10.0.0.1:5.'),
  start('max.incremental.fetch.session.cache.slots', 'INT', '1000', int(0), 'Fetch sessions at once; without one a client sends full requests.'),
  start('num.partitions', 'INT', '1', int(1), 'Partitions of a topic for which nobody says how many.'),
  start('offset.metadata.max.bytes', 'INT', '4096', whole(32), 'The longest note a client may leave with a committed offset.'),
  start('offsets.retention.check.interval.ms', 'LONG', '600000', long(1), 'How often committed offsets are looked at for those to forget.'),
  start('offsets.retention.minutes', 'INT', '10080', int(1), 'How long the offsets of a group without members are kept.'),
  start('offsets.topic.num.partitions', 'INT', '50', int(1), 'Partitions of __consumer_offsets.'),
  live('producer.id.expiration.ms', 'INT', '86400000', int(1), 'A partition forgets a producer that has been silent for so long.'),
  start('replica.selector.class', 'STRING', null, () => undefined, 'How a leader chooses the replica a consumer is sent to: by its rack with org.apache.kafka.common.replica.RackAwareReplicaSelector.'),
  start('transaction.abort.timed.out.transaction.cleanup.interval.ms', 'INT', '10000', int(1), 'How often transactions are looked at for those past their timeout.'),
  start('transaction.max.timeout.ms', 'INT', '900000', int(1), 'The longest timeout that a transaction may ask for.'),
  live('transaction.partition.verification.enable', 'BOOLEAN', 'true', truth, 'Whether a write in a transaction is checked to belong to one that is open.'),
  start('transaction.remove.expired.transaction.cleanup.interval.ms', 'INT', '3600000', int(1), 'How often transactional ids are looked at for those to forget.'),
  start('socket.request.max.bytes', 'INT', '104857600', int(1), 'A longer request closes its connection.'),
  start('transaction.state.log.num.partitions', 'INT', '50', int(1), 'Partitions of __transaction_state.'),
  start('transactional.id.expiration.ms', 'INT', '604800000', int(1), 'A transactional id that has been unused for so long is forgotten.'),
]
