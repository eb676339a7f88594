import { expect, test } from 'vitest'
import { committing, errorOf, joinDynamic, joining, parked, settle, stableGroup, startGroups, syncAll, type Setting } from './fixture.ts'

const beat = ({ groups }: Setting, memberId: string, generation = 1, instanceId: string | null = null): string =>
  groups.heartbeat({ groupId: 'g', memberId, instanceId, generation })

test('heartbeats say what is wrong, and keep a session', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const [a = ''] = await stableGroup(setting, 1)
  expect(groups.heartbeat({ groupId: '', memberId: a, instanceId: null, generation: 1 })).toBe('INVALID_GROUP_ID')
  expect(groups.heartbeat({ groupId: 'other', memberId: a, instanceId: null, generation: 1 })).toBe('UNKNOWN_MEMBER_ID')
  expect([beat(setting, 'who'), beat(setting, a, 2), beat(setting, a, 1, 'who')]).toEqual(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'])
  for (let round = 0; round < 5; round++) {
    clock.advance(9_000)
    expect(beat(setting, a)).toBe('NONE')
  }
  clock.advance(10_000)
  expect(beat(setting, a)).toBe('UNKNOWN_MEMBER_ID')
  expect(groups.group('g')).toMatchObject({ state: 'Empty', generation: 2, protocolType: 'consumer', protocol: '', leaderId: null, members: [] })
})

test('a heartbeat during a rebalance keeps the session too, and so does a commit', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const [a = ''] = await stableGroup(setting, 1)
  clock.advance(9_000)
  expect(errorOf(groups.commit(committing({ memberId: a, generation: 1 })))).toBe('NONE')
  await joinDynamic(setting)
  clock.advance(9_000)
  expect(beat(setting, a)).toBe('REBALANCE_IN_PROGRESS')
  clock.advance(9_000)
  expect(beat(setting, a)).toBe('REBALANCE_IN_PROGRESS')
})

test('a parked join keeps a known member alive, whose session starts again when it is answered', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const [a = '', b = ''] = await stableGroup(setting, 2)
  const rejoin = parked(groups.join(joining({ memberId: a })))
  for (let round = 0; round < 5; round++) {
    clock.advance(9_000)
    expect(beat(setting, b)).toBe('REBALANCE_IN_PROGRESS')
  }
  expect(rejoin.answer).toBeUndefined()
  void groups.join(joining({ memberId: b }))
  expect(await rejoin.done).toMatchObject({ error: 'NONE', generation: 2 })
  clock.advance(9_999)
  expect(groups.group('g')?.members.length).toBe(2)
  clock.advance(1)
  expect(groups.group('g')?.members.length).toBe(0)
})

test('a new member whose join stays parked is given up after five minutes', async () => {
  const setting = await startGroups()
  const { clock } = setting
  const [a = ''] = await stableGroup(setting, 1, { rebalanceTimeoutMs: 1_000_000, sessionTimeoutMs: 1_800_000 })
  const b = await joinDynamic(setting, { rebalanceTimeoutMs: 1_000_000 })
  clock.advance(299_999)
  await settle()
  expect(b.join.answer).toBeUndefined()
  clock.advance(1)
  expect(await b.join.done).toMatchObject({ error: 'UNKNOWN_MEMBER_ID' })
  expect(setting.groups.group('g')?.members.map(({ memberId }) => memberId)).toEqual([a])
})

test('a member that leaves makes the others rebalance at once; the last one leaves the group empty', async () => {
  const setting = await startGroups()
  const { groups } = setting
  const [a = '', b = ''] = await stableGroup(setting, 2)
  const leaving = [{ memberId: a, instanceId: null }, { memberId: 'who', instanceId: null }, { memberId: '', instanceId: 'who' }, { memberId: b, instanceId: 'who' }]
  expect(groups.leave('g', leaving)).toEqual({
    error: 'NONE', members: leaving.map((member, at) => ({ ...member, error: at === 0 ? 'NONE' : 'UNKNOWN_MEMBER_ID' })),
  })
  expect(groups.group('g')).toMatchObject({ state: 'PreparingRebalance', leaderId: b })
  expect(await groups.join(joining({ memberId: b }))).toMatchObject({ generation: 2, leaderId: b })
  groups.leave('g', [{ memberId: b, instanceId: null }])
  expect(groups.group('g')).toMatchObject({ state: 'Empty', generation: 3, members: [] })
  expect(groups.leave('g', [{ memberId: b, instanceId: null }]).members).toEqual([{ memberId: b, instanceId: null, error: 'UNKNOWN_MEMBER_ID' }])
  expect(groups.leave('other', [{ memberId: b, instanceId: null }])).toEqual({ error: 'NONE', members: [{ memberId: b, instanceId: null, error: 'UNKNOWN_MEMBER_ID' }] })
  expect(groups.leave('', [])).toEqual({ error: 'INVALID_GROUP_ID', members: [] })
})

test('a leaving member may end a rebalance, and an id that was given out may leave', async () => {
  const setting = await startGroups()
  const { groups } = setting
  const [a = '', b = ''] = await stableGroup(setting, 2)
  const { memberId } = await groups.join(joining())
  const rejoin = parked(groups.join(joining({ memberId: a })))
  groups.leave('g', [{ memberId: b, instanceId: null }])
  await settle()
  expect(rejoin.answer).toBeUndefined()
  expect(groups.leave('g', [{ memberId, instanceId: null }]).members[0]?.error).toBe('NONE')
  expect(await rejoin.done).toMatchObject({ generation: 2, members: [{ memberId: a }] })
})

test('a member put out with a parked join or sync is told', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const a = await joinDynamic(setting)
  groups.leave('g', [{ memberId: a.memberId, instanceId: null }])
  expect(await a.join.done).toMatchObject({ error: 'UNKNOWN_MEMBER_ID' })
  clock.advance(0)
  const b = await joinDynamic(setting)
  const c = await joinDynamic(setting)
  clock.advance(0)
  await c.join.done
  const sync = groups.sync({ groupId: 'g', memberId: c.memberId, instanceId: null, generation: 2, protocolType: null, protocol: null, assignments: [] })
  expect(groups.leave('g', [{ memberId: c.memberId, instanceId: null }, { memberId: b.memberId, instanceId: null }]).error).toBe('NONE')
  expect(await sync).toMatchObject({ error: 'UNKNOWN_MEMBER_ID' })
})

test('members whose leader goes while they wait for it are told to rejoin', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const a = await joinDynamic(setting)
  const b = await joinDynamic(setting)
  clock.advance(0)
  await b.join.done
  const sync = groups.sync({ groupId: 'g', memberId: b.memberId, instanceId: null, generation: 1, protocolType: null, protocol: null, assignments: [] })
  groups.leave('g', [{ memberId: a.memberId, instanceId: null }])
  expect(await sync).toMatchObject({ error: 'REBALANCE_IN_PROGRESS' })
  expect(await groups.join(joining({ memberId: b.memberId }))).toMatchObject({ error: 'NONE', generation: 2, leaderId: b.memberId })
})

const staticJoin = (instanceId: string, memberId = '') => joining({ instanceId, memberId })

async function staticGroup(setting: Setting, ...instances: string[]): Promise<string[]> {
  const joins = instances.map(instanceId => setting.groups.join(staticJoin(instanceId)))
  setting.clock.advance(0)
  const ids = (await Promise.all(joins)).map(({ memberId }) => memberId)
  await Promise.all(await syncAll(setting, ids))
  return ids
}

test('a static member joins without a round for its id, which is made from its instance', async () => {
  const setting = await startGroups()
  const [a = ''] = await staticGroup(setting, 'i1')
  expect(a).toMatch(/^i1-/)
  expect(setting.groups.group('g')?.members).toMatchObject([{ memberId: a, instanceId: 'i1' }])
  expect(beat(setting, a, 1, 'i1')).toBe('NONE')
})

test('a static member that comes back changes nothing for the others, and its old id is fenced', async () => {
  const setting = await startGroups()
  const { groups } = setting
  const [leader = '', follower = ''] = await staticGroup(setting, 'i1', 'i2')
  const back = await groups.join(staticJoin('i2'))
  expect(back).toMatchObject({ error: 'NONE', generation: 1, leaderId: leader, skipAssignment: false, members: [] })
  expect(back.memberId).not.toBe(follower)
  expect(groups.group('g')).toMatchObject({ state: 'Stable', generation: 1 })
  expect(beat(setting, follower, 1, 'i2')).toBe('FENCED_INSTANCE_ID')
  expect(await groups.join(staticJoin('i2', follower))).toMatchObject({ error: 'FENCED_INSTANCE_ID', memberId: follower })
  expect(errorOf(groups.commit(committing({ memberId: follower, instanceId: 'i2', generation: 1 })))).toBe('FENCED_INSTANCE_ID')
  expect(groups.leave('g', [{ memberId: follower, instanceId: 'i2' }]).members[0]?.error).toBe('FENCED_INSTANCE_ID')
  const sync = { groupId: 'g', instanceId: 'i2', generation: 1, protocolType: null, protocol: null, assignments: [] }
  expect((await groups.sync({ ...sync, memberId: follower })).error).toBe('FENCED_INSTANCE_ID')
  expect(await groups.sync({ ...sync, memberId: back.memberId })).toMatchObject({ error: 'NONE', assignment: groups.describe(['g'])[0]?.members[1]?.assignment })
})

test('a static leader that comes back is told not to assign again', async () => {
  const setting = await startGroups()
  const { groups } = setting
  const [leader = '', follower = ''] = await staticGroup(setting, 'i1', 'i2')
  const back = await groups.join(staticJoin('i1'))
  expect(back).toMatchObject({ generation: 1, leaderId: back.memberId, skipAssignment: true })
  expect(back.members.map(({ instanceId }) => instanceId).sort()).toEqual(['i1', 'i2'])
  expect(back.members.some(({ memberId }) => memberId === follower)).toBe(true)
  expect(leader).not.toBe(back.memberId)
  const older = await groups.join({ ...staticJoin('i1'), canSkipAssignment: false })
  expect(older).toMatchObject({ generation: 1, leaderId: back.memberId, skipAssignment: false, members: [] })
  expect(older.memberId).not.toBe(back.memberId)
})

test('a static member that comes back with a change of the agreed protocol, or between join and sync, rebalances', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const both = [{ name: 'range', metadata: Buffer.alloc(0) }, { name: 'sticky', metadata: Buffer.alloc(0) }]
  const first = groups.join({ ...staticJoin('i1'), protocols: both })
  clock.advance(0)
  const { memberId } = await first
  const again = await groups.join({ ...staticJoin('i1'), protocols: both })
  expect(again).toMatchObject({ error: 'NONE', generation: 2 })
  expect(again.memberId).not.toBe(memberId)
  await Promise.all(await syncAll(setting, [again.memberId], { generation: 2 }))
  expect(groups.group('g')).toMatchObject({ state: 'Stable', protocol: 'range' })
  expect(await groups.join({ ...staticJoin('i1'), protocols: both.slice(1).concat(both[0] ?? []) })).toMatchObject({ generation: 3, protocol: 'sticky' })
})

test('a join that was parked by a static member is fenced when its instance joins again', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const first = groups.join(staticJoin('i1'))
  const second = parked(groups.join(staticJoin('i1')))
  expect(await first).toMatchObject({ error: 'FENCED_INSTANCE_ID' })
  clock.advance(0)
  expect(await second.done).toMatchObject({ error: 'NONE', generation: 1 })
})

test('a static member keeps its place through a rebalance it misses, until its session ends', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const [a = '', b = ''] = await staticGroup(setting, 'i1', 'i2')
  const rejoin = parked(groups.join(joining({ memberId: a, instanceId: 'i1', rebalanceTimeoutMs: 6_000 })))
  groups.leave('g', [])
  clock.advance(9_999)
  await settle()
  expect(rejoin.answer).toBeUndefined()
  expect(groups.group('g')?.members.map(({ memberId }) => memberId)).toEqual([a, b])
  clock.advance(1)
  expect(await rejoin.done).toMatchObject({ generation: 2, members: [{ memberId: a }] })
})

test('an administrator removes a static member by its instance alone', async () => {
  const setting = await startGroups()
  await staticGroup(setting, 'i1')
  expect(setting.groups.leave('g', [{ memberId: '', instanceId: 'i1' }]).members).toEqual([{ memberId: '', instanceId: 'i1', error: 'NONE' }])
  expect(setting.groups.group('g')?.state).toBe('Empty')
})
