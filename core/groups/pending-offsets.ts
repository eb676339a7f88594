/**
 * Offsets that transactions have committed and that are not decided yet (KIP-98): invisible until the marker of their producer comes into
 * their partition of `__consumer_offsets`. Kept by that partition and the producer, who can have one transaction open at a time.
 */

import { entryOf } from '../common/entry-of.ts'
import type { CommittedOffset } from './stored.ts'

export type PendingOffset = { readonly groupId: string; readonly topic: string; readonly partition: number; readonly value: CommittedOffset }

type Pending = PendingOffset & {
  readonly of: Transaction
  /** A commit that came after it is visible already, and stays: the last record of a key counts, as for a reader of the log. */
  isSuperseded: boolean
}
type Transaction = { readonly offsetsPartition: number; readonly producerId: number; readonly pending: Set<Pending> }
/** In the order of their records: a later one of the same producer takes the place of an earlier. */
type Partitions = Map<number, Set<Pending>>

export class PendingOffsets {
  readonly #transactions = new Map<number, Map<number, Transaction>>()
  readonly #groups = new Map<string, Map<string, Partitions>>()

  /** Whether an open transaction may yet change what is committed for the partition. */
  has(groupId: string, topic: string, partition: number): boolean {
    return this.#groups.get(groupId)?.get(topic)?.has(partition) ?? false
  }

  hasAny(groupId: string): boolean {
    return this.#groups.has(groupId)
  }

  * partitionsOf(groupId: string): Iterable<{ readonly topic: string; readonly partition: number }> {
    for (const [topic, partitions] of this.#groups.get(groupId) ?? []) {
      for (const partition of partitions.keys()) yield { topic, partition }
    }
  }

  /** What is pending for a group and by which producer, for who looks at it. */
  * entriesOf(groupId: string): Iterable<PendingOffset & { readonly producerId: number }> {
    for (const partitions of this.#groups.get(groupId)?.values() ?? []) {
      for (const others of partitions.values()) for (const { topic, partition, value, of } of others) yield { groupId, topic, partition, value, producerId: of.producerId }
    }
  }

  /** Notes a stored record; `offsetsPartition` is the partition of `__consumer_offsets` it stands in. */
  add(offsetsPartition: number, producerId: number, offset: PendingOffset): void {
    const transactions = entryOf(this.#transactions, offsetsPartition, () => new Map<number, Transaction>())
    const of = entryOf(transactions, producerId, () => ({ offsetsPartition, producerId, pending: new Set<Pending>() }))
    const topics = entryOf(this.#groups, offset.groupId, () => new Map<string, Partitions>())
    const partitions = entryOf(topics, offset.topic, (): Partitions => new Map())
    const others = entryOf(partitions, offset.partition, () => new Set<Pending>())
    for (const other of others) {
      if (other.of !== of) continue
      others.delete(other)
      of.pending.delete(other)
    }
    const pending: Pending = { ...offset, of, isSuperseded: false }
    others.add(pending)
    of.pending.add(pending)
  }

  /** A commit outside of transactions was stored after everything that is pending for the partition. */
  supersede(groupId: string, topic: string, partition: number): void {
    for (const pending of this.#groups.get(groupId)?.get(topic)?.get(partition) ?? []) pending.isSuperseded = true
  }

  /** A tombstone was stored: what is pending for the partition goes with what is committed. */
  drop(groupId: string, topic: string, partition: number): void {
    for (const pending of this.#groups.get(groupId)?.get(topic)?.get(partition) ?? []) this.#remove(pending)
  }

  /** A marker ended the producer's transaction. What is visible now, in the order of the records; nothing when it was aborted. */
  complete(offsetsPartition: number, producerId: number, isAbort: boolean): readonly PendingOffset[] {
    const pending = [...this.#transactions.get(offsetsPartition)?.get(producerId)?.pending ?? []]
    if (!isAbort) for (const each of pending) this.#supersedeBefore(each)
    for (const each of pending) this.#remove(each)
    return isAbort ? [] : pending.filter(({ isSuperseded }) => !isSuperseded)
  }

  #supersedeBefore(committed: Pending): void {
    const { groupId, topic, partition } = committed
    for (const other of this.#groups.get(groupId)?.get(topic)?.get(partition) ?? []) {
      if (other === committed) return
      other.isSuperseded = true
    }
  }

  /** Drops from memory what stands in one partition of `__consumer_offsets`. */
  unload(offsetsPartition: number): void {
    for (const { pending } of this.#transactions.get(offsetsPartition)?.values() ?? []) for (const each of pending) this.#remove(each)
  }

  #remove(pending: Pending): void {
    const { groupId, topic, partition, of } = pending
    of.pending.delete(pending)
    const transactions = this.#transactions.get(of.offsetsPartition)
    if (of.pending.size === 0) transactions?.delete(of.producerId)
    if (transactions?.size === 0) this.#transactions.delete(of.offsetsPartition)
    const topics = this.#groups.get(groupId)
    const partitions = topics?.get(topic)
    const others = partitions?.get(partition)
    others?.delete(pending)
    if (others?.size === 0) partitions?.delete(partition)
    if (partitions?.size === 0) topics?.delete(topic)
    if (topics?.size === 0) this.#groups.delete(groupId)
  }
}
