/** Columns of a group's members. */

import type { GroupDetail, GroupMemberRow } from '../../../core/studio/contract/groups.ts'
import { formatPartitions } from '../../format/partitions.ts'
import { cutMiddle } from '../../format/text.ts'
import { Badge, State } from '../../ui/badge.tsx'
import { classNames } from '../../ui/class-names.ts'
import { byNumber, byText } from '../../ui/table-order.ts'
import type { Column } from '../../ui/table.tsx'
import { text } from '../../ui/text.tsx'
import { countPartitions, memberState, nameOfMember } from './groups-state.ts'
import styles from './group-detail.module.css'

const ID_SHOWN_MAX = 22

export function memberColumns({ leaderId, targetEpoch, members, row: group }: GroupDetail): readonly Column<GroupMemberRow>[] {
  return [
    ...identityColumns(leaderId),
    ...(members.some(({ rack }) => rack !== null) ? [rackColumn] : []),
    ...(group.kind === 'consumer' ? [epochColumn, progressColumn(targetEpoch)] : []),
    ...assignmentColumns,
  ]
}

function identityColumns(leaderId: GroupDetail['leaderId']): readonly Column<GroupMemberRow>[] {
  return [
    {
      id: 'client',
      title: 'Client',
      width: { grow: 2, min: 150 },
      compare: byText(nameOfMember),
      text: nameOfMember,
      cell: row => (
        <span className={styles.client}>
          <span className={text['cut']} data-tip={nameOfMember(row)}>{nameOfMember(row)}</span>
          {row.memberId === leaderId ? <Badge tone="line" tip="Its client assigns the partitions for all">leader</Badge> : null}
          {row.isClassicInConsumer ? <Badge tone="line" tip="It speaks the classic protocol: the group is being moved, member by member">classic</Badge> : null}
        </span>
      ),
    },
    {
      id: 'host',
      title: 'Host',
      width: 124,
      isMono: true,
      compare: byText(row => row.host),
      text: row => row.host,
      cell: row => row.host,
    },
    {
      id: 'instance',
      title: 'Instance',
      width: 124,
      isOptional: 'tight',
      tip: 'group.instance.id: a member that keeps its partitions over a restart',
      compare: byText(row => row.instanceId ?? ''),
      text: row => row.instanceId ?? '',
      cell: row => (row.instanceId === null ? <span className={text['t3']}>—</span> : row.instanceId),
    },
  ]
}

const rackColumn: Column<GroupMemberRow> = {
  id: 'rack',
  title: 'Rack',
  width: 92,
  tip: 'client.rack: where its host is, as it says',
  compare: byText(row => row.rack ?? ''),
  text: row => row.rack ?? '',
  cell: row => (row.rack === null ? <span className={text['t3']}>—</span> : row.rack),
}

const epochColumn: Column<GroupMemberRow> = {
  id: 'epoch',
  title: 'Epoch',
  width: 64,
  align: 'end',
  tip: 'Its member epoch: which assignment it has come to',
  compare: byNumber(row => row.epoch),
  text: row => String(row.epoch ?? ''),
  cell: row => row.epoch ?? <span className={text['t3']}>—</span>,
}

function progressColumn(targetEpoch: number | null): Column<GroupMemberRow> {
  return {
    id: 'progress',
    title: 'State',
    width: { grow: 1, min: 150 },
    compare: byText(row => memberState(row, targetEpoch)?.word ?? ''),
    text: row => memberState(row, targetEpoch)?.word ?? '',
    cell: row => <Progress row={row} targetEpoch={targetEpoch} />,
  }
}

function Progress({ row, targetEpoch }: { readonly row: GroupMemberRow; readonly targetEpoch: number | null }) {
  const state = memberState(row, targetEpoch)
  if (state === null) return null
  return (
    <span data-tip={state.tone === 'warn' ? `${state.word}: ${state.tip}` : state.tip}>
      <State tone={state.tone}>
        <span className={classNames(text['cut'], state.tone === 'warn' && text['warn'])}>{state.word}</span>
      </State>
    </span>
  )
}

const assignmentColumns: readonly Column<GroupMemberRow>[] = [
  {
    id: 'count',
    title: 'Partitions',
    width: 84,
    align: 'end',
    compare: byNumber(row => countPartitions(row.assignment)),
    isDescendingFirst: true,
    text: row => String(countPartitions(row.assignment)),
    cell: row => countPartitions(row.assignment),
  },
  {
    id: 'assignment',
    title: 'Assignment',
    width: { grow: 2, min: 150 },
    text: row => formatPartitions(row.assignment),
    cell: row => <Assignment row={row} />,
  },
  {
    id: 'id',
    title: 'Member id',
    width: { grow: 1.4, min: 180 },
    isMono: true,
    isOptional: true,
    text: row => row.memberId,
    cell: row => <span className={text['t2']} data-tip={row.memberId}>{cutMiddle(row.memberId, ID_SHOWN_MAX)}</span>,
  },
]

function Assignment({ row }: { readonly row: GroupMemberRow }) {
  const words = formatPartitions(row.assignment)
  return words === '' ? <span className={text['t3']}>nothing</span> : <span className={text['mono']} data-tip={words}>{words}</span>
}
