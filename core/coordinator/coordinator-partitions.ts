/** The partitions of an internal topic as one coordinator knows them: waiting for their log, being read, served, or refused. */

import type { Clock } from '../common/clock.ts'
import type { Logger } from '../common/logger.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { EndTransactionMarker } from '../records/control-record.ts'
import type { RecordBatch, RecordView } from '../records/record-batch.ts'
import { replay } from './coordinator-log.ts'
import { coordinatorPartition } from './coordinator-partition.ts'

type PartitionState =
  | { readonly is: 'waiting' }
  | { readonly is: 'loading'; readonly done: Promise<void>; readonly abort: AbortController }
  | { readonly is: 'ready' }
  /** Its records cannot be read: who has state there is refused rather than forgotten. */
  | { readonly is: 'failed' }

export type Readiness = 'NONE' | 'COORDINATOR_LOAD_IN_PROGRESS' | 'NOT_COORDINATOR'

export type CoordinatorPartitionsOptions = {
  readonly topic: string
  readonly partitionCount: number
  readonly clock: Clock
  readonly logger: Logger
  /** The log of a partition; undefined while there is none, or another broker leads it. */
  logOf(partition: number): PartitionLog | undefined
  /** Whether the topic exists, be its logs open or not. */
  hasTopic(): boolean
  /** Applies a stored record; what it throws has the partition refused. */
  apply(partition: number, record: RecordView, batch: RecordBatch): void
  /** A marker ends the transaction of its batch's producer. */
  applyMarker?(partition: number, marker: EndTransactionMarker, batch: RecordBatch): void
}

export class CoordinatorPartitions {
  readonly #options: CoordinatorPartitionsOptions
  readonly #states: PartitionState[]

  constructor(options: CoordinatorPartitionsOptions) {
    this.#options = options
    this.#states = Array.from({ length: options.partitionCount }, () => ({ is: 'waiting' }))
  }

  /** The partition that holds a group or a transactional id. */
  of(id: string): number {
    return coordinatorPartition(id, this.#states.length)
  }

  /** True while some state may not be known yet: a partition is being read, or others have been. */
  get isLoading(): boolean {
    const isSome = (what: PartitionState['is']): boolean => this.#states.some(state => state.is === what)
    return isSome('loading') || (isSome('waiting') && isSome('ready'))
  }

  /** NONE when requests for what is in this partition can be served. */
  readiness(partition: number): Readiness {
    const state = this.#states[partition]
    if (state?.is === 'loading') return 'COORDINATOR_LOAD_IN_PROGRESS'
    // Without the topic nothing will ever load: who is told so looks for the coordinator, and that makes it.
    if (state?.is === 'waiting') return this.#options.hasTopic() ? 'COORDINATOR_LOAD_IN_PROGRESS' : 'NOT_COORDINATOR'
    return state?.is === 'ready' && this.#options.logOf(partition) ? 'NONE' : 'NOT_COORDINATOR'
  }

  isReady(partition: number): boolean {
    return this.#states[partition]?.is === 'ready'
  }

  /** A partition whose log cannot be opened: what is in it is refused, not kept waiting. */
  refuse(partition: number): void {
    if (this.#states[partition]?.is === 'waiting') this.#states[partition] = { is: 'failed' }
  }

  isRefused(partition: number): boolean {
    return this.#states[partition]?.is === 'failed'
  }

  /** Reads a partition and calls `loaded`. Harmless when it is loaded already or has no log yet. */
  load(partition: number, loaded: () => void): Promise<void> {
    const state = this.#states[partition]
    const log = this.#options.logOf(partition)
    if (state?.is === 'loading') return state.done
    if ((state?.is !== 'waiting' && state?.is !== 'failed') || !log) return Promise.resolve()
    const abort = new AbortController()
    const done = this.#replay(partition, log, abort.signal, loaded)
    this.#states[partition] = { is: 'loading', done, abort }
    return done
  }

  async #replay(partition: number, log: PartitionLog, signal: AbortSignal, loaded: () => void): Promise<void> {
    const { clock, logger, topic } = this.#options
    try {
      const hasEnded = await replay({
        log, clock, signal,
        apply: (record, batch) => this.#options.apply(partition, record, batch),
        applyMarker: (marker, batch) => this.#options.applyMarker?.(partition, marker, batch),
      })
      // Between the last record and this line it may have been taken away, and even be read anew.
      if (!hasEnded || signal.aborted) return
    } catch (cause) {
      if (signal.aborted) return
      logger.error(`a partition of ${topic} cannot be read; what it coordinates is not served`, { partition, cause })
      this.#states[partition] = { is: 'failed' }
      return
    }
    this.#states[partition] = { is: 'ready' }
    loaded()
  }

  /** Another broker coordinates it, or nobody. */
  unload(partition: number): void {
    const state = this.#states[partition]
    if (state?.is === 'loading') state.abort.abort()
    this.#states[partition] = { is: 'waiting' }
  }

  /** Ends what is being read; everything is refused from now on. */
  async stop(): Promise<void> {
    const loading = this.#states.flatMap(state => state.is === 'loading' ? [state] : [])
    for (const { abort } of loading) abort.abort()
    for (const partition of this.#states.keys()) this.#states[partition] = { is: 'failed' }
    await Promise.all(loading.map(({ done }) => done))
  }
}
