/** The topics of the cluster: their rows in the catalog, their partitions, and the logs behind them. */

import type { Catalog, TopicRecord } from '../catalog/catalog.ts'
import type { Clock } from '../common/clock.ts'
import { PARTITIONS_PER_TOPIC_MAX } from '../common/limits.ts'
import type { Logger } from '../common/logger.ts'
import type { Random } from '../common/random.ts'
import { SerialQueue } from '../common/serial-queue.ts'
import type { DamagedPlace } from '../log/damage-reports.ts'
import type { LogDirectory } from '../log/log-directory.ts'
import type { LogAtRest } from '../log/log-sweeps.ts'
import type { LogConfig, LogHealth, PartitionLog } from '../log/partition-log.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { usableConfigs } from './config-definition.ts'
import { Partition } from './partition.ts'
import type { Placement, Standing } from './placement.ts'
import type { Taps } from './taps.ts'
import { resolveLogConfig, topicConfigProblem, topicValueProblem } from './topic-config.ts'
import { collisionKey, isInternalTopic, topicNameProblem } from './topic-name.ts'

export type Topic = {
  readonly record: TopicRecord
  readonly partitions: readonly Partition[]
}
export type Refusal = { readonly error: Exclude<KafkaError, 'NONE'>; readonly message: string }
export type NewTopic = {
  readonly name: string
  readonly partitionCount: number
  readonly configs: Readonly<Record<string, string>>
  /** How many brokers hold each partition; the default unless told. */
  readonly replicationFactor?: number
  /** The brokers of each partition, the preferred leader first; spread unless told. */
  readonly assignments?: Assignments
}
export type Assignments = readonly (readonly number[])[]

type RegistryParts = {
  readonly catalog: Catalog
  readonly logs: LogDirectory
  readonly placement: Placement
  /** Of internal topics, by name: what their coordinators have spread their state over. */
  readonly internalPartitions: ReadonlyMap<string, number>
  /** What topic configs are that a topic does not set. */
  readonly topicDefaults: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly random: Random
  readonly taps: Taps
  readonly logger: Logger
}

export class TopicRegistry {
  readonly #parts: RegistryParts
  readonly #byName = new Map<string, Topic>()
  readonly #byId = new Map<string, Topic>()
  readonly #nameByCollision = new Map<string, string>()
  readonly #changes = new SerialQueue()
  /** Partitions of which nothing could be made yet. */
  readonly #neverMade = new WeakSet<Partition>()
  /** Partitions being opened: a deletion waits for them. */
  readonly #opening = new Map<Partition, Promise<PartitionLog | undefined>>()
  readonly #deletedListeners = new Set<(topic: TopicRecord) => void>()

  #defaults: Readonly<Record<string, string>>

  constructor(parts: RegistryParts) {
    this.#parts = parts
    this.#defaults = parts.topicDefaults
    const replicas = parts.catalog.replicas.all()
    for (const stored of parts.catalog.topics()) {
      const tell = (problem: string): void => parts.logger.warn('a stored config is not used', { topic: stored.name, problem })
      const record = { ...stored, configs: usableConfigs(stored.configs, topicValueProblem, tell) }
      this.#restWherePossible(this.#put(record, this.#partitionsOf(record, 0, at => replicas.get(record.name)?.get(at))))
    }
  }

  get(name: string): Topic | undefined {
    return this.#byName.get(name)
  }

  /** An id that no topic has: for one that is made, or only tried. */
  newId(): string {
    return newTopicId(this.#parts.random)
  }

  byId(topicId: string): Topic | undefined {
    return this.#byId.get(topicId)
  }

  /** All topics, in the order they were created. */
  list(): Iterable<Topic> {
    return this.#byName.values()
  }

  get size(): number {
    return this.#byName.size
  }

  partition(name: string, index: number): Partition | undefined {
    return this.#byName.get(name)?.partitions[index]
  }

  /** What topic configs are that a topic does not set, by their topic names. */
  get defaults(): Readonly<Record<string, string>> {
    return this.#defaults
  }

  /** Other defaults, for every open log at once. */
  setDefaults(defaults: Readonly<Record<string, string>>): void {
    if (JSON.stringify(defaults) === JSON.stringify(this.#defaults)) return
    this.#defaults = defaults
    for (const { record, partitions } of this.list()) {
      const config = this.#configOf(record)
      for (const { openLog } of partitions) openLog?.setConfig(config)
    }
  }

  /** Calls `listener` when a topic has been deleted: whoever keeps state about it drops it. */
  onDeleted(listener: (topic: TopicRecord) => void): void {
    this.#deletedListeners.add(listener)
  }

  /** Why a topic cannot be created, with Kafka's code and words; undefined when it can. */
  problemWith({ name, partitionCount, configs, assignments, replicationFactor }: NewTopic): Refusal | undefined {
    const named = topicNameProblem(name)
    if (named !== undefined) return { error: 'INVALID_TOPIC_EXCEPTION', message: named }
    if (this.#byName.has(name)) return { error: 'TOPIC_ALREADY_EXISTS', message: `Topic '${name}' already exists.` }
    const twin = this.#nameByCollision.get(collisionKey(name))
    if (twin !== undefined) return { error: 'INVALID_TOPIC_EXCEPTION', message: `Topic '${name}' collides with existing topic: ${twin}` }
    if (partitionCount < 1) return { error: 'INVALID_PARTITIONS', message: 'Number of partitions was set to an invalid non-positive value.' }
    if (partitionCount > PARTITIONS_PER_TOPIC_MAX) return tooManyPartitions(partitionCount)
    const fixedCount = this.#parts.internalPartitions.get(name)
    if (fixedCount !== undefined && partitionCount !== fixedCount) {
      return { error: 'INVALID_PARTITIONS', message: `${name} has ${fixedCount} partitions here: what it holds is spread over so many` }
    }
    const config = topicConfigProblem(configs, this.#defaults)
    if (config !== undefined) return { error: 'INVALID_CONFIG', message: config }
    const { placement } = this.#parts
    const factor = replicationFactor ?? placement.factorOf(isInternalTopic(name))
    return assignments || factor <= placement.nodes.length ? this.#problemWithFolders(name, 0, partitionCount) : tooFewBrokers(factor, placement.nodes.length)
  }

  /** Folders that belong to no topic are left alone, so nothing new may take their names. */
  #problemWithFolders(name: string, from: number, to: number): Refusal | undefined {
    for (let partition = from; partition < to; partition++) {
      const path = this.#parts.logs.occupied(name, partition)
      if (path === undefined) continue
      return { error: 'KAFKA_STORAGE_ERROR', message: `${path} exists and belongs to no topic: move it away, or adopt it with millrace import` }
    }
    return undefined
  }

  /** Creates a topic and opens its logs; a Refusal leaves nothing behind. Changes run one after another. */
  create(topic: NewTopic): Promise<Topic | Refusal> {
    return this.#changes.run(async () => {
      const refusal = this.problemWith(topic)
      if (refusal) return refusal
      const record: TopicRecord = {
        name: topic.name,
        topicId: this.newId(),
        partitionCount: topic.partitionCount,
        isInternal: isInternalTopic(topic.name),
        configs: topic.configs,
        createdAt: this.#parts.clock.now(),
      }
      const assignments = topic.assignments ?? this.#spread(record, 0, record.partitionCount, topic.replicationFactor)
      try {
        await this.#parts.logs.makeRoom(record.name, 0, record.partitionCount)
        this.#parts.catalog.addTopic(record, assignments)
      } catch (cause) {
        return { error: 'KAFKA_STORAGE_ERROR', message: `the topic ${record.name} cannot be stored: ${messageOf(cause)}` }
      }
      const created = this.#put(record, this.#partitionsOf(record, 0, at => assignments[at]))
      await Promise.all(created.partitions.map(partition => this.open(created.record, partition, true)))
      const failed = created.partitions.find(({ state }) => state.is === 'failed')?.state
      if (failed?.is === 'failed') {
        this.#parts.catalog.removeTopic(record, this.#parts.clock.now())
        await this.#removeStored(created)
        return { error: 'KAFKA_STORAGE_ERROR', message: failed.reason }
      }
      this.#parts.taps.emit({ is: 'topic-created', topic: record.name })
      return created
    })
  }

  /** The topic, created with the broker's defaults when it is missing: for Metadata and for internal topics. */
  async ensure(name: string, partitionCount: number, configs: Readonly<Record<string, string>> = {}): Promise<Topic | Refusal> {
    const existing = this.#byName.get(name)
    if (existing) return existing
    const created = await this.create({ name, partitionCount, configs })
    return 'error' in created && created.error === 'TOPIC_ALREADY_EXISTS' ? this.#byName.get(name) ?? created : created
  }

  /** Grows a topic to `total` partitions; `assigned` names the brokers of those that are new. */
  grow(name: string, total: number, assigned?: Assignments): Promise<Refusal | undefined> {
    return this.#changes.run(async () => {
      const topic = this.#byName.get(name)
      const refusal = this.problemWithGrowth(name, total)
      if (refusal || !topic) return refusal
      const count = topic.partitions.length
      const record = { ...topic.record, partitionCount: total }
      const assignments = assigned ?? this.#spread(record, count, total, topic.partitions[0]?.standing.replicas.length)
      try {
        await this.#parts.logs.makeRoom(name, count, total)
        this.#parts.catalog.setPartitionCount(name, total, assignments)
      } catch (cause) {
        return { error: 'KAFKA_STORAGE_ERROR', message: `the catalog cannot take ${total} partitions of ${name}: ${messageOf(cause)}` }
      }
      const added = this.#partitionsOf(record, count, at => assignments[at - count])
      const grown = this.#put(record, [...topic.partitions, ...added])
      await Promise.all(added.map(partition => this.open(grown.record, partition, true)))
      this.#parts.taps.emit({ is: 'topic-changed', topic: name })
      return undefined
    })
  }

  /**
   * Replaces what a topic sets of its configs (names as Kafka's, values as text); what is not in it goes back to the defaults. It holds for
   * every open log when the promise resolves, and after each start. A Refusal (INVALID_CONFIG, in Kafka's words) changes nothing.
   */
  setConfigs(name: string, configs: Readonly<Record<string, string>>): Promise<Refusal | undefined> {
    return this.#changes.run(() => {
      const topic = this.#byName.get(name)
      const refusal = this.problemWithConfigs(name, configs)
      if (refusal || !topic) return refusal
      try {
        this.#parts.catalog.setTopicConfigs(name, configs)
      } catch (cause) {
        return { error: 'KAFKA_STORAGE_ERROR' as const, message: `the catalog cannot take the configs of ${name}: ${messageOf(cause)}` }
      }
      const { record, partitions } = this.#put({ ...topic.record, configs }, topic.partitions)
      const config = this.#configOf(record)
      // The cleaner looks at logs that are open.
      const isCompacted = config.cleanupPolicy.includes('compact')
      for (const partition of partitions) (isCompacted ? partition.log : partition.openLog)?.setConfig(config)
      this.#parts.taps.emit({ is: 'topic-configured', topic: name })
      return undefined
    })
  }

  problemWithConfigs(name: string, configs: Readonly<Record<string, string | null>>): Refusal | undefined {
    if (!this.#byName.has(name)) return { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: `This server does not host this topic-partition: ${name}` }
    const message = topicConfigProblem(configs, this.#defaults)
    return message === undefined ? undefined : { error: 'INVALID_CONFIG', message }
  }

  #configOf({ configs }: TopicRecord): LogConfig {
    return resolveLogConfig(configs, this.#defaults)
  }

  problemWithGrowth(name: string, total: number): Refusal | undefined {
    const topic = this.#byName.get(name)
    if (!topic) return { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: `This server does not host this topic-partition: ${name}` }
    const count = topic.partitions.length
    if (total === count) return { error: 'INVALID_PARTITIONS', message: `Topic already has ${count} partition(s).` }
    if (total < count) return { error: 'INVALID_PARTITIONS', message: `The topic ${name} currently has ${count} partition(s); ${total} would not be an increase.` }
    if (this.#parts.internalPartitions.has(name)) return { error: 'INVALID_PARTITIONS', message: `${name} has ${count} partitions for good: what it holds is spread over so many` }
    return total > PARTITIONS_PER_TOPIC_MAX ? tooManyPartitions(total) : this.#problemWithFolders(name, count, total)
  }

  /** Deletes a topic: catalog row first, then its folders are renamed and unlinked behind. */
  delete(name: string): Promise<Refusal | undefined> {
    return this.#changes.run(async () => {
      const topic = this.#byName.get(name)
      if (!topic) return { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: `This server does not host this topic-partition: ${name}` } as const
      try {
        this.#parts.catalog.removeTopic(topic.record, this.#parts.clock.now())
      } catch (cause) {
        return { error: 'KAFKA_STORAGE_ERROR', message: `the catalog cannot drop the topic ${name}: ${messageOf(cause)}` } as const
      }
      await this.#removeStored(topic)
      return undefined
    })
  }

  /** Its row is gone. */
  async #removeStored({ record, partitions }: Topic): Promise<void> {
    this.#byName.delete(record.name)
    this.#nameByCollision.delete(collisionKey(record.name))
    this.#byId.delete(record.topicId)
    const logs = partitions.map(({ openLog }) => openLog)
    for (const partition of partitions) partition.fail('the topic was deleted')
    for (const listener of this.#deletedListeners) listener(record)
    this.#parts.taps.emit({ is: 'topic-deleted', topic: record.name })
    for (const [at, partition] of partitions.entries()) await this.#removeFiles(record, partition, logs[at])
  }

  async #removeFiles({ name, topicId }: TopicRecord, partition: Partition, open: PartitionLog | undefined): Promise<void> {
    const { logs, logger } = this.#parts
    try {
      const log = open ?? await this.#opening.get(partition)
      await (log ? logs.delete(log) : logs.deleteUnopened({ topic: name, partition: partition.index, topicId }))
    } catch (cause) {
      logger.warn('files of a deleted topic could not be removed; the next start tries again', { topic: name, partition: partition.index, cause })
    }
  }

  /** Leaves partitions at rest that were stopped cleanly. A compacted one is opened, as the cleaner looks at those that are; and one that a coordinator reads. */
  #restWherePossible({ record, partitions }: Topic): void {
    const { logs } = this.#parts
    const isOpened = record.isInternal || this.#configOf(record).cleanupPolicy.includes('compact')
    for (const partition of partitions) {
      const facts = isOpened ? undefined : logs.resting(record.name, partition.index)
      logs.claim(record.name, partition.index)
      if (facts) partition.rest(facts, () => this.#wake(record, partition))
    }
  }

  #wake({ topicId }: TopicRecord, partition: Partition): void {
    const { logs, taps, logger } = this.#parts
    const record = this.#byId.get(topicId)?.record
    if (!record) return
    try {
      const log = logs.openNow({ topic: record.name, partition: partition.index, topicId, config: this.#configOf(record) })
      if (log) {
        partition.ready(log)
        return taps.emit({ is: 'partition-state', topic: record.name, partition: partition.index })
      }
    } catch (cause) {
      logger.warn('a partition at rest could not be opened at once', { topic: record.name, partition: partition.index, cause })
    }
    this.open(record, partition, false).catch((cause: unknown) => {
      logger.error('a partition was opened, and who waits for it failed', { topic: record.name, partition: partition.index, cause })
    })
  }

  /** Opens the log of one partition and makes it ready; a failure is kept on the partition and logged. Nothing for one that was deleted. */
  async open(record: TopicRecord, partition: Partition, isNew: boolean): Promise<void> {
    if (partition.state.is !== 'recovering') return
    const before = partition.lastFailure
    const opening = this.#open(record, partition, isNew)
    this.#opening.set(partition, opening)
    await opening
    this.#opening.delete(partition)
    const isNews = before === undefined || partition.lastFailure !== before
    if (isNews) this.#parts.taps.emit({ is: 'partition-state', topic: record.name, partition: partition.index })
  }

  /** Tries a partition again that could not be opened: its disk may have room by now, its folder be back. Whether it is ready. */
  async reopen({ record }: Topic, partition: Partition): Promise<boolean> {
    if (!partition.retry()) return false
    await this.open(record, partition, this.#neverMade.has(partition))
    if (partition.state.is !== 'ready') return false
    this.#parts.taps.emit({ is: 'storage-well', topic: record.name, partition: partition.index })
    return true
  }

  async #open(record: TopicRecord, partition: Partition, isNew: boolean): Promise<PartitionLog | undefined> {
    const { logs, logger } = this.#parts
    try {
      const open = { topic: record.name, partition: partition.index, topicId: record.topicId, config: this.#configOf(record) }
      const log = await (isNew ? logs.create(open) : logs.open(open))
      // Configs may have changed while it was being opened.
      log.setConfig(this.#configOf(this.#byId.get(record.topicId)?.record ?? record))
      if (partition.state.is === 'recovering') partition.ready(log)
      this.#neverMade.delete(partition)
      this.#tellRecovery(log)
      return log
    } catch (cause) {
      // The broker stops: the partition stays as doubtful as it was, for the next start.
      if (logs.isAborted) return undefined
      if (messageOf(cause) !== partition.lastFailure) {
        logger.error('a partition cannot be opened; it is offline and tried again, and its files are left as they are', { topic: record.name, partition: partition.index, cause })
      }
      if (isNew) this.#neverMade.add(partition)
      partition.fail(messageOf(cause))
      return undefined
    }
  }

  /** Partitions that nobody has used since the last clean stop, for what looks at all of them now and then. */
  *atRest(): Iterable<LogAtRest> {
    for (const { record, partitions } of this.list()) {
      const config = this.#configOf(record)
      for (const partition of partitions) {
        const facts = this.#parts.logs.resting(record.name, partition.index)
        if (facts) yield { facts, config, open: async () => partition.log ?? (await this.#opening.get(partition)) }
      }
    }
  }

  #tellRecovery({ topic, partition, recovery: report }: PartitionLog): void {
    if (report.how !== 'new' && report.how !== 'clean') this.#parts.taps.emit({ is: 'recovered', topic, partition, report })
  }

  /** The log of a partition, once it is open; undefined when it cannot be, or is not yet to be opened. */
  async opened(partition: Partition): Promise<PartitionLog | undefined> {
    return partition.log ?? (await this.#opening.get(partition))
  }

  /** Resolves when no change is under way and no partition is being opened. */
  async idle(): Promise<void> {
    await this.#changes.idle()
    await Promise.all(this.#opening.values())
  }

  #put(record: TopicRecord, partitions: readonly Partition[]): Topic {
    const topic: Topic = { record, partitions }
    this.#byName.set(record.name, topic)
    this.#nameByCollision.set(collisionKey(record.name), record.name)
    this.#byId.set(record.topicId, topic)
    return topic
  }

  /** Brokers for new partitions; none is named where there is but one: what it made alone is spread when others come. */
  #spread({ name, isInternal }: TopicRecord, from: number, to: number, replicationFactor: number | undefined): Assignments {
    const { placement } = this.#parts
    if (placement.isSingle) return []
    const factor = replicationFactor ?? placement.factorOf(isInternal)
    return Array.from({ length: to - from }, (_, at) => placement.spread(name, from + at, factor))
  }

  /** Partitions from `from` on; `storedAt` says which brokers hold one, where that is known. */
  #partitionsOf(record: TopicRecord, from: number, storedAt: (index: number) => readonly number[] | undefined): Partition[] {
    const { placement, taps } = this.#parts
    const topic = record.name
    const onHealth = ({ index }: Partition, health: LogHealth): void => taps.emit(health.is === 'online'
      ? { is: 'storage-well', topic, partition: index }
      : { is: 'storage-trouble', topic, partition: index, reason: health.reason })
    const onDamage = ({ index }: Partition, place: DamagedPlace): void => taps.emit({ is: 'damaged', topic, partition: index, fromOffset: place.from, toOffset: place.to })
    const standingOf = (index: number): Standing => placement.standing(placement.replicasOf(record, index, storedAt(index)))
    const alone = placement.isSingle ? standingOf(0) : undefined
    return Array.from({ length: record.partitionCount - from }, (_, at) => new Partition({ topic, index: from + at, standing: alone ?? standingOf(from + at), onHealth, onDamage }))
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

function tooFewBrokers(factor: number, brokers: number): Refusal {
  const reason = `The target replication factor of ${factor} cannot be reached because only ${brokers} broker(s) are registered or some brokers have all their log directories cordoned.`
  return { error: 'INVALID_REPLICATION_FACTOR', message: `Unable to replicate the partition ${factor} time(s): ${reason}` }
}

function tooManyPartitions(count: number): Refusal {
  return { error: 'POLICY_VIOLATION', message: `${count} partitions are more than the ${PARTITIONS_PER_TOPIC_MAX} a topic may have here` }
}

/** 16 random bytes as base64url; Kafka never gives out an id that starts with a dash, so that tools need not quote it (Uuid.java). */
function newTopicId(random: Random): string {
  for (;;) {
    const id = random.bytes(16).toString('base64url')
    if (!id.startsWith('-') && !id.startsWith('AAAAAAAAAAAAAAAAAAAAA')) return id
  }
}
