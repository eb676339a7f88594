/**
 * Configs that clients set at run time on brokers, groups and client metrics: kept in the catalog, and resolved with what the broker was
 * started with (KIP-226). A broker's config comes from that broker, else from all brokers, else from the start, else it is Kafka's default.
 */

import type { ConfigRows, ConfiguredKind } from '../catalog/config-rows.ts'
import type { Logger } from '../common/logger.ts'
import { SerialQueue } from '../common/serial-queue.ts'
import { brokerConfigOf, brokerConfigs, inStrongestUnit, synonymsOf, throttleConfigs } from './broker-configs.ts'
import { usableConfigs, type Configs } from './config-definition.ts'
import { isTruth, toNumber } from './config-values.ts'
import { groupValueProblem } from './group-configs.ts'
import { topicConfigs } from './topic-config.ts'

/** Where the value of a config may come from, the strongest first. */
export type BrokerConfigSource = 'dynamic-broker' | 'dynamic-default' | 'static-broker' | 'default'
export type Synonym = { readonly name: string; readonly value: string; readonly source: BrokerConfigSource }

/** What changed: all that is set on a resource was replaced. `resource` of kind broker is '' for all brokers. */
export type ConfigChange = { readonly kind: ConfiguredKind; readonly resource: string }

/** Resolved settings of a consumer group (KIP-848), in milliseconds. */
export type ConsumerGroupConfig = {
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  /** The least time between two assignments. */
  readonly assignmentIntervalMs: number
}

const NONE: Configs = {}

type Resolved = { readonly values: Map<string, string | undefined>; readonly synonyms: Map<string, readonly Synonym[]>; topicDefaults: Configs | undefined }

export class DynamicConfigs {
  /** Changes run in it one after another: each reads what is set, checks and replaces it. */
  readonly changes = new SerialQueue()
  readonly #rows: ConfigRows
  readonly #set = new Map<ConfiguredKind, Map<string, Configs>>()
  readonly #listeners = new Set<(change: ConfigChange) => void>()
  readonly #startedWith: Configs
  readonly #factsOf: (nodeId: number) => Configs
  #statics: Configs
  /** What was resolved since the last change, by broker: clients describe thousands of topics at once. */
  readonly #resolved = new Map<number, Resolved>()

  /** `statics`: what the brokers were started with, by broker config names; `factsOf`: what one knows of itself, node.id and listeners. */
  constructor(options: { readonly rows: ConfigRows; readonly statics: Configs; readonly logger: Logger; readonly factsOf?: (nodeId: number) => Configs }) {
    this.#rows = options.rows
    this.#startedWith = options.statics
    this.#statics = options.statics
    this.#factsOf = options.factsOf ?? (() => NONE)
    for (const { kind, resource, configs } of options.rows.all()) {
      const tell = (problem: string): void => options.logger.warn('a stored config is not used', { kind, resource, problem })
      this.#put(kind, resource, usableConfigs(configs, (name, value) => problemOfStored(kind, name, value), tell))
    }
  }

  /** What is set on a resource at run time. */
  of(kind: ConfiguredKind, resource: string): Configs {
    return this.#set.get(kind)?.get(resource) ?? NONE
  }

  /** The resources of a kind on which something is set, sorted. */
  resources(kind: ConfiguredKind): string[] {
    return [...(this.#set.get(kind)?.keys() ?? [])].sort()
  }

  /** On how many resources of a kind something is set. */
  count(kind: ConfiguredKind): number {
    return this.#set.get(kind)?.size ?? 0
  }

  /** Replaces all that is set on a resource, at once and for later starts; it must have been checked. Throws when the catalog cannot keep it. */
  replace(kind: ConfiguredKind, resource: string, configs: Configs): void {
    this.#rows.set({ kind, resource, configs })
    this.#put(kind, resource, configs)
    this.#tell({ kind, resource })
  }

  /** Calls `listener` after each change; the answer ends that. */
  onChange(listener: (change: ConfigChange) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** What holds over what brokers were started with: durable acks. */
  overrideStatics(overrides: Configs): void {
    this.#statics = { ...this.#startedWith, ...overrides }
    this.#tell({ kind: 'broker', resource: '' })
  }

  /** The value in force of a broker config that can be set; null when there is none. */
  effective(name: string, nodeId: number): string | null {
    return this.#strongest(name, nodeId) ?? brokerConfigs.get(name)?.default ?? null
  }

  /** The same as a number; Java's greatest long, int or double is Infinity. */
  number(name: string, nodeId: number): number {
    const number = toNumber(this.effective(name, nodeId) ?? 'NaN')
    return number === 2_147_483_647 || number === Number.MAX_VALUE ? Infinity : number
  }

  truth(name: string, nodeId: number): boolean {
    return isTruth(this.effective(name, nodeId) ?? 'false') === true
  }

  /** What a broker config was at the start, whatever has been set since. */
  started(name: string): string | null {
    return this.#statics[name] ?? brokerConfigs.get(name)?.default ?? null
  }

  /** Every value that a broker config has somewhere, the strongest first, as DescribeConfigs lists them. */
  synonyms(name: string, nodeId: number): readonly Synonym[] {
    const { synonyms } = this.#resolvedOf(nodeId)
    const known = synonyms.get(name)
    if (known) return known
    const found = this.#synonyms(name, nodeId)
    // What a broker knows of itself, its addresses say, changes by itself.
    if ((brokerConfigs.get(name)?.mode ?? 'shown') !== 'shown') synonyms.set(name, found)
    return found
  }

  #synonyms(name: string, nodeId: number): readonly Synonym[] {
    const names = synonymsOf(name)
    const found: Synonym[] = []
    for (const [source, configs] of [...this.#levels(nodeId), ['static-broker', this.#factsOf(nodeId)] as const]) {
      for (const synonym of names) {
        const value = configs[synonym]
        if (value !== undefined) found.push({ name: synonym, value, source })
      }
    }
    for (const synonym of names) {
      const value = brokerConfigs.get(synonym)?.default
      if (value !== null && value !== undefined) found.push({ name: synonym, value, source: 'default' })
    }
    const own = found.findIndex(({ name: of }) => of === name)
    return own === -1 ? [] : found.slice(own)
  }

  /** What topic configs are that a topic does not set, by their topic names; those with Kafka's default are left out. */
  topicDefaults(nodeId: number): Configs {
    return this.#resolvedOf(nodeId).topicDefaults ??= this.#topicDefaults(nodeId)
  }

  #topicDefaults(nodeId: number): Configs {
    const defaults: Record<string, string> = {}
    for (const { name } of topicConfigs) {
      const brokerConfig = brokerConfigOf(name)
      const value = brokerConfig === undefined ? undefined : this.#strongest(brokerConfig, nodeId)
      if (value !== undefined) defaults[name] = value
    }
    return defaults
  }

  /** Settings of a consumer group on the broker that coordinates it; what its own configs ask for stays within the broker's bounds. */
  groupConfig(groupId: string, nodeId: number): ConsumerGroupConfig {
    const own = this.of('group', groupId)
    const resolve = (name: string): number => {
      const asked = own[`consumer.${name}`]
      const value = asked === undefined ? this.number(`group.consumer.${name}`, nodeId) : toNumber(asked)
      return Math.min(Math.max(value, this.number(`group.consumer.min.${name}`, nodeId)), this.number(`group.consumer.max.${name}`, nodeId))
    }
    return {
      sessionTimeoutMs: resolve('session.timeout.ms'),
      heartbeatIntervalMs: resolve('heartbeat.interval.ms'),
      assignmentIntervalMs: resolve('assignment.interval.ms'),
    }
  }

  #levels(nodeId: number): readonly (readonly [BrokerConfigSource, Configs])[] {
    return [
      ['dynamic-broker', this.of('broker', String(nodeId))],
      ['dynamic-default', this.of('broker', '')],
      ['static-broker', this.#statics],
    ]
  }

  /** In the unit of the strongest of its synonyms. */
  #strongest(name: string, nodeId: number): string | undefined {
    const { values } = this.#resolvedOf(nodeId)
    const known = values.get(name)
    if (known !== undefined || values.has(name)) return known
    const value = this.#find(name, nodeId)
    // Names that Kafka does not know are without number.
    if (brokerConfigs.has(name)) values.set(name, value)
    return value
  }

  #resolvedOf(nodeId: number): Resolved {
    const known = this.#resolved.get(nodeId)
    if (known) return known
    const made: Resolved = { values: new Map(), synonyms: new Map(), topicDefaults: undefined }
    this.#resolved.set(nodeId, made)
    return made
  }

  #find(name: string, nodeId: number): string | undefined {
    for (const [, configs] of this.#levels(nodeId)) {
      for (const synonym of synonymsOf(name)) {
        const value = configs[synonym]
        if (value !== undefined) return inStrongestUnit(synonym, value)
      }
    }
    return undefined
  }

  #put(kind: ConfiguredKind, resource: string, configs: Configs): void {
    const ofKind = this.#set.get(kind) ?? new Map<string, Configs>()
    if (Object.keys(configs).length === 0) ofKind.delete(resource)
    else ofKind.set(resource, configs)
    this.#set.set(kind, ofKind)
  }

  #tell(change: ConfigChange): void {
    if (change.kind === 'broker') this.#resolved.clear()
    for (const listener of this.#listeners) listener(change)
  }
}

/** Names that no broker knows are kept, as Kafka keeps them; what the start alone decides was live in another version. */
function problemOfStored(kind: ConfiguredKind, name: string, value: string): string | undefined {
  if (kind === 'group') return groupValueProblem(name, value)
  const definition = kind === 'broker' ? (brokerConfigs.get(name) ?? throttleConfigs.get(name)) : undefined
  if (!definition) return undefined
  return definition.mode === 'live' ? definition.problem(value) : `${name} cannot be set at run time`
}
