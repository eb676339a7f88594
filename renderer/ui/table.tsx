/**
 * The table of every list: virtual, rows of one height, sticky head, sorting by column, one or a range of rows selected, keyboard, copy.
 * A row keeps its identity (`rowKey`): live updates never move what is under the pointer, and rows that come in above keep the view still.
 */

import { useVirtualizer } from '@tanstack/react-virtual'
import { useId, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { useAnchoredRows, useHeldOrder, useReached, useRowHeight, useWidth } from './table-behaviour.ts'
import { fittingColumns, layoutOf } from './table-columns.ts'
import { sortRows, type Sort } from './table-order.ts'
import { Row as TableRow, TableHead } from './table-row.tsx'
import { useSelection } from './table-selection.ts'
import { useIsNarrow } from './width.ts'
import styles from './table.module.css'

/** Pixels, as --table-head. */
const HEAD_HEIGHT = 26

export type Column<Row> = {
  readonly id: string
  readonly title: string
  readonly cell: (row: Row) => ReactNode
  /** For copying; without it the column is left out of a copy. */
  readonly text?: (row: Row) => string
  /** Pixels, or a share of what is left: `{ grow: 1 }`, not under `min`. */
  readonly width: number | { readonly grow: number; readonly min: number }
  readonly align?: 'start' | 'end'
  readonly isMono?: boolean
  /** Leaves a narrow window (under 1180 px), and a table that has no room for all its columns; `tight`: only the latter. */
  readonly isOptional?: boolean | 'tight'
  /** Ascending comparison; a column without it does not sort. */
  readonly compare?: (a: Row, b: Row) => number
  /** The first click sorts descending: figures. */
  readonly isDescendingFirst?: boolean
  /** Tooltip of the head: what the figure means. */
  readonly tip?: string
}

export type TableProps<Row> = {
  /** Accessible name. */
  readonly label: string
  readonly rows: readonly Row[]
  readonly rowKey: (row: Row) => string
  readonly columns: readonly Column<Row>[]
  readonly initialSort?: Sort
  readonly selectedKey?: string | null
  readonly onSelect?: (row: Row, key: string) => void
  /** Enter or double click. */
  readonly onOpen?: (row: Row) => void
  /** Right click, or the menu key: at the point. */
  readonly onMenu?: (row: Row, at: { readonly x: number; readonly y: number }) => void
  /** Keys the table does not know, with the active row and all that are selected: Space, Delete … Return true when it was used. */
  readonly onRowKey?: (event: KeyboardEvent, row: Row, selected: readonly Row[]) => boolean
  /** A row of one cell over all columns, as `434 skipped`. */
  readonly spanOf?: (row: Row) => ReactNode | null
  readonly rowClass?: (row: Row) => string | undefined
  /** Rows in all, when only a window of them is here; -1 is not known. */
  readonly rowCount?: number
  /** The first or last row came into view: more can be loaded. Called once per change of the rows. */
  readonly onReachStart?: () => void
  readonly onReachEnd?: () => void
  /** Shown below the rows, inside the scroll. */
  readonly footer?: ReactNode
  /** No hairline under the head, and no head: inside panels. */
  readonly hasHead?: boolean
}

export function Table<Row>(props: TableProps<Row>) {
  const { label, rows, rowKey, columns: allColumns, initialSort, hasHead = true } = props
  const isNarrow = useIsNarrow()
  const [sort, setSort] = useState<Sort | undefined>(initialSort)
  const sorted = useMemo(
    () => sortRows(rows, rowKey, allColumns.find(column => column.id === sort?.column)?.compare, sort?.isDescending ?? false),
    [rows, rowKey, allColumns, sort],
  )
  const scroller = useRef<HTMLDivElement>(null)
  const available = useWidth(scroller)
  const columns = useMemo(() => fittingColumns(allColumns, { isNarrow, available }), [allColumns, isNarrow, available])
  const { shown, isHeld, pointer } = useHeldOrder(sorted, rowKey, sort)
  const id = useId()
  const rowHeight = useRowHeight()
  const headHeight = hasHead ? HEAD_HEIGHT : 0
  // oxlint-disable-next-line react/incompatible-library -- the React compiler is not used, so nothing is memoised around the virtualizer
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: headHeight,
    scrollPaddingStart: headHeight,
  })
  useAnchoredRows(scroller, shown, rowKey, rowHeight)
  useReached(virtual, shown, props)
  const selection = useSelection(props, shown, columns, {
    scroller,
    rowHeight,
    scrollTo: index => virtual.scrollToIndex(index, { align: 'auto' }),
  })
  const { template, minWidth } = useMemo(() => layoutOf(columns), [columns])
  return (
    <div
      ref={scroller}
      className={styles.scroller}
      role="grid"
      aria-label={label}
      tabIndex={0}
      aria-multiselectable
      aria-colcount={columns.length}
      aria-rowcount={props.rowCount === undefined ? shown.length + (hasHead ? 1 : 0) : props.rowCount}
      aria-activedescendant={selection.at >= 0 ? `${id}-${selection.at}` : undefined}
      onKeyDown={selection.onKeyDown}
      {...pointer}
    >
      {hasHead ? <TableHead columns={columns} template={template} minWidth={minWidth} sort={sort} onSort={setSort} isHeld={isHeld} /> : null}
      <div role="rowgroup" className={styles.rows} style={{ height: virtual.getTotalSize(), minWidth }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = shown[index]
          if (row === undefined) return null
          const place = { id: `${id}-${index}`, top: start - headHeight, rowIndex: index + (hasHead ? 2 : 1), template }
          return (
            <TableRow
              key={rowKey(row)}
              {...place}
              row={row}
              columns={columns}
              isSelected={selection.keys.has(rowKey(row))}
              isActive={index === selection.at}
              owner={props}
              onPress={event => selection.onRowPointer(event, index)}
            />
          )
        })}
      </div>
      {props.footer ? <div className={styles.footer}>{props.footer}</div> : null}
    </div>
  )
}
