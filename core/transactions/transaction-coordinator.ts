/**
 * Coordinates transactions: takes requests as plain values, answers with plain values, and keeps what must last in `__transaction_state`.
 * transaction.ts decides, transaction-store.ts changes state; markers are written behind the answer, by a MarkerWriter.
 */

import type { Clock } from '../common/clock.ts'
import type { Logger } from '../common/logger.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { KafkaError } from '../protocol/errors.ts'
import {
  describeTransaction, listTransactions, undescribed, type DescribedTransaction, type TransactionFilter, type TransactionList,
} from './list-transactions.ts'
import { MarkerJobs, type MarkerWriter } from './marker-jobs.ts'
import type { TransactionConfig } from './transaction-config.ts'
import { TransactionStore } from './transaction-store.ts'
import { TransactionSweeps } from './transaction-sweeps.ts'
import {
  addPartitions, completed, end, endWithBump, fenced, initialize, isPrepared, partitionKey, verify,
  type Addition, type ClientTransactionVersion, type Decision, type Ending, type Initialization, type Producer, type Rules, type TopicPartition,
  type Transaction, type TransactionState,
} from './transaction.ts'

export { defaultTransactionConfig, type TransactionConfig } from './transaction-config.ts'
export type { DescribedTransaction, ListedTransaction, TransactionFilter, TransactionList } from './list-transactions.ts'
export type { MarkerWriter, TransactionMarker } from './marker-jobs.ts'
export { TRANSACTION_TOPIC } from './transaction-store.ts'
export type { ClientTransactionVersion, TopicPartition, TransactionState } from './transaction.ts'

export type TransactionCoordinatorOptions = {
  readonly clock: Clock
  readonly logger: Logger
  /** Partitions of `__transaction_state`; an id's place depends on it, so it never changes. */
  readonly partitionCount: number
  /** The log of a partition of `__transaction_state`; undefined while there is none, or another broker leads it. */
  logOf(partition: number): PartitionLog | undefined
  /** Whether `__transaction_state` exists, be its logs open or not. */
  hasTopic(): boolean
  /** The finalized level of transaction.version. */
  transactionVersion(): number
  /** A producer id never given before; throws when the catalog cannot be written. */
  newProducerId(): number
  readonly markers: MarkerWriter
  readonly config: TransactionConfig
}

/** The id and epoch to go on with; -1 and -1 with an error. */
export type ProducerAnswer = { readonly error: KafkaError; readonly producerId: number; readonly producerEpoch: number }

export type InitRequest = Initialization & { readonly transactionalId: string }
export type AddRequest = Addition & { readonly transactionalId: string }
export type VerifyRequest = Producer & { readonly transactionalId: string; readonly partitions: readonly TopicPartition[] }
export type EndRequest = Ending & { readonly transactionalId: string; readonly clientTransactionVersion: ClientTransactionVersion }

/** A transactional id, for the window. */
export type TransactionSnapshot = {
  readonly transactionalId: string
  readonly state: TransactionState
  readonly producerId: number
  readonly producerEpoch: number
  readonly timeoutMs: number
  /** Milliseconds since the epoch; null before the first transaction. */
  readonly startedAtMs: number | null
  readonly updatedAtMs: number
  readonly partitions: readonly TopicPartition[]
}

export class TransactionCoordinator {
  readonly #options: TransactionCoordinatorOptions
  readonly #store: TransactionStore
  readonly #sweeps: TransactionSweeps
  readonly #jobs: MarkerJobs
  readonly #listeners = new Set<(transactionalId: string) => void>()
  #isStopped = false

  constructor(options: TransactionCoordinatorOptions) {
    const { clock, logger, partitionCount, logOf, hasTopic, transactionVersion, markers, config } = options
    this.#options = options
    this.#store = new TransactionStore({
      clock, logger, partitionCount, logOf, hasTopic, transactionVersion,
      changed: transactionalId => this.#changed(transactionalId),
    })
    this.#jobs = new MarkerJobs({ clock, logger, markers, store: this.#store })
    this.#sweeps = new TransactionSweeps({
      clock, logger, config, store: this.#store, partitionCount, fence: (transactionalId, transaction) => this.#fence(transactionalId, transaction),
    })
  }

  /** Reads one partition of `__transaction_state`; its transactional ids are served from then on, and markers that were not all written are written again. */
  load(partition: number): Promise<void> {
    // A partition may become ready while the broker stops: nothing starts then.
    if (this.#isStopped) return Promise.resolve()
    this.#sweeps.start()
    return this.#store.partitions.load(partition, () => {
      for (const transactionalId of this.#store.idsOf(partition)) {
        const transaction = this.#store.get(transactionalId)
        if (transaction && isPrepared(transaction)) this.#jobs.start(transactionalId)
      }
    })
  }

  /** Refuses the transactional ids of a partition that cannot be opened. */
  refuse(partition: number): void {
    this.#store.partitions.refuse(partition)
  }

  /** Drops a partition's transactional ids from memory, and ends the writing of their markers: another broker goes on with it. */
  unload(partition: number): void {
    for (const transactionalId of this.#store.idsOf(partition)) this.#jobs.abort(transactionalId)
    this.#store.unload(partition)
  }

  /** Whether requests for this transactional id are or will be served here. */
  coordinates(transactionalId: string): boolean {
    return !this.#store.partitions.isRefused(this.#store.partitions.of(transactionalId))
  }

  /** `__transaction_state` was deleted: nothing is known any more. */
  onTopicDeleted(topic: string): void {
    if (topic !== '__transaction_state') return
    for (let partition = 0; partition < this.#options.partitionCount; partition++) this.unload(partition)
  }

  /** Ends all timers and the writing of markers; later requests are answered NOT_COORDINATOR. What is stored is resolved at the next start. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#sweeps.stop()
    await this.#store.partitions.stop()
    await this.#jobs.stop()
    this.#listeners.clear()
  }

  /** InitProducerId with a transactional id. */
  initProducerId(request: InitRequest): ProducerAnswer | Promise<ProducerAnswer> {
    const { transactionalId, timeoutMs } = request
    const { config } = this.#options
    if (transactionalId === '') return refusedProducer('INVALID_REQUEST')
    if (timeoutMs <= 0 || timeoutMs > config.maxTimeoutMs) return refusedProducer('INVALID_TRANSACTION_TIMEOUT')
    const ready = this.#store.readiness(transactionalId)
    if (ready !== 'NONE') return refusedProducer(ready)
    const current = this.#store.get(transactionalId)
    if (!current && this.#store.size >= config.idsMax) {
      this.#options.logger.warn('a new transactional id was refused: there are too many', { transactionalId, ids: this.#store.size })
      return refusedProducer('POLICY_VIOLATION')
    }
    const decision = this.#decide(rules => initialize(current, request, rules))
    if (decision.is === 'fence') {
      const error = current ? this.#fence(transactionalId, current) : 'NONE'
      return refusedProducer(error === 'NONE' ? 'CONCURRENT_TRANSACTIONS' : error)
    }
    return this.#producerAnswer(transactionalId, decision)
  }

  /**
   * Adds partitions to the transaction of a producer, which begins with the first. All are added or none; the caller has seen to it that
   * they exist.
   */
  addPartitions(request: AddRequest): KafkaError | Promise<KafkaError> {
    const { transactionalId } = request
    const refusal = this.#refusal(transactionalId)
    if (refusal !== 'NONE') return refusal
    const { clock, config, logger } = this.#options
    const decision = addPartitions(this.#store.get(transactionalId), request, clock.now())
    if (decision.is === 'change' && decision.next.partitions.size > config.partitionsMax) {
      logger.warn('a transaction was refused a partition: it has too many', { transactionalId, partitions: decision.next.partitions.size })
      return 'POLICY_VIOLATION'
    }
    const error = this.#act(transactionalId, decision)
    return error === 'NONE' ? this.#onceStored(transactionalId, 'NONE', () => 'NOT_COORDINATOR') : error
  }

  /** AddPartitionsToTxn with verifyOnly: by `topic-partition`, TRANSACTION_ABORTABLE for one that is not in the producer's open transaction. */
  verifyPartitions(request: VerifyRequest): ReadonlyMap<string, KafkaError> {
    const { transactionalId, partitions } = request
    const refusal = this.#refusal(transactionalId)
    const current = this.#store.get(transactionalId)
    const error = refusal === 'NONE' ? verify(current, request) : refusal
    const errorOf = (key: string): KafkaError => (error === 'NONE' && !current?.partitions.has(key) ? 'TRANSACTION_ABORTABLE' : error)
    return new Map(partitions.map(partition => partitionKey(partition)).map(key => [key, errorOf(key)]))
  }

  /** EndTxn: answered once the decision is stored; the markers follow. The producer id and epoch are those to go on with. */
  endTransaction(request: EndRequest): ProducerAnswer | Promise<ProducerAnswer> {
    const { transactionalId, clientTransactionVersion } = request
    const refusal = this.#refusal(transactionalId)
    if (refusal !== 'NONE') return refusedProducer(refusal)
    const current = this.#store.get(transactionalId)
    const decision = this.#decide(rules => (clientTransactionVersion >= 2 ? endWithBump(current, request, rules) : end(current, request, rules.nowMs)))
    return this.#producerAnswer(transactionalId, decision)
  }

  #refusal(transactionalId: string): KafkaError {
    return transactionalId === '' ? 'INVALID_REQUEST' : this.#store.readiness(transactionalId)
  }

  /** A decision that may need a producer id: as Kafka answers when there is none to be had, the client asks again. */
  #decide<D>(decide: (rules: Rules) => D): D | { readonly is: 'refused'; readonly error: 'COORDINATOR_LOAD_IN_PROGRESS' } {
    try {
      return decide(this.#rules())
    } catch (cause) {
      this.#options.logger.error('no producer id could be had', { cause })
      return { is: 'refused', error: 'COORDINATOR_LOAD_IN_PROGRESS' }
    }
  }

  #rules(): Rules {
    return { nowMs: this.#options.clock.now(), newProducerId: () => this.#options.newProducerId() }
  }

  /** Stores what was decided; a transaction that is prepared by it gets its markers. */
  #act(transactionalId: string, decision: Decision): KafkaError {
    if (decision.is === 'refused') return decision.error
    if (decision.is === 'unchanged') return 'NONE'
    const error = this.#store.write(transactionalId, decision.next)
    if (error === 'NONE' && isPrepared(decision.next)) this.#jobs.start(transactionalId)
    return error
  }

  #producerAnswer(transactionalId: string, decision: Decision): ProducerAnswer | Promise<ProducerAnswer> {
    const error = this.#act(transactionalId, decision)
    if (error !== 'NONE') return refusedProducer(error)
    const decided = decision.is === 'change' ? decision.next : this.#store.get(transactionalId)
    if (!decided) return refusedProducer('UNKNOWN_SERVER_ERROR')
    const { producerId, producerEpoch } = isPrepared(decided) ? completed(decided, 0) : decided
    return this.#onceStored(transactionalId, { error: 'NONE', producerId, producerEpoch }, () => refusedProducer('NOT_COORDINATOR'))
  }

  #onceStored<A>(transactionalId: string, answer: A, failed: () => A): A | Promise<A> {
    const stored = this.#store.stored(transactionalId)
    return stored ? stored.then(() => answer, failed) : answer
  }

  #fence(transactionalId: string, current: Transaction): KafkaError {
    return this.#act(transactionalId, this.#decide(rules => ({ is: 'change', next: fenced(current, this.#options.transactionVersion(), rules) })))
  }

  list(filter: TransactionFilter): TransactionList {
    if (this.#isStopped) return { error: 'COORDINATOR_NOT_AVAILABLE', unknownStates: [], transactions: [] }
    if (this.#store.partitions.isLoading) return { error: 'COORDINATOR_LOAD_IN_PROGRESS', unknownStates: [], transactions: [] }
    return listTransactions(this.#store.entries(), filter, this.#options.clock.now())
  }

  describe(transactionalIds: readonly string[]): readonly DescribedTransaction[] {
    return transactionalIds.map(transactionalId => {
      const refusal = this.#isStopped ? 'COORDINATOR_NOT_AVAILABLE' : this.#refusal(transactionalId)
      if (refusal !== 'NONE') return undescribed(transactionalId, refusal)
      const transaction = this.#store.get(transactionalId)
      return transaction ? describeTransaction(transactionalId, transaction) : undescribed(transactionalId, 'TRANSACTIONAL_ID_NOT_FOUND')
    })
  }

  /** Every transactional id, for the window. */
  * transactions(): Iterable<TransactionSnapshot> {
    for (const [transactionalId, transaction] of this.#store.entries()) yield snapshotOf(transactionalId, transaction)
  }

  transaction(transactionalId: string): TransactionSnapshot | undefined {
    const transaction = this.#store.get(transactionalId)
    return transaction && snapshotOf(transactionalId, transaction)
  }

  get transactionCount(): number {
    return this.#store.size
  }

  /** Tells `listener` which transactional id has changed, was made or is gone, each time and at once: whoever listens gathers. Returns its end. */
  onChange(listener: (transactionalId: string) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #changed(transactionalId: string): void {
    this.#sweeps.changed(transactionalId)
    for (const listener of this.#listeners) listener(transactionalId)
  }
}

function refusedProducer(error: KafkaError): ProducerAnswer {
  return { error, producerId: -1, producerEpoch: -1 }
}

function snapshotOf(transactionalId: string, transaction: Transaction): TransactionSnapshot {
  const { state, producerId, producerEpoch, timeoutMs, startedAtMs, updatedAtMs, partitions } = transaction
  return {
    transactionalId, state, producerId, producerEpoch, timeoutMs, updatedAtMs,
    startedAtMs: startedAtMs < 0 ? null : startedAtMs, partitions: [...partitions.values()],
  }
}
