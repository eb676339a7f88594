/** Configs of a client metrics subscription (KIP-714), checked as Kafka's ClientMetricsConfigs checks them. */

import type { ConfigDefinition, Configs } from './config-definition.ts'
import { type ConfigCheck, toList, whole } from './config-values.ts'

const INTERVAL_MS_MIN = 100
const INTERVAL_MS_MAX = 3_600_000
const matchable = ['client_instance_id', 'client_id', 'client_software_name', 'client_software_version', 'client_source_address', 'client_source_port']

const define = (name: string, type: ConfigDefinition['type'], byDefault: string, doc: string, check: ConfigCheck = () => undefined): ConfigDefinition =>
  ({ name, type, default: byDefault, problem: value => check(value, name), doc })

/** In alphabetical order. */
export const clientMetricsConfigs: readonly ConfigDefinition[] = [
  define('interval.ms', 'INT', '300000', 'How often clients push their metrics, in milliseconds.', whole(32)),
  define('match', 'LIST', '', 'Which clients the subscription is for: patterns like client_id=app-.*.'),
  define('metrics', 'LIST', '', 'Prefixes of the names of the metrics; * stands for all.'),
]

const definitions = new Map(clientMetricsConfigs.map(definition => [definition.name, definition]))

/** What is wrong with all that a subscription sets. */
export type ClientMetricsProblem = { readonly error: 'INVALID_REQUEST' | 'INVALID_CONFIG'; readonly message: string }

export function clientMetricsProblem(subscription: string, set: Configs): ClientMetricsProblem | undefined {
  if (subscription === '') return { error: 'INVALID_REQUEST', message: 'Subscription name can\'t be empty' }
  for (const [name, value] of Object.entries(set)) {
    const definition = definitions.get(name)
    if (!definition) return { error: 'INVALID_REQUEST', message: `Unknown client metrics configuration: ${name}` }
    const problem = definition.problem(value)
    if (problem !== undefined) return { error: 'INVALID_CONFIG', message: problem }
  }
  const interval = set['interval.ms']
  if (interval !== undefined && (Number(interval) < INTERVAL_MS_MIN || Number(interval) > INTERVAL_MS_MAX)) {
    return { error: 'INVALID_REQUEST', message: `Invalid value ${Number(interval)} for interval.ms, interval must be between ${INTERVAL_MS_MIN} and ${INTERVAL_MS_MAX} (1 hour)` }
  }
  const match = set['match']
  return match === undefined ? undefined : matchProblem(match)
}

function matchProblem(match: string): ClientMetricsProblem | undefined {
  for (const pattern of toList(match)) {
    const [name = '', ...rest] = pattern.split('=')
    if (rest.length !== 1) return { error: 'INVALID_CONFIG', message: `Illegal client matching pattern: ${pattern}` }
    if (!matchable.includes(name.trim())) return { error: 'INVALID_CONFIG', message: `Illegal client matching pattern: ${pattern}` }
    const compiled = compiles(rest[0]?.trim() ?? '')
    if (!compiled) return { error: 'INVALID_CONFIG', message: `Illegal client matching pattern: ${pattern}` }
  }
  return undefined
}

function compiles(pattern: string): boolean {
  try {
    void new RegExp(pattern)
    return true
  } catch {
    return false
  }
}
