/**
 * The segments of a log as rows. Their timestamps stand in files that may be cold: those of closed segments are read in the background, a
 * segment after another, and shown as they become known.
 */

import type { Disk } from '../common/disk.ts'
import { BATCH_HEADER_BYTES, maxTimestampOf } from '../records/batch-header.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { readingInTurn } from '../log/reading.ts'
import type { Segment } from '../log/segment.ts'
import type { SegmentRow } from './contract/storage.ts'

const SEGMENTS_MAX = 200

type Times = { readonly first: number | null; readonly max: number | null }
const UNKNOWN: Times = { first: null, max: null }

export class SegmentRows {
  readonly #log: PartitionLog
  readonly #disk: Disk
  readonly #times = new WeakMap<Segment, Times>()
  #isReading = false
  #isStopped = false

  constructor(log: PartitionLog, disk: Disk) {
    this.#log = log
    this.#disk = disk
  }

  /** The newest, in offset order. */
  rows(): readonly SegmentRow[] {
    const all = this.#log.segments
    const shown = all.slice(-SEGMENTS_MAX)
    const active = all.at(-1)
    if (!this.#isReading && shown.some(segment => this.#isUnknown(segment))) void this.#readTimes(shown)
    return shown.map(segment => {
      const { first, max } = this.#times.get(segment) ?? UNKNOWN
      const isActive = segment === active
      return {
        baseOffset: BigInt(segment.baseOffset),
        sizeBytes: segment.sizeBytes,
        isActive,
        firstTimestamp: first,
        // Of the one being written it is in memory, and moves.
        maxTimestamp: isActive ? real(segment.maxTimestamp) : max,
      }
    })
  }

  stop(): void {
    this.#isStopped = true
  }

  /** An empty one has no times yet. */
  #isUnknown(segment: Segment): boolean {
    return !this.#times.has(segment) && segment.sizeBytes > 0
  }

  async #readTimes(segments: readonly Segment[]): Promise<void> {
    this.#isReading = true
    for (const segment of segments.toReversed()) {
      if (this.#isStopped) break
      if (this.#isUnknown(segment)) this.#times.set(segment, await timesOf(segment, this.#disk))
    }
    this.#isReading = false
  }
}

async function timesOf(segment: Segment, disk: Disk): Promise<Times> {
  try {
    const { timestamp } = await readingInTurn(segment.latest())
    return { first: await firstTimestampOf(segment, disk), max: real(timestamp) }
  } catch {
    // Deleted or compacted meanwhile, or its disk fails, which the log tells of when it matters: the row stays without times.
    return UNKNOWN
  }
}

/** By a file of its own: the segment's may be closed at any time. */
async function firstTimestampOf({ logPath }: Segment, disk: Disk): Promise<number | null> {
  const file = disk.openNow(logPath, 'read')
  try {
    const header = Buffer.allocUnsafe(BATCH_HEADER_BYTES)
    return (await file.read(header, 0)) === header.length ? real(maxTimestampOf(header, 0)) : null
  } finally {
    file.closeNow()
  }
}

/** -1: the records have none. */
function real(timestamp: number): number | null {
  return timestamp >= 0 ? timestamp : null
}
