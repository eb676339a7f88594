/**
 * Client quotas (KIP-546, KIP-612): what administrators set for users, client ids and addresses. They are kept and described; nobody is
 * slowed down by them yet. Checks and words as Kafka's ClientQuotaControlManager and ClientQuotasImage.
 */

import { isIP } from 'node:net'
import type { QuotaChange, QuotaRows } from '../catalog/quota-rows.ts'
import { QUOTA_NAME_LENGTH_MAX, QUOTAS_MAX } from '../common/limits.ts'
import type { KafkaError } from '../protocol/errors.ts'

/** One part of an entity; name null: the default of its type. */
export type EntityPart = { readonly entityType: string; readonly entityName: string | null }
export type QuotaOp = { readonly key: string; readonly value: number; readonly remove: boolean }
export type QuotaAlteration = { readonly entity: readonly EntityPart[]; readonly ops: readonly QuotaOp[] }
export type QuotaOutcome = { readonly entity: readonly EntityPart[]; readonly error: KafkaError; readonly message: string | null }
export type QuotaComponent = { readonly entityType: string; readonly matchType: number; readonly match: string | null }
export type QuotaEntry = { readonly entity: readonly EntityPart[]; readonly values: readonly { readonly key: string; readonly value: number }[] }
export type QuotaRefusal = { readonly error: KafkaError; readonly message: string }

type Entity = ReadonlyMap<string, string | null>
type Kind = 'double' | 'int' | 'long'

const USER = 'user'
const CLIENT_ID = 'client-id'
const IP = 'ip'
const TYPES = [CLIENT_ID, IP, USER]

const OF_USERS_AND_CLIENTS: ReadonlyMap<string, Kind> = new Map([
  ['producer_byte_rate', 'long'], ['consumer_byte_rate', 'long'], ['request_percentage', 'double'], ['controller_mutation_rate', 'double'],
])
const OF_ADDRESSES: ReadonlyMap<string, Kind> = new Map([['connection_creation_rate', 'int']])
const LARGEST: Readonly<Record<Kind, number>> = { double: Infinity, int: 2_147_483_647, long: 2 ** 63 }

const invalid = (message: string): QuotaRefusal => ({ error: 'INVALID_REQUEST', message })

export class ClientQuotas {
  readonly #rows: QuotaRows
  /** By the entity's JSON. */
  readonly #values = new Map<string, Map<string, number>>()
  #count = 0

  constructor(rows: QuotaRows) {
    this.#rows = rows
    for (const { entity, name, value } of rows.all()) this.#put(entity, name, value)
  }

  /**
   * Sets and removes; an outcome for each different entity, in their order. What is refused keeps nothing else from being done, but for
   * the catalog: when it cannot take the changes nothing is done, and it throws.
   */
  alter(alterations: readonly QuotaAlteration[], validateOnly: boolean): QuotaOutcome[] {
    const outcomes = new Map<string, QuotaOutcome>()
    const changes: QuotaChange[] = []
    let added = 0
    for (const { entity: parts, ops } of alterations) {
      const entity = entityOfParts(parts)
      const key = jsonOf(entity)
      const asked = new Map(ops.map(op => [op.key, op.remove ? null : op.value]))
      const outcome = { entity: partsOf(entity), error: 'NONE' as const, message: null }
      if (outcomes.has(key) || asked.size < ops.length) {
        outcomes.set(key, { ...outcome, ...invalid(`Ignoring duplicate entity ClientQuotaEntity(entries={${[...entity].map(([type, name]) => `${type}=${name}`).join(', ')}})`) })
        continue
      }
      const refusal = problemWithEntity(entity) ?? problemWithValues(entity, asked) ?? this.#problemWithRoom(key, asked, added)
      outcomes.set(key, { ...outcome, ...refusal })
      if (refusal) continue
      for (const [name, value] of asked) {
        if ((this.#values.get(key)?.get(name) ?? null) !== value) changes.push({ entity: key, name, value })
      }
      added += this.#newOnes(key, asked)
    }
    if (!validateOnly && changes.length > 0) this.#apply(changes)
    return [...outcomes.values()]
  }

  /** What matches every component; `isStrict`: and has no other part. */
  describe(components: readonly QuotaComponent[], isStrict: boolean): readonly QuotaEntry[] | QuotaRefusal {
    const refusal = problemWithFilter(components)
    if (refusal) return refusal
    const entries: QuotaEntry[] = []
    for (const [key, values] of this.#values) {
      const entity = entityOf(key)
      if (isStrict && entity.size !== components.length) continue
      if (!components.every(component => matches(entity, component))) continue
      entries.push({ entity: partsOf(entity), values: [...values].map(([name, value]) => ({ key: name, value })) })
    }
    return entries
  }

  #apply(changes: readonly QuotaChange[]): void {
    this.#rows.change(changes)
    for (const { entity, name, value } of changes) {
      if (value === null) this.#drop(entity, name)
      else this.#put(entity, name, value)
    }
  }

  #put(entity: string, name: string, value: number): void {
    const values = this.#values.get(entity) ?? new Map<string, number>()
    this.#values.set(entity, values)
    if (!values.has(name)) this.#count++
    values.set(name, value)
  }

  #drop(entity: string, name: string): void {
    const values = this.#values.get(entity)
    if (values?.delete(name)) this.#count--
    if (values?.size === 0) this.#values.delete(entity)
  }

  #newOnes(entity: string, asked: ReadonlyMap<string, number | null>): number {
    const values = this.#values.get(entity)
    return [...asked].filter(([name, value]) => value !== null && !values?.has(name)).length
  }

  #problemWithRoom(entity: string, asked: ReadonlyMap<string, number | null>, added: number): QuotaRefusal | undefined {
    if (this.#count + added + this.#newOnes(entity, asked) <= QUOTAS_MAX) return undefined
    return { error: 'POLICY_VIOLATION', message: `There may be ${QUOTAS_MAX} quotas here; remove some first.` }
  }
}

function problemWithEntity(entity: Entity): QuotaRefusal | undefined {
  if (entity.size === 0) return invalid('Invalid empty client quota entity')
  for (const [type, name] of entity) {
    if (!TYPES.includes(type)) return invalid(`Unhandled client quota entity type: ${type}`)
    if (name === '') return invalid(`Empty ${type} not supported`)
    if (name !== null && name.length > QUOTA_NAME_LENGTH_MAX) return invalid(`The name of a ${type} may have ${QUOTA_NAME_LENGTH_MAX} characters here, not ${name.length}`)
  }
  if (!entity.has(IP)) return undefined
  if (entity.size > 1) return invalid('Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId')
  const address = entity.get(IP) ?? null
  // Kafka takes names too and asks the system's resolver, which may take seconds: an administrator's addresses need none.
  return address === null || address === 'localhost' || isIP(address) !== 0 ? undefined : invalid(`${address} is not a valid IP or resolvable host.`)
}

function problemWithValues(entity: Entity, asked: ReadonlyMap<string, number | null>): QuotaRefusal | undefined {
  const kinds = entity.has(IP) ? OF_ADDRESSES : OF_USERS_AND_CLIENTS
  for (const [name, value] of asked) {
    if (value === null) continue
    const kind = kinds.get(name)
    if (!kind) return invalid(`Invalid configuration key ${name}`)
    if (!(value > 0)) return invalid(`Quota ${name} must be greater than 0`)
    if (kind === 'double') continue
    if (value > LARGEST[kind]) return invalid(`Proposed value for ${name} is too large for ${kind === 'int' ? 'an INT' : 'a LONG'}.`)
    if (value % 1 > 1e-6) return invalid(`${name} cannot be a fractional value.`)
  }
  return undefined
}

const EXACT = 0
const DEFAULT = 1
const SPECIFIED = 2
const MATCH_NAMES = ['MATCH_TYPE_EXACT', 'MATCH_TYPE_DEFAULT', 'MATCH_TYPE_SPECIFIED']

function problemWithFilter(components: readonly QuotaComponent[]): QuotaRefusal | undefined {
  const seen = new Set<string>()
  for (const { entityType, matchType, match } of components) {
    if (entityType === '') return invalid('Invalid empty entity type.')
    if (seen.has(entityType)) return invalid(`Entity type ${entityType} cannot appear more than once in the filter.`)
    if (!TYPES.includes(entityType)) return { error: 'UNSUPPORTED_VERSION', message: `Unsupported entity type ${entityType}` }
    const matchName = MATCH_NAMES[matchType]
    if (matchName === undefined) return invalid(`Unknown match type ${matchType}`)
    if (matchType === EXACT && match === null) return invalid(`Request specified ${matchName}, but set match string to null.`)
    if (matchType !== EXACT && match !== null) return invalid(`Request specified ${matchName}, but also specified a match string.`)
    seen.add(entityType)
  }
  if (!seen.has(IP) || seen.size === 1) return undefined
  return invalid('Invalid entity filter component combination. IP filter component should not be used with user or clientId filter component.')
}

function matches(entity: Entity, { entityType, matchType, match }: QuotaComponent): boolean {
  if (!entity.has(entityType)) return false
  if (matchType === SPECIFIED) return true
  return entity.get(entityType) === (matchType === DEFAULT ? null : match)
}

/** In the order of the types, so that each entity has one JSON; of a type that is named twice the last name counts, as in Kafka's map. */
function entityOfParts(parts: readonly EntityPart[]): Entity {
  const names = new Map(parts.map(({ entityType, entityName }) => [entityType, entityName]))
  return new Map([...names].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function jsonOf(entity: Entity): string {
  return JSON.stringify(Object.fromEntries(entity))
}

function entityOf(json: string): Entity {
  return new Map(Object.entries(JSON.parse(json) as Record<string, string | null>)) // what jsonOf wrote
}

function partsOf(entity: Entity): EntityPart[] {
  return [...entity].map(([entityType, entityName]) => ({ entityType, entityName }))
}
