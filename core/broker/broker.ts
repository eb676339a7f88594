/** The broker, put together: its start order, what the window may look at, and a stop that leaves nothing behind. */

import { join } from 'node:path'
import { Catalog } from '../catalog/catalog.ts'
import { lockDataFolder } from '../catalog/data-lock.ts'
import type { Clock } from '../common/clock.ts'
import type { Disk } from '../common/disk.ts'
import type { Logger } from '../common/logger.ts'
import type { Random } from '../common/random.ts'
import { defaultGroupConfig } from '../groups/group-config.ts'
import { GroupCoordinator } from '../groups/group-coordinator.ts'
import { LogCleaner } from '../log/log-cleaner.ts'
import { LogDirectory } from '../log/log-directory.ts'
import { LogSweeps } from '../log/log-sweeps.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { inProcessWork, type SlowWork } from '../log/slow-work.ts'
import { printAddress, type Advertised, type ListenerAddress } from './addresses.ts'
import { adminParts } from './admin-parts.ts'
import { brokerFacts, defaultBrokerConfig, staticConfigs, type BrokerConfig } from './broker-config.ts'
import type { BrokerParts } from './broker-parts.ts'
import type { ConnectionInfo } from './connection.ts'
import { asDataFolderError, prepareDataFolder } from './data-folder.ts'
import { Dispatcher } from './dispatcher.ts'
import { DurableAcks, durableConfigs } from './durable-acks.ts'
import { DynamicConfigs } from './dynamic-configs.ts'
import { FetchSessions } from './fetch-sessions.ts'
import { handlers } from './handlers/index.ts'
import { type Bind, Listeners } from './listener.ts'
import { OFFSETS_TOPIC, OffsetsTopic } from './offsets-topic.ts'
import { ParkedFetches } from './parked-fetches.ts'
import { ProducerIds } from './producer-ids.ts'
import { recover, type Recovery } from './recover.ts'
import { Taps } from './taps.ts'
import { TopicRegistry } from './topic-registry.ts'

export type BrokerOptions = {
  readonly dataFolder: string
  readonly listeners: readonly ListenerAddress[]
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly config?: Partial<BrokerConfig>
  /** Acknowledge what is on the disk only, for this run; without it as the data folder remembers. */
  readonly durableAcks?: boolean
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
  readonly listeners: Listeners
  readonly recovery: Recovery
  readonly startTookMs: number
  readonly unlock: () => void
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

  get groups(): GroupCoordinator {
    return this.parts.groups
  }

  get taps(): Taps {
    return this.parts.taps
  }

  /** What each listener tells clients. */
  get advertised(): readonly Advertised[] {
    return this.#running.listeners.advertised
  }

  /** The same, as host:port. */
  get addresses(): readonly string[] {
    return this.advertised.map(printAddress)
  }

  get clusterId(): string {
    return this.parts.clusterId
  }

  connections(): Iterable<ConnectionInfo> {
    return this.#running.listeners.connections()
  }

  get connectionCount(): number {
    return this.#running.listeners.connectionCount
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
    const { parts, catalog, logs, listeners, recovery, unlock } = this.#running
    recovery.stop()
    parts.parked.stop()
    await parts.groups.stop()
    await listeners.stop()
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
  const config = { ...defaultBrokerConfig, ...options.config }
  prepareDataFolder(dataFolder, disk)
  const lock = processId === null ? undefined : lockDataFolder(dataFolder, disk, processId)
  const unlock = (): void => lock?.release()
  undo.push(unlock)
  const catalog = options.catalog ?? Catalog.open({ file: processId === null ? ':memory:' : join(dataFolder, 'catalog.db'), disk })
  undo.push(() => catalog.close())
  const clusterId = clusterIdOf(catalog, random)
  const logs = await LogDirectory.open({ disk, clock, folder: join(dataFolder, 'logs'), clusterId, brokerId: config.brokerId, logger, random, work })
  undo.push(() => logs.close())
  dropDeleted(catalog, logs)
  const taps = new Taps()
  const dynamicConfigs = new DynamicConfigs({
    rows: catalog.configs,
    statics: staticConfigs(config),
    factsOf: nodeId => brokerFacts({ nodeId, listeners: listeners.advertised.map(printAddress), logFolder: logs.folder }),
  })
  dynamicConfigs.overrideStatics(durableConfigs(catalog, options.durableAcks))
  const topics = new TopicRegistry({ catalog, logs, brokerId: config.brokerId, offsetsTopicPartitions: config.offsetsTopicPartitions, topicDefaults: dynamicConfigs.topicDefaults(config.brokerId), clock, random, taps, logger })
  dynamicConfigs.onChange(({ kind }) => kind === 'broker' && topics.setDefaults(dynamicConfigs.topicDefaults(config.brokerId)))
  const { groups, offsets } = groupsOf({ topics, config, clock, random, taps, logger })
  undo.push(() => groups.stop())
  const sweeps = sweepsOf(logs, topics, { config, clock, logger })
  undo.push(() => sweeps.stop())
  const cleaner = cleanerOf(logs, { config, topics, taps, disk, clock, logger, work })
  undo.push(() => cleaner.stop())
  const parts: BrokerParts = {
    apis: handlers.map(({ api }) => api), brokerId: config.brokerId, nodes: new Map([[config.brokerId, { id: config.brokerId, groups, fetchSessions: new FetchSessions({ clock, random, slots: config.fetchSessionSlots }) }]]), clusterId, config, topics, sweeps, cleaner, groups, offsets,
    dynamicConfigs, durableAcks: new DurableAcks({ catalog, topics, configs: dynamicConfigs }), ...adminParts({ catalog, disk, logFolder: logs.folder }),
    producerIds: new ProducerIds(catalog), parked: new ParkedFetches(clock), taps, clock, random, logger,
  }
  const listeners = new Listeners({ brokerId: config.brokerId, dispatch: new Dispatcher(parts, handlers).dispatch, clock, logger, taps, ...(options.bind ? { bind: options.bind } : {}) })
  await listeners.start(options.listeners)
  undo.push(() => listeners.stop())
  const startTookMs = clock.elapsed() - startedAt
  const recovery = recover({ topics, offsets, clock, logger, tailBytes: (topic, partition) => logs.tailBytes(topic, partition), abort: () => logs.abortOpening() })
  undo.push(() => {
    recovery.stop()
    return recovery.done
  })
  return { parts, catalog, logs, listeners, recovery, startTookMs, unlock }
}

function sweepsOf(logs: LogDirectory, topics: TopicRegistry, { config, clock, logger }: { config: BrokerConfig; clock: Clock; logger: Logger }): LogSweeps {
  const { retentionInitialDelayMs: initialDelayMs, retentionCheckIntervalMs: everyMs } = config
  return new LogSweeps({
    clock, logger, initialDelayMs, everyMs, logs: () => logs.openLogs(), atRest: () => topics.atRest(), saveStartOffsets: () => logs.saveStartOffsets(),
  })
}

type CleanerParts = Pick<BrokerParts, 'config' | 'topics' | 'taps' | 'clock' | 'logger'> & { readonly disk: Disk; readonly work: SlowWork }

function cleanerOf(logs: LogDirectory, { config, topics, taps, disk, clock, logger, work }: CleanerParts): LogCleaner {
  const cleaner = new LogCleaner({
    disk,
    clock,
    logger,
    folder: logs.folder,
    settings: { backoffMs: config.cleanerBackoffMs, bytesPerSecond: config.cleanerBytesPerSecond, mapBytes: config.cleanerDedupeBytes },
    logs: () => logs.openLogs(),
    clean: (job, watch) => work.clean(job, watch),
    onProgress: progress => taps.emit({ is: 'cleaning', topic: progress.topic, partition: progress.partition, progress }),
    onEnd: ({ topic, partition }, end) => taps.emit({ topic, partition, ...end }),
  })
  topics.onDeleted(({ name }) => cleaner.forget(name))
  taps.subscribe(event => {
    const log = event.is === 'partition-state' ? topics.partition(event.topic, event.partition)?.openLog : undefined
    if (log) cleaner.opened(log)
  })
  if (config.cleanerEnabled) cleaner.start()
  return cleaner
}

type GroupParts = Pick<BrokerParts, 'topics' | 'clock' | 'random' | 'taps' | 'logger'> & { readonly config: BrokerConfig }

function groupsOf({ topics, config, clock, random, taps, logger }: GroupParts): { readonly groups: GroupCoordinator; readonly offsets: OffsetsTopic } {
  const groups = new GroupCoordinator({
    clock,
    random,
    logger,
    partitionCount: config.offsetsTopicPartitions,
    logOf: partition => topics.partition(OFFSETS_TOPIC, partition)?.log,
    hasOffsetsTopic: () => topics.get(OFFSETS_TOPIC) !== undefined,
    topicExists: (topic, partition) => topics.partition(topic, partition) !== undefined,
    topicIdOf: topic => topics.get(topic)?.record.topicId,
    config: { ...defaultGroupConfig, initialRebalanceDelayMs: config.groupInitialRebalanceDelayMs },
  })
  topics.onDeleted(({ name }) => groups.onTopicDeleted(name))
  return { groups, offsets: new OffsetsTopic({ topics, groups, partitionCount: config.offsetsTopicPartitions, taps, logger }) }
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
