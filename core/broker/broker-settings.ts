/** Broker configs as text, `log.retention.ms=60000`, checked and put where they belong: for the command line and the tests. */

import type { BrokerConfig } from './broker-config.ts'
import { brokerConfigs } from './broker-configs.ts'
import { brokerConflict } from './broker-conflicts.ts'
import { isTruth, toNumber } from './config-values.ts'
import { topicConfigOf, topicConfigProblem } from './topic-config.ts'

/** Settings that parts of the broker take when they are made; what can change at run time is read from DynamicConfigs. */
const typed: Readonly<Record<string, (value: string) => Partial<BrokerConfig>>> = {
  'auto.create.topics.enable': value => ({ autoCreateTopics: isTruth(value) === true }),
  'delete.topic.enable': value => ({ deleteTopics: isTruth(value) === true }),
  'group.initial.rebalance.delay.ms': value => ({ groupInitialRebalanceDelayMs: toNumber(value) }),
  'log.cleaner.backoff.ms': value => ({ cleanerBackoffMs: toNumber(value) }),
  'log.cleaner.dedupe.buffer.size': value => ({ cleanerDedupeBytes: toNumber(value) }),
  'log.cleaner.enable': value => ({ cleanerEnabled: isTruth(value) === true }),
  'log.cleaner.io.max.bytes.per.second': value => ({ cleanerBytesPerSecond: toNumber(value) }),
  'log.initial.task.delay.ms': value => ({ retentionInitialDelayMs: toNumber(value) }),
  'log.retention.check.interval.ms': value => ({ retentionCheckIntervalMs: toNumber(value) }),
  'num.partitions': value => ({ numPartitions: toNumber(value) }),
  'offsets.topic.num.partitions': value => ({ offsetsTopicPartitions: toNumber(value) }),
  'transaction.state.log.num.partitions': value => ({ transactionTopicPartitions: toNumber(value) }),
}

/** The config that `pairs` (`name=value`) make, or what is wrong with the first that cannot be. */
export function parseBrokerSettings(pairs: readonly string[]): { readonly config: Partial<BrokerConfig> } | { readonly problem: string } {
  let config: Partial<BrokerConfig> = {}
  const topicDefaults: Record<string, string> = {}
  const settings: Record<string, string> = {}
  for (const pair of pairs) {
    if (brokerConfigs.has(pair)) return { problem: `${pair}: expected NAME=VALUE, as in log.retention.ms=3600000` }
    const [, name = '', value = ''] = /^([^=]+)=(.*)$/.exec(pair) ?? []
    const definition = brokerConfigs.get(name)
    if (!definition || definition.mode === 'shown') return { problem: `${pair}: there is no broker config ${name || pair} that can be set here` }
    const problem = definition.problem(value)
    if (problem !== undefined) return { problem: `${pair}: ${problem}` }
    config = { ...config, ...typed[name]?.(value) }
    const topicConfig = topicConfigOf(name)
    if (topicConfig) topicDefaults[topicConfig.name] = value
    settings[name] = value
  }
  const conflict = topicConfigProblem(topicDefaults) ?? brokerConflict(name => settings[name] ?? brokerConfigs.get(name)?.default ?? null)
  if (conflict !== undefined) return { problem: conflict }
  return { config: { ...config, topicDefaults, settings } }
}
