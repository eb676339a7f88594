/** One partition as the broker serves it: its log once recovered, who leads it, and the fetches that wait for it. */

import type { DamagedPlace } from '../log/damage-reports.ts'
import type { LogHealth, PartitionLog } from '../log/partition-log.ts'
import type { Standing } from './placement.ts'
import { Counters } from './taps.ts'

/** What is known of a log whether it is open or not. */
export type PartitionFacts = Pick<PartitionLog, 'startOffset' | 'endOffset' | 'leaderEpoch' | 'sizeBytes' | 'segmentCount'>

export type PartitionState =
  | { readonly is: 'recovering' }
  /** Stopped cleanly and not used since: a partition nobody touches costs no more than what is known of it. Its first use opens the log. */
  | { readonly is: 'resting'; readonly facts: PartitionFacts; readonly wake: () => void }
  | { readonly is: 'ready'; readonly log: PartitionLog }
  /** The log could not be opened, or its disk failed; the reason is logged and shown, the data is left as it is. */
  | { readonly is: 'failed'; readonly reason: string }

export class Partition {
  readonly topic: string
  readonly index: number
  readonly counters = new Counters()
  #leader: number
  #standing: Standing
  readonly #onHealth: (partition: Partition, health: LogHealth) => void
  readonly #onDamage: (partition: Partition, place: DamagedPlace) => void
  #state: PartitionState = { is: 'recovering' }
  #lastFailure: string | undefined
  #waiting = new Set<() => void>()

  constructor(options: {
    readonly topic: string
    readonly index: number
    readonly standing: Standing
    /** The log cannot be written any more, or can again. */
    readonly onHealth: (partition: Partition, health: LogHealth) => void
    /** A reader met damaged batches; once for each place. */
    readonly onDamage: (partition: Partition, place: DamagedPlace) => void
  }) {
    this.topic = options.topic
    this.index = options.index
    this.#standing = options.standing
    this.#leader = options.standing.leader
    this.#onHealth = options.onHealth
    this.#onDamage = options.onDamage
  }

  get state(): PartitionState {
    return this.#state
  }

  /** The broker that leads it, one of N (architecture rule 8); NO_LEADER while none does. */
  get leader(): number {
    return this.#leader
  }

  get standing(): Standing {
    return this.#standing
  }

  /** Leadership, replicas or the in-sync set have changed; fetches that wait look again. */
  stand(change: Partial<Standing>): void {
    this.#standing = { ...this.#standing, ...change }
    this.#leader = this.#standing.leader
    this.wake()
  }

  /** The brokers in sync, which may lead. */
  get isr(): readonly number[] {
    return this.#standing.isr
  }

  /** Some of those that hold it are not in sync: acks=all may want more of them (more than hold it are never asked for). */
  get isUnderReplicated(): boolean {
    return this.#standing.isr.length < this.#standing.replicas.length
  }

  /** The log when it is ready to serve, else undefined: answer NOT_LEADER_OR_FOLLOWER. Opens one at rest. */
  get log(): PartitionLog | undefined {
    if (this.#state.is === 'resting') this.#wakeUp(this.#state.wake)
    return this.#state.is === 'ready' ? this.#state.log : undefined
  }

  #wakeUp(wake: () => void): void {
    this.#state = { is: 'recovering' }
    wake()
  }

  /** The log for the broker that leads it; for another undefined, as when it is not ready. */
  logFor(brokerId: number): PartitionLog | undefined {
    return this.#leader === brokerId ? this.log : undefined
  }

  /** The log for a consumer that may read from followers too (KIP-392): every broker that holds the partition has the one store. */
  logForReader(brokerId: number): PartitionLog | undefined {
    return this.#leader === brokerId || this.#standing.replicas.includes(brokerId) ? this.log : undefined
  }

  /** The log when it is open: for who looks at many partitions, and would not open them. */
  get openLog(): PartitionLog | undefined {
    return this.#state.is === 'ready' ? this.#state.log : undefined
  }

  /** Undefined while it is recovered, and when that failed: it has no leader then. */
  get facts(): PartitionFacts | undefined {
    return this.#state.is === 'resting' ? this.#state.facts : this.openLog
  }

  /** A recovering one need not be: `facts` answer for it until `wake`, called once, makes it ready or has it recovered. */
  rest(facts: PartitionFacts, wake: () => void): void {
    if (this.#state.is === 'recovering') this.#state = { is: 'resting', facts, wake }
  }

  ready(log: PartitionLog): void {
    this.#state = { is: 'ready', log }
    this.#lastFailure = undefined
    log.onChange = () => this.wake()
    log.onHealth = ({ health }) => this.#onHealth(this, health)
    log.onDamage = (_, place) => this.#onDamage(this, place)
  }

  fail(reason: string): void {
    this.#state = { is: 'failed', reason }
    this.#lastFailure = reason
    this.wake()
  }

  /** Why it could not be opened the last time; undefined when it never failed, or is ready again. */
  get lastFailure(): string | undefined {
    return this.#lastFailure
  }

  /** A failed one is to be opened again; false for any other. */
  retry(): boolean {
    if (this.#state.is !== 'failed') return false
    this.#state = { is: 'recovering' }
    return true
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
