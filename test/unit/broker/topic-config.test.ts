import { expect, test } from 'vitest'
import { resolveLogConfig, topicConfigProblem, topicConfigs } from '../../../core/broker/topic-config.ts'
import { defaultLogConfig } from '../../../core/log/log-config.ts'

test('without settings a topic has the defaults of Kafka 4.3', () => {
  expect(resolveLogConfig({})).toEqual(defaultLogConfig)
})

test('every default passes its own check', () => {
  expect(topicConfigs.filter(({ default: value, problem }) => problem(value) !== undefined)).toEqual([])
})

test('the names are in order and without twins', () => {
  const names = topicConfigs.map(({ name }) => name)
  expect(names).toEqual([...new Set(names)].sort())
})

/** What Apache Kafka 4.3.1 answers to each of these at CreateTopics, with INVALID_CONFIG; null for those it takes. */
const answersOfKafka: [configs: Record<string, string | null>, answer: string | null][] = [
  [{ 'no.such.thing': '1' }, 'Unknown topic config name: no.such.thing'],
  [{ 'retention.ms': '-2', 'no.such.thing': '1' }, 'Unknown topic config name: no.such.thing'],
  [{ 'message.format.version': '3.0' }, 'Unknown topic config name: message.format.version'],
  [{ 'retention.ms': null }, 'Null value not supported for topic configs: retention.ms'],
  [{ 'retention.ms': '-2' }, 'Invalid value -2 for configuration retention.ms: Value must be at least -1'],
  [{ 'retention.ms': '-1' }, null],
  [{ 'retention.ms': '1.5' }, 'Invalid value 1.5 for configuration retention.ms: Not a number of type LONG'],
  [{ 'retention.ms': '' }, 'Invalid value  for configuration retention.ms: Not a number of type LONG'],
  [{ 'retention.ms': '0x10' }, 'Invalid value 0x10 for configuration retention.ms: Not a number of type LONG'],
  [{ 'retention.ms': '9223372036854775807' }, null],
  [{ 'retention.ms': '9223372036854775808' }, 'Invalid value 9223372036854775808 for configuration retention.ms: Not a number of type LONG'],
  [{ 'retention.bytes': '-3' }, null],
  [{ 'retention.ms': ' +007 ' }, null],
  [{ 'segment.ms': '0' }, 'Invalid value 0 for configuration segment.ms: Value must be at least 1'],
  [{ 'segment.bytes': '+5' }, 'Invalid value 5 for configuration segment.bytes: Value must be at least 1048576'],
  [{ 'segment.bytes': '1048575' }, 'Invalid value 1048575 for configuration segment.bytes: Value must be at least 1048576'],
  [{ 'segment.bytes': '1048576' }, null],
  [{ 'segment.bytes': '2147483648' }, 'Invalid value 2147483648 for configuration segment.bytes: Not a number of type INT'],
  [{ 'segment.index.bytes': '3' }, 'Invalid value 3 for configuration segment.index.bytes: Value must be at least 4'],
  [{ 'segment.jitter.ms': '-1' }, 'Invalid value -1 for configuration segment.jitter.ms: Value must be at least 0'],
  [{ 'segment.jitter.ms': '100', 'segment.ms': '10' }, null],
  [{ 'flush.messages': '0' }, 'Invalid value 0 for configuration flush.messages: Value must be at least 1'],
  [{ 'flush.ms': '0' }, null],
  [{ 'min.insync.replicas': '0' }, 'Invalid value 0 for configuration min.insync.replicas: Value must be at least 1'],
  [{ 'max.message.bytes': '0' }, null],
  [{ 'cleanup.policy': '' }, null],
  [{ 'cleanup.policy': 'compact, delete' }, null],
  [{ 'cleanup.policy': 'delete,delete' }, null],
  [{ 'cleanup.policy': 'delete,' }, "Configuration 'cleanup.policy' values must not be empty."],
  [{ 'cleanup.policy': 'shred' }, 'Invalid value shred for configuration cleanup.policy: String must be one of: compact, delete'],
  [{ 'compression.type': 'none' }, 'Invalid value none for configuration compression.type: String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer'],
  [{ 'compression.gzip.level': '0' }, 'Invalid value 0 for configuration compression.gzip.level: Value must be between 1 and 9 or equal to -1'],
  [{ 'compression.gzip.level': '-1' }, null],
  [{ 'compression.lz4.level': '18' }, 'Invalid value 18 for configuration compression.lz4.level: Value must be no more than 17'],
  [{ 'compression.zstd.level': '-131073' }, 'Invalid value -131073 for configuration compression.zstd.level: Value must be at least -131072'],
  [{ 'compression.zstd.level': '22' }, null],
  [{ 'min.cleanable.dirty.ratio': '1.1' }, 'Invalid value 1.1 for configuration min.cleanable.dirty.ratio: Value must be no more than 1'],
  [{ 'min.cleanable.dirty.ratio': '-0.1' }, 'Invalid value -0.1 for configuration min.cleanable.dirty.ratio: Value must be at least 0'],
  [{ 'min.cleanable.dirty.ratio': 'x' }, 'Invalid value x for configuration min.cleanable.dirty.ratio: Not a number of type DOUBLE'],
  [{ 'min.cleanable.dirty.ratio': '1e-3' }, null],
  [{ 'min.cleanable.dirty.ratio': '0.5f' }, null],
  [{ preallocate: 'TRUE' }, null],
  [{ preallocate: 'yes' }, 'Invalid value yes for configuration preallocate: Expected value to be either true or false'],
  [{ 'remote.storage.enable': 'true' }, 'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.'],
  [{ 'remote.log.copy.disable': 'true' }, null],
  [{ 'leader.replication.throttled.replicas': '0:1,1:1' }, null],
  [{ 'leader.replication.throttled.replicas': '*' }, null],
  [{ 'leader.replication.throttled.replicas': 'x' }, 'Invalid value [x] for configuration leader.replication.throttled.replicas: leader.replication.throttled.replicas must be the literal '
    + "'*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],..."],
  [{ 'min.compaction.lag.ms': '10', 'max.compaction.lag.ms': '5' }, 'conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)'],
  [{ 'min.compaction.lag.ms': '10', 'max.compaction.lag.ms': '10' }, null],
]

test.each(answersOfKafka)('%j is answered as Kafka answers it', (configs, answer) => {
  expect(topicConfigProblem(configs) ?? null).toBe(answer)
})

test('what must fit together is checked with the defaults of the broker', () => {
  expect(topicConfigProblem({ 'min.compaction.lag.ms': '10' }, { 'max.compaction.lag.ms': '5' }))
    .toBe('conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)')
})

test('numbers are read as Java reads them, and the greatest long is no bound', () => {
  const config = resolveLogConfig({ 'retention.ms': ' +007 ', 'min.cleanable.dirty.ratio': '0.25f', 'flush.ms': '9223372036854775807', 'delete.retention.ms': '9223372036854775807', preallocate: 'TRUE', 'cleanup.policy': 'delete,delete' })
  expect(config).toMatchObject({ retentionMs: 7, minCleanableDirtyRatio: 0.25, flushMs: Infinity, deleteRetentionMs: 2 ** 52, preallocate: true, cleanupPolicy: ['delete'] })
})

test('settings are resolved into the form a log holds', () => {
  const config = resolveLogConfig({ 'cleanup.policy': 'compact, delete', 'retention.ms': '-1', 'message.timestamp.type': 'LogAppendTime' })
  expect(config).toMatchObject({ cleanupPolicy: ['compact', 'delete'], retentionMs: -1, timestampType: 'LogAppendTime' })
  expect(Object.isFrozen(config)).toBe(true)
})
