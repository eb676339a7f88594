/**
 * What the scan thread does for the window: reads segment files, opens batches of all codecs, and encodes rows once into the bytes that
 * travel to the window. The same code runs in a worker and, for a disk that cannot cross threads, in process.
 */

import type { Disk } from '../../common/disk.ts'
import { SerialQueue } from '../../common/serial-queue.ts'
import { CorruptBatch } from '../../records/corrupt-batch.ts'
import { readBatch } from '../../records/record-batch.ts'
import type { MessageDetail, MessagePage, TailItem } from '../contract/messages.ts'
import { encodeValue } from '../rpc/codec.ts'
import { PartitionReader } from './partition-reader.ts'
import { type PageRequest, readPage } from './page.ts'
import { detailOf, failedDetail, inflatedBytesOf } from './rows.ts'
import { type PartitionSource, SegmentGone } from './source.ts'

export type ScanRequest =
  | ({ readonly is: 'page' } & PageRequest)
  /** New records, all of `limit` or fewer; `skipped` travels with them. */
  | ({ readonly is: 'tail'; readonly skipped: number } & PageRequest)
  | { readonly is: 'record'; readonly source: PartitionSource; readonly bytesMax: number }

export type ScanAnswer =
  /** `bytes` are the encoded MessagePage, TailItem or MessageDetail. */
  | { readonly is: 'page'; readonly bytes: Uint8Array; readonly rowCount: number; readonly isEnd: boolean; readonly next: Offsets }
  | { readonly is: 'record'; readonly bytes: Uint8Array }
  | { readonly is: 'none' }
  /** Files went away meanwhile: ask again with fresh sources. */
  | { readonly is: 'gone' }
  | { readonly is: 'unreadable'; readonly reason: string }

export type Offsets = readonly { readonly partition: number; readonly offset: number }[]

/** Where scan requests run; a request never rejects for what it finds in files, only when the thread cannot be had. */
export type Scan = {
  ask(request: ScanRequest): Promise<ScanAnswer>
  stop(): Promise<void>
}

/** Pages and tails each run one at a time: memory is that of one page, and a tail does not wait for a long page. */
export class Scanner implements Scan {
  readonly #disk: Disk
  readonly #pages = new SerialQueue()
  readonly #tails = new SerialQueue()

  constructor(disk: Disk) {
    this.#disk = disk
  }

  ask(request: ScanRequest): Promise<ScanAnswer> {
    const queue = request.is === 'tail' ? this.#tails : this.#pages
    return queue.run(() => this.#answer(request).catch(refusalOf))
  }

  async stop(): Promise<void> {
    await Promise.all([this.#pages.idle(), this.#tails.idle()])
  }

  #answer(request: ScanRequest): Promise<ScanAnswer> {
    return request.is === 'record' ? this.#record(request.source, request.bytesMax) : this.#page(request)
  }

  async #page(request: Extract<ScanRequest, PageRequest>): Promise<ScanAnswer> {
    const page = await readPage(this.#disk, request)
    const rows = page.rows.map(({ row }) => row)
    const { bytes } = request.is === 'tail'
      ? encodeValue<TailItem>({ rows, skipped: request.skipped })
      : encodeValue<MessagePage>({
        rows,
        next: page.next.map(({ partition, offset }) => ({ partition, offset: BigInt(offset) })),
        isEnd: page.isEnd,
        bounds: request.sources.map(({ partition, startOffset, endOffset }) => (
          { partition, startOffset: BigInt(startOffset), endOffset: BigInt(endOffset) }
        )),
      })
    return { is: 'page', bytes, rowCount: rows.length, isEnd: page.isEnd, next: page.next }
  }

  async #record(source: PartitionSource, bytesMax: number): Promise<ScanAnswer> {
    const found = await new PartitionReader(this.#disk, source).batchOf(source.cursor)
    if (!found) return { is: 'none' }
    const batch = readBatch(found.bytes, found.at)
    const detail = this.#detail(found, { partition: source.partition, offset: source.cursor, bytesMax })
    return detail && !batch.isControl ? { is: 'record', bytes: encodeValue<MessageDetail>(detail).bytes } : { is: 'none' }
  }

  #detail(found: { bytes: Buffer; at: number }, o: { partition: number; offset: number; bytesMax: number }): MessageDetail | null {
    const batch = readBatch(found.bytes, found.at)
    if (batch.baseOffset > o.offset) return null
    try {
      for (const record of batch.records()) {
        if (record.offset === o.offset) return detailOf(o.partition, record, batch, { bytesMax: o.bytesMax, inflatedBytes: inflatedBytesOf(found, batch) })
      }
      return null
    } catch (failure) {
      if (!(failure instanceof CorruptBatch)) throw failure
      return failedDetail(o.partition, o.offset, batch, failure.message)
    }
  }
}

function refusalOf(failure: unknown): ScanAnswer {
  if (failure instanceof SegmentGone) return { is: 'gone' }
  if (failure instanceof CorruptBatch) return { is: 'unreadable', reason: failure.message }
  // A disk's own errors carry a code; anything else is a bug, and goes to the caller whole.
  const code = (failure as NodeJS.ErrnoException).code
  if (failure instanceof Error && typeof code === 'string') return { is: 'unreadable', reason: failure.message }
  throw failure
}
