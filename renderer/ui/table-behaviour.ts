/** What a table does by itself: holds its order under the pointer, keeps the view still when rows come in above, tells of its ends. */

import type { Virtualizer } from '@tanstack/react-virtual'
import { useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { holdOrder, type Sort } from './table-order.ts'

const HELD_FOR_MS = 2000

/** The sorted rows, or, while the pointer has moved over them in the last 2 s, the same rows in the order they had when it came. */
export function useHeldOrder<Row>(sorted: readonly Row[], rowKey: (row: Row) => string, sort: Sort | undefined) {
  const [held, setHeld] = useState<{ readonly order: readonly string[]; readonly sort: Sort | undefined } | null>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const isHolding = held !== null && held.sort === sort
  const shown = useMemo(() => (isHolding ? holdOrder(sorted, rowKey, held.order) : sorted), [isHolding, held, sorted, rowKey])
  const isHeld = isHolding && shown.some((row, index) => row !== sorted[index])
  const pointer = {
    onPointerMove: (): void => {
      if (sort && !isHolding) setHeld({ order: sorted.map(rowKey), sort })
      clearTimeout(timer.current)
      timer.current = setTimeout(() => setHeld(null), HELD_FOR_MS)
    },
    onPointerLeave: (): void => {
      clearTimeout(timer.current)
      setHeld(null)
    },
  }
  return { shown, isHeld, pointer }
}

type Anchor = { readonly key: string; readonly index: number } | null

/** When rows come in or go above the first visible one, scrolls by as much, unless the view is at the very top. */
export function useAnchoredRows<Row>(
  scroller: { readonly current: HTMLElement | null },
  rows: readonly Row[],
  rowKey: (row: Row) => string,
  rowHeight: number,
): void {
  const anchor = useRef<Anchor>(null)
  useLayoutEffect(() => {
    const element = scroller.current
    const before = anchor.current
    if (element && before && element.scrollTop > 0)
      followRow(
        element,
        before,
        rows.findIndex(row => rowKey(row) === before.key),
        rowHeight,
      )
    const remember = (): void => {
      anchor.current = firstVisible(element, rows, rowKey, rowHeight)
    }
    remember()
    element?.addEventListener('scroll', remember, { passive: true })
    return () => element?.removeEventListener('scroll', remember)
  }, [scroller, rows, rowKey, rowHeight])
}

function followRow(element: HTMLElement, before: NonNullable<Anchor>, index: number, rowHeight: number): void {
  if (index >= 0 && index !== before.index) element.scrollTop += (index - before.index) * rowHeight
}

function firstVisible<Row>(element: HTMLElement | null, rows: readonly Row[], rowKey: (row: Row) => string, rowHeight: number): Anchor {
  const index = Math.ceil((element?.scrollTop ?? 0) / rowHeight)
  const row = rows[index]
  return row === undefined ? null : { key: rowKey(row), index }
}

/** Calls the ends' handlers once for each list of rows. */
export function useReached<Row>(
  virtual: Virtualizer<HTMLDivElement, Element>,
  rows: readonly Row[],
  handlers: { readonly onReachStart?: (() => void) | undefined; readonly onReachEnd?: (() => void) | undefined },
): void {
  const told = useRef<{ readonly rows: readonly Row[]; readonly start: boolean; readonly end: boolean } | null>(null)
  const items = virtual.getVirtualItems()
  const isAtStart = items[0]?.index === 0
  const isAtEnd = items.at(-1)?.index === rows.length - 1
  const tell = useEffectEvent((now: { readonly rows: readonly Row[]; readonly start: boolean; readonly end: boolean }) => {
    const before = told.current?.rows === now.rows ? told.current : { start: false, end: false }
    told.current = { rows: now.rows, start: before.start || now.start, end: before.end || now.end }
    if (now.start && !before.start) handlers.onReachStart?.()
    if (now.end && !before.end) handlers.onReachEnd?.()
  })
  useEffect(() => tell({ rows, start: isAtStart, end: isAtEnd }), [rows, isAtStart, isAtEnd])
}

/** The row height of the chosen density, in pixels: the token is the one source. */
export function useRowHeight(): number {
  const [height, setHeight] = useState(readRowHeight)
  useEffect(() => {
    const observer = new MutationObserver(() => setHeight(readRowHeight()))
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-density'] })
    return () => observer.disconnect()
  }, [])
  return height
}

function readRowHeight(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--row')) || 24
}

/** The pixels that the table has for its columns; without a bound before it is laid out. */
export function useWidth(scroller: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(Infinity)
  useLayoutEffect(() => {
    const element = scroller.current
    if (!element) return
    const measure = (): void => setWidth(element.clientWidth || Infinity)
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [scroller])
  return width
}
