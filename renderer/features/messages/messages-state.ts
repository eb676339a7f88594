/**
 * The rows of a topic that are here: a bounded window around a position, with a cursor at either edge to read on from. A row's identity
 * is its partition and offset; no index of the topic exists anywhere. Pure.
 */

import type { Cursor, MessagePage, MessageRow } from '../../../core/studio/contract/messages.ts'

export type RecordEntry = { readonly is: 'record'; readonly key: string; readonly row: MessageRow }
/** Records of the log that are not shown, at their place between the rows. */
export type SkippedEntry = {
  readonly is: 'skipped'
  readonly key: string
  readonly count: number
  /** Timestamps of the rows around it, ms since the epoch; null where there is none. */
  readonly after: bigint | null
  readonly before: bigint | null
}
export type Entry = RecordEntry | SkippedEntry

/** Newest first, or in reading order. */
export type Order = 'newest' | 'oldest'
/** `cursor` is where to read on; `isEnd`: nothing more there when it was last read. */
export type Edge = { readonly cursor: Cursor; readonly isEnd: boolean }

export type MessageWindow = {
  readonly order: Order
  /** In the order they are shown. */
  readonly entries: readonly Entry[]
  /** Towards older rows: read backward from here. */
  readonly low: Edge
  /** Towards newer rows: read forward from here. */
  readonly high: Edge
}

/** Rows kept at most; the far end goes and can be read again. */
export const WINDOW_ROWS_MAX = 5000

export function recordKey(row: { readonly partition: number; readonly offset: bigint }): string {
  return `${row.partition}:${row.offset}`
}

/** Nothing read yet, at `cursor`. */
export function emptyWindow(order: Order, cursor: Cursor): MessageWindow {
  return { order, entries: [], low: { cursor, isEnd: false }, high: { cursor, isEnd: false } }
}

/** The window with a page read backward from its low edge. */
export function addOlder(window: MessageWindow, page: Pick<MessagePage, 'rows' | 'next' | 'isEnd'>, max = WINDOW_ROWS_MAX): MessageWindow {
  const below = offsets(window.low.cursor)
  const added = page.rows.filter(row => row.offset < (below.get(row.partition) ?? row.offset + 1n)).map(entryOf)
  const entries = window.order === 'newest' ? [...window.entries, ...added] : [...added.toReversed(), ...window.entries]
  return trim({ ...window, entries, low: { cursor: page.next, isEnd: page.isEnd } }, 'newer', max)
}

/** The window with a page read forward from its high edge. */
export function addNewer(window: MessageWindow, page: Pick<MessagePage, 'rows' | 'next' | 'isEnd'>, max = WINDOW_ROWS_MAX): MessageWindow {
  return withNewer(window, page.rows, { cursor: page.next, isEnd: page.isEnd }, max)
}

export type TailRows = {
  /** In the order they were written. */
  readonly rows: readonly MessageRow[]
  /** Records before them that are not shown. */
  readonly skipped: number
  /** The offset after the last record known of, by partition: skipped ones included. */
  readonly seen: Cursor
}

/** The window with new records at its high edge, and a line where some were skipped. */
export function addTail(window: MessageWindow, tail: TailRows, max = WINDOW_ROWS_MAX): MessageWindow {
  const cursor = advance(window.high.cursor, tail.seen)
  const withLine = tail.skipped > 0 ? addSkipped(window, tail.skipped, tail.rows[0]?.timestamp ?? null) : window
  return withNewer(withLine, tail.rows, { cursor, isEnd: true }, max)
}

/** A line at the high edge for `count` records that are not shown; two lines in a row become one. */
export function addSkipped(window: MessageWindow, count: number, before: bigint | null): MessageWindow {
  const newest = newestEntry(window)
  const isSecond = newest?.is === 'skipped'
  const line: SkippedEntry = isSecond
    ? { ...newest, count: newest.count + count, before }
    : { is: 'skipped', key: `skipped after ${newest?.key ?? 'start'}`, count, after: newest?.row.timestamp ?? null, before }
  const rest = isSecond ? withoutNewest(window) : window.entries
  return { ...window, entries: window.order === 'newest' ? [line, ...rest] : [...rest, line] }
}

function withNewer(window: MessageWindow, rows: readonly MessageRow[], high: Edge, max: number): MessageWindow {
  const above = offsets(window.high.cursor)
  const added = rows.filter(row => row.offset >= (above.get(row.partition) ?? 0n)).map(entryOf)
  const entries = window.order === 'newest' ? [...added.toReversed(), ...window.entries] : [...window.entries, ...added]
  return trim({ ...window, entries, high }, 'older', max)
}

/**
 * At most `max` entries: the `far` end goes. Its edge moves to the rows that stay, partition by partition, so that reading on from there
 * brings back exactly what was dropped, skipped records included.
 */
function trim(window: MessageWindow, far: 'older' | 'newer', max: number): MessageWindow {
  const excess = window.entries.length - max
  if (excess <= 0) return window
  const isFromFront = (window.order === 'newest') === (far === 'newer')
  const kept = isFromFront ? window.entries.slice(excess) : window.entries.slice(0, max)
  const entries = withoutLineAt(kept, isFromFront)
  const edges =
    far === 'older'
      ? { low: { cursor: edgeCursor(entries, 'older', window), isEnd: false } }
      : { high: { cursor: edgeCursor(entries, 'newer', window), isEnd: false } }
  return { ...window, entries, ...edges }
}

/** A line of skipped records at the very edge goes too: reading on gives the records themselves. */
function withoutLineAt(entries: readonly Entry[], isFront: boolean): readonly Entry[] {
  const edge = isFront ? entries[0] : entries.at(-1)
  return edge?.is === 'skipped' ? (isFront ? entries.slice(1) : entries.slice(0, -1)) : entries
}

function edgeCursor(entries: readonly Entry[], edge: 'older' | 'newer', window: MessageWindow): Cursor {
  const bounds = new Map<number, bigint>()
  for (const entry of entries) {
    if (entry.is !== 'record') continue
    const { partition, offset } = entry.row
    const known = bounds.get(partition)
    const here = edge === 'older' ? offset : offset + 1n
    if (known === undefined || (edge === 'older' ? here < known : here > known)) bounds.set(partition, here)
  }
  // A partition of which no row stays: all that is between the edges is read again, from the other edge.
  const others = edge === 'older' ? window.high.cursor : window.low.cursor
  return others.map(({ partition, offset }) => ({ partition, offset: bounds.get(partition) ?? offset }))
}

function advance(cursor: Cursor, seen: Cursor): Cursor {
  const next = offsets(cursor)
  for (const { partition, offset } of seen) if (offset > (next.get(partition) ?? -1n)) next.set(partition, offset)
  return [...next].map(([partition, offset]) => ({ partition, offset }))
}

function newestEntry(window: MessageWindow): Entry | undefined {
  return window.order === 'newest' ? window.entries[0] : window.entries.at(-1)
}

function withoutNewest(window: MessageWindow): readonly Entry[] {
  return window.order === 'newest' ? window.entries.slice(1) : window.entries.slice(0, -1)
}

export function entryOf(row: MessageRow): RecordEntry {
  return { is: 'record', key: recordKey(row), row }
}

function offsets(cursor: Cursor): Map<number, bigint> {
  return new Map(cursor.map(({ partition, offset }) => [partition, offset]))
}

/** Records between the high edge and the ends of the partitions it covers: what a list at its newest end does not show yet. */
export function newerCount(high: Cursor, ends: readonly { readonly partition: number; readonly endOffset: bigint }[]): number {
  const end = new Map(ends.map(({ partition, endOffset }) => [partition, endOffset]))
  return Number(
    high.reduce((sum, { partition, offset }) => {
      const unread = (end.get(partition) ?? offset) - offset
      return unread > 0n ? sum + unread : sum
    }, 0n),
  )
}

/** Records from one cursor up to another. */
export function countBetween(from: Cursor, to: Cursor): number {
  return newerCount(
    from,
    to.map(({ partition, offset }) => ({ partition, endOffset: offset })),
  )
}

/** The cursor at a share of each partition, from 0 (oldest) to 1 (newest). */
export function cursorAtShare(bounds: MessagePage['bounds'], share: number): Cursor {
  return bounds.map(({ partition, startOffset, endOffset }) => ({
    partition,
    offset: startOffset + BigInt(Math.round(Number(endOffset - startOffset) * Math.min(1, Math.max(0, share)))),
  }))
}

/** Where the window lies in what it reads: shares from 0 (oldest) to 1 (newest), for a bar beside the list. */
export function windowShare(window: MessageWindow, bounds: MessagePage['bounds']): { readonly from: number; readonly to: number } | null {
  const total = bounds.reduce((sum, { startOffset, endOffset }) => sum + Number(endOffset - startOffset), 0)
  if (total <= 0) return null
  const start = new Map(bounds.map(({ partition, startOffset }) => [partition, startOffset]))
  const before = (cursor: Cursor): number =>
    cursor.reduce((sum, { partition, offset }) => sum + Math.max(0, Number(offset - (start.get(partition) ?? offset))), 0)
  return { from: Math.min(1, before(window.low.cursor) / total), to: Math.min(1, before(window.high.cursor) / total) }
}
