/** Which transactions are open, since when, and what waits for them? All transactional ids, the open ones first. */

import { useCallback, useEffect, useEffectEvent, useMemo, useRef, useState, type RefObject } from 'react'
import type { LocalStatus } from '../../../core/studio/contract/local.ts'
import type { TransactionRow } from '../../../core/studio/contract/transactions.ts'
import { addCommands, useCommands, type Command } from '../../commands.ts'
import { formatCount, plural } from '../../format/figures.ts'
import { cutMiddle } from '../../format/text.ts'
import { goTo } from '../../navigation.ts'
import { useNow } from '../../now.ts'
import { hrefOf } from '../../places.ts'
import { statusStream, transactionsStream } from '../../studio/streams.ts'
import { useStream, useStreamSlice } from '../../studio/use-stream.ts'
import { isOpen } from '../../transaction-health.ts'
import { Segments } from '../../ui/button.tsx'
import { copyText } from '../../ui/copy-button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Input } from '../../ui/input.tsx'
import { Menu, type MenuItem } from '../../ui/menu.tsx'
import { Page, PageHead, Toolbar } from '../../ui/page.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Table } from '../../ui/table.tsx'
import { Kbd, text } from '../../ui/text.tsx'
import { AbortTransaction } from './abort-transaction.tsx'
import { transactionColumns } from './transaction-columns.tsx'
import { TransactionInspector } from './transaction-inspector.tsx'
import { abortProblem, describeTrouble, filterTransactions, headline, totalsOf, worstOf, type TransactionFilter, type TransactionTotals, type Which } from './transactions-state.ts'
import styles from './transactions-page.module.css'

type Open =
  | { readonly is: 'abort'; readonly transaction: TransactionRow }
  | { readonly is: 'menu'; readonly transaction: TransactionRow; readonly at: { readonly x: number; readonly y: number } }

const none: readonly TransactionRow[] = []

export function TransactionsPage({ transactionalId: selected = null }: { readonly transactionalId?: string | null }) {
  const live = useStream(transactionsStream, {})
  const status = useStreamSlice(statusStream, {}, wholeStatus)
  const [filter, setFilter] = useState<TransactionFilter>({ find: '', which: 'all' })
  const [open, setOpen] = useState<Open | null>(null)
  const field = useRef<HTMLInputElement>(null)
  const transactions = live.is === 'here' ? live.value : none
  const now = useNow(transactions.some(isOpen), 1000)
  const totals = totalsOf(transactions, now)
  const selectedRow = transactions.find(row => row.transactionalId === selected)
  useFindCommand(useCallback(() => field.current?.focus(), []))
  useAbortCommand(selectedRow, transaction => setOpen({ is: 'abort', transaction }))
  const close = (): void => setOpen(null)
  return (
    <Page head={<PageHead title="Transactions" facts={transactions.length > 0 ? <Facts rows={transactions} totals={totals} now={now} /> : null} />}>
      {live.is === 'waiting' ? (
        <Skeleton />
      ) : live.is === 'failed' ? (
        <ErrorNote title="Transactions cannot be listed" failure={live.failure} />
      ) : totals.all === 0 ? (
        <NoneYet address={status?.address ?? null} />
      ) : (
        <>
          <TransactionsToolbar field={field} filter={filter} totals={totals} onFilter={setFilter} />
          <TransactionsBody
            rows={filterTransactions(transactions, filter, now)}
            filter={filter}
            totals={totals}
            now={now}
            hasBrokers={(status?.brokerCount ?? 1) > 1}
            selected={selected}
            selectedRow={selectedRow}
            onOpen={setOpen}
          />
        </>
      )}
      {open?.is === 'abort' ? <AbortTransaction transaction={open.transaction} onClose={close} /> : null}
      {open?.is === 'menu' ? (
        <Menu label={`Acts on ${open.transaction.transactionalId}`} anchor={open.at} items={menuItems(open.transaction, setOpen)} onClose={close} />
      ) : null}
    </Page>
  )
}

/** Characters of a name in a sentence: what is the matter comes after it, and has to be seen. */
const NAME_MAX = 40

function Facts({ rows, totals, now }: { readonly rows: readonly TransactionRow[]; readonly totals: TransactionTotals; readonly now: number }) {
  const worst = worstOf(rows, now)
  return (
    <>
      {headline(totals)}
      {worst ? (
        <>
          {' · '}
          <span className={text['warn']}>
            <a className={text['strong']} href={hrefOf({ at: 'transaction', transactionalId: worst.transactionalId })}>
              {cutMiddle(worst.transactionalId, NAME_MAX)}
            </a>{' '}
            {describeTrouble(worst, now)}
          </span>
          {totals.waiting > 1 ? ` · and ${formatCount(totals.waiting - 1)} more` : ''}
        </>
      ) : null}
    </>
  )
}

function NoneYet({ address }: { readonly address: string | null }) {
  return (
    <Empty title="No transactional ids yet" {...(address ? { command: demoCommand(address) } : {})}>
      One appears here when a producer with a transactional.id calls initTransactions. With Apache Kafka’s tools, one that commits once a second:
    </Empty>
  )
}

function demoCommand(address: string): string {
  return [
    'kafka-producer-perf-test --topic orders --num-records 10000 \\',
    '  --record-size 100 --throughput 100 --transactional-id demo \\',
    '  --transaction-duration-ms 1000 \\',
    `  --producer-props bootstrap.servers=${address}`,
  ].join('\n')
}

function TransactionsToolbar({ field, filter, totals, onFilter }: {
  readonly field: RefObject<HTMLInputElement | null>
  readonly filter: TransactionFilter
  readonly totals: TransactionTotals
  readonly onFilter: (filter: TransactionFilter) => void
}) {
  const options: readonly { readonly value: Which; readonly label: string }[] = [
    { value: 'all', label: `All ${formatCount(totals.all)}` },
    { value: 'open', label: `Open ${formatCount(totals.open)}` },
    { value: 'waiting', label: `Waited for ${formatCount(totals.waiting)}` },
  ]
  return (
    <Toolbar label="Filter transactions">
      <Input
        ref={field}
        className={styles.find ?? ''}
        icon="search"
        placeholder="Find an id, producer id or topic"
        aria-label="Find an id, producer id or topic"
        value={filter.find}
        trail={<Kbd>/</Kbd>}
        onChange={find => onFilter({ ...filter, find })}
        onKeyDown={event => event.key === 'Escape' && onFilter({ ...filter, find: '' })}
      />
      <Segments label="Which transactions" value={filter.which} options={options} onChange={which => onFilter({ ...filter, which })} />
    </Toolbar>
  )
}

function TransactionsBody({ rows, filter, totals, now, hasBrokers, selected, selectedRow, onOpen }: {
  readonly rows: readonly TransactionRow[]
  readonly filter: TransactionFilter
  readonly totals: TransactionTotals
  readonly now: number
  readonly hasBrokers: boolean
  readonly selected: string | null
  readonly selectedRow: TransactionRow | undefined
  readonly onOpen: (open: Open) => void
}) {
  // Space puts the panel away and brings it back; closing it lets the row go.
  const [isHidden, setHidden] = useState(false)
  const isInspecting = selected !== null && !isHidden
  const columns = useMemo(() => transactionColumns(now, hasBrokers).filter(({ id }) => !isInspecting || !leftWhenTight.has(id)), [now, hasBrokers, isInspecting])
  const select = (transactionalId: string | null): void => goTo(transactionalId === null ? { at: 'transactions' } : { at: 'transaction', transactionalId }, 'replace')
  return (
    <div className={isInspecting ? styles.split : styles.whole}>
      {rows.length === 0 ? (
        <Empty title={noneFound(filter)}>{plural(totals.all, 'transactional id')} searched.</Empty>
      ) : (
        <Table
          label="Transactions"
          rows={rows}
          rowKey={keyOf}
          columns={columns}
          initialSort={{ column: 'age', isDescending: true }}
          selectedKey={selected}
          onSelect={row => select(row.transactionalId)}
          onMenu={(transaction, at) => onOpen({ is: 'menu', transaction, at })}
          onRowKey={(event, row) => {
            if (event.key === ' ') setHidden(!isHidden)
            else if (event.key === 'Escape') select(null)
            else if (event.key === 'Delete' && abortProblem(row) === null) onOpen({ is: 'abort', transaction: row })
            else return false
            return true
          }}
        />
      )}
      {isInspecting ? (
        <TransactionInspector
          key={selected}
          transactionalId={selected}
          row={selectedRow}
          now={now}
          hasBrokers={hasBrokers}
          onAbort={() => selectedRow && onOpen({ is: 'abort', transaction: selectedRow })}
          onClose={() => select(null)}
        />
      ) : null}
    </div>
  )
}

/** The panel beside the list has them. */
const leftWhenTight: ReadonlySet<string> = new Set(['producer', 'epoch', 'coordinator', 'changed'])

function noneFound({ find, which }: TransactionFilter): string {
  const kind = { all: 'No transactional id', open: 'No open transaction', waiting: 'No transaction that is waited for' }[which]
  if (find.trim() !== '') return `${kind} has “${find}” in its id, its producer or its topics.`
  return which === 'open' ? 'No transaction is open.' : 'Nobody waits for a transaction, and none is near its timeout.'
}

function useFindCommand(perform: () => void): void {
  const command: Command = useMemo(
    () => ({ id: 'transactions.find', title: 'Find a transactional id', group: 'Do', icon: 'search', keys: ['/', 'mod+f'], synonyms: 'filter search', perform }),
    [perform],
  )
  useCommands(useMemo(() => [command], [command]))
}

function useAbortCommand(row: TransactionRow | undefined, onAbort: (row: TransactionRow) => void): void {
  const perform = useEffectEvent(() => row && onAbort(row))
  const id = row && abortProblem(row) === null ? row.transactionalId : null
  useEffect(
    () =>
      id === null
        ? undefined
        : addCommands([{ id: 'transactions.abort', title: `Abort the transaction of ${id}`, group: 'Do', icon: 'stop', synonyms: 'terminate end hanging', perform: () => void perform() }]),
    [id],
  )
}

function menuItems(transaction: TransactionRow, onOpen: (open: Open) => void): readonly MenuItem[] {
  const { transactionalId, producerId } = transaction
  return [
    { is: 'item', id: 'show', label: 'Show details', icon: 'inspector', run: () => goTo({ at: 'transaction', transactionalId }, 'replace') },
    { is: 'item', id: 'copy', label: 'Copy transactional id', icon: 'copy', run: () => void copyText(transactionalId) },
    { is: 'item', id: 'copy-producer', label: 'Copy producer id', icon: 'copy', run: () => void copyText(String(producerId)) },
    { is: 'line' },
    {
      is: 'item', id: 'abort', label: 'Abort…', icon: 'stop', isDanger: true, keys: 'Del',
      disabledReason: abortProblem(transaction), run: () => onOpen({ is: 'abort', transaction }),
    },
  ]
}

function keyOf(row: TransactionRow): string {
  return row.transactionalId
}

function wholeStatus(status: LocalStatus): LocalStatus {
  return status
}
