/** Columns of a group's members. */

import type { GroupDetail, GroupMemberRow } from '../../../core/studio/contract/groups.ts'
import { cutMiddle } from '../../format/text.ts'
import { Badge } from '../../ui/badge.tsx'
import { byNumber, byText } from '../../ui/table-order.ts'
import type { Column } from '../../ui/table.tsx'
import { text } from '../../ui/text.tsx'
import { describeAssignment, nameOfMember } from './groups-state.ts'
import styles from './group-detail.module.css'

const ID_SHOWN_MAX = 40

export function memberColumns(leaderId: GroupDetail['leaderId']): readonly Column<GroupMemberRow>[] {
  return [
    {
      id: 'client',
      title: 'Client',
      width: { grow: 1, min: 150 },
      compare: byText(nameOfMember),
      text: nameOfMember,
      cell: row => (
        <span className={styles.client}>
          <span className={text['cut']}>{nameOfMember(row)}</span>
          {row.memberId === leaderId ? <Badge tone="line" tip="Its client assigns the partitions for all">leader</Badge> : null}
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
      tip: 'group.instance.id: a member that keeps its partitions over a restart',
      compare: byText(row => row.instanceId ?? ''),
      text: row => row.instanceId ?? '',
      cell: row => (row.instanceId === null ? <span className={text['t3']}>—</span> : row.instanceId),
    },
    {
      id: 'count',
      title: 'Partitions',
      width: 84,
      align: 'end',
      compare: byNumber(partitionCount),
      isDescendingFirst: true,
      text: row => String(partitionCount(row)),
      cell: partitionCount,
    },
    {
      id: 'assignment',
      title: 'Assignment',
      width: { grow: 2, min: 180 },
      text: row => describeAssignment(row.assignment),
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
}

function Assignment({ row }: { readonly row: GroupMemberRow }) {
  const words = describeAssignment(row.assignment)
  return words === '' ? <span className={text['t3']}>nothing</span> : <span className={text['mono']} data-tip={words}>{words}</span>
}

function partitionCount({ assignment }: GroupMemberRow): number {
  return assignment.reduce((total, { partitions }) => total + partitions.length, 0)
}
