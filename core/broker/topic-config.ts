/** Topic configs of Kafka 4.3: names, types, defaults, validation, and the frozen form a partition holds. */

import type { LogConfig } from '../log/log-config.ts'
import type { ConfigDefinition, ConfigType } from './config-definition.ts'
import { type ConfigCheck, gzipLevel, isTruth, listOf, LONG_MAX, oneOf, ratio, throttled, toList, toNumber, truth, whole } from './config-values.ts'

export type TopicConfigDefinition = ConfigDefinition & { readonly default: string }

/** A batch's delete horizon is a point in time that is stored: this much from now is still an exact number. */
const DELETE_RETENTION_MS_MAX = 2 ** 52

const define = (name: string, type: ConfigType, byDefault: string, check: ConfigCheck, doc: string): TopicConfigDefinition =>
  ({ name, type, default: byDefault, problem: value => check(value, name), doc })
const tiered: ConfigCheck = (value, name) =>
  truth(value, name) ?? (isTruth(value) ? 'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.' : undefined)

/** In alphabetical order, as Kafka lists them. */
export const topicConfigs: readonly TopicConfigDefinition[] = [
  define('cleanup.policy', 'LIST', 'delete', listOf('compact', 'delete'), 'What happens to old segments: delete, compact, or both; empty keeps everything.'),
  define('compression.gzip.level', 'INT', '-1', gzipLevel, 'The compression level when compression.type is gzip.'),
  define('compression.lz4.level', 'INT', '9', whole(32, { min: 1n, max: 17n }), 'The compression level when compression.type is lz4.'),
  define('compression.type', 'STRING', 'producer', oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'), 'The codec of stored batches; producer keeps what the producer chose.'),
  define('compression.zstd.level', 'INT', '3', whole(32, { min: -131_072n, max: 22n }), 'The compression level when compression.type is zstd.'),
  define('delete.retention.ms', 'LONG', '86400000', whole(64, { min: 0n }), 'How long tombstones of a compacted topic are kept.'),
  define('file.delete.delay.ms', 'LONG', '60000', whole(64, { min: 0n }), 'The time to wait before a removed segment is unlinked.'),
  define('flush.messages', 'LONG', LONG_MAX, whole(64, { min: 1n }), 'Records after which a flush to disk is forced.'),
  define('flush.ms', 'LONG', LONG_MAX, whole(64, { min: 0n }), 'Time after which a flush to disk is forced.'),
  define('follower.replication.throttled.replicas', 'LIST', '', throttled, 'Replicas whose replication is throttled on the follower side.'),
  define('index.interval.bytes', 'INT', '4096', whole(32, { min: 0n }), 'How many bytes lie between two entries of the offset index.'),
  define('leader.replication.throttled.replicas', 'LIST', '', throttled, 'Replicas whose replication is throttled on the leader side.'),
  define('local.retention.bytes', 'LONG', '-2', whole(64, { min: -2n }), 'The size of local segments before tiered ones are deleted locally.'),
  define('local.retention.ms', 'LONG', '-2', whole(64, { min: -2n }), 'How long local segments are kept once tiered.'),
  define('max.compaction.lag.ms', 'LONG', LONG_MAX, whole(64, { min: 1n }), 'The longest a record stays ineligible for compaction.'),
  define('max.message.bytes', 'INT', '1048588', whole(32, { min: 0n }), 'The largest record batch allowed, after compression.'),
  define('message.timestamp.after.max.ms', 'LONG', '3600000', whole(64, { min: 0n }), 'How far a timestamp may lie ahead of the broker (KIP-1030).'),
  define('message.timestamp.before.max.ms', 'LONG', LONG_MAX, whole(64, { min: 0n }), 'How far a timestamp may lie behind the broker.'),
  define('message.timestamp.type', 'STRING', 'CreateTime', oneOf('CreateTime', 'LogAppendTime'), 'Whose clock a timestamp is from.'),
  define('min.cleanable.dirty.ratio', 'DOUBLE', '0.5', ratio, 'How much of a compacted log is dirty before it is cleaned.'),
  define('min.compaction.lag.ms', 'LONG', '0', whole(64, { min: 0n }), 'The shortest time a record stays uncompacted.'),
  define('min.insync.replicas', 'INT', '1', whole(32, { min: 1n }), 'Replicas that must acknowledge a write with acks=all.'),
  define('preallocate', 'BOOLEAN', 'false', truth, 'Whether segment files are preallocated.'),
  define('remote.log.copy.disable', 'BOOLEAN', 'false', truth, 'Whether tiered data becomes read-only.'),
  define('remote.log.delete.on.disable', 'BOOLEAN', 'false', truth, 'Whether tiered data is deleted when tiering is turned off.'),
  define('remote.storage.enable', 'BOOLEAN', 'false', tiered, 'Whether the topic is tiered.'),
  define('retention.bytes', 'LONG', '-1', whole(64), 'The size a partition may grow to before old segments are deleted; below 0 is no limit.'),
  define('retention.ms', 'LONG', '604800000', whole(64, { min: -1n }), 'How long records are kept; -1 is for ever.'),
  define('segment.bytes', 'INT', '1073741824', whole(32, { min: 1_048_576n }), 'The size of a segment file (at least 1 MiB since 4.0, KIP-1030).'),
  define('segment.index.bytes', 'INT', '10485760', whole(32, { min: 4n }), 'The size of an index file.'),
  define('segment.jitter.ms', 'LONG', '0', whole(64, { min: 0n }), 'The most that is taken at random from the time a segment rolls after.'),
  define('segment.ms', 'LONG', '604800000', whole(64, { min: 1n }), 'The time after which a segment rolls even when it is not full.'),
  define('unclean.leader.election.enable', 'BOOLEAN', 'false', truth, 'Whether replicas outside the ISR may be elected.'),
]

const definitions = new Map(topicConfigs.map(definition => [definition.name, definition]))

/**
 * The first problem with a set of topic configs, in Kafka's words; undefined when all are fine. Unknown names come first, then values one by
 * one, then what must fit together (LogConfig.validateValues), with the defaults for what is not set.
 */
export function topicConfigProblem(configs: Readonly<Record<string, string | null>>, brokerDefaults: Readonly<Record<string, string>> = {}): string | undefined {
  const unknown = Object.keys(configs).find(name => !definitions.has(name))
  if (unknown !== undefined) return unknownTopicConfig(unknown)
  for (const [name, value] of Object.entries(configs)) {
    if (value === null) return `Null value not supported for topic configs: ${name}`
    const problem = definitions.get(name)?.problem(value)
    if (problem !== undefined) return problem
  }
  const lag = (name: string): bigint => BigInt((configs[name] ?? brokerDefaults[name] ?? definitions.get(name)?.default ?? '0').trim().replace(/^\+/, ''))
  const [min, max] = [lag('min.compaction.lag.ms'), lag('max.compaction.lag.ms')]
  return min > max ? `conflict topic config setting min.compaction.lag.ms (${min}) > max.compaction.lag.ms (${max})` : undefined
}

function unknownTopicConfig(name: string): string {
  return `Unknown topic config name: ${name}`
}

/** What is wrong with one config of a topic, whatever the others are; undefined when it is fine. */
export function topicValueProblem(name: string, value: string): string | undefined {
  const definition = definitions.get(name)
  return definition ? definition.problem(value) : unknownTopicConfig(name)
}

/** The broker's config that gives a topic config its default, where the names differ (Kafka's ServerTopicConfigSynonyms). */
const brokerNames: Readonly<Record<string, string>> = {
  'cleanup.policy': 'log.cleanup.policy',
  'delete.retention.ms': 'log.cleaner.delete.retention.ms',
  'file.delete.delay.ms': 'log.segment.delete.delay.ms',
  'flush.messages': 'log.flush.interval.messages',
  'flush.ms': 'log.flush.interval.ms',
  'index.interval.bytes': 'log.index.interval.bytes',
  'max.compaction.lag.ms': 'log.cleaner.max.compaction.lag.ms',
  'max.message.bytes': 'message.max.bytes',
  'message.timestamp.after.max.ms': 'log.message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms': 'log.message.timestamp.before.max.ms',
  'message.timestamp.type': 'log.message.timestamp.type',
  'min.cleanable.dirty.ratio': 'log.cleaner.min.cleanable.ratio',
  'min.compaction.lag.ms': 'log.cleaner.min.compaction.lag.ms',
  preallocate: 'log.preallocate',
  'retention.bytes': 'log.retention.bytes',
  'retention.ms': 'log.retention.ms',
  'segment.bytes': 'log.segment.bytes',
  'segment.index.bytes': 'log.index.size.max.bytes',
  'segment.jitter.ms': 'log.roll.jitter.ms',
  'segment.ms': 'log.roll.ms',
}

/** What the broker calls the default of a topic config. */
export function brokerNameOf(topicConfig: string): string {
  return brokerNames[topicConfig] ?? topicConfig
}

/** The topic config that a broker config is the default of. */
export function topicConfigOf(brokerName: string): TopicConfigDefinition | undefined {
  return topicConfigs.find(({ name }) => brokerNameOf(name) === brokerName)
}

/**
 * The frozen, fully resolved config a partition holds: what was set, else the broker's default, else Kafka's. Values must have passed
 * `topicConfigProblem`.
 */
export function resolveLogConfig(configs: Readonly<Record<string, string>>, brokerDefaults: Readonly<Record<string, string>> = {}): LogConfig {
  const text = (name: string): string => configs[name] ?? brokerDefaults[name] ?? definitions.get(name)?.default ?? ''
  const number = (name: string): number => toNumber(text(name))
  return Object.freeze({
    segmentBytes: number('segment.bytes'),
    segmentMs: number('segment.ms'),
    segmentJitterMs: number('segment.jitter.ms'),
    segmentIndexBytes: number('segment.index.bytes'),
    indexIntervalBytes: number('index.interval.bytes'),
    maxMessageBytes: number('max.message.bytes'),
    retentionMs: number('retention.ms'),
    retentionBytes: number('retention.bytes'),
    cleanupPolicy: [...new Set(toList(text('cleanup.policy')).filter(word => word === 'delete' || word === 'compact'))],
    timestampType: text('message.timestamp.type') === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    timestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    timestampAfterMaxMs: number('message.timestamp.after.max.ms'),
    compressionType: text('compression.type') as LogConfig['compressionType'], // validated against that list
    compressionLevels: { gzip: number('compression.gzip.level'), lz4: number('compression.lz4.level'), zstd: number('compression.zstd.level') },
    minInsyncReplicas: number('min.insync.replicas'),
    deleteRetentionMs: Math.min(number('delete.retention.ms'), DELETE_RETENTION_MS_MAX),
    fileDeleteDelayMs: number('file.delete.delay.ms'),
    flushMessages: number('flush.messages'),
    flushMs: number('flush.ms'),
    preallocate: isTruth(text('preallocate')) === true,
    minCleanableDirtyRatio: number('min.cleanable.dirty.ratio'),
    minCompactionLagMs: number('min.compaction.lag.ms'),
    maxCompactionLagMs: number('max.compaction.lag.ms'),
  } satisfies LogConfig)
}
