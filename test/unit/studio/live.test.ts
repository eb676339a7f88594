import { expect, test } from 'vitest'
import { silentLogger } from '../../../core/common/logger.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import type { ListItem } from '../../../core/studio/contract/contract.ts'
import { History, HISTORY_POINTS_MAX, Rate } from '../../../core/studio/rates.ts'
import { LiveList } from '../../../core/studio/live-list.ts'
import { followValue } from '../../../core/studio/live-value.ts'
import { Pulse, PULSE_MS } from '../../../core/studio/pulse.ts'
import { RingFeed } from '../../../core/studio/ring-feed.ts'
import type { Encoded } from '../../../core/studio/rpc/codec.ts'
import type { Sink } from '../../../core/studio/rpc/serve.ts'
import type { StudioFailure } from '../../../core/studio/contract/contract.ts'

/** The sending end of a stream whose reader grants by hand. */
function handSink<T>(credit: number) {
  const closes: (() => void)[] = []
  let onReady = (): void => {}
  const state = { credit, items: [] as T[], ended: undefined as StudioFailure | undefined, isOver: false }
  const sink: Sink<T> = {
    get isOver() { return state.isOver },
    ready: () => state.credit > 0 && !state.isOver,
    send(item: T | Encoded<T>) {
      if (!sink.ready()) return false
      state.credit--
      state.items.push(item as T)
      return true
    },
    onReady(run) { onReady = run },
    onClose: run => void closes.push(run),
    end(failure) { state.ended = failure; close() },
  }
  const close = (): void => { state.isOver = true; for (const run of closes.splice(0)) run() }
  return { sink, state, close, grant(count: number) { state.credit += count; onReady() } }
}

type Row = { readonly name: string; readonly count: number }
function openList(rows: Row[]) {
  const clock = new SimulatedClock()
  const pulse = new Pulse(clock, silentLogger)
  let computed = 0
  const list = new LiveList<Row>({ pulse, keyOf: row => row.name, compute: () => { computed++; return rows.map(row => ({ ...row })) } })
  return { clock, list, computed: () => computed }
}

test('a list is a snapshot, then only the rows that changed, on the beat', () => {
  const rows: Row[] = [{ name: 'a', count: 1 }, { name: 'b', count: 1 }]
  const { clock, list } = openList(rows)
  const reader = handSink<ListItem<Row>>(10)
  list.subscribe(reader.sink)
  rows[1] = { name: 'b', count: 2 }
  rows.push({ name: 'c', count: 1 })
  rows.shift()
  expect(reader.state.items).toEqual([{ is: 'snapshot', rows: [{ name: 'a', count: 1 }, { name: 'b', count: 1 }] }])
  clock.advance(PULSE_MS)
  clock.advance(10 * PULSE_MS)
  expect(reader.state.items.slice(1)).toEqual([{ is: 'changes', upserts: [{ name: 'b', count: 2 }, { name: 'c', count: 1 }], removed: ['a'] }])
})

test('a reader without credit gets the latest of each row once it has some, and rows are computed once for all readers', () => {
  const rows: Row[] = [{ name: 'a', count: 0 }]
  const { clock, list, computed } = openList(rows)
  const [quick, slow] = [handSink<ListItem<Row>>(1000), handSink<ListItem<Row>>(1)]
  list.subscribe(quick.sink)
  list.subscribe(slow.sink)
  const before = computed()
  for (let count = 1; count <= 8; count++) {
    rows[0] = { name: 'a', count }
    clock.advance(PULSE_MS)
  }
  expect(computed() - before).toBe(8)
  expect(quick.state.items).toHaveLength(9)
  expect(slow.state.items).toHaveLength(1)
  slow.grant(2)
  expect(slow.state.items.slice(1)).toEqual([{ is: 'changes', upserts: [{ name: 'a', count: 8 }], removed: [] }])
})

test('a long list comes in items of at most 500 rows', () => {
  const rows = Array.from({ length: 1200 }, (_, index): Row => ({ name: `${index}`, count: index }))
  const { list } = openList(rows)
  const reader = handSink<ListItem<Row>>(2)
  list.subscribe(reader.sink)
  reader.grant(5)
  expect(reader.state.items.map(item => (item.is === 'snapshot' ? item.rows.length : item.upserts.length))).toEqual([500, 500, 200])
})

test('a list of thousands is computed once a second, and rows that stand still are not looked at', () => {
  const rows = Array.from({ length: 1200 }, (_, index): Row => ({ name: `${index}`, count: index }))
  const clock = new SimulatedClock()
  let [computed, keys] = [0, 0]
  const list = new LiveList<Row>({ pulse: new Pulse(clock, silentLogger), keyOf: row => { keys++; return row.name }, compute: () => { computed++; return rows } })
  const reader = handSink<ListItem<Row>>(10)
  list.subscribe(reader.sink)
  ;[computed, keys] = [0, 0]
  clock.advance(8 * PULSE_MS)
  expect([computed, keys]).toEqual([2, 0])
  rows[7] = { name: '7', count: -1 }
  clock.advance(4 * PULSE_MS)
  expect(reader.state.items.at(-1)).toEqual({ is: 'changes', upserts: [{ name: '7', count: -1 }], removed: [] })
})

test('a row that goes and comes again between two items is sent as it is, and one that only goes is removed', () => {
  const rows: Row[] = [{ name: 'a', count: 1 }, { name: 'b', count: 1 }]
  const { clock, list } = openList(rows)
  const reader = handSink<ListItem<Row>>(1)
  list.subscribe(reader.sink)
  const other = handSink<ListItem<Row>>(100)
  list.subscribe(other.sink)
  rows.length = 0
  clock.advance(PULSE_MS)
  rows.push({ name: 'a', count: 2 })
  clock.advance(PULSE_MS)
  reader.grant(1)
  expect(reader.state.items.at(-1)).toEqual({ is: 'changes', upserts: [{ name: 'a', count: 2 }], removed: ['b'] })
})

test('nothing runs when nobody listens', () => {
  const { clock, list, computed } = openList([])
  const reader = handSink<ListItem<Row>>(10)
  list.subscribe(reader.sink)
  reader.close()
  const before = computed()
  clock.advance(10 * PULSE_MS)
  expect(computed()).toBe(before)
  expect(clock.pendingCount).toBe(0)
})

test('a value is sent when it has changed, at most once a beat, and its end ends the stream', () => {
  const clock = new SimulatedClock()
  let value: { count: number } | null = { count: 1 }
  const reader = handSink<{ count: number }>(10)
  followValue(reader.sink, new Pulse(clock, silentLogger), () => (value ? { value: { ...value } } : { end: { code: 'NOT_FOUND', message: 'gone' } }))
  clock.advance(3 * PULSE_MS)
  value = { count: 2 }
  value = { count: 3 }
  clock.advance(PULSE_MS)
  expect(reader.state.items).toEqual([{ count: 1 }, { count: 3 }])
  value = null
  clock.advance(PULSE_MS)
  expect(reader.state.ended).toEqual({ code: 'NOT_FOUND', message: 'gone' })
  expect(clock.pendingCount).toBe(0)
})

test('a ring gives what it keeps, then what is new, and a reader that falls behind misses only the oldest', () => {
  const ring = new RingFeed<number>(3)
  for (const item of [1, 2, 3, 4]) ring.add(item)
  const reader = handSink<readonly number[]>(1)
  ring.subscribe(reader.sink)
  for (const item of [5, 6, 7, 8]) { ring.add(item); ring.flush() }
  reader.grant(1)
  reader.grant(1)
  ring.add(9)
  ring.flush()
  expect(reader.state.items).toEqual([[2, 3, 4], [6, 7, 8], [9]])
})

test('a rate is the mean of the last five seconds', () => {
  const rate = new Rate(100)
  expect(rate.perSecond).toBe(0)
  for (const total of [150, 200, 200, 200, 200]) rate.sample(total, 1)
  expect(rate.perSecond).toBe(20)
  for (const total of [200, 200]) rate.sample(total, 1)
  expect(rate.perSecond).toBe(0)
  rate.sample(300, 2)
  expect(rate.perSecond).toBe(10)
})

test('a history has a point each ten seconds, at most ninety, and none while all is still', () => {
  const history = new History()
  for (let second = 0; second < 20; second++) history.add(0)
  expect(history.points).toEqual([])
  for (let second = 0; second < 10; second++) history.add(second)
  expect(history.points).toEqual([4.5])
  for (let second = 0; second < 10 * HISTORY_POINTS_MAX; second++) history.add(1)
  expect(history.points).toEqual(Array.from({ length: HISTORY_POINTS_MAX }, () => 1))
})
