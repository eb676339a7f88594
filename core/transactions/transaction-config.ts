/** What the transaction coordinator can be set to, with Kafka's defaults. */

import { TRANSACTIONAL_IDS_MAX, TRANSACTION_PARTITIONS_MAX } from '../common/limits.ts'

export type TransactionConfig = {
  /** transaction.max.timeout.ms: a producer that asks for more is refused. */
  readonly maxTimeoutMs: number
  /** transaction.abort.timed.out.transaction.cleanup.interval.ms */
  readonly timeoutSweepMs: number
  /** transactional.id.expiration.ms: an id that nothing happened to for so long is forgotten. */
  readonly idExpirationMs: number
  /** transaction.remove.expired.transaction.cleanup.interval.ms */
  readonly expirationSweepMs: number
  readonly idsMax: number
  readonly partitionsMax: number
}

export const defaultTransactionConfig: TransactionConfig = {
  maxTimeoutMs: 900_000,
  timeoutSweepMs: 10_000,
  idExpirationMs: 604_800_000,
  expirationSweepMs: 3_600_000,
  idsMax: TRANSACTIONAL_IDS_MAX,
  partitionsMax: TRANSACTION_PARTITIONS_MAX,
}
