/** What follows a decided transaction: its markers are written, then that it is complete; again and again until both are, or another broker does it. */

import type { Clock } from '../common/clock.ts'
import type { Logger } from '../common/logger.ts'
import { pause } from '../common/pause.ts'
import type { TransactionStore } from './transaction-store.ts'
import { completed, type TopicPartition, type Transaction } from './transaction.ts'

export type TransactionMarker = {
  readonly producerId: number
  readonly producerEpoch: number
  readonly isAbort: boolean
  /** The leader epoch of the partition of `__transaction_state` that holds the transactional id. */
  readonly coordinatorEpoch: number
  /** 2 where the epoch has risen with the end of the transaction (KIP-890), else 0. */
  readonly transactionVersion: number
  readonly partitions: readonly TopicPartition[]
}

export interface MarkerWriter {
  /**
   * Ends a transaction in partitions: appends the marker where it is not there yet, and tells groups whose partition of
   * `__consumer_offsets` is among them. Resolves when every marker is written (durable where acknowledgements are), or its partition is
   * gone; retries by itself while a partition is not ready. Rejects only when `signal` aborts.
   */
  write(marker: TransactionMarker, signal: AbortSignal): Promise<void>
}

/** Between two tries when the disk refuses what must be written. */
const RETRY_MS = 1000

export class MarkerJobs {
  readonly #options: { readonly clock: Clock; readonly logger: Logger; readonly markers: MarkerWriter; readonly store: TransactionStore }
  readonly #aborts = new Map<string, AbortController>()
  readonly #running = new Set<Promise<void>>()

  constructor(options: { readonly clock: Clock; readonly logger: Logger; readonly markers: MarkerWriter; readonly store: TransactionStore }) {
    this.#options = options
  }

  /** The transaction of this id is prepared. Without partitions, and where nothing need be waited for, it is complete when this returns. */
  start(transactionalId: string): void {
    this.abort(transactionalId)
    const prepared = this.#options.store.get(transactionalId)
    if (!prepared) return
    const abort = new AbortController()
    const done: Promise<void> = this.#run(transactionalId, prepared, abort.signal).finally(() => {
      this.#running.delete(done)
      if (this.#aborts.get(transactionalId) === abort) this.#aborts.delete(transactionalId)
    })
    this.#running.add(done)
    this.#aborts.set(transactionalId, abort)
  }

  abort(transactionalId: string): void {
    this.#aborts.get(transactionalId)?.abort()
    this.#aborts.delete(transactionalId)
  }

  async stop(): Promise<void> {
    for (const abort of this.#aborts.values()) abort.abort()
    await Promise.all(this.#running)
  }

  async #run(transactionalId: string, prepared: Transaction, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options
    while (!signal.aborted) {
      try {
        return await this.#finish(transactionalId, prepared, signal)
      } catch (cause) {
        if (signal.aborted) return
        logger.warn('a transaction cannot be completed yet; it is tried again', { transactionalId, cause })
      }
      await pause(clock, RETRY_MS, signal)
    }
  }

  /** Throws when it must be tried again. */
  async #finish(transactionalId: string, prepared: Transaction, signal: AbortSignal): Promise<void> {
    const { store, clock, markers } = this.#options
    // A marker that outlives the decision it stands for would leave the transaction half committed.
    const stored = store.stored(transactionalId)
    if (stored) await stored
    if (prepared.partitions.size > 0) await markers.write(this.#markerOf(transactionalId, prepared), signal)
    if (signal.aborted || store.get(transactionalId) !== prepared) return
    const error = store.write(transactionalId, completed(prepared, clock.now()))
    if (error !== 'NONE') throw new Error(`that it is complete cannot be stored: ${error}`)
  }

  #markerOf(transactionalId: string, { producerId, producerEpoch, state, clientTransactionVersion, partitions }: Transaction): TransactionMarker {
    return {
      producerId, producerEpoch, isAbort: state === 'PrepareAbort', coordinatorEpoch: this.#options.store.coordinatorEpoch(transactionalId),
      transactionVersion: clientTransactionVersion, partitions: [...partitions.values()],
    }
  }
}
