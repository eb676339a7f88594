/** Records of the window fixture: made from their offsets, so that any page can be had without storing one. */

import type { StudioContract } from '../../core/studio/contract/index.ts'
import type { Cell, Cursor, MessageDetail, MessageRow } from '../../core/studio/contract/messages.ts'
import type { Implementation } from '../../core/studio/rpc/serve.ts'

const NOW = 1_795_528_931_482n
const MS_PER_RECORD = 5n

/** `endOf` gives the end offset of a partition, null when there is none; every partition starts at 0. */
export function fixtureMessages(endOf: (topic: string, partition: number) => bigint | null): Implementation<StudioContract>['messages'] {
  const partitionsOf = (topic: string): number[] =>
    Array.from({ length: 100 }, (_, partition) => partition).filter(partition => endOf(topic, partition) !== null)
  const end = (topic: string, partition: number): bigint => endOf(topic, partition) ?? 0n
  return {
    locate: ({ topic, partitions, at }) =>
      (partitions ?? partitionsOf(topic)).map(partition => {
        const last = end(topic, partition)
        const offset =
          at.is === 'start' ? 0n : at.is === 'offset' ? at.offset : at.is === 'time' ? last - (NOW - at.timestamp) / MS_PER_RECORD : last
        return { partition, offset: offset < 0n ? 0n : offset > last ? last : offset }
      }),
    page({ topic, cursor, direction, limit }) {
      const bounds = cursor.map(({ partition }) => ({ partition, startOffset: 0n, endOffset: end(topic, partition) }))
      const each = Math.max(1, Math.ceil(limit / Math.max(1, cursor.length)))
      const rows = cursor.flatMap(({ partition, offset }) =>
        direction === 'forward'
          ? steps(each)
              .map(step => offset + step)
              .filter(at => at < end(topic, partition))
              .map(at => rowOf(partition, at, end(topic, partition)))
          : steps(each)
              .map(step => offset - 1n - step)
              .filter(at => at >= 0n)
              .map(at => rowOf(partition, at, end(topic, partition))),
      )
      const next: Cursor = cursor.map(({ partition, offset }) => {
        const took = BigInt(rows.filter(row => row.partition === partition).length)
        return { partition, offset: direction === 'forward' ? offset + took : offset - took }
      })
      const order = direction === 'forward' ? 1 : -1
      return {
        rows: rows.sort((a, b) => Number(a.timestamp - b.timestamp) * order || (a.partition - b.partition) * order),
        next,
        bounds,
        isEnd: next.every(({ partition, offset }) => (direction === 'forward' ? offset >= end(topic, partition) : offset <= 0n)),
      }
    },
    record: ({ topic, partition, offset }) => detailOf(rowOf(partition, offset, end(topic, partition))),
    tail(_, sink) {
      let offset = 10_000_000n
      const timer = setInterval(() => {
        const rows = [0, 1, 2].map(partition => ({ ...rowOf(partition, offset, offset), timestamp: BigInt(Date.now()) }))
        if (sink.send({ rows, skipped: offset % 20n === 0n ? 434 : 0 })) offset++
      }, 400)
      sink.onClose(() => clearInterval(timer))
    },
    produce: ({ topic, partition }) => ({ partition: partition ?? 0, offset: end(topic, partition ?? 0), tookMs: 2.1 }),
  }
}

function steps(count: number): bigint[] {
  return Array.from({ length: count }, (_, index) => BigInt(index))
}

function rowOf(partition: number, offset: bigint, end: bigint): MessageRow {
  const key = `eu-${((offset * 7919n) % 90_000n) + 10_000n}`
  const value = valueOf(partition, offset, key)
  const cell: Cell =
    offset % 23n === 0n
      ? { is: 'null' }
      : offset % 19n === 0n
        ? { is: 'hex', text: '00000000010e7468696e6700ff', sizeBytes: 13, restBytes: 0 }
        : { is: 'json', text: value, sizeBytes: value.length, restBytes: 0 }
  return {
    partition,
    offset,
    timestamp: NOW - (end - offset) * MS_PER_RECORD,
    timestampType: 'create',
    key: { is: 'text', text: key, sizeBytes: key.length, restBytes: 0 },
    value: cell,
    headerCount: 2,
    sizeBytes: key.length + value.length,
  }
}

function valueOf(partition: number, offset: bigint, key: string): string {
  const state = ['PAID', 'FAILED', 'PENDING', 'REFUNDED'][Number(offset % 4n)]
  const ids = `"order_id":"o-${offset.toString(16).toUpperCase()}","user_id":"${key}","amount":${partition * 100}.50,"status":"${state}"`
  return `{${ids},"basket_id":9007199254740993,"items":[{"sku":"desk-90","qty":1}],"coupon":null}`
}

function detailOf(row: MessageRow): MessageDetail {
  const text = row.key.is === 'text' ? row.key.text : ''
  const value = row.value.is === 'json' ? Buffer.from(row.value.text) : row.value.is === 'hex' ? Buffer.from(row.value.text, 'hex') : null
  return {
    row,
    headers: [
      { name: 'trace-id', value: { is: 'text', text: '4bf92f3577b34da6', sizeBytes: 16, restBytes: 0 } },
      { name: 'retry-of', value: { is: 'null' } },
    ],
    batch: {
      baseOffset: row.offset - 3n,
      recordCount: 41,
      codec: 'lz4',
      sizeBytes: 6100,
      inflatedBytes: 14_000,
      producerId: 4001n,
      producerEpoch: 0,
      baseSequence: 18_230,
      isTransactional: false,
      leaderEpoch: 0,
    },
    keyBytes: Buffer.from(text),
    valueBytes: value,
    keySizeBytes: text.length,
    valueSizeBytes: value?.length ?? 0,
    decoder: row.value.is === 'json' ? 'JSON, by shape' : 'bytes',
  }
}
