/**
 * The folder of all logs, laid out as a Kafka log directory: partition folders, `meta.properties`, offset checkpoints, the marker of a
 * clean shutdown. A folder that belongs to no topic is listed, never adopted or removed.
 */

import { dirname } from 'node:path'
import type { Clock, Timer } from '../common/clock.ts'
import type { Disk } from '../common/disk.ts'
import type { Logger } from '../common/logger.ts'
import { SerialQueue } from '../common/serial-queue.ts'
import { readOffsetCheckpoint, RECOVERY_POINTS_FILE, START_OFFSETS_FILE, writeOffsetCheckpoint } from './checkpoint.ts'
import { defaultLogConfig, type LogConfig } from './log-config.ts'
import { partitionFolderName, PARTITION_METADATA_FILE, readPartitionMetadata, readSegmentFileName } from './log-files.ts'
import { PartitionLog } from './partition-log.ts'
import { SegmentDeletion } from './segment-deletion.ts'
import type { SlowWork } from './slow-work.ts'

const META = 'meta.properties'
const CLEAN_SHUTDOWN = '.kafka_cleanshutdown'
/** Of everything Millrace keeps below the folder; a newer one is refused. */
const FORMAT = 1
/** Kafka's log.flush.offset.checkpoint.interval.ms. */
const CHECKPOINT_MS = 60_000
/** A folder that Kafka or Millrace renamed to delete it. */
const DELETED_FOLDER = /-\d+\.[0-9a-f]{32}-delete$/
/** Logs closed at once: each flushes, and the disk runs two flushes at a time. */
const CLOSED_AT_ONCE = 4

/** The folder cannot be used as it is; the message names it and says what to do. */
export class LogDirectoryError extends Error {
  override readonly name = 'LogDirectoryError'
}

export type LogDirectoryOptions = {
  readonly disk: Disk
  readonly clock: Clock
  readonly folder: string
  readonly clusterId: string
  readonly brokerId: number
  readonly logger: Logger
  /** Where slow work of the logs is done; in this thread unless told. */
  readonly work?: SlowWork
}
export type PartitionToOpen = { readonly topic: string; readonly partition: number; readonly topicId: string; readonly config: LogConfig }

type Found = {
  readonly isClean: boolean
  /** Partitions that a clean stop had left unverified: their files are not to be trusted. */
  readonly unverified: ReadonlySet<string>
  readonly recoveryPoints: ReadonlyMap<string, number>
  readonly startOffsets: ReadonlyMap<string, number>
  readonly folders: readonly string[]
}

export class LogDirectory {
  readonly folder: string
  readonly #options: LogDirectoryOptions
  readonly #found: Found
  /** Folders found at start that no topic has claimed. */
  readonly #unclaimed: Set<string>
  readonly #logs = new Map<string, PartitionLog>()
  readonly #deletion: SegmentDeletion
  /** Names of partitions whose files nobody has verified since an unclean stop. */
  readonly #unverified: Set<string>
  readonly #checkpoints = new SerialQueue()
  readonly #startsWrites = new SerialQueue()
  #nextStartsWrite: Promise<void> | undefined
  #checkpointTimer: Timer | undefined

  private constructor(options: LogDirectoryOptions, found: Found) {
    this.folder = options.folder
    this.#options = options
    this.#found = found
    this.#deletion = new SegmentDeletion(options)
    const folders = found.folders.filter(name => !DELETED_FOLDER.test(name))
    this.#unclaimed = new Set(folders)
    this.#unverified = new Set(folders.filter(name => !found.isClean || found.unverified.has(name)))
    for (const name of found.folders) if (DELETED_FOLDER.test(name)) this.#deletion.removeFolder(`${this.folder}/${name}`)
    this.#checkpointLater()
  }

  /** Opens or makes the folder. Throws LogDirectoryError for one of a newer format, changing nothing. */
  static async open(options: LogDirectoryOptions): Promise<LogDirectory> {
    const { disk, folder, clusterId, brokerId } = options
    refuseNewerLogs(folder, disk)
    const meta = disk.readSmallNow(`${folder}/${META}`)
    disk.makeFolderNow(folder)
    if (!meta) disk.replaceNow(`${folder}/${META}`, Buffer.from(`#\nversion=1\ncluster.id=${clusterId}\nnode.id=${brokerId}\nmillrace.format=${FORMAT}\n`))
    // What will be flushed in it later is worth nothing when the folder itself is lost.
    if (!meta) for (const made of [folder, dirname(folder)]) await disk.flushFolder(made)
    const marker = disk.readSmallNow(`${folder}/${CLEAN_SHUTDOWN}`)
    const folders = (await disk.list(folder)).filter(({ isFolder }) => isFolder).map(({ name }) => name)
    const found: Found = {
      isClean: marker !== undefined,
      unverified: readUnverified(marker),
      recoveryPoints: readOffsetCheckpoint(disk.readSmallNow(`${folder}/${RECOVERY_POINTS_FILE}`)),
      startOffsets: readOffsetCheckpoint(disk.readSmallNow(`${folder}/${START_OFFSETS_FILE}`)),
      folders,
    }
    // From here on a stop that is not ours is an unclean one, also when the power fails.
    if (marker) disk.removeNow(`${folder}/${CLEAN_SHUTDOWN}`)
    if (marker) await disk.flushFolder(folder)
    return new LogDirectory(options, found)
  }

  /** Whether the last stop was clean: logs are then trusted as they are. */
  get isClean(): boolean {
    return this.#found.isClean
  }

  /** Names of folders that belong to no topic. */
  get unknownFolders(): readonly string[] {
    return [...this.#unclaimed].sort()
  }

  /** Bytes of a partition that an unclean stop makes us verify. */
  async tailBytes(topic: string, partition: number): Promise<number> {
    const { disk } = this.#options
    const name = partitionFolderName(topic, partition)
    if (!this.#unverified.has(name)) return 0
    const recoveryPoint = this.#found.recoveryPoints.get(name) ?? 0
    const segments = (await disk.list(`${this.folder}/${name}`)).flatMap(entry => {
      const file = readSegmentFileName(entry.name)
      return file?.suffix === '.log' ? { ...file, name: entry.name } : []
    })
    const first = Math.max(0, ...segments.map(({ baseOffset }) => baseOffset).filter(base => base <= recoveryPoint))
    return segments.filter(({ baseOffset }) => baseOffset >= first)
      .reduce((sum, segment) => sum + (disk.sizeNow(`${this.folder}/${name}/${segment.name}`) ?? 0), 0)
  }

  /** The path of a folder that stands where a partition's would be and belongs to no topic; undefined when the place is free. */
  occupied(topic: string, partition: number): string | undefined {
    const name = partitionFolderName(topic, partition)
    const path = `${this.folder}/${name}`
    return !this.#logs.has(name) && this.#options.disk.existsNow(path) ? path : undefined
  }

  /** Makes the log of a new partition; rejects when a folder of that name is there already, which is left alone. */
  create(partition: PartitionToOpen): Promise<PartitionLog> {
    const name = partitionFolderName(partition.topic, partition.partition)
    const path = `${this.folder}/${name}`
    if (this.#options.disk.existsNow(path)) {
      return Promise.reject(new LogDirectoryError(`${path} exists and belongs to no topic: move it away, or adopt it with millrace import`))
    }
    return this.#open(partition, { isClean: true, recoveryPoint: 0, startOffset: 0 }).catch(async (cause: unknown) => {
      // A folder that does not say whose it is yet would stand in the way for good: nobody could tell that it may go.
      if (!this.#options.disk.existsNow(`${path}/${PARTITION_METADATA_FILE}`)) await this.#options.disk.remove(path).catch(() => {})
      throw cause
    })
  }

  /** Opens the log of a partition that exists, recovering what an unclean stop left. */
  open(partition: PartitionToOpen): Promise<PartitionLog> {
    const name = partitionFolderName(partition.topic, partition.partition)
    const { recoveryPoints, startOffsets } = this.#found
    const foreign = readPartitionMetadata(this.#options.disk.readSmallNow(`${this.folder}/${name}/${PARTITION_METADATA_FILE}`))
    if (foreign !== undefined && foreign !== partition.topicId) {
      return Promise.reject(new LogDirectoryError(`${this.folder}/${name} holds the topic id ${foreign}, not ${partition.topicId} as the catalog says: it is left alone`))
    }
    const isClean = !this.#unverified.has(name)
    return this.#open(partition, { isClean, recoveryPoint: recoveryPoints.get(name) ?? 0, startOffset: startOffsets.get(name) ?? 0 })
  }

  async #open(partition: PartitionToOpen, state: { isClean: boolean; recoveryPoint: number; startOffset: number }): Promise<PartitionLog> {
    const { disk, clock, logger, work } = this.#options
    const name = partitionFolderName(partition.topic, partition.partition)
    this.#unclaimed.delete(name)
    const deletion = this.#deletion
    const log = await PartitionLog.open({ disk, clock, logger, deletion, folder: `${this.folder}/${name}`, ...(work && { work }), ...partition, ...state })
    this.#unverified.delete(name)
    this.#logs.set(name, log)
    return log
  }

  /** Renames a partition's folder as Kafka does, and unlinks it behind. */
  async delete(log: PartitionLog): Promise<void> {
    this.#logs.delete(partitionFolderName(log.topic, log.partition))
    await log.abandon()
    await this.#renameAndRemove(log.folder, log.topicId, log.config.fileDeleteDelayMs)
  }

  /** The same for a partition that was not opened or could not be; a folder of another topic is left alone. */
  async deleteUnopened({ topic, partition, topicId }: Omit<PartitionToOpen, 'config'>): Promise<void> {
    const name = partitionFolderName(topic, partition)
    const path = `${this.folder}/${name}`
    if (readPartitionMetadata(this.#options.disk.readSmallNow(`${path}/${PARTITION_METADATA_FILE}`)) !== topicId) return
    this.#unverified.delete(name)
    this.#unclaimed.delete(name)
    await this.#renameAndRemove(path, topicId, defaultLogConfig.fileDeleteDelayMs)
  }

  async #renameAndRemove(path: string, topicId: string, delayMs: number): Promise<void> {
    const renamed = `${path}.${Buffer.from(topicId, 'base64url').toString('hex')}-delete`
    await this.#options.disk.rename(path, renamed)
    this.#deletion.forget(path)
    this.#deletion.dropFolder(renamed, delayMs)
  }

  /** Removes folders of deleted topics that a stop left behind: only those whose own metadata names one of `topicIds`. */
  removeDeleted(topicIds: ReadonlySet<string>): void {
    const { disk } = this.#options
    if (topicIds.size === 0) return
    for (const name of this.#found.folders) {
      const topicId = readPartitionMetadata(disk.readSmallNow(`${this.folder}/${name}/${PARTITION_METADATA_FILE}`))
      if (topicId === undefined || !topicIds.has(topicId)) continue
      this.#unclaimed.delete(name)
      const hex = `.${Buffer.from(topicId, 'base64url').toString('hex')}-delete`
      const renamed = name.endsWith('-delete') ? name : `${name}${hex}`
      if (renamed !== name) disk.renameNow(`${this.folder}/${name}`, `${this.folder}/${renamed}`)
      this.#deletion.removeFolder(`${this.folder}/${renamed}`)
    }
  }

  /** Closes every log, writes the checkpoints and marks the stop as clean; with a failed log it stays an unclean one. */
  async close(): Promise<void> {
    this.#checkpointTimer?.cancel()
    await this.#checkpoints.idle()
    await this.#closeLogs()
    // Last: a large folder takes long to unlink, and the logs that stay must not wait for it.
    await this.#deletion.stop()
  }

  async #closeLogs(): Promise<void> {
    const waiting = [...this.#logs.values()]
    const failures: unknown[] = []
    const work = async (): Promise<void> => {
      for (let log = waiting.shift(); log; log = waiting.shift()) await log.close().catch((failure: unknown) => failures.push(failure))
    }
    await Promise.all(Array.from({ length: CLOSED_AT_ONCE }, work))
    await this.#saveCheckpoints()
    for (const failure of failures) this.#options.logger.error('a log could not be closed cleanly; the next start verifies it', { failure })
    if (failures.length > 0) return
    // Kafka reads the first two members only; ours says which partitions this run never came to.
    const marker = { version: 0, brokerEpoch: -1, unverified: [...this.#unverified] }
    await this.#options.disk.replace(`${this.folder}/${CLEAN_SHUTDOWN}`, Buffer.from(JSON.stringify(marker)))
  }

  #checkpointLater(): void {
    this.#checkpointTimer = this.#options.clock.after(CHECKPOINT_MS, () => {
      void this.#checkpoints.run(() => this.#checkpoint()).catch((failure: unknown) => {
        this.#options.logger.error('logs could not be made durable; recovery would take longer', { failure })
      })
      this.#checkpointLater()
    })
  }

  /** Bounds what an unclean stop makes the next start verify: everything older than a minute or two is durable. */
  async #checkpoint(): Promise<void> {
    for (const log of this.#logs.values()) {
      log.expireProducers(this.#options.clock.now())
      await log.flush()
    }
    await this.#saveCheckpoints()
  }

  async #saveCheckpoints(): Promise<void> {
    const { disk } = this.#options
    await disk.replace(`${this.folder}/${RECOVERY_POINTS_FILE}`, this.#offsets(this.#found.recoveryPoints, log => log.recoveryPoint))
    await this.saveStartOffsets()
  }

  /** The logs that are open. */
  openLogs(): Iterable<PartitionLog> {
    return this.#logs.values()
  }

  /** Makes where logs start now durable. Those who ask before a write has begun share it. */
  saveStartOffsets(): Promise<void> {
    this.#nextStartsWrite ??= this.#startsWrites.run(() => {
      this.#nextStartsWrite = undefined
      return this.#options.disk.replace(`${this.folder}/${START_OFFSETS_FILE}`, this.#offsets(this.#found.startOffsets, log => log.startOffset))
    })
    return this.#nextStartsWrite
  }

  /** Of the open logs, and as they were for those that this run has not opened. */
  #offsets(found: ReadonlyMap<string, number>, offsetOf: (log: PartitionLog) => number): Buffer {
    const offsets = new Map([...this.#logs].map(([name, log]) => [name, offsetOf(log)]))
    for (const [name, offset] of found) if (!this.#logs.has(name) && (this.#unclaimed.has(name) || this.#unverified.has(name))) offsets.set(name, offset)
    return writeOffsetCheckpoint(offsets)
  }
}

function readUnverified(marker: Buffer | undefined): ReadonlySet<string> {
  try {
    const { unverified } = JSON.parse(marker?.toString('utf8') ?? '{}') as { unverified?: unknown }
    return new Set(Array.isArray(unverified) ? unverified.filter(name => typeof name === 'string') : [])
  } catch {
    return new Set() // Kafka's markers before 3.7 are empty files
  }
}

/** Throws LogDirectoryError when a newer version wrote the folder; touches nothing. */
export function refuseNewerLogs(folder: string, disk: Disk): void {
  const text = disk.readSmallNow(`${folder}/${META}`)?.toString('utf8')
  if (text === undefined) return
  const format = Number(/^millrace\.format=(\d+)\s*$/m.exec(text)?.[1] ?? FORMAT)
  const version = Number(/^version=(\d+)\s*$/m.exec(text)?.[1] ?? 1)
  if (format <= FORMAT && version === 1) return
  throw new LogDirectoryError(`${folder} was written by a newer version (format ${format}, meta.properties version ${version}): update Millrace, or choose another data folder`)
}
