/** Where does each partition stand? */

import type { PartitionRow, TopicDetail } from '../../../core/studio/contract/topics.ts'
import { bytesParts, formatCount, formatExactBytes, formatRate, NO_DATA, rateParts } from '../../format/figures.ts'
import { formatOffset } from '../../format/text.ts'
import { goTo } from '../../navigation.ts'
import { hrefOf, type Place } from '../../places.ts'
import { Badge } from '../../ui/badge.tsx'
import { SeriesBar } from '../../ui/series-bar.tsx'
import { Sparkline } from '../../ui/sparkline.tsx'
import { byNumber } from '../../ui/table-order.ts'
import { Table, type Column } from '../../ui/table.tsx'
import { Figure, text } from '../../ui/text.tsx'
import { useMemo } from 'react'
import { isLagLarge, skewOf } from './topic-page-state.ts'

export function TopicPartitions({ detail }: { readonly detail: TopicDetail }) {
  const { topic, partitions } = detail
  const columns = useMemo(() => partitionColumns(topic.topic), [topic.topic])
  const skew = skewOf(partitions)
  return (
    <Table
      label="Partitions"
      rows={partitions}
      rowKey={keyOf}
      columns={columns}
      initialSort={{ column: 'partition', isDescending: false }}
      onOpen={row => goTo(placeOf(topic.topic, row, 'end'))}
      footer={skew === null ? null : `Records are spread unevenly: partition ${skew.partition} holds ${skew.percent} % of them.`}
    />
  )
}

/** Messages of a partition at its start or end. */
function placeOf(topic: string, { partition }: PartitionRow, from: 'start' | 'end'): Place {
  return { at: 'topic', topic, tab: 'messages', partition, from }
}

function partitionColumns(topic: string): readonly Column<PartitionRow>[] {
  const offset = (row: PartitionRow, value: bigint, from: 'start' | 'end') => (
    <a
      href={hrefOf(placeOf(topic, row, from))}
      tabIndex={-1}
      data-tip={from === 'start' ? 'Messages from the first record' : 'Messages from the newest record'}
    >
      {formatOffset(value)}
    </a>
  )
  return [
    {
      id: 'partition',
      title: 'Partition',
      width: 108,
      isMono: true,
      compare: byNumber(row => row.partition),
      text: row => String(row.partition),
      cell: row => (
        <>
          <SeriesBar index={row.partition} />
          {row.partition}
        </>
      ),
    },
    {
      id: 'leader',
      title: 'Leader',
      width: 76,
      align: 'end',
      compare: byNumber(row => row.leader),
      text: row => String(row.leader),
      cell: row => (row.leader < 0 ? <span className={text['warn']}>none</span> : row.leader),
    },
    { id: 'inSync', title: 'In sync', width: 92, isMono: true, text: row => row.inSync.join(' '), cell: row => row.inSync.join(' ') },
    {
      id: 'start',
      title: 'Start',
      width: { grow: 1, min: 88 },
      align: 'end',
      isMono: true,
      compare: byNumber(row => row.startOffset),
      text: row => formatOffset(row.startOffset),
      cell: row => offset(row, row.startOffset, 'start'),
    },
    {
      id: 'end',
      title: 'End',
      width: { grow: 1, min: 104 },
      align: 'end',
      isMono: true,
      compare: byNumber(row => row.endOffset),
      isDescendingFirst: true,
      text: row => formatOffset(row.endOffset),
      cell: row => offset(row, row.endOffset, 'end'),
    },
    ...figureColumns,
    { id: 'state', title: 'State', width: { grow: 0.8, min: 96 }, text: row => row.state, cell: row => <PartitionState row={row} /> },
  ]
}

const figureColumns: readonly Column<PartitionRow>[] = [
  {
    id: 'size',
    title: 'Size',
    width: { grow: 1, min: 88 },
    align: 'end',
    compare: byNumber(row => row.sizeBytes),
    isDescendingFirst: true,
    text: row => String(row.sizeBytes),
    cell: row => (
      <span data-tip={formatExactBytes(row.sizeBytes)}>
        <Figure {...bytesParts(row.sizeBytes)} />
      </span>
    ),
  },
  {
    id: 'segments',
    title: 'Segments',
    width: 92,
    align: 'end',
    isOptional: true,
    compare: byNumber(row => row.segmentCount),
    text: row => String(row.segmentCount),
    cell: row => formatCount(row.segmentCount),
  },
  {
    id: 'in',
    title: 'In',
    width: { grow: 1, min: 88 },
    align: 'end',
    compare: byNumber(row => row.inRecordsRate),
    isDescendingFirst: true,
    tip: 'Records a second, mean of the last 5 s',
    text: row => formatRate(row.inRecordsRate),
    cell: row => <Figure {...rateParts(row.inRecordsRate)} />,
  },
  {
    id: 'history',
    title: '15 min',
    width: 104,
    isOptional: true,
    cell: row => (
      <Sparkline values={row.history} label={`${formatRate(row.inRecordsRate)} now, at most ${formatRate(Math.max(0, ...row.history))}`} />
    ),
  },
  {
    id: 'lag',
    title: 'Worst lag',
    width: { grow: 1, min: 96 },
    align: 'end',
    compare: byNumber(row => row.worstLag),
    isDescendingFirst: true,
    tip: 'Unread records of the group that is furthest behind',
    text: row => (row.worstLag === null ? '' : String(row.worstLag)),
    cell: row =>
      row.worstLag === null ? (
        <span className={text['t3']} data-tip="No group reads it">
          {NO_DATA}
        </span>
      ) : (
        <span className={isLagLarge(row) ? text['warn'] : undefined}>{formatCount(row.worstLag)}</span>
      ),
  },
]

function PartitionState({ row }: { readonly row: PartitionRow }) {
  switch (row.state) {
    case 'ready':
    case 'resting':
      return <span className={text['t3']}>ready</span>
    case 'recovering':
      return (
        <Badge tone="warn" tip="Its log is being checked after an unclean stop">
          recovering
        </Badge>
      )
    case 'failed':
      return (
        <Badge tone="bad" tip="Its log cannot be opened; the log of the broker says why">
          failed
        </Badge>
      )
    default:
      return row.state satisfies never
  }
}

function keyOf(row: PartitionRow): string {
  return String(row.partition)
}
