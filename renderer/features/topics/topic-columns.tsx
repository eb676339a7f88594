/** Columns of the Topics list. */

import type { GroupRow } from '../../../core/studio/contract/groups.ts'
import type { TopicRow } from '../../../core/studio/contract/topics.ts'
import { byteRateParts, bytesParts, formatCount, formatExactBytes, formatRate, rateParts } from '../../format/figures.ts'
import { listNames } from '../../format/text.ts'
import { hrefOf } from '../../places.ts'
import { Badge, State } from '../../ui/badge.tsx'
import { Sparkline } from '../../ui/sparkline.tsx'
import { byNumber, byText } from '../../ui/table-order.ts'
import type { Column } from '../../ui/table.tsx'
import { Figure, text } from '../../ui/text.tsx'
import { describeKept, noticeOf, readerTone } from './topics-state.ts'
import styles from './topic-columns.module.css'

/** `groups` by name: the light before `Read by` shows the worst reader. `isCutDismissed`: what the last start cut is known to the user. */
export function topicColumns(groups: ReadonlyMap<string, GroupRow>, isCutDismissed: boolean): readonly Column<TopicRow>[] {
  return [
    {
      id: 'topic',
      title: 'Topic',
      width: { grow: 2, min: 160 },
      compare: byText(row => row.topic),
      text: row => row.topic,
      cell: row => <Name row={row} isCutDismissed={isCutDismissed} />,
    },
    ...figureColumns,
    {
      id: 'kept',
      title: 'Kept',
      width: { grow: 0.6, min: 108 },
      isOptional: true,
      tip: 'What happens to old records, and after how long',
      text: describeKept,
      cell: describeKept,
    },
    {
      id: 'readers',
      title: 'Read by',
      width: { grow: 1.2, min: 150 },
      compare: byNumber(row => row.readBy.length),
      text: row => row.readBy.join(', '),
      cell: row => <Readers row={row} tone={readerTone(row, groups)} />,
    },
  ]
}

const figureColumns: readonly Column<TopicRow>[] = [
  {
    id: 'partitions',
    title: 'Partitions',
    width: 84,
    align: 'end',
    compare: byNumber(row => row.partitionCount),
    isDescendingFirst: true,
    text: row => String(row.partitionCount),
    cell: row => formatCount(row.partitionCount),
  },
  {
    id: 'records',
    title: 'Records',
    width: 108,
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
    cell: row => (
      <span data-tip={formatExactBytes(row.sizeBytes)}>
        <Figure {...bytesParts(row.sizeBytes)} />
      </span>
    ),
  },
  {
    id: 'in',
    title: 'In',
    width: 88,
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
    id: 'bytes',
    title: 'Bytes in',
    width: 100,
    align: 'end',
    isOptional: true,
    compare: byNumber(row => row.inBytesRate),
    isDescendingFirst: true,
    cell: row => <Figure {...byteRateParts(row.inBytesRate)} />,
  },
]

function Name({ row, isCutDismissed }: { readonly row: TopicRow; readonly isCutDismissed: boolean }) {
  const notice = noticeOf(row, isCutDismissed)
  return (
    <span className={styles.name}>
      <a className={text['cut']} data-tip={row.topic} href={hrefOf({ at: 'topic', topic: row.topic, tab: 'messages' })} tabIndex={-1}>
        {row.topic}
      </a>
      {row.isInternal ? <Badge tone="line">internal</Badge> : null}
      {notice ? (
        <a href={hrefOf({ at: 'topic', topic: row.topic, tab: 'partitions' })} tabIndex={-1}>
          <Badge tone={notice.tone} tip={notice.tip}>
            {notice.word}
          </Badge>
        </a>
      ) : null}
    </span>
  )
}

function Readers({ row, tone }: { readonly row: TopicRow; readonly tone: 'good' | 'warn' | null }) {
  if (tone === null) return <span className={text['t3']}>nobody</span>
  return (
    <span className={styles.readBy} data-tip={`${listNames(row.readBy, 20)}${tone === 'warn' ? ': at least one of them is behind' : ''}`}>
      <State tone={tone}>
        <span className={styles.readers}>
          {row.readBy.map((group, index) => (
            <span key={group}>
              {index > 0 ? ', ' : ''}
              <a href={hrefOf({ at: 'group', group, tab: 'lag' })} tabIndex={-1}>
                {group}
              </a>
            </span>
          ))}
        </span>
      </State>
    </span>
  )
}
