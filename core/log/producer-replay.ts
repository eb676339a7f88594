/**
 * The producers of a log as they were at an offset, out of what is on disk: the newest snapshot before it, then the batches from there on.
 * Recovery brings one to the end of the log, and makes another for each row of closed segments whose indexes it rebuilds.
 */

import type { Disk } from '../common/disk.ts'
import type { Logger } from '../common/logger.ts'
import { baseOffsetOf, lastOffsetOf, producerIdOf } from '../records/batch-header.ts'
import { scanBatches, scanHeaders } from './batch-scan.ts'
import { segmentFile } from './log-files.ts'
import { decodeProducerSnapshot } from './producer-snapshot.ts'
import { type CompletedTransaction, type ProducerState, ProducerStates } from './producer-state.ts'
import type { Segment } from './segment.ts'

export type ProducerSource = {
  readonly disk: Disk
  readonly folder: string
  readonly logger: Logger
  /** Offsets of the snapshots in the folder. */
  readonly snapshots: readonly number[]
  /** The page cache has the log: a header costs microseconds, and the records between two need not be read. */
  readonly isCached?: boolean
  readonly signal?: AbortSignal | undefined
}

export class ProducerReplay {
  readonly producers = new ProducerStates()
  /** Everything before it is in `producers`. */
  upTo: number
  /** Of the snapshot it began with; -1 without one. */
  snapshotAt = -1
  /** Snapshots that could not be read and were removed. */
  readonly damaged = new Set<number>()
  /** Producers that were met in batches. */
  readonly met = new Set<number>()
  readonly #scan: (segment: Segment, position: number, take: (bytes: Buffer, at: number, position: number) => boolean) => Promise<number>
  readonly #signal: AbortSignal | undefined

  private constructor(upTo: number, { isCached = false, signal }: ProducerSource) {
    this.upTo = upTo
    this.#scan = isCached ? scanHeaders : scanBatches
    this.#signal = signal
  }

  /** From the newest whole snapshot at or below `offset`, or from the log's first offset; damaged snapshots are removed. */
  static async load(source: ProducerSource, offset: number, firstOffset: number): Promise<ProducerReplay> {
    const { disk, folder, logger, snapshots } = source
    const replay = new ProducerReplay(firstOffset, source)
    for (const at of snapshots.filter(at => at <= offset).sort((a, b) => b - a)) {
      const path = segmentFile(folder, at, '.snapshot')
      const content = await disk.readSmall(path)
      if (content === undefined) continue // it went with its segment
      const states = decodeProducerSnapshot(content)
      if (states) {
        replay.producers.restore(states)
        replay.upTo = Math.max(at, firstOffset)
        replay.snapshotAt = at
        return replay
      }
      logger.warn('a producer snapshot is damaged and was removed', { path })
      await disk.remove(path)
      replay.damaged.add(at)
    }
    return replay
  }

  /** Notes the batch at `at` unless it was noted before; returns the transaction it completed, if any. */
  note(bytes: Buffer, at: number): CompletedTransaction | undefined {
    if (baseOffsetOf(bytes, at) < this.upTo) return undefined
    this.upTo = lastOffsetOf(bytes, at) + 1
    this.met.add(producerIdOf(bytes, at))
    return this.producers.note(bytes, at)
  }

  /** Reads the headers of a segment, and its markers, up to position `until`; indexes stay as they are. */
  async read(segment: Segment, until = segment.sizeBytes): Promise<void> {
    const from = segment.locate(Math.max(this.upTo, segment.baseOffset))
    if (from === undefined || from >= until) return
    await this.#scan(segment, from, (bytes, at, position) => {
      this.#signal?.throwIfAborted()
      if (position >= until) return false
      this.note(bytes, at)
      return true
    })
  }
}

/**
 * Snapshots that are of no segment and not of the end of the log. The newest below the first segment stays: what it tells of producers may
 * stand in no batch any more.
 */
export function straySnapshots(snapshots: readonly number[], bases: readonly number[], endOffset: number): number[] {
  const known = new Set(bases)
  const first = bases[0] ?? 0
  const newestBelow = Math.max(-1, ...snapshots.filter(at => at < first))
  return snapshots.filter(at => at > endOffset || (at !== endOffset && at !== newestBelow && !known.has(at)))
}

/**
 * Producers whose batches are gone, all of them below the first offset of the log: no replay meets them, but the newest whole snapshot tells
 * of them. What the replay knows goes before it, and a producer of the snapshot that should have been met, and was not, is of records that were lost.
 */
export async function adoptGone({ producers, met, snapshotAt }: ProducerReplay, source: ProducerSource, log: { readonly firstOffset: number; readonly endOffset: number }): Promise<void> {
  const { disk, folder, snapshots } = source
  if (log.firstOffset === 0) return
  for (const at of snapshots.filter(offset => offset > Math.max(log.firstOffset, snapshotAt) && offset <= log.endOffset).sort((a, b) => b - a)) {
    const states = decodeProducerSnapshot((await disk.readSmall(segmentFile(folder, at, '.snapshot'))) ?? Buffer.alloc(0))
    if (!states) continue
    // Those that no batch told of are of a snapshot from before the first offset: a later one knows better, of what ended meanwhile too.
    const adopted = new Map([...producers.values()].filter(({ producerId }) => met.has(producerId)).map(state => [state.producerId, state]))
    for (const state of states) {
      const known = adopted.get(state.producerId)
      const isGone = lastOffsetIn(state) < log.firstOffset
      const older = producers.get(state.producerId)
      if (!known && (isGone || older)) adopted.set(state.producerId, isGone || !older ? state : older)
      // Only a marker of its last transaction is left.
      else if (known && isGone && lastOffsetIn(known) < lastOffsetIn(state) && known.epoch === state.epoch) adopted.set(state.producerId, { ...known, batches: state.batches })
    }
    return producers.restore([...adopted.values()])
  }
}

function lastOffsetIn({ batches }: ProducerState): number {
  return batches.at(-1)?.lastOffset ?? -1
}
