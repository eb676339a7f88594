import { expect, test } from 'vitest'
import { GROUP_MEMBERS_MAX } from '../../../core/common/limits.ts'
import { beating, Client, converge, describe, joiningConsumer, owners, partitions, told } from './consumer-fixture.ts'
import { committing, errorOf, idOf, joinDynamic, startGroups } from './fixture.ts'

test('the first member is in epoch 2, as in Kafka, and owns everything', async () => {
  const setting = await startGroups()
  const answer = setting.groups.heartbeatConsumer(joiningConsumer())
  expect(answer).toEqual({
    error: 'NONE', message: null, memberId: 'a', memberEpoch: 2, heartbeatIntervalMs: 5_000, assignment: partitions({ orders: [0, 1, 2, 3] }),
  })
  expect(describe(setting)).toMatchObject({ state: 'Stable', epoch: 2, targetEpoch: 2, assignor: 'uniform' })
})

test('a second member waits for the assignment interval, then for the first to give its partitions up', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  groups.heartbeatConsumer(joiningConsumer())
  const joined = groups.heartbeatConsumer(joiningConsumer({ memberId: 'b' }))
  expect([joined.memberEpoch, told(joined)]).toEqual([2, ''])
  expect(describe(setting).state).toBe('Assigning')
  clock.advance(1_000)
  const waiting = groups.heartbeatConsumer(beating({ memberId: 'b', memberEpoch: 2 }))
  expect([waiting.memberEpoch, told(waiting)]).toEqual([3, null])
  const asked = groups.heartbeatConsumer(beating({ memberEpoch: 2 }))
  expect([asked.memberEpoch, told(asked), describe(setting).state]).toEqual([2, 'orders 0,1', 'Reconciling'])
  // It has not said yet that it gave up anything.
  expect(groups.heartbeatConsumer(beating({ memberEpoch: 2 }))).toMatchObject({ memberEpoch: 2, assignment: null })
  expect(groups.heartbeatConsumer(beating({ memberEpoch: 2, owned: partitions({ orders: [0, 1, 2] }) }))).toMatchObject({ memberEpoch: 2 })
  expect(told(groups.heartbeatConsumer(beating({ memberId: 'b', memberEpoch: 3 })))).toBeNull()
  expect(groups.heartbeatConsumer(beating({ memberEpoch: 2, owned: partitions({ orders: [0, 1] }) }))).toMatchObject({ memberEpoch: 3, assignment: null })
  expect(told(groups.heartbeatConsumer(beating({ memberId: 'b', memberEpoch: 3 })))).toBe('orders 2,3')
  expect(describe(setting).state).toBe('Stable')
})

test.each([
  ['no group id', { groupId: ' ' }, 'INVALID_REQUEST'],
  ['no member id', { memberId: '' }, 'INVALID_REQUEST'],
  ['an empty instance id', { instanceId: '' }, 'INVALID_REQUEST'],
  ['an empty rack', { rackId: ' ' }, 'INVALID_REQUEST'],
  ['no rebalance timeout', { rebalanceTimeoutMs: -1 }, 'INVALID_REQUEST'],
  ['partitions it cannot own yet', { owned: partitions({ orders: [0] }) }, 'INVALID_REQUEST'],
  ['no word on partitions', { owned: null }, 'INVALID_REQUEST'],
  ['no subscription', { subscribedTopics: null }, 'INVALID_REQUEST'],
  ['an epoch that means nothing', { memberEpoch: -3 }, 'INVALID_REQUEST'],
  ['a leave for a while without an instance', { memberEpoch: -2 }, 'INVALID_REQUEST'],
  ['an assignor nobody knows', { serverAssignor: 'mine' }, 'UNSUPPORTED_ASSIGNOR'],
  ['an assignor that is a word of the language', { serverAssignor: 'constructor' }, 'UNSUPPORTED_ASSIGNOR'],
  ['a pattern that is none', { subscribedRegex: '(' }, 'INVALID_REGULAR_EXPRESSION'],
  ['a group that is not there', { memberEpoch: 4 }, 'GROUP_ID_NOT_FOUND'],
  ['a leave from a group that is not there', { memberEpoch: -1 }, 'GROUP_ID_NOT_FOUND'],
])('a request with %s is refused', async (_, change, error) => {
  const setting = await startGroups()
  expect(setting.groups.heartbeatConsumer(joiningConsumer(change))).toMatchObject({ error, memberId: null, assignment: null })
  expect(setting.groups.group('g')).toBeUndefined()
})

test('a member without any subscription may be in the group', async () => {
  const setting = await startGroups()
  expect(told(setting.groups.heartbeatConsumer(joiningConsumer({ subscribedTopics: [] })))).toBe('')
  expect(describe(setting)).toMatchObject({ state: 'Stable', epoch: 1 })
})

test('version 0: the coordinator makes the id', async () => {
  const setting = await startGroups()
  const { memberId } = setting.groups.heartbeatConsumer(joiningConsumer({ memberId: '', mustNameItself: false }))
  expect(memberId).toMatch(/^[\w-]{22}$/)
  expect(setting.groups.heartbeatConsumer(beating({ memberId: memberId ?? '', memberEpoch: 2 })).error).toBe('NONE')
})

test('who is not known is told so, and who is ahead or behind is fenced', async () => {
  const { groups } = await startGroups()
  groups.heartbeatConsumer(joiningConsumer())
  expect(groups.heartbeatConsumer(beating({ memberId: 'x', memberEpoch: 2 })).error).toBe('UNKNOWN_MEMBER_ID')
  expect(groups.heartbeatConsumer(beating({ memberId: 'x', memberEpoch: -1 })).error).toBe('UNKNOWN_MEMBER_ID')
  expect(groups.heartbeatConsumer(beating({ memberEpoch: 3 })).error).toBe('FENCED_MEMBER_EPOCH')
})

test('a member whose last answer was lost comes with the epoch before, and with no more than it was given', async () => {
  const setting = await startGroups({ groupConfig: { assignmentIntervalMs: 0 } })
  const { groups } = setting
  groups.heartbeatConsumer(joiningConsumer())
  groups.heartbeatConsumer(joiningConsumer({ memberId: 'b' }))
  groups.heartbeatConsumer(beating({ memberEpoch: 2 }))
  const lost = groups.heartbeatConsumer(beating({ memberEpoch: 2, owned: partitions({ orders: [0, 1] }) }))
  expect(lost.memberEpoch).toBe(3)
  expect(groups.heartbeatConsumer(beating({ memberEpoch: 2 })).error).toBe('FENCED_MEMBER_EPOCH')
  expect(groups.heartbeatConsumer(beating({ memberEpoch: 2, owned: partitions({ orders: [0, 1, 2] }) })).error).toBe('FENCED_MEMBER_EPOCH')
  expect(groups.heartbeatConsumer(beating({ memberEpoch: 2, owned: partitions({ orders: [1] }) }))).toMatchObject({ error: 'NONE', memberEpoch: 3 })
})

test('a member that joins again under its id is told everything', async () => {
  const setting = await startGroups()
  setting.groups.heartbeatConsumer(joiningConsumer())
  expect(setting.groups.heartbeatConsumer(joiningConsumer())).toMatchObject({ error: 'NONE', memberEpoch: 2 })
  expect(told(setting.groups.heartbeatConsumer(joiningConsumer()))).toBe('orders 0,1,2,3')
  expect(describe(setting)).toMatchObject({ epoch: 2, members: [{ memberId: 'a' }] })
})

test('an assignment is told when it is new, or when the member tells everything', async () => {
  const { groups } = await startGroups()
  groups.heartbeatConsumer(joiningConsumer())
  expect(told(groups.heartbeatConsumer(beating({ memberEpoch: 2 })))).toBeNull()
  const owned = partitions({ orders: [0, 1, 2, 3] })
  expect(told(groups.heartbeatConsumer(beating({ memberEpoch: 2, owned })))).toBeNull()
  expect(told(groups.heartbeatConsumer(beating({ memberEpoch: 2, rebalanceTimeoutMs: 60_000, subscribedTopics: ['orders'], owned })))).toBe('orders 0,1,2,3')
})

test('a new subscription raises the epoch, and what is left out is given up before the next assignment', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  groups.heartbeatConsumer(joiningConsumer({ subscribedTopics: ['payments', 'orders', 'orders'] }))
  expect(groups.heartbeatConsumer(beating({ memberEpoch: 2, subscribedTopics: ['orders', 'payments'] })).assignment).toBeNull()
  expect(describe(setting).epoch).toBe(2)
  const less = groups.heartbeatConsumer(beating({ memberEpoch: 2, subscribedTopics: ['payments'] }))
  expect([less.memberEpoch, told(less), describe(setting).epoch]).toEqual([2, 'payments 0', 3])
  clock.advance(1_000)
  expect(groups.heartbeatConsumer(beating({ memberEpoch: 2, owned: partitions({ payments: [0] }) })).memberEpoch).toBe(3)
  expect(owners(setting)).toEqual({ a: 'payments 0' })
})

test('the assignor that most members ask for is taken', async () => {
  const setting = await startGroups({ groupConfig: { assignmentIntervalMs: 0 } })
  const clients = ['a', 'b', 'c'].map(memberId => new Client(memberId, ['orders', 'payments']))
  for (const [at, client] of clients.entries()) client.beat(setting, at === 0 ? { serverAssignor: 'uniform' } : { serverAssignor: 'range' })
  converge(setting, clients)
  expect(describe(setting).assignor).toBe('range')
  expect(owners(setting)).toEqual({ a: 'orders 0,1 payments 0', b: 'orders 2', c: 'orders 3' })
})

test('who leaves is out at once, and the others get what it had', async () => {
  const setting = await startGroups({ groupConfig: { assignmentIntervalMs: 0 } })
  const clients = ['a', 'b'].map(memberId => new Client(memberId, ['orders']))
  for (const client of clients) client.beat(setting)
  converge(setting, clients)
  expect(setting.groups.heartbeatConsumer(beating({ memberId: 'b', memberEpoch: -1 }))).toMatchObject({ error: 'NONE', memberId: 'b', memberEpoch: -1 })
  expect(describe(setting)).toMatchObject({ state: 'Assigning', epoch: 4 })
  expect(told(clients[0]?.beat(setting) ?? { assignment: null })).toBe('orders 0,1,2,3')
})

test('a member that is silent for its session is out', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  groups.heartbeatConsumer(joiningConsumer())
  clock.advance(44_999)
  groups.heartbeatConsumer(beating({ memberEpoch: 2 }))
  clock.advance(44_999)
  expect(describe(setting).members.length).toBe(1)
  clock.advance(1)
  expect(describe(setting)).toMatchObject({ state: 'Empty', epoch: 3, members: [] })
  expect(groups.heartbeatConsumer(beating({ memberEpoch: 2 })).error).toBe('UNKNOWN_MEMBER_ID')
})

test('a member that does not give up its partitions in its rebalance timeout is out', async () => {
  const setting = await startGroups({ groupConfig: { assignmentIntervalMs: 0 } })
  const { groups, clock } = setting
  groups.heartbeatConsumer(joiningConsumer({ rebalanceTimeoutMs: 10_000 }))
  groups.heartbeatConsumer(joiningConsumer({ memberId: 'b' }))
  groups.heartbeatConsumer(beating({ memberEpoch: 2 }))
  clock.advance(9_000)
  expect(groups.heartbeatConsumer(beating({ memberEpoch: 2 })).error).toBe('NONE')
  clock.advance(1_000)
  expect(describe(setting).members.map(({ memberId }) => memberId)).toEqual(['b'])
  expect(told(groups.heartbeatConsumer(beating({ memberId: 'b', memberEpoch: 3 })))).toBe('orders 0,1,2,3')
})

test('a topic that grows, goes or comes is noticed with the next heartbeat', async () => {
  const setting = await startGroups({ groupConfig: { assignmentIntervalMs: 0 } })
  const { groups, topics } = setting
  groups.heartbeatConsumer(joiningConsumer({ subscribedTopics: ['orders', 'later'] }))
  topics.set('orders', 6)
  groups.onTopicChanged('orders', 'changed')
  expect(told(groups.heartbeatConsumer(beating({ memberEpoch: 2 })))).toBe('orders 0,1,2,3,4,5')
  topics.set('later', 1)
  groups.onTopicChanged('later', 'new')
  expect(told(groups.heartbeatConsumer(beating({ memberEpoch: 3 })))).toBe('later 0 orders 0,1,2,3,4,5')
  topics.delete('orders')
  groups.onTopicDeleted('orders')
  groups.onTopicChanged('orders', 'gone')
  expect(told(groups.heartbeatConsumer(beating({ memberEpoch: 4 })))).toBe('later 0')
  expect(groups.heartbeatConsumer(beating({ memberEpoch: 4, owned: partitions({ later: [0] }) })).memberEpoch).toBe(5)
})

test('a group takes as many members as it may, and the coordinator as many groups', async () => {
  const { groups } = await startGroups({ config: { consumerMembersMax: 1, groupsMax: 2 } })
  expect(GROUP_MEMBERS_MAX).toBe(1000)
  groups.heartbeatConsumer(joiningConsumer())
  expect(groups.heartbeatConsumer(joiningConsumer()).error).toBe('NONE')
  expect(groups.heartbeatConsumer(joiningConsumer({ memberId: 'b' })).error).toBe('GROUP_MAX_SIZE_REACHED')
  expect(groups.heartbeatConsumer(joiningConsumer({ groupId: 'h' })).error).toBe('NONE')
  expect(groups.heartbeatConsumer(joiningConsumer({ groupId: 'i' })).error).toBe('GROUP_MAX_SIZE_REACHED')
})

test('a heartbeat that cannot be stored changes nothing', async () => {
  const setting = await startGroups()
  setting.groups.heartbeatConsumer(joiningConsumer())
  await setting.log.close()
  expect(setting.groups.heartbeatConsumer(joiningConsumer({ memberId: 'b' })).error).toBe('NOT_COORDINATOR')
  expect(describe(setting)).toMatchObject({ epoch: 2, members: [{ memberId: 'a' }] })
  await setting.groups.stop()
})

test('members commit at their epoch, or at an earlier one what they have had since', async () => {
  const setting = await startGroups({ groupConfig: { assignmentIntervalMs: 0 } })
  setting.topicIds.set('orders', idOf('orders'))
  const { groups } = setting
  const commit = (memberId: string, generation: number, change = {}) => errorOf(groups.commit(committing({ memberId, generation, ...change })))
  groups.heartbeatConsumer(joiningConsumer())
  expect(commit('a', 2)).toBe('NONE')
  expect(commit('a', 3)).toBe('STALE_MEMBER_EPOCH')
  expect(commit('x', 2)).toBe('UNKNOWN_MEMBER_ID')
  expect(commit('', -1)).toBe('UNKNOWN_MEMBER_ID')
  expect(commit('a', 2, { canNameMissingGroup: false })).toBe('UNSUPPORTED_VERSION')
  groups.heartbeatConsumer(joiningConsumer({ memberId: 'b' }))
  groups.heartbeatConsumer(beating({ memberEpoch: 2 }))
  groups.heartbeatConsumer(beating({ memberEpoch: 2, owned: partitions({ orders: [0, 1] }) }))
  expect(commit('a', 2)).toBe('NONE')
  const lost = { topics: [{ topic: 'orders', partitions: [{ partition: 0, offset: 1, leaderEpoch: 0, metadata: '' }, { partition: 2, offset: 1, leaderEpoch: 0, metadata: '' }] }] }
  expect(commit('a', 2, lost)).toBe('STALE_MEMBER_EPOCH')
  groups.heartbeatConsumer(beating({ memberId: 'b', memberEpoch: 3 }))
  expect(commit('b', 2, lost)).toBe('STALE_MEMBER_EPOCH')
})

test('members fetch offsets at their epoch, others without a word on who they are', async () => {
  const { groups } = await startGroups()
  groups.heartbeatConsumer(joiningConsumer())
  const fetch = (memberId: string | null, memberEpoch: number) => groups.fetchOffsets({ groupId: 'g', topics: null, memberId, memberEpoch }).error
  expect([fetch('a', 2), fetch(null, -1), fetch('a', 0), fetch('b', 2), fetch('a', -1)]).toEqual(['NONE', 'NONE', 'STALE_MEMBER_EPOCH', 'UNKNOWN_MEMBER_ID', 'STALE_MEMBER_EPOCH'])
})

test('groups of both kinds are listed as what they are, and described by the request of their kind', async () => {
  const setting = await startGroups()
  const { groups } = setting
  groups.heartbeatConsumer(joiningConsumer())
  await joinDynamic(setting, { groupId: 'classic' })
  expect(groups.list({ states: ['stable'], kinds: ['consumer'] }).groups).toEqual([{ groupId: 'g', protocolType: 'consumer', state: 'Stable', kind: 'consumer' }])
  expect(groups.describe(['g'])).toMatchObject([{ error: 'GROUP_ID_NOT_FOUND', state: 'Dead' }])
  expect(describe(setting, 'classic')).toMatchObject({ error: 'GROUP_ID_NOT_FOUND', state: '' })
  expect(describe(setting, 'nowhere')).toMatchObject({ error: 'GROUP_ID_NOT_FOUND', state: '' })
  expect(groups.delete(['g'])).toEqual([{ groupId: 'g', error: 'NON_EMPTY_GROUP' }])
  expect(groups.group('g')).toMatchObject({
    kind: 'consumer', state: 'Stable', generation: 2, targetEpoch: 2, protocol: 'uniform', protocolType: 'consumer',
    members: [{ memberId: 'a', epoch: 2, host: '127.0.0.1', assignment: [{ topic: 'orders', partitions: [0, 1, 2, 3] }] }], subscribedTopics: ['orders'],
  })
  groups.heartbeatConsumer(beating({ memberEpoch: -1 }))
  expect(groups.delete(['g'])).toEqual([{ groupId: 'g', error: 'NONE' }])
  expect(groups.group('g')).toBeUndefined()
  expect((await setting.restart()).groups.group('g')).toBeUndefined()
})

test('an empty group changes its kind with the first member of the other, and keeps its offsets', async () => {
  const setting = await startGroups()
  const { groups } = setting
  groups.commit(committing())
  expect(groups.heartbeatConsumer(joiningConsumer())).toMatchObject({ error: 'NONE', memberEpoch: 2 })
  expect(groups.group('g')).toMatchObject({ kind: 'consumer', offsets: [{ topic: 'orders', partition: 0, offset: 7 }] })
  groups.heartbeatConsumer(beating({ memberEpoch: -1 }))
  await joinDynamic(setting)
  expect(groups.group('g')).toMatchObject({ kind: 'classic', offsets: [{ offset: 7 }] })
  expect((await setting.restart()).groups.group('g')).toMatchObject({ kind: 'classic', offsets: [{ offset: 7 }] })
})

test('offsets of a topic that no member subscribes to expire from their commit, others stay; an empty group goes with its last', async () => {
  const setting = await startGroups({ config: { offsetsRetentionMs: 3_600_000, offsetsSweepMs: 600_000 }, groupConfig: { sessionTimeoutMs: 10_000_000 } })
  const { groups, clock } = setting
  groups.heartbeatConsumer(joiningConsumer())
  const both = ['orders', 'payments'].map(topic => ({ topic, partitions: [{ partition: 0, offset: 1, leaderEpoch: 0, metadata: '' }] }))
  groups.commit(committing({ memberId: 'a', generation: 2, topics: both }))
  clock.advance(4_200_000)
  expect(groups.group('g')?.offsets.map(({ topic }) => topic)).toEqual(['orders'])
  groups.heartbeatConsumer(beating({ memberEpoch: -1 }))
  clock.advance(600_000)
  expect(groups.group('g')).toBeUndefined()
})
