/** Columns of the list of transactional ids. */

import type { TransactionRow } from '../../../core/studio/contract/transactions.ts'
import { formatCount } from '../../format/figures.ts'
import { byTopic, formatPartitions } from '../../format/partitions.ts'
import { formatIso, formatShortTime } from '../../format/time.ts'
import { ageOf, isHoldingBack, isNearTimeout } from '../../transaction-health.ts'
import { State } from '../../ui/badge.tsx'
import { byNumber, byText } from '../../ui/table-order.ts'
import type { Column } from '../../ui/table.tsx'
import { text } from '../../ui/text.tsx'
import { compareAge, formatAge, stateOf, timeLeft } from './transactions-state.ts'

/** `hasBrokers`: there are several, so it matters which one coordinates. */
export function transactionColumns(now: number, hasBrokers: boolean): readonly Column<TransactionRow>[] {
  return [
    {
      id: 'id',
      title: 'Transactional id',
      width: { grow: 2, min: 150 },
      compare: byText(row => row.transactionalId),
      text: row => row.transactionalId,
      cell: row => <span className={text['medium']}>{row.transactionalId}</span>,
    },
    {
      id: 'state',
      title: 'State',
      width: 128,
      compare: byText(row => row.state),
      text: row => row.state,
      cell: row => <StateCell row={row} now={now} />,
    },
    ...timeColumns(now),
    heldBackColumn(now),
    {
      id: 'touches',
      title: 'Touches',
      width: { grow: 1.6, min: 130 },
      tip: 'Partitions in the open transaction; those of __consumer_offsets hold the offsets it commits',
      compare: byNumber(row => row.partitionCount),
      text: row => formatPartitions(byTopic(row.partitions)),
      cell: row => <Touches row={row} />,
    },
    ...producerColumns,
    ...(hasBrokers ? [coordinatorColumn] : []),
    {
      id: 'changed',
      title: 'Changed',
      width: 84,
      align: 'end',
      isOptional: true,
      tip: 'When its state last changed',
      compare: byNumber(row => row.updatedAt),
      isDescendingFirst: true,
      text: row => formatIso(row.updatedAt),
      cell: row => <span className={text['t2']} data-tip={formatIso(row.updatedAt)}>{formatShortTime(row.updatedAt, now)}</span>,
    },
  ]
}

function timeColumns(now: number): readonly Column<TransactionRow>[] {
  return [
    {
      id: 'age',
      title: 'Open for',
      width: 92,
      align: 'end',
      compare: compareAge,
      isDescendingFirst: true,
      text: row => (row.startedAt === null ? '' : formatAge(ageOf(row, now) ?? 0)),
      cell: row => (row.startedAt === null ? <None /> : <span data-tip={`Since ${formatIso(row.startedAt)}`}>{formatAge(ageOf(row, now) ?? 0)}</span>),
    },
    {
      id: 'left',
      title: 'Times out',
      width: 112,
      align: 'end',
      tip: 'transaction.timeout.ms of its producer: the coordinator aborts it within 10 s after that',
      text: row => timeLeft(row, now) ?? '',
      cell: row => <Left row={row} now={now} />,
    },
  ]
}

function heldBackColumn(now: number): Column<TransactionRow> {
  return {
    id: 'heldBack',
    title: 'Holds back',
    width: 92,
    align: 'end',
    tip: 'Records that readers of committed ones cannot see before it ends: it begins at the last stable offset',
    compare: byNumber(row => row.heldBack),
    isDescendingFirst: true,
    text: row => String(row.heldBack),
    cell: row => (row.heldBack === 0n ? <None /> : <span className={isHoldingBack(row, now) ? text['warn'] : undefined}>{formatCount(row.heldBack)}</span>),
  }
}

const producerColumns: readonly Column<TransactionRow>[] = [
  {
    id: 'producer',
    title: 'Producer id',
    width: 96,
    isOptional: 'tight',
    align: 'end',
    isMono: true,
    compare: byNumber(row => row.producerId),
    text: row => String(row.producerId),
    cell: row => String(row.producerId),
  },
  {
    id: 'epoch',
    title: 'Epoch',
    width: 64,
    isOptional: 'tight',
    align: 'end',
    isMono: true,
    tip: 'A producer with a lower epoch is fenced',
    compare: byNumber(row => row.producerEpoch),
    text: row => String(row.producerEpoch),
    cell: row => row.producerEpoch,
  },
]

const coordinatorColumn: Column<TransactionRow> = {
  id: 'coordinator',
  title: 'Broker',
  width: 64,
  isOptional: 'tight',
  align: 'end',
  tip: 'The broker that coordinates it',
  compare: byNumber(row => row.coordinator),
  text: row => String(row.coordinator),
  cell: row => (row.coordinator < 0 ? <span className={text['warn']}>none</span> : row.coordinator),
}

function StateCell({ row, now }: { readonly row: TransactionRow; readonly now: number }) {
  const { tone, tip } = stateOf(row, now)
  return (
    <span data-tip={tip}>
      <State tone={tone}>
        <span className={tone === 'warn' ? text['warn'] : tone === 'off' ? text['t2'] : undefined}>{row.state}</span>
      </State>
    </span>
  )
}

function Left({ row, now }: { readonly row: TransactionRow; readonly now: number }) {
  const left = timeLeft(row, now)
  if (left === null) return <None />
  return <span className={isNearTimeout(row, now) ? text['warn'] : text['t2']}>{left}</span>
}

function Touches({ row }: { readonly row: TransactionRow }) {
  if (row.partitionCount === 0) return <None />
  const words = formatPartitions(byTopic(row.partitions))
  return <span className={text['mono']} data-tip={words}>{words}</span>
}

function None() {
  return <span className={text['t3']}>—</span>
}
