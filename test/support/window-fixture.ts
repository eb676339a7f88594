/** A small engine in memory for looking at the window: the shop of the design, moving, behind the real contract and the real web side. */

import type { GroupDetail, GroupRow } from '../../core/studio/contract/groups.ts'
import type { ListItem } from '../../core/studio/contract/contract.ts'
import { studioContract, type StudioContract } from '../../core/studio/contract/index.ts'
import type { ClientRow, EngineEvent, LocalStatus, RatePoint } from '../../core/studio/contract/local.ts'
import type { ContainerAccess } from '../../core/studio/contract/containers.ts'
import type { BrokerRow } from '../../core/studio/contract/brokers.ts'
import type { TopicDetail, TopicRow } from '../../core/studio/contract/topics.ts'
import type { TransactionRow } from '../../core/studio/contract/transactions.ts'
import { silentLogger } from '../../core/common/logger.ts'
import { startHttp } from '../../core/headless/http.ts'
import { serveContract, type Implementation, type Sink } from '../../core/studio/rpc/serve.ts'
import { StudioError } from '../../core/studio/rpc/studio-error.ts'
import {
  clusterBrokers, clusterCounts, clusterDetail, clusterGroup, clusterPartition, clusterTransactions, withBroker, type ClusterStory,
} from './window-fixture-cluster.ts'
import { startContainers, switched, type ContainersStory } from './window-fixture-containers.ts'
import { fixtureMessages } from './window-fixture-messages.ts'
import { storedCounts, storedDetail, storedPartition, storedStatus, type StorageStory } from './window-fixture-storage.ts'

type FixtureOptions = StorageStory & ClusterStory & ContainersStory & {
  /** Without topics, groups and clients: First run. */
  readonly isEmpty?: boolean
  readonly portTaken?: LocalStatus['portTaken']
  /** More topics than a screen has rows. */
  readonly extraTopics?: number
  /** Switching durable acks fails. */
  readonly refusesDurability?: boolean
}

const TOPICS: readonly (readonly [
  topic: string,
  partitions: number,
  records: number,
  bytes: number,
  rate: number,
  kept: string,
  readBy: readonly string[],
])[] = [
  ['clicks', 12, 32_806_420, 3.87e9, 8450, 'delete 1', ['analytics']],
  ['orders', 6, 9_412_884, 3.22e9, 1240, 'delete 7', ['billing', 'shipping', 'orders-per-minute']],
  ['payments', 3, 2_118_204, 610e6, 620, 'delete 7', ['billing', 'fraud']],
  ['shipments', 3, 512_640, 210e6, 310, 'delete 7', []],
  ['orders_per_minute', 3, 146_210, 18.1e6, 86, 'compact', ['analytics']],
  ['inventory.moves', 3, 54_006, 8.1e6, 55, 'delete 7', []],
  ['inventory.stock', 3, 31_250, 3e6, 21, 'compact', []],
  ['users', 3, 15_804, 4.11e6, 14, 'compact', ['orders-per-minute']],
  ['orders.retry', 1, 10_812, 3.89e6, 2.1, 'delete 7', []],
  ['fraud.alerts', 1, 4522, 1.9e6, 0.9, 'delete 30', []],
  ['payments.dlq', 1, 2148, 1.1e6, 0.4, 'delete 30', []],
  ['__consumer_offsets', 50, 18_204, 2.4e6, 3.2, 'compact', []],
]
const GROUPS: readonly (readonly [group: string, topics: readonly string[], lag: number, rate: number, members: number])[] = [
  ['shipping', ['orders'], 18_402, 1610, 2],
  ['billing', ['orders', 'payments'], 212, 1860, 3],
  ['analytics', ['clicks', 'orders_per_minute'], 1404, 8536, 4],
  ['fraud', ['payments'], 41, 620, 2],
  ['orders-per-minute', ['orders', 'users'], 88, 1254, 1],
]
const CLIENTS: readonly (readonly [clientId: string, software: string, version: string, inRate: number, outRate: number])[] = [
  ['web-collector', 'librdkafka', '2.10.1', 8450, 0],
  ['checkout-api', 'kafkajs', '2.2.4', 1240, 0],
  ['payments-svc', 'apache-kafka-java', '4.1.0', 620, 0],
  ['analytics-1', 'kafka-python', '2.2.3', 0, 8536],
  ['billing-1', 'librdkafka', '2.10.1', 0, 1860],
  ['shipping-1', 'apache-kafka-java', '4.1.0', 0, 1610],
  ['fraud-1', 'kgo', '1.19.5', 0, 620],
  ['', '', '', 0, 0],
]

/** A wave around 1, the same for the same figures: no randomness, so that pictures are comparable. */
const wave = (at: number, seed: number): number => 1 + 0.08 * Math.sin(at / 7 + seed) + 0.05 * Math.sin(at / 2.3 + seed * 3)
const history = (rate: number, seed: number): number[] => Array.from({ length: 90 }, (_, at) => rate * wave(at, seed))

function topicRow(spec: (typeof TOPICS)[number], index: number, story: StorageStory & ClusterStory = {}): TopicRow {
  const [topic, partitionCount, records, sizeBytes, rate, kept, readBy] = spec
  const [policy = 'delete', days] = kept.split(' ')
  return {
    topic,
    topicId: `${topic}AAAAAAAAAAAAAAAAAAAAAA`.slice(0, 22),
    isInternal: topic.startsWith('__'),
    partitionCount,
    recordCount: BigInt(records),
    sizeBytes,
    inRecordsRate: rate,
    inBytesRate: (sizeBytes / records) * rate,
    history: history(rate, index),
    retentionMs: days ? BigInt(days) * 86_400_000n : -1n,
    cleanupPolicy: policy,
    readBy,
    ...clusterCounts(topic, partitionCount, story),
    ...storedCounts(topic, story),
  }
}

function groupRow([group, topics, lag, rate, memberCount]: (typeof GROUPS)[number], index: number): GroupRow {
  const past = Array.from({ length: 90 }, (_, at) => (group === 'shipping' && at < 60 ? 40 : lag * wave(at, index)))
  return {
    group,
    kind: 'classic',
    state: 'Stable',
    memberCount,
    topics,
    lag: BigInt(lag),
    rate: group === 'shipping' ? 370 : rate,
    history: past,
    worst: { topic: topics[0] ?? '', partition: 2, lag: BigInt(Math.round(lag / 2)) },
  }
}

/** Data that moves on `tick`, and who listens to it. */
class Shop {
  topics: TopicRow[] = []
  groups: GroupRow[] = []
  transactions: TransactionRow[] = []
  brokers: BrokerRow[] = []
  nextBrokerCount = 3
  clients: ClientRow[] = []
  events: EngineEvent[] = []
  rates: RatePoint[] = []
  durableAcks = false
  containers: ContainerAccess
  readonly startedAt = Date.now() - 5_460_000
  readonly options: FixtureOptions
  readonly #listeners = new Set<() => void>()
  #ticks = 0

  constructor(options: FixtureOptions) {
    this.options = options
    this.containers = startContainers(options)
    const now = Date.now()
    this.events = [
      { at: this.startedAt, kind: 'engine', text: options.isEmpty ? 'engine started, empty data folder' : 'engine started' },
      { at: this.startedAt + 61, kind: 'engine', text: 'listening on 127.0.0.1:9092 and [::1]:9092' },
    ]
    this.brokers = clusterBrokers(options)
    if (options.isEmpty) return
    const extra = Array.from({ length: options.extraTopics ?? 0 }, (_, index): (typeof TOPICS)[number] => [
      `extra.${String(index).padStart(4, '0')}`,
      1,
      1000 + index,
      1e5,
      index % 50,
      'delete 7',
      [],
    ])
    this.topics = [...TOPICS, ...extra].map((spec, index) => topicRow(spec, index, options))
    this.groups = GROUPS.map(groupRow).map(row => clusterGroup(row, options))
    this.transactions = clusterTransactions(options)
    this.clients = CLIENTS.map(([clientId, software, softwareVersion, inRecordsRate, outRecordsRate], index) => ({
      key: `${clientId} ${index}`,
      clientId,
      software,
      softwareVersion,
      host: '127.0.0.1',
      connectionCount: 2,
      inRecordsRate,
      outRecordsRate,
      connectedAt: now - 60_000,
    }))
    this.rates = Array.from({ length: 900 }, (_, index) => ratePoint(now - (899 - index) * 1000, index))
  }

  onTick(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  changed(): void {
    for (const listener of this.#listeners) listener()
  }

  tick(): void {
    this.#ticks++
    if (!this.options.isEmpty) {
      this.topics = this.topics.map((row, index) => {
        const rate = row.inRecordsRate === 0 ? 0 : (TOPICS[index]?.[4] ?? row.inRecordsRate) * wave(90 + this.#ticks, index)
        return { ...row, inRecordsRate: rate, recordCount: row.recordCount + BigInt(Math.round(rate)) }
      })
      this.rates = [...this.rates, ratePoint(Date.now(), 900 + this.#ticks)].slice(-900)
    }
    this.changed()
  }

  get status(): LocalStatus {
    const last = this.rates.at(-1) ?? { in: 0, out: 0 }
    return {
      state: 'listening',
      reason: null,
      address: `127.0.0.1:${this.options.portTaken?.used ?? 9092}`,
      addresses: [`127.0.0.1:${this.options.portTaken?.used ?? 9092}`, `[::1]:${this.options.portTaken?.used ?? 9092}`],
      portTaken: this.options.portTaken ?? null,
      version: '0.1.0',
      clusterId: 'mR3kQ0aXT7uJ5yqGd0bq1w',
      brokerCount: this.brokers.length,
      nextBrokerCount: this.options.isCluster ? this.nextBrokerCount : null,
      brokersUp: this.brokers.filter(row => row.isUp).length,
      startedAt: this.startedAt,
      startTookMs: 61,
      dataFolder: '/home/ada/.local/share/millrace',
      isTemporary: this.options.isEmpty ?? false,
      ...storedStatus(this.topics, this.options),
      durableAcks: this.durableAcks,
      topicCount: this.topics.filter(row => !row.isInternal).length,
      groupCount: this.groups.length,
      transactionalIdCount: this.transactions.length,
      openTransactionCount: this.transactions.filter(row => row.startedAt !== null).length,
      connectionCount: this.clients.reduce((sum, row) => sum + row.connectionCount, 0),
      inRate: { records: last.in, bytes: last.in * 162 },
      outRate: { records: last.out, bytes: last.out * 199 },
      diskUsedBytes: this.topics.reduce((sum, row) => sum + row.sizeBytes, 0),
      diskFreeBytes: 212e9,
    }
  }
}

function ratePoint(at: number, index: number): RatePoint {
  return { at, in: 10_799 * (1 + 0.3 * (wave(index / 4, 1) - 1)), out: 13_866 * (1 + 0.3 * (wave(index / 5, 4) - 1)) }
}

/** Sends what `make` gives now and after each tick, as credit allows; null: nothing to send. */
function follow<Item>(shop: Shop, sink: Sink<Item>, make: (isFirst: boolean) => Item | null): void {
  let isFirst = true
  const send = (): void => {
    if (!sink.ready()) return
    const item = make(isFirst)
    if (item !== null && sink.send(item)) isFirst = false
  }
  sink.onReady(() => {
    if (isFirst) send()
  })
  sink.onClose(shop.onTick(send))
}

const snapshotOf = <Row>(rows: readonly Row[]): ListItem<Row> => ({ is: 'snapshot', rows })

function topicDetail(row: TopicRow, story: StorageStory & ClusterStory): TopicDetail {
  const share = (total: number): number => Math.round(total / row.partitionCount)
  const endOffset = row.recordCount / BigInt(row.partitionCount)
  return {
    topic: row,
    partitions: Array.from({ length: row.partitionCount }, (_, partition) => ({
      ...storedPartition(row, partition, endOffset, story),
      partition,
      ...clusterPartition(row, partition, story),
      startOffset: 0n,
      endOffset,
      sizeBytes: share(row.sizeBytes),
      segmentCount: 1 + Math.floor(share(row.sizeBytes) / 134e6),
      inRecordsRate: row.inRecordsRate / row.partitionCount,
      history: row.history.map(value => value / row.partitionCount),
      worstLag: row.readBy.length > 0 ? BigInt(partition * 7) : null,
    })),
  }
}

function groupDetail(row: GroupRow): GroupDetail {
  const member = (index: number): string => `${row.group}-${index + 1}-5f0c`
  const assignment = row.topics.map(topic => ({ topic, partitions: [0, 1, 2] }))
  return {
    row,
    generation: 7,
    targetEpoch: null,
    protocolType: 'consumer',
    protocol: 'range',
    leaderId: member(0),
    coordinator: 1,
    members: Array.from({ length: row.memberCount }, (_, index) => ({
      memberId: member(index),
      instanceId: null,
      clientId: `${row.group}-${index + 1}`,
      host: '127.0.0.1',
      epoch: null,
      rack: null,
      isClassicInConsumer: false,
      revoking: [],
      awaiting: [],
      assignment: index === 0 ? assignment : [],
    })),
    offsets: assignment.flatMap(({ topic, partitions }) =>
      partitions.map(partition => ({
        topic,
        partition,
        memberId: member(0),
        committed: 1_560_000n,
        startOffset: 0n,
        endOffset: 1_560_000n + (row.lag ?? 0n) / 3n,
        lag: (row.lag ?? 0n) / 3n,
        rate: row.rate / 3,
        metadata: '',
        pending: null,
      })),
    ),
  }
}

function found<T>(thing: T | undefined, name: string): T {
  if (thing === undefined) throw new StudioError('NOT_FOUND', `There is no ${name}; it may just have been deleted.`)
  return thing
}

function implementation(shop: Shop): Implementation<StudioContract> {
  return {
    local: {
      status: (_, sink) => follow(shop, sink, () => shop.status),
      clients: (_, sink) => follow(shop, sink, isFirst => (isFirst ? snapshotOf(shop.clients) : null)),
      events: (_, sink) => follow(shop, sink, isFirst => (isFirst ? shop.events : null)),
      rates: (_, sink) => follow(shop, sink, isFirst => (isFirst ? shop.rates : shop.rates.slice(-1))),
      setDurableAcks({ isOn }) {
        if (shop.options.refusesDurability) throw new StudioError('UNAVAILABLE', 'The catalog cannot keep it: the disk is full. Nothing has changed.')
        shop.durableAcks = isOn
        shop.changed()
        return null
      },
      containers: (_, sink) => follow(shop, sink, () => shop.containers),
      setContainers(change) {
        shop.containers = switched(shop.containers, change)
        shop.changed()
        return null
      },
      chooseBrokerCount({ count }) {
        shop.nextBrokerCount = count
        shop.changed()
        return null
      },
      unknownFolders: () => [],
    },
    topics: {
      list: (_, sink) => follow(shop, sink, isFirst => (isFirst ? snapshotOf(shop.topics) : snapshotOf(shop.topics))),
      detail: ({ topic }, sink) =>
        follow(shop, sink, () =>
          topicDetail(
            found(
              shop.topics.find(row => row.topic === topic),
              `topic ${topic}`,
            ),
            shop.options,
          ),
        ),
      partition: ({ topic, partition }, sink) =>
        follow(shop, sink, () => {
          const row = found(shop.topics.find(other => other.topic === topic), `topic ${topic}`)
          return storedDetail(topic, found(topicDetail(row, shop.options).partitions[partition], `partition ${partition} of ${topic}`))
        }),
      configs: () => [
        { name: 'retention.ms', value: '604800000', source: 'topic', isReadOnly: false },
        { name: 'cleanup.policy', value: 'delete', source: 'default', isReadOnly: false },
      ],
      create({ topic, partitions, configs }) {
        if (topic === 'refused')
          throw new StudioError(
            'POLICY_VIOLATION',
            'The broker holds as many partitions as it may. Delete topics, or start it with a higher limit.',
          )
        const row = topicRow([topic, partitions, 0, 0, 0, configs['cleanup.policy'] === 'compact' ? 'compact' : 'delete 7', []], 20)
        shop.topics = [...shop.topics, { ...row, inBytesRate: 0 }]
        shop.changed()
        return { topicId: row.topicId }
      },
      delete({ topic }) {
        found(
          shop.topics.find(row => row.topic === topic),
          `topic ${topic}`,
        )
        shop.topics = shop.topics.filter(row => row.topic !== topic)
        shop.changed()
        return null
      },
      addPartitions: () => null,
    },
    groups: {
      list: (_, sink) => follow(shop, sink, isFirst => (isFirst ? snapshotOf(shop.groups) : null)),
      detail: ({ group }, sink) =>
        follow(shop, sink, () =>
          clusterDetail(
            groupDetail(
              found(
                shop.groups.find(row => row.group === group),
                `group ${group}`,
              ),
            ),
          ),
        ),
      delete({ group }) {
        shop.groups = shop.groups.filter(row => row.group !== group)
        return null
      },
      deleteOffsets({ group, topic }) {
        if (found(shop.groups.find(row => row.group === group), `group ${group}`).memberCount > 0) {
          throw new StudioError('GROUP_SUBSCRIBED_TO_TOPIC', `Members of ${group} read ${topic}, so its offsets stay. Stop them first, or have them read other topics.`)
        }
        return 3
      },
    },
    transactions: {
      list: (_, sink) => follow(shop, sink, () => snapshotOf(shop.transactions)),
      abort({ transactionalId }) {
        shop.transactions = shop.transactions.map(row => (
          row.transactionalId === transactionalId
            ? { ...row, state: 'CompleteAbort', startedAt: null, partitionCount: 0, partitions: [], heldBack: 0n, updatedAt: Date.now(), producerEpoch: row.producerEpoch + 1 }
            : row
        ))
        shop.changed()
        return null
      },
    },
    brokers: {
      list: (_, sink) => follow(shop, sink, () => snapshotOf(shop.brokers)),
      stop({ id }) {
        shop.brokers = withBroker(shop.brokers, id, false)
        shop.changed()
        return null
      },
      start({ id }) {
        shop.brokers = withBroker(shop.brokers, id, true)
        shop.changed()
        return null
      },
      electPreferred() {
        const count = shop.brokers.reduce((sum, row) => sum + row.missedCount, 0)
        shop.brokers = shop.brokers.map(row => ({ ...row, missedCount: 0 }))
        shop.changed()
        return count
      },
    },
    messages: fixtureMessages((topic, partition) => {
      const row = found(
        shop.topics.find(other => other.topic === topic),
        `topic ${topic}`,
      )
      return partition < row.partitionCount ? row.recordCount / BigInt(row.partitionCount) : null
    }),
  }
}

/** Serves the built window over it. `url` has the token. */
export async function startWindowFixture(
  options: FixtureOptions & { readonly windowFolder: string; readonly port?: number },
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const shop = new Shop(options)
  const engine = implementation(shop)
  const timer = setInterval(() => shop.tick(), 1000)
  const http = await startHttp({
    host: '127.0.0.1',
    port: options.port ?? 0,
    windowFolder: options.windowFolder,
    logger: silentLogger,
    serveWindow: port => {
      serveContract(studioContract, engine, port, { logger: silentLogger })
    },
  })
  return {
    url: http.url,
    async stop() {
      clearInterval(timer)
      await http.stop()
    },
  }
}
