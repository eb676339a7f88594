/**
 * The log of one partition: an append-only row of segments. `append` and `read` are synchronous and work in the page cache; a batch is
 * checked, given its offsets in place and written in one call, and what was written is readable when the call returns.
 */

import { assert } from '../common/assert.ts'
import type { Clock } from '../common/clock.ts'
import type { Disk } from '../common/disk.ts'
import { PRODUCER_ID_EXPIRATION_MS } from '../common/limits.ts'
import type { Logger } from '../common/logger.ts'
import { type Random, systemRandom } from '../common/random.ts'
import { assignPlace, lastOffsetDeltaOf, maxTimestampOf, producerIdOf, recordCountOf } from '../records/batch-header.ts'
import { answerDuplicate, type Appended } from './appended.ts'
import { AppendTurn, type Validate } from './append-turn.ts'
import { type AppendOrigin, validateBatch, validateInline } from './batch-validation.ts'
import type { DamagedPlace } from './damage-reports.ts'
import type { CleanedGroup } from './cleaner/clean-job.ts'
import { swapIn } from './cleaner/swap.ts'
import { Durability } from './durability.ts'
import type { CleanFacts } from './last-stop.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { LogConfig } from './log-config.ts'
import { segmentFile } from './log-files.ts'
import { HealthWatch, type LogHealth, messageOf } from './log-health.ts'
import type { LogRead, ReadRequest } from './log-read.ts'
import { LogReader, type ReadableLog } from './log-reader.ts'
import { type LogParts, openParts, openPartsNow, type PartitionLogOptions } from './open-log.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.ts'
import type { ProducerState, ProducerStates, Verification } from './producer-state.ts'
import type { RecoveryReport } from './recovery.ts'
import { countBelow, type Expired, expiredSegments } from './retention.ts'
import { rollJitter, Segment } from './segment.ts'
import { SegmentDeletion } from './segment-deletion.ts'
import { SegmentList } from './segment-list.ts'
import { type BatchCheck, checkInProcess } from './slow-work.ts'
import { type AbortedTransaction, collectAborted, TRANSACTION_ENTRY_BYTES } from './transaction-index.ts'

export type { Appended } from './appended.ts'
export { defaultLogConfig, type LogConfig } from './log-config.ts'
export type { LogHealth } from './log-health.ts'
export type { PartitionLogOptions } from './open-log.ts'
export type { LogRead } from './log-read.ts'

export type SegmentFile = { readonly path: string; readonly baseOffset: number; readonly sizeBytes: number }

export type AppendOptions = { readonly origin?: AppendOrigin; readonly nowMs?: number; readonly transactionVersion?: number; readonly verification?: Verification }

const AS_CLIENT: AppendOptions = {}

export class PartitionLog {
  readonly topic: string
  readonly partition: number
  readonly topicId: string
  readonly folder: string
  /** What was done when the log was opened. */
  readonly recovery: RecoveryReport
  /** Called after each append and when the log's start moves, in the same turn. */
  onChange: ((log: PartitionLog) => void) | undefined
  /** Called when `health` becomes another. */
  onHealth: ((log: PartitionLog) => void) | undefined
  /** Called once for each place where a reader met damaged batches. */
  onDamage: ((log: PartitionLog, place: DamagedPlace) => void) | undefined
  /** Reads what is cold, and by time; `read` is its way for what is warm. */
  readonly reader: LogReader
  #disk: Disk
  #clock: Clock
  #logger: Logger
  #name: string
  #config: LogConfig
  #segments: SegmentList
  #startOffset: number
  #endOffset: number
  #recordsAppended = 0
  #leaderEpoch: number
  #epochs: LeaderEpochs
  #producers: ProducerStates
  #durability: Durability
  #deletion: SegmentDeletion
  #ownsDeletion: boolean
  #random: Random
  #snapshotOffset = -1
  #producersKeptAt = -1
  #health: HealthWatch
  #isClosed = false
  #work: BatchCheck
  /** Made when the first batch needs it. */
  #turn: AppendTurn | undefined

  private constructor(options: PartitionLogOptions, parts: LogParts) {
    this.topic = options.topic
    this.partition = options.partition
    this.topicId = options.topicId
    this.folder = options.folder
    this.#disk = options.disk
    this.#clock = options.clock
    this.#logger = options.logger
    this.#work = options.work ?? checkInProcess
    this.#name = `${options.topic}-${options.partition}`
    const see = (): ReadableLog => ({ segments: this.#segments.all, startOffset: this.#startOffset, endOffset: this.#endOffset, epochs: this.#epochs.entries })
    this.reader = new LogReader({ see: () => (this.#isClosed ? undefined : see()), name: this.#name, logger: options.logger })
    this.reader.onDamage = place => this.onDamage?.(this, place)
    this.#config = options.config
    this.#segments = new SegmentList(parts.segments)
    this.#startOffset = parts.startOffset
    this.#endOffset = parts.endOffset
    this.#epochs = parts.epochs
    this.#leaderEpoch = parts.epochs.latest
    this.#producers = parts.producers
    this.recovery = parts.report
    if (parts.hasSnapshot) this.#snapshotOffset = parts.endOffset
    this.#deletion = options.deletion ?? new SegmentDeletion(options)
    this.#ownsDeletion = options.deletion === undefined
    this.#random = options.random ?? systemRandom
    this.#segments.active.rollJitterMs = rollJitter(options.config, this.#random)
    this.#durability = new Durability({
      ...options,
      segments: this.#segments,
      recoveryPoint: parts.recoveryPoint,
      endOffset: () => this.#endOffset,
      onFailure: failure => this.#health.fail('a flush failed', failure),
      onMended: () => this.#health.isWell(),
    })
    this.#health = new HealthWatch({
      partition: this.#name,
      logger: options.logger,
      checkFileNow: () => this.#segments.active.checkFileNow(),
      isSuspect: () => this.#durability.isSuspect,
      mend: () => this.#durability.mend(),
      onChange: () => this.onHealth?.(this),
    })
  }

  /** Opens the folder, or makes it; recovers what an unclean stop left. Rejects when the disk fails. */
  static async open(options: PartitionLogOptions): Promise<PartitionLog> {
    return new PartitionLog(options, await openParts(options))
  }

  /** Opens a log whose files are as a clean stop left them, without a wait; undefined, and nothing changed, when anything is odd. */
  static openNow(options: PartitionLogOptions): PartitionLog | undefined {
    const parts = openPartsNow(options)
    return parts && new PartitionLog(options, parts)
  }

  /** The first offset that can be read. */
  get startOffset(): number {
    return this.#startOffset
  }

  /** The offset the next record gets. */
  get endOffset(): number {
    return this.#endOffset
  }

  /** On one broker everything appended is committed. */
  get highWatermark(): number {
    return this.#endOffset
  }

  /** Everything before it is decided: the high watermark, or where the earliest open transaction begins. Never goes back. */
  get lastStableOffset(): number {
    const firstUnstable = this.#producers.firstUnstableOffset
    return firstUnstable === undefined ? this.#endOffset : Math.max(firstUnstable, this.#startOffset)
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch
  }

  /** Another broker leads from here on: later batches carry the next leader epoch. Resolves when it is durable; when that fails it holds nevertheless. */
  async raiseEpoch(): Promise<void> {
    if (this.#isClosed) return
    this.#leaderEpoch++
    this.#epochs.assign(this.#leaderEpoch, this.#endOffset)
    await this.#epochs.save()
  }

  get sizeBytes(): number {
    return this.#segments.sizeBytes
  }

  /** In offset order, the active one last: for who judges or compacts them. */
  get segments(): readonly Segment[] {
    return this.#segments.all
  }

  get segmentCount(): number {
    return this.#segments.count
  }

  /** Records appended since the log was opened. */
  get recordsAppended(): number {
    return this.#recordsAppended
  }

  /** Everything before it survives the loss of power. */
  get recoveryPoint(): number {
    return this.#durability.recoveryPoint
  }

  /** Offline: the disk failed. Reads go on as far as they can; the next append looks again, and is refused while the cause lasts. */
  get health(): LogHealth {
    return this.#health.state
  }

  get config(): LogConfig {
    return this.#config
  }

  setConfig(config: LogConfig): void {
    this.#config = config
    this.#segments.active.indexIntervalBytes = config.indexIntervalBytes
  }

  /**
   * Appends one record batch: checks it, gives it its offsets and leader epoch in the given bytes, writes it. A refusal stores nothing.
   * `origin` 'client' (the default) must send base offset 0 and, when idempotent, the next sequence. A 'coordinator' sends no sequences,
   * and markers (records/control-record.ts), for which `transactionVersion` is that of the transaction they end, by default 0.
   */
  append(records: Buffer, o: AppendOptions = AS_CLIENT): Appended {
    const appended = this.#append(records, validateBatch, o)
    assert(appended !== 'slow')
    return appended
  }

  /**
   * Appends a client's batch, at once when it can be checked at once. One that needs slow work takes the partition's turn until it is
   * stored or refused, and later ones wait behind it; `records` must not change before the answer. Rejects for a bug only.
   */
  appendInTurn(records: Buffer, o: Pick<AppendOptions, 'verification'> = AS_CLIENT): Appended | Promise<Appended> {
    if (this.#turn?.isTaken) return this.#turn.add(records, o)
    const appended = this.#append(records, validateInline, o)
    if (appended !== 'slow') return appended
    this.#turn ??= new AppendTurn(this.#work, {
      append: (waited, validate, options) => this.#append(waited, validate, options),
      rules: () => ({ name: this.#name, config: this.#config, origin: 'client', nowMs: this.#clock.now() }),
    })
    return this.#turn.add(records, o, true)
  }

  #append(records: Buffer, validate: Validate, o: AppendOptions): Appended | 'slow' {
    if (this.#isClosed) return { error: 'KAFKA_STORAGE_ERROR', message: `the log of ${this.#name} is closed` }
    const origin = o.origin ?? 'client'
    const nowMs = o.nowMs ?? this.#clock.now()
    if (this.#health.isLookDue(nowMs)) {
      const trouble = this.#health.look(nowMs)
      if (trouble !== undefined) return { error: 'KAFKA_STORAGE_ERROR', message: `${this.#name} cannot be written: ${trouble}` }
    }
    const batch = validate(records, { name: this.#name, config: this.#config, origin, nowMs })
    if (!Buffer.isBuffer(batch)) return batch
    if (batch.length > this.#config.segmentBytes) {
      return { error: 'RECORD_LIST_TOO_LARGE', message: `a batch of ${batch.length} bytes for ${this.#name} exceeds segment.bytes` }
    }
    if (producerIdOf(batch, 0) >= 0) {
      const check = origin === 'client' ? this.#producers.check(batch, o.verification) : this.#producers.checkOfCoordinator(batch, o.transactionVersion ?? 0, o.verification)
      if (check.is === 'duplicate') return answerDuplicate(check.batch, this.#startOffset)
      if (check.is === 'refused') return { error: check.error, message: `${check.message} (${this.#name})` }
    }
    return this.#write(batch, nowMs)
  }

  #write(batch: Buffer, nowMs: number): Appended {
    const baseOffset = this.#endOffset
    const lastOffset = baseOffset + lastOffsetDeltaOf(batch, 0)
    const maxTimestamp = maxTimestampOf(batch, 0)
    try {
      if (this.#segments.active.isFullFor({ batchBytes: batch.length, lastOffset, maxTimestamp, nowMs }, this.#config)) this.roll()
      assignPlace(batch, 0, baseOffset, this.#leaderEpoch)
      this.#segments.active.append(batch, lastOffset, maxTimestamp)
    } catch (failure) {
      this.#health.fail('an append failed', failure)
      return { error: 'KAFKA_STORAGE_ERROR', message: `${this.#name} could not be written: ${messageOf(failure)}` }
    }
    this.#health.isWell()
    const completed = this.#producers.note(batch, 0)
    if (completed?.isAborted) this.#segments.active.transactionIndex.append(completed)
    const recordCount = recordCountOf(batch, 0)
    this.#endOffset = lastOffset + 1
    this.#recordsAppended += recordCount
    this.#durability.appended(batch.length)
    const logAppendTime = this.#config.timestampType === 'LogAppendTime' ? maxTimestamp : -1
    this.onChange?.(this)
    return { error: 'NONE', baseOffset, lastOffset, recordCount, logAppendTime, logStartOffset: this.#startOffset, isDuplicate: false }
  }

  /**
   * Starts a new segment at the end offset, with a snapshot of the producers beside it; the old one is flushed in the background.
   * Nothing when the active segment is empty. Throws what the disk throws, with the old segment still active.
   */
  roll(): void {
    const { active } = this.#segments
    if (this.#isClosed || active.sizeBytes === 0) return
    active.retireNow()
    this.#snapshotNow()
    const { indexIntervalBytes } = this.#config
    const segment = Segment.createNow({ disk: this.#disk, clock: this.#clock, folder: this.folder, baseOffset: this.#endOffset, indexIntervalBytes })
    segment.rollJitterMs = rollJitter(this.#config, this.#random)
    this.#segments.add(segment)
    this.onChange?.(this) // who waits for more of the old segment gets no more of it
    this.flush().catch(() => {}) // onFailure has been told
  }

  /**
   * Moves the first readable offset up (DeleteRecords, retention); whole segments below it go with the next sweep. Nothing when it is there
   * already. The caller makes it durable: it stands in the data folder's log-start-offset-checkpoint.
   */
  trimTo(offset: number): void {
    assert(offset <= this.highWatermark)
    if (offset <= this.#startOffset) return
    this.#startOffset = offset
    // In memory: what ended below the start stays in the file until a start has to write it.
    this.#epochs.trim(offset, this.#endOffset)
    this.onChange?.(this)
  }

  /**
   * Takes the `count` oldest segments out of the log, oldest first, so that a crash leaves no hole; their files wait for
   * file.delete.delay.ms. The start offset moves up to what stays. Returns how many went; throws what the disk throws.
   */
  dropFirst(count: number): number {
    let dropped = 0
    try {
      for (const segment of this.#segments.all.slice(0, count)) {
        this.#deletion.drop(segment, { folder: this.folder, delayMs: this.#config.fileDeleteDelayMs })
        this.#segments.takeFirst(1)
        dropped++
      }
    } finally {
      this.trimTo(this.#segments.baseOffset)
    }
    return dropped
  }

  /** Which of the oldest segments the log need not keep any longer. */
  expired(nowMs: number): Expired {
    const { all, sizeBytes } = this.#segments
    return expiredSegments({ segments: all, sizeBytes, startOffset: this.#startOffset, endOffset: this.#endOffset, nowMs, config: this.#config })
  }

  get hasSegmentsBelowStart(): boolean {
    return countBelow(this.#segments.all, this.#startOffset) > 0
  }

  /** Drops segments below the start offset of which `keepProducers` kept the producers, `max` at most. Returns how many; throws what the disk throws. */
  dropBelowStart(max: number): number {
    const upTo = this.#producers.size === 0 ? this.#startOffset : Math.min(this.#startOffset, this.#producersKeptAt)
    return this.#isClosed ? 0 : this.dropFirst(Math.min(max, countBelow(this.#segments.all, upTo)))
  }

  /** The files of the log stay where a reader on another thread finds them until it calls the answer (`SegmentReader`). Keep it short. */
  lease(): () => void {
    return this.#deletion.lease(this.folder)
  }

  /** Puts a compacted segment in the place of those it was made of; false when some of them are gone. Rejects when the disk fails. */
  replaceSegments(group: CleanedGroup): Promise<boolean> {
    const { fileDeleteDelayMs, indexIntervalBytes } = this.#config
    const settings = { fileDeleteDelayMs, indexIntervalBytes, folder: this.folder, isClosed: () => this.#isClosed }
    return swapIn(group, { ...settings, disk: this.#disk, clock: this.#clock, segments: this.#segments, deletion: this.#deletion })
  }

  /**
   * Before segments go: the producers' snapshot at the active segment is whole and durable, for recovery cannot find them in batches that are
   * gone. Where it is not, as after a loss of power, the log rolls and so makes another. Rejects with what the disk throws.
   */
  async keepProducers(): Promise<void> {
    if (this.#isClosed || this.#producers.size === 0 || this.#producersKeptAt === this.#segments.active.baseOffset) return
    const snapshotAt = (offset: number): string => segmentFile(this.folder, offset, '.snapshot')
    const found = this.#disk.readSmallNow(snapshotAt(this.#segments.active.baseOffset))
    const isWhole = found !== undefined && decodeProducerSnapshot(found) !== undefined
    if (!isWhole) this.roll()
    const { baseOffset } = this.#segments.active
    await this.#disk.replace(snapshotAt(baseOffset), isWhole ? found : encodeProducerSnapshot([...this.#producers.values()]))
    await this.#durability.commit(baseOffset) // of a log that was cut below it, it tells nothing
    this.#producersKeptAt = baseOffset
  }

  #snapshotNow(): void {
    if (this.#snapshotOffset === this.#endOffset) return
    const path = segmentFile(this.folder, this.#endOffset, '.snapshot')
    // One that is there may be durable (`keepProducers`), and another would not be; of what is still in the log a start may know less than it.
    const found = this.#disk.readSmallNow(path)
    const isWhole = found !== undefined && decodeProducerSnapshot(found) !== undefined
    if (!isWhole) this.#disk.replaceNow(path, encodeProducerSnapshot([...this.#producers.values()]))
    this.#snapshotOffset = this.#endOffset
  }

  /**
   * Whole batches from the one that contains `offset`, of one segment. `maxBytes` is soft by one batch when `minOneBatch`; batches that
   * end at or after `upTo` (an offset, exclusive; by default the high watermark) are left out. Call `release` when the bytes were sent.
   */
  read(request: ReadRequest): LogRead {
    return this.reader.read(request)
  }

  endOffsetForEpoch(epoch: number): { readonly leaderEpoch: number; readonly endOffset: number } {
    return this.#epochs.endOffsetFor(epoch, this.#endOffset)
  }

  /** The leader epoch `offset` was written in; -1 when unknown. */
  epochAt(offset: number): number {
    return this.#epochs.at(offset)
  }

  /** The segments as files, in offset order, their indexes written out: for readers on other threads, which open them read-only. */
  segmentFiles(): readonly SegmentFile[] {
    try {
      this.#segments.active.writeIndexesNow()
    } catch (failure) {
      // A full disk must not keep anybody from reading: without the last entries a reader only starts further back.
      this.#logger.warn('an index could not be written out', { partition: this.#name, failure })
    }
    return this.#segments.all.map(({ logPath, baseOffset, sizeBytes }) => ({ path: logPath, baseOffset, sizeBytes }))
  }

  /** The aborted transactions that have records from offset `from` to before `upTo`: what a reader of committed records must leave out. */
  abortedTransactions(from: number, upTo: number): readonly AbortedTransaction[] {
    return collectAborted(this.#segments.all, this.#segments.indexFor(from), { from, upTo })
  }

  producers(): Iterable<ProducerState> {
    return this.#producers.values()
  }

  producer(producerId: number): ProducerState | undefined {
    return this.#producers.get(producerId)
  }

  /** A client's first batch of a transaction is about to be verified (KIP-890). */
  startVerification(batch: { readonly producerId: number; readonly epoch: number; readonly sequence: number }): void {
    this.#producers.startVerification({ ...batch, nowMs: this.#clock.now() })
  }

  expireProducers(nowMs: number, idleMs = PRODUCER_ID_EXPIRATION_MS): void {
    this.#producers.expire(nowMs, idleMs)
  }

  /** Makes everything appended before the call durable, and moves the recovery point. */
  flush(): Promise<void> {
    return this.#durability.flush()
  }

  /** Resolves when every record before `upTo` is durable; those who wait share flushes (group commit). Rejects when the disk fails. */
  durable(upTo: number): Promise<void> {
    return this.#durability.commit(upTo)
  }

  /** What the acknowledgement of records before `upTo` must wait for, by flush.messages; undefined when nothing, as by default. */
  waitForAck(upTo: number): Promise<void> | undefined {
    const { flushMessages, flushMs } = this.#config
    return flushMessages === Infinity && flushMs === Infinity ? undefined : this.#durability.waitFor(upTo, this.#config)
  }

  /** A flush failed, and what it covered was not written again: the page cache may drop it. */
  get isSuspect(): boolean {
    return this.#durability.isSuspect
  }

  /** What the next start may trust when this one ends cleanly. */
  get facts(): CleanFacts {
    const { startOffset, endOffset, leaderEpoch, sizeBytes, segmentCount, recoveryPoint } = this
    const { all } = this.#segments
    const transactionIndexBytes = all.reduce((sum, { transactionIndex }) => sum + transactionIndex.count * TRANSACTION_ENTRY_BYTES, 0)
    return { startOffset, endOffset, leaderEpoch, sizeBytes, segmentCount, transactionIndexBytes, recoveryPoint, retainedFromMs: all[0]?.retainedFromMs ?? 0 }
  }
  /**
   * Clean stop: indexes and the producers' snapshot complete, files closed, appends refused from now on. Waits for no flush: what is not
   * durable yet is in the system's hands, and the recovery point says so.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    try {
      this.#segments.active.sealNow()
      this.#snapshotNow()
    } finally {
      this.#durability.endNow()
      for (const segment of this.#segments.all) segment.dropNow() // a flush under way opens none of its files again
      if (this.#ownsDeletion) await this.#deletion.stop()
    }
  }

  /** Resolves when what was being written or read at the close has ended. */
  async settled(): Promise<void> {
    await this.#durability.stop()
    await this.#epochs.settled()
    await this.reader.settled()
  }

  /** Closes the files and nothing more: for a partition that is being deleted. */
  async abandon(): Promise<void> {
    this.#isClosed = true
    await this.#durability.stop()
    // Its folder may soon be another partition's: a late flush must not write there.
    this.#durability.endNow()
    for (const segment of this.#segments.all) segment.dropNow()
    if (this.#ownsDeletion) await this.#deletion.stop()
  }
}
