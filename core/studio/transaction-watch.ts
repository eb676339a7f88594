/** Transactional ids as the window shows them; an id is looked at again when its coordinator says that it changed, an open one at each look. */

import type { Broker } from '../broker/broker.ts'
import { OFFSETS_TOPIC } from '../broker/offsets-topic.ts'
import { TRANSACTION_TOPIC, type TopicPartition, type TransactionSnapshot } from '../transactions/transaction-coordinator.ts'
import type { TouchedPartition, TransactionRow } from './contract/transactions.ts'
import { coordinatorOf } from './coordinators.ts'

const PARTITIONS_SHOWN_MAX = 100

export class TransactionWatch {
  readonly #broker: Broker
  readonly #rows = new Map<string, TransactionRow>()
  readonly #open = new Map<string, TransactionSnapshot>()
  /** By the producer of an open transaction. */
  readonly #ids = new Map<number, string>()
  readonly #changed = new Set<string>()
  readonly #stopWatching: () => void

  constructor(broker: Broker) {
    this.#broker = broker
    this.#stopWatching = broker.transactions.onChange(transactionalId => this.#changed.add(transactionalId))
    for (const snapshot of broker.transactions.transactions()) this.#changed.add(snapshot.transactionalId)
  }

  stop(): void {
    this.#stopWatching()
  }

  get size(): number {
    return this.#broker.transactions.transactionCount
  }

  get openCount(): number {
    this.#refresh()
    return this.#open.size
  }

  /** The transactional id whose open transaction a producer has; null when no coordinator knows one. */
  idOf(producerId: number): string | null {
    this.#refresh()
    return this.#ids.get(producerId) ?? null
  }

  * rows(): Iterable<TransactionRow> {
    this.#refresh()
    for (const [transactionalId, row] of this.#rows) {
      const open = this.#open.get(transactionalId)
      yield open ? this.#openRow(open) : row
    }
  }

  #refresh(): void {
    for (const transactionalId of this.#changed) {
      const before = this.#open.get(transactionalId)
      if (before && this.#ids.get(before.producerId) === transactionalId) this.#ids.delete(before.producerId)
      this.#open.delete(transactionalId)
      const snapshot = this.#broker.transactions.transaction(transactionalId)
      if (!snapshot) {
        this.#rows.delete(transactionalId)
        continue
      }
      this.#rows.set(transactionalId, rowOf(snapshot, this.#coordinatorOf(transactionalId)))
      if (!isOpen(snapshot)) continue
      this.#open.set(transactionalId, snapshot)
      this.#ids.set(snapshot.producerId, transactionalId)
    }
    this.#changed.clear()
  }

  #coordinatorOf(transactionalId: string): number {
    return coordinatorOf(this.#broker, TRANSACTION_TOPIC, transactionalId)
  }

  #openRow(snapshot: TransactionSnapshot): TransactionRow {
    const sorted = snapshot.partitions.toSorted(byPlace)
    const partitions = sorted.slice(0, PARTITIONS_SHOWN_MAX).map(({ topic, partition }): TouchedPartition => (
      { topic, partition, heldBack: this.#heldBack(topic, partition, snapshot.producerId) }
    ))
    const heldBack = partitions.reduce((sum, each) => sum + each.heldBack, 0n)
    return { ...rowOf(snapshot, this.#coordinatorOf(snapshot.transactionalId)), partitions, heldBack }
  }

  /** Records after the last stable offset, when this producer's transaction is the one that begins there. Nobody waits for the offsets of groups so. */
  #heldBack(topic: string, partition: number, producerId: number): bigint {
    if (topic === OFFSETS_TOPIC) return 0n
    const log = this.#broker.topics.partition(topic, partition)?.openLog
    if (!log || log.lastStableOffset >= log.highWatermark) return 0n
    const isFirst = log.producer(producerId)?.currentTxnFirstOffset === log.lastStableOffset
    return isFirst ? BigInt(log.highWatermark - log.lastStableOffset) : 0n
  }
}

/** In the order of their names, the offsets of groups last. */
function byPlace(a: TopicPartition, b: TopicPartition): number {
  if (a.topic === b.topic) return a.partition - b.partition
  const [isOffsets, otherIsOffsets] = [a.topic === OFFSETS_TOPIC, b.topic === OFFSETS_TOPIC]
  if (isOffsets !== otherIsOffsets) return isOffsets ? 1 : -1
  return a.topic < b.topic ? -1 : 1
}

function isOpen({ state }: TransactionSnapshot): boolean {
  return state === 'Ongoing' || state === 'PrepareCommit' || state === 'PrepareAbort'
}

function rowOf(snapshot: TransactionSnapshot, coordinator: number): TransactionRow {
  const { transactionalId, state, producerId, producerEpoch, timeoutMs, startedAtMs, updatedAtMs } = snapshot
  const isRunning = isOpen(snapshot)
  return {
    transactionalId, state, producerId: BigInt(producerId), producerEpoch, timeoutMs, coordinator,
    startedAt: isRunning ? startedAtMs : null,
    updatedAt: updatedAtMs,
    partitionCount: isRunning ? snapshot.partitions.length : 0,
    partitions: [],
    heldBack: 0n,
  }
}
