/** How far compaction is with a log. Progress is as it is now; how dirty a log is, which takes a look at its segments, is looked up once a second. */

import type { Clock } from '../common/clock.ts'
import type { LogCleaner } from '../log/log-cleaner.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { CleaningRow } from './contract/storage.ts'

const LOOK_EVERY_MS = 1000

type Looked = { readonly atMs: number; readonly row: CleaningRow | null }

export class CleaningWatch {
  readonly #cleaner: Pick<LogCleaner, 'statusOf' | 'progressOf'>
  readonly #clock: Clock
  readonly #looked = new WeakMap<PartitionLog, Looked>()

  constructor(o: { readonly cleaner: Pick<LogCleaner, 'statusOf' | 'progressOf'>; readonly clock: Clock }) {
    this.#cleaner = o.cleaner
    this.#clock = o.clock
  }

  /** null when the log is not compacted. */
  of(log: PartitionLog): CleaningRow | null {
    const looked = this.#looked.get(log)
    const atMs = this.#clock.elapsed()
    const progress = this.#cleaner.progressOf(log)
    const isFresh = looked && atMs - looked.atMs < LOOK_EVERY_MS && (looked.row?.state.is === 'cleaning') === (progress !== undefined)
    if (!isFresh) {
      const row = this.#look(log)
      this.#looked.set(log, { atMs, row })
      return row
    }
    const { row } = looked
    if (!row || !progress) return row
    const { bytesRead, bytesTotal, bytesWritten } = progress
    return { ...row, state: { is: 'cleaning', bytesRead, bytesTotal, bytesWritten } }
  }

  #look(log: PartitionLog): CleaningRow | null {
    const status = this.#cleaner.statusOf(log)
    if (!status) return null
    const { state, dirtyRatio, cleanedUpTo, last } = status
    return {
      state: state.is === 'cleaning'
        ? { is: 'cleaning', bytesRead: state.progress.bytesRead, bytesTotal: state.progress.bytesTotal, bytesWritten: state.progress.bytesWritten }
        : state,
      dirtyRatio,
      dirtyRatioMin: log.config.minCleanableDirtyRatio,
      cleanedUpTo: cleanedUpTo === undefined ? null : BigInt(cleanedUpTo),
      last: last ?? null,
    }
  }
}
