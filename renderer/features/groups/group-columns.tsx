/** Columns of the list of groups. */

import type { GroupKind, GroupRow } from '../../../core/studio/contract/groups.ts'
import { formatCount, formatRate, rateParts } from '../../format/figures.ts'
import { isBehind } from '../../group-health.ts'
import { hrefOf } from '../../places.ts'
import { State } from '../../ui/badge.tsx'
import { Sparkline } from '../../ui/sparkline.tsx'
import { byNumber, byText } from '../../ui/table-order.ts'
import type { Column } from '../../ui/table.tsx'
import { Figure, text } from '../../ui/text.tsx'
import { compareLag, stateOf, stateTips } from './groups-state.ts'

const kindTips: Readonly<Record<GroupKind, string>> = {
  classic: 'The classic protocol: one of its members assigns the partitions',
  consumer: 'The consumer protocol (KIP-848): the broker assigns the partitions',
  share: 'A share group (KIP-932)',
  streams: 'The protocol of Kafka Streams (KIP-1071)',
}

export const groupColumns: readonly Column<GroupRow>[] = [
  {
    id: 'group',
    title: 'Group',
    width: { grow: 2, min: 150 },
    compare: byText(row => row.group),
    text: row => row.group,
    cell: row => <span className={text['medium']}>{row.group}</span>,
  },
  {
    id: 'kind',
    title: 'Type',
    width: 82,
    compare: byText(row => row.kind),
    tip: 'The protocol its members speak',
    text: row => row.kind,
    cell: row => <span className={text['t2']} data-tip={kindTips[row.kind]}>{row.kind}</span>,
  },
  {
    id: 'state',
    title: 'State',
    width: 148,
    compare: byText(row => stateOf(row).word),
    text: row => row.state,
    cell: row => <GroupStateCell group={row} />,
  },
  {
    id: 'members',
    title: 'Members',
    width: 76,
    align: 'end',
    compare: byNumber(row => row.memberCount),
    isDescendingFirst: true,
    text: row => String(row.memberCount),
    cell: row => formatCount(row.memberCount),
  },
  {
    id: 'reads',
    title: 'Reads',
    width: { grow: 1.4, min: 120 },
    isOptional: 'tight',
    compare: byText(row => row.topics.join(', ')),
    text: row => row.topics.join(', '),
    cell: row => <Reads topics={row.topics} />,
  },
  {
    id: 'rate',
    title: 'Rate',
    width: 88,
    align: 'end',
    compare: byNumber(row => row.rate),
    isDescendingFirst: true,
    tip: 'Records a second by which its committed offsets advance, mean of the last 5 s',
    text: row => formatRate(row.rate),
    cell: row => <Figure {...rateParts(row.rate)} />,
  },
  {
    id: 'unread',
    title: 'Unread',
    width: 96,
    align: 'end',
    compare: compareLag,
    isDescendingFirst: true,
    tip: 'Records from its committed offsets to the ends of the partitions',
    text: row => (row.lag === null ? '' : String(row.lag)),
    cell: row => <span className={row.lag === null ? text['t3'] : isBehind(row) ? text['warn'] : undefined}>{formatCount(row.lag)}</span>,
  },
  {
    id: 'history',
    title: '15 min',
    width: 92,
    isOptional: true,
    tip: 'Unread records over the last 15 min',
    cell: row => (
      <Sparkline
        values={row.history}
        tone={isBehind(row) ? 'warn' : 'plain'}
        label={`${formatCount(row.lag)} unread now, at most ${formatCount(Math.max(0, ...row.history))}`}
      />
    ),
  },
  {
    id: 'worst',
    title: 'Worst partition',
    width: { grow: 1, min: 160 },
    isOptional: 'tight',
    compare: byText(row => (row.worst ? `${row.worst.topic}-${row.worst.partition}` : '')),
    text: row => (row.worst ? `${row.worst.topic}-${row.worst.partition} ${row.worst.lag}` : ''),
    cell: row => <Worst worst={row.worst} />,
  },
]

function GroupStateCell({ group }: { readonly group: GroupRow }) {
  const { tone, word, note } = stateOf(group)
  return (
    <span data-tip={stateTips[word]}>
      <State tone={tone}>
        <span className={tone === 'warn' || tone === 'bad' ? text[tone] : tone === 'off' ? text['t2'] : undefined}>
          {word}
          {note === '' ? '' : `, ${note}`}
        </span>
      </State>
    </span>
  )
}

function Reads({ topics }: { readonly topics: readonly string[] }) {
  if (topics.length === 0) return <span className={text['t3']}>nothing</span>
  return topics.map((topic, index) => (
    <span key={topic}>
      {index > 0 ? ', ' : ''}
      <a href={hrefOf({ at: 'topic', topic, tab: 'messages' })} tabIndex={-1}>
        {topic}
      </a>
    </span>
  ))
}

function Worst({ worst }: Pick<GroupRow, 'worst'>) {
  if (worst === null) return <span className={text['t3']}>—</span>
  const { topic, partition, lag } = worst
  return (
    <>
      <a className={text['mono']} href={hrefOf({ at: 'topic', topic, tab: 'messages', partition })} tabIndex={-1}>
        {topic}-{partition}
      </a>
      <span className={text['t3']}> · </span>
      {formatCount(lag)}
    </>
  )
}
