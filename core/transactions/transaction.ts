/**
 * The state of one transactional id and the rules by which it changes: each decides from what is known, and changes nothing itself.
 * Kafka's TransactionCoordinator and TransactionMetadata of 4.3.1; KIP-98, KIP-360 (epochs that a producer brings), KIP-890 (an epoch per transaction).
 */

import type { KafkaError } from '../protocol/errors.ts'

export type TopicPartition = { readonly topic: string; readonly partition: number }

export type TransactionState = 'Empty' | 'Ongoing' | 'PrepareCommit' | 'PrepareAbort' | 'CompleteCommit' | 'CompleteAbort'

/**
 * Transaction version of a client, from the versions of its requests: 0 with explicit AddPartitionsToTxn and one epoch for all its
 * transactions, 2 (KIP-890) with an epoch for each.
 */
export type ClientTransactionVersion = 0 | 2

export type Transaction = {
  readonly state: TransactionState
  readonly producerId: number
  /** The id before the last change; -1 when it is not known. */
  readonly previousProducerId: number
  /** The id that follows when the transaction is complete, as the epochs of this one are used up; -1 for none. */
  readonly nextProducerId: number
  readonly producerEpoch: number
  /** The epoch that a retry may still bring; -1 for none. Not stored, as in Kafka. */
  readonly lastProducerEpoch: number
  readonly timeoutMs: number
  /** By `topic-partition`. */
  readonly partitions: ReadonlyMap<string, TopicPartition>
  /** Of the transaction that is open, or of the last one; ms since the epoch, -1 before the first. */
  readonly startedAtMs: number
  readonly updatedAtMs: number
  readonly clientTransactionVersion: number
}

export type Refusal = Exclude<KafkaError, 'NONE'>

export type Decision =
  | { readonly is: 'refused'; readonly error: Refusal }
  /** Done before: a request that is repeated. */
  | { readonly is: 'unchanged' }
  | { readonly is: 'change'; readonly next: Transaction }

/** What a decision may need beside the transaction. */
export type Rules = {
  readonly nowMs: number
  /** A producer id never given before. May throw. */
  newProducerId(): number
}

const NO_PARTITIONS: Transaction['partitions'] = new Map()
const NO_ID = -1
const NO_EPOCH = -1
const EPOCH_MAX = 32_767

export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

/** The last epoch is kept for fencing: a producer never gets it. */
export function isEpochExhausted(epoch: number): boolean {
  return epoch >= EPOCH_MAX - 1
}

/** Prepared, and its markers not all written: nothing else can be done with the transactional id until they are. */
export function isPrepared({ state }: Transaction): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort'
}

export type Initialization = {
  readonly timeoutMs: number
  /** What a producer goes on with after an error (KIP-360); null for one that starts. */
  readonly expected: { readonly producerId: number; readonly producerEpoch: number } | null
}

/** InitProducerId. `fence` says that a transaction is open, which must be aborted first (see `fenced`). */
export function initialize(current: Transaction | undefined, request: Initialization, rules: Rules): Decision | { readonly is: 'fence' } {
  if (!current) return change(created(request.timeoutMs, rules))
  const { expected } = request
  if (isPrepared(current)) return refused('CONCURRENT_TRANSACTIONS')
  if (expected && !isKnownProducer(current, expected)) return refused('PRODUCER_FENCED')
  if (current.state === 'Ongoing') return { is: 'fence' }
  const empty: Transaction = {
    ...current, state: 'Empty', previousProducerId: current.producerId, nextProducerId: NO_ID,
    timeoutMs: request.timeoutMs, partitions: NO_PARTITIONS, startedAtMs: -1, updatedAtMs: rules.nowMs,
  }
  const isCurrent = !expected || expected.producerEpoch === current.producerEpoch
  if (isCurrent && isEpochExhausted(current.producerEpoch)) {
    return change({ ...empty, producerId: rules.newProducerId(), producerEpoch: 0, lastProducerEpoch: expected ? current.producerEpoch : NO_EPOCH })
  }
  if (isCurrent) return change({ ...empty, producerEpoch: current.producerEpoch + 1, lastProducerEpoch: expected ? current.producerEpoch : NO_EPOCH })
  // The answer to the same request was lost: nobody else can have come between, as that would have ended the last epoch.
  if (expected.producerEpoch === current.lastProducerEpoch) return change(empty)
  return refused('PRODUCER_FENCED')
}

function isKnownProducer(current: Transaction, { producerId, producerEpoch }: NonNullable<Initialization['expected']>): boolean {
  return producerId === current.producerId || (producerId === current.previousProducerId && isEpochExhausted(producerEpoch))
}

function created(timeoutMs: number, { nowMs, newProducerId }: Rules): Transaction {
  const producerId = newProducerId()
  return {
    state: 'Empty', producerId, previousProducerId: producerId, nextProducerId: NO_ID, producerEpoch: 0, lastProducerEpoch: NO_EPOCH, timeoutMs,
    partitions: NO_PARTITIONS, startedAtMs: -1, updatedAtMs: nowMs, clientTransactionVersion: 0,
  }
}

export type Producer = { readonly producerId: number; readonly producerEpoch: number }

export type Addition = Producer & {
  readonly partitions: readonly TopicPartition[]
  readonly clientTransactionVersion: ClientTransactionVersion
}

/** AddPartitionsToTxn, AddOffsetsToTxn, and what Produce 12+ and TxnOffsetCommit 5+ add by themselves. Begins the transaction. */
export function addPartitions(current: Transaction | undefined, request: Addition, nowMs: number): Decision {
  if (!current) return refused('INVALID_PRODUCER_ID_MAPPING')
  if (isPrepared(current)) return refused('CONCURRENT_TRANSACTIONS')
  if (current.producerId !== request.producerId) return refused('INVALID_PRODUCER_ID_MAPPING')
  if (current.producerEpoch !== request.producerEpoch) return refused('PRODUCER_FENCED')
  const added = request.partitions.filter(partition => !current.partitions.has(partitionKey(partition)))
  const isOngoing = current.state === 'Ongoing'
  if (isOngoing && added.length === 0) return { is: 'unchanged' }
  return change({
    ...current, state: 'Ongoing', previousProducerId: current.producerId,
    partitions: new Map([...current.partitions, ...added.map(partition => [partitionKey(partition), partition] as const)]),
    startedAtMs: isOngoing ? current.startedAtMs : nowMs, updatedAtMs: nowMs, clientTransactionVersion: request.clientTransactionVersion,
  })
}

/** Why no partition at all can be part of the transaction of this producer; NONE when it depends on the partition. */
export function verify(current: Transaction | undefined, { producerId, producerEpoch }: Producer): KafkaError {
  if (current?.producerId !== producerId) return 'INVALID_PRODUCER_ID_MAPPING'
  if (current.producerEpoch !== producerEpoch) return 'PRODUCER_FENCED'
  return isPrepared(current) ? 'CONCURRENT_TRANSACTIONS' : 'NONE'
}

export type Ending = Producer & { readonly isCommit: boolean }

/** EndTxn up to v4: the epoch stays. */
export function end(current: Transaction | undefined, request: Ending, nowMs: number): Decision {
  if (current?.producerId !== request.producerId) return refused('INVALID_PRODUCER_ID_MAPPING')
  if (current.producerEpoch !== request.producerEpoch) return refused('PRODUCER_FENCED')
  if (isPrepared(current)) return refused('CONCURRENT_TRANSACTIONS')
  if (current.state === 'Ongoing') {
    return change({ ...prepared(current, request.isCommit, nowMs), clientTransactionVersion: 0 })
  }
  return current.state === (request.isCommit ? 'CompleteCommit' : 'CompleteAbort') ? { is: 'unchanged' } : refused('INVALID_TXN_STATE')
}

/** EndTxn v5 (KIP-890): each end of a transaction raises the epoch, an abort without a transaction too. */
export function endWithBump(current: Transaction | undefined, request: Ending, rules: Rules): Decision {
  if (!current) return refused('INVALID_PRODUCER_ID_MAPPING')
  if (isPrepared(current)) return refused('CONCURRENT_TRANSACTIONS')
  const isComplete = current.state === 'CompleteCommit' || current.state === 'CompleteAbort'
  const isRetryBeforeRotation = request.producerId === current.previousProducerId && request.producerEpoch === EPOCH_MAX - 1 && current.producerEpoch === 0
  const isRetry = isComplete && (isRetryBeforeRotation || current.producerEpoch === request.producerEpoch + 1)
  if (current.producerId !== request.producerId && !isRetryBeforeRotation) return refused('INVALID_PRODUCER_ID_MAPPING')
  if (current.producerEpoch !== request.producerEpoch && !isRetry) return refused('PRODUCER_FENCED')
  if (current.state === 'Ongoing') return change(preparedWithBump(current, request.isCommit, rules))
  if (isRetry) return current.state === (request.isCommit ? 'CompleteCommit' : 'CompleteAbort') ? { is: 'unchanged' } : refused('INVALID_TXN_STATE')
  return request.isCommit ? refused('INVALID_TXN_STATE') : change({ ...preparedWithBump(current, false, rules), startedAtMs: rules.nowMs })
}

/**
 * Aborts an open transaction whose producer is not asked: it took too long, or another one has come. Its epoch rises, so that what it still
 * sends is refused. `transactionVersion`: the level of the broker, as no client says one.
 */
export function fenced(current: Transaction, transactionVersion: number, rules: Rules): Transaction {
  if (transactionVersion >= 2) return preparedWithBump(current, false, rules)
  return {
    ...prepared(current, false, rules.nowMs), clientTransactionVersion: 0,
    producerEpoch: Math.min(current.producerEpoch + 1, EPOCH_MAX), lastProducerEpoch: NO_EPOCH,
  }
}

function prepared(current: Transaction, isCommit: boolean, nowMs: number): Transaction {
  return {
    ...current, state: isCommit ? 'PrepareCommit' : 'PrepareAbort', previousProducerId: current.producerId, nextProducerId: NO_ID, updatedAtMs: nowMs,
  }
}

/** The last epoch of an id may be reached here, in markers; the producer goes on with the next id. */
function preparedWithBump(current: Transaction, isCommit: boolean, rules: Rules): Transaction {
  return {
    ...prepared(current, isCommit, rules.nowMs), clientTransactionVersion: 2,
    nextProducerId: isEpochExhausted(current.producerEpoch) ? rules.newProducerId() : NO_ID,
    producerEpoch: Math.min(current.producerEpoch + 1, EPOCH_MAX), lastProducerEpoch: current.producerEpoch,
  }
}

/** What a prepared transaction becomes once its markers are written. */
export function completed(current: Transaction, nowMs: number): Transaction {
  const rotates = current.clientTransactionVersion >= 2 && current.nextProducerId !== NO_ID
  return {
    ...current,
    state: current.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
    ...(rotates ? { producerId: current.nextProducerId, producerEpoch: 0 } : {}),
    previousProducerId: current.producerId, nextProducerId: NO_ID, partitions: NO_PARTITIONS, updatedAtMs: nowMs,
  }
}

/** Nothing has happened to the transactional id for so long that it can be forgotten. */
export function hasExpired({ state, updatedAtMs }: Transaction, nowMs: number, expirationMs: number): boolean {
  return state !== 'Ongoing' && state !== 'PrepareCommit' && state !== 'PrepareAbort' && updatedAtMs <= nowMs - expirationMs
}

function refused(error: Refusal): Decision {
  return { is: 'refused', error }
}

function change(next: Transaction): Decision {
  return { is: 'change', next }
}
