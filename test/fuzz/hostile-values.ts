/** Requests that are well encoded and mean no good: values by the names of their fields, from a schema and a seed. */

import type { Random } from '../../core/common/random.ts'
import { type Api, type Fields, type FieldSpec, holds } from '../../core/protocol/schema.ts'
import { ZERO_UUID } from '../../core/protocol/wire.ts'
import { encodeBatch } from '../../core/records/record-batch.ts'

/** What was seen in answers and may be used again by somebody else: ids of members, producers, sessions and topics. */
export class Seen {
  readonly #values = new Map<string, unknown[]>()

  add(field: string, value: unknown): void {
    const known = this.#values.get(field) ?? []
    this.#values.set(field, known)
    known.push(value)
    if (known.length > 50) known.shift()
  }

  /** Takes in all fields of an answer that other requests name. */
  learn(answer: unknown): void {
    if (typeof answer !== 'object' || answer === null || Buffer.isBuffer(answer)) return
    for (const [name, value] of Object.entries(answer)) {
      if (['memberId', 'producerId', 'producerEpoch', 'sessionId', 'topicId', 'memberEpoch', 'generationId'].includes(name) && value !== null) this.add(name, value)
      else if (typeof value === 'object') this.learn(value)
    }
  }

  any(field: string, random: Random): unknown {
    const known = this.#values.get(field) ?? []
    return known[random.below(Math.max(1, known.length))]
  }
}

export const HOSTILE_TOPICS = ['hostile-a', 'hostile-b', 'hostile.c', 'hostile-compact']
const texts = ['', ' ', '.', '..', 'a b', 'ä\u0000ö', '__consumer_offsets', '__proto__', 'constructor', 'x'.repeat(249), 'x'.repeat(32_767), '%s%n', '../../etc', '(a+)+$', 'a{1000}{1000}', '[', '((((((((((a*)*)*)*)*)*)*)*)*)*', '.*', '(?i)x', '\u{1f600}']
const numbers = [0, 1, 2, 3, -1, -2, -3, 5, 100, 0x7fff, -0x8000, 0x7fffffff, -0x80000000, 10_000, 65_536, 1_048_576]
const configNames = ['retention.ms', 'cleanup.policy', 'segment.bytes', 'max.message.bytes', 'no.such', '', 'consumer.session.timeout.ms', 'min.insync.replicas', 'compression.type', 'segment.ms']
const configValues = ['', '-1', '0', '1', 'x', 'compact', 'delete,compact', '9223372036854775807', '1e3', 'x'.repeat(32_000), 'gzip']

/** Strings by field: names that exist among the attackers, and anything. */
const words: Readonly<Record<string, readonly string[]>> = {
  name: HOSTILE_TOPICS, topic: HOSTILE_TOPICS, topicName: HOSTILE_TOPICS, topicNames: HOSTILE_TOPICS, subscribedTopicNames: HOSTILE_TOPICS,
  groupId: ['hostile-g', 'hostile-h', 'hostile-i'], groups: ['hostile-g', 'hostile-h'], groupIds: ['hostile-g', 'hostile-i'], groupsNames: ['hostile-g', 'hostile-h'],
  transactionalId: ['hostile-t', 'hostile-u'], transactionalIds: ['hostile-t', 'hostile-u'], v3AndBelowTransactionalId: ['hostile-t'], key: ['hostile-g', 'hostile-t'],
  coordinatorKeys: ['hostile-g', 'hostile-t'], protocolType: ['consumer', 'connect'], protocolName: ['range', 'sticky'], serverAssignor: ['uniform', 'range'], resourceName: [...HOSTILE_TOPICS, 'hostile-g'],
  groupInstanceId: ['i', 'j'], instanceId: ['i', 'j'], configurationKeys: configNames, value: configValues, feature: ['no.such.feature', 'hostile.version'],
  subscribedTopicRegex: ['hostile.*', '(hostile', '.*', '(a|aa)+', 'a{999}'], transactionalIdPattern: ['.*', '(', '(a+)+b'], memberId: ['hostile-m', 'm2', 'm3'],
  entityType: ['user', 'client-id', 'ip'], entityName: ['hostile-user'],
}

/** Generates requests; the same seed and the same answers seen give the same requests. */
export class HostileRequests {
  readonly #random: Random
  readonly #seen: Seen

  constructor(random: Random, seen: Seen) {
    this.#random = random
    this.#seen = seen
  }

  #any<T>(of: readonly T[]): T {
    return of[this.#random.below(of.length)] as T // none of the lists is empty
  }

  request(api: Api, version: number): any {
    return tamed(api, this.#struct(api.request.fields as Fields, version, 0))
  }

  #struct(fields: Fields, version: number, depth: number): Record<string, unknown> {
    const made: Record<string, unknown> = {}
    for (const [name, { spec }] of Object.entries(fields)) {
      if (!holds(spec.versions, version, true)) continue
      if (holds(spec.nullable, version) && this.#random.below(8) === 0) made[name] = null
      else if (!spec.mayBeLeftOut || this.#random.below(10) > 0) made[name] = this.#value(name, spec, version, depth)
    }
    return made
  }

  #value(name: string, spec: FieldSpec, version: number, depth: number): unknown {
    const random = this.#random
    switch (spec.kind) {
      case 'array': {
        const isLong = depth === 0 && random.below(60) === 0
        const count = isLong ? random.below(3000) : this.#any([0, 1, 1, 1, 2, 3])
        return Array.from({ length: count }, () => this.#value(name, spec.element as FieldSpec, version, depth + 1))
      }
      case 'struct': return this.#struct(spec.fields as Fields, version, depth + 1)
      case 'string': return this.#text(name)
      case 'bool': return random.below(2) === 0
      case 'uuid': return this.#any([ZERO_UUID, NOBODYS_ID, (this.#seen.any('topicId', random) ?? ZERO_UUID) as string])
      case 'bytes': return random.bytes(this.#any([0, 1, 10, 300]))
      case 'records': return this.#records()
      case 'float64': return this.#any([0, 1, -1, 1e300, Number.NaN, Number.POSITIVE_INFINITY])
      default: return this.#number(name, spec.kind)
    }
  }

  #text(name: string): string {
    const random = this.#random
    if (name === 'memberId' && random.below(2) === 0) return String(this.#seen.any('memberId', random) ?? '')
    const known = words[name]
    return known && random.below(10) < 7 ? this.#any(known) : this.#any(texts)
  }

  #number(name: string, kind: string): number | bigint {
    const random = this.#random
    const seen = random.below(2) === 0 ? this.#seen.any(nameOfSeen(name), random) : undefined
    // A wait that is asked for would only hold the attacker's own connection.
    const value = typeof seen === 'number' ? seen + this.#any([0, 0, 0, 1, -1]) : name.endsWith('WaitMs') ? this.#any([0, 10, -1]) : this.#any(numbers)
    return fitted(value, kind)
  }

  #records(): Buffer | null {
    const random = this.#random
    if (random.below(12) === 0) return random.below(2) === 0 ? null : random.bytes(random.below(200))
    const producerId = safe(Number(this.#seen.any('producerId', random) ?? -1))
    const bytes = encodeBatch({
      records: Array.from({ length: 1 + random.below(5) }, () => ({ key: random.below(3) === 0 ? null : Buffer.from('k'), value: random.bytes(random.below(200)), timestamp: Date.now() })),
      codec: this.#any(['none', 'gzip', 'lz4', 'zstd', 'snappy']),
      ...(random.below(2) === 0 && { producerId, producerEpoch: this.#any([0, 1, 5, -1]), baseSequence: this.#any([0, 1, 7, -1, 0x7fffffff]), isTransactional: random.below(2) === 0 }),
    })
    if (random.below(4) === 0) bytes[random.below(bytes.length)] = random.below(256)
    return bytes
  }
}

function nameOfSeen(name: string): string {
  if (name === 'generationIdOrMemberEpoch') return 'memberEpoch'
  return /producerId$/i.test(name) ? 'producerId' : /producerEpoch$/i.test(name) ? 'producerEpoch' : name
}

function safe(value: number): number {
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value))
}

function fitted(value: number, kind: string): number | bigint {
  switch (kind) {
    case 'int8': return (value << 24) >> 24
    case 'int16': return (value << 16) >> 16
    case 'uint16': return value & 0xffff
    case 'uint32': return value >>> 0
    case 'int64': return BigInt(Math.trunc(value))
    case 'offset': return safe(value)
    default: return value | 0
  }
}

/** Of no topic. */
const NOBODYS_ID = 'EREREREREREREREREREREQ'
const TOPIC = 2
const LEGAL_RESOURCES = [TOPIC, 8, 16, 32]

/**
 * What a valid request may do to everybody is not asked for: other configs of the broker, its features, its own removal, topics of
 * coordinators gone, or so many partitions that the machine is busy with them. Who may send these is trusted.
 */
function tamed(api: Api, request: any): any {
  switch (api.name) {
    case 'AlterConfigs':
    case 'IncrementalAlterConfigs':
      for (const resource of request.resources ?? []) {
        if (!LEGAL_RESOURCES.includes(resource.resourceType)) request.validateOnly = true
        for (const config of resource.configs ?? []) config.name = configNames[config.name?.length % configNames.length] ?? ''
      }
      return request
    case 'UpdateFeatures': return { ...request, featureUpdates: [] }
    case 'UnregisterBroker': return { brokerId: 77 }
    case 'DeleteTopics':
      // By the id of a topic that was seen it would be anybody's.
      return {
        ...request,
        topics: request.topics?.filter(isTheirs).map((topic: any) => (topic.name === null ? { ...topic, topicId: NOBODYS_ID } : topic)),
        topicNames: request.topicNames?.filter((name: string) => !name.startsWith('__')),
      }
    case 'DeleteRecords': return { ...request, topics: request.topics?.filter(isTheirs) }
    case 'CreateTopics':
      for (const topic of request.topics ?? []) if (topic.numPartitions > 3 && topic.numPartitions < 20_000) topic.numPartitions = 3
      return request
    case 'CreatePartitions':
      for (const topic of request.topics ?? []) if (topic.count > 5 && topic.count < 20_000) topic.count = 5
      return request
    default: return request
  }
}

function isTheirs({ name }: { readonly name?: string | null }): boolean {
  return !(name ?? '').startsWith('__')
}
