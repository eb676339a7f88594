/** Effective configs with where each comes from, as DescribeConfigs, CreateTopics and the window show them. */

import { topicConfigs, type TopicConfigDefinition } from './topic-config.ts'

/** Kafka's ConfigSource codes. */
export const sourceCodes = { topic: 1, 'static-broker': 4, default: 5 } as const
export type ConfigSource = keyof typeof sourceCodes

export type DescribedConfig = { readonly name: string; readonly value: string; readonly source: ConfigSource; readonly definition: TopicConfigDefinition }

type Configs = Readonly<Record<string, string>>

/** Every topic config: what was set on the topic, else the broker's default, else Kafka's. */
export function describeTopicConfigs(set: Configs, brokerDefaults: Configs = {}): DescribedConfig[] {
  return topicConfigs.map(definition => {
    const { name } = definition
    const value = set[name] ?? brokerDefaults[name] ?? definition.default
    return { name, value, source: name in set ? 'topic' : name in brokerDefaults ? 'static-broker' : 'default', definition }
  })
}
