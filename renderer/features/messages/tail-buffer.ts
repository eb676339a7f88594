/**
 * New records between the stream and the list: few go in as they come; when more arrive than an eye can follow, a sample of each
 * partition goes in and the rest is counted. Bounded. Pure.
 */

import type { Cursor, MessageRow, TailItem } from '../../../core/studio/contract/messages.ts'
import type { TailRows } from './messages-state.ts'

export type TailBuffer = { readonly rows: readonly MessageRow[]; readonly skipped: number; readonly seen: Cursor }

export const EMPTY_TAIL: TailBuffer = { rows: [], skipped: 0, seen: [] }

/** Rows that may come in with one frame: above it a sample is shown. */
export const TAIL_ROWS_SHOWN = 40
/** Rows of a sample: few enough that the line with what was skipped stands on the first screen. */
export const TAIL_ROWS_SAMPLED = 18
/** Rows that wait for a commit, at most. */
export const TAIL_ROWS_HELD = 500

/** The buffer with an item; beyond its bound the oldest rows become skipped ones. */
export function holdTail(buffer: TailBuffer, item: TailItem): TailBuffer {
  // What the engine skipped came before these rows: rows that waited become part of it, or the line would stand in the wrong place.
  const waiting = item.skipped > 0 ? [] : buffer.rows
  const skippedNow = item.skipped > 0 ? buffer.rows.length + item.skipped : 0
  const rows = [...waiting, ...item.rows]
  const excess = Math.max(0, rows.length - TAIL_ROWS_HELD)
  return {
    rows: excess > 0 ? rows.slice(excess) : rows,
    skipped: buffer.skipped + skippedNow + excess,
    seen: seenAfter(buffer.seen, item.rows),
  }
}

/** What goes into the list now: all of it, or the newest rows of each partition with the rest counted. */
export function takeTail(buffer: TailBuffer): TailRows {
  if (buffer.rows.length <= TAIL_ROWS_SHOWN && buffer.skipped === 0) return buffer
  if (buffer.rows.length <= TAIL_ROWS_SAMPLED) return buffer
  const partitionCount = new Set(buffer.rows.map(row => row.partition)).size
  const quota = Math.max(1, Math.floor(TAIL_ROWS_SAMPLED / partitionCount))
  const taken = new Map<number, number>()
  const rows = buffer.rows
    .toReversed()
    .filter(row => {
      const count = taken.get(row.partition) ?? 0
      taken.set(row.partition, count + 1)
      return count < quota
    })
    .toReversed()
  return { rows, skipped: buffer.skipped + buffer.rows.length - rows.length, seen: buffer.seen }
}

function seenAfter(seen: Cursor, rows: readonly MessageRow[]): Cursor {
  if (rows.length === 0) return seen
  const next = new Map(seen.map(({ partition, offset }) => [partition, offset]))
  for (const row of rows) if (row.offset >= (next.get(row.partition) ?? 0n)) next.set(row.partition, row.offset + 1n)
  return [...next].map(([partition, offset]) => ({ partition, offset }))
}
