/** Reading records: pages around a cursor, whole records, live tail; and producing one. */

import * as v from 'valibot'
import { call, stream } from './contract.ts'

/** A key, value or header as a list cell shows it: text is bounded, `restBytes` says what was left out. */
export type Cell =
  | { readonly is: 'null' }
  | { readonly is: 'json' | 'text'; readonly text: string; readonly sizeBytes: number; readonly restBytes: number }
  /** Lower-case hex, two digits a byte, no spaces. */
  | { readonly is: 'hex'; readonly text: string; readonly sizeBytes: number; readonly restBytes: number }
  /** The batch could not be opened; the reason is one line. */
  | { readonly is: 'failed'; readonly reason: string }

export type MessageRow = {
  readonly partition: number
  readonly offset: bigint
  /** Milliseconds since the epoch; -1 when the producer gave none. */
  readonly timestamp: bigint
  readonly timestampType: 'create' | 'append'
  readonly key: Cell
  readonly value: Cell
  readonly headerCount: number
  /** Key, value and headers, uncompressed. */
  readonly sizeBytes: number
}

export type MessageHeader = { readonly name: string; readonly value: Cell }

export type BatchFacts = {
  readonly baseOffset: bigint
  readonly recordCount: number
  readonly codec: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly sizeBytes: number
  /** Of the records once opened; equal to the stored bytes when not compressed. */
  readonly inflatedBytes: number
  /** null when the producer is not idempotent. */
  readonly producerId: bigint | null
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly isTransactional: boolean
  readonly leaderEpoch: number
}

export type MessageDetail = {
  /** Its key and value hold up to 256 KiB of text, less when `bytesMax` is less; the bytes below hold the rest. */
  readonly row: MessageRow
  readonly headers: readonly MessageHeader[]
  readonly batch: BatchFacts
  /** Raw bytes, at most the asked bound; null for a null key or value. */
  readonly keyBytes: Uint8Array | null
  readonly valueBytes: Uint8Array | null
  readonly keySizeBytes: number
  readonly valueSizeBytes: number
  /** Why the value is shown as it is: 'JSON, by shape', 'UTF-8 text', 'bytes'. */
  readonly decoder: string
}

const bytes = v.custom<Uint8Array>(value => value instanceof Uint8Array, 'expected bytes')
const partitions = v.nullable(v.array(v.pipe(v.number(), v.integer(), v.minValue(0))))

/** Where to start reading. A time is ms since the epoch: the first record at or after it in each partition. */
export const position = v.variant('is', [
  v.object({ is: v.literal('start') }),
  v.object({ is: v.literal('end') }),
  v.object({ is: v.literal('offset'), offset: v.bigint() }),
  v.object({ is: v.literal('time'), timestamp: v.bigint() }),
])
export type Position = v.InferOutput<typeof position>

/** One offset per partition: the next record to read forward, or the one after the next to read backward. */
export const cursor = v.array(v.object({ partition: v.pipe(v.number(), v.integer()), offset: v.bigint() }))
export type Cursor = v.InferOutput<typeof cursor>

export type MessagePage = {
  /** In reading order of the direction: backward pages have the newest first. */
  readonly rows: readonly MessageRow[]
  /** Where this page ends: pass it to go on in the same direction. */
  readonly next: Cursor
  /** No more rows in this direction now. */
  readonly isEnd: boolean
  /** Start and end offsets of each partition as of this page. */
  readonly bounds: readonly { readonly partition: number; readonly startOffset: bigint; readonly endOffset: bigint }[]
}

export type TailItem = { readonly rows: readonly MessageRow[]; readonly skipped: number }

export const messages = {
  /** The cursor of a position; offsets outside a partition are moved to its nearest end. `partitions` null means all. */
  locate: call<Cursor>()(v.object({ topic: v.string(), partitions, at: position })),
  /** Rows from a cursor, at most `limit` (500), merged over partitions by timestamp, then partition, then offset. */
  page: call<MessagePage>()(v.object({
    topic: v.string(),
    cursor,
    direction: v.picklist(['forward', 'backward']),
    limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(500)),
  })),
  /** One record, whole up to `bytesMax` of key and of value (default 256 KiB, at most 10 MiB); NOT_FOUND when retention took it. */
  record: call<MessageDetail>()(v.object({
    topic: v.string(),
    partition: v.pipe(v.number(), v.integer()),
    offset: v.bigint(),
    bytesMax: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10 * 1024 * 1024)), 256 * 1024),
  })),
  /** New records from now on. When the window or the decoder cannot keep up, an item says how many were skipped before its rows. */
  tail: stream<TailItem>()(v.object({ topic: v.string(), partitions, from: v.optional(cursor) })),
  /**
   * Writes one record as a producer with acks=all would; fails with Kafka's code. `partition` null: by murmur2 of the key as Kafka's
   * default partitioner, round robin without a key. A null value is a tombstone. `timestamp` null: now.
   */
  produce: call<{ readonly partition: number; readonly offset: bigint; readonly tookMs: number }>()(v.object({
    topic: v.string(),
    partition: v.nullable(v.pipe(v.number(), v.integer())),
    key: v.nullable(bytes),
    value: v.nullable(bytes),
    headers: v.array(v.object({ name: v.string(), value: v.nullable(bytes) })),
    timestamp: v.nullable(v.bigint()),
  })),
}
