/** Which transactions are open, and which are waited for. */

import { expect, test } from 'vitest'
import type { TransactionRow } from '../../../../../core/studio/contract/transactions.ts'
import {
  abortProblem, compareAge, describeTrouble, filterTransactions, headline, stateOf, timeLeft, totalsOf, worstOf,
} from '../../../../../renderer/features/transactions/transactions-state.ts'

const NOW = 100_000
const row = (change: Partial<TransactionRow> & { readonly transactionalId: string }): TransactionRow => ({
  state: 'Ongoing', producerId: 7n, producerEpoch: 0, timeoutMs: 60_000, startedAt: NOW - 2000, updatedAt: NOW - 2000, partitionCount: 0, partitions: [], heldBack: 0n,
  coordinator: 1, ...change,
})
const idle = row({ transactionalId: 'idle', state: 'CompleteCommit', startedAt: null, producerId: 4711n })
const young = row({ transactionalId: 'young', heldBack: 9n })
const holding = row({ transactionalId: 'holding', startedAt: NOW - 7000, heldBack: 412n, partitions: [{ topic: 'Payments', partition: 0, heldBack: 412n }], partitionCount: 1 })
const late = row({ transactionalId: 'late', startedAt: NOW - 51_000 })
const over = row({ transactionalId: 'over', startedAt: NOW - 61_000 })
const ending = row({ transactionalId: 'ending', startedAt: NOW - 61_000, state: 'PrepareCommit' })
const all = [idle, young, holding, late, over, ending]

test('open ones come first, the oldest of them before the others', () => {
  expect(all.toSorted((a, b) => -compareAge(a, b)).map(({ transactionalId }) => transactionalId)).toEqual(['over', 'ending', 'late', 'holding', 'young', 'idle'])
})

test('one is waited for when it holds back readers for more than a moment, or is near its timeout', () => {
  expect(totalsOf(all, NOW)).toEqual({ all: 6, open: 5, waiting: 3 })
  expect(filterTransactions(all, { find: '', which: 'waiting' }, NOW)).toEqual([holding, late, over])
  expect(worstOf(all, NOW)).toBe(holding)
  expect(worstOf([young, idle], NOW)).toBeUndefined()
  expect([holding, late, over, young].map(each => describeTrouble(each, NOW))).toEqual(['holds back 412 records', 'times out in 9 s', 'is past its timeout', 'open for 2 s'])
  expect(all.map(each => stateOf(each, NOW).tone)).toEqual(['good', 'live', 'warn', 'warn', 'warn', 'warn'])
})

test('what is left of a timeout is told while it can still pass', () => {
  expect([idle, young, over, ending].map(each => timeLeft(each, NOW))).toEqual([null, 'in 58 s', 'over', null])
})

test('ids, producer ids and topics are found, in any case', () => {
  const found = (find: string): string[] => filterTransactions(all, { find, which: 'all' }, NOW).map(({ transactionalId }) => transactionalId)
  expect([found('4711'), found('payments hold'), found('nothing')]).toEqual([['idle'], ['holding'], []])
})

test('only what is open is aborted, and the reason is told', () => {
  expect([young, idle, ending].map(abortProblem)).toEqual([null, 'No transaction is open', 'It is being ended already: its markers are written now'])
  expect([headline({ all: 1, open: 0, waiting: 0 }), headline({ all: 6, open: 2, waiting: 0 })]).toEqual(['None of 1 transactional id has a transaction open', '2 of 6 transactional ids open'])
})
