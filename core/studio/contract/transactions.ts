/** Transactional ids: which transactions are open, since when, where, and what they hold back; and the end of one by hand. */

import * as v from 'valibot'
import { call, stream, type ListItem } from './contract.ts'

/** A partition that a transaction has written to, or a partition of `__consumer_offsets` it has committed offsets in. */
export type TouchedPartition = {
  readonly topic: string
  readonly partition: number
  /** Readers of committed records wait behind this transaction here: so many records, its own included. 0 when another holds them back, or nobody, and in `__consumer_offsets`. */
  readonly heldBack: bigint
}

export type TransactionRow = {
  readonly transactionalId: string
  /** Kafka's word: Empty, Ongoing, PrepareCommit, PrepareAbort, CompleteCommit, CompleteAbort. */
  readonly state: string
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly timeoutMs: number
  /** Of the transaction that is open or being ended, ms since the epoch; null while none is. */
  readonly startedAt: number | null
  /** When its state last changed, ms since the epoch. */
  readonly updatedAt: number
  /** Of the transaction that is open or being ended: how many, and the first 100 in the order of their names, `__consumer_offsets` last. */
  readonly partitionCount: number
  readonly partitions: readonly TouchedPartition[]
  /** Records that readers of committed ones wait for, over the partitions above. */
  readonly heldBack: bigint
  /** The broker that coordinates it. */
  readonly coordinator: number
}

export const transactions = {
  /** Every transactional id that is known; snapshot, then changes at most 4 times a second. Key: the id. */
  list: stream<ListItem<TransactionRow>>()(v.object({})),
  /**
   * Aborts the open transaction of an id and fences its producer, as kafka-transactions forceTerminateTransaction does. NOT_FOUND without
   * the id, INVALID_TXN_STATE when no transaction is open, CONCURRENT_TRANSACTIONS when it is being ended already.
   */
  abort: call<null>()(v.object({ transactionalId: v.string() })),
}
