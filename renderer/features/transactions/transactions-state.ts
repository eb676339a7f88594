/** What the Transactions screen computes: which are open, the filter, words for states and for what is left of a timeout. Pure. */

import type { TransactionRow } from '../../../core/studio/contract/transactions.ts'
import { formatCount, plural } from '../../format/figures.ts'
import { formatDuration } from '../../format/time.ts'
import { ageOf, isHoldingBack, isNearTimeout, isOpen, needsSomeone } from '../../transaction-health.ts'

export type Which = 'all' | 'open' | 'waiting'
export type TransactionFilter = { readonly find: string; readonly which: Which }

/** Every word of the filter must be in the id, in its producer id or in a topic it touches, in any case. */
export function filterTransactions(rows: readonly TransactionRow[], { find, which }: TransactionFilter, now: number): readonly TransactionRow[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean)
  const isShown = { all: () => true, open: isOpen, waiting: (row: TransactionRow) => needsSomeone(row, now) }[which]
  return rows.filter(row => {
    const names = [row.transactionalId, String(row.producerId), ...row.partitions.map(({ topic }) => topic)].map(name => name.toLowerCase())
    return isShown(row) && words.every(word => names.some(name => name.includes(word)))
  })
}

export type TransactionTotals = { readonly all: number; readonly open: number; readonly waiting: number }

export function totalsOf(rows: readonly TransactionRow[], now: number): TransactionTotals {
  return { all: rows.length, open: rows.filter(isOpen).length, waiting: rows.filter(row => needsSomeone(row, now)).length }
}

/** Ascending: those that are not open, then from the youngest to the oldest. */
export function compareAge(a: Pick<TransactionRow, 'startedAt'>, b: Pick<TransactionRow, 'startedAt'>): number {
  if (a.startedAt === null || b.startedAt === null) return a.startedAt === b.startedAt ? 0 : a.startedAt === null ? -1 : 1
  return b.startedAt - a.startedAt
}

/** The one that needs someone most: it holds back the most records, else the oldest; undefined when none does. */
export function worstOf(rows: readonly TransactionRow[], now: number): TransactionRow | undefined {
  return rows
    .filter(row => needsSomeone(row, now))
    .toSorted((a, b) => (a.heldBack === b.heldBack ? compareAge(b, a) : a.heldBack < b.heldBack ? 1 : -1))[0]
}

/** `holds back 412 records, times out in 9 s`, after its name. */
export function describeTrouble(row: TransactionRow, now: number): string {
  const age = ageOf(row, now) ?? 0
  const parts = [
    ...(isHoldingBack(row, now) ? [`holds back ${plural(row.heldBack, 'record')}`] : []),
    ...(isNearTimeout(row, now) ? [leftInWords(row.timeoutMs - age)] : []),
  ]
  return parts.length > 0 ? parts.join(', ') : `open for ${formatAge(age)}`
}

function leftInWords(leftMs: number): string {
  return leftMs > 0 ? `times out in ${formatAge(leftMs)}` : 'is past its timeout'
}

/** `in 9 s`, `over`; null while nothing can time out. */
export function timeLeft(row: TransactionRow, now: number): string | null {
  const age = ageOf(row, now)
  if (age === null || row.state !== 'Ongoing') return null
  const left = row.timeoutMs - age
  return left > 0 ? `in ${formatAge(left)}` : 'over'
}

/** It ticks once a second: no fractions. */
export function formatAge(ms: number): string {
  return ms < 1000 ? '< 1 s' : formatDuration(Math.floor(ms / 1000) * 1000)
}

export type TransactionState = { readonly tone: 'good' | 'warn' | 'off' | 'live'; readonly tip: string }

export function stateOf(row: TransactionRow, now: number): TransactionState {
  switch (row.state) {
    case 'Ongoing':
      return needsSomeone(row, now)
        ? { tone: 'warn', tip: isNearTimeout(row, now) ? 'Open, and close to its timeout: the coordinator will abort it' : 'Open, and readers of committed records wait behind it' }
        : { tone: 'live', tip: 'Open: its producer may write more' }
    case 'PrepareCommit':
      return { tone: 'warn', tip: 'Decided: the markers that commit it are being written' }
    case 'PrepareAbort':
      return { tone: 'warn', tip: 'Decided: the markers that abort it are being written' }
    case 'CompleteCommit':
      return { tone: 'good', tip: 'The last transaction was committed; none is open' }
    case 'CompleteAbort':
      return { tone: 'off', tip: 'The last transaction was aborted; none is open' }
    case 'Empty':
      return { tone: 'off', tip: 'Its producer has begun no transaction yet' }
    default:
      return { tone: 'off', tip: row.state }
  }
}

/** Why a transaction cannot be aborted now; null when it can. */
export function abortProblem({ state }: Pick<TransactionRow, 'state'>): string | null {
  if (state === 'Ongoing') return null
  if (state === 'PrepareCommit' || state === 'PrepareAbort') return 'It is being ended already: its markers are written now'
  return 'No transaction is open'
}

/** The answer in one line: how many are open. */
export function headline({ all, open }: TransactionTotals): string {
  return open === 0 ? `None of ${plural(all, 'transactional id')} has a transaction open` : `${formatCount(open)} of ${plural(all, 'transactional id')} open`
}
