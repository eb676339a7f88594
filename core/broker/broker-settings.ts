/** Broker configs as text, `log.retention.ms=60000`, checked and put where they belong: for the command line and the tests. */

import type { BrokerConfig } from './broker-config.ts'
import { topicConfigOf, topicConfigProblem } from './topic-config.ts'

type Setting = { readonly problem: (value: string) => string | undefined; readonly apply: (value: string) => Partial<BrokerConfig> }

const truth = (apply: (value: boolean) => Partial<BrokerConfig>): Setting => ({
  problem: value => (/^(true|false)$/i.test(value) ? undefined : 'expected true or false'),
  apply: value => apply(/^true$/i.test(value)),
})
const whole = (min: number, apply: (value: number) => Partial<BrokerConfig>): Setting => ({
  problem: value => (/^\d{1,15}$/.test(value) && Number(value) >= min ? undefined : `expected a whole number from ${min} on`),
  apply: value => apply(Number(value)),
})

/** Configs of the broker itself; those that are defaults of topic configs follow from the topic configs. */
const settings: Readonly<Record<string, Setting>> = {
  'auto.create.topics.enable': truth(autoCreateTopics => ({ autoCreateTopics })),
  'delete.topic.enable': truth(deleteTopics => ({ deleteTopics })),
  'group.initial.rebalance.delay.ms': whole(0, groupInitialRebalanceDelayMs => ({ groupInitialRebalanceDelayMs })),
  'log.cleaner.backoff.ms': whole(0, cleanerBackoffMs => ({ cleanerBackoffMs })),
  'log.cleaner.dedupe.buffer.size': whole(1024, cleanerDedupeBytes => ({ cleanerDedupeBytes })),
  'log.cleaner.enable': truth(cleanerEnabled => ({ cleanerEnabled })),
  'log.cleaner.io.max.bytes.per.second': whole(1, cleanerBytesPerSecond => ({ cleanerBytesPerSecond })),
  'log.initial.task.delay.ms': whole(0, retentionInitialDelayMs => ({ retentionInitialDelayMs })),
  'log.retention.check.interval.ms': whole(1, retentionCheckIntervalMs => ({ retentionCheckIntervalMs })),
  'num.partitions': whole(1, numPartitions => ({ numPartitions })),
  'offsets.topic.num.partitions': whole(1, offsetsTopicPartitions => ({ offsetsTopicPartitions })),
}

/** The config that `pairs` (`name=value`) make, or what is wrong with the first that cannot be. */
export function parseBrokerSettings(pairs: readonly string[]): { readonly config: Partial<BrokerConfig> } | { readonly problem: string } {
  let config: Partial<BrokerConfig> = {}
  const topicDefaults: Record<string, string> = {}
  for (const pair of pairs) {
    const [, name = '', value = ''] = /^([^=]+)=(.*)$/.exec(pair) ?? []
    const setting = settings[name]
    const topicConfig = topicConfigOf(name)
    if (!setting && !topicConfig) return { problem: `${pair}: there is no broker config ${name || pair} that can be set here` }
    const problem = setting ? setting.problem(value) : topicConfig && topicConfigProblem({ [topicConfig.name]: value })
    if (problem !== undefined) return { problem: `${pair}: ${problem}` }
    if (setting) config = { ...config, ...setting.apply(value) }
    else if (topicConfig) topicDefaults[topicConfig.name] = value
  }
  return { config: { ...config, topicDefaults } }
}
