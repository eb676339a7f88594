/** The groups that read a topic, and how far behind each is. */

import { useMemo } from 'react'
import type { GroupRow } from '../../../core/studio/contract/groups.ts'
import type { TopicRow } from '../../../core/studio/contract/topics.ts'
import { formatCount, formatRate, NO_DATA, rateParts } from '../../format/figures.ts'
import { isBehind } from '../../group-health.ts'
import { goTo } from '../../navigation.ts'
import { hrefOf } from '../../places.ts'
import { groupsStream, statusStream } from '../../studio/streams.ts'
import { useStream, useStreamSlice } from '../../studio/use-stream.ts'
import { State } from '../../ui/badge.tsx'
import { Empty } from '../../ui/empty.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Sparkline } from '../../ui/sparkline.tsx'
import { byNumber, byText } from '../../ui/table-order.ts'
import { Table, type Column } from '../../ui/table.tsx'
import { Figure, text } from '../../ui/text.tsx'

const columns: readonly Column<GroupRow>[] = [
  {
    id: 'group',
    title: 'Group',
    width: { grow: 1.4, min: 160 },
    compare: byText(row => row.group),
    text: row => row.group,
    cell: row => (
      <a className={text['medium']} href={hrefOf({ at: 'group', group: row.group, tab: 'lag' })} tabIndex={-1}>
        {row.group}
      </a>
    ),
  },
  {
    id: 'kind',
    title: 'Type',
    width: 88,
    isOptional: 'tight',
    compare: byText(row => row.kind),
    tip: 'The protocol its members speak',
    text: row => row.kind,
    cell: row => <span className={text['t2']}>{row.kind}</span>,
  },
  {
    id: 'state',
    title: 'State',
    width: { grow: 0.8, min: 148 },
    compare: byText(row => row.state),
    text: row => row.state,
    cell: row => (
      <State tone={row.memberCount === 0 ? 'off' : isBehind(row) ? 'warn' : 'good'}>
        {isBehind(row) && row.memberCount > 0 ? <span className={text['warn']}>{row.state}, behind</span> : row.state}
      </State>
    ),
  },
  {
    id: 'members',
    title: 'Members',
    width: 92,
    align: 'end',
    compare: byNumber(row => row.memberCount),
    isDescendingFirst: true,
    text: row => String(row.memberCount),
    cell: row => formatCount(row.memberCount),
  },
  {
    id: 'rate',
    title: 'Rate',
    width: 104,
    align: 'end',
    compare: byNumber(row => row.rate),
    isDescendingFirst: true,
    tip: 'Records a second by which its committed offsets advance, in all its topics',
    text: row => formatRate(row.rate),
    cell: row => <Figure {...rateParts(row.rate)} />,
  },
  {
    id: 'lag',
    title: 'Unread',
    width: 112,
    align: 'end',
    compare: byNumber(row => row.lag),
    isDescendingFirst: true,
    tip: 'In all the topics it reads',
    text: row => (row.lag === null ? '' : String(row.lag)),
    cell: row =>
      row.lag === null ? (
        <span className={text['t3']}>{NO_DATA}</span>
      ) : (
        <span className={isBehind(row) ? text['warn'] : undefined}>{formatCount(row.lag)}</span>
      ),
  },
  {
    id: 'history',
    title: '15 min',
    width: 104,
    isOptional: true,
    cell: row => (
      <Sparkline
        values={row.history}
        tone={isBehind(row) ? 'warn' : 'plain'}
        label={row.lag === null ? 'nothing committed' : `${formatCount(row.lag)} unread now`}
      />
    ),
  },
  {
    id: 'worst',
    title: 'Worst partition',
    width: { grow: 1, min: 160 },
    isMono: true,
    text: row => (row.worst ? `${row.worst.topic}-${row.worst.partition} ${row.worst.lag}` : ''),
    cell: row =>
      row.worst ? (
        <span className={text['t2']}>
          {row.worst.topic}-{row.worst.partition} · {formatCount(row.worst.lag)}
        </span>
      ) : (
        <span className={text['t3']}>{NO_DATA}</span>
      ),
  },
]

export function TopicGroups({ topic }: { readonly topic: TopicRow }) {
  const live = useStream(groupsStream, {})
  const address = useStreamSlice(statusStream, {}, status => status.address)
  const rows = useMemo(
    () => (live.is === 'here' ? live.value.filter(group => topic.readBy.includes(group.group)) : []),
    [live, topic.readBy],
  )
  if (live.is === 'waiting') return <Skeleton />
  if (live.is === 'failed') return <ErrorNote title="Groups cannot be listed" failure={live.failure} />
  if (rows.length === 0) {
    return (
      <Empty
        title={`No group reads ${topic.topic}`}
        {...(address === undefined ? {} : { command: `kcat -b ${address} -G my-group ${topic.topic}` })}
      >
        A consumer with a group id appears here when it joins. From a terminal:
      </Empty>
    )
  }
  return (
    <Table
      label={`Groups that read ${topic.topic}`}
      rows={rows}
      rowKey={row => row.group}
      columns={columns}
      initialSort={{ column: 'lag', isDescending: true }}
      onOpen={row => goTo({ at: 'group', group: row.group, tab: 'lag' })}
    />
  )
}
