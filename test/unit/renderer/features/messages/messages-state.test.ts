import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Cursor, MessageRow } from '../../../../../core/studio/contract/messages.ts'
import {
  addNewer,
  addOlder,
  addSkipped,
  addTail,
  cursorAtShare,
  emptyWindow,
  newerCount,
  windowShare,
  type MessageWindow,
  type Order,
} from '../../../../../renderer/features/messages/messages-state.ts'
import { EMPTY_TAIL, holdTail, TAIL_ROWS_HELD, takeTail } from '../../../../../renderer/features/messages/tail-buffer.ts'

const row = (partition: number, offset: number, timestamp = offset): MessageRow => ({
  partition,
  offset: BigInt(offset),
  timestamp: BigInt(timestamp),
  timestampType: 'create',
  key: { is: 'null' },
  value: { is: 'null' },
  headerCount: 0,
  sizeBytes: 0,
})
const cursorAt = (...offsets: number[]): Cursor => offsets.map((offset, partition) => ({ partition, offset: BigInt(offset) }))
const keys = (window: MessageWindow): string[] =>
  window.entries.map(entry => (entry.is === 'record' ? entry.key : `${entry.count} skipped`))

/** A topic that answers pages as the engine does: merged by timestamp, then partition, then offset. */
function page(log: readonly (readonly MessageRow[])[], cursor: Cursor, direction: 'forward' | 'backward', limit: number) {
  const next = new Map(cursor.map(({ partition, offset }) => [partition, Number(offset)]))
  const rows: MessageRow[] = []
  const order = (a: MessageRow, b: MessageRow): number =>
    Number(a.timestamp - b.timestamp) || a.partition - b.partition || Number(a.offset - b.offset)
  while (rows.length < limit) {
    const heads = log
      .flatMap((records, partition) => records[direction === 'forward' ? (next.get(partition) ?? 0) : (next.get(partition) ?? 0) - 1] ?? [])
      .sort(order)
    const head = direction === 'forward' ? heads[0] : heads.at(-1)
    if (!head) break
    rows.push(head)
    next.set(head.partition, Number(head.offset) + (direction === 'forward' ? 1 : 0))
  }
  const isEnd = log.every((records, partition) =>
    direction === 'forward' ? (next.get(partition) ?? 0) >= records.length : (next.get(partition) ?? 0) <= 0,
  )
  return { rows, next: [...next].map(([partition, offset]) => ({ partition, offset: BigInt(offset) })), isEnd }
}

const older = (window: MessageWindow, log: readonly (readonly MessageRow[])[], limit: number, max: number): MessageWindow =>
  addOlder(window, page(log, window.low.cursor, 'backward', limit), max)
const newer = (window: MessageWindow, log: readonly (readonly MessageRow[])[], limit: number, max: number): MessageWindow =>
  addNewer(window, page(log, window.high.cursor, 'forward', limit), max)

test('from the end the newest stand first and reading on adds older ones below', () => {
  const log = [
    [row(0, 0, 1), row(0, 1, 4)],
    [row(1, 0, 2), row(1, 1, 3)],
  ]
  const first = older(emptyWindow('newest', cursorAt(2, 2)), log, 3, 100)
  expect(keys(first)).toEqual(['0:1', '1:1', '1:0'])
  const second = older(first, log, 3, 100)
  expect(keys(second)).toEqual(['0:1', '1:1', '1:0', '0:0'])
  expect(second.low.isEnd).toBe(true)
})

test('from an offset rows stand in reading order, and older ones are read in above', () => {
  const log = [Array.from({ length: 9 }, (_, offset) => row(0, offset))]
  const first = newer(emptyWindow('oldest', cursorAt(4)), log, 3, 100)
  expect(keys(first)).toEqual(['0:4', '0:5', '0:6'])
  expect(keys(older(first, log, 2, 100))).toEqual(['0:2', '0:3', '0:4', '0:5', '0:6'])
})

test('the window is bounded: the far end goes and is read again from its edge', () => {
  const log = [Array.from({ length: 20 }, (_, offset) => row(0, offset))]
  let window = emptyWindow('newest', cursorAt(20))
  for (let turn = 0; turn < 4; turn++) window = older(window, log, 4, 8)
  expect(keys(window)).toEqual(['0:11', '0:10', '0:9', '0:8', '0:7', '0:6', '0:5', '0:4'])
  expect(window.high).toEqual({ cursor: cursorAt(12), isEnd: false })
  expect(keys(newer(window, log, 4, 8))).toEqual(['0:15', '0:14', '0:13', '0:12', '0:11', '0:10', '0:9', '0:8'])
})

test('however one moves, each partition stands in order, without holes and without doubles, and both ends are reached', () => {
  const logs = fc
    .array(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 25 }), { minLength: 1, maxLength: 4 })
    .map(times => times.map((partition, index) => partition.map((time, offset) => row(index, offset, time))))
  fc.assert(
    fc.property(logs, fc.constantFrom<Order>('newest', 'oldest'), fc.array(fc.boolean(), { maxLength: 40 }), (log, order, moves) => {
      let window = emptyWindow(order, cursorAt(...log.map(records => records.length >> 1)))
      for (const isOlder of moves) {
        window = isOlder ? older(window, log, 3, 10) : newer(window, log, 3, 10)
        expect(window.entries.length).toBeLessThanOrEqual(10)
        for (const [partition, records] of log.entries()) {
          const here = window.entries.flatMap(entry =>
            entry.is === 'record' && entry.row.partition === partition ? [Number(entry.row.offset)] : [],
          )
          const rising = order === 'newest' ? here.toReversed() : here
          const low = Number(window.low.cursor[partition]?.offset)
          const high = Number(window.high.cursor[partition]?.offset)
          expect(rising).toEqual(records.slice(low, high).map(record => Number(record.offset)))
        }
      }
      for (let turn = 0; turn < 60; turn++) window = older(window, log, 3, 10)
      expect(window.low.isEnd).toBe(true)
      for (let turn = 0; turn < 60; turn++) window = newer(window, log, 3, 10)
      expect(window.high.isEnd).toBe(true)
    }),
  )
})

test('new records come in at the top, with a line where some were skipped', () => {
  const window = older(emptyWindow('newest', cursorAt(2)), [[row(0, 0), row(0, 1)]], 10, 100)
  const tailed = addTail(addTail(window, { rows: [row(0, 2)], skipped: 0, seen: cursorAt(3) }), {
    rows: [row(0, 9)],
    skipped: 6,
    seen: cursorAt(10),
  })
  expect(keys(tailed)).toEqual(['0:9', '6 skipped', '0:2', '0:1', '0:0'])
  expect(tailed.entries[1]).toMatchObject({ after: 2n, before: 9n })
  expect(tailed.high).toEqual({ cursor: cursorAt(10), isEnd: true })
})

test('two skips without a row between them are one line', () => {
  const window = addSkipped(addSkipped(emptyWindow('newest', cursorAt(0)), 3, null), 4, 9n)
  expect(keys(window)).toEqual(['7 skipped'])
})

test('when a line of skipped records is dropped at the far end, reading on gives the records themselves', () => {
  const log = [Array.from({ length: 12 }, (_, offset) => row(0, offset))]
  const first = older(emptyWindow('newest', cursorAt(2)), log, 10, 4)
  const tailed = addTail(first, { rows: [row(0, 9), row(0, 10), row(0, 11)], skipped: 7, seen: cursorAt(12) }, 4)
  expect(keys(tailed)).toEqual(['0:11', '0:10', '0:9'])
  expect(keys(older(tailed, log, 2, 10))).toEqual(['0:11', '0:10', '0:9', '0:8', '0:7'])
})

test('a record that the tail repeats is not shown twice', () => {
  const window = older(emptyWindow('newest', cursorAt(2)), [[row(0, 0), row(0, 1)]], 10, 100)
  expect(keys(addTail(window, { rows: [row(0, 1), row(0, 2)], skipped: 0, seen: cursorAt(3) }))).toEqual(['0:2', '0:1', '0:0'])
})

test('what is not shown yet is counted from the ends of the partitions', () => {
  expect(
    newerCount(cursorAt(5, 7), [
      { partition: 0, endOffset: 9n },
      { partition: 1, endOffset: 7n },
      { partition: 2, endOffset: 50n },
    ]),
  ).toBe(4)
})

test('a bar beside the list says where in the topic it is', () => {
  const window = {
    ...emptyWindow('newest', []),
    low: { cursor: cursorAt(50), isEnd: false },
    high: { cursor: cursorAt(100), isEnd: false },
  }
  expect(windowShare(window, [{ partition: 0, startOffset: 0n, endOffset: 200n }])).toEqual({ from: 0.25, to: 0.5 })
  expect(windowShare(window, [{ partition: 0, startOffset: 100n, endOffset: 100n }])).toBeNull()
})

test('a place on that bar is a cursor', () => {
  const bounds = [
    { partition: 0, startOffset: 100n, endOffset: 200n },
    { partition: 1, startOffset: 0n, endOffset: 0n },
  ]
  expect(cursorAtShare(bounds, 0.25)).toEqual([
    { partition: 0, offset: 125n },
    { partition: 1, offset: 0n },
  ])
  expect(cursorAtShare(bounds, 7)[0]).toEqual({ partition: 0, offset: 200n })
})

test('few new records go in as they come', () => {
  const buffer = holdTail(holdTail(EMPTY_TAIL, { rows: [row(0, 4)], skipped: 0 }), { rows: [row(1, 8)], skipped: 0 })
  expect(takeTail(buffer)).toEqual({
    rows: [row(0, 4), row(1, 8)],
    skipped: 0,
    seen: [
      { partition: 0, offset: 5n },
      { partition: 1, offset: 9n },
    ],
  })
})

test('of many, the newest of each partition go in and the rest is counted', () => {
  const rows = Array.from({ length: 90 }, (_, index) => row(index % 3, Math.floor(index / 3)))
  const taken = takeTail(holdTail(EMPTY_TAIL, { rows, skipped: 10 }))
  expect(taken.rows.map(({ partition }) => partition).filter(partition => partition === 2)).toHaveLength(6)
  expect(taken.rows.at(-1)).toEqual(row(2, 29))
  expect(taken.skipped + taken.rows.length).toBe(100)
})

test('what waits is bounded, and nothing is lost from the count', () => {
  let buffer = EMPTY_TAIL
  for (let turn = 0; turn < 10; turn++)
    buffer = holdTail(buffer, { rows: Array.from({ length: 200 }, (_, index) => row(0, turn * 200 + index)), skipped: turn === 5 ? 7 : 0 })
  expect(buffer.rows).toHaveLength(TAIL_ROWS_HELD)
  expect(buffer.rows.length + buffer.skipped).toBe(2007)
  expect(buffer.seen).toEqual([{ partition: 0, offset: 2000n }])
})
