/**
 * The folder of all logs, laid out as a Kafka log directory: partition folders, `meta.properties`, offset checkpoints, the marker of a
 * clean shutdown. A folder that belongs to no topic is listed, never adopted or removed.
 */

import { dirname } from 'node:path'
import type { Clock, Timer } from '../common/clock.ts'
import type { Disk } from '../common/disk.ts'
import { CLOSE_MS_MAX, FLUSH_GRACE_MS } from '../common/limits.ts'
import type { Logger } from '../common/logger.ts'
import type { Random } from '../common/random.ts'
import { SerialQueue } from '../common/serial-queue.ts'
import { readCheckpoint, readOffsetCheckpoint, RECOVERY_POINTS_FILE, START_OFFSETS_FILE, writeOffsetCheckpoint } from './checkpoint.ts'
import { type CleanFacts, type Doubt, type LastStop, noteBootNow, readLeftBehind, removeMarker, writeMarkerNow } from './last-stop.ts'
import { defaultLogConfig, type LogConfig } from './log-config.ts'
import { deletedFolderName, partitionFolderName, PARTITION_METADATA_FILE, readPartitionMetadata, readSegmentFileName } from './log-files.ts'
import { OffsetsFile } from './offsets-file.ts'
import { PartitionLog, type PartitionLogOptions } from './partition-log.ts'
import { SegmentDeletion } from './segment-deletion.ts'
import type { SlowWork } from './slow-work.ts'

const META = 'meta.properties'
/** Of everything Millrace keeps below the folder; a newer one is refused. */
const FORMAT = 1
/** Kafka's log.flush.offset.checkpoint.interval.ms. */
const CHECKPOINT_MS = 60_000
/** A folder that Kafka or Millrace renamed to delete it. */
const DELETED_FOLDER = /-\d+\.[0-9a-f]{32}-delete$/
/** Beside the folder of the logs. */
const SET_ASIDE = 'set-aside'

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
  readonly random?: Random
  /** Where slow work of the logs is done; in this thread unless told. */
  readonly work?: SlowWork
  /** producer.id.expiration.ms, as it is now; a day unless told. */
  readonly producerIdExpirationMs?: () => number
}
export type PartitionToOpen = { readonly topic: string; readonly partition: number; readonly topicId: string; readonly config: LogConfig }

/** A partition's folder as it was found, until this run opens its log. */
type Unopened = {
  readonly lastStop: LastStop
  readonly facts: CleanFacts | undefined
  readonly recoveryPoint: number | undefined
  /** Infinity when the checkpoint of recovery points is gone: a log of Kafka's may then have holes anywhere. */
  readonly holesUpTo: number
  readonly startOffset: number | undefined
  /** A flush of it failed in this boot. */
  readonly isSuspect: boolean
}
type Found = {
  readonly isClean: boolean
  readonly unopened: ReadonlyMap<string, Unopened>
  /** Of folders that may be gone. */
  readonly facts: ReadonlyMap<string, CleanFacts>
  readonly startOffsets: ReadonlyMap<string, number>
  readonly recoveryPoints: ReadonlyMap<string, number>
  readonly folders: readonly string[]
}

export class LogDirectory {
  readonly folder: string
  readonly #options: LogDirectoryOptions
  readonly #found: Found
  /** Folders found at start that no topic has claimed. */
  readonly #unclaimed: Set<string>
  readonly #logs = new Map<string, PartitionLog>()
  readonly #unopened: Map<string, Unopened>
  /** Those of them that went through another boot: the file of the boot names them. */
  readonly #fromOtherBoot: Set<string>
  /** Of these a flush failed; it names them too. */
  readonly #suspect: Set<string>
  readonly #deletion: SegmentDeletion
  readonly #opening = new AbortController()
  readonly #checkpoints = new SerialQueue()
  readonly #startOffsets: OffsetsFile
  readonly #recoveryPoints: OffsetsFile
  /** Folders of deleted partitions were renamed, by this run or the one before, and a loss of power may undo it. */
  #hasRenamed = true
  #renamesFlush: Promise<void> | undefined
  #checkpointTimer: Timer | undefined
  #isClosing = false

  private constructor(options: LogDirectoryOptions, found: Found) {
    this.folder = options.folder
    this.#options = options
    this.#found = found
    this.#deletion = new SegmentDeletion(options)
    this.#unopened = new Map(found.unopened)
    this.#unclaimed = new Set(found.unopened.keys())
    this.#fromOtherBoot = new Set(namesFromOtherBoot(found.unopened))
    this.#suspect = new Set(namesOfSuspect(found.unopened))
    const { disk } = options
    this.#startOffsets = new OffsetsFile({ disk, path: `${this.folder}/${START_OFFSETS_FILE}`, offsets: () => this.#offsets(log => log.startOffset, left => left.startOffset) }, found.startOffsets)
    this.#recoveryPoints = new OffsetsFile({ disk, path: `${this.folder}/${RECOVERY_POINTS_FILE}`, offsets: () => this.#offsets(log => log.recoveryPoint, left => left.recoveryPoint) }, found.recoveryPoints)
    for (const name of found.folders) if (DELETED_FOLDER.test(name)) this.#deletion.removeFolder(`${this.folder}/${name}`)
    this.#checkpointLater()
  }

  /** Opens or makes the folder. Throws LogDirectoryError for one of a newer format, changing nothing. */
  static async open(options: LogDirectoryOptions): Promise<LogDirectory> {
    const { disk, folder } = options
    refuseNewerLogs(folder, disk)
    disk.makeFolderNow(folder)
    const folders = (await disk.list(folder)).filter(({ isFolder }) => isFolder).map(({ name }) => name)
    if (!disk.existsNow(`${folder}/${META}`)) await layOut(options, folders.length === 0)
    const left = readLeftBehind(disk, folder)
    const recoveryCheckpoint = disk.readSmallNow(`${folder}/${RECOVERY_POINTS_FILE}`)
    const recoveryPoints = readOffsetCheckpoint(recoveryCheckpoint)
    const hasRecoveryPoints = readCheckpoint(recoveryCheckpoint) !== undefined
    const startOffsets = readOffsetCheckpoint(disk.readSmallNow(`${folder}/${START_OFFSETS_FILE}`))
    const unopened = new Map<string, Unopened>()
    for (const name of folders) {
      if (DELETED_FOLDER.test(name)) continue
      const facts = left.facts.get(name)
      const { recoveryPoint = recoveryPoints.get(name), startOffset = startOffsets.get(name) } = facts ?? {}
      const holesUpTo = facts || hasRecoveryPoints ? (recoveryPoint ?? 0) : Infinity
      const lastStop = left.lastStopOf(name)
      unopened.set(name, { lastStop, facts, recoveryPoint, holesUpTo, startOffset, isSuspect: left.isSuspect(name) })
    }
    // In this order: a kill in between finds the marker, which still holds.
    noteBootNow(disk, folder, namesFromOtherBoot(unopened), namesOfSuspect(unopened))
    await removeMarker(disk, folder)
    return new LogDirectory(options, { isClean: left.isClean, unopened, facts: left.facts, startOffsets, recoveryPoints, folders })
  }

  /** Whether the last stop was clean: logs are then trusted as they are. */
  get isClean(): boolean {
    return this.#found.isClean
  }

  /** Names of folders that belong to no topic. */
  get unknownFolders(): readonly string[] {
    return [...this.#unclaimed].sort()
  }

  /** Bytes of a partition that the last stop makes us verify, at most. */
  async tailBytes(topic: string, partition: number): Promise<number> {
    const { disk } = this.#options
    const name = partitionFolderName(topic, partition)
    const { lastStop = 'clean', recoveryPoint = 0 } = this.#unopened.get(name) ?? {}
    if (lastStop === 'clean') return 0
    const segments = (await disk.list(`${this.folder}/${name}`)).flatMap(entry => {
      const file = readSegmentFileName(entry.name)
      return file?.suffix === '.log' ? { ...file, name: entry.name } : []
    })
    const bases = segments.map(({ baseOffset }) => baseOffset)
    const first = Math.max(0, ...(lastStop === 'killed' ? bases : bases.filter(base => base <= recoveryPoint)))
    return segments.filter(({ baseOffset }) => baseOffset >= first)
      .reduce((sum, segment) => sum + (disk.sizeNow(`${this.folder}/${name}/${segment.name}`) ?? 0), 0)
  }

  /** What a clean stop of this boot says of a partition that nobody has opened since; undefined when its files have to be looked at. */
  resting(topic: string, partition: number): CleanFacts | undefined {
    const left = this.#unopened.get(partitionFolderName(topic, partition))
    return left?.lastStop === 'clean' ? left.facts : undefined
  }

  /** A topic has the partition: its folder is no longer one that belongs to none. */
  claim(topic: string, partition: number): void {
    this.#unclaimed.delete(partitionFolderName(topic, partition))
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
    const made = this.makeRoom(partition.topic, partition.partition, partition.partition + 1).then(() => this.#open(partition, { lastStop: 'new' }))
    return made.catch(async (cause: unknown) => {
      // A folder that does not say whose it is yet would stand in the way for good: nobody could tell that it may go.
      const { disk, logger } = this.#options
      if (!disk.existsNow(`${path}/${PARTITION_METADATA_FILE}`)) {
        await disk.remove(path).catch((failure: unknown) => logger.warn('the folder of a partition that could not be made stays', { path, failure }))
      }
      throw cause
    })
  }

  /**
   * Before partitions of a topic are known to anybody: nothing of deleted ones of the same names is left that a crash could bring back, not
   * in the checkpoints, or a start would cut the new ones to where those began, and not their folders. Rejects when the disk fails.
   */
  async makeRoom(topic: string, from: number, to: number): Promise<void> {
    if (this.#hasRenamed) await (this.#renamesFlush ??= this.#flushRenames().finally(() => { this.#renamesFlush = undefined }))
    for (let partition = from; partition < to; partition++) {
      const name = partitionFolderName(topic, partition)
      if (!this.#options.disk.existsNow(`${this.folder}/${name}`)) this.#forget(name) // one that was moved away
      await this.#startOffsets.atMost(name, 0)
      await this.#recoveryPoints.atMost(name, 0)
    }
  }

  async #flushRenames(): Promise<void> {
    await this.#options.disk.flushFolder(this.folder)
    this.#hasRenamed = false
  }

  /** Opens the log of a partition that exists, recovering what the last stop left in doubt. Rejects when that is aborted. */
  open(partition: PartitionToOpen): Promise<PartitionLog> {
    const { disk, logger } = this.#options
    const name = partitionFolderName(partition.topic, partition.partition)
    const path = `${this.folder}/${name}`
    const foreign = readPartitionMetadata(disk.readSmallNow(`${path}/${PARTITION_METADATA_FILE}`))
    if (foreign !== undefined && foreign !== partition.topicId) {
      return Promise.reject(new LogDirectoryError(`${path} holds the topic id ${foreign}, not ${partition.topicId} as the catalog says: it is left alone`))
    }
    const left = this.#unopened.get(name)
    if (left && disk.existsNow(path) && !(left.lastStop === 'killed' && foreign === undefined && this.#isEmpty(path))) return this.#open(partition, left)
    logger.warn('the folder of a partition is gone; it begins anew, without the records it had', { path })
    const facts = this.#found.facts.get(name) // its epoch must not go back
    return this.#open(partition, { lastStop: 'vanished', facts, startOffset: facts?.startOffset ?? left?.startOffset ?? this.#found.startOffsets.get(name) })
  }

  /** Without metadata and records, though all that was written is there, it was being made anew when the process died. */
  #isEmpty(path: string): boolean {
    const { disk } = this.#options
    return disk.listNow(path).every(({ name }) => !name.endsWith('.log') || disk.sizeNow(`${path}/${name}`) === 0)
  }

  /** The same without a wait, for a partition at rest; undefined when anything is odd about its files, which is for `open`. */
  openNow(partition: PartitionToOpen): PartitionLog | undefined {
    const left = this.#unopened.get(partitionFolderName(partition.topic, partition.partition))
    if (left?.lastStop !== 'clean') return undefined
    const log = PartitionLog.openNow(this.#optionsFor(partition, left))
    if (log) this.#opened(log)
    return log
  }

  /** Gives up what is being recovered, at its next piece: it stays as doubtful as it was. */
  abortOpening(): void {
    this.#opening.abort()
  }

  /** No log is opened any more. */
  get isAborted(): boolean {
    return this.#opening.signal.aborted
  }

  async #open(partition: PartitionToOpen, left: Partial<Unopened>): Promise<PartitionLog> {
    this.claim(partition.topic, partition.partition)
    const name = partitionFolderName(partition.topic, partition.partition)
    const unopened = this.#unopened.get(name)
    const log = await PartitionLog.open(this.#optionsFor(partition, left))
    this.#opened(log)
    try {
      // Where something was cut or is gone, what takes its place is not durable as the checkpoint says.
      await this.#recoveryPoints.atMost(name, log.recoveryPoint)
    } catch (failure) {
      this.#logs.delete(name)
      if (unopened) this.#unopened.set(name, unopened)
      await log.abandon()
      throw failure
    }
    return log
  }

  #optionsFor(partition: PartitionToOpen, { lastStop = 'new', facts, recoveryPoint = 0, holesUpTo = Infinity, startOffset = 0, isSuspect = false }: Partial<Unopened>): PartitionLogOptions {
    const { disk, clock, logger, work, random } = this.#options
    const name = partitionFolderName(partition.topic, partition.partition)
    const setAsideFolder = `${dirname(this.folder)}/${SET_ASIDE}/${name}`
    // For the next start, should this process die: until all was written again, what is in the page cache is not what a flush will write.
    const onSuspect = (isDoubtful: boolean): void => {
      if (isDoubtful) this.#suspect.add(name)
      else this.#suspect.delete(name)
      this.#noteBoot()
    }
    const common = { disk, clock, logger, deletion: this.#deletion, signal: this.#opening.signal, ...(work && { work }), ...(random && { random }) }
    return { ...common, ...partition, folder: `${this.folder}/${name}`, isClean: lastStop === 'clean', lastStop, facts, recoveryPoint, holesUpTo, startOffset, setAsideFolder, isSuspect, onSuspect }
  }

  #opened(log: PartitionLog): void {
    const name = partitionFolderName(log.topic, log.partition)
    this.#logs.set(name, log)
    this.#forget(name)
  }

  #forget(name: string): void {
    this.#unopened.delete(name)
    this.#unclaimed.delete(name)
    if (this.#fromOtherBoot.delete(name) && this.#fromOtherBoot.size === 0) this.#noteBoot()
  }

  /** Another may come under its name, of which no flush failed. */
  #forgetSuspect(name: string): void {
    if (this.#suspect.delete(name)) this.#noteBoot()
  }

  #noteBoot(): void {
    try {
      noteBootNow(this.#options.disk, this.folder, this.#fromOtherBoot, this.#suspect)
    } catch (failure) {
      this.#options.logger.warn('which partitions were verified could not be noted; after a kill they are verified again', { failure })
    }
  }

  /** Renames a partition's folder as Kafka does, and unlinks it behind. */
  async delete(log: PartitionLog): Promise<void> {
    const name = partitionFolderName(log.topic, log.partition)
    this.#logs.delete(name)
    this.#forgetSuspect(name)
    await log.abandon()
    await this.#renameAndRemove(log.folder, log.topicId, log.config.fileDeleteDelayMs)
  }

  /** The same for a partition that was not opened or could not be; a folder of another topic is left alone. */
  async deleteUnopened({ topic, partition, topicId }: Omit<PartitionToOpen, 'config'>): Promise<void> {
    const name = partitionFolderName(topic, partition)
    const path = `${this.folder}/${name}`
    if (readPartitionMetadata(this.#options.disk.readSmallNow(`${path}/${PARTITION_METADATA_FILE}`)) !== topicId) return
    this.#forgetSuspect(name)
    this.#forget(name)
    await this.#renameAndRemove(path, topicId, defaultLogConfig.fileDeleteDelayMs)
  }

  async #renameAndRemove(path: string, topicId: string, delayMs: number): Promise<void> {
    const at = path.lastIndexOf('/') + 1
    const renamed = `${path.slice(0, at)}${deletedFolderName(path.slice(at), topicId)}`
    await this.#options.disk.rename(path, renamed)
    this.#hasRenamed = true
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
      this.#forget(name)
      const renamed = name.endsWith('-delete') ? name : deletedFolderName(name, topicId)
      if (renamed !== name) disk.renameNow(`${this.folder}/${name}`, `${this.folder}/${renamed}`)
      this.#hasRenamed = true
      this.#deletion.removeFolder(`${this.folder}/${renamed}`)
    }
  }

  /**
   * Closes every log and marks the stop as clean; waits for no flush. The marker says what the checkpoints would, which are left as they
   * were last made durable, and names the partitions that are not to be trusted: those whose log failed or did not end in time, and those
   * that this run did not come to.
   */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#checkpointTimer?.cancel()
    this.abortOpening()
    const unverified = await this.#closeLogs()
    // What is under way may end, so that nothing of it is left behind; a flush of gigabytes ends without us.
    const settled = [...this.#logs.values()].map(log => log.settled())
    await this.#within(FLUSH_GRACE_MS, Promise.all([...settled, this.#checkpoints.idle(), this.#startOffsets.idle(), this.#recoveryPoints.idle()]))
    try {
      const facts = new Map([...this.#logs].filter(([name]) => !unverified.has(name)).map(([name, log]) => [name, log.facts]))
      for (const [name, left] of this.#unopened) {
        if (left.facts) facts.set(name, left.facts)
        if (isDoubt(left.lastStop)) unverified.set(name, left.isSuspect ? 'flush-failed' : left.lastStop)
      }
      writeMarkerNow(this.#options.disk, this.folder, { unverified, facts })
    } catch (failure) {
      this.#options.logger.error('the clean stop could not be marked; the next start verifies what was written last', { failure })
    }
    // Last: a large folder takes long to unlink, and the logs that stay must not wait for it.
    await this.#deletion.stop()
  }

  /** Which could not be closed, and how far they are trusted then. */
  async #closeLogs(): Promise<Map<string, Doubt>> {
    const unverified = new Map<string, Doubt>()
    const open = new Set(this.#logs.keys())
    const work = async ([name, log]: [string, PartitionLog]): Promise<void> => {
      try {
        await log.close()
        if (log.isSuspect) unverified.set(name, 'flush-failed')
      } catch (failure) {
        unverified.set(name, 'killed')
        this.#options.logger.error('a log could not be closed cleanly; the next start verifies it', { name, failure })
      }
      open.delete(name)
    }
    await this.#within(CLOSE_MS_MAX, Promise.all([...this.#logs].map(work)))
    for (const name of open) {
      unverified.set(name, 'killed')
      this.#options.logger.error('a log did not close in time; the next start verifies it', { name })
    }
    return unverified
  }

  /** Whether `work` ended within the time. */
  async #within(ms: number, work: Promise<unknown>): Promise<boolean> {
    let timer: Timer | undefined
    const late = new Promise<boolean>(resolve => {
      timer = this.#options.clock.after(ms, () => resolve(false))
    })
    const isInTime = await Promise.race([work.then(() => true), late])
    timer?.cancel()
    return isInTime
  }

  #checkpointLater(): void {
    this.#checkpointTimer = this.#options.clock.after(CHECKPOINT_MS, () => {
      void this.#checkpoints.run(() => this.#checkpoint()).catch((failure: unknown) => {
        this.#options.logger.error('logs could not be made durable; recovery would take longer', { failure })
      })
      this.#checkpointLater()
    })
  }

  /** Bounds what a loss of power makes the next start verify: everything older than a minute or two is durable. */
  async #checkpoint(): Promise<void> {
    for (const log of this.#logs.values()) {
      if (this.#isClosing) return
      log.expireProducers(this.#options.clock.now(), this.#options.producerIdExpirationMs?.())
      // One that fails has said so, and must not keep the others from being made durable.
      await log.flush().catch((failure: unknown) => {
        this.#options.logger.warn('a log could not be made durable', { topic: log.topic, partition: log.partition, failure })
      })
    }
    if (this.#fromOtherBoot.size > 0) this.#noteBoot()
    await this.#recoveryPoints.save()
    await this.saveStartOffsets()
  }

  /** The logs that are open. */
  openLogs(): Iterable<PartitionLog> {
    return this.#logs.values()
  }

  /** Makes where logs start now durable. Those who ask before a write has begun share it. */
  saveStartOffsets(): Promise<void> {
    return this.#startOffsets.save()
  }

  /** Of the open logs, and as they were for those that this run has not opened. */
  #offsets(ofLog: (log: PartitionLog) => number, ofUnopened: (left: Unopened) => number | undefined): Map<string, number> {
    const offsets = new Map([...this.#logs].map(([name, log]) => [name, ofLog(log)]))
    for (const [name, left] of this.#unopened) {
      const offset = ofUnopened(left)
      if (offset !== undefined) offsets.set(name, offset)
    }
    return offsets
  }
}

/** The file that names the format comes last: where it is, the rest was done, though the process that began it may have died. */
async function layOut({ disk, folder, clusterId, brokerId }: LogDirectoryOptions, isEmpty: boolean): Promise<void> {
  // What will be flushed in it later is worth nothing when the folder itself is lost.
  await disk.flushFolder(dirname(folder))
  // Empty, and not missing: nothing here has been through Kafka's cleaner.
  if (isEmpty) await disk.replace(`${folder}/${RECOVERY_POINTS_FILE}`, writeOffsetCheckpoint(new Map()))
  await disk.replace(`${folder}/${META}`, Buffer.from(`#\nversion=1\ncluster.id=${clusterId}\nnode.id=${brokerId}\nmillrace.format=${FORMAT}\n`))
}

function isDoubt(lastStop: LastStop): lastStop is Doubt & LastStop {
  return lastStop === 'rebooted' || lastStop === 'killed' || lastStop === 'power-loss'
}

function namesFromOtherBoot(unopened: ReadonlyMap<string, Unopened>): string[] {
  return [...unopened].filter(([, { lastStop, isSuspect }]) => !isSuspect && (lastStop === 'rebooted' || lastStop === 'power-loss')).map(([name]) => name)
}

function namesOfSuspect(unopened: ReadonlyMap<string, Unopened>): string[] {
  return [...unopened].filter(([, { isSuspect }]) => isSuspect).map(([name]) => name)
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
