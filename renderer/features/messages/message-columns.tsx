/** Columns of the list of records. */

import type { ReactNode } from 'react'
import { bytesParts, formatBytes, formatExactBytes } from '../../format/figures.ts'
import { formatOffset } from '../../format/text.ts'
import { formatIso, formatTime } from '../../format/time.ts'
import { SeriesBar } from '../../ui/series-bar.tsx'
import type { Column } from '../../ui/table.tsx'
import { Figure, text } from '../../ui/text.tsx'
import { copyCell } from './cell-text.ts'
import { CellView } from './cell-view.tsx'
import type { Entry, RecordEntry } from './messages-state.ts'

type RecordColumn = Omit<Column<Entry>, 'cell' | 'text' | 'compare'> & {
  readonly cell: (entry: RecordEntry) => ReactNode
  readonly text: (entry: RecordEntry) => string
}

const TIME_WIDTH = 116
/** With the date before it. */
const DATED_WIDTH = 196

/** `isDated`: some rows are not of today. */
export function messageColumns(isDated: boolean): readonly Column<Entry>[] {
  const time: RecordColumn = {
    id: 'time',
    title: 'Time',
    width: isDated ? DATED_WIDTH : TIME_WIDTH,
    isMono: true,
    tip: 'As the producer set it, or when it was appended',
    text: ({ row }) => formatIso(row.timestamp),
    cell: ({ row }) => (
      <span data-tip={`${formatIso(row.timestamp)}, ${row.timestampType === 'append' ? 'when it was appended' : 'set by the producer'}`}>
        {formatTime(row.timestamp, Date.now())}
      </span>
    ),
  }
  return [time, ...recordColumns].map(forEntries)
}

const recordColumns: readonly RecordColumn[] = [
  {
    id: 'partition',
    title: 'P',
    width: 52,
    isMono: true,
    tip: 'Partition',
    text: ({ row }) => String(row.partition),
    cell: ({ row }) => (
      <>
        <SeriesBar index={row.partition} />
        {row.partition}
      </>
    ),
  },
  {
    id: 'offset',
    title: 'Offset',
    width: 92,
    align: 'end',
    isMono: true,
    text: ({ row }) => formatOffset(row.offset),
    cell: ({ row }) => formatOffset(row.offset),
  },
  {
    id: 'key',
    title: 'Key',
    width: { grow: 1, min: 72 },
    isMono: true,
    text: ({ row }) => copyCell(row.key),
    cell: ({ row }) => <CellView cell={row.key} />,
  },
  {
    id: 'value',
    title: 'Value',
    width: { grow: 4, min: 120 },
    isMono: true,
    text: ({ row }) => copyCell(row.value),
    cell: ({ row }) => <CellView cell={row.value} isTombstone={row.key.is !== 'null'} isQuiet />,
  },
  {
    id: 'headers',
    title: 'Headers',
    width: 64,
    align: 'end',
    isOptional: true,
    text: ({ row }) => String(row.headerCount),
    cell: ({ row }) => (row.headerCount === 0 ? <span className={text['t3']}>0</span> : row.headerCount),
  },
  {
    id: 'size',
    title: 'Size',
    width: 84,
    align: 'end',
    tip: 'Key, value and headers, uncompressed',
    text: ({ row }) => formatBytes(row.sizeBytes),
    cell: ({ row }) => (
      <span data-tip={formatExactBytes(row.sizeBytes)}>
        <Figure {...bytesParts(row.sizeBytes)} />
      </span>
    ),
  },
]

/** Lines of skipped records have a cell of their own over all columns. */
function forEntries(column: RecordColumn): Column<Entry> {
  return {
    ...column,
    cell: entry => (entry.is === 'record' ? column.cell(entry) : null),
    text: entry => (entry.is === 'record' ? column.text(entry) : column.id === 'value' ? `${entry.count} skipped` : ''),
  }
}
