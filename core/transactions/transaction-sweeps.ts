/** What happens to transactional ids by time: an open transaction that takes too long is aborted, and an id that nobody uses is forgotten. */

import type { Clock } from '../common/clock.ts'
import type { Logger } from '../common/logger.ts'
import { KeyedTimers } from '../coordinator/keyed-timers.ts'
import type { KafkaError } from '../protocol/errors.ts'
import type { TransactionConfig } from './transaction-config.ts'
import type { TransactionStore } from './transaction-store.ts'
import { hasExpired, type Transaction } from './transaction.ts'

type SweepOptions = {
  readonly clock: Clock
  readonly logger: Logger
  readonly config: TransactionConfig
  readonly store: TransactionStore
  readonly partitionCount: number
  /** Aborts an open transaction, and fences its producer. */
  fence(transactionalId: string, transaction: Transaction): KafkaError
}

/** A sweep gives way to requests after this long. */
const SLICE_MS = 4

export class TransactionSweeps {
  readonly #options: SweepOptions
  readonly #timers: KeyedTimers
  /** More time for transactions that were open when the wall clock jumped: their producers could not have used it. */
  readonly #graceMs = new Map<string, number>()
  #endJumps: (() => void) | undefined

  constructor(options: SweepOptions) {
    this.#options = options
    this.#timers = new KeyedTimers(options.clock)
  }

  /** Harmless when it has started. */
  start(): void {
    if (this.#endJumps) return
    this.#endJumps = this.#options.clock.onJump(({ gapMs }) => this.#grant(gapMs))
    this.#timeoutsLater()
    this.#expirationLater()
  }

  stop(): void {
    this.#timers.cancelAll()
    this.#endJumps?.()
  }

  /** A transactional id is not what it was. */
  changed(transactionalId: string): void {
    if (this.#graceMs.size > 0 && this.#options.store.get(transactionalId)?.state !== 'Ongoing') this.#graceMs.delete(transactionalId)
  }

  #openIds(): string[] {
    const open: string[] = []
    for (const [transactionalId, { state }] of this.#options.store.entries()) if (state === 'Ongoing') open.push(transactionalId)
    return open
  }

  #grant(gapMs: number): void {
    for (const transactionalId of this.#openIds()) this.#graceMs.set(transactionalId, (this.#graceMs.get(transactionalId) ?? 0) + gapMs)
  }

  #timeoutsLater(): void {
    this.#timers.set('timeouts', this.#options.config.timeoutSweepMs, () => {
      this.#inSlices('timeouts', this.#openIds(), transactionalId => this.#abortIfTimedOut(transactionalId), () => this.#timeoutsLater())
    })
  }

  #abortIfTimedOut(transactionalId: string): void {
    const { store, clock, logger, fence } = this.#options
    const transaction = store.get(transactionalId)
    if (transaction?.state !== 'Ongoing') return
    const { startedAtMs, timeoutMs, producerId } = transaction
    if (startedAtMs + timeoutMs + (this.#graceMs.get(transactionalId) ?? 0) >= clock.now()) return
    const error = fence(transactionalId, transaction)
    logger.info('a transaction took too long and is aborted', { transactionalId, producerId, timeoutMs, error })
  }

  #expirationLater(): void {
    const { config, partitionCount } = this.#options
    this.#timers.set('expiration', config.expirationSweepMs, () => {
      const partitions = Array.from({ length: partitionCount }, (_, index) => index)
      this.#inSlices('expiration', partitions, partition => this.#forgetExpired(partition), () => this.#expirationLater())
    })
  }

  #forgetExpired(partition: number): void {
    const { store, clock, config } = this.#options
    const expired = store.idsOf(partition).filter(transactionalId => {
      const transaction = store.get(transactionalId)
      return transaction && hasExpired(transaction, clock.now(), config.idExpirationMs)
    })
    if (expired.length > 0) store.forget(partition, expired)
  }

  #inSlices<T>(timer: string, items: T[], run: (item: T) => void, done: () => void): void {
    const { clock } = this.#options
    const endsAt = clock.elapsed() + SLICE_MS
    for (let item = items.pop(); item !== undefined; item = items.pop()) {
      run(item)
      if (items.length > 0 && clock.elapsed() >= endsAt) return this.#timers.set(timer, 0, () => this.#inSlices(timer, items, run, done))
    }
    done()
  }
}
