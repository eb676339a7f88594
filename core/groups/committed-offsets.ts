/** Committed offsets of every group, by topic and partition. Kept apart from the groups: they outlive a change of a group's kind. */

import { entryOf } from '../common/entry-of.ts'
import type { CommittedOffset } from './stored.ts'

export type CommittedEntry = { readonly topic: string; readonly partition: number; readonly committed: CommittedOffset }

type Topics = Map<string, Map<number, CommittedOffset>>

export class CommittedOffsets {
  readonly #groups = new Map<string, Topics>()

  get(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#groups.get(groupId)?.get(topic)?.get(partition)
  }

  has(groupId: string): boolean {
    return this.#groups.has(groupId)
  }

  topicsOf(groupId: string): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> {
    return this.#groups.get(groupId) ?? NO_TOPICS
  }

  * entriesOf(groupId: string): Iterable<CommittedEntry> {
    for (const [topic, partitions] of this.topicsOf(groupId)) {
      for (const [partition, committed] of partitions) yield { topic, partition, committed }
    }
  }

  groupIds(): Iterable<string> {
    return this.#groups.keys()
  }

  /** Applies a stored record: null removes. */
  apply(groupId: string, topic: string, partition: number, committed: CommittedOffset | null): void {
    if (committed) this.#put(groupId, topic, partition, committed)
    else this.#remove(groupId, topic, partition)
  }

  /** Drops a group from memory, without a word about what is stored. */
  forget(groupId: string): void {
    this.#groups.delete(groupId)
  }

  #put(groupId: string, topic: string, partition: number, committed: CommittedOffset): void {
    const topics = entryOf(this.#groups, groupId, () => new Map<string, Map<number, CommittedOffset>>())
    entryOf(topics, topic, () => new Map<number, CommittedOffset>()).set(partition, committed)
  }

  #remove(groupId: string, topic: string, partition: number): void {
    const topics = this.#groups.get(groupId)
    const partitions = topics?.get(topic)
    if (!topics || !partitions?.delete(partition)) return
    if (partitions.size === 0) topics.delete(topic)
    if (topics.size === 0) this.#groups.delete(groupId)
  }
}

const NO_TOPICS: ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> = new Map()
