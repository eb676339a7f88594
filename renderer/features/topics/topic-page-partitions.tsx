/** Where does each partition stand? The one selected is shown beside the list, with its files. */

import { useMemo, useState } from 'react'
import type { PartitionRow, TopicDetail } from '../../../core/studio/contract/topics.ts'
import { bytesParts, formatCount, formatExactBytes, formatRate, NO_DATA, rateParts } from '../../format/figures.ts'
import { formatOffset } from '../../format/text.ts'
import { goTo } from '../../navigation.ts'
import { hrefOf, type Place } from '../../places.ts'
import { storageState } from '../../storage-words.ts'
import { Badge } from '../../ui/badge.tsx'
import { SeriesBar } from '../../ui/series-bar.tsx'
import { Sparkline } from '../../ui/sparkline.tsx'
import { byNumber, byText } from '../../ui/table-order.ts'
import { Table, type Column } from '../../ui/table.tsx'
import { Figure, text } from '../../ui/text.tsx'
import { PartitionInspector } from './partition-inspector.tsx'
import { hasUndecided, isLagLarge, skewOf } from './topic-page-state.ts'
import styles from './topic-page-partitions.module.css'

export function TopicPartitions({ detail, selected }: { readonly detail: TopicDetail; readonly selected: number | null }) {
  const { topic, partitions } = detail
  const isReplicated = partitions.some(({ replicas }) => replicas.length > 1)
  // Space puts the panel away and brings it back, whichever row is selected; closing it lets the row go.
  const [isHidden, setHidden] = useState(false)
  const isInspecting = selected !== null && !isHidden
  const isUndecided = hasUndecided(partitions)
  const columns = useMemo(() => partitionColumns({ topic: topic.topic, isUndecided, isReplicated, isTight: isInspecting }), [topic.topic, isUndecided, isReplicated, isInspecting])
  const skew = skewOf(partitions)
  const select = (partition: number | null): void => goTo(
    { at: 'topic', topic: topic.topic, tab: 'partitions', ...(partition === null ? {} : { partition }) }, 'replace',
  )
  return (
    <div className={isInspecting ? styles.split : styles.whole}>
      <Table
        label="Partitions"
        rows={partitions}
        rowKey={keyOf}
        columns={columns}
        initialSort={{ column: 'partition', isDescending: false }}
        selectedKey={selected === null ? null : String(selected)}
        onSelect={row => select(row.partition)}
        onOpen={row => goTo(placeOf(topic.topic, row, 'end'))}
        onRowKey={event => {
          if (event.key === ' ') setHidden(!isHidden)
          else if (event.key === 'Escape') select(null)
          else return false
          return true
        }}
        footer={skew === null ? null : `Records are spread unevenly: partition ${skew.partition} holds ${skew.percent} % of them.`}
      />
      {selected === null || isHidden ? null : (
        <PartitionInspector key={selected} topic={topic.topic} partition={selected} onClose={() => select(null)} />
      )}
    </div>
  )
}

/** Messages of a partition at its start or end. */
function placeOf(topic: string, { partition }: PartitionRow, from: 'start' | 'end'): Place {
  return { at: 'topic', topic, tab: 'messages', partition, from }
}

type ColumnsFor = {
  readonly topic: string
  /** Some partition has records that no reader of committed ones may see yet. */
  readonly isUndecided: boolean
  /** More than one broker holds some partition: where it stands is worth its room in a narrow window. */
  readonly isReplicated: boolean
  /** A panel takes a part of the width. */
  readonly isTight: boolean
}

function partitionColumns({ topic, isUndecided, isReplicated, isTight }: ColumnsFor): readonly Column<PartitionRow>[] {
  const offset = (row: PartitionRow, value: bigint, from: 'start' | 'end') => (
    <a
      href={hrefOf(placeOf(topic, row, from))}
      tabIndex={-1}
      data-tip={from === 'start' ? 'Messages from the first record' : 'Messages from the newest record'}
    >
      {formatOffset(value)}
    </a>
  )
  const identity: readonly Column<PartitionRow>[] = [
    {
      id: 'partition',
      title: 'Partition',
      width: 96,
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
    ...(isTight ? [] : placement.map(column => ({ ...column, isOptional: !isReplicated }))),
  ]
  return [
    ...identity,
    {
      id: 'start',
      title: 'Log start',
      width: { grow: 1, min: 88 },
      isOptional: 'tight',
      align: 'end',
      isMono: true,
      tip: 'The first offset that can be read: what was before it is deleted',
      compare: byNumber(row => row.startOffset),
      text: row => formatOffset(row.startOffset),
      cell: row => offset(row, row.startOffset, 'start'),
    },
    {
      id: 'highWatermark',
      title: 'High watermark',
      width: { grow: 1, min: 116 },
      align: 'end',
      isMono: true,
      tip: 'Everything before it can be read: here always the end of the log, as there is one store',
      compare: byNumber(row => row.highWatermark),
      isDescendingFirst: true,
      text: row => formatOffset(row.highWatermark),
      cell: row => offset(row, row.highWatermark, 'end'),
    },
    ...(isUndecided ? [lastStable] : []),
    ...figureColumns.filter(({ id }) => !isTight || !leftWhenTight.has(id)),
    {
      id: 'state',
      title: 'State',
      width: { grow: 0.8, min: 136 },
      compare: byText(row => storageState(row).word),
      text: row => storageState(row).word,
      cell: row => <PartitionState row={row} />,
    },
  ]
}

const leftWhenTight: ReadonlySet<string> = new Set(['history', 'in'])

const placement: readonly Column<PartitionRow>[] = [
  {
    id: 'leader',
    title: 'Leader',
    width: 76,
    align: 'end',
    isOptional: true,
    compare: byNumber(row => row.leader),
    text: row => String(row.leader),
    cell: row => (row.leader < 0 ? <span className={text['warn']}>none</span> : row.leader),
  },
  {
    id: 'inSync',
    title: 'In sync',
    width: 84,
    isMono: true,
    isOptional: true,
    tip: 'The brokers that hold it, the preferred leader first; those that are not in sync are struck through',
    text: row => row.replicas.map(id => (row.inSync.includes(id) ? `${id}` : `(${id})`)).join(' '),
    cell: row => <Replicas row={row} />,
  },
]

/** Shown only where it differs from the high watermark somewhere. */
const lastStable: Column<PartitionRow> = {
  id: 'lastStable',
  title: 'Last stable',
  width: { grow: 1, min: 104 },
  align: 'end',
  isMono: true,
  tip: 'Readers of committed records see what is before it: a transaction that is open begins there',
  compare: byNumber(row => row.lastStableOffset),
  isDescendingFirst: true,
  text: row => formatOffset(row.lastStableOffset),
  cell: row => (
    <span className={row.lastStableOffset < row.highWatermark ? text['warn'] : text['t3']}>{formatOffset(row.lastStableOffset)}</span>
  ),
}

const figureColumns: readonly Column<PartitionRow>[] = [
  {
    id: 'size',
    title: 'Size',
    width: { grow: 0.8, min: 80 },
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
    width: 84,
    isOptional: 'tight',
    align: 'end',
    compare: byNumber(row => row.segmentCount),
    text: row => String(row.segmentCount),
    cell: row => formatCount(row.segmentCount),
  },
  {
    id: 'in',
    title: 'In',
    width: { grow: 0.8, min: 80 },
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
    width: 92,
    isOptional: true,
    cell: row => (
      <Sparkline values={row.history} label={`${formatRate(row.inRecordsRate)} now, at most ${formatRate(Math.max(0, ...row.history))}`} />
    ),
  },
  {
    id: 'lag',
    title: 'Worst lag',
    width: { grow: 0.8, min: 84 },
    align: 'end',
    compare: byNumber(row => row.worstLag),
    isDescendingFirst: true,
    tip: 'Unread records of the group that is furthest behind',
    text: row => (row.worstLag === null ? '' : String(row.worstLag)),
    cell: row =>
      row.worstLag === null ? (
        <span className={text['t3']} data-tip="No group has committed an offset in it">
          {NO_DATA}
        </span>
      ) : (
        <span className={isLagLarge(row) ? text['warn'] : undefined}>{formatCount(row.worstLag)}</span>
      ),
  },
]

function Replicas({ row: { replicas, inSync, offlineReplicas } }: { readonly row: PartitionRow }) {
  const stateOf = (id: number): string => (offlineReplicas.includes(id) ? 'down' : inSync.includes(id) ? 'in sync' : 'not in sync')
  return (
    <span className={styles.replicas} data-tip={replicas.map(id => `broker ${id}: ${stateOf(id)}`).join(', ')}>
      {replicas.map(id => (inSync.includes(id) && !offlineReplicas.includes(id)
        ? <span key={id}>{id}</span>
        : <s key={id} className={text['warn']}>{id}</s>))}
    </span>
  )
}

function PartitionState({ row }: { readonly row: PartitionRow }) {
  const { tone, word, tip } = storageState(row)
  return tone === 'plain' ? (
    <span className={text['t3']} data-tip={tip}>
      {word}
    </span>
  ) : (
    <span className={styles.state}>
      <Badge tone={tone} tip={tip}>
        {word}
      </Badge>
    </span>
  )
}

function keyOf(row: PartitionRow): string {
  return String(row.partition)
}
