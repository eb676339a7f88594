/** One script of requests about configs for any broker, and its answers in a form that two brokers can be compared by. */

import { setTimeout as pause } from 'node:timers/promises'
import { alterConfigs, createTopics, describeConfigs, incrementalAlterConfigs, listConfigResources } from '../../core/protocol/apis/index.ts'
import { ask, RawConnection } from './clients-frames.ts'

const TOPIC = 2
const BROKER = 4
const METRICS = 16
const GROUP = 32
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3]

type Change = readonly [name: string, operation: number, value?: string | null]
type Resource = readonly [type: number, name: string, ...changes: Change[]]

/** A config that no step sets. */
const MARK = 'log.segment.delete.delay.ms'

class ConfigScript {
  readonly steps: [string, unknown][] = []
  #settled = 0
  readonly #connection: RawConnection

  constructor(connection: RawConnection) {
    this.#connection = connection
  }

  /** IncrementalAlterConfigs, one step. */
  async alter(step: string, resources: readonly Resource[], validateOnly = false, version = 1): Promise<void> {
    const asked = resources.map(([resourceType, resourceName, ...changes]) => (
      { resourceType, resourceName, configs: changes.map(([name, configOperation, value = null]) => ({ name, configOperation, value })) }))
    this.steps.push([step, (await ask(this.#connection, incrementalAlterConfigs, version, { resources: asked, validateOnly })).responses])
  }

  /** AlterConfigs, one step. */
  async replace(step: string, resources: readonly (readonly [number, string, Readonly<Record<string, string | null>>])[], validateOnly = false, version = 2): Promise<void> {
    const asked = resources.map(([resourceType, resourceName, configs]) => (
      { resourceType, resourceName, configs: Object.entries(configs).map(([name, value]) => ({ name, value })) }))
    this.steps.push([step, (await ask(this.#connection, alterConfigs, version, { resources: asked, validateOnly })).responses])
  }

  /** Kafka's broker learns of changes from its controller a moment later, in their order: once it tells of one made now, it knows those before. */
  async #settle(): Promise<void> {
    const value = String(60_000 + ++this.#settled)
    await ask(this.#connection, incrementalAlterConfigs, 1, {
      resources: [{ resourceType: BROKER, resourceName: '', configs: [{ name: MARK, configOperation: SET, value }] }], validateOnly: false,
    })
    for (;;) {
      const { results } = await ask(this.#connection, describeConfigs, 4, {
        resources: [{ resourceType: BROKER, resourceName: '', configurationKeys: [MARK] }], includeSynonyms: false, includeDocumentation: false,
      })
      if (results[0]?.configs[0]?.value === value) return
      await pause(20)
    }
  }

  /** What is set, sorted: without `keys` only what is not a default. */
  async describe(step: string, resourceType: number, resourceName: string, keys: readonly string[] | null = null): Promise<void> {
    await this.#settle()
    const { results } = await ask(this.#connection, describeConfigs, 4, {
      resources: [{ resourceType, resourceName, configurationKeys: keys && [...keys] }], includeSynonyms: true, includeDocumentation: false,
    })
    const told = results.map(({ configs, ...rest }) => (
      { ...rest, configs: configs.filter(config => keys !== null || (isSet(config.configSource) && config.name !== 'min.insync.replicas')).sort((a, b) => (a.name < b.name ? -1 : 1)) }))
    this.steps.push([step, told])
  }

  async list(step: string, version: number, resourceTypes: number[]): Promise<void> {
    const answer = await ask(this.#connection, listConfigResources, version, version === 0 ? {} : { resourceTypes })
    this.steps.push([step, { ...answer, configResources: [...answer.configResources].sort((a, b) => a.resourceType - b.resourceType || (a.resourceName < b.resourceName ? -1 : 1)) }])
  }
}

/** By somebody, at run time. Kafka sets min.insync.replicas for all brokers when it is formatted. */
const isSet = (source: number): boolean => source < 4 || source > 5

/** Runs everything against the broker on `port`: the answers, in order. */
export async function runConfigScript(port: number): Promise<[string, unknown][]> {
  const connection = await RawConnection.open(port)
  try {
    const script = new ConfigScript(connection)
    const topic = { name: 'orders', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [{ name: 'retention.ms', value: '5000' }] }
    await ask(connection, createTopics, 7, { topics: [topic], timeoutMs: 5_000 })
    await topics(script)
    await malformed(script)
    await brokers(script)
    await brokerValues(script)
    await groups(script)
    await clientMetrics(script)
    await legacy(script)
    await lists(script)
    return script.steps
  } finally {
    connection.close()
  }
}

async function topics(script: ConfigScript): Promise<void> {
  const keys = ['retention.ms', 'cleanup.policy', 'segment.ms', 'flush.ms', 'segment.jitter.ms', 'max.message.bytes', 'remote.storage.enable', 'leader.replication.throttled.replicas']
  await script.describe('a topic as it was made', TOPIC, 'orders', keys)
  await script.alter('several operations', [[TOPIC, 'orders', ['retention.ms', DELETE], ['segment.ms', SET, '60000'], ['cleanup.policy', APPEND, 'compact'], ['preallocate', SET, ' TRUE ']]])
  await script.describe('after them', TOPIC, 'orders')
  await script.alter('append what is there', [[TOPIC, 'orders', ['cleanup.policy', APPEND, 'compact']]])
  await script.alter('subtract what is not there', [[TOPIC, 'orders', ['cleanup.policy', SUBTRACT, 'nothing']]])
  await script.alter('subtract all', [[TOPIC, 'orders', ['cleanup.policy', SUBTRACT, 'compact,delete']]])
  await script.describe('after subtracting', TOPIC, 'orders')
  await script.alter('append to no list', [[TOPIC, 'orders', ['retention.ms', APPEND, '5']]])
  await script.alter('subtract from no list', [[TOPIC, 'orders', ['retention.ms', SUBTRACT, '5']]])
  await script.alter('append to an unknown name', [[TOPIC, 'orders', ['no.such', APPEND, '5']]])
  await script.alter('set an unknown name', [[TOPIC, 'orders', ['no.such', SET, '5']]])
  await script.alter('delete an unknown name', [[TOPIC, 'orders', ['no.such', DELETE]]])
  await script.alter('a bad value', [[TOPIC, 'orders', ['retention.ms', SET, 'x']]])
  await script.alter('a value out of range', [[TOPIC, 'orders', ['segment.bytes', SET, '5']]])
  await script.alter('an append that makes a bad value', [[TOPIC, 'orders', ['cleanup.policy', APPEND, 'burn']]])
  await script.alter('values that do not go together', [[TOPIC, 'orders', ['min.compaction.lag.ms', SET, '10'], ['max.compaction.lag.ms', SET, '5']]])
  await script.alter('one good, one bad', [[TOPIC, 'orders', ['flush.ms', SET, '1'], ['flush.messages', SET, '0']]])
  await script.describe('nothing of it', TOPIC, 'orders')
  await script.alter('no such topic', [[TOPIC, 'nowhere', ['retention.ms', SET, '5']]])
  await script.alter('a topic of no name', [[TOPIC, '', ['retention.ms', SET, '5']]])
  await script.alter('a topic of a bad name', [[TOPIC, 'a b', ['retention.ms', SET, '5']]])
  await script.alter('only validated', [[TOPIC, 'orders', ['flush.ms', SET, '5']]], true, 0)
  await script.alter('only validated, badly', [[TOPIC, 'orders', ['flush.ms', SET, 'x']]], true)
  await script.alter('no change at all', [[TOPIC, 'orders']])
  await script.describe('what is left', TOPIC, 'orders')
}

async function malformed(script: ConfigScript): Promise<void> {
  await script.alter('a resource twice', [[TOPIC, 'orders', ['flush.ms', SET, '1']], [TOPIC, 'orders', ['flush.ms', SET, '2']], [TOPIC, 'nowhere', ['flush.ms', SET, '2']]])
  await script.alter('a key twice', [[TOPIC, 'orders', ['flush.ms', SET, '1'], ['flush.ms', DELETE]]])
  await script.alter('no value', [[TOPIC, 'orders', ['flush.ms', SET, null], ['retention.ms', APPEND, null]]])
  await script.alter('an unknown operation on a broker', [[BROKER, '1', ['log.cleaner.backoff.ms', 9, '1']]])
  for (const type of [0, 1, 3, 64, -1]) await script.alter(`resource type ${type}`, [[type, 'x', ['flush.ms', SET, '1']]])
  await script.alter('no resource', [])
}

async function brokers(script: ConfigScript): Promise<void> {
  const keys = ['log.retention.ms', 'log.retention.hours', 'log.cleaner.backoff.ms', 'message.max.bytes', 'node.id', 'group.initial.rebalance.delay.ms', 'log.cleanup.policy', 'ssl.key.password']
  await script.describe('a broker', BROKER, '1', keys)
  await script.alter('for all brokers', [[BROKER, '', ['log.retention.ms', SET, '70000'], ['log.cleanup.policy', APPEND, 'compact'], ['message.max.bytes', SET, '2000000']]])
  await script.alter('for one broker', [[BROKER, '1', ['log.retention.ms', SET, '80000'], ['log.cleaner.backoff.ms', SET, '500']]])
  await script.describe('a broker with both', BROKER, '1', keys)
  await script.describe('the defaults of all', BROKER, '', null)
  await script.describe('a topic under them', TOPIC, 'orders', ['retention.ms', 'cleanup.policy', 'max.message.bytes'])
  await script.alter('only at the start', [[BROKER, '1', ['num.partitions', SET, '5'], ['node.id', SET, '5']]])
  await script.alter('only at the start, for all', [[BROKER, '', ['auto.create.topics.enable', SET, 'false']]])
  await script.alter('a bad value of a broker', [[BROKER, '', ['log.retention.ms', SET, 'x']]])
  await script.alter('a value of a broker out of range', [[BROKER, '', ['log.cleaner.backoff.ms', SET, '-1']]])
  await script.alter('compaction lags of a broker', [[BROKER, '', ['log.cleaner.min.compaction.lag.ms', SET, '10'], ['log.cleaner.max.compaction.lag.ms', SET, '5']]])
  await script.alter('lags back', [[BROKER, '', ['log.cleaner.min.compaction.lag.ms', DELETE], ['log.cleaner.max.compaction.lag.ms', DELETE]]])
  await script.alter('append to no list of a broker', [[BROKER, '', ['log.retention.ms', APPEND, '1']]])
  await script.alter('subtract from no list of a broker', [[BROKER, '', ['log.retention.ms', SUBTRACT, '1']]])
  await script.alter('per broker only, for all', [[BROKER, '', ['listener.name.plaintext.ssl.keystore.location', SET, '/x']]])
  await script.alter('security without a listener', [[BROKER, '1', ['ssl.keystore.location', SET, '/x']]])
  await script.alter('another broker', [[BROKER, '2', ['log.retention.ms', SET, '5']]])
  await script.alter('a broker of no number', [[BROKER, 'one', ['log.retention.ms', SET, '5']]])
  await script.alter('a broker config only validated', [[BROKER, '1', ['log.retention.ms', SET, '5']]], true)
  await script.alter('back', [[BROKER, '', ['log.retention.ms', DELETE], ['log.cleanup.policy', SUBTRACT, 'compact'], ['message.max.bytes', DELETE]]])
  await script.alter('back for one', [[BROKER, '1', ['log.retention.ms', DELETE], ['log.cleaner.backoff.ms', DELETE], ['log.flush.interval.ms', DELETE]]])
  await script.describe('a broker back', BROKER, '1', keys)
}

/** What a broker does not take, one by one; nothing is changed. */
async function brokerValues(script: ConfigScript): Promise<void> {
  for (const [name, value] of [
    ['group.consumer.assignment.interval.ms', '20000'], ['log.roll.ms', '0'], ['log.retention.ms', '0'], ['log.retention.ms', '-5'], ['log.roll.jitter.ms', '-1'], ['log.retention.hours', '5'],
    ['log.cleaner.dedupe.buffer.size', '1024'], ['log.cleaner.min.cleanable.ratio', '2'], ['max.connections.per.ip', '0'], ['max.connections', '-1'], ['max.connections.per.ip.overrides', 'garbage'],
    ['max.connections.per.ip.overrides', '127.0.0.1:x'], ['log.segment.bytes', '5'], ['log.message.timestamp.type', 'x'], ['my.name', '1'], ['transaction.partition.verification.enable', 'x'],
    ['compression.type', 'lzo'], ['compression.gzip.level', '0'], ['message.max.bytes', '-1'], ['producer.id.expiration.ms', '0'], ['log.cleanup.policy', 'x'], ['log.cleanup.policy', ''],
    ['log.index.size.max.bytes', '1'], ['log.retention.bytes', 'x'], ['log.segment.delete.delay.ms', '-1'], ['log.flush.interval.messages', '0'], ['min.insync.replicas', '0'],
    ['unclean.leader.election.enable', 'maybe'], ['log.preallocate', 'x'],
  ] as const) await script.alter(`brokers with ${name}=${value}`, [[BROKER, '', [name, SET, value]]], true)
}

async function groups(script: ConfigScript): Promise<void> {
  const keys = ['consumer.session.timeout.ms', 'consumer.heartbeat.interval.ms', 'share.auto.offset.reset', 'share.isolation.level', 'streams.num.standby.replicas']
  await script.describe('a group that sets nothing', GROUP, 'g', keys)
  await script.alter('a group', [[GROUP, 'g', ['consumer.session.timeout.ms', SET, '50000'], ['consumer.heartbeat.interval.ms', SET, '6000']]])
  await script.describe('a group that sets some', GROUP, 'g', keys)
  await script.alter('a group back', [[GROUP, 'g', ['consumer.session.timeout.ms', DELETE]]])
  await script.describe('what a group sets', GROUP, 'g')
  for (const [name, value] of [
    ['consumer.session.timeout.ms', '1'], ['consumer.session.timeout.ms', '70000'], ['consumer.heartbeat.interval.ms', '1'], ['consumer.heartbeat.interval.ms', '20000'], ['consumer.assignment.interval.ms', '20000'],
    ['consumer.session.timeout.ms', 'x'], ['consumer.heartbeat.interval.ms', '0'], ['share.auto.offset.reset', 'never'], ['share.auto.offset.reset', 'by_duration:PT1H'], ['share.isolation.level', 'x'],
    ['share.delivery.count.limit', '1'], ['share.delivery.count.limit', '20'], ['share.record.lock.duration.ms', '1'], ['share.record.lock.duration.ms', '1000000'], ['share.session.timeout.ms', '1'], ['share.heartbeat.interval.ms', '1'],
    ['share.partition.max.record.locks', '1'], ['share.partition.max.record.locks', '10000'], ['share.assignment.interval.ms', '20000'], ['share.renew.acknowledge.enable', 'x'],
    ['streams.session.timeout.ms', '1'], ['streams.heartbeat.interval.ms', '1'], ['streams.num.standby.replicas', '9'], ['streams.num.standby.replicas', '-1'], ['streams.assignment.interval.ms', '20000'], ['streams.initial.rebalance.delay.ms', '-1'],
    ['retention.ms', '1'],
  ] as const) await script.alter(`a group with ${name}=${value}`, [[GROUP, 'h', [name, SET, value]]])
  await script.alter('a group of no name', [[GROUP, '', ['consumer.session.timeout.ms', SET, '50000']]])
  await script.alter('append to a group', [[GROUP, 'g', ['consumer.session.timeout.ms', APPEND, '50000']]])
  await script.describe('a group by duration', GROUP, 'h')
}

async function clientMetrics(script: ConfigScript): Promise<void> {
  await script.describe('a subscription nobody made', METRICS, 'm', ['interval.ms', 'match', 'metrics'])
  await script.alter('a subscription', [[METRICS, 'm', ['metrics', SET, 'a,b'], ['interval.ms', SET, '1000'], ['match', SET, 'client_id=app-.*']]])
  await script.describe('a subscription made', METRICS, 'm')
  await script.alter('a longer one', [[METRICS, 'm', ['match', SUBTRACT, 'client_id=app-.*']]])
  await script.describe('a subscription changed', METRICS, 'm')
  for (const [name, value] of [['interval.ms', '1'], ['interval.ms', 'x'], ['interval.ms', '4000000'], ['match', 'who=x'], ['match', 'client_id'], ['match', 'client_id=['], ['no.such', '1']] as const) {
    await script.alter(`a subscription with ${name}=${value}`, [[METRICS, 'n', [name, SET, value]]])
  }
  await script.alter('a subscription of no name', [[METRICS, '', ['metrics', SET, 'a']]])
  await script.alter('append to no list of a subscription', [[METRICS, 'm', ['interval.ms', APPEND, '1']]])
}

async function legacy(script: ConfigScript): Promise<void> {
  await script.replace('all that is set', [[TOPIC, 'orders', { 'flush.ms': '7' }], [GROUP, 'g', {}], [METRICS, 'm', { metrics: 'z' }]])
  await script.describe('a topic replaced', TOPIC, 'orders')
  await script.describe('a subscription replaced', METRICS, 'm')
  await script.describe('a group replaced', GROUP, 'g')
  await script.replace('brokers replaced', [[BROKER, '', { 'log.retention.ms': '5', 'min.insync.replicas': '1' }], [BROKER, '1', { 'log.roll.ms': '9' }]])
  await script.describe('a broker replaced', BROKER, '1', ['log.retention.ms', 'log.roll.ms'])
  await script.replace('brokers back', [[BROKER, '', { 'min.insync.replicas': '1' }], [BROKER, '1', {}]])
  await script.replace('refused', [[TOPIC, 'orders', { 'no.such': '1' }], [TOPIC, 'nowhere', {}], [TOPIC, 'other', { 'flush.ms': null }], [BROKER, '2', {}], [BROKER, '1', { 'num.partitions': '2' }], [8, '1', {}], [GROUP, '', {}], [METRICS, '', {}]])
  await script.replace('only validated replacement', [[TOPIC, 'orders', {}]], true, 1)
  await script.describe('a topic after the refusals', TOPIC, 'orders')
}

async function lists(script: ConfigScript): Promise<void> {
  await script.list('client metrics, as before', 0, [])
  await script.list('all', 1, [])
  await script.list('some', 1, [16, 32])
  await script.list('brokers and loggers', 1, [4, 8])
  await script.list('topics, twice', 1, [2, 2])
  await script.list('a type there is not', 1, [2, 7])
  await script.list('type 0', 1, [0])
}
