/** Effective configs with where each comes from, as DescribeConfigs, CreateTopics and the window show them. */

import { brokerConfigOf, brokerConfigs, synonymsOf, throttleConfigs } from './broker-configs.ts'
import { clientMetricsConfigs } from './client-metrics-configs.ts'
import { type ConfigDefinition, type Configs, configTypes, type ConfigType } from './config-definition.ts'
import { isTruth, toList } from './config-values.ts'
import type { DynamicConfigs, Synonym } from './dynamic-configs.ts'
import { groupConfigs, groupDefault } from './group-configs.ts'
import { topicConfigs, type TopicConfigDefinition } from './topic-config.ts'

/** Kafka's ConfigSource codes. */
export const sourceCodes = {
  topic: 1, 'dynamic-broker': 2, 'dynamic-default': 3, 'static-broker': 4, default: 5, 'broker-logger': 6, 'client-metrics': 7, group: 8,
} as const
export type ConfigSource = keyof typeof sourceCodes

export type DescribedConfig = { readonly name: string; readonly value: string; readonly source: 'topic' | 'static-broker' | 'default'; readonly definition: TopicConfigDefinition }

/** Every topic config: what was set on the topic, else the broker's default, else Kafka's. */
export function describeTopicConfigs(set: Configs, brokerDefaults: Configs = {}): DescribedConfig[] {
  return topicConfigs.map(definition => {
    const { name } = definition
    const value = set[name] ?? brokerDefaults[name] ?? definition.default
    return { name, value, source: name in set ? 'topic' : name in brokerDefaults ? 'static-broker' : 'default', definition }
  })
}

/** Kafka has it for its own tests and tells nobody. */
const INTERNAL = 'log.initial.task.delay.ms'

/** A config as DescribeConfigs tells it, with everything that may be asked about it. */
export type ConfigEntry = {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly isSensitive: boolean
  readonly source: ConfigSource
  /** Where its value could come from, the strongest first. */
  readonly synonyms: readonly { readonly name: string; readonly value: string | null; readonly source: ConfigSource }[]
  /** 0 when nothing is known of it. */
  readonly type: number
  readonly doc: string | null
}

export function entriesOfTopic(set: Configs, configs: DynamicConfigs, nodeId: number): ConfigEntry[] {
  const defaults = configs.topicDefaults(nodeId)
  return topicConfigs.map(definition => {
    const { name } = definition
    const value = printed(definition.type, set[name] ?? defaults[name] ?? definition.default)
    const brokerConfig = brokerConfigOf(name)
    const inherited = brokerConfig === undefined ? [] : configs.synonyms(brokerConfig, nodeId)
    return entry(definition, { value, synonyms: name in set ? [{ name, value, source: 'topic' }, ...inherited] : inherited })
  })
}

export function entriesOfBroker(configs: DynamicConfigs, nodeId: number): ConfigEntry[] {
  const known = [...brokerConfigs.values()].filter(({ name }) => name !== INTERNAL).map(definition => {
    const synonyms = configs.synonyms(definition.name, nodeId)
    const value = synonyms[0]?.name === definition.name ? synonyms[0].value : null
    return entry(definition, { value, synonyms, readOnly: definition.mode !== 'live' })
  })
  return [...known, ...customEntries({ ...configs.of('broker', ''), ...configs.of('broker', String(nodeId)) }, name => configs.synonyms(name, nodeId))].sort(byName)
}

/** What is set at run time for all brokers. */
export function entriesOfAllBrokers(configs: DynamicConfigs): ConfigEntry[] {
  const set = configs.of('broker', '')
  const known = Object.entries(set).flatMap(([name, value]) => {
    const definition = brokerConfigs.get(name)
    const synonyms = synonymsOf(name).flatMap(of => (set[of] === undefined ? [] : [{ name: of, value: set[of], source: 'dynamic-default' as const }]))
    return definition ? [entry(definition, { value, synonyms: synonyms.slice(synonyms.findIndex(({ name: of }) => of === name)) })] : []
  })
  return [...known, ...customEntries(set, name => [{ name, value: set[name] ?? '', source: 'dynamic-default' }])].sort(byName)
}

export function entriesOfGroup(groupId: string, configs: DynamicConfigs, nodeId: number): ConfigEntry[] {
  const set = configs.of('group', groupId)
  return groupConfigs.map(definition => {
    const { name, brokerConfig } = definition
    const value = printed(definition.type, set[name] ?? groupDefault(definition, configs, nodeId))
    const inherited: ConfigEntry['synonyms'] = brokerConfig === undefined
      ? [{ name, value: definition.default, source: 'default' }]
      : configs.synonyms(brokerConfig, nodeId)
    return entry(definition, { value, synonyms: name in set ? [{ name, value, source: 'group' }, ...inherited] : inherited })
  })
}

export function entriesOfClientMetrics(subscription: string, configs: DynamicConfigs): ConfigEntry[] {
  const set = configs.of('client-metrics', subscription)
  return clientMetricsConfigs.map(definition => {
    const { name } = definition
    const value = printed(definition.type, set[name] ?? definition.default ?? '')
    return entry(definition, { value, synonyms: name in set ? [{ name, value, source: 'client-metrics' }] : [] })
  })
}

function entry({ name, type, doc }: ConfigDefinition, { value, synonyms, readOnly = false }: { readonly value: string | null; readonly synonyms: ConfigEntry['synonyms']; readonly readOnly?: boolean }): ConfigEntry {
  const isSensitive = type === 'PASSWORD'
  return {
    name,
    value: isSensitive ? null : value,
    readOnly,
    isSensitive,
    source: synonyms[0]?.source ?? 'default',
    synonyms: isSensitive ? synonyms.map(synonym => ({ ...synonym, value: null })) : synonyms,
    type: configTypes[type],
    doc,
  }
}

/** What is set and not listed otherwise: throttles, and configs of names that Kafka does not know, kept for plugins and told as secrets since nobody knows what they are. */
function customEntries(set: Configs, synonyms: (name: string) => readonly Synonym[]): ConfigEntry[] {
  return Object.keys(set).filter(name => !brokerConfigs.has(name)).map(name => {
    const found = synonyms(name)
    const throttle = throttleConfigs.get(name)
    if (throttle) return { ...entry(throttle, { value: set[name] ?? null, synonyms: found }), doc: null }
    return {
      name, value: null, readOnly: true, isSensitive: true, source: found[0]?.source ?? 'default', type: 0, doc: null,
      synonyms: found.map(synonym => ({ ...synonym, value: null })),
    }
  })
}

/** A value as Kafka writes it once it has been parsed. */
function printed(type: ConfigType, value: string): string {
  if (type === 'BOOLEAN') return String(isTruth(value) === true)
  if (type === 'LIST') return toList(value).join(',')
  return type === 'INT' || type === 'LONG' || type === 'SHORT' ? String(BigInt(value.trim().replace(/^\+/, ''))) : value.trim()
}

function byName(a: ConfigEntry, b: ConfigEntry): number {
  return a.name < b.name ? -1 : 1
}
