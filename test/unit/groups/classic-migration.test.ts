/** A group moves between the classic and the consumer protocol while its members read (KIP-848). */

import { expect, test } from 'vitest'
import { seededRandom } from '../../../core/common/random.ts'
import { committing, errorOf, joining, settle, startGroups, subscription, type Setting } from './fixture.ts'
import { ClassicConsumer, ModernConsumer, PARTITIONS, TOPIC, type Migrating } from './migrating-members.ts'

const ORDERS = 'AAAAAAAAAAAAAAAAAAAAAQ'

async function start(options: Parameters<typeof startGroups>[0] = {}): Promise<Setting> {
  const setting = await startGroups(options)
  setting.topicIds.set(TOPIC, ORDERS)
  return setting
}

/** Nobody reads what another one reads, at any moment. */
function expectOwnedOnce(members: readonly Migrating[]): void {
  const owned = members.flatMap(member => [...member.owned])
  expect(new Set(owned).size).toBe(owned.length)
}

const isWhole = (members: readonly Migrating[]): boolean => members.flatMap(member => [...member.owned]).length === PARTITIONS

/** Heartbeats, a second apart, until everything is read by somebody; true when it is, and stays so for some rounds. */
async function settled({ clock }: Setting, members: readonly Migrating[]): Promise<boolean> {
  let calm = 0
  for (let round = 0; round < 60 && calm < 5; round++) {
    for (const member of members) {
      member.step()
      await settle()
      expectOwnedOnce(members)
    }
    clock.advance(1_000)
    await settle()
    expectOwnedOnce(members)
    calm = isWhole(members) && members.every(({ owned }) => owned.size > 0 || members.length > PARTITIONS) ? calm + 1 : 0
  }
  return calm === 5
}

const kindOf = ({ groups }: Setting): string | undefined => groups.group('g')?.kind
const stateOf = ({ groups }: Setting): string | undefined => groups.group('g')?.state

for (const isCooperative of [false, true]) {
  const style = isCooperative ? 'cooperative' : 'eager'

  test(`a classic group of ${style} consumers is upgraded member by member, and downgraded again, and no partition is read twice`, async () => {
    const setting = await start()
    const [a, b] = [new ClassicConsumer(setting, { isCooperative }), new ClassicConsumer(setting, { isCooperative })]
    expect([await settled(setting, [a, b]), kindOf(setting)]).toEqual([true, 'classic'])
    const c = new ModernConsumer(setting, 'c')
    expect([await settled(setting, [a, b, c]), kindOf(setting)]).toEqual([true, 'consumer'])
    a.leave()
    const d = new ModernConsumer(setting, 'd')
    expect([await settled(setting, [b, c, d]), kindOf(setting)]).toEqual([true, 'consumer'])
    b.leave()
    expect([await settled(setting, [c, d]), kindOf(setting), stateOf(setting)]).toEqual([true, 'consumer', 'Stable'])
    const [e, f] = [new ClassicConsumer(setting, { isCooperative }), new ClassicConsumer(setting, { isCooperative })]
    expect([await settled(setting, [c, d, e, f]), kindOf(setting)]).toEqual([true, 'consumer'])
    c.leave()
    expect([await settled(setting, [d, e, f]), kindOf(setting)]).toEqual([true, 'consumer'])
    d.leave()
    expect([await settled(setting, [e, f]), kindOf(setting), stateOf(setting)]).toEqual([true, 'classic', 'Stable'])
    expect([c.errors, d.errors]).toEqual([[], []])
  })
}

/** A setting whose coordinator may be started anew under its members. */
async function startRestarting(): Promise<{ readonly setting: Setting; restart(): Promise<void> }> {
  let current = await start()
  const setting: Setting = {
    ...current,
    get groups() {
      return current.groups
    },
  }
  return {
    setting,
    restart: async () => {
      current = await current.restart()
      current.topicIds.set(TOPIC, ORDERS)
    },
  }
}

test('whatever order members of both protocols come and go in, and the coordinator starts anew, no partition is read twice, and all are read once they stay', { timeout: 60_000 }, async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const { setting, restart } = await startRestarting()
    const { below } = seededRandom(seed)
    const members: Migrating[] = []
    for (let round = 0; round < 60; round++) {
      const what = below(12)
      if (members.length < PARTITIONS && what < 2) members.push(what === 0 ? new ClassicConsumer(setting, { isCooperative: seed % 2 === 0 }) : new ModernConsumer(setting, `m${round}`))
      else if (members.length > 1 && what === 2) members.splice(below(members.length), 1).forEach(member => member.leave())
      else if (what === 3 && seed % 3 === 0) await restart()
      for (const member of members) if (below(3) > 0) member.step()
      await settle()
      expectOwnedOnce(members)
      setting.clock.advance(below(3_000))
      await settle()
      expectOwnedOnce(members)
    }
    members.push(new ModernConsumer(setting, 'last'))
    if (members.length > PARTITIONS) members.shift()?.leave()
    expect([seed, await settled(setting, members)]).toEqual([seed, true])
    await setting.groups.stop()
  }
})

test('what a member has not let go of is nobody else\'s, though its group was downgraded and upgraded meanwhile', async () => {
  const setting = await start()
  const a = new ClassicConsumer(setting, { isCooperative: true })
  expect(await settled(setting, [a])).toBe(true)
  const gone = new ModernConsumer(setting, 'gone')
  gone.step()
  gone.leave()
  expect(kindOf(setting)).toBe('classic')
  const next = new ModernConsumer(setting, 'next')
  next.step()
  expect([kindOf(setting), a.owned.size, next.owned.size]).toEqual(['consumer', PARTITIONS, 0])
  expect(await settled(setting, [a, next])).toBe(true)
})

test('a mixed group goes on after a restart of its coordinator, whichever kind it was', async () => {
  const setting = await start()
  const [a, b] = [new ClassicConsumer(setting), new ModernConsumer(setting, 'b')]
  expect(await settled(setting, [a])).toBe(true)
  expect(await settled(setting, [a, b])).toBe(true)
  const before = setting.groups.group('g')
  const again = await setting.restart()
  again.topicIds.set(TOPIC, ORDERS)
  expect(again.groups.group('g')).toEqual(before)
  const beat = { groupId: 'g', memberId: a.memberId, instanceId: null, generation: a.generation }
  expect(again.groups.heartbeat(beat)).toBe('NONE')
  again.clock.advance(44_999)
  expect(again.groups.group('g')?.members.length).toBe(2)
  again.clock.advance(200_000)
  expect(again.groups.group('g')?.members).toEqual([])
})

test('members that wait for a classic rebalance are told of the upgrade', async () => {
  const setting = await start()
  const { groups } = setting
  const a = new ClassicConsumer(setting)
  expect(await settled(setting, [a])).toBe(true)
  const { memberId } = await groups.join(joining())
  const waiting = groups.join(joining({ memberId }))
  new ModernConsumer(setting, 'm').step()
  expect(await waiting).toMatchObject({ error: 'REBALANCE_IN_PROGRESS', memberId })
  expect(groups.group('g')?.members.length).toBe(3)
})

test('a classic group is upgraded only where the policy, its protocol type and what its members say allow it', async () => {
  const heartbeatOf = (setting: Setting, groupId: string) => setting.groups.heartbeatConsumer({
    groupId, memberId: 'm', memberEpoch: 0, instanceId: null, rackId: null, rebalanceTimeoutMs: 60_000, subscribedTopics: [TOPIC], subscribedRegex: null,
    serverAssignor: null, owned: new Map(), clientId: 'modern', host: '/127.0.0.1', mustNameItself: true,
  })
  const cases = [
    { config: { migrationPolicy: 'downgrade' as const }, request: {}, why: 'online upgrade is disabled' },
    { config: {}, request: { protocolType: 'connect' }, why: 'the group does not use the consumer embedded protocol' },
    { config: {}, request: { protocols: [{ name: 'range', metadata: Buffer.from([0, 0, 1]) }] }, why: 'the embedded consumer protocol is malformed' },
  ]
  for (const { config, request, why } of cases) {
    const setting = await start({ config })
    void setting.groups.join(joining({ ...request, instanceId: 'i' }))
    setting.clock.advance(0)
    await settle()
    expect(heartbeatOf(setting, 'g')).toMatchObject({ error: 'GROUP_ID_NOT_FOUND', message: `Cannot upgrade classic group g to consumer group because ${why}.` })
    expect(kindOf(setting)).toBe('classic')
  }
})

test('a classic member of a consumer group is refused for what is wrong with its requests', async () => {
  const setting = await start()
  const { groups } = setting
  const [a, m] = [new ClassicConsumer(setting, { instanceId: 'i' }), new ModernConsumer(setting, 'm')]
  expect(await settled(setting, [m])).toBe(true)
  expect(await settled(setting, [m, a])).toBe(true)
  const mine = { groupId: 'g', memberId: a.memberId, instanceId: 'i', generation: a.generation }
  const sync = async (more: object) => (await groups.sync({ ...mine, protocolType: 'consumer', protocol: 'range', assignments: [], ...more })).error
  expect(await Promise.all([{}, { generation: 99 }, { memberId: 'who' }, { instanceId: 'who' }, { protocolType: 'connect' }, { protocol: 'sticky' }, { memberId: 'm', instanceId: null }].map(sync))).toEqual(
    ['NONE', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID', 'UNKNOWN_MEMBER_ID', 'INCONSISTENT_GROUP_PROTOCOL', 'INCONSISTENT_GROUP_PROTOCOL', 'UNKNOWN_MEMBER_ID'],
  )
  const wrongs = [{ generation: 99 }, { memberId: 'who' }, { memberId: 'm', instanceId: null }]
  expect(wrongs.map(wrong => groups.heartbeat({ ...mine, ...wrong }))).toEqual(['ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID', 'UNKNOWN_MEMBER_ID'])
  expect(errorOf(groups.commit(committing({ memberId: a.memberId, generation: a.generation })))).toBe('NONE')
  expect(errorOf(groups.commit(committing({ memberId: a.memberId, generation: a.generation + 1 })))).toBe('ILLEGAL_GENERATION')
  const join = async (more: object) => (await groups.join(joining({ memberId: 'new', ...more }))).error
  expect(await Promise.all([{ protocolType: 'connect' }, { protocols: [{ name: 'sticky', metadata: subscription(TOPIC) }] }, { memberId: '' }].map(join))).toEqual(
    ['INCONSISTENT_GROUP_PROTOCOL', 'INCONSISTENT_GROUP_PROTOCOL', 'MEMBER_ID_REQUIRED'],
  )
})

test('members of either protocol are removed from a consumer group, each with its own answer', async () => {
  const setting = await start()
  const { groups } = setting
  const members = [new ClassicConsumer(setting, { instanceId: 'i' }), new ModernConsumer(setting, 'm', 'j'), new ModernConsumer(setting, 'n')]
  expect(await settled(setting, members)).toBe(true)
  const leaving = [{ memberId: 'n', instanceId: null }, { memberId: 'n', instanceId: null }, { memberId: '', instanceId: 'who' }, { memberId: 'n', instanceId: 'j' }, { memberId: '', instanceId: 'i' }]
  expect(groups.leave('g', leaving).members.map(({ error }) => error)).toEqual(['NONE', 'UNKNOWN_MEMBER_ID', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID', 'NONE'])
  expect(groups.group('g')?.members.map(({ memberId }) => memberId)).toEqual(['m'])
  expect(groups.leave('g', [{ memberId: '', instanceId: 'j' }]).members).toEqual([{ memberId: '', instanceId: 'j', error: 'NONE' }])
  expect(stateOf(setting)).toBe('Empty')
})

test('a classic member that does not fetch its assignment, or does not rejoin when asked to, is out after its rebalance timeout', async () => {
  const setting = await start()
  const { groups, clock } = setting
  const m = new ModernConsumer(setting, 'm')
  m.step()
  const late = joining({ memberId: 'late', sessionTimeoutMs: 300_000, rebalanceTimeoutMs: 20_000 })
  const { generation } = await groups.join(late)
  const memberIds = () => groups.group('g')?.members.map(({ memberId }) => memberId)
  const pass = (seconds: number) => { for (let at = 0; at < seconds; at++) { clock.advance(1_000); m.step() } }
  pass(19)
  expect(memberIds()).toEqual(['m', 'late'])
  pass(2)
  expect(memberIds()).toEqual(['m'])
  const joined = await groups.join(late)
  expect(joined.generation).toBeGreaterThan(generation)
  await groups.sync({ groupId: 'g', memberId: 'late', instanceId: null, generation: joined.generation, protocolType: null, protocol: null, assignments: [] })
  pass(5)
  expect(groups.heartbeat({ groupId: 'g', memberId: 'late', instanceId: null, generation: joined.generation })).toBe('REBALANCE_IN_PROGRESS')
  pass(19)
  expect(memberIds()).toEqual(['m', 'late'])
  pass(2)
  expect(memberIds()).toEqual(['m'])
})

test('a static member changes its protocol and keeps what its instance had, both ways', async () => {
  const setting = await start()
  const old = new ClassicConsumer(setting, { instanceId: 'i' })
  const other = new ClassicConsumer(setting, { instanceId: 'j' })
  expect(await settled(setting, [old, other])).toBe(true)
  const had = [...old.owned]
  const modern = new ModernConsumer(setting, 'm', 'i')
  modern.step()
  expect([kindOf(setting), [...modern.owned]]).toEqual(['consumer', had])
  expect(await settled(setting, [modern, other])).toBe(true)
  const back = new ClassicConsumer(setting, { instanceId: 'i' })
  back.step()
  await settle()
  expect([kindOf(setting), back.errors]).toEqual(['classic', []])
  modern.owned.clear()
  expect(await settled(setting, [back, other])).toBe(true)
  expect(setting.groups.group('g')?.members.map(({ instanceId }) => instanceId).sort()).toEqual(['i', 'j'])
})

test('a static member changes its protocol in a group that others keep a consumer group, and nobody else notices', async () => {
  const setting = await start()
  const [old, other] = [new ModernConsumer(setting, 'old', 'i'), new ModernConsumer(setting, 'other')]
  expect(await settled(setting, [old, other])).toBe(true)
  const [had, generation] = [[...old.owned], setting.groups.group('g')?.generation]
  const classic = new ClassicConsumer(setting, { instanceId: 'i' })
  classic.step()
  await settle()
  expect([[...classic.owned], kindOf(setting), setting.groups.group('g')?.generation]).toEqual([had, 'consumer', generation])
  old.step()
  expect(old.errors).toEqual(['FENCED_INSTANCE_ID'])
  const modern = new ModernConsumer(setting, 'new', 'i')
  modern.step()
  expect([[...modern.owned], setting.groups.group('g')?.generation]).toEqual([had, generation])
  classic.step()
  expect(classic.errors).toEqual(['FENCED_INSTANCE_ID'])
})

test('a group that may not be downgraded stays a consumer group of classic members', async () => {
  const setting = await start({ config: { migrationPolicy: 'upgrade' } })
  const [a, m] = [new ClassicConsumer(setting), new ModernConsumer(setting, 'm')]
  expect(await settled(setting, [a])).toBe(true)
  expect(await settled(setting, [a, m])).toBe(true)
  m.leave()
  expect(kindOf(setting)).toBe('consumer')
  expect(setting.groups.group('g')?.members.length).toBe(1)
})

test('with migration disabled no classic member joins a consumer group with members', async () => {
  const setting = await start({ config: { migrationPolicy: 'disabled' } })
  new ModernConsumer(setting, 'm').step()
  expect((await setting.groups.join(joining())).error).toBe('INCONSISTENT_GROUP_PROTOCOL')
})
