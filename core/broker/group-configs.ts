/** Configs of a group resource (KIP-848, KIP-932, KIP-1071), checked as Kafka 4.3's GroupConfig checks them. */

import type { ConfigDefinition, Configs, ConfigType } from './config-definition.ts'
import { type ConfigCheck, oneOf, toNumber, truth, whole } from './config-values.ts'
import type { DynamicConfigs } from './dynamic-configs.ts'

export type GroupConfigDefinition = ConfigDefinition & {
  readonly default: string
  /** The broker config that gives the default and, with `min.` and `max.` before its last part, the bounds. */
  readonly brokerConfig?: string
  readonly min?: string
  readonly max?: string
}

const int = (min: number): ConfigCheck => whole(32, { min: BigInt(min) })
const define = (name: string, type: ConfigType, byDefault: string, check: ConfigCheck, doc: string): GroupConfigDefinition =>
  ({ name, type, default: byDefault, problem: value => check(value, name), doc })

/** One with a broker config of the same name behind `group.`, and bounds of it. */
function bounded(name: string, byDefault: string, check: ConfigCheck, doc: string, bounds: 'min and max' | 'max' = 'min and max'): GroupConfigDefinition {
  const [kind = '', ...rest] = name.split('.')
  const last = rest.join('.')
  const max = `group.${kind}.max.${last.replace(/^num\./, '')}`
  return {
    ...define(name, 'INT', byDefault, check, doc),
    brokerConfig: `group.${name}`,
    ...(bounds === 'max' ? { max } : { min: `group.${kind}.min.${last}`, max }),
  }
}

const autoOffsetReset: ConfigCheck = (value, name) => (/^(earliest|latest|by_duration:P(?!$)(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?)$/i.test(value) ? undefined
  : `Invalid value ${value} for configuration ${name}: Invalid value \`${value}\` for configuration ${name}. The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.`)

/** In alphabetical order. */
export const groupConfigs: readonly GroupConfigDefinition[] = [
  bounded('consumer.assignment.interval.ms', '1000', int(0), 'The least time between two assignments of a consumer group.'),
  bounded('consumer.heartbeat.interval.ms', '5000', int(1), 'How often members of the consumer group are told to send a heartbeat.'),
  bounded('consumer.session.timeout.ms', '45000', int(1), 'A member of the consumer group that is silent for so long is out.'),
  bounded('share.assignment.interval.ms', '1000', int(0), 'The least time between two assignments of a share group.'),
  define('share.auto.offset.reset', 'STRING', 'latest', autoOffsetReset, 'Where a share group starts: earliest, latest, or by_duration: and how long ago.'),
  bounded('share.delivery.count.limit', '5', int(2), 'How often a record is delivered to a share group at most.'),
  bounded('share.heartbeat.interval.ms', '5000', int(1), 'How often members of the share group are told to send a heartbeat.'),
  define('share.isolation.level', 'STRING', 'read_uncommitted', oneOf('read_committed', 'read_uncommitted'), 'Whether a share group sees records of transactions that are open or aborted.'),
  bounded('share.partition.max.record.locks', '2000', int(100), 'How many records of a partition may be locked by a share group.'),
  bounded('share.record.lock.duration.ms', '30000', int(1000), 'How long a record stays locked by a member of a share group.'),
  define('share.renew.acknowledge.enable', 'BOOLEAN', 'true', truth, 'Whether members of a share group may renew the lock of a record.'),
  bounded('share.session.timeout.ms', '45000', int(1), 'A member of the share group that is silent for so long is out.'),
  bounded('streams.assignment.interval.ms', '1000', int(0), 'The least time between two assignments of a streams group.'),
  bounded('streams.heartbeat.interval.ms', '5000', int(1), 'How often members of the streams group are told to send a heartbeat.'),
  { ...define('streams.initial.rebalance.delay.ms', 'INT', '3000', int(0), 'How long a new streams group waits for more members.'), brokerConfig: 'group.streams.initial.rebalance.delay.ms' },
  bounded('streams.num.standby.replicas', '0', int(0), 'Standby copies of each task of a streams group.', 'max'),
  bounded('streams.session.timeout.ms', '45000', int(1), 'A member of the streams group that is silent for so long is out.'),
]

const definitions = new Map(groupConfigs.map(definition => [definition.name, definition]))

export function groupConfigOf(name: string): GroupConfigDefinition | undefined {
  return definitions.get(name)
}

/** The value of a config of a group that does not set it. */
export function groupDefault({ brokerConfig, default: byDefault }: GroupConfigDefinition, configs: DynamicConfigs, nodeId: number): string {
  return (brokerConfig === undefined ? null : configs.effective(brokerConfig, nodeId)) ?? byDefault
}

/** What is wrong with one config of a group, whatever the others are; undefined when it is fine. */
export function groupValueProblem(name: string, value: string): string | undefined {
  const definition = definitions.get(name)
  return definition ? definition.problem(value) : `Unknown group config name: ${name}`
}

/** The first problem with all that a group sets, in Kafka's words; undefined when it is fine. */
export function groupConfigProblem(set: Configs, configs: DynamicConfigs, nodeId: number): string | undefined {
  const names = Object.keys(set)
  for (const name of [...names.filter(unknown => !definitions.has(unknown)), ...names]) {
    const problem = groupValueProblem(name, set[name] ?? '')
    if (problem !== undefined) return problem
  }
  const number = (name: string): number => {
    const definition = definitions.get(name)
    return definition ? toNumber(set[name] ?? groupDefault(definition, configs, nodeId)) : NaN
  }
  for (const { name, min, max } of groupConfigs) {
    const value = number(name)
    if (min !== undefined && value < configs.number(min, nodeId)) return `${name} must be greater than or equal to ${min}`
    if (max !== undefined && value > configs.number(max, nodeId)) return `${name} must be less than or equal to ${max}`
  }
  for (const kind of ['consumer', 'share', 'streams']) {
    if (number(`${kind}.session.timeout.ms`) <= number(`${kind}.heartbeat.interval.ms`)) return `${kind}.session.timeout.ms must be greater than ${kind}.heartbeat.interval.ms`
  }
  return undefined
}
