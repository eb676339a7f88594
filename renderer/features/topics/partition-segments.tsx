/** The segments of one partition, and the transactions open in it, as lists. */

import { useMemo } from 'react'
import type { OpenTransactionRow, SegmentRow } from '../../../core/studio/contract/storage.ts'
import type { PartitionDetail, PartitionRow } from '../../../core/studio/contract/topics.ts'
import { bytesParts, formatCount, formatExactBytes, NO_DATA } from '../../format/figures.ts'
import { formatOffset } from '../../format/text.ts'
import { formatIso, formatShortTime } from '../../format/time.ts'
import { useNow } from '../../now.ts'
import { goTo } from '../../navigation.ts'
import { hrefOf, type Place } from '../../places.ts'
import { unopenedInWords } from '../../storage-words.ts'
import { LinkButton } from '../../ui/button.tsx'
import { Led } from '../../ui/badge.tsx'
import { byNumber, byText } from '../../ui/table-order.ts'
import { Table, type Column } from '../../ui/table.tsx'
import { Figure, Hidden, text } from '../../ui/text.tsx'
import styles from './partition-inspector.module.css'

type PlaceOf = (offset: bigint) => Place

export function PartitionSegments({ topic, detail }: { readonly topic: string; readonly detail: PartitionDetail }) {
  const { row, segments } = detail
  const now = useNow(true, 60_000)
  const placeOf = usePlaceOf(topic, row.partition)
  const columns = useMemo(() => segmentColumns(now, placeOf), [now, placeOf])
  if (segments.length === 0) return <Unopened topic={topic} row={row} />
  const older = row.segmentCount - segments.length
  return (
    <Table
      label="Segments"
      rows={segments}
      rowKey={segment => formatOffset(segment.baseOffset)}
      columns={columns}
      initialSort={{ column: 'base', isDescending: true }}
      onOpen={segment => goTo(placeOf(segment.baseOffset))}
      footer={`Records are written to the marked one.${older > 0 ? ` ${formatCount(older)} older ones are not listed.` : ''}`}
    />
  )
}

function Unopened({ topic, row }: { readonly topic: string; readonly row: PartitionRow }) {
  return (
    <div className={styles.none}>
      <p>{unopenedInWords(row.state)}</p>
      {row.state === 'resting' ? <LinkButton href={hrefOf({ at: 'topic', topic, tab: 'messages', partition: row.partition })}>Read its messages</LinkButton> : null}
    </div>
  )
}

function segmentColumns(now: number, placeOf: PlaceOf): readonly Column<SegmentRow>[] {
  return [
    {
      id: 'base',
      title: 'Base offset',
      width: { grow: 1, min: 88 },
      isMono: true,
      tip: 'The first offset it may hold; its file is named so',
      compare: byNumber(segment => segment.baseOffset),
      text: segment => formatOffset(segment.baseOffset),
      cell: ({ baseOffset, isActive }) => (
        <>
          <a href={hrefOf(placeOf(baseOffset))} tabIndex={-1}>
            {formatOffset(baseOffset)}
          </a>
          {isActive ? (
            <span className={styles.active} data-tip="Active: records are written here">
              <Led tone="live" />
              <Hidden>active</Hidden>
            </span>
          ) : null}
        </>
      ),
    },
    {
      id: 'size',
      title: 'Size',
      width: 76,
      align: 'end',
      compare: byNumber(segment => segment.sizeBytes),
      isDescendingFirst: true,
      text: segment => String(segment.sizeBytes),
      cell: ({ sizeBytes }) => (
        <span data-tip={formatExactBytes(sizeBytes)}>
          <Figure {...bytesParts(sizeBytes)} />
        </span>
      ),
    },
    timeColumn('first', 'First batch', segment => segment.firstTimestamp, now),
    timeColumn('last', 'Newest', segment => segment.maxTimestamp, now),
  ]
}

function timeColumn(id: string, title: string, of: (segment: SegmentRow) => number | null, now: number): Column<SegmentRow> {
  return {
    id,
    title,
    width: id === 'last' ? 112 : 100, // the last column has the gutter
    align: 'end',
    tip: 'By the timestamps of its records',
    compare: byNumber(of),
    text: segment => (of(segment) === null ? '' : formatIso(of(segment) ?? 0)),
    cell: segment => <Time at={of(segment)} now={now} />,
  }
}

function Time({ at, now }: { readonly at: number | null; readonly now: number }) {
  if (at === null) return <span className={text['t3']}>{NO_DATA}</span>
  return <span data-tip={formatIso(at)}>{formatShortTime(at, now)}</span>
}

export function PartitionTransactions({ topic, detail }: { readonly topic: string; readonly detail: PartitionDetail }) {
  const { row, transactions } = detail
  const now = useNow(true, 60_000)
  const placeOf = usePlaceOf(topic, row.partition)
  const columns = useMemo(() => transactionColumns(now, placeOf), [now, placeOf])
  if (transactions.length === 0) return <p className={styles.none}>No transaction is open here: readers of committed records see everything.</p>
  const others = row.openTransactionCount - transactions.length
  return (
    <Table
      label="Open transactions"
      rows={transactions}
      rowKey={transaction => String(transaction.producerId)}
      columns={columns}
      initialSort={{ column: 'first', isDescending: false }}
      onOpen={transaction => goTo(placeOf(transaction.firstOffset))}
      footer={others > 0 ? `${formatCount(others)} more are open.` : holderInWords(transactions)}
    />
  )
}

/** The earliest is the one that decides what can be read. */
function holderInWords([first]: readonly OpenTransactionRow[]): string {
  const who = first?.transactionalId ?? (first ? `producer ${String(first.producerId)}` : 'The first one')
  return `${who} holds back readers of committed records: they see what is before offset ${String(first?.firstOffset ?? 0n)}.`
}

function Transactional({ id }: { readonly id: string | null }) {
  if (id === null) return <span className={text['warn']} data-tip="No coordinator knows a transaction of this producer: nobody ends it by itself. kafka-transactions abort can">hanging</span>
  return (
    <a href={hrefOf({ at: 'transaction', transactionalId: id })} tabIndex={-1}>
      {id}
    </a>
  )
}

function transactionColumns(now: number, placeOf: PlaceOf): readonly Column<OpenTransactionRow>[] {
  return [
    {
      id: 'transactional',
      title: 'Transactional id',
      width: { grow: 1.6, min: 120 },
      compare: byText(transaction => transaction.transactionalId ?? ''),
      text: transaction => transaction.transactionalId ?? '',
      cell: transaction => <Transactional id={transaction.transactionalId} />,
    },
    {
      id: 'producer',
      title: 'Producer id',
      width: { grow: 0.6, min: 84 },
      isMono: true,
      compare: byNumber(transaction => transaction.producerId),
      text: transaction => String(transaction.producerId),
      cell: transaction => String(transaction.producerId),
    },
    {
      id: 'epoch',
      title: 'Epoch',
      width: 64,
      align: 'end',
      isMono: true,
      text: transaction => String(transaction.epoch),
      cell: transaction => transaction.epoch,
    },
    {
      id: 'first',
      title: 'Since offset',
      width: { grow: 0.7, min: 84 },
      align: 'end',
      isMono: true,
      compare: byNumber(transaction => transaction.firstOffset),
      text: transaction => formatOffset(transaction.firstOffset),
      cell: transaction => (
        <a href={hrefOf(placeOf(transaction.firstOffset))} tabIndex={-1}>
          {formatOffset(transaction.firstOffset)}
        </a>
      ),
    },
    {
      id: 'last',
      title: 'Last batch',
      width: { grow: 1, min: 88 },
      align: 'end',
      compare: byNumber(transaction => transaction.lastTimestamp),
      text: transaction => formatIso(transaction.lastTimestamp),
      cell: transaction => <Time at={transaction.lastTimestamp} now={now} />,
    },
  ]
}

/** Messages of the partition from an offset on. */
function usePlaceOf(topic: string, partition: number): PlaceOf {
  return useMemo(() => (offset: bigint): Place => ({ at: 'topic', topic, tab: 'messages', partition, from: `offset-${offset}` }), [topic, partition])
}
