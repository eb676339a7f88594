/**
 * The durable state of all transactional ids, and its one mutator: `write` appends a record to `__transaction_state` and then applies it,
 * and start-up applies the same records again.
 */

import type { Clock } from '../common/clock.ts'
import type { Logger } from '../common/logger.ts'
import { errorOfAppend } from '../coordinator/append-refusals.ts'
import { appendRecords, partsOf } from '../coordinator/coordinator-log.ts'
import { CoordinatorPartitions } from '../coordinator/coordinator-partitions.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { FrameError } from '../protocol/frame-error.ts'
import type { Transaction } from './transaction.ts'
import { decodeTransaction, encodeTransaction } from './transaction-records.ts'

export const TRANSACTION_TOPIC = '__transaction_state'

/** Well below the max.message.bytes of the internal topic. */
const PART_BYTES_MAX = 512 * 1024

export type TransactionStoreOptions = {
  readonly clock: Clock
  readonly logger: Logger
  readonly partitionCount: number
  /** The log of a partition of `__transaction_state`; undefined while there is none, or another broker leads it. */
  logOf(partition: number): PartitionLog | undefined
  /** Whether `__transaction_state` exists, be its logs open or not. */
  hasTopic(): boolean
  /** The finalized level of transaction.version. */
  transactionVersion(): number
  /** Called when what can be seen of a transactional id has changed. */
  changed(transactionalId: string): void
}

export class TransactionStore {
  readonly partitions: CoordinatorPartitions
  readonly #options: TransactionStoreOptions
  /** By partition, then by transactional id. */
  readonly #transactions: readonly Map<string, Transaction>[]
  #size = 0

  constructor(options: TransactionStoreOptions) {
    const { clock, logger, partitionCount, logOf, hasTopic } = options
    this.#options = options
    this.#transactions = Array.from({ length: partitionCount }, () => new Map<string, Transaction>())
    this.partitions = new CoordinatorPartitions({
      topic: TRANSACTION_TOPIC, clock, logger, partitionCount, logOf, hasTopic,
      apply: (partition, { key, value }) => this.#applyStored(partition, key, value),
    })
  }

  get size(): number {
    return this.#size
  }

  get(transactionalId: string): Transaction | undefined {
    return this.#transactions[this.partitions.of(transactionalId)]?.get(transactionalId)
  }

  *entries(): Iterable<[string, Transaction]> {
    for (const transactions of this.#transactions) yield* transactions
  }

  idsOf(partition: number): string[] {
    return [...this.#transactions[partition]?.keys() ?? []]
  }

  /** NONE when requests for this transactional id can be served. */
  readiness(transactionalId: string): KafkaError {
    return this.partitions.readiness(this.partitions.of(transactionalId))
  }

  /** The leader epoch of the id's partition: markers carry it, so that a coordinator of the past is known. */
  coordinatorEpoch(transactionalId: string): number {
    return this.#logOf(transactionalId)?.leaderEpoch ?? -1
  }

  /** Appends the record and applies it; on an error nothing was appended or applied. */
  write(transactionalId: string, transaction: Transaction): KafkaError {
    const error = this.#append(this.partitions.of(transactionalId), [encodeTransaction({ transactionalId, transaction }, this.#options.transactionVersion())])
    if (error === 'NONE') this.#apply(transactionalId, transaction)
    return error
  }

  /** Forgets transactional ids of one partition, as many batches as it takes. Stops at the first error. */
  forget(partition: number, transactionalIds: readonly string[]): KafkaError {
    const tombstones = transactionalIds.map(transactionalId => ({ transactionalId, ...encodeTransaction({ transactionalId, transaction: null }, 0) }))
    for (const part of partsOf(tombstones, PART_BYTES_MAX)) {
      const error = this.#append(partition, part)
      if (error !== 'NONE') return error
      for (const { transactionalId } of part) this.#apply(transactionalId, null)
    }
    return 'NONE'
  }

  /** What an acknowledgement of the id's records so far must wait for; undefined when nothing, as by default. Rejects when the disk fails. */
  stored(transactionalId: string): Promise<void> | undefined {
    const log = this.#logOf(transactionalId)
    return log?.waitForAck(log.endOffset)
  }

  #logOf(transactionalId: string): PartitionLog | undefined {
    return this.#options.logOf(this.partitions.of(transactionalId))
  }

  #append(partition: number, records: Parameters<typeof appendRecords>[1]): KafkaError {
    const ready = this.partitions.readiness(partition)
    const log = this.#options.logOf(partition)
    if (ready !== 'NONE' || !log) return ready
    const appended = appendRecords(log, records, this.#options.clock.now())
    if (appended.error === 'NONE') return 'NONE'
    this.#options.logger.warn('records of transactions cannot be stored', { partition, error: appended.error })
    return errorOfAppend(appended.error)
  }

  #apply(transactionalId: string, transaction: Transaction | null): void {
    const transactions = this.#transactions[this.partitions.of(transactionalId)]
    const before = transactions?.size ?? 0
    if (transaction) transactions?.set(transactionalId, transaction)
    else transactions?.delete(transactionalId)
    this.#size += (transactions?.size ?? 0) - before
    this.#options.changed(transactionalId)
  }

  /** A record that does not read is left out: one bad value must not take the other ids of its partition with it. */
  #applyStored(partition: number, key: Buffer | null, value: Buffer | null): void {
    try {
      const stored = key && decodeTransaction(key, value)
      if (stored && this.partitions.of(stored.transactionalId) === partition) this.#apply(stored.transactionalId, stored.transaction)
    } catch (cause) {
      if (!(cause instanceof FrameError)) throw cause
      this.#options.logger.warn(`a record of ${TRANSACTION_TOPIC} does not read; it is left out`, { partition, cause })
    }
  }

  /** Drops the ids of a partition from memory: another broker coordinates them, or nobody. */
  unload(partition: number): void {
    this.partitions.unload(partition)
    for (const transactionalId of this.idsOf(partition)) this.#apply(transactionalId, null)
  }
}
