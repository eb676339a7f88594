/** Who keeps up, in figures and words. */

import { expect, test } from 'vitest'
import type { GroupRow } from '../../../../../core/studio/contract/groups.ts'
import {
  compareLag, deleteProblem, describeAssignment, describeBehind, describeLag, filterGroups, lagPoints, lostBefore, rangesOf, shareOf, stateOf, totalsOf, worstOf,
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
    { tone: 'good', word: 'stable' }, { tone: 'warn', word: 'behind' }, { tone: 'off', word: 'empty' },
    { tone: 'warn', word: 'rebalancing' }, { tone: 'warn', word: 'stalled' }, { tone: 'bad', word: 'dead' },
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
  expect(rangesOf([5, 0, 2, 1])).toBe('0–2, 5')
  expect(rangesOf([3, 4, 6])).toBe('3, 4, 6')
  expect(describeAssignment([{ topic: 'orders', partitions: [0, 1, 2] }, { topic: 'payments', partitions: [0] }])).toBe('orders 0–2 · payments 0')
})

test('a group with members cannot be deleted, and they are named', () => {
  const member = { memberId: 'm-1', instanceId: null, clientId: 'shipping-1', host: '127.0.0.1', epoch: null, rack: null, isClassicInConsumer: false, assignment: [], revoking: [], awaiting: [] }
  expect(deleteProblem(left, [])).toBeNull()
  expect(deleteProblem(slow, [member])).toBe('It still has 1 member: shipping-1 at 127.0.0.1. Stop it first')
  expect(deleteProblem({ ...slow, memberCount: 2 }, [member, { ...member, memberId: 'm-2', clientId: '' }])).toBe(
    'It still has 2 members: shipping-1 at 127.0.0.1, m-2 at 127.0.0.1. Stop them first',
  )
})
