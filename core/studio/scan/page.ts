/** A page: rows of several partitions merged by timestamp, then partition, then offset, each partition read as far as the page needs. */

import type { Disk } from '../../common/disk.ts'
import { PartitionReader } from './partition-reader.ts'
import type { ReadRow } from './rows.ts'
import type { PartitionSource } from './source.ts'

export type PageRequest = {
  readonly sources: readonly PartitionSource[]
  readonly direction: 'forward' | 'backward'
  readonly limit: number
  /** Bytes of cells the page may hold; it ends early beyond them. */
  readonly cellBytesMax: number
}

export type PageRead = {
  readonly rows: readonly ReadRow[]
  readonly next: readonly { readonly partition: number; readonly offset: number }[]
  readonly isEnd: boolean
}

/** File bytes one page may read before it ends early: half a second of a slow disk. */
const PAGE_READ_BYTES_MAX = 32 * 1024 * 1024
const FILL_READ_BYTES_MIN = 1024 * 1024
const CHUNK_ROWS_MIN = 8

export async function readPage(disk: Disk, request: PageRequest): Promise<PageRead> {
  const { sources, direction, limit, cellBytesMax } = request
  const comesBefore = direction === 'forward' ? isEarlier : (a: ReadRow, b: ReadRow) => isEarlier(b, a)
  // A first guess: twice each partition's even share. A partition that holds more of the page is read on, in chunks that double.
  const share = Math.min(limit, Math.max(CHUNK_ROWS_MIN, Math.ceil((2 * limit) / Math.max(1, sources.length))))
  const lanes = sources.map(source => new Lane(new PartitionReader(disk, source), source, { direction, share: sources.length === 1 ? limit : share }))
  const rows: ReadRow[] = []
  let [bytesRead, cellBytes] = [0, 0]
  for (const lane of lanes) bytesRead += await lane.fill(leftOf(bytesRead))
  while (rows.length < limit && cellBytes < cellBytesMax) {
    const dry = lanes.find(lane => lane.needsFill)
    if (dry) {
      if (bytesRead >= PAGE_READ_BYTES_MAX && rows.length > 0) break
      bytesRead += await dry.fill(leftOf(bytesRead))
      continue
    }
    const lane = firstOf(lanes, comesBefore)
    const row = lane?.take()
    if (!row) break
    rows.push(row)
    cellBytes += row.cellBytes
  }
  return {
    rows,
    next: lanes.map(lane => ({ partition: lane.partition, offset: lane.cursor })),
    isEnd: lanes.every(lane => lane.isDone),
  }
}

/** What is left of the page's budget; enough for one piece in any case, so that every partition has a first row to merge by. */
function leftOf(bytesRead: number): number {
  return Math.max(FILL_READ_BYTES_MIN, PAGE_READ_BYTES_MAX - bytesRead)
}

/** One partition's rows on their way into the page. */
class Lane {
  readonly partition: number
  readonly #reader: PartitionReader
  readonly #direction: 'forward' | 'backward'
  #rows: readonly ReadRow[] = []
  #at = 0
  #next: number
  #chunk: number
  #isRead: boolean
  /** The source ends here though the partition goes on: the page ends when this lane would be needed. */
  #isStuck = false

  constructor(reader: PartitionReader, source: PartitionSource, o: { direction: 'forward' | 'backward'; share: number }) {
    this.partition = source.partition
    this.#reader = reader
    this.#direction = o.direction
    this.#next = Math.min(Math.max(source.cursor, source.startOffset), source.endOffset)
    this.#chunk = o.share
    this.#isRead = o.direction === 'forward' ? this.#next >= source.endOffset : this.#next <= source.startOffset
  }

  get head(): ReadRow | undefined {
    return this.#rows[this.#at]
  }

  get needsFill(): boolean {
    return !this.head && !this.#isRead && !this.#isStuck
  }

  /** Whether a merge must stop: what comes next in this partition is not known. */
  get isStuck(): boolean {
    return !this.head && this.#isStuck
  }

  get isDone(): boolean {
    return !this.head && this.#isRead
  }

  /** Where the partition goes on after the rows that were taken. */
  get cursor(): number {
    if (!this.head) return this.#next
    return this.#direction === 'forward' ? this.head.offset : this.head.offset + 1
  }

  take(): ReadRow | undefined {
    const row = this.head
    this.#at++
    return row
  }

  /** Reads the next chunk; returns the file bytes it took. */
  async fill(bytesMax: number): Promise<number> {
    if (!this.needsFill) return 0
    const chunk = await this.#reader[this.#direction](this.#next, this.#chunk, bytesMax)
    this.#isStuck = !chunk.isEnd && chunk.rows.length === 0
    this.#rows = chunk.rows
    this.#at = 0
    this.#next = chunk.next
    this.#isRead = chunk.isEnd
    this.#chunk *= 2
    return chunk.bytesRead
  }
}

function firstOf(lanes: readonly Lane[], comesBefore: (a: ReadRow, b: ReadRow) => boolean): Lane | undefined {
  let first: Lane | undefined
  for (const lane of lanes) {
    if (lane.isStuck) return undefined
    if (lane.head && (!first?.head || comesBefore(lane.head, first.head))) first = lane
  }
  return first
}

function isEarlier(a: ReadRow, b: ReadRow): boolean {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp
  if (a.row.partition !== b.row.partition) return a.row.partition < b.row.partition
  return a.offset < b.offset
}
