/** Topics by rate, on the Overview. */

import { useMemo } from 'react'
import type { TopicRow } from '../../../core/studio/contract/topics.ts'
import { byteRateParts, bytesParts, formatCount, formatRate, rateParts } from '../../format/figures.ts'
import { listNames } from '../../format/text.ts'
import { goTo } from '../../navigation.ts'
import { hrefOf, type Place } from '../../places.ts'
import { topicsStream } from '../../studio/streams.ts'
import { useStream } from '../../studio/use-stream.ts'
import { Sparkline } from '../../ui/sparkline.tsx'
import { byNumber, byText } from '../../ui/table-order.ts'
import { Table, type Column } from '../../ui/table.tsx'
import { Figure, text } from '../../ui/text.tsx'
import styles from './topics-panel.module.css'

const placeOf = (row: TopicRow): Place => ({ at: 'topic', topic: row.topic, tab: 'messages' })

const columns: readonly Column<TopicRow>[] = [
  {
    id: 'topic',
    title: 'Topic',
    width: { grow: 2, min: 140 },
    compare: byText(row => row.topic),
    text: row => row.topic,
    cell: row => (
      <a className={text['medium']} data-tip={row.topic} href={hrefOf(placeOf(row))} tabIndex={-1}>
        {row.topic}
      </a>
    ),
  },
  {
    id: 'in',
    title: 'In',
    width: 84,
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
    isOptional: 'tight',
    cell: row => <Sparkline values={row.history} label={`${formatRate(row.inRecordsRate)} now`} />,
  },
  {
    id: 'bytes',
    title: 'Bytes in',
    width: 96,
    align: 'end',
    compare: byNumber(row => row.inBytesRate),
    isDescendingFirst: true,
    isOptional: true,
    cell: row => <Figure {...byteRateParts(row.inBytesRate)} />,
  },
  {
    id: 'records',
    title: 'Records',
    width: 96,
    align: 'end',
    compare: byNumber(row => row.recordCount),
    isDescendingFirst: true,
    text: row => String(row.recordCount),
    cell: row => formatCount(row.recordCount),
  },
  {
    id: 'size',
    title: 'Size',
    width: 88,
    align: 'end',
    compare: byNumber(row => row.sizeBytes),
    isDescendingFirst: true,
    text: row => String(row.sizeBytes),
    cell: row => <Figure {...bytesParts(row.sizeBytes)} />,
  },
  {
    id: 'readers',
    title: 'Read by',
    width: { grow: 1, min: 100 },
    isOptional: true,
    text: row => row.readBy.join(', '),
    cell: row => (
      <span className={row.readBy.length > 0 ? text['t2'] : text['t3']} data-tip={row.readBy.length > 0 ? listNames(row.readBy, 20) : undefined}>{row.readBy.length > 0 ? listNames(row.readBy) : 'nobody'}</span>
    ),
  },
]

export function TopicsPanel() {
  const live = useStream(topicsStream, {})
  const rows = useMemo(() => (live.is === 'here' ? live.value.filter(row => !row.isInternal) : []), [live])
  return (
    <div className={styles.topics}>
      <Table
        label="Topics by rate"
        rows={rows}
        rowKey={keyOf}
        columns={columns}
        initialSort={{ column: 'in', isDescending: true }}
        onOpen={row => goTo(placeOf(row))}
      />
    </div>
  )
}

function keyOf(row: TopicRow): string {
  return row.topic
}
