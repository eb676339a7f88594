/** Effective configs with where each comes from, as DescribeConfigs, CreateTopics and the window show them. */

import { topicConfigs, type TopicConfigDefinition } from './topic-config.ts'

/** Kafka's ConfigSource codes. */
export const sourceCodes = { topic: 1, 'static-broker': 4, default: 5 } as const
export type ConfigSource = keyof typeof sourceCodes

export type DescribedConfig = { readonly name: string; readonly value: string; readonly source: ConfigSource; readonly definition: TopicConfigDefinition }

/** Every topic config: what was set on the topic, else Kafka's default. */
export function describeTopicConfigs(set: Readonly<Record<string, string>>): DescribedConfig[] {
  return topicConfigs.map(definition => {
    const value = set[definition.name]
    return { name: definition.name, value: value ?? definition.default, source: value === undefined ? 'default' : 'topic', definition }
  })
}
