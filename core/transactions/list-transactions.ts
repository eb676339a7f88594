/** ListTransactions and DescribeTransactions (KIP-664): which transactional ids there are, and what is known of them. */

import type { KafkaError } from '../protocol/errors.ts'
import { byTopic } from './transaction-records.ts'
import type { Transaction, TransactionState } from './transaction.ts'

/** States that a request may name. The last two are never seen here: what they stand for in Kafka happens at once. */
const STATE_NAMES: readonly string[] = [
  'Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort', 'Dead', 'PrepareEpochFence',
]

export type TransactionFilter = {
  /** Empty lists let everything pass. */
  readonly states: readonly string[]
  readonly producerIds: readonly number[]
  /** Only what began longer ago; -1 for everything. */
  readonly durationMs: number
}

export type ListedTransaction = { readonly transactionalId: string; readonly producerId: number; readonly state: TransactionState }
export type TransactionList = {
  readonly error: KafkaError
  readonly unknownStates: readonly string[]
  readonly transactions: readonly ListedTransaction[]
}

export function listTransactions(transactions: Iterable<[string, Transaction]>, filter: TransactionFilter, nowMs: number): TransactionList {
  const states = new Set(filter.states)
  const producerIds = new Set(filter.producerIds)
  const listed: ListedTransaction[] = []
  for (const [transactionalId, { state, producerId, startedAtMs }] of transactions) {
    if (producerIds.size > 0 && !producerIds.has(producerId)) continue
    if (states.size > 0 && !states.has(state)) continue
    if (filter.durationMs >= 0 && nowMs - startedAtMs <= filter.durationMs) continue
    listed.push({ transactionalId, producerId, state })
  }
  return { error: 'NONE', unknownStates: filter.states.filter(name => !STATE_NAMES.includes(name)), transactions: listed }
}

export type DescribedTransaction = {
  readonly error: KafkaError
  readonly transactionalId: string
  /** Kafka's defaults where there is an error. */
  readonly state: TransactionState | ''
  readonly timeoutMs: number
  readonly startedAtMs: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly topics: readonly { readonly topic: string; readonly partitionIds: readonly number[] }[]
}

export function describeTransaction(transactionalId: string, transaction: Transaction): DescribedTransaction {
  const { state, timeoutMs, startedAtMs, producerId, producerEpoch, partitions } = transaction
  return { error: 'NONE', transactionalId, state, timeoutMs, startedAtMs, producerId, producerEpoch, topics: byTopic(partitions.values()) }
}

export function undescribed(transactionalId: string, error: KafkaError): DescribedTransaction {
  return { error, transactionalId, state: '', timeoutMs: 0, startedAtMs: 0, producerId: 0, producerEpoch: 0, topics: [] }
}
