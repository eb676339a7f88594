import { expect, test } from 'vitest'
import { assignment, joinDynamic, joining, parked, settle, stableGroup, startGroups, subscription, syncAll } from './fixture.ts'

const refusal = (error: string, memberId = '') =>
  ({ error, memberId, generation: -1, protocolType: null, protocol: null, leaderId: '', skipAssignment: false, members: [] })

test('a member without an id is given one, and joins with it', async () => {
  const setting = await startGroups()
  const first = await setting.groups.join(joining())
  expect(first).toEqual(refusal('MEMBER_ID_REQUIRED', first.memberId))
  expect(first.memberId).toMatch(/^client-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const join = setting.groups.join(joining({ memberId: first.memberId }))
  setting.clock.advance(0)
  expect(await join).toEqual({
    error: 'NONE', memberId: first.memberId, generation: 1, protocolType: 'consumer', protocol: 'range', leaderId: first.memberId, skipAssignment: false,
    members: [{ memberId: first.memberId, instanceId: null, metadata: subscription('orders') }],
  })
})

test('a client of version 3 and before joins at once', async () => {
  const { groups, clock } = await startGroups()
  const join = groups.join(joining({ requiresKnownMemberId: false }))
  clock.advance(0)
  expect(await join).toMatchObject({ error: 'NONE', generation: 1 })
})

test('joins are refused for what is wrong with them', async () => {
  const setting = await startGroups()
  const { groups } = setting
  expect(await groups.join(joining({ groupId: '' }))).toEqual(refusal('INVALID_GROUP_ID'))
  expect(await groups.join(joining({ sessionTimeoutMs: 5_999 }))).toEqual(refusal('INVALID_SESSION_TIMEOUT'))
  expect(await groups.join(joining({ sessionTimeoutMs: 1_800_001 }))).toEqual(refusal('INVALID_SESSION_TIMEOUT'))
  expect(await groups.join(joining({ memberId: 'who' }))).toEqual(refusal('UNKNOWN_MEMBER_ID', 'who'))
  expect(await groups.join(joining({ protocols: [] }))).toEqual(refusal('INCONSISTENT_GROUP_PROTOCOL'))
  expect(groups.group('g')).toBeUndefined()
  await stableGroup(setting, 1)
  expect(await groups.join(joining({ memberId: 'who' }))).toEqual(refusal('UNKNOWN_MEMBER_ID', 'who'))
  expect(await groups.join(joining({ protocolType: 'connect' }))).toEqual(refusal('INCONSISTENT_GROUP_PROTOCOL'))
  expect(await groups.join(joining({ protocols: [{ name: 'sticky', metadata: Buffer.alloc(0) }] }))).toEqual(refusal('INCONSISTENT_GROUP_PROTOCOL'))
})

test('only the leader is told who the members are, and each member gets what the leader gave it', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const a = await joinDynamic(setting)
  const b = await joinDynamic(setting)
  clock.advance(0)
  const [leader, follower] = await Promise.all([a.join.done, b.join.done])
  expect(leader.members.map(member => member.memberId)).toEqual([a.memberId, b.memberId])
  expect(follower).toMatchObject({ error: 'NONE', generation: 1, leaderId: a.memberId, members: [] })
  const waiting = parked(groups.sync({
    groupId: 'g', memberId: b.memberId, instanceId: null, generation: 1, protocolType: null, protocol: null, assignments: [],
  }))
  await settle()
  expect(waiting.answer).toBeUndefined()
  const own = await groups.sync({
    groupId: 'g', memberId: a.memberId, instanceId: null, generation: 1, protocolType: null, protocol: null,
    assignments: [{ memberId: b.memberId, assignment: assignment('orders', 0, 1) }],
  })
  expect(own).toEqual({ error: 'NONE', protocolType: 'consumer', protocol: 'range', assignment: Buffer.alloc(0) })
  expect(await waiting.done).toEqual({ error: 'NONE', protocolType: 'consumer', protocol: 'range', assignment: assignment('orders', 0, 1) })
  expect(groups.group('g')).toMatchObject({
    state: 'Stable', generation: 1, protocolType: 'consumer', protocol: 'range', leaderId: a.memberId, subscribedTopics: ['orders'],
    members: [{ memberId: a.memberId, assignment: [] }, { memberId: b.memberId, host: '127.0.0.1', assignment: [{ topic: 'orders', partitions: [0, 1] }] }],
  })
})

test('a new member makes the others rejoin, and the leader stays the leader', async () => {
  const setting = await startGroups()
  const { groups } = setting
  const [a = '', b = ''] = await stableGroup(setting, 2)
  const c = await joinDynamic(setting)
  await settle()
  expect(c.join.answer).toBeUndefined()
  expect(groups.heartbeat({ groupId: 'g', memberId: a, instanceId: null, generation: 1 })).toBe('REBALANCE_IN_PROGRESS')
  expect(await groups.sync({ groupId: 'g', memberId: a, instanceId: null, generation: 1, protocolType: null, protocol: null, assignments: [] }))
    .toMatchObject({ error: 'REBALANCE_IN_PROGRESS' })
  const rejoined = [groups.join(joining({ memberId: b })), groups.join(joining({ memberId: a }))]
  expect(await Promise.all(rejoined)).toMatchObject([{ generation: 2, leaderId: a, members: [] }, { generation: 2, leaderId: a }])
  expect(await c.join.done).toMatchObject({ generation: 2, leaderId: a })
  expect((await Promise.all(await syncAll(setting, [a, b, c.memberId], { generation: 2 }))).map(({ error }) => error)).toEqual(['NONE', 'NONE', 'NONE'])
  expect(groups.group('g')).toMatchObject({ state: 'Stable', generation: 2 })
})

test('a follower that rejoins unchanged is told the generation; a leader that rejoins, or changed metadata, rebalances', async () => {
  const setting = await startGroups()
  const { groups } = setting
  const [a = '', b = ''] = await stableGroup(setting, 2)
  expect(await groups.join(joining({ memberId: b }))).toMatchObject({ error: 'NONE', generation: 1, leaderId: a, members: [] })
  expect(groups.group('g')?.state).toBe('Stable')
  const changed = parked(groups.join(joining({ memberId: b, protocols: [{ name: 'range', metadata: subscription('payments') }] })))
  expect(groups.group('g')?.state).toBe('PreparingRebalance')
  const leader = groups.join(joining({ memberId: a }))
  expect(await leader).toMatchObject({ generation: 2 })
  expect(await changed.done).toMatchObject({ generation: 2 })
  // A join whose answer was lost: repeated unchanged before the syncs, it is answered again.
  expect(await groups.join(joining({ memberId: a }))).toMatchObject({ error: 'NONE', generation: 2, members: [{ memberId: a }, { memberId: b }] })
  expect(groups.group('g')?.subscribedTopics).toEqual(['orders', 'payments'])
  await Promise.all(await syncAll(setting, [a, b], { generation: 2 }))
  parked(groups.join(joining({ memberId: a })))
  expect(groups.group('g')?.state).toBe('PreparingRebalance')
})

test('a rebalance ends without the members that did not come, after the longest rebalance timeout', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const [a = ''] = await stableGroup(setting, 2, { sessionTimeoutMs: 1_800_000 })
  const rejoin = parked(groups.join(joining({ memberId: a, sessionTimeoutMs: 1_800_000 })))
  clock.advance(59_999)
  await settle()
  expect(rejoin.answer).toBeUndefined()
  clock.advance(1)
  expect(await rejoin.done).toMatchObject({ error: 'NONE', generation: 2, leaderId: a, members: [{ memberId: a }] })
})

test('an id that was given out holds up a rebalance until it joins or its session is over', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const [a = ''] = await stableGroup(setting, 1, { rebalanceTimeoutMs: 300_000 })
  const { memberId } = await groups.join(joining({ sessionTimeoutMs: 6_000 }))
  const rejoin = parked(groups.join(joining({ memberId: a, rebalanceTimeoutMs: 300_000 })))
  clock.advance(5_999)
  await settle()
  expect(rejoin.answer).toBeUndefined()
  clock.advance(1)
  expect(await rejoin.done).toMatchObject({ generation: 2 })
  expect(await groups.join(joining({ memberId }))).toEqual(refusal('UNKNOWN_MEMBER_ID', memberId))
})

test('the first rebalance waits for its delay, and longer while members come, up to their rebalance timeout', async () => {
  const setting = await startGroups({ config: { initialRebalanceDelayMs: 3_000 } })
  const { clock } = setting
  const a = await joinDynamic(setting, { rebalanceTimeoutMs: 7_000 })
  clock.advance(2_999)
  const b = await joinDynamic(setting, { rebalanceTimeoutMs: 7_000 })
  clock.advance(2_999)
  const c = await joinDynamic(setting, { rebalanceTimeoutMs: 7_000 })
  clock.advance(1_001)
  await settle()
  expect(a.join.answer).toBeUndefined()
  clock.advance(1)
  expect(await a.join.done).toMatchObject({ generation: 1, members: [{ memberId: a.memberId }, { memberId: b.memberId }, { memberId: c.memberId }] })
})

test('syncs are refused for what is wrong with them', async () => {
  const setting = await startGroups()
  const { groups } = setting
  const sync = async (request: { groupId?: string; memberId?: string; instanceId?: string; generation?: number; protocolType?: string; protocol?: string }) =>
    (await groups.sync({ groupId: 'g', memberId: a, instanceId: null, generation: 1, protocolType: null, protocol: null, assignments: [], ...request })).error
  const [a = ''] = await stableGroup(setting, 1)
  expect(await sync({ groupId: '' })).toBe('INVALID_GROUP_ID')
  expect(await sync({ groupId: 'other' })).toBe('UNKNOWN_MEMBER_ID')
  expect(await sync({ memberId: 'who' })).toBe('UNKNOWN_MEMBER_ID')
  expect(await sync({ instanceId: 'who' })).toBe('UNKNOWN_MEMBER_ID')
  expect(await sync({ generation: 2 })).toBe('ILLEGAL_GENERATION')
  expect(await sync({ protocolType: 'connect' })).toBe('INCONSISTENT_GROUP_PROTOCOL')
  expect(await sync({ protocol: 'sticky' })).toBe('INCONSISTENT_GROUP_PROTOCOL')
  expect(await sync({ protocolType: 'consumer', protocol: 'range' })).toBe('NONE')
})

test('a member that never sends its sync is put out, and the others rebalance', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const a = await joinDynamic(setting, { sessionTimeoutMs: 1_800_000 })
  const b = await joinDynamic(setting, { sessionTimeoutMs: 1_800_000 })
  clock.advance(0)
  await a.join.done
  void groups.sync({ groupId: 'g', memberId: a.memberId, instanceId: null, generation: 1, protocolType: null, protocol: null, assignments: [] })
  expect(groups.group('g')?.state).toBe('Stable')
  clock.advance(60_000)
  expect(groups.group('g')).toMatchObject({ state: 'PreparingRebalance', members: [{ memberId: a.memberId }] })
  expect(groups.heartbeat({ groupId: 'g', memberId: b.memberId, instanceId: null, generation: 1 })).toBe('UNKNOWN_MEMBER_ID')
})

test('a join or sync that its own retry overtakes is answered, so that nobody waits for ever', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const a = await joinDynamic(setting)
  const b = await joinDynamic(setting)
  const again = parked(groups.join(joining({ memberId: b.memberId })))
  expect(await b.join.done).toMatchObject({ error: 'REBALANCE_IN_PROGRESS' })
  clock.advance(0)
  expect(await again.done).toMatchObject({ error: 'NONE', generation: 1 })
  const sync = { groupId: 'g', memberId: b.memberId, instanceId: null, generation: 1, protocolType: null, protocol: null, assignments: [] }
  const first = groups.sync(sync)
  const second = groups.sync(sync)
  expect(await first).toMatchObject({ error: 'REBALANCE_IN_PROGRESS' })
  void groups.sync({ ...sync, memberId: a.memberId })
  expect(await second).toMatchObject({ error: 'NONE' })
})

test('a full group takes no further member, and ids given out count', async () => {
  const setting = await startGroups({ config: { membersMax: 2 } })
  const { groups } = setting
  const [a = ''] = await stableGroup(setting, 1)
  const { memberId } = await groups.join(joining())
  expect(await groups.join(joining())).toEqual(refusal('GROUP_MAX_SIZE_REACHED'))
  const b = parked(groups.join(joining({ memberId })))
  const rejoin = parked(groups.join(joining({ memberId: a })))
  expect(await rejoin.done).toMatchObject({ generation: 2 })
  expect(await b.done).toMatchObject({ generation: 2 })
  expect(await groups.join(joining())).toEqual(refusal('GROUP_MAX_SIZE_REACHED'))
  expect(await groups.join(joining({ memberId }))).toMatchObject({ error: 'NONE' })
})

test('there is a bound on groups, and on the metadata of a member', async () => {
  const setting = await startGroups({ config: { groupsMax: 1 } })
  await stableGroup(setting, 1)
  expect(await setting.groups.join(joining({ groupId: 'other' }))).toEqual(refusal('GROUP_MAX_SIZE_REACHED'))
  const protocols = [{ name: 'range', metadata: Buffer.alloc(1024 * 1024) }]
  expect(await setting.groups.join(joining({ protocols }))).toEqual(refusal('INVALID_REQUEST'))
})
