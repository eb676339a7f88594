/** Head and row of a table. */

import type { MouseEvent } from 'react'
import { classNames } from './class-names.ts'
import type { Sort } from './table-order.ts'
import type { Column, TableProps } from './table.tsx'
import styles from './table.module.css'

export function TableHead<Row>({
  columns,
  template,
  minWidth,
  sort,
  onSort,
  isHeld,
}: {
  readonly columns: readonly Column<Row>[]
  readonly template: string
  readonly minWidth: number
  readonly sort: Sort | undefined
  readonly onSort: (sort: Sort) => void
  readonly isHeld: boolean
}) {
  const next = (column: Column<Row>): Sort => ({
    column: column.id,
    isDescending: sort?.column === column.id ? !sort.isDescending : (column.isDescendingFirst ?? false),
  })
  return (
    <div role="rowgroup" className={styles.head} style={{ minWidth }}>
      <div role="row" aria-rowindex={1} className={styles.headRow} style={{ gridTemplateColumns: template }}>
        {columns.map((column, index) => {
          const isSorted = sort?.column === column.id
          return (
            <div
              key={column.id}
              role="columnheader"
              aria-colindex={index + 1}
              className={classNames(styles.headCell, column.align === 'end' && styles.end, isSorted && styles.sorted)}
              aria-sort={column.compare ? (isSorted ? (sort.isDescending ? 'descending' : 'ascending') : 'none') : undefined}
              data-tip={isSorted && isHeld ? 'order held while the pointer is on the rows' : column.tip}
            >
              {column.compare ? (
                <button type="button" tabIndex={-1} onClick={() => onSort(next(column))}>
                  {column.title}
                  {isSorted ? <SortMark sort={sort} isHeld={isHeld} /> : null}
                </button>
              ) : (
                column.title
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}

function SortMark({ sort, isHeld }: { readonly sort: Sort; readonly isHeld: boolean }) {
  return (
    <span aria-hidden="true">
      {sort.isDescending ? ' ↓' : ' ↑'}
      {isHeld ? <span className={styles.held}> held</span> : null}
    </span>
  )
}

export function Row<Row>({ id, row, columns, template, top, rowIndex, isSelected, isActive, owner, onPress }: {
  readonly id: string
  readonly row: Row
  readonly columns: readonly Column<Row>[]
  readonly template: string
  readonly top: number
  readonly rowIndex: number
  readonly isSelected: boolean
  readonly isActive: boolean
  readonly owner: Pick<TableProps<Row>, 'onOpen' | 'onMenu' | 'spanOf' | 'rowClass'>
  readonly onPress: (event: MouseEvent) => void
}) {
  const span = owner.spanOf?.(row) ?? null
  const openMenu = (event: MouseEvent): void => {
    event.preventDefault()
    onPress(event)
    owner.onMenu?.(row, { x: event.clientX, y: event.clientY })
  }
  return (
    <div
      id={id}
      role="row"
      aria-rowindex={rowIndex}
      aria-selected={isSelected}
      data-active={isActive || undefined}
      className={classNames(styles.row, owner.rowClass?.(row))}
      style={{ transform: `translateY(${top}px)`, gridTemplateColumns: template }}
      onClick={onPress}
      onDoubleClick={() => owner.onOpen?.(row)}
      onContextMenu={owner.onMenu ? openMenu : undefined}
    >
      {span === null ? (
        columns.map((column, index) => (
          <div
            key={column.id}
            role="gridcell"
            aria-colindex={index + 1}
            className={classNames(styles.cell, column.align === 'end' && styles.end, column.isMono && styles.mono)}
          >
            {column.cell(row)}
          </div>
        ))
      ) : (
        <div role="gridcell" aria-colspan={columns.length} className={classNames(styles.cell, styles.span)}>
          {span}
        </div>
      )}
    </div>
  )
}
