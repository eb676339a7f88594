/**
 * Changes of configs as AlterConfigs and IncrementalAlterConfigs ask for them: every refusal in Kafka's code and words (ConfigAdminManager,
 * ControllerConfigurationValidator), nothing changed by a resource that has one, and one change after another.
 */

import type { ConfiguredKind } from '../catalog/config-rows.ts'
import { CONFIGS_PER_RESOURCE_MAX, CONFIGURED_RESOURCES_MAX } from '../common/limits.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { brokerConfigs, throttleConfigs } from './broker-configs.ts'
import { brokerConflict } from './broker-conflicts.ts'
import { clientMetricsProblem } from './client-metrics-configs.ts'
import type { ConfigDefinition, Configs } from './config-definition.ts'
import type { DynamicConfigs } from './dynamic-configs.ts'
import { groupConfigProblem } from './group-configs.ts'
import type { RequestContext } from './handler.ts'
import { tally } from './tally.ts'
import { topicConfigProblem, topicConfigs } from './topic-config.ts'
import { topicNameProblem } from './topic-name.ts'

export type AlterRefusal = { readonly error: Exclude<KafkaError, 'NONE'>; readonly message: string }
export type ResourceChange = {
  readonly resourceType: number
  readonly resourceName: string
  /** The configs named, each as often as it is. */
  readonly names: readonly string[]
  /** Those that lack a value. */
  readonly nulls: readonly string[]
  /** What the resource is to set, made from what it sets now. */
  readonly change: (current: Configs) => { readonly configs: Configs } | AlterRefusal
}

export const TOPIC = 2
export const BROKER = 4
export const BROKER_LOGGER = 8
export const CLIENT_METRICS = 16
export const GROUP = 32

const kinds: Readonly<Record<number, ConfiguredKind>> = { [BROKER]: 'broker', [CLIENT_METRICS]: 'client-metrics', [GROUP]: 'group' }

/** What Kafka's record of a config can hold: one that is appended to may get too long. */
const VALUE_LENGTH_MAX = 32_767

export function refusal(message: string, error: AlterRefusal['error'] = 'INVALID_REQUEST'): AlterRefusal {
  return { error, message }
}

export type AlterOptions = { readonly validateOnly: boolean; readonly takesLoggers: boolean }

/** Makes the changes in order; an answer for each resource, undefined where it was made, or would have been. */
export async function alterResources(resources: readonly ResourceChange[], options: AlterOptions, context: RequestContext): Promise<(AlterRefusal | undefined)[]> {
  const keyOf = ({ resourceType, resourceName }: ResourceChange): string => `${resourceType} ${resourceName}`
  const counts = tally(resources, keyOf)
  const answers: (AlterRefusal | undefined)[] = []
  for (const resource of resources) {
    const isTwice = (counts.get(keyOf(resource)) ?? 0) > 1
    answers.push(isTwice ? refusal('Each resource must appear at most once.') : await alterResource(resource, options, context))
  }
  return answers
}

async function alterResource(resource: ResourceChange, { validateOnly, takesLoggers }: AlterOptions, context: RequestContext): Promise<AlterRefusal | undefined> {
  const { resourceType, resourceName: name, names, nulls, change } = resource
  const { topics, dynamicConfigs } = context.broker
  if (new Set(names).size < names.length) return refusal('Error due to duplicate config keys')
  if (nulls.length > 0) return refusal(`Null value not supported for : ${nulls.join(', ')}`)
  if (takesLoggers && resourceType === BROKER_LOGGER) return alterLogger(resource, context.node.id)
  // What is set is read, checked and replaced before the next change looks at it.
  return dynamicConfigs.changes.run(async () => {
    if (resourceType === TOPIC) {
      const next = change(topics.get(name)?.record.configs ?? {})
      if ('error' in next) return next
      const problem = topicProblem(name, next.configs, context)
      return problem ?? (validateOnly ? undefined : topics.setConfigs(name, next.configs))
    }
    const kind = kinds[resourceType]
    if (kind === undefined) return refusal(`Unknown resource type ${resourceType}`)
    const named = resourceType === BROKER ? brokerNameProblem(name, context.node.id) : undefined
    if (named) return named
    const next = change(dynamicConfigs.of(kind, name))
    if ('error' in next) return next
    const problem = problemOf(resourceType, name, next.configs, context) ?? roomProblem(kind, name, next.configs, dynamicConfigs)
    if (problem || validateOnly) return problem
    try {
      dynamicConfigs.replace(kind, name, next.configs)
      return undefined
    } catch (cause) {
      return refusal(`the catalog cannot take the configs: ${cause instanceof Error ? cause.message : String(cause)}`, 'KAFKA_STORAGE_ERROR')
    }
  })
}

/** The definition of a config of a resource whose lists can be appended to; Kafka knows none of groups and client metrics. */
export function listDefinition(resourceType: number, name: string): ConfigDefinition | undefined {
  const definition = resourceType === TOPIC ? topicConfigs.find(({ name: of }) => of === name) : resourceType === BROKER ? brokerConfigs.get(name) : undefined
  return definition?.type === 'LIST' ? definition : undefined
}

function topicProblem(name: string, next: Configs, { broker: { topics } }: RequestContext): AlterRefusal | undefined {
  if (name === '') return refusal('Default topic resources are not allowed.')
  const badName = topicNameProblem(name)
  if (badName !== undefined) return refusal(badName, 'INVALID_TOPIC_EXCEPTION')
  const tooLong = lengthProblem(next)
  if (tooLong) return tooLong
  const message = topicConfigProblem(next, topics.defaults)
  if (message !== undefined) return refusal(message, 'INVALID_CONFIG')
  return topics.get(name) ? undefined : refusal(`The topic '${name}' does not exist.`, 'UNKNOWN_TOPIC_OR_PARTITION')
}

function brokerNameProblem(name: string, nodeId: number): AlterRefusal | undefined {
  if (name === '') return undefined
  if (!/^[+-]?\d{1,10}$/.test(name)) return refusal(`Node id must be an integer, but it is: ${name}`)
  return Number(name) === nodeId ? undefined : refusal(`Unexpected broker id, expected ${nodeId}, but received ${name}`)
}

function problemOf(resourceType: number, name: string, next: Configs, context: RequestContext): AlterRefusal | undefined {
  const tooLong = lengthProblem(next)
  if (tooLong) return tooLong
  const { dynamicConfigs, nodes } = context.broker
  if (resourceType === BROKER) return brokerProblem(name, next, nodes.size) ?? conflictProblem(name, next, context)
  if (resourceType === CLIENT_METRICS) {
    const problem = clientMetricsProblem(name, next)
    return problem && refusal(problem.message, problem.error)
  }
  if (name === '') return refusal('Default group resources are not allowed.')
  const message = groupConfigProblem(next, dynamicConfigs, context.node.id)
  return message === undefined ? undefined : refusal(message, 'INVALID_CONFIG')
}

/** Kafka answers INVALID_REQUEST for what is wrong with a broker's configs (KAFKA-13609). */
function brokerProblem(name: string, next: Configs, nodeCount: number): AlterRefusal | undefined {
  const names = Object.keys(next).sort()
  const refuse = (why: string, which: readonly string[]): AlterRefusal | undefined => (which.length === 0 ? undefined : refusal(`${why}: [${which.join(', ')}]`))
  const isSecurity = (config: string): boolean => brokerConfigs.has(config) && /^ssl\.(?!allow|principal)/.test(config)
  const fixed = names.filter(config => (brokerConfigs.get(config)?.mode ?? 'live') !== 'live' && !isSecurity(config))
  const ofListeners = names.filter(config => config.startsWith('listener.name.'))
  const problem = refuse('Cannot update these configs dynamically', fixed)
    ?? refuse('These security configs can be dynamically updated only per-listener using the listener prefix', names.filter(isSecurity))
  if (problem) return problem
  for (const [config, value] of Object.entries(next)) {
    const wrong = (brokerConfigs.get(config) ?? throttleConfigs.get(config))?.problem(value)
    if (wrong !== undefined) return refusal(wrong)
  }
  if (name === '') return refuse('Cannot update these configs at default cluster level, broker id must be specified', ofListeners)
  // The brokers of one process keep one store: its settings are those of all of them.
  const ofStore = nodeCount > 1 ? names.filter(isOfStore) : []
  return refuse('Cannot update these configs dynamically', ofListeners) ?? refuse('These configs can be set for all brokers of this process only, with an empty name', ofStore)
}

/** What would be in force on this broker: of one broker over of all, in Kafka's order. */
function conflictProblem(name: string, next: Configs, { broker: { dynamicConfigs }, node }: RequestContext): AlterRefusal | undefined {
  const overrides = name === '' ? [dynamicConfigs.of('broker', String(node.id)), next] : [next, dynamicConfigs.of('broker', '')]
  const message = brokerConflict(config => overrides[0]?.[config] ?? overrides[1]?.[config] ?? dynamicConfigs.started(config))
  return message === undefined ? undefined : refusal(message)
}

function isOfStore(config: string): boolean {
  return brokerConfigs.get(config)?.topicConfig !== undefined || /^(log\.cleaner|producer\.id|transaction\.partition)\./.test(config)
}

function lengthProblem(next: Configs): AlterRefusal | undefined {
  const isLong = Object.values(next).some(value => value.length > VALUE_LENGTH_MAX)
  return isLong ? refusal(`The configuration value cannot be added because it exceeds the maximum value size of ${VALUE_LENGTH_MAX} bytes.`, 'INVALID_CONFIG') : undefined
}

function roomProblem(kind: ConfiguredKind, name: string, next: Configs, configs: DynamicConfigs): AlterRefusal | undefined {
  const count = Object.keys(next).length
  if (count > CONFIGS_PER_RESOURCE_MAX) return refusal(`${count} configs are more than the ${CONFIGS_PER_RESOURCE_MAX} a resource may set here`, 'POLICY_VIOLATION')
  const isNew = count > 0 && Object.keys(configs.of(kind, name)).length === 0
  if (!isNew || configs.count(kind) < CONFIGURED_RESOURCES_MAX) return undefined
  return refusal(`configs are set on ${CONFIGURED_RESOURCES_MAX} resources of this kind already, as many as may be here`, 'POLICY_VIOLATION')
}

/** The logger has no parts whose level could be set; a name of one is unknown, as in Kafka one that no class has. */
function alterLogger({ resourceName: name, names }: ResourceChange, nodeId: number): AlterRefusal | undefined {
  const problem = brokerNameProblem(name === '' ? 'null' : name, nodeId)
  if (problem) return problem
  const [first] = names
  return first === undefined ? undefined : refusal(`Logger ${first} does not exist!`, 'INVALID_CONFIG')
}
