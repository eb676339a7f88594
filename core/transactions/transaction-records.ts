/** `__transaction_state` in Kafka's format: a transaction to key and value bytes, and back. */

import type { CoordinatorRecord } from '../coordinator/coordinator-log.ts'
import { FrameError } from '../protocol/frame-error.ts'
import { recordTypeOf } from '../protocol/schema.ts'
import { transactionLogKey, transactionLogValue } from '../protocol/transaction-records.ts'
import { partitionKey, type TopicPartition, type Transaction, type TransactionState } from './transaction.ts'

/** TransactionState.java: the number of a state in a record. 6 (Dead) and 7 (PrepareEpochFence) are never stored. */
const STATES: readonly TransactionState[] = ['Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort']

export type StoredTransaction = { readonly transactionalId: string; readonly transaction: Transaction | null }

/**
 * `transactionVersion`: the finalized level, which picks the version of the value; 0 has no room for what a client of version 2 needs. A null
 * transaction is a tombstone.
 */
export function encodeTransaction({ transactionalId, transaction }: StoredTransaction, transactionVersion: number): CoordinatorRecord {
  return { key: transactionLogKey.encode({ transactionalId }), value: transaction && encodeValue(transaction, transactionVersion >= 1 || transaction.clientTransactionVersion > 0 ? 1 : 0) }
}

function encodeValue(transaction: Transaction, version: number): Buffer {
  return transactionLogValue.encode({
    producerId: transaction.producerId,
    previousProducerId: transaction.previousProducerId,
    nextProducerId: transaction.nextProducerId,
    producerEpoch: transaction.producerEpoch,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStatus: STATES.indexOf(transaction.state),
    transactionPartitions: transaction.state === 'Empty' ? null : byTopic(transaction.partitions.values()),
    transactionLastUpdateTimestampMs: BigInt(transaction.updatedAtMs),
    transactionStartTimestampMs: BigInt(transaction.startedAtMs),
    clientTransactionVersion: transaction.clientTransactionVersion,
  }, version)
}

/** Partitions as most messages of Kafka carry them: the numbers of each topic. */
export function byTopic(partitions: Iterable<TopicPartition>): { topic: string; partitionIds: number[] }[] {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    const known = topics.get(topic)
    if (known) known.push(partition)
    else topics.set(topic, [partition])
  }
  return Array.from(topics, ([topic, partitionIds]) => ({ topic, partitionIds }))
}

/** Undefined for a record of another kind. Throws FrameError on one that does not read. */
export function decodeTransaction(key: Buffer, value: Buffer | null): StoredTransaction | undefined {
  if (recordTypeOf(key) !== transactionLogKey.recordType) return undefined
  const { transactionalId } = transactionLogKey.decode(key).value
  return { transactionalId, transaction: value && decodeValue(value) }
}

function decodeValue(bytes: Buffer): Transaction {
  const { value } = transactionLogValue.decode(bytes)
  const state = STATES[value.transactionStatus]
  if (!state) throw new FrameError(`there is no transaction state ${value.transactionStatus}`)
  const partitions = (value.transactionPartitions ?? []).flatMap(({ topic, partitionIds }) => partitionIds.map(partition => ({ topic, partition })))
  return {
    state,
    producerId: value.producerId,
    previousProducerId: value.previousProducerId,
    nextProducerId: value.nextProducerId,
    producerEpoch: value.producerEpoch,
    lastProducerEpoch: -1,
    timeoutMs: value.transactionTimeoutMs,
    partitions: new Map(partitions.map(partition => [partitionKey(partition), partition])),
    startedAtMs: Number(value.transactionStartTimestampMs),
    updatedAtMs: Number(value.transactionLastUpdateTimestampMs),
    clientTransactionVersion: value.clientTransactionVersion,
  }
}
