/** Every broker config of Kafka 4.3, by name: those with an effect here, the defaults of topic configs, and those that are only shown. */

import { brokerConfigsHere } from './broker-configs-here.ts'
import { brokerConfigsShown } from './broker-configs-shown.ts'
import type { BrokerConfigDefinition, ConfigType } from './config-definition.ts'
import { type ConfigCheck, LONG_MAX, whole } from './config-values.ts'
import { brokerNameOf, topicConfigOf, topicConfigs } from './topic-config.ts'

/**
 * Names of one config in several units, the strongest first (DynamicBrokerConfig.brokerConfigSynonyms), with the milliseconds of one. The
 * last of them has a default, the others have none.
 */
const units: readonly (readonly [name: string, type: ConfigType, ms: number, byDefault: string | null, doc: string][])[] = [
  [['log.retention.ms', 'LONG', 1, null, 'How long records are kept, in milliseconds.'],
    ['log.retention.minutes', 'INT', 60_000, null, 'How long records are kept, in minutes, without log.retention.ms.'],
    ['log.retention.hours', 'INT', 3_600_000, '168', 'How long records are kept, in hours, without the two others.']],
  [['log.roll.ms', 'LONG', 1, null, 'The time after which a segment rolls even when it is not full, in milliseconds.'],
    ['log.roll.hours', 'INT', 3_600_000, '168', 'The same in hours, without log.roll.ms.']],
  [['log.roll.jitter.ms', 'LONG', 1, null, 'The most that is taken at random from that time, in milliseconds.'],
    ['log.roll.jitter.hours', 'INT', 3_600_000, '0', 'The same in hours, without log.roll.jitter.ms.']],
  [['log.flush.interval.ms', 'LONG', 1, null, 'Time after which a flush to disk is forced.'],
    ['log.flush.scheduler.interval.ms', 'LONG', 1, LONG_MAX, 'The same, without log.flush.interval.ms.']],
]
const millisecondsOf = new Map(units.flat().map(([name, , ms]) => [name, ms]))
const ownRules = new Set(units.flat().map(([name]) => name))

/** Kafka lets these change at run time; their synonyms in greater units are for the start. */
const isLive = (name: string): boolean => !/\.(minutes|hours)$|scheduler/.test(name)

/** Numbers of `type`; what they may be is said of the strongest of the synonyms (KafkaConfig.validateValues). */
const inUnitsCheck = (strongest: string, type: ConfigType): ConfigCheck => (value, name) => {
  const wrong = whole(type === 'INT' ? 32 : 64)(value, name)
  if (wrong !== undefined) return wrong
  const number = BigInt(value.trim().replace(/^\+/, ''))
  if (strongest === 'log.retention.ms' && number === 0n) return 'requirement failed: log.retention.ms must be unlimited (-1) or, greater than or equal to 1'
  if (strongest === 'log.roll.ms' && number < 1n) return 'requirement failed: log.roll.ms must be greater than or equal to 1'
  return number < 0n && strongest !== 'log.retention.ms' ? `requirement failed: ${strongest} must be greater than or equal to 0` : undefined
}

const inUnits: readonly BrokerConfigDefinition[] = units.flatMap(group => group.map(([name, type, , byDefault, doc]): BrokerConfigDefinition => {
  const check = inUnitsCheck(group[0]?.[0] ?? name, type)
  const topicConfig = topicConfigOf(group[0]?.[0] ?? name)?.name
  return { name, type, default: byDefault, doc, mode: isLive(name) ? 'live' : 'start', problem: value => check(value, name), ...(topicConfig === undefined ? {} : { topicConfig }) }
}))

/** Topic configs without a counterpart among Kafka's broker configs: replication throttles and tiered storage. */
const hasBrokerConfig = (topicConfig: string): boolean => !/^(follower|leader)\.replication\.throttled|^remote\.|^local\.retention/.test(topicConfig)

const ofTopics: readonly BrokerConfigDefinition[] = topicConfigs
  .filter(({ name }) => hasBrokerConfig(name) && !ownRules.has(brokerNameOf(name)))
  .map(({ name: topicConfig, type, default: byDefault, problem, doc }) => {
    const name = brokerNameOf(topicConfig)
    const inBrokersName = (value: string): string | undefined => problem(value)?.replaceAll(topicConfig, name)
    return { name, type, default: byDefault, problem: inBrokersName, doc, mode: 'live', topicConfig }
  })

export const brokerConfigs: ReadonlyMap<string, BrokerConfigDefinition> = new Map(
  [...brokerConfigsShown, ...ofTopics, ...inUnits, ...brokerConfigsHere].sort((a, b) => (a.name < b.name ? -1 : 1)).map(definition => [definition.name, definition]))

/**
 * What Kafka lets set at run time only, and tells of only where it is set: how fast replicas are filled (DynamicConfig.Broker). Here they are kept
 * and shown, since kafka-reassign-partitions sets and removes them; there is nothing that they would slow.
 */
export const throttleConfigs: ReadonlyMap<string, BrokerConfigDefinition> = new Map(
  ['leader.replication.throttled.rate', 'follower.replication.throttled.rate', 'replica.alter.log.dirs.io.max.bytes.per.second'].map((name): [string, BrokerConfigDefinition] => {
    const check = whole(64, { min: 0n })
    return [name, { name, type: 'LONG', default: null, problem: value => check(value, name), doc: '', mode: 'live' }]
  }))

const groupOf = new Map(units.flatMap(group => group.map(([name]) => [name, name === 'log.flush.scheduler.interval.ms' ? [name] : group.map(([unit]) => unit)] as const)))

/** The names under which the value of a config may stand, the strongest first, itself among them. */
export function synonymsOf(name: string): readonly string[] {
  return groupOf.get(name) ?? [name]
}

/** A value as the strongest of its synonyms would have it: hours as milliseconds, below 0 as -1. */
export function inStrongestUnit(name: string, value: string): string {
  const ms = millisecondsOf.get(name)
  if (ms === undefined) return value
  const number = BigInt(value.trim().replace(/^\+/, ''))
  return number < 0n ? '-1' : String(number * BigInt(ms))
}

/** The broker config that gives a topic config its default, if there is one. */
export function brokerConfigOf(topicConfig: string): string | undefined {
  return hasBrokerConfig(topicConfig) ? brokerNameOf(topicConfig) : undefined
}
