/**
 * The durable state of all groups of both kinds, and its one mutator: `write` appends records to `__consumer_offsets` and then applies them, and
 * start-up applies the same records again.
 */

import type { Clock } from '../common/clock.ts'
import type { Logger } from '../common/logger.ts'
import { errorOfAppend } from '../coordinator/append-refusals.ts'
import { appendRecords, partsOf, type CoordinatorRecord, type TransactionalProducer } from '../coordinator/coordinator-log.ts'
import { CoordinatorPartitions } from '../coordinator/coordinator-partitions.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { FrameError } from '../protocol/frame-error.ts'
import { encodeMarker, type NewMarker } from '../records/control-record.ts'
import { ClassicGroup } from './classic-group.ts'
import { CommittedOffsets } from './committed-offsets.ts'
import { ConsumerGroup } from './consumer-group.ts'
import { decodeGroupRecord, encodeGroupRecord } from './group-records.ts'
import { PendingOffsets } from './pending-offsets.ts'
import type { ConsumerGroupRecord, GroupRecord } from './stored.ts'

/** A group of either protocol: `kind` says which. */
export type StoreGroup = ClassicGroup | ConsumerGroup

/** Well below the max.message.bytes of the internal topic. */
const PART_BYTES_MAX = 512 * 1024

export type GroupStoreOptions = {
  readonly clock: Clock
  readonly logger: Logger
  readonly partitionCount: number
  /** The log of a partition of `__consumer_offsets`; undefined while there is none. */
  logOf(partition: number): PartitionLog | undefined
  /** Whether `__consumer_offsets` exists, be its logs open or not. */
  hasTopic(): boolean
  /** Called when what can be seen of a group has changed. */
  changed(groupId: string): void
}

export class GroupStore {
  readonly offsets = new CommittedOffsets()
  /** What open transactions have committed. */
  readonly pending = new PendingOffsets()
  readonly #options: GroupStoreOptions
  readonly #groups = new Map<string, StoreGroup>()
  readonly #partitions: CoordinatorPartitions

  constructor(options: GroupStoreOptions) {
    const { clock, logger, partitionCount } = options
    this.#options = options
    this.#partitions = new CoordinatorPartitions({
      topic: '__consumer_offsets', clock, logger, partitionCount, logOf: partition => options.logOf(partition), hasTopic: () => options.hasTopic(),
      apply: (partition, { key, value }, batch) => this.#applyStored(partition, key, value, batch.isTransactional ? batch.producerId : undefined),
      applyMarker: (partition, { isAbort }, { producerId }) => this.#applyMarker(partition, { producerId, isAbort }),
    })
  }

  get size(): number {
    return this.#groups.size
  }

  /** True while some groups may not be known yet: a partition is being read, or others have been. */
  get isLoading(): boolean {
    return this.#partitions.isLoading
  }

  get(groupId: string): StoreGroup | undefined {
    return this.#groups.get(groupId)
  }

  /** The group, where it speaks the classic protocol. */
  classic(groupId: string): ClassicGroup | undefined {
    const group = this.#groups.get(groupId)
    return group?.kind === 'classic' ? group : undefined
  }

  /** The group, where it speaks the consumer protocol. */
  consumer(groupId: string): ConsumerGroup | undefined {
    const group = this.#groups.get(groupId)
    return group?.kind === 'consumer' ? group : undefined
  }

  groups(): Iterable<StoreGroup> {
    return this.#groups.values()
  }

  partitionOf(groupId: string): number {
    return this.#partitions.of(groupId)
  }

  /** NONE when requests for this group can be served. */
  readiness(groupId: string): KafkaError {
    return this.#partitions.readiness(this.partitionOf(groupId))
  }

  /** A partition whose log cannot be opened: its groups are refused, not kept waiting. */
  refuse(partition: number): void {
    this.#partitions.refuse(partition)
  }

  isRefused(groupId: string): boolean {
    return this.#partitions.isRefused(this.partitionOf(groupId))
  }

  /** Appends all records as one batch and applies them; on an error nothing was appended or applied. */
  write(groupId: string, records: readonly GroupRecord[]): KafkaError {
    return records.length === 0 ? 'NONE' : this.#append(groupId, records.map(record => ({ record, ...encodeGroupRecord(record) })))
  }

  /** As `write`, in the open transaction of a producer: committed offsets are pending until its marker comes. */
  writeInTransaction(groupId: string, records: readonly GroupRecord[], producer: TransactionalProducer): KafkaError {
    return records.length === 0 ? 'NONE' : this.#append(groupId, records.map(record => ({ record, ...encodeGroupRecord(record) })), producer)
  }

  /** Appends the marker that ends a producer's transaction in a partition of `__consumer_offsets`, and what it committed is visible, or gone. */
  completeTransaction(partition: number, marker: Omit<NewMarker, 'timestamp'> & { readonly transactionVersion: number }): KafkaError {
    const log = this.#options.logOf(partition)
    if (!log || !this.#partitions.isReady(partition)) return 'NOT_COORDINATOR'
    const nowMs = this.#options.clock.now()
    const appended = log.append(encodeMarker({ ...marker, timestamp: nowMs }), { origin: 'coordinator', nowMs, transactionVersion: marker.transactionVersion })
    if (appended.error !== 'NONE') return appended.error
    this.#applyMarker(partition, marker)
    return 'NONE'
  }

  #applyMarker(partition: number, { producerId, isAbort }: { readonly producerId: number; readonly isAbort: boolean }): void {
    for (const { groupId, topic, partition: index, value } of this.pending.complete(partition, producerId, isAbort)) {
      this.offsets.apply(groupId, topic, index, value)
      this.#options.changed(groupId)
    }
  }

  /** As `write`, in as many batches as it takes: for records that need not be stored together. Stops at the first error. */
  writeInParts(groupId: string, records: readonly GroupRecord[]): KafkaError {
    for (const part of partsOf(records.map(record => ({ record, ...encodeGroupRecord(record) })), PART_BYTES_MAX)) {
      const error = this.#append(groupId, part)
      if (error !== 'NONE') return error
    }
    return 'NONE'
  }

  /** What an acknowledgement of the group's records so far must wait for; undefined when nothing, as by default. Rejects when the disk fails. */
  stored(groupId: string): Promise<void> | undefined {
    const log = this.#options.logOf(this.partitionOf(groupId))
    return log?.waitForAck(log.endOffset)
  }

  #append(groupId: string, encoded: readonly (CoordinatorRecord & { readonly record: GroupRecord })[], producer?: TransactionalProducer): KafkaError {
    const ready = this.readiness(groupId)
    const log = this.#options.logOf(this.partitionOf(groupId))
    if (ready !== 'NONE' || !log) return ready
    const appended = appendRecords(log, encoded, this.#options.clock.now(), producer)
    if (appended.error !== 'NONE') {
      this.#options.logger.warn('group records cannot be stored', { group: groupId, error: appended.error })
      return errorOfAppend(appended.error)
    }
    for (const { record } of encoded) this.#apply(record, producer?.producerId)
    this.#options.changed(groupId)
    return 'NONE'
  }

  /** `producerId`: of the open transaction in which it was stored. */
  #apply(record: GroupRecord, producerId?: number): void {
    if (record.is === 'offset') {
      this.#applyOffset(record, producerId)
      // Who commits without having joined makes a simple group: one with offsets and no members.
      if (record.value && !this.#groups.has(record.groupId)) this.#makeClassic(record.groupId)
    } else if (record.is !== 'group') {
      this.#applyToConsumer(record)
    } else if (record.value) {
      (this.classic(record.groupId) ?? this.#makeClassic(record.groupId)).apply(record.value)
    } else if (this.classic(record.groupId)) {
      this.#forget(record.groupId, 'UNKNOWN_MEMBER_ID')
    }
  }

  #applyOffset({ groupId, topic, partition, value }: GroupRecord & { readonly is: 'offset' }, producerId: number | undefined): void {
    if (value && producerId !== undefined) return this.pending.add(this.partitionOf(groupId), producerId, { groupId, topic, partition, value })
    this.offsets.apply(groupId, topic, partition, value)
    if (value) this.pending.supersede(groupId, topic, partition)
    else this.pending.drop(groupId, topic, partition)
  }

  /** What is gone of a group that is gone, or of another kind by now, says nothing any more. */
  #applyToConsumer(record: ConsumerGroupRecord): void {
    const group = this.consumer(record.groupId) ?? (record.value ? this.#makeConsumer(record.groupId) : undefined)
    if (record.is === 'consumer-group' && record.value === null) {
      if (group) this.#forget(record.groupId, 'UNKNOWN_MEMBER_ID')
    } else {
      group?.apply(record)
    }
  }

  /** Instead of the group of the other kind that there may be: its own records have ended it before. */
  #makeClassic(groupId: string): ClassicGroup {
    this.#forget(groupId, 'UNKNOWN_MEMBER_ID')
    const group = new ClassicGroup(groupId, this.#options.clock)
    this.#groups.set(groupId, group)
    return group
  }

  /** As above; a simple group, which has no record of its own, ends without one. */
  #makeConsumer(groupId: string): ConsumerGroup {
    this.#forget(groupId, 'UNKNOWN_MEMBER_ID')
    const group = new ConsumerGroup(groupId, this.#options.clock)
    this.#groups.set(groupId, group)
    return group
  }

  #forget(groupId: string, error: KafkaError): void {
    const group = this.#groups.get(groupId)
    if (!group) return
    if (group.kind === 'classic') for (const { memberId } of group.members) group.remove(memberId, error)
    group.timers.cancelAll()
    this.#groups.delete(groupId)
  }

  /**
   * Reads a partition of `__consumer_offsets` and hands its groups to `loaded`; until then they are refused with
   * COORDINATOR_LOAD_IN_PROGRESS. Harmless when it is loaded already or has no log yet.
   */
  load(partition: number, loaded: (groups: readonly StoreGroup[]) => void): Promise<void> {
    return this.#partitions.load(partition, () => loaded([...this.#groups.values()].filter(group => this.partitionOf(group.groupId) === partition)))
  }

  /** A record that does not read is left out: one bad value must not take the other groups of its partition with it. */
  #applyStored(partition: number, key: Buffer | null, value: Buffer | null, producerId: number | undefined): void {
    try {
      const record = key && decodeGroupRecord(key, value)
      if (record) this.#apply(record, producerId)
    } catch (cause) {
      if (!(cause instanceof FrameError)) throw cause
      this.#options.logger.warn('a record of __consumer_offsets does not read; it is left out', { partition, cause })
    }
  }

  /** Drops the groups of a partition from memory: another broker coordinates them, or nobody. */
  unload(partition: number): void {
    this.#partitions.unload(partition)
    const groupIds = new Set([...this.#groups.keys(), ...this.offsets.groupIds()])
    for (const groupId of groupIds) {
      if (this.partitionOf(groupId) !== partition) continue
      this.#forget(groupId, 'NOT_COORDINATOR')
      this.offsets.forget(groupId)
      this.#options.changed(groupId)
    }
    this.pending.unload(partition)
  }

  /** Answers everything parked with NOT_COORDINATOR and ends every timer. What is stored stays stored. */
  async stop(): Promise<void> {
    const stopped = this.#partitions.stop()
    for (const groupId of this.#groups.keys()) this.#forget(groupId, 'NOT_COORDINATOR')
    await stopped
  }
}
