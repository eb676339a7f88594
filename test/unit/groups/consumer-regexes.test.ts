import { expect, test } from 'vitest'
import { compilePattern } from '../../../core/common/re2.ts'
import { beating, describe, joiningConsumer, told } from './consumer-fixture.ts'
import { startGroups, type Setting } from './fixture.ts'

const byRegex = (subscribedRegex: string, memberId = 'a') => joiningConsumer({ memberId, subscribedTopics: null, subscribedRegex })

/** Lets the coordinator match patterns, and a second pass. */
function resolve({ clock }: Setting): void {
  clock.advance(1_000)
}

test('a pattern is matched behind the heartbeat that brings it; the whole name must match', async () => {
  const setting = await startGroups()
  const { groups, topics } = setting
  topics.set('orders-eu', 1)
  expect(told(groups.heartbeatConsumer(byRegex('ord.rs')))).toBe('')
  expect(describe(setting)).toMatchObject({ epoch: 1, members: [{ subscribedRegex: 'ord.rs', subscribedTopics: [] }] })
  resolve(setting)
  const answer = groups.heartbeatConsumer(beating({ memberEpoch: 1 }))
  expect([answer.memberEpoch, told(answer)]).toEqual([2, 'orders 0,1,2,3'])
})

test('names and a pattern add up', async () => {
  const setting = await startGroups()
  setting.groups.heartbeatConsumer(joiningConsumer({ subscribedTopics: ['payments'], subscribedRegex: 'ord.*' }))
  resolve(setting)
  expect(told(setting.groups.heartbeatConsumer(beating({ memberEpoch: 2 })))).toBe('orders 0,1,2,3 payments 0')
})

test('a new topic is found with a heartbeat, ten seconds after the patterns were matched last', async () => {
  const setting = await startGroups()
  const { groups, topics, clock } = setting
  groups.heartbeatConsumer(byRegex('orders.*'))
  resolve(setting)
  groups.heartbeatConsumer(beating({ memberEpoch: 1 }))
  topics.set('orders-eu', 1)
  groups.onTopicChanged('orders-eu', 'new')
  const next = (epoch: number): string | null => {
    groups.heartbeatConsumer(beating({ memberEpoch: epoch }))
    resolve(setting)
    return told(groups.heartbeatConsumer(beating({ memberEpoch: epoch })))
  }
  expect(next(2)).toBeNull()
  clock.advance(10_000)
  expect(next(2)).toBe('orders 0,1,2,3 orders-eu 0')
})

test('without news patterns are matched again in their interval only, and nothing changes', async () => {
  const setting = await startGroups({ groupConfig: { sessionTimeoutMs: 10_000_000 } })
  const { groups, clock, log } = setting
  groups.heartbeatConsumer(byRegex('orders.*'))
  resolve(setting)
  groups.heartbeatConsumer(beating({ memberEpoch: 1 }))
  const end = log.endOffset
  clock.advance(590_000)
  groups.heartbeatConsumer(beating({ memberEpoch: 2 }))
  resolve(setting)
  expect(log.endOffset).toBe(end)
  clock.advance(10_000)
  groups.heartbeatConsumer(beating({ memberEpoch: 2 }))
  resolve(setting)
  expect([log.endOffset, describe(setting).epoch]).toEqual([end + 1, 2])
})

test('a pattern that another member has already is known at once, and one that nobody has any more goes', async () => {
  const setting = await startGroups({ groupConfig: { assignmentIntervalMs: 0 } })
  const { groups } = setting
  groups.heartbeatConsumer(byRegex('orders'))
  resolve(setting)
  groups.heartbeatConsumer(beating({ memberEpoch: 1 }))
  const second = groups.heartbeatConsumer(byRegex('orders', 'b'))
  expect([second.memberEpoch, describe(setting).epoch]).toEqual([3, 3])
  groups.heartbeatConsumer(beating({ memberId: 'b', memberEpoch: 3, subscribedRegex: 'payments' }))
  expect(groups.group('g')?.subscribedTopics).toEqual(['orders'])
  groups.heartbeatConsumer(beating({ memberId: 'a', memberEpoch: 2, subscribedRegex: '', subscribedTopics: ['orders'] }))
  groups.heartbeatConsumer(beating({ memberId: 'b', memberEpoch: -1 }))
  const { groups: again } = await setting.restart()
  expect(again.group('g')?.subscribedTopics).toEqual(['orders'])
})

test('after a restart patterns are matched once more: topics may have come meanwhile', async () => {
  const before = await startGroups()
  before.groups.heartbeatConsumer(byRegex('orders.*'))
  resolve(before)
  before.groups.heartbeatConsumer(beating({ memberEpoch: 1 }))
  before.clock.advance(20_000)
  const setting = await before.restart()
  setting.topics.set('orders-eu', 2)
  setting.groups.heartbeatConsumer(beating({ memberEpoch: 2 }))
  resolve(setting)
  expect(told(setting.groups.heartbeatConsumer(beating({ memberEpoch: 2 })))).toBe('orders 0,1,2,3 orders-eu 0,1')
})

test('many topics are matched in slices that give way', async () => {
  const setting = await startGroups()
  for (let index = 0; index < 3000; index++) setting.topics.set(`t${index}`, 1)
  setting.groups.heartbeatConsumer(byRegex('t1.*'))
  setting.groups.heartbeatConsumer(byRegex('(t|x)2.*', 'b'))
  resolve(setting)
  setting.groups.heartbeatConsumer(beating({ memberEpoch: 1 }))
  expect(setting.groups.group('g')?.subscribedTopics?.length).toBe(1111)
})

test.each([
  ['(?=a)', /invalid or unsupported/],
  ['a{1001}', /invalid repeat count/],
  ['(((a{30}){30}){30}){30}', /invalid repeat count/],
  ['x'.repeat(1025), /longer than 1024/],
  [`(${'x'.repeat(300)}){900}`, /repetitions/],
])('%s is no pattern', (source, reason) => {
  const pattern = compilePattern(source)
  expect('error' in pattern && pattern.error).toMatch(reason)
})
