/** Rows of one partition, a chunk at a time, forward or backward, reading little more than the chunk needs. */

import type { Disk } from '../../common/disk.ts'
import { lastOffsetOf } from '../../records/batch-header.ts'
import { readBatch } from '../../records/record-batch.ts'
import { type ReadRow, rowsOf } from './rows.ts'
import { type BatchBytes, SegmentReader } from './segment-reader.ts'
import type { PartitionSource, SegmentSource } from './source.ts'

export type Chunk = {
  /** In reading order: offsets rise forward and fall backward. */
  readonly rows: readonly ReadRow[]
  /** Where the next chunk starts, in the sense of the cursor. */
  readonly next: number
  /** Nothing is left in this direction. */
  readonly isEnd: boolean
  readonly bytesRead: number
}

export class PartitionReader {
  readonly #disk: Disk
  readonly #source: PartitionSource
  #bytesRead = 0

  constructor(disk: Disk, source: PartitionSource) {
    this.#disk = disk
    this.#source = source
  }

  /** At most `count` rows from `from` on; stops early, with at least one row, once `bytesMax` were read. */
  async forward(from: number, count: number, bytesMax: number): Promise<Chunk> {
    const { partition, startOffset, endOffset, coveredTo } = this.#source
    this.#bytesRead = 0
    const start = Math.max(from, startOffset)
    const rows: ReadRow[] = []
    let next = Math.max(start, coveredTo)
    await this.#eachBatch(start, coveredTo, batch => {
      rows.push(...rowsOf(batch, { partition, from: start, to: coveredTo, limit: count - rows.length }))
      const isFull = rows.length >= count
      if (!isFull && (rows.length === 0 || this.#bytesRead < bytesMax)) return true
      next = isFull ? (rows.at(-1)?.offset ?? start) + 1 : lastOffsetOf(batch.bytes, batch.at) + 1
      return false
    })
    return { rows, next, isEnd: next >= endOffset, bytesRead: this.#bytesRead }
  }

  /** At most `count` rows before `before`, the newest first; fewer where `bytesMax` would not reach for more than one. */
  async backward(before: number, count: number, bytesMax: number): Promise<Chunk> {
    const { partition, startOffset, coveredFrom, coveredTo } = this.#source
    this.#bytesRead = 0
    const lowest = Math.max(startOffset, coveredFrom)
    let end = Math.min(before, coveredTo)
    let span = count
    const rows: ReadRow[] = []
    // Compaction leaves gaps: while a span holds no row, one twice as long before it is read.
    while (end > lowest && rows.length === 0 && this.#bytesRead < bytesMax) {
      const from = Math.max(lowest, this.#affordable(end, span, bytesMax))
      const to = end
      await this.#eachBatch(from, to, batch => void rows.push(...rowsOf(batch, { partition, from, to, limit: to - from })))
      end = from
      span *= 2
    }
    const newest = rows.reverse()
    if (newest.length > count) end = (newest[count - 1]?.offset ?? end)
    return { rows: newest.slice(0, count), next: end, isEnd: end <= startOffset, bytesRead: this.#bytesRead }
  }

  /** The batch that holds `offset`, or the next one after it; null when there is none. */
  async batchOf(offset: number): Promise<BatchBytes | null> {
    let found: BatchBytes | null = null
    await this.#eachBatch(offset, this.#source.coveredTo, batch => {
      found = batch
      return false
    })
    return found
  }

  /** The offset to start from so that reading up to `end` stays about within `bytesMax`: `span` back, or fewer where records are large. */
  #affordable(end: number, span: number, bytesMax: number): number {
    const segment = this.#segmentOf(end - 1)
    if (!segment) return end - span
    return withReader(this.#disk, segment, reader => {
      const endPosition = reader.positionBefore(end - 1)
      let length = span
      while (length > 1) {
        const from = end - length
        const position = from > segment.baseOffset ? reader.positionBefore(from) : 0
        if (endPosition - position <= bytesMax) break
        length = Math.ceil(length / 2)
      }
      return end - length
    })
  }

  /** Goes through the batches that hold offsets of `from <= offset < to`, until `take` answers false. */
  async #eachBatch(from: number, to: number, take: (batch: BatchBytes) => boolean | void): Promise<void> {
    for (const [index, segment] of this.#source.segments.entries()) {
      const after = this.#source.segments[index + 1]?.baseOffset ?? Infinity
      if (after <= from) continue
      if (segment.baseOffset >= to) return
      const reader = SegmentReader.open(this.#disk, segment)
      try {
        for await (const batch of reader.batchesFrom(reader.positionBefore(from))) {
          const facts = readBatch(batch.bytes, batch.at)
          this.#bytesRead += facts.sizeBytes
          if (facts.lastOffset < from) continue
          if (facts.baseOffset >= to || take(batch) === false) return
        }
      } finally {
        reader.close()
      }
    }
  }

  #segmentOf(offset: number): SegmentSource | undefined {
    return this.#source.segments.findLast(segment => segment.baseOffset <= offset)
  }
}

function withReader<T>(disk: Disk, segment: SegmentSource, use: (reader: SegmentReader) => T): T {
  const reader = SegmentReader.open(disk, segment)
  try {
    return use(reader)
  } finally {
    reader.close()
  }
}
