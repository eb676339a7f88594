/** One script of administrators' requests for any broker, and its answers in a form that two brokers can be compared by. */

import { setTimeout as pause } from 'node:timers/promises'
import {
  alterClientQuotas, alterReplicaLogDirs, alterUserScramCredentials, apiVersions, createAcls, createDelegationToken, createTopics, deleteAcls,
  describeAcls, describeClientQuotas, describeDelegationToken, describeLogDirs, describeQuorum, describeTopicPartitions,
  describeUserScramCredentials, expireDelegationToken, metadata, renewDelegationToken, unregisterBroker, updateFeatures,
} from '../../core/protocol/apis/index.ts'
import type { Api, RequestToSend, ResponseReceived } from '../../core/protocol/schema.ts'
import { ask, RawConnection } from './clients-frames.ts'

/** What was asked, and what came back; text when no answer came. */
export type AdminStep = { readonly step: string; readonly answer: unknown }

/** Fields that are no one's to choose; what they are above 0 is not compared. */
const FREE = new Set(['totalBytes', 'usableBytes', 'highWatermark', 'logEndOffset', 'lastFetchTimestamp', 'lastCaughtUpTimestamp', 'port'])

class AdminScript {
  readonly steps: AdminStep[] = []
  readonly #port: number
  readonly #names = new Map<string, string>()
  #connection: RawConnection | undefined

  constructor(port: number) {
    this.#port = port
  }

  /** Asks and notes the answer, or the part of it that `pick` takes. */
  async ask<A extends Api>(step: string, api: A, version: number, request: RequestToSend<A>, pick: (answer: ResponseReceived<A>) => unknown = answer => answer): Promise<void> {
    this.#connection ??= await RawConnection.open(this.#port)
    try {
      const answer = pick(await ask(this.#connection, api, version, request))
      this.#note(step, api, version, this.#comparable(answer, api === describeTopicPartitions))
    } catch {
      this.#note(step, api, version, 'the connection was closed')
      this.#connection.close()
      this.#connection = undefined
    }
  }

  #note(step: string, api: Api, version: number, answer: unknown): void {
    this.steps.push({ step: `${step} (${api.name} v${version})`, answer })
  }

  /** For changes that a broker of Kafka's learns from its controller a moment after they were acknowledged. */
  async settle(): Promise<void> {
    await pause(300)
  }

  name(value: string, as: string): void {
    this.#names.set(value, as)
  }

  close(): void {
    this.#connection?.close()
  }

  /** Ids by name, bytes as hex, big numbers as text; lists whose order a hash table decides sorted. */
  #comparable(value: unknown, isOrdered: boolean): unknown {
    if (typeof value === 'string') return this.#names.get(value) ?? value
    if (typeof value === 'bigint') return `${value}`
    if (Buffer.isBuffer(value)) return value.toString('hex')
    if (Array.isArray(value)) {
      const items = value.map(each => this.#comparable(each, isOrdered))
      return isOrdered ? items : items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    }
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, FREE.has(name) && each > 0 ? 'some' : this.#comparable(each, isOrdered)]))
  }
}

export async function runAdminScript(port: number): Promise<readonly AdminStep[]> {
  const script = new AdminScript(port)
  try {
    await makeTopics(script, port)
    await acls(script)
    await tokens(script)
    await quotas(script)
    await credentials(script)
    await topicPartitions(script)
    await logDirs(script, port)
    await features(script)
    await quorum(script)
    return script.steps
  } finally {
    script.close()
  }
}

async function makeTopics(script: AdminScript, port: number): Promise<void> {
  const connection = await RawConnection.open(port)
  const topics = Object.entries({ alpha: 3, beta: 1, 'with.dots': 2, zeta: 5 }).map(([name, numPartitions]) => ({ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }))
  const made = await ask(connection, createTopics, 7, { topics, timeoutMs: 30_000, validateOnly: false })
  for (const { name, topicId } of made.topics) script.name(topicId, `the id of ${name}`)
  for (let hasLeaders = false; !hasLeaders; await script.settle()) {
    const known = await ask(connection, metadata, 9, { topics: made.topics.map(({ name }) => ({ name, topicId: '' })), allowAutoTopicCreation: false })
    hasLeaders = known.topics.every(({ errorCode, partitions }) => errorCode === 0 && partitions.every(({ leaderId }) => leaderId === 1))
  }
  connection.close()
}

async function acls(script: AdminScript): Promise<void> {
  const any = { resourceTypeFilter: 1, resourceNameFilter: null, patternTypeFilter: 1, principalFilter: null, hostFilter: null, operation: 1, permissionType: 1 }
  const entry = { resourceType: 2, resourceName: 'alpha', resourcePatternType: 3, principal: 'User:ann', host: '*', operation: 3, permissionType: 3 }
  for (const version of [1, 2, 3]) {
    await script.ask('all', describeAcls, version, any)
    await script.ask('one', createAcls, version, { creations: [entry] })
    await script.ask('one of ANY', createAcls, version, { creations: [entry, { ...entry, resourceType: 1 }] })
    await script.ask('nothing', createAcls, version, { creations: [] })
    await script.ask('all', deleteAcls, version, { filters: [any] })
    await script.ask('two', deleteAcls, version, { filters: [any, { ...any, resourceTypeFilter: 2 }] })
    await script.ask('nothing', deleteAcls, version, { filters: [] })
    for (const unknown of [{ resourceTypeFilter: 0 }, { patternTypeFilter: 0 }, { operation: 0 }, { permissionType: 0 }]) {
      const what = Object.keys(unknown).join()
      await script.ask(`${what} of UNKNOWN`, describeAcls, version, { ...any, ...unknown })
      await script.ask(`${what} of UNKNOWN`, deleteAcls, version, { filters: [any, { ...any, ...unknown }] })
    }
    for (const unknown of [{ resourceType: 0 }, { resourcePatternType: 0 }, { operation: 0 }, { permissionType: 0 }]) {
      await script.ask(`${Object.keys(unknown).join()} of UNKNOWN`, createAcls, version, { creations: [entry, { ...entry, ...unknown }] })
    }
    await script.ask('a type that is none', describeAcls, version, { ...any, resourceTypeFilter: 77 })
    await script.ask('an operation that is none', createAcls, version, { creations: [{ ...entry, operation: 99 }] })
    await script.ask('a prefix', describeAcls, version, { ...any, patternTypeFilter: 4 })
    await script.ask('a pattern that is none', deleteAcls, version, { filters: [{ ...any, patternTypeFilter: 9 }] })
  }
}

async function tokens(script: AdminScript): Promise<void> {
  const hmac = Buffer.from('none')
  const ann = { principalType: 'User', principalName: 'ann' }
  for (const version of [1, 2, 3]) {
    await script.ask('for oneself', createDelegationToken, version, { renewers: [ann], maxLifetimeMs: -1n })
    await script.ask('renewed by a group', createDelegationToken, version, { renewers: [{ principalType: 'Group', principalName: 'g' }], maxLifetimeMs: 5n })
    await script.ask('all', describeDelegationToken, version, { owners: null })
    await script.ask('of nobody', describeDelegationToken, version, { owners: [] })
    await script.ask('of one', describeDelegationToken, version, { owners: [ann] })
  }
  await script.ask('for another', createDelegationToken, 3, { ownerPrincipalType: 'User', ownerPrincipalName: 'bob', renewers: [], maxLifetimeMs: 1000n })
  await script.ask('for an empty name', createDelegationToken, 3, { ownerPrincipalType: 'User', ownerPrincipalName: '', renewers: [], maxLifetimeMs: 1000n })
  for (const version of [1, 2]) {
    await script.ask('one', renewDelegationToken, version, { hmac, renewPeriodMs: 1000n })
    await script.ask('one', expireDelegationToken, version, { hmac, expiryTimePeriodMs: -1n })
  }
}

type Entity = readonly (readonly [type: string, name: string | null])[]
type Op = { readonly key: string; readonly value: number; readonly remove: boolean }

const entity = (of: Entity) => of.map(([entityType, entityName]) => ({ entityType, entityName }))
const set = (key: string, value: number): Op => ({ key, value, remove: false })
const remove = (key: string): Op => ({ key, value: 0, remove: true })

async function quotas(script: AdminScript): Promise<void> {
  const alter = (step: string, entries: readonly (readonly [Entity, readonly Op[]])[], validateOnly = false, version = 1): Promise<void> => script.ask(
    step, alterClientQuotas, version, { entries: entries.map(([of, ops]) => ({ entity: entity(of), ops: [...ops] })), validateOnly },
  )
  const user: Entity = [['user', 'ann']]
  await alter('nothing', [])
  await alter('no entity', [[[], [set('producer_byte_rate', 1)]]])
  await alter('a type that is none', [[[['group', 'g']], [set('producer_byte_rate', 1)]]])
  await alter('an empty type', [[[['', 'g']], [set('producer_byte_rate', 1)]]])
  await alter('an empty name', [[[['user', '']], [set('producer_byte_rate', 4)]]])
  await alter('a type twice', [[[['user', 'x'], ['user', 'y']], [set('producer_byte_rate', 1)]]])
  await alter('ip with user', [[[['ip', '127.0.0.1'], ['user', 'y']], [set('producer_byte_rate', 1)]]])
  await alter('ip that is none', [[[['ip', 'not an ip']], [set('connection_creation_rate', 1)]]])
  await alter('ip out of range', [[[['ip', '300.1.1.1']], [set('connection_creation_rate', 1)]]])
  await alter('a key of users for an ip', [[[['ip', '127.0.0.1']], [set('producer_byte_rate', 1)]]])
  await alter('a key of ips for a user', [[user, [set('connection_creation_rate', 1)]]])
  await alter('a key that is none', [[user, [set('speed', 1)]]])
  await alter('an empty key', [[user, [set('', 1)]]])
  for (const value of [0, -1, 0.5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e19, 9.3e18, 1e-9]) {
    await alter(`rate ${value}`, [[user, [set('producer_byte_rate', value)]]], true)
    await alter(`percentage ${value}`, [[user, [set('request_percentage', value)]]], true)
    await alter(`mutations ${value}`, [[user, [set('controller_mutation_rate', value)]]], true)
    await alter(`connections ${value}`, [[[['ip', null]], [set('connection_creation_rate', value)]]], true)
  }
  await alter('a key twice', [[user, [set('producer_byte_rate', 1), set('producer_byte_rate', 2)]]])
  await alter('an entity twice', [[user, [set('producer_byte_rate', 1)]], [user, [set('consumer_byte_rate', 2)]]])
  await alter('no ops', [[user, []]])
  await alter('remove what is not there', [[user, [remove('producer_byte_rate'), remove('speed')]]])
  await alter('one good, one bad', [[user, [set('producer_byte_rate', 11)]], [[['client-id', 'c']], [set('speed', 1)]]])
  await alter('one good, one bad, old', [[user, [set('consumer_byte_rate', 12)]], [[], []]], false, 0)
  await alter('only tried', [[[['user', 'tried']], [set('producer_byte_rate', 11)]]], true)
  const several: readonly (readonly [Entity, readonly Op[]])[] = [
    [[['user', null]], [set('producer_byte_rate', 1000), set('consumer_byte_rate', 2000)]],
    [[['user', 'ann'], ['client-id', 'app']], [set('request_percentage', 12.5)]],
    [[['user', 'ann'], ['client-id', null]], [set('controller_mutation_rate', 2.25)]],
    [[['client-id', 'app']], [set('producer_byte_rate', 3000)]],
    [[['client-id', null]], [set('producer_byte_rate', 4000)]],
    [[['ip', '10.0.0.1']], [set('connection_creation_rate', 7)]],
    [[['ip', null]], [set('connection_creation_rate', 8)]],
    [[['ip', '::1']], [set('connection_creation_rate', 9)]],
    [[['ip', 'localhost']], [set('connection_creation_rate', 10)]],
  ]
  await alter('several', several)
  await alter('several, old', [[[['user', 'old']], [set('producer_byte_rate', 5)]]], false, 0)
  await script.settle()
  await describeQuotas(script)
  await alter('some away', [[[['user', null]], [remove('producer_byte_rate')]], [[['client-id', null]], [remove('producer_byte_rate')]], [user, [remove('producer_byte_rate'), set('producer_byte_rate', 3)]]])
  await script.settle()
  await script.ask('after some went', describeClientQuotas, 1, { components: [], strict: false })
}

async function describeQuotas(script: AdminScript): Promise<void> {
  const EXACT = 0
  const DEFAULT = 1
  const SPECIFIED = 2
  const filters: Readonly<Record<string, readonly (readonly [string, number, string | null])[]>> = {
    all: [],
    'the user': [['user', EXACT, 'ann']],
    'the default user': [['user', DEFAULT, null]],
    'any user': [['user', SPECIFIED, null]],
    'any client': [['client-id', SPECIFIED, null]],
    'a user with any client': [['user', EXACT, 'ann'], ['client-id', SPECIFIED, null]],
    'a user and client': [['user', EXACT, 'ann'], ['client-id', EXACT, 'app']],
    'a user with the default client': [['user', EXACT, 'ann'], ['client-id', DEFAULT, null]],
    'any ip': [['ip', SPECIFIED, null]],
    'an ip': [['ip', EXACT, '10.0.0.1']],
    'the default ip': [['ip', DEFAULT, null]],
    nobody: [['user', EXACT, 'nobody']],
    'an empty name': [['user', EXACT, '']],
    'an empty type': [['', EXACT, 'a']],
    'a type that is none': [['group', EXACT, 'a']],
    'a type twice': [['user', EXACT, 'a'], ['user', DEFAULT, null]],
    'a match that is none': [['user', 7, null]],
    'a negative match': [['user', -1, null]],
    'exactly nothing': [['user', EXACT, null]],
    'a default with a name': [['user', DEFAULT, 'x']],
    'any with a name': [['user', SPECIFIED, 'x']],
    'ip with user': [['ip', SPECIFIED, null], ['user', SPECIFIED, null]],
    'ip with client': [['client-id', SPECIFIED, null], ['ip', DEFAULT, null]],
    'a type that is none, behind a match that is none': [['user', 7, null], ['group', EXACT, 'a']],
  }
  for (const strict of [false, true]) {
    for (const [step, components] of Object.entries(filters)) {
      const request = { components: components.map(([entityType, matchType, match]) => ({ entityType, matchType, match })), strict }
      await script.ask(strict ? `${step}, strictly` : step, describeClientQuotas, 1, request)
    }
  }
  await script.ask('all, old', describeClientQuotas, 0, { components: [], strict: false })
  await script.ask('a match that is none, old', describeClientQuotas, 0, { components: [{ entityType: 'user', matchType: 9, match: null }], strict: false })
}

async function credentials(script: AdminScript): Promise<void> {
  const salt = Buffer.from('a salt of some length')
  const saltedPassword = Buffer.alloc(32, 7)
  const upsert = (name: string, mechanism = 1, iterations = 4096) => ({ name, mechanism, iterations, salt, saltedPassword })
  const alter = (step: string, upsertions: ReturnType<typeof upsert>[], deletions: { name: string; mechanism: number }[] = []): Promise<void> => (
    script.ask(step, alterUserScramCredentials, 0, { deletions, upsertions })
  )
  const describe = (step: string, users: string[] | null): Promise<void> => (
    script.ask(step, describeUserScramCredentials, 0, { users: users?.map(name => ({ name })) ?? null })
  )
  await describe('all of none', null)
  await describe('nobody', ['nobody'])
  await alter('nothing', [])
  await alter('an empty name', [upsert('')])
  for (const mechanism of [0, 3, -1]) await alter(`mechanism ${mechanism}`, [upsert('ann', mechanism)], [{ name: 'bob', mechanism }])
  for (const iterations of [0, -1, 4095, 16_385]) await alter(`${iterations} iterations`, [upsert('ann', 1, iterations), upsert('bob', 2, iterations)])
  await alter('an empty salt', [{ ...upsert('unsalted'), salt: Buffer.alloc(0) }])
  await alter('an empty password', [{ ...upsert('open'), saltedPassword: Buffer.alloc(0) }])
  await alter('delete what is not there', [], [{ name: 'ann', mechanism: 1 }, { name: '', mechanism: 1 }])
  await alter('two of one user', [upsert('ann', 1), upsert('ann', 2)])
  await alter('three of one user', [upsert('ann', 1), upsert('ann', 2), upsert('ann', 1)])
  await alter('some', [upsert('ann'), upsert('bob', 2, 16_384), upsert('größe', 1, 8192)])
  await alter('another mechanism', [upsert('ann', 2, 5000)])
  await alter('again', [upsert('ann', 1, 6000)])
  await alter('deleted and set at once', [upsert('bob', 1)], [{ name: 'bob', mechanism: 2 }])
  await alter('deleted twice at once', [], [{ name: 'ann', mechanism: 1 }, { name: 'ann', mechanism: 2 }])
  await alter('one good, one bad', [upsert('carl'), upsert('dora', 1, 1)], [{ name: 'nobody', mechanism: 2 }])
  await script.settle()
  await describe('all', null)
  await describe('an empty list', [])
  await describe('two', ['ann', 'bob'])
  await describe('one twice', ['ann', 'bob', 'ann'])
  await describe('one of two', ['carl', 'dora'])
  await describe('an empty name', [''])
  await alter('one away', [], [{ name: 'ann', mechanism: 1 }])
  await script.settle()
  await describe('who has one left', ['ann'])
}

async function topicPartitions(script: AdminScript): Promise<void> {
  type Cursor = { topicName: string; partitionIndex: number } | null
  const describe = (step: string, topics: readonly string[], responsePartitionLimit = 2000, cursor: Cursor = null): Promise<void> => (
    script.ask(step, describeTopicPartitions, 0, { topics: topics.map(name => ({ name })), responsePartitionLimit, cursor })
  )
  await describe('all', [])
  await describe('some, out of order', ['zeta', 'alpha'])
  await describe('one twice', ['beta', 'alpha', 'beta'])
  await describe('unknown', ['nowhere', 'alpha'])
  await describe('illegal names', ['a b', '..', 'x'.repeat(250), 'alpha'])
  await describe('an empty name', ['', 'alpha'])
  for (const limit of [0, -1, 1, 2, 3, 4, 9, 11, 2001]) await describe(`all, ${limit} at most`, [], limit)
  for (const limit of [1, 3, 4]) await describe(`some, ${limit} at most`, ['zeta', 'nowhere', 'alpha', 'beta'], limit)
  await describe('from a partition', [], 3, { topicName: 'alpha', partitionIndex: 2 })
  await describe('from a partition of one', ['zeta'], 2, { topicName: 'zeta', partitionIndex: 2 })
  await describe('from the last partition', ['zeta'], 2, { topicName: 'zeta', partitionIndex: 4 })
  await describe('from beyond the last partition', ['zeta'], 2, { topicName: 'zeta', partitionIndex: 5 })
  await describe('from far beyond', [], 2, { topicName: 'alpha', partitionIndex: 2_147_483_647 })
  await describe('from a negative partition', ['zeta'], 2, { topicName: 'zeta', partitionIndex: -1 })
  await describe('from a negative partition of all', [], 2, { topicName: 'zeta', partitionIndex: -3 })
  await describe('from a topic that is not asked for', ['alpha', 'zeta'], 20, { topicName: 'beta', partitionIndex: 0 })
  await describe('from a topic that is gone, of all', [], 4, { topicName: 'b', partitionIndex: 2 })
  await describe('from a topic that is gone, and is asked for', ['b', 'zeta'], 4, { topicName: 'b', partitionIndex: 2 })
  await describe('from behind the last topic', [], 4, { topicName: 'zz', partitionIndex: 0 })
}

async function logDirs(script: AdminScript, port: number): Promise<void> {
  const connection = await RawConnection.open(port)
  const all = await ask(connection, describeLogDirs, 5, { topics: null })
  connection.close()
  const [dir] = all.results
  const path = dir?.logDir ?? ''
  script.name(path, 'the folder')
  for (const version of [1, 2, 3, 4, 5]) {
    const some = (...topics: [string, number[]][]) => ({ topics: topics.map(([topic, partitions]) => ({ topic, partitions })) })
    await script.ask('nothing', describeLogDirs, version, { topics: [] })
    await script.ask('all', describeLogDirs, version, { topics: null })
    await script.ask('some', describeLogDirs, version, some(['zeta', [4, 0, 2]], ['alpha', [1]]))
    await script.ask('one twice', describeLogDirs, version, some(['beta', [0, 0]], ['beta', [0]]))
    await script.ask('unknown', describeLogDirs, version, some(['nowhere', [0]], ['alpha', [17, -1]], ['beta', []]))
  }
  const move = (step: string, version: number, dirs: readonly [string, [string, number[]][]][]): Promise<void> => script.ask(
    step, alterReplicaLogDirs, version, { dirs: dirs.map(([to, topics]) => ({ path: to, topics: topics.map(([name, partitions]) => ({ name, partitions })) })) },
  )
  for (const version of [1, 2]) {
    await move('to where they are', version, [[path, [['alpha', [0, 2]], ['beta', [0]]]]])
    await move('elsewhere', version, [['/nowhere', [['alpha', [0]], ['nowhere', [0]]]]])
    await move('a relative folder', version, [['logs', [['alpha', [0]]]]])
    await move('an empty folder', version, [['', [['alpha', [0]]]]])
    await move('what is not there', version, [[path, [['nowhere', [0]], ['alpha', [9]], ['beta', []]]]])
    await move('a long name', version, [[path, [['x'.repeat(230), [0]]]]])
    await move('nothing', version, [])
    await move('nothing to a folder', version, [[path, []]])
    await move('one twice', version, [[path, [['alpha', [0, 0]]]], ['/nowhere', [['alpha', [0]]]]])
  }
}

async function features(script: AdminScript): Promise<void> {
  const UPGRADE = 1
  const SAFE = 2
  const UNSAFE = 3
  type Update = readonly [feature: string, maxVersionLevel: number, upgradeType?: number]
  const update = (step: string, updates: readonly Update[], validateOnly = true, version = 2): Promise<void> => script.ask(step, updateFeatures, version, {
    timeoutMs: 60_000, validateOnly,
    featureUpdates: updates.map(([feature, maxVersionLevel, upgradeType = UPGRADE]) => ({
      feature, maxVersionLevel, ...(version === 0 ? { allowDowngrade: upgradeType !== UPGRADE } : { upgradeType }),
    })),
  })
  let epoch = -1n
  const show = (step: string): Promise<void> => script.ask(step, apiVersions, 4, { clientSoftwareName: 'script', clientSoftwareVersion: '1' }, answer => {
    const hasRisen = answer.finalizedFeaturesEpoch > epoch
    epoch = answer.finalizedFeaturesEpoch
    return {
      hasRisen,
      supported: Object.fromEntries(answer.supportedFeatures.map(({ name, minVersion, maxVersion }) => [name, `${minVersion} to ${maxVersion}`])),
      finalized: Object.fromEntries(answer.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel])),
    }
  })
  await show('features at first')
  const names = ['transaction.version', 'group.version', 'share.version', 'streams.version', 'metadata.version', 'kraft.version', 'eligible.leader.replicas.version']
  for (const name of names) {
    for (const level of [-1, 0, 1, 2, 3, 7, 29, 30, 31, 99]) {
      for (const type of [UPGRADE, SAFE, UNSAFE]) await update(`${name} to ${level} by ${type}`, [[name, level, type]])
    }
    await update(`${name} to 1 by 0`, [[name, 1, 0]])
    await update(`${name} to 1 by 9`, [[name, 1, 9]])
  }
  for (const version of [0, 1, 2]) {
    await update('nothing', [], true, version)
    await update('unknown', [['no.such.feature', 1]], true, version)
    await update('an empty name', [['', 1]], true, version)
    await update('unknown to 0', [['no.such.feature', 0, SAFE]], true, version)
    await update('one twice', [['transaction.version', 1, SAFE], ['transaction.version', 0, SAFE]], true, version)
    await update('one good, one bad', [['transaction.version', 2], ['no.such.feature', 1]], false, version)
    await update('as it is', [['transaction.version', 2], ['group.version', 1]], version !== 0, version)
  }
  await update('transactions of version 1', [['transaction.version', 1, SAFE]], false)
  await update('transactions of version 1, again', [['transaction.version', 1, SAFE]], false)
  await script.settle()
  await show('features after one went down')
  await update('transactions without a version', [['transaction.version', 0, SAFE]], false, 1)
  await update('the group protocol off', [['group.version', 0, UNSAFE]], false)
  await script.settle()
  await show('features after two went off')
  await update('both again', [['transaction.version', 2], ['group.version', 1]], false)
  await script.settle()
  await show('features at last')
}

async function quorum(script: AdminScript): Promise<void> {
  for (const version of [0, 1, 2]) {
    const ask = (step: string, topicName: string, ...partitions: number[]): Promise<void> => script.ask(
      step, describeQuorum, version, { topics: [{ topicName, partitions: partitions.map(partitionIndex => ({ partitionIndex })) }] },
    )
    await ask('the quorum', '__cluster_metadata', 0)
    await ask('another partition', '__cluster_metadata', 1)
    await ask('two partitions', '__cluster_metadata', 0, 1)
    await ask('no partition', '__cluster_metadata')
    await ask('another topic', 'alpha', 0)
    await script.ask('nothing', describeQuorum, version, { topics: [] })
  }
  await script.ask('a broker that was never there', unregisterBroker, 0, { brokerId: 77 })
  await script.ask('a negative broker', unregisterBroker, 0, { brokerId: -1 })
}
