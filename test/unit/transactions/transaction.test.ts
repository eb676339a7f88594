/** The rules of one transactional id, row by row: broker-wide behaviour is in coordinator.test.ts. */

import { describe, expect, test } from 'vitest'
import {
  addPartitions, completed, end, endWithBump, fenced, hasExpired, initialize, verify, type Decision, type Transaction, type TransactionState,
} from '../../../core/transactions/transaction.ts'

const NOW = 1_700_000_000_000
const LATER = NOW + 500
const NEW_ID = 77
const rules = { nowMs: LATER, newProducerId: () => NEW_ID }
const orders0 = { topic: 'orders', partition: 0 }
const orders1 = { topic: 'orders', partition: 1 }

function transaction(changes: Partial<Transaction> = {}): Transaction {
  const isOpen = changes.state === 'Ongoing' || changes.state === 'PrepareCommit' || changes.state === 'PrepareAbort'
  return {
    state: 'Empty', producerId: 5, previousProducerId: 5, nextProducerId: -1, producerEpoch: 3, lastProducerEpoch: -1, timeoutMs: 60_000,
    partitions: new Map(isOpen ? [['orders-0', orders0]] : []), startedAtMs: changes.state === undefined || changes.state === 'Empty' ? -1 : NOW,
    updatedAtMs: NOW, clientTransactionVersion: 0, ...changes,
  }
}

/** An error, 'NONE' where nothing changes, or what differs from before. */
function outcome(decision: Decision | { is: 'fence' }, before?: Transaction): unknown {
  if (decision.is === 'refused') return decision.error
  if (decision.is === 'unchanged') return 'NONE'
  if (decision.is === 'fence') return 'fence'
  const { next } = decision
  return Object.fromEntries(Object.entries(next).filter(([name, value]) => value !== before?.[name as keyof Transaction])) // names of Transaction
}

const STATES: readonly TransactionState[] = ['Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort']

describe('InitProducerId', () => {
  const start = { timeoutMs: 30_000, expected: null }

  test('a new id gets a producer id with epoch 0, whatever the producer brings', () => {
    const made = {
      state: 'Empty', producerId: NEW_ID, previousProducerId: NEW_ID, nextProducerId: -1, producerEpoch: 0, lastProducerEpoch: -1, timeoutMs: 30_000,
      partitions: new Map(), startedAtMs: -1, updatedAtMs: LATER, clientTransactionVersion: 0,
    }
    expect(outcome(initialize(undefined, start, rules))).toEqual(made)
    expect(outcome(initialize(undefined, { ...start, expected: { producerId: 3, producerEpoch: 9 } }, rules))).toEqual(made)
  })

  test.each(['Empty', 'CompleteCommit', 'CompleteAbort'] as const)('in %s the epoch rises, the timeout is the new one, and the last transaction is forgotten', state => {
    const next = initialize(transaction({ state, clientTransactionVersion: 2 }), start, rules)
    expect(next).toEqual({
      is: 'change', next: transaction({ producerEpoch: 4, timeoutMs: 30_000, updatedAtMs: LATER, clientTransactionVersion: 2 }),
    })
  })

  test('an open transaction is to be fenced first, a prepared one to be waited for', () => {
    expect(outcome(initialize(transaction({ state: 'Ongoing' }), start, rules))).toBe('fence')
    expect(outcome(initialize(transaction({ state: 'PrepareCommit' }), start, rules))).toBe('CONCURRENT_TRANSACTIONS')
    expect(outcome(initialize(transaction({ state: 'PrepareAbort' }), { ...start, expected: { producerId: 999, producerEpoch: 0 } }, rules))).toBe('CONCURRENT_TRANSACTIONS')
  })

  test('the last epoch but one leads to a new producer id, as the last is for fencing', () => {
    const used = transaction({ producerEpoch: 32_766 })
    expect(outcome(initialize(transaction({ producerEpoch: 32_765 }), start, rules))).toMatchObject({ producerId: 5, producerEpoch: 32_766 })
    expect(outcome(initialize(used, start, rules))).toMatchObject({ producerId: NEW_ID, previousProducerId: 5, producerEpoch: 0, lastProducerEpoch: -1 })
    expect(outcome(initialize(used, { ...start, expected: { producerId: 5, producerEpoch: 32_766 } }, rules)))
      .toMatchObject({ producerId: NEW_ID, producerEpoch: 0, lastProducerEpoch: 32_766 })
    expect(outcome(initialize(transaction({ producerEpoch: 32_767 }), start, rules))).toMatchObject({ producerId: NEW_ID, producerEpoch: 0 })
  })

  test('a producer that goes on (KIP-360) is bumped with the current epoch, told again with the last one, else fenced', () => {
    const current = transaction({ producerEpoch: 4, lastProducerEpoch: 3 })
    const going = (producerEpoch: number, producerId = 5): unknown => outcome(initialize(current, { ...start, expected: { producerId, producerEpoch } }, rules), current)
    expect(going(4)).toMatchObject({ producerEpoch: 5, lastProducerEpoch: 4 })
    const told = going(3)
    expect(told).toMatchObject({ timeoutMs: 30_000 })
    expect(told).not.toHaveProperty('producerEpoch')
    expect(going(2)).toBe('PRODUCER_FENCED')
    expect(going(5)).toBe('PRODUCER_FENCED')
    expect(going(4, 6)).toBe('PRODUCER_FENCED')
  })

  test('the retry of one whose id was rotated is told the new id', () => {
    const rotated = transaction({ producerId: NEW_ID, previousProducerId: 5, producerEpoch: 0, lastProducerEpoch: 32_766 })
    const told = initialize(rotated, { ...start, expected: { producerId: 5, producerEpoch: 32_766 } }, rules)
    expect(told).toMatchObject({ is: 'change', next: { producerId: NEW_ID, producerEpoch: 0 } })
    expect(outcome(initialize(rotated, { ...start, expected: { producerId: 5, producerEpoch: 32_765 } }, rules))).toBe('PRODUCER_FENCED')
  })

  test('who comes anew ends what a retry may bring', () => {
    expect(outcome(initialize(transaction({ lastProducerEpoch: 2 }), start, rules))).toMatchObject({ producerEpoch: 4, lastProducerEpoch: -1 })
  })
})

describe('AddPartitionsToTxn', () => {
  const add = (current: Transaction | undefined, changes: object = {}): Decision =>
    addPartitions(current, { producerId: 5, producerEpoch: 3, partitions: [orders0], clientTransactionVersion: 0, ...changes }, LATER)

  test('the first partition begins the transaction', () => {
    for (const state of ['Empty', 'CompleteCommit', 'CompleteAbort'] as const) {
      const before = transaction({ state })
      expect(outcome(add(before, { clientTransactionVersion: 2 }), before)).toEqual({
        state: 'Ongoing', partitions: new Map([['orders-0', orders0]]), startedAtMs: LATER, updatedAtMs: LATER, clientTransactionVersion: 2,
      })
    }
  })

  test('another partition keeps its beginning, and one that is in it changes nothing', () => {
    const before = transaction({ state: 'Ongoing' })
    expect(outcome(add(before, { partitions: [orders1, orders0] }), before)).toEqual({
      partitions: new Map([['orders-0', orders0], ['orders-1', orders1]]), updatedAtMs: LATER,
    })
    expect(outcome(add(before))).toBe('NONE')
  })

  test('errors come in the order of Kafka: what is prepared, the id, the epoch', () => {
    expect(outcome(add(undefined))).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(outcome(add(transaction({ state: 'PrepareCommit' }), { producerId: 6 }))).toBe('CONCURRENT_TRANSACTIONS')
    expect(outcome(add(transaction({ state: 'PrepareAbort' }), { producerEpoch: 2 }))).toBe('CONCURRENT_TRANSACTIONS')
    expect(outcome(add(transaction(), { producerId: 6, producerEpoch: 2 }))).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(outcome(add(transaction(), { producerEpoch: 2 }))).toBe('PRODUCER_FENCED')
    expect(outcome(add(transaction(), { producerEpoch: 4 }))).toBe('PRODUCER_FENCED')
  })

  test('verification looks at the producer before what is prepared', () => {
    const of = (current: Transaction | undefined, producerId = 5, producerEpoch = 3): string => verify(current, { producerId, producerEpoch })
    expect(of(undefined)).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(of(transaction({ state: 'PrepareCommit' }), 6)).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(of(transaction({ state: 'PrepareCommit' }), 5, 2)).toBe('PRODUCER_FENCED')
    expect(of(transaction({ state: 'PrepareCommit' }))).toBe('CONCURRENT_TRANSACTIONS')
    expect(of(transaction({ state: 'Ongoing' }))).toBe('NONE')
  })
})

describe('EndTxn up to v4', () => {
  const ending = (state: TransactionState, isCommit: boolean, producer: object = {}): unknown => {
    const before = transaction({ state })
    return outcome(end(before, { producerId: 5, producerEpoch: 3, isCommit, ...producer }, LATER), before)
  }

  test.each<[TransactionState, unknown, unknown]>([
    ['Empty', 'INVALID_TXN_STATE', 'INVALID_TXN_STATE'],
    ['Ongoing', { state: 'PrepareCommit', updatedAtMs: LATER }, { state: 'PrepareAbort', updatedAtMs: LATER }],
    ['PrepareCommit', 'CONCURRENT_TRANSACTIONS', 'CONCURRENT_TRANSACTIONS'],
    ['PrepareAbort', 'CONCURRENT_TRANSACTIONS', 'CONCURRENT_TRANSACTIONS'],
    ['CompleteCommit', 'NONE', 'INVALID_TXN_STATE'],
    ['CompleteAbort', 'INVALID_TXN_STATE', 'NONE'],
  ])('in %s a commit is %j, an abort %j', (state, commit, abort) => {
    expect(ending(state, true)).toEqual(commit)
    expect(ending(state, false)).toEqual(abort)
  })

  test('the producer must be the current one, before anything else', () => {
    for (const state of STATES) {
      expect(ending(state, true, { producerId: 6 })).toBe('INVALID_PRODUCER_ID_MAPPING')
      expect(ending(state, true, { producerEpoch: 2 })).toBe('PRODUCER_FENCED')
      expect(ending(state, true, { producerEpoch: 4 })).toBe('PRODUCER_FENCED')
    }
    expect(outcome(end(undefined, { producerId: 5, producerEpoch: 3, isCommit: true }, LATER))).toBe('INVALID_PRODUCER_ID_MAPPING')
  })

  test('what is complete keeps id and epoch', () => {
    const prepared = transaction({ state: 'PrepareCommit' })
    expect(completed(prepared, LATER)).toEqual({ ...prepared, state: 'CompleteCommit', partitions: new Map(), updatedAtMs: LATER })
  })
})

describe('EndTxn v5', () => {
  const ending = (state: TransactionState, isCommit: boolean, producerEpoch: number, current: Partial<Transaction> = {}): unknown => {
    const before = transaction({ state, clientTransactionVersion: 2, ...current })
    return outcome(endWithBump(before, { producerId: 5, producerEpoch, isCommit }, rules), before)
  }
  const prepared = { producerEpoch: 4, lastProducerEpoch: 3, updatedAtMs: LATER }
  const bump = { ...prepared, state: 'PrepareAbort', startedAtMs: LATER }

  /** Current epoch 3: 3 is E, 2 is R, the retry of one whose answer was lost. */
  test.each<[TransactionState, number, unknown, unknown]>([
    ['Empty', 3, 'INVALID_TXN_STATE', bump],
    ['Empty', 2, 'PRODUCER_FENCED', 'PRODUCER_FENCED'],
    ['Ongoing', 3, { ...prepared, state: 'PrepareCommit' }, { ...prepared, state: 'PrepareAbort' }],
    ['Ongoing', 2, 'PRODUCER_FENCED', 'PRODUCER_FENCED'],
    ['Ongoing', 4, 'PRODUCER_FENCED', 'PRODUCER_FENCED'],
    ['PrepareCommit', 2, 'CONCURRENT_TRANSACTIONS', 'CONCURRENT_TRANSACTIONS'],
    ['PrepareAbort', 3, 'CONCURRENT_TRANSACTIONS', 'CONCURRENT_TRANSACTIONS'],
    ['CompleteCommit', 2, 'NONE', 'INVALID_TXN_STATE'],
    ['CompleteCommit', 3, 'INVALID_TXN_STATE', bump],
    ['CompleteCommit', 1, 'PRODUCER_FENCED', 'PRODUCER_FENCED'],
    ['CompleteCommit', 4, 'PRODUCER_FENCED', 'PRODUCER_FENCED'],
    ['CompleteAbort', 2, 'INVALID_TXN_STATE', 'NONE'],
    ['CompleteAbort', 3, 'INVALID_TXN_STATE', bump],
    ['CompleteAbort', 4, 'PRODUCER_FENCED', 'PRODUCER_FENCED'],
  ])('in %s with epoch %i a commit is %j, an abort %j', (state, producerEpoch, commit, abort) => {
    expect(ending(state, true, producerEpoch)).toEqual(commit)
    expect(ending(state, false, producerEpoch)).toEqual(abort)
  })

  test('an id whose epochs are used up is followed by a new one', () => {
    const before = transaction({ state: 'Ongoing', producerEpoch: 32_766, clientTransactionVersion: 2 })
    const decision = endWithBump(before, { producerId: 5, producerEpoch: 32_766, isCommit: true }, rules)
    expect(outcome(decision, before)).toMatchObject({ state: 'PrepareCommit', producerEpoch: 32_767, nextProducerId: NEW_ID, lastProducerEpoch: 32_766 })
    const next = decision.is === 'change' ? completed(decision.next, LATER) : before
    expect(next).toMatchObject({ state: 'CompleteCommit', producerId: NEW_ID, previousProducerId: 5, producerEpoch: 0, nextProducerId: -1 })
    // The answer to it was lost.
    expect(outcome(endWithBump(next, { producerId: 5, producerEpoch: 32_766, isCommit: true }, rules))).toBe('NONE')
    expect(outcome(endWithBump(next, { producerId: 5, producerEpoch: 32_766, isCommit: false }, rules))).toBe('INVALID_TXN_STATE')
    expect(outcome(endWithBump(next, { producerId: 5, producerEpoch: 32_765, isCommit: true }, rules))).toBe('INVALID_PRODUCER_ID_MAPPING')
  })

  test('another producer id is refused, but where a transaction is prepared, as that is looked at first', () => {
    for (const state of STATES) {
      const decision = endWithBump(transaction({ state }), { producerId: 6, producerEpoch: 3, isCommit: true }, rules)
      expect(outcome(decision)).toBe(state.startsWith('Prepare') ? 'CONCURRENT_TRANSACTIONS' : 'INVALID_PRODUCER_ID_MAPPING')
    }
    expect(outcome(endWithBump(undefined, { producerId: 5, producerEpoch: 3, isCommit: true }, rules))).toBe('INVALID_PRODUCER_ID_MAPPING')
  })
})

describe('fencing', () => {
  const open = transaction({ state: 'Ongoing' })

  test('below transaction.version 2 the epoch rises and no retry is known', () => {
    expect(fenced({ ...open, lastProducerEpoch: 2 }, 1, rules)).toEqual({ ...open, state: 'PrepareAbort', producerEpoch: 4, lastProducerEpoch: -1, updatedAtMs: LATER })
    expect(fenced({ ...open, producerEpoch: 32_766 }, 1, rules)).toMatchObject({ producerEpoch: 32_767, nextProducerId: -1 })
  })

  test('from transaction.version 2 on it is an abort like any other: the producer may be told the epoch by a retry', () => {
    const aborted = fenced(open, 2, rules)
    expect(aborted).toEqual({ ...open, state: 'PrepareAbort', producerEpoch: 4, lastProducerEpoch: 3, updatedAtMs: LATER, clientTransactionVersion: 2 })
    expect(outcome(endWithBump(completed(aborted, LATER), { producerId: 5, producerEpoch: 3, isCommit: false }, rules))).toBe('NONE')
    expect(fenced({ ...open, producerEpoch: 32_766 }, 2, rules)).toMatchObject({ producerEpoch: 32_767, nextProducerId: NEW_ID })
    expect(fenced({ ...open, producerEpoch: 32_767 }, 2, rules)).toMatchObject({ producerEpoch: 32_767, nextProducerId: NEW_ID })
  })
})

test('only an id without a transaction expires, and at the moment it has been untouched for so long', () => {
  const expires = STATES.filter(state => hasExpired(transaction({ state }), NOW + 1000, 1000))
  expect(expires).toEqual(['Empty', 'CompleteCommit', 'CompleteAbort'])
  expect(hasExpired(transaction(), NOW + 999, 1000)).toBe(false)
})
