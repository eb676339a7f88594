/** Rules of the classic protocol that the other tests pass by: who leads next, whose timeout counts, what is told between join and sync. */

import { expect, test } from 'vitest'
import { batchesOf } from '../../../core/records/record-batch.ts'
import { assignment, committing, errorOf, joinDynamic, joining, parked, settle, stableGroup, startGroups, syncAll } from './fixture.ts'

test('a member of version 0, which gives no rebalance timeout, has that of its session', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const [a = '', b = ''] = await stableGroup(setting, 2, { rebalanceTimeoutMs: -1, sessionTimeoutMs: 20_000 })
  const rejoin = parked(groups.join(joining({ memberId: a, rebalanceTimeoutMs: -1, sessionTimeoutMs: 20_000 })))
  clock.advance(15_000)
  expect(groups.heartbeat({ groupId: 'g', memberId: b, instanceId: null, generation: 1 })).toBe('REBALANCE_IN_PROGRESS')
  clock.advance(4_999)
  await settle()
  expect(rejoin.answer).toBeUndefined()
  clock.advance(1)
  expect(await rejoin.done).toMatchObject({ error: 'NONE', generation: 2, members: [{ memberId: a }] })
})

test('a leader that does not rejoin is followed by the member that joined the group first of those who did', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const [, b = '', c = ''] = await stableGroup(setting, 3, { sessionTimeoutMs: 1_800_000 })
  const rejoined = [c, b].map(memberId => groups.join(joining({ memberId, sessionTimeoutMs: 1_800_000, protocols: [{ name: 'range', metadata: Buffer.from('new') }] })))
  clock.advance(60_000)
  expect(await Promise.all(rejoined)).toMatchObject([{ generation: 2, leaderId: b, members: [] }, { generation: 2, leaderId: b, members: [{ memberId: b }, { memberId: c }] }])
})

test('a group that everybody has left has one more generation and no protocol, but keeps its type', async () => {
  const setting = await startGroups()
  const members = await stableGroup(setting, 2)
  setting.groups.leave('g', members.map(memberId => ({ memberId, instanceId: null })))
  expect(setting.groups.group('g')).toMatchObject({ state: 'Empty', generation: 2, protocol: '', protocolType: 'consumer', leaderId: null, members: [] })
  const again = await setting.restart()
  expect(again.groups.group('g')).toMatchObject({ state: 'Empty', generation: 2, protocol: '', protocolType: 'consumer' })
  const next = await joinDynamic(again, { protocolType: 'connect' })
  again.clock.advance(0)
  expect(await next.join.done).toMatchObject({ error: 'NONE', generation: 3, protocolType: 'connect' })
})

test('the leader is told the instances of static members', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const joins = ['one', 'two'].map(instanceId => groups.join(joining({ instanceId })))
  const dynamic = await joinDynamic(setting)
  clock.advance(0)
  const [leader] = await Promise.all(joins)
  expect(leader?.members).toMatchObject([{ instanceId: 'one' }, { instanceId: 'two' }, { memberId: dynamic.memberId, instanceId: null }])
})

test('between its join and its sync a member is well, keeps its session by heartbeats, and may not commit', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const { memberId, join } = await joinDynamic(setting, { rebalanceTimeoutMs: 300_000 })
  clock.advance(0)
  await join.done
  for (let beat = 0; beat < 3; beat++) {
    clock.advance(9_999)
    expect(groups.heartbeat({ groupId: 'g', memberId, instanceId: null, generation: 1 })).toBe('NONE')
  }
  expect(errorOf(groups.commit(committing({ memberId, generation: 1 })))).toBe('REBALANCE_IN_PROGRESS')
  clock.advance(9_999)
  expect(groups.group('g')?.members.length).toBe(1)
  clock.advance(1)
  expect(groups.group('g')).toMatchObject({ state: 'Empty', members: [] })
})

test('a member that leaves between join and sync makes the others, whose syncs wait, rejoin', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const [a, b] = [await joinDynamic(setting), await joinDynamic(setting)]
  clock.advance(0)
  await Promise.all([a.join.done, b.join.done])
  const sync = groups.sync({ groupId: 'g', memberId: b.memberId, instanceId: null, generation: 1, protocolType: null, protocol: null, assignments: [] })
  groups.leave('g', [{ memberId: a.memberId, instanceId: null }])
  expect((await sync).error).toBe('REBALANCE_IN_PROGRESS')
  expect(await groups.join(joining({ memberId: b.memberId }))).toMatchObject({ error: 'NONE', generation: 2, leaderId: b.memberId })
})

test('an instance under an id that is not its own is fenced in every request, an instance nobody knows is unknown', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const join = parked(groups.join(joining({ instanceId: 'i' })))
  clock.advance(0)
  const { memberId } = await join.done
  await Promise.all(await syncAll(setting, []))
  const sync = { groupId: 'g', generation: 1, protocolType: null, protocol: null, assignments: [] }
  expect((await groups.sync({ ...sync, memberId, instanceId: 'i', assignments: [{ memberId, assignment: assignment('orders', 0) }] })).error).toBe('NONE')
  for (const [who, error] of [[{ memberId: 'old', instanceId: 'i' }, 'FENCED_INSTANCE_ID'], [{ memberId, instanceId: 'j' }, 'UNKNOWN_MEMBER_ID']] as const) {
    expect([
      (await groups.join(joining(who))).error,
      (await groups.sync({ ...sync, ...who })).error,
      groups.heartbeat({ groupId: 'g', generation: 1, ...who }),
      errorOf(groups.commit(committing({ ...who, generation: 1 }))),
      groups.leave('g', [who]).members[0]?.error,
    ]).toEqual(Array.from({ length: 5 }, () => error))
  }
})

test('what one request commits is one batch of the log', async () => {
  const { groups, log } = await startGroups()
  const fromOffset = log.endOffset
  const partitions = [0, 1, 2].map(partition => ({ partition, offset: 5, leaderEpoch: 0, metadata: '' }))
  groups.commit(committing({ topics: [{ topic: 'orders', partitions }, { topic: 'payments', partitions: partitions.slice(0, 1) }] }))
  const read = log.read({ offset: fromOffset, maxBytes: 1_000_000, minOneBatch: true })
  const ends = read.error === 'NONE' ? Array.from(batchesOf(Buffer.concat(read.buffers)), batch => batch.lastOffset - fromOffset) : []
  expect(ends).toEqual([3])
})

test('a retention that the client gave itself ends its offsets in a group of the consumer protocol too', async () => {
  const { groups, clock } = await startGroups()
  groups.heartbeatConsumer({
    groupId: 'g', memberId: 'm', memberEpoch: 0, instanceId: null, rackId: null, rebalanceTimeoutMs: 60_000, subscribedTopics: ['payments'], subscribedRegex: null,
    serverAssignor: null, owned: new Map(), clientId: 'client', host: '/127.0.0.1', mustNameItself: true,
  })
  clock.advance(60_000)
  expect(errorOf(groups.commit(committing({ retentionMs: 3_600_000 })))).toBe('NONE')
  clock.advance(3_600_000 + 600_000)
  expect(groups.group('g')).toBeUndefined()
})
