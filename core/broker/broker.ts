/** The broker, put together: its start order, what the window may look at, and a stop that leaves nothing behind. */

import { join } from 'node:path'
import { Catalog } from '../catalog/catalog.ts'
import { lockDataFolder } from '../catalog/data-lock.ts'
import { assert } from '../common/assert.ts'
import type { Clock } from '../common/clock.ts'
import type { Disk } from '../common/disk.ts'
import type { Logger } from '../common/logger.ts'
import type { Random } from '../common/random.ts'
import { LogDirectory } from '../log/log-directory.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { inProcessWork, type SlowWork } from '../log/slow-work.ts'
import { printAddress, type Advertised, type ListenerAddress } from './addresses.ts'
import { adminParts } from './admin-parts.ts'
import { AllGroups } from './all-groups.ts'
import { AllTransactions } from './all-transactions.ts'
import { brokerFacts, defaultBrokerConfig, internalPartitions, staticConfigs, withTopicsAsTheyAre, type BrokerConfig } from './broker-config.ts'
import { type BrokerNode, makeNode } from './broker-node.ts'
import type { BrokerParts } from './broker-parts.ts'
import { Cluster } from './cluster.ts'
import type { ConnectionInfo, Dispatch } from './connection.ts'
import { connectionLimits } from './connection-limits.ts'
import { ContainerAccess, type ContainerAddress } from './container-access.ts'
import { asDataFolderError, prepareDataFolder } from './data-folder.ts'
import { Dispatcher } from './dispatcher.ts'
import { DurableAcks, durableConfigs } from './durable-acks.ts'
import { DynamicConfigs } from './dynamic-configs.ts'
import { handlers } from './handlers/index.ts'
import { Leadership } from './leadership.ts'
import { type Bind, ConnectionTable, Listeners } from './listener.ts'
import { MarkerWriter } from './marker-writer.ts'
import { offsetsTopic } from './offsets-topic.ts'
import { ParkedFetches } from './parked-fetches.ts'
import { type PlacedNode, Placement } from './placement.ts'
import { ProducerIds } from './producer-ids.ts'
import { Reassignments } from './reassignments.ts'
import { recover, type Recovery } from './recover.ts'
import { Taps } from './taps.ts'
import { tellJumps } from './tell-jumps.ts'
import { TopicRegistry } from './topic-registry.ts'
import { transactionsTopic } from './transactions-topic.ts'
import { cleanerOf, sweepsOf } from './upkeep.ts'

export type BrokerOptions = {
  readonly dataFolder: string
  readonly listeners: readonly ListenerAddress[]
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly config?: Partial<BrokerConfig>
  /** How many brokers to be, 1 unless told: they listen on the ports from those of `listeners` on, and their ids follow from the first one's. */
  readonly brokerCount?: number
  /** Their racks in order of their ids; fewer racks than brokers go round. */
  readonly racks?: readonly string[]
  /** Acknowledge what is on the disk only, for this run; without it as the data folder remembers. */
  readonly durableAcks?: boolean
  /** Be reachable from containers, for this run; without it as the data folder remembers. */
  readonly containers?: ContainerAddress
  /** Topics to create at start when they are missing. */
  readonly topics?: readonly { readonly name: string; readonly partitionCount: number }[]
  /** Where slow work of the logs is done; in this thread unless told. */
  readonly work?: SlowWork
  /** The process that owns the folder, for its lock. null: no lock, and a catalog in memory, for a disk that is memory too. */
  readonly processId: number | null
  /** An open catalog in its place, for who keeps it between starts; a stop closes it. */
  readonly catalog?: Catalog
  /** The network; the system's unless told. */
  readonly bind?: Bind
}

type Running = {
  readonly parts: BrokerParts
  readonly catalog: Catalog
  readonly logs: LogDirectory
  readonly groups: AllGroups
  readonly transactions: AllTransactions
  readonly recovery: Recovery
  readonly startTookMs: number
  readonly unlock: () => void
  readonly forgetJumps: () => void
}

export class Broker {
  readonly dataFolder: string
  /** What handlers see; the studio looks at the same. */
  readonly parts: BrokerParts
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** From the call of `start` to the moment the ports accepted. */
  readonly startTookMs: number
  /** Resolves when every partition is ready or failed, and every coordinator loaded. */
  readonly recovered: Promise<void>
  readonly #running: Running
  #stopping: Promise<void> | undefined

  private constructor(dataFolder: string, running: Running) {
    this.dataFolder = dataFolder
    this.parts = running.parts
    this.startTookMs = running.startTookMs
    this.startedAt = running.parts.clock.now()
    this.recovered = running.recovery.done
    this.#running = running
  }

  /**
   * Locks the data folder, opens the catalog, listens; then recovers partitions and coordinators while it serves.
   * Throws DataFolderError, DataFolderBusy, CatalogError, LogDirectoryError or PortTaken, with nothing left open.
   */
  static async start(options: BrokerOptions): Promise<Broker> {
    const undo: (() => unknown)[] = []
    try {
      const broker = new Broker(options.dataFolder, await startUp(options, undo))
      void broker.recovered.then(() => broker.#nameUnknown())
      await broker.#createMissing(options.topics ?? [])
      return broker
    } catch (cause) {
      for (const step of undo.reverse()) {
        // A step that fails too, on a full disk say, must not hide what went wrong first, nor keep the others from running.
        await (async () => step())().catch((failure: unknown) => options.logger.warn('a start that failed could not be undone whole', { failure }))
      }
      throw asDataFolderError(options.dataFolder, cause)
    }
  }

  get topics(): TopicRegistry {
    return this.parts.topics
  }

  /** The groups of all brokers. */
  get groups(): AllGroups {
    return this.#running.groups
  }

  /** The transactional ids of all brokers. */
  get transactions(): AllTransactions {
    return this.#running.transactions
  }

  /** The brokers of this process: who is up, and a stop and start of each. */
  get cluster(): Cluster {
    return this.parts.cluster
  }

  get taps(): Taps {
    return this.parts.taps
  }

  /** What each listener of each broker tells clients, those of the first broker first. */
  get advertised(): readonly Advertised[] {
    return this.parts.cluster.advertised
  }

  /** The same, as host:port. */
  get addresses(): readonly string[] {
    return this.advertised.map(printAddress)
  }

  get clusterId(): string {
    return this.parts.clusterId
  }

  /** One of the brokers, the first unless told. */
  node(id = this.parts.brokerId): BrokerNode {
    const node = this.parts.nodes.get(id)
    assert(node, `there is no broker ${id}`)
    return node
  }

  connections(): Iterable<ConnectionInfo> {
    return this.parts.cluster.connections()
  }

  get connectionCount(): number {
    return this.parts.cluster.connectionCount
  }

  /** The log of a partition that is ready. */
  log(topic: string, partition: number): PartitionLog | undefined {
    return this.parts.topics.partition(topic, partition)?.log
  }

  /** Log folders on disk that belong to no topic: never adopted or removed. */
  get unknownFolders(): readonly string[] {
    return this.#running.logs.unknownFolders
  }

  /** Stops accepting, answers what is parked, closes the logs without waiting for the disk and marks them clean, releases the folder. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    const { parts, catalog, logs, groups, transactions, recovery, unlock, forgetJumps } = this.#running
    forgetJumps()
    recovery.stop()
    parts.parked.stop()
    await transactions.stop()
    await groups.stop()
    await parts.cluster.close()
    await recovery.done
    await parts.topics.idle()
    await parts.sweeps.stop()
    await parts.cleaner.stop()
    try {
      await logs.close()
    } finally {
      catalog.close()
      unlock()
    }
  }

  #nameUnknown(): void {
    const folders = this.unknownFolders
    if (folders.length === 0 || this.#stopping) return
    const text = `${folders.length} folder(s) in ${join(this.dataFolder, 'logs')} belong to no topic and are left alone: ${folders.join(', ')}`
    this.parts.logger.warn(text)
    this.taps.emit({ is: 'warning', text })
  }

  async #createMissing(topics: NonNullable<BrokerOptions['topics']>): Promise<void> {
    for (const { name, partitionCount } of topics) {
      const topic = await this.topics.ensure(name, partitionCount)
      if ('error' in topic) throw new Error(`the topic ${name} cannot be created: ${topic.message}`)
    }
  }
}

/** Each step that opened something adds its undoing to `undo`. */
async function startUp(options: BrokerOptions, undo: (() => unknown)[]): Promise<Running> {
  const { dataFolder, disk, clock, random, logger, processId, work = inProcessWork(options) } = options
  const startedAt = clock.elapsed()
  prepareDataFolder(dataFolder, disk)
  const lock = processId === null ? undefined : lockDataFolder(dataFolder, disk, processId)
  const unlock = (): void => lock?.release()
  undo.push(unlock)
  const catalog = options.catalog ?? Catalog.open({ file: processId === null ? ':memory:' : join(dataFolder, 'catalog.db'), disk })
  undo.push(() => catalog.close())
  const config = withTopicsAsTheyAre({ ...defaultBrokerConfig, ...options.config }, catalog.topics())
  const clusterId = clusterIdOf(catalog, random)
  const logs = await LogDirectory.open({ disk, clock, folder: join(dataFolder, 'logs'), clusterId, brokerId: config.brokerId, logger, random, work, producerIdExpirationMs: () => dynamicConfigs.number('producer.id.expiration.ms', config.brokerId) })
  undo.push(() => logs.close())
  dropDeleted(catalog, logs)
  const taps = new Taps()
  const forgetJumps = tellJumps({ clock, taps, logger })
  undo.push(forgetJumps)
  const placement = new Placement(placedNodes(options, config.brokerId), () => dynamicConfigs.number('default.replication.factor', config.brokerId))
  const dynamicConfigs = new DynamicConfigs({
    rows: catalog.configs,
    logger,
    statics: { ...staticConfigs(config), ...internalFactors(placement), ...config.settings },
    factsOf: nodeId => brokerFacts({ nodeId, rack: placement.nodes.find(({ id }) => id === nodeId)?.rack ?? null, listeners: parts.cluster.addressesOf(nodeId), logFolder: logs.folder }),
  })
  dynamicConfigs.overrideStatics(durableConfigs(catalog, options.durableAcks))
  const topics = new TopicRegistry({ catalog, logs, placement, internalPartitions: internalPartitions(config), topicDefaults: dynamicConfigs.topicDefaults(config.brokerId), clock, random, taps, logger })
  dynamicConfigs.onChange(({ kind }) => kind === 'broker' && topics.setDefaults(dynamicConfigs.topicDefaults(config.brokerId)))
  const leadership = new Leadership({ placement, topics, logger })
  const admin = adminParts({ catalog, disk, logFolder: logs.folder })
  const producerIds = new ProducerIds(catalog)
  const markers: MarkerWriter = new MarkerWriter({ topics, nodes: () => nodes, clock, logger })
  const nodes: ReadonlyMap<number, BrokerNode> = new Map(placement.nodes.map(node =>
    [node.id, makeNode(node, { topics, config, dynamicConfigs, features: admin.features, producerIds, markers, clock, random, logger })]))
  const groups = new AllGroups([...nodes.values()].map(node => node.groups))
  taps.subscribe(event => {
    const how = event.is === 'topic-created' ? 'new' : event.is === 'topic-changed' ? 'changed' : event.is === 'topic-deleted' ? 'gone' : undefined
    if (how && 'topic' in event) for (const node of nodes.values()) node.groups.onTopicChanged(event.topic, how)
    if (event.is === 'broker-stopped') nodes.get(event.brokerId)?.fetchSessions.clear()
  })
  undo.push(() => groups.stop())
  const transactions = new AllTransactions([...nodes.values()].map(node => node.transactions))
  undo.push(() => transactions.stop())
  const sweeps = sweepsOf(logs, { topics, config, clock, logger })
  undo.push(() => sweeps.stop())
  const cleaner = cleanerOf(logs, { config, dynamicConfigs, topics, taps, disk, clock, logger, work })
  undo.push(() => cleaner.stop())
  const makeListeners = listenersOf(options, { taps, dynamicConfigs }, (frame, connection) => dispatcher.dispatch(frame, connection))
  const parts: BrokerParts = {
    apis: handlers.map(({ api }) => api), brokerId: config.brokerId, nodes, clusterId, config, topics, sweeps, cleaner,
    cluster: clusterOf(options, { placement, topics, leadership, makeListeners, taps, catalog, dynamicConfigs }),
    containers: new ContainerAccess({ catalog, cluster: () => parts.cluster, taps, logger }),
    offsets: offsetsTopic({ topics, nodes, leadership, partitionCount: config.offsetsTopicPartitions, taps, logger }),
    transactionState: transactionsTopic({ topics, nodes, leadership, partitionCount: config.transactionTopicPartitions, taps, logger }),
    dynamicConfigs, durableAcks: new DurableAcks({ catalog, topics, configs: dynamicConfigs }), ...admin, producerIds, markers,
    parked: new ParkedFetches(clock), taps, clock, random, logger,
  }
  const dispatcher = new Dispatcher(parts, handlers)
  await parts.cluster.listen()
  undo.push(() => parts.cluster.close())
  await parts.containers.start(options.containers)
  const startTookMs = clock.elapsed() - startedAt
  const recovery = recover({ topics, coordinated: [parts.offsets, parts.transactionState], clock, logger, tailBytes: (topic, partition) => logs.tailBytes(topic, partition), abort: () => logs.abortOpening() })
  undo.push(() => {
    recovery.stop()
    return recovery.done
  })
  return { parts, catalog, logs, groups, transactions, recovery, startTookMs, unlock, forgetJumps }
}

function placedNodes({ brokerCount = 1, racks = [] }: BrokerOptions, firstId: number): readonly PlacedNode[] {
  return Array.from({ length: brokerCount }, (_, at) => ({ id: firstId + at, rack: racks[at % racks.length] ?? null }))
}

type ClusterParts = Pick<BrokerParts, 'topics' | 'taps' | 'dynamicConfigs'> & {
  readonly placement: Placement
  readonly leadership: Leadership
  readonly makeListeners: (brokerId: number) => Listeners
  readonly catalog: Catalog
}

function clusterOf({ listeners: addresses, clock, logger }: BrokerOptions, { placement, topics, leadership, makeListeners, taps, catalog, dynamicConfigs }: ClusterParts): Cluster {
  const firstId = placement.nodes[0]?.id ?? 1
  return new Cluster({
    placement, topics, leadership, addresses, makeListeners, clock, taps, logger,
    reassignments: new Reassignments({ placement, topics, leadership, rows: catalog.replicas }),
    balanceEveryMs: () => (dynamicConfigs.truth('auto.leader.rebalance.enable', firstId) ? dynamicConfigs.number('leader.imbalance.check.interval.seconds', firstId) * 1000 : undefined),
  })
}

/** What Kafka would have to be told to make its own topics with as many replicas as there are brokers for. */
function internalFactors(placement: Placement): Readonly<Record<string, string>> {
  const factor = String(placement.factorOf(true))
  return { 'offsets.topic.replication.factor': factor, 'share.coordinator.state.topic.replication.factor': factor, 'transaction.state.log.replication.factor': factor }
}

/** Makes the listeners of a broker, at its start and whenever it comes up again. */
function listenersOf({ clock, logger, bind }: BrokerOptions, { taps, dynamicConfigs }: Pick<BrokerParts, 'taps' | 'dynamicConfigs'>, dispatch: Dispatch): (brokerId: number) => Listeners {
  const table = new ConnectionTable()
  return brokerId => new Listeners({ brokerId, dispatch, table, clock, logger, taps, limits: connectionLimits(dynamicConfigs, brokerId), ...(bind && { bind }) })
}

/** Folders of topics whose rows were deleted before their files were. */
function dropDeleted(catalog: Catalog, logs: LogDirectory): void {
  const topicIds = catalog.deletedTopicIds()
  logs.removeDeleted(topicIds)
  for (const topicId of topicIds) catalog.forgetDeletedTopic(topicId)
}

/** 22 characters of base64url, the same for ever. */
function clusterIdOf(catalog: Catalog, random: Random): string {
  const known = catalog.fact('cluster-id')
  if (known !== undefined) return known
  const made = random.bytes(16).toString('base64url')
  catalog.setFact('cluster-id', made)
  return made
}
