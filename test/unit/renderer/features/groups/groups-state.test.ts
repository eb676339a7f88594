/** Who keeps up, in figures and words. */

import { expect, test } from 'vitest'
import type { GroupRow } from '../../../../../core/studio/contract/groups.ts'
import { byTopic, formatPartitions, formatRanges } from '../../../../../renderer/format/partitions.ts'
import {
  compareLag, deleteProblem, describeBehind, describeLag, describeRebalance, filterGroups, lagPoints, lostBefore, memberState, shareOf, stateOf, totalsOf, worstOf,
} from '../../../../../renderer/features/groups/groups-state.ts'

const group = (row: Partial<GroupRow> & { readonly group: string }): GroupRow => ({
  kind: 'classic', state: 'Stable', memberCount: 1, topics: ['orders'], lag: 0n, rate: 0, history: [], worst: null, ...row,
})
const level = group({ group: 'billing', topics: ['orders', 'payments'] })
const slow = group({ group: 'shipping', lag: 18_000n, rate: 400, worst: { topic: 'orders', partition: 2, lag: 9_000n } })
const left = group({ group: 'audit', state: 'Empty', memberCount: 0, topics: ['clicks'], lag: 12n, history: [12, 12, 12], worst: { topic: 'clicks', partition: 0, lag: 12n } })
const fresh = group({ group: 'fresh', state: 'PreparingRebalance', lag: null })
const all = [level, slow, left, fresh]
const names = (rows: readonly GroupRow[]): readonly string[] => rows.map(row => row.group)

test('groups are found by name or topic, and by whether they are behind or empty', () => {
  expect(names(filterGroups(all, { find: 'PAY bill', which: 'all' }))).toEqual(['billing'])
  expect(names(filterGroups(all, { find: 'orders', which: 'all' }))).toEqual(['billing', 'shipping', 'fresh'])
  expect(names(filterGroups(all, { find: '', which: 'behind' }))).toEqual(['shipping', 'audit'])
  expect(names(filterGroups(all, { find: '', which: 'empty' }))).toEqual(['audit'])
  expect(totalsOf(all)).toEqual({ all: 4, behind: 2, empty: 1 })
})

test('the header names the group with most unread, in time when it reads and in records when it does not', () => {
  expect(worstOf(all)?.group).toBe('shipping')
  expect(worstOf([level])).toBeUndefined()
  expect(describeBehind(slow)).toBe('is 45 s behind, most of it on orders-2')
  expect(describeBehind(left)).toBe('is 12 records behind, all of it on clicks-0')
})

test('lag is described with the pace, or with why nothing moves', () => {
  expect(all.map(describeLag)).toEqual([
    'all read', '18,000 unread, reads 400/s: 45 s of work', '12 unread, no members to read them', 'nothing committed yet',
  ])
  expect(describeLag(group({ group: 'a', lag: 5n }))).toBe('5 unread, nothing is being committed')
})

test('stable is good only while the group keeps up', () => {
  expect([...all, group({ group: 'a', lag: 5n, history: [5, 5, 5] }), group({ group: 'b', state: 'Dead' })].map(stateOf)).toEqual([
    { tone: 'good', word: 'Stable', note: '' }, { tone: 'warn', word: 'Stable', note: 'behind' }, { tone: 'off', word: 'Empty', note: '' },
    { tone: 'warn', word: 'PreparingRebalance', note: '' }, { tone: 'warn', word: 'Stable', note: 'stalled' }, { tone: 'bad', word: 'Dead', note: '' },
  ])
})

test('unread sorts beyond what a double holds, groups that committed nothing lowest', () => {
  const rows = [9_007_199_254_740_993n, null, 9_007_199_254_740_992n, 0n].map(lag => ({ lag }))
  expect(rows.toSorted(compareLag).map(row => row.lag)).toEqual([null, 0n, 9_007_199_254_740_992n, 9_007_199_254_740_993n])
})

test('the lag over time ends with the lag now', () => {
  expect(lagPoints({ history: [3, 4], lag: 5n }, 100_000)).toEqual([{ at: 80_000, value: 3 }, { at: 90_000, value: 4 }, { at: 100_000, value: 5 }])
  expect(lagPoints({ history: [3], lag: null }, 100_000)).toEqual([{ at: 90_000, value: 3 }])
})

test('a partition has its share of what is unread, and says what retention took before it was read', () => {
  expect([shareOf({ lag: 25n }, 100n), shareOf({ lag: null }, 100n), shareOf({ lag: 0n }, 0n), shareOf({ lag: 1n }, null)]).toEqual([0.25, 0, 0, 0])
  expect([lostBefore({ committed: 5n, startOffset: 9n }), lostBefore({ committed: 9n, startOffset: 9n }), lostBefore({ committed: null, startOffset: 9n })]).toEqual([4n, 0n, 0n])
})

test('an assignment is written in ranges', () => {
  expect(formatRanges([5, 0, 2, 1])).toBe('0–2, 5')
  expect(formatRanges([3, 4, 6])).toBe('3, 4, 6')
  expect(formatPartitions([{ topic: 'orders', partitions: [0, 1, 2] }, { topic: 'payments', partitions: [0] }])).toBe('orders 0–2 · payments 0')
  expect(byTopic([{ topic: 'a', partition: 2 }, { topic: 'b', partition: 0 }, { topic: 'a', partition: 0 }])).toEqual([{ topic: 'a', partitions: [2, 0] }, { topic: 'b', partitions: [0] }])
})

test('a member of a consumer group says what it still has to give up, or waits for, or which epoch it is at', () => {
  const member = {
    memberId: 'm', instanceId: null, clientId: 'c', host: '127.0.0.1', epoch: 8, rack: null, isClassicInConsumer: false, assignment: [], revoking: [], awaiting: [],
  }
  const orders = [{ topic: 'orders', partitions: [2] }]
  const words = (change: object): string | undefined => memberState({ ...member, ...change }, 8)?.word
  expect([words({}), words({ epoch: 7 }), words({ epoch: 7, revoking: orders }), words({ awaiting: orders }), words({ epoch: null })]).toEqual([
    'stable', 'at epoch 7', 'gives up orders 2', 'waits for orders 2', undefined,
  ])
})

test('a rebalance is told in a sentence, and a stable group tells none', () => {
  const row = group({ group: 'g', kind: 'consumer', state: 'Reconciling', memberCount: 2 })
  const member = {
    memberId: 'm', instanceId: null, clientId: 'c', host: '127.0.0.1', epoch: 8, rack: null, isClassicInConsumer: false, assignment: [], revoking: [], awaiting: [],
  }
  const moving = [{ ...member, revoking: [{ topic: 'orders', partitions: [2, 3] }] }, { ...member, awaiting: [{ topic: 'orders', partitions: [2] }] }]
  expect(describeRebalance({ row, members: moving, targetEpoch: 8, generation: 8 })).toBe('1 member gives up 2 partitions, 1 member waits for 1 partition')
  expect(describeRebalance({ row, members: [{ ...member, epoch: 7 }], targetEpoch: 8, generation: 8 })).toBe('1 member has yet to take its new assignment')
  expect(describeRebalance({ row: { ...row, state: 'Assigning' }, members: [], targetEpoch: 8, generation: 9 })).toBe('a new assignment is made with the next heartbeat')
  expect(describeRebalance({ row: group({ group: 'g', state: 'PreparingRebalance' }), members: [], targetEpoch: null, generation: 8 })).toBe('waits for its members to join again')
  expect(describeRebalance({ row: group({ group: 'g' }), members: [], targetEpoch: null, generation: 8 })).toBeNull()
})

test('a group with members cannot be deleted, and they are named', () => {
  const member = { memberId: 'm-1', instanceId: null, clientId: 'shipping-1', host: '127.0.0.1', epoch: null, rack: null, isClassicInConsumer: false, assignment: [], revoking: [], awaiting: [] }
  expect(deleteProblem(left, [])).toBeNull()
  expect(deleteProblem(slow, [member])).toBe('It still has 1 member: shipping-1 at 127.0.0.1. Stop it first')
  expect(deleteProblem({ ...slow, memberCount: 2 }, [member, { ...member, memberId: 'm-2', clientId: '' }])).toBe(
    'It still has 2 members: shipping-1 at 127.0.0.1, m-2 at 127.0.0.1. Stop them first',
  )
})
