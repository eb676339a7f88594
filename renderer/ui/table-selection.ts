/** Selection and keyboard of a table: one row or a range; arrows, j and k, Page Up and Down, Home and End, copy. */

import { useMemo, useState, type KeyboardEvent, type MouseEvent } from 'react'
import { copyText } from './copy-button.tsx'
import { toTsv } from './table-order.ts'
import type { Column, TableProps } from './table.tsx'

type Range = { readonly from: string; readonly to: string }

export function useSelection<Row>(
  props: TableProps<Row>,
  shown: readonly Row[],
  columns: readonly Column<Row>[],
  view: { readonly scroller: { readonly current: HTMLElement | null }; readonly rowHeight: number; scrollTo(index: number): void },
) {
  const { rowKey, selectedKey = null } = props
  const [range, setRange] = useState<Range | null>(null)
  const selected = useMemo(() => selectedRows(shown, rowKey, selectedKey, range), [shown, rowKey, selectedKey, range])
  const keys = useMemo(() => new Set(selected.map(rowKey)), [selected, rowKey])
  const activeKey = range?.to ?? selectedKey
  const at = activeKey === null ? -1 : shown.findIndex(row => rowKey(row) === activeKey)
  const moveTo = (index: number, isRange: boolean): void => {
    const target = Math.max(0, Math.min(index, shown.length - 1))
    const row = shown[target]
    if (row === undefined) return
    const key = rowKey(row)
    setRange(isRange ? { from: range?.from ?? selectedKey ?? key, to: key } : null)
    if (!isRange) props.onSelect?.(row, key)
    view.scrollTo(target)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target instanceof HTMLElement && event.target.closest('input, select, textarea')) return
    const row = shown[at]
    const pageRows = Math.max(1, Math.floor((view.scroller.current?.clientHeight ?? 0) / view.rowHeight) - 2)
    const hasModifier = event.metaKey || event.ctrlKey || event.altKey
    const target = hasModifier ? undefined : targetRow(event.key, { at, pageRows, count: shown.length })
    if (isCopy(event) && selected.length > 0) void copyText(toTsv(selected, columns))
    else if (target !== undefined) moveTo(target, event.shiftKey)
    else if (row !== undefined && event.key === 'Enter' && !hasModifier && event.target === event.currentTarget && props.onOpen)
      props.onOpen(row)
    else if (row === undefined || !props.onRowKey?.(event, row, selected)) return
    event.preventDefault()
    event.stopPropagation()
  }
  const onRowPointer = (event: MouseEvent, index: number): void => {
    if (event.target instanceof Element && event.target.closest('a, button, input')) return
    moveTo(index, event.shiftKey)
  }
  return { at, keys, onKeyDown, onRowPointer }
}

/** Rows between the ends of the range, or the one selected. */
function selectedRows<Row>(
  rows: readonly Row[],
  rowKey: (row: Row) => string,
  selectedKey: string | null,
  range: Range | null,
): readonly Row[] {
  const at = (key: string | null): number => rows.findIndex(row => rowKey(row) === key)
  const ends = range ? [at(range.from), at(range.to)] : [selectedKey === null ? -1 : at(selectedKey)]
  return ends.includes(-1) ? [] : rows.slice(Math.min(...ends), Math.max(...ends) + 1)
}

/** Text selected by hand is copied as it is. */
function isCopy(event: KeyboardEvent): boolean {
  return (event.metaKey || event.ctrlKey) && event.key === 'c' && !event.shiftKey && (window.getSelection()?.isCollapsed ?? true)
}

function targetRow(
  key: string,
  { at, pageRows, count }: { readonly at: number; readonly pageRows: number; readonly count: number },
): number | undefined {
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return at + 1
    case 'ArrowUp':
    case 'k':
      return at < 0 ? 0 : at - 1
    case 'PageDown':
      return at + pageRows
    case 'PageUp':
      return at - pageRows
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return undefined
  }
}
