/** One partition as the broker serves it: its log once recovered, who leads it, and the fetches that wait for it. */

import type { DamagedPlace } from '../log/damage-reports.ts'
import type { LogHealth, PartitionLog } from '../log/partition-log.ts'
import { Counters } from './taps.ts'

export type PartitionState =
  | { readonly is: 'recovering' }
  | { readonly is: 'ready'; readonly log: PartitionLog }
  /** The log could not be opened, or its disk failed; the reason is logged and shown, the data is left as it is. */
  | { readonly is: 'failed'; readonly reason: string }

export class Partition {
  readonly topic: string
  readonly index: number
  /** The broker that leads it: 1 of N (architecture rule 8). */
  readonly leader: number
  readonly counters = new Counters()
  readonly #onHealth: (partition: Partition, health: LogHealth) => void
  readonly #onDamage: ((partition: Partition, place: DamagedPlace) => void) | undefined
  #state: PartitionState = { is: 'recovering' }
  #waiting = new Set<() => void>()

  constructor(options: {
    readonly topic: string
    readonly index: number
    readonly leader: number
    /** The log cannot be written any more, or can again. */
    readonly onHealth: (partition: Partition, health: LogHealth) => void
    /** A reader met damaged batches; once for each place. */
    readonly onDamage?: (partition: Partition, place: DamagedPlace) => void
  }) {
    this.topic = options.topic
    this.index = options.index
    this.leader = options.leader
    this.#onHealth = options.onHealth
    this.#onDamage = options.onDamage
  }

  get state(): PartitionState {
    return this.#state
  }

  /** The log when it is ready to serve, else undefined: answer NOT_LEADER_OR_FOLLOWER. */
  get log(): PartitionLog | undefined {
    return this.#state.is === 'ready' ? this.#state.log : undefined
  }

  ready(log: PartitionLog): void {
    this.#state = { is: 'ready', log }
    log.onChange = () => this.wake()
    log.onHealth = ({ health }) => this.#onHealth(this, health)
    log.onDamage = (_, place) => this.#onDamage?.(this, place)
  }

  fail(reason: string): void {
    this.#state = { is: 'failed', reason }
    this.wake()
  }

  /** Calls `wake` after each append and when the partition goes away, until it is removed. */
  watch(wake: () => void): void {
    this.#waiting.add(wake)
  }

  unwatch(wake: () => void): void {
    this.#waiting.delete(wake)
  }

  wake(): void {
    if (this.#waiting.size > 0) for (const wake of this.#waiting) wake()
  }
}
