/** What moves through the broker, counted where it happens: cheap totals that the window turns into rates. */

import type { CleanProgress } from '../log/cleaner/clean-job.ts'
import type { RecoveryReport } from '../log/recovery.ts'
import type { CleanReport } from '../log/log-cleaner.ts'

/** Totals since the broker started. Plain mutable numbers: they are touched on every request. */
export class Counters {
  recordsIn = 0
  bytesIn = 0
  recordsOut = 0
  bytesOut = 0
}

export type BrokerEvent =
  | { readonly is: 'connected' | 'disconnected'; readonly connectionId: number }
  | { readonly is: 'identified'; readonly connectionId: number }
  | { readonly is: 'topic-created' | 'topic-deleted' | 'topic-changed' | 'topic-configured'; readonly topic: string }
  | { readonly is: 'partition-state'; readonly topic: string; readonly partition: number }
  /** A log was not as a clean stop left it, and was verified when it was opened. */
  | { readonly is: 'recovered'; readonly topic: string; readonly partition: number; readonly report: RecoveryReport }
  /** The disk refuses to take records of a partition, and takes them again. */
  | { readonly is: 'storage-trouble'; readonly topic: string; readonly partition: number; readonly reason: string }
  | { readonly is: 'storage-well'; readonly topic: string; readonly partition: number }
  /** Batches from `fromOffset` to before `toOffset` are not as they were written, and are not served. Once for each place. */
  | { readonly is: 'damaged'; readonly topic: string; readonly partition: number; readonly fromOffset: number; readonly toOffset: number }
  /** A log is being compacted: several a second, and one with each segment that takes its place. */
  | { readonly is: 'cleaning'; readonly topic: string; readonly partition: number; readonly progress: CleanProgress }
  | { readonly is: 'cleaned'; readonly topic: string; readonly partition: number; readonly report: CleanReport }
  /** A log cannot be compacted, and is left as it is. */
  | { readonly is: 'uncleanable'; readonly topic: string; readonly partition: number; readonly reason: string }
  /** One of the brokers of this process went down, or came up again; leadership has moved. */
  | { readonly is: 'broker-stopped' | 'broker-started'; readonly brokerId: number }
  /** Time jumped by so much: the process did not run meanwhile, or (hasPaused: false) the wall clock alone moved. Deadlines have moved along. */
  | { readonly is: 'clock-jumped'; readonly gapMs: number; readonly hasPaused: boolean }
  | { readonly is: 'warning'; readonly text: string }

export class Taps {
  readonly total = new Counters()
  readonly #listeners = new Set<(event: BrokerEvent) => void>()

  /** Calls `listener` for each event from now on; returns the unsubscribe. Listeners must be quick. */
  subscribe(listener: (event: BrokerEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  emit(event: BrokerEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}
