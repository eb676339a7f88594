/** Columns of a group's partitions: who reads each, how far it is. */

import type { GroupDetail, GroupMemberRow, GroupOffsetRow } from '../../../core/studio/contract/groups.ts'
import { formatCount, formatRate, plural, rateParts } from '../../format/figures.ts'
import { formatOffset } from '../../format/text.ts'
import { isBehind } from '../../group-health.ts'
import { hrefOf } from '../../places.ts'
import { Meter } from '../../ui/meter.tsx'
import { SeriesBar } from '../../ui/series-bar.tsx'
import { byNumber, byText } from '../../ui/table-order.ts'
import type { Column } from '../../ui/table.tsx'
import { Figure, text } from '../../ui/text.tsx'
import { compareLag, lostBefore, nameOfMember, shareOf } from './groups-state.ts'

export function partitionColumns({ row: group, members, offsets: rows }: GroupDetail): readonly Column<GroupOffsetRow>[] {
  const owners = new Map(members.map((member): [string, GroupMemberRow] => [member.memberId, member]))
  const ownerOf = (row: GroupOffsetRow): string => {
    const owner = row.memberId === null ? undefined : owners.get(row.memberId)
    return owner ? nameOfMember(owner) : ''
  }
  const hasPending = rows.some(({ pending }) => pending !== null)
  const isWarning = (row: GroupOffsetRow): boolean => isBehind(group) && isBehind({ ...row, history: group.history })
  return [
    {
      id: 'partition',
      title: 'Partition',
      width: { grow: 1, min: 140 },
      compare: byPartition,
      text: row => `${row.topic}-${row.partition}`,
      cell: row => <PartitionCell row={row} />,
    },
    {
      id: 'member',
      title: 'Member',
      width: { grow: 1.4, min: 120 },
      compare: byText(ownerOf),
      text: ownerOf,
      cell: row => (row.memberId === null ? <span className={text['t3']}>nobody</span> : <span data-tip={`${ownerOf(row)}, member id ${row.memberId}`}>{ownerOf(row)}</span>),
    },
    {
      id: 'committed',
      title: 'Committed',
      width: 112,
      align: 'end',
      isMono: true,
      tip: 'The next offset the group reads after a restart',
      text: row => (row.committed === null ? '' : formatOffset(row.committed)),
      cell: row => <Committed row={row} />,
    },
    ...(hasPending ? [pendingColumn] : []),
    {
      id: 'end',
      title: 'End',
      width: 112,
      align: 'end',
      isMono: true,
      text: row => formatOffset(row.endOffset),
      cell: row => formatOffset(row.endOffset),
    },
    {
      id: 'unread',
      title: 'Unread',
      width: 96,
      align: 'end',
      compare: compareLag,
      isDescendingFirst: true,
      text: row => (row.lag === null ? '' : String(row.lag)),
      cell: row => <span className={row.lag === null ? text['t3'] : isWarning(row) ? text['warn'] : undefined}>{formatCount(row.lag)}</span>,
    },
    {
      id: 'share',
      title: 'Share',
      width: { grow: 1.6, min: 80 },
      tip: 'Of all the group has unread',
      cell: row => (
        <span data-tip={`${Math.round(shareOf(row, group.lag) * 100)} % of ${formatCount(group.lag)} unread`}>
          <Meter share={shareOf(row, group.lag)} tone={isWarning(row) ? 'warn' : 'plain'} />
        </span>
      ),
    },
    {
      id: 'reads',
      title: 'Reads',
      width: 96,
      align: 'end',
      compare: byNumber(row => row.rate),
      isDescendingFirst: true,
      tip: 'Records a second by which the committed offset advances',
      text: row => formatRate(row.rate),
      cell: row => <Figure {...rateParts(row.rate)} />,
    },
  ]
}

/** Shown only while a transaction has committed offsets and is open. */
const pendingColumn: Column<GroupOffsetRow> = {
  id: 'pending',
  title: 'Pending',
  width: 112,
  align: 'end',
  isMono: true,
  tip: 'Committed in a transaction that is open: it counts once the transaction commits',
  text: row => (row.pending === null ? '' : formatOffset(row.pending.offset)),
  cell: row => <Pending pending={row.pending} />,
}

function Pending({ pending }: Pick<GroupOffsetRow, 'pending'>) {
  if (pending === null) return <span className={text['t3']}>—</span>
  const { offset, producerId, transactionalId } = pending
  const words = formatOffset(offset)
  if (transactionalId === null) return <span className={text['warn']} data-tip={`By producer ${producerId}, whose transaction no coordinator knows`}>{words}</span>
  return (
    <a className={text['warn']} href={hrefOf({ at: 'transaction', transactionalId })} tabIndex={-1} data-tip={`In the open transaction of ${transactionalId}`}>
      {words}
    </a>
  )
}

function byPartition(a: GroupOffsetRow, b: GroupOffsetRow): number {
  return a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1
}

function PartitionCell({ row: { topic, partition } }: { readonly row: GroupOffsetRow }) {
  return (
    <>
      <SeriesBar index={partition} />
      <a className={text['mono']} href={hrefOf({ at: 'topic', topic, tab: 'messages', partition })} tabIndex={-1}>
        {topic}-{partition}
      </a>
    </>
  )
}

function Committed({ row }: { readonly row: GroupOffsetRow }) {
  const { topic, partition, committed, startOffset } = row
  if (committed === null) return <span className={text['t3']} data-tip="Assigned; nothing committed yet">—</span>
  const lost = lostBefore(row)
  const offset = formatOffset(committed)
  return (
    <a
      className={lost > 0n ? text['warn'] : undefined}
      href={hrefOf({ at: 'topic', topic, tab: 'messages', partition, offset })}
      tabIndex={-1}
      data-tip={lost > 0n ? `${plural(lost, 'record')} from here on were deleted before the group read them; the log starts at ${startOffset}` : (row.metadata || undefined)}
    >
      {offset}
    </a>
  )
}
