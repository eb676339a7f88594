/**
 * Moves of partitions to other brokers (KIP-455). There is one store and nothing to copy, so that a move takes effect at once where every
 * broker that is to hold the partition is up; else it is under way until they are.
 */

import type { ReplicaRows } from '../catalog/replica-rows.ts'
import type { Leadership } from './leadership.ts'
import type { Partition } from './partition.ts'
import { grownIsr, NO_LEADER, type Placement } from './placement.ts'
import { assignmentProblem } from './replica-assignments.ts'
import type { Refusal, TopicRegistry } from './topic-registry.ts'

export type Reassignment = { readonly partition: Partition; readonly adding: readonly number[]; readonly removing: readonly number[] }

type UnderWay = { readonly target: readonly number[]; readonly original: readonly number[] }

export class Reassignments {
  readonly #placement: Placement
  readonly #topics: TopicRegistry
  readonly #leadership: Leadership
  readonly #rows: ReplicaRows
  readonly #underWay = new Map<Partition, UnderWay>()

  constructor(options: { readonly placement: Placement; readonly topics: TopicRegistry; readonly leadership: Leadership; readonly rows: ReplicaRows }) {
    this.#placement = options.placement
    this.#topics = options.topics
    this.#leadership = options.leadership
    this.#rows = options.rows
    options.topics.onDeleted(() => this.#forgetDeleted())
  }

  /** The move of a partition that is under way. */
  of(partition: Partition): Reassignment | undefined {
    const underWay = this.#underWay.get(partition)
    if (!underWay) return undefined
    const { target, original } = underWay
    return { partition, adding: target.filter(id => !original.includes(id)), removing: partition.standing.replicas.filter(id => !target.includes(id)) }
  }

  *list(): Iterable<Reassignment> {
    for (const partition of this.#underWay.keys()) {
      const reassignment = this.of(partition)
      if (reassignment) yield reassignment
    }
  }

  /** Moves a partition to `target`, the preferred leader first; null takes back the move that is under way. Throws when the catalog cannot keep it. */
  async alter(partition: Partition, target: readonly number[] | null, { mayChangeFactor }: { readonly mayChangeFactor: boolean }): Promise<Refusal | undefined> {
    if (!this.#isThere(partition)) return { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: `Unable to find partition ${partition.topic}:${partition.index}.` }
    if (target === null) return this.#cancel(partition)
    const original = this.#underWay.get(partition)?.original ?? partition.standing.replicas
    const problem = assignmentProblem(target, this.#placement)
    if (problem) return problem
    if (!mayChangeFactor && target.length !== original.length) {
      return { error: 'INVALID_REPLICATION_FACTOR', message: `The replication factor is changed from ${original.length} to ${target.length}` }
    }
    if (isSame(target, partition.standing.replicas) && !this.#underWay.has(partition)) return undefined
    this.#rows.set(partition.topic, partition.index, [target])
    this.#underWay.set(partition, { target, original })
    await this.#proceed(partition)
    return undefined
  }

  /** Ends the moves whose brokers are all up by now. */
  async proceed(): Promise<void> {
    for (const partition of this.#underWay.keys()) await this.#proceed(partition)
  }

  async #proceed(partition: Partition): Promise<void> {
    const underWay = this.#underWay.get(partition)
    if (!underWay) return
    const { target, original } = underWay
    const isUp = (id: number): boolean => this.#placement.isUp(id)
    const canEnd = partition.leader !== NO_LEADER && target.some(isUp) && target.every(id => original.includes(id) || isUp(id))
    if (!canEnd) return this.#hold(partition, target)
    this.#underWay.delete(partition)
    await this.#settle(partition, target)
  }

  async #cancel(partition: Partition): Promise<Refusal | undefined> {
    const underWay = this.#underWay.get(partition)
    if (!underWay) return { error: 'NO_REASSIGNMENT_IN_PROGRESS', message: 'No partition reassignment is in progress.' }
    const { original } = underWay
    if (!original.some(id => partition.isr.includes(id) || this.#placement.isUp(id))) {
      const place = `${partition.topic}:${partition.index}`
      return { error: 'INVALID_REPLICA_ASSIGNMENT', message: `Unable to revert partition assignment for ${place} because it would require an unclean leader election.` }
    }
    this.#rows.set(partition.topic, partition.index, [original])
    this.#underWay.delete(partition)
    await this.#settle(partition, original)
    return undefined
  }

  /** While it is under way both those that held the partition and those that are to hold it do. */
  #hold(partition: Partition, target: readonly number[]): void {
    const { isr, replicas: before } = partition.standing
    const replicas = [...target, ...before.filter(id => !target.includes(id))]
    const joined = partition.leader === NO_LEADER ? [] : replicas.filter(id => !isr.includes(id) && this.#placement.isUp(id))
    partition.stand({ replicas, isr: grownIsr(isr, joined) })
  }

  /** As Kafka: the leader stays when it still holds the partition, and where some hold it no longer its epoch rises. */
  async #settle(partition: Partition, replicas: readonly number[]): Promise<void> {
    const before = partition.standing
    const inSync = grownIsr(before.isr.filter(id => replicas.includes(id)), replicas.filter(id => this.#placement.isUp(id)))
    partition.stand({ replicas, isr: inSync })
    if (!replicas.includes(before.leader)) {
      await this.#leadership.elect([partition], () => replicas.find(id => inSync.includes(id) && this.#placement.isUp(id)))
    } else if (before.replicas.some(id => !replicas.includes(id))) {
      await this.#leadership.raiseEpoch(partition)
    }
  }

  #forgetDeleted(): void {
    for (const partition of this.#underWay.keys()) if (!this.#isThere(partition)) this.#underWay.delete(partition)
  }

  #isThere(partition: Partition): boolean {
    return this.#topics.partition(partition.topic, partition.index) === partition
  }
}

function isSame(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((id, at) => other[at] === id)
}
