import { expect, test } from 'vitest'
import { createLogger, silentLogger } from '../../../core/common/logger.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { seededRandom } from '../../../core/common/random.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { appendRecords } from '../../../core/coordinator/coordinator-log.ts'
import { defaultGroupConfig, GroupCoordinator } from '../../../core/groups/group-coordinator.ts'
import { encodeGroupRecord } from '../../../core/groups/group-records.ts'
import { defaultLogConfig, PartitionLog } from '../../../core/log/partition-log.ts'
import { assignment, committing, errorOf, idOf, joinDynamic, joining, parked, settle, stableGroup, startGroups, syncAll } from './fixture.ts'

test('a stable group and its offsets are there again after a restart, and its members go on', async () => {
  const setting = await startGroups()
  const [a = '', b = ''] = await stableGroup(setting, 2)
  setting.groups.commit(committing({ memberId: b, generation: 1 }))
  const before = setting.groups.group('g')
  const { groups } = await setting.restart()
  expect(groups.group('g')).toEqual(before)
  expect(groups.heartbeat({ groupId: 'g', memberId: a, instanceId: null, generation: 1 })).toBe('NONE')
  expect(await groups.sync({ groupId: 'g', memberId: b, instanceId: null, generation: 1, protocolType: null, protocol: null, assignments: [] }))
    .toMatchObject({ error: 'NONE', assignment: assignment('orders', 1) })
})

test('after a restart a member that shows itself no more is put out, and the rest rebalance', async () => {
  const before = await startGroups()
  const [a = ''] = await stableGroup(before, 2)
  const setting = await before.restart()
  const { groups, clock } = setting
  clock.advance(9_000)
  groups.heartbeat({ groupId: 'g', memberId: a, instanceId: null, generation: 1 })
  clock.advance(1_000)
  expect(await groups.join(joining({ memberId: a }))).toMatchObject({ error: 'NONE', generation: 2, leaderId: a, members: [{ memberId: a }] })
  await Promise.all(await syncAll(setting, [a], { generation: 2 }))
  expect((await setting.restart()).groups.group('g')).toMatchObject({ state: 'Stable', generation: 2, members: [{ memberId: a }] })
})

test('static members, swaps of their ids and empty groups are stored', async () => {
  const setting = await startGroups()
  const first = setting.groups.join(joining({ instanceId: 'i1' }))
  setting.clock.advance(0)
  await Promise.all(await syncAll(setting, [(await first).memberId]))
  const { memberId } = await setting.groups.join(joining({ instanceId: 'i1', clientId: 'renewed' }))
  const again = await setting.restart()
  expect(again.groups.group('g')).toMatchObject({
    state: 'Stable', generation: 1, leaderId: memberId, members: [{ memberId, instanceId: 'i1', clientId: 'renewed', assignment: [{ topic: 'orders', partitions: [0] }] }],
  })
  again.groups.leave('g', [{ memberId: '', instanceId: 'i1' }])
  expect((await again.restart()).groups.group('g')).toMatchObject({ state: 'Empty', generation: 2, protocolType: 'consumer', members: [] })
})

test('while a partition loads, clients are told to wait, and heartbeats that all is well', async () => {
  const setting = await startGroups()
  const [a = ''] = await stableGroup(setting, 1)
  await setting.groups.stop()
  const { groups } = await startGroups({ disk: setting.disk, clock: setting.clock, load: false })
  const wait = 'COORDINATOR_LOAD_IN_PROGRESS'
  expect((await groups.join(joining({ memberId: a }))).error).toBe(wait)
  expect((await groups.sync({ groupId: 'g', memberId: a, instanceId: null, generation: 1, protocolType: null, protocol: null, assignments: [] })).error).toBe(wait)
  expect(groups.heartbeat({ groupId: 'g', memberId: a, instanceId: null, generation: 1 })).toBe('NONE')
  expect(groups.leave('g', [])).toEqual({ error: wait, members: [] })
  expect(errorOf(groups.commit(committing({ memberId: a, generation: 1 })))).toBe(wait)
  expect(groups.fetchOffsets({ groupId: 'g', topics: null })).toEqual({ error: wait, topics: [] })
  expect(groups.describe(['g'])[0]?.error).toBe(wait)
  expect(groups.delete(['g'])).toEqual([{ groupId: 'g', error: wait }])
  const loading = groups.load(0)
  expect(groups.list({ states: [], kinds: [] })).toEqual({ error: wait, groups: [] })
  await Promise.all([loading, groups.load(0)])
  expect(groups.heartbeat({ groupId: 'g', memberId: a, instanceId: null, generation: 1 })).toBe('NONE')
  expect(groups.group('g')?.state).toBe('Stable')
  await groups.stop()
})

test('a topic that was deleted and made again while other groups load keeps what is committed for it since', async () => {
  const clock = new SimulatedClock()
  const open = (partition: number): Promise<PartitionLog> => PartitionLog.open({
    disk: new MemoryDisk(), clock, folder: `/data/__consumer_offsets-${partition}`, topic: '__consumer_offsets', partition, topicId: 'mJ1kDGmmT3qFmUQOQyJvQA',
    config: { ...defaultLogConfig, cleanupPolicy: ['compact'] }, isClean: true, logger: silentLogger,
  })
  const logs = [await open(0), await open(1)]
  const groups = new GroupCoordinator({
    clock, random: seededRandom(1), logger: silentLogger, partitionCount: 2, logOf: partition => logs[partition], topicExists: () => true, config: defaultGroupConfig,
  })
  const [served = '', loading = ''] = [0, 1].map(partition => ['a', 'b', 'c', 'd'].find(groupId => groups.partitionOf(groupId) === partition))
  await groups.load(0)
  groups.onTopicDeleted('orders')
  expect(errorOf(groups.commit(committing({ groupId: served })))).toBe('NONE')
  expect(errorOf(groups.commit(committing({ groupId: loading })))).toBe('COORDINATOR_LOAD_IN_PROGRESS')
  await groups.load(1)
  expect(groups.group(served)?.offsets).toMatchObject([{ topic: 'orders', partition: 0, offset: 7 }])
  await groups.stop()
})

test('a topic deleted while a partition loads takes its offsets with it once it has', async () => {
  const setting = await startGroups()
  setting.groups.commit(committing())
  await setting.groups.stop()
  const { groups } = await startGroups({ disk: setting.disk, clock: setting.clock, load: false })
  const loading = groups.load(0)
  groups.onTopicDeleted('orders')
  await loading
  expect(groups.fetchOffsets({ groupId: 'g', topics: null })).toEqual({ error: 'NONE', topics: [] })
  await groups.stop()
})

test('the offsets of a deleted topic go in slices, and what is committed for its successor meanwhile stays', async () => {
  const slow = new class extends SimulatedClock {
    #elapsed = 0
    override elapsed(): number {
      return this.#elapsed += 1
    }
  }()
  const { groups, topicIds } = await startGroups({ clock: slow })
  const groupIds = Array.from({ length: 50 }, (_, at) => `g${at}`)
  topicIds.set('orders', idOf('first'))
  for (const groupId of groupIds) groups.commit(committing({ groupId }))
  topicIds.delete('orders')
  groups.onTopicDeleted('orders')
  const withOffsets = (): (string | undefined)[] => groupIds.filter(groupId => groups.group(groupId)?.offsets.length)
  const [next = '', ...others] = withOffsets()
  expect(others.length).toBeGreaterThan(10)
  topicIds.set('orders', idOf('second'))
  expect(errorOf(groups.commit(committing({ groupId: next })))).toBe('NONE')
  for (let turn = 0; turn < 50; turn++) slow.advance(0)
  expect(withOffsets()).toEqual([next])
  await groups.stop()
  expect(slow.pendingCount).toBe(0)
})

test('a long load lets others run, and can be stopped in the middle', async () => {
  const filled = await startGroups()
  for (let round = 0; round < 40; round++) {
    const partitions = [0, 1, 2, 3].map(partition => ({ partition, offset: round, leaderEpoch: 0, metadata: 'x'.repeat(4_000) }))
    for (let group = 0; group < 5; group++) filled.groups.commit(committing({ groupId: `g${group}`, topics: [{ topic: 'orders', partitions }] }))
  }
  await filled.groups.stop()
  const slow = new class extends SimulatedClock {
    #elapsed = 0
    override elapsed(): number {
      return this.#elapsed += 3
    }
  }(filled.clock.now())
  const { groups } = await startGroups({ disk: filled.disk, clock: slow, load: false })
  const load = parked(groups.load(0).then(() => 'loaded'))
  const waitsAtFirst = slow.pendingCount
  let slices = 0
  for (; load.answer === undefined && slices < 100; slices++) {
    await settle()
    slow.advance(0)
  }
  expect(waitsAtFirst).toBeGreaterThan(0)
  expect(slices).toBeGreaterThan(3)
  expect(slices).toBeLessThan(100)
  expect(groups.group('g4')?.offsets).toMatchObject([0, 1, 2, 3].map(partition => ({ partition, offset: 39 })))
  await groups.stop()
  const other = await startGroups({ disk: filled.disk, clock: slow, load: false })
  const cut = other.groups.load(0)
  await other.groups.stop()
  await cut
  expect(slow.pendingCount).toBe(0)
})

test('stopping answers everything that is parked and leaves no timer', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  await stableGroup(setting, 2, { groupId: 'stable' })
  await groups.join(joining({ groupId: 'pending' }))
  const preparing = await joinDynamic(setting, { groupId: 'preparing' })
  const a = await joinDynamic(setting)
  const b = await joinDynamic(setting)
  clock.advance(0)
  await a.join.done
  const sync = groups.sync({ groupId: 'g', memberId: b.memberId, instanceId: null, generation: 1, protocolType: null, protocol: null, assignments: [] })
  const late = await joinDynamic(setting, { groupId: 'preparing' })
  expect(clock.pendingCount).toBeGreaterThan(0)
  await groups.stop()
  expect((await sync).error).toBe('NOT_COORDINATOR')
  expect((await preparing.join.done).error).toBe('NONE')
  expect((await late.join.done).error).toBe('NOT_COORDINATOR')
  expect(clock.pendingCount).toBe(0)
  expect((await groups.join(joining())).error).toBe('NOT_COORDINATOR')
  expect(groups.heartbeat({ groupId: 'stable', memberId: 'm', instanceId: null, generation: 1 })).toBe('NOT_COORDINATOR')
  await groups.load(0)
  expect(clock.pendingCount).toBe(0)
})

test('the coordinator that lost its partition answers so, forgets the groups and can load them again', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const [a = ''] = await stableGroup(setting, 1)
  const waiting = await joinDynamic(setting)
  groups.unload(0)
  expect((await waiting.join.done).error).toBe('NOT_COORDINATOR')
  expect(groups.group('g')).toBeUndefined()
  await groups.load(0)
  expect(groups.heartbeat({ groupId: 'g', memberId: a, instanceId: null, generation: 1 })).toBe('NONE')
  groups.onTopicDeleted('__consumer_offsets')
  expect(groups.groupCount).toBe(0)
  await groups.stop()
  expect(clock.pendingCount).toBe(0)
})

test('a group whose records cannot be stored tells its members, and goes on when they can be', async () => {
  const setting = await startGroups()
  const { groups, clock, log } = setting
  const a = await joinDynamic(setting)
  clock.advance(0)
  await a.join.done
  await log.close()
  const sync = { groupId: 'g', memberId: a.memberId, instanceId: null, generation: 1, protocolType: null, protocol: null, assignments: [] }
  expect((await groups.sync(sync)).error).toBe('NOT_COORDINATOR')
  expect(groups.group('g')?.state).toBe('PreparingRebalance')
  expect(errorOf(groups.commit(committing({ groupId: 'h' })))).toBe('NOT_COORDINATOR')
  expect(groups.group('h')).toBeUndefined()
  expect((await groups.join(joining({ groupId: 'new' }))).error).toBe('NOT_COORDINATOR')
  groups.leave('g', [{ memberId: a.memberId, instanceId: null }])
  expect(groups.group('g')).toMatchObject({ state: 'Empty', members: [] })
  expect(groups.delete(['g'])).toEqual([{ groupId: 'g', error: 'NOT_COORDINATOR' }])
  expect(groups.group('g')).toBeDefined()
})

test('records that do not read are left out with a word, and records of other kinds of groups are passed over', async () => {
  const lines: string[] = []
  const logger = createLogger(line => lines.push(line), { now: () => 0 })
  const first = await startGroups()
  first.groups.commit(committing())
  const record = encodeGroupRecord({ is: 'offset', groupId: 'bad', topic: 'orders', partition: 0, value: null })
  appendRecords(first.log, [
    { key: record.key, value: Buffer.from('nonsense') },
    { key: Buffer.from([0]), value: null },
    { key: Buffer.from('000b000167', 'hex'), value: Buffer.from('000000000001', 'hex') },
  ], first.clock.now())
  first.groups.commit(committing({ groupId: 'h' }))
  await first.groups.stop()
  const { groups } = await startGroups({ disk: first.disk, clock: first.clock, logger })
  expect([...groups.groups()].map(({ groupId }) => groupId)).toEqual(['g', 'h'])
  expect(lines.length).toBe(2)
  await groups.stop()
})

test('groups are listed and described as what they are', async () => {
  const setting = await startGroups()
  const { groups } = setting
  const [a = ''] = await stableGroup(setting, 1)
  groups.commit(committing({ groupId: 'simple' }))
  await joinDynamic(setting, { groupId: 'young' })
  const listed = (states: string[], kinds: string[] = []) => groups.list({ states, kinds }).groups.map(({ groupId }) => groupId)
  expect(groups.list({ states: [], kinds: [] })).toEqual({
    error: 'NONE',
    groups: [
      { groupId: 'g', protocolType: 'consumer', state: 'Stable', kind: 'classic' },
      { groupId: 'simple', protocolType: '', state: 'Empty', kind: 'classic' },
      { groupId: 'young', protocolType: 'consumer', state: 'PreparingRebalance', kind: 'classic' },
    ],
  })
  expect([listed(['stable', 'EMPTY']), listed(['Dead']), listed([], ['Classic']), listed([], ['consumer'])]).toEqual([['g', 'simple'], [], ['g', 'simple', 'young'], []])
  const [stable, young, missing] = groups.describe(['g', 'young', 'nowhere'])
  expect(stable).toMatchObject({ error: 'NONE', state: 'Stable', protocolType: 'consumer', protocol: 'range', members: [{ memberId: a, host: '/127.0.0.1' }] })
  expect([stable, young].map(group => group?.members.map(({ metadata, assignment }) => [metadata.length > 0, assignment.length > 0]))).toEqual([[[true, true]], [[false, false]]])
  expect(missing).toEqual({ error: 'GROUP_ID_NOT_FOUND', message: 'Group nowhere not found.', groupId: 'nowhere', state: 'Dead', protocolType: '', protocol: '', members: [] })
})

test('an empty group is deleted with its offsets, for good; one with members is not', async () => {
  const setting = await startGroups()
  const { groups, changes } = setting
  const [a = ''] = await stableGroup(setting, 1)
  groups.commit(committing({ memberId: a, generation: 1 }))
  groups.commit(committing({ groupId: 'simple' }))
  expect(groups.delete(['g', 'simple', 'nowhere'])).toEqual([
    { groupId: 'g', error: 'NON_EMPTY_GROUP' }, { groupId: 'simple', error: 'NONE' }, { groupId: 'nowhere', error: 'GROUP_ID_NOT_FOUND' },
  ])
  groups.leave('g', [{ memberId: a, instanceId: null }])
  changes.length = 0
  expect(groups.delete(['g'])).toEqual([{ groupId: 'g', error: 'NONE' }])
  expect(changes).toContain('g')
  expect(groups.fetchOffsets({ groupId: 'g', topics: null })).toEqual({ error: 'NONE', topics: [] })
  const again = await setting.restart()
  expect([...again.groups.groups()]).toEqual([])
})

test('whoever watches is told of joins, syncs, commits and leaves', async () => {
  const setting = await startGroups()
  const { groups, changes } = setting
  const told = (act: () => unknown): boolean => {
    changes.length = 0
    act()
    return changes.includes('g')
  }
  const a = await joinDynamic(setting)
  expect(told(() => setting.clock.advance(0))).toBe(true)
  await a.join.done
  expect(told(() => void groups.sync({ groupId: 'g', memberId: a.memberId, instanceId: null, generation: 1, protocolType: null, protocol: null, assignments: [] }))).toBe(true)
  expect(told(() => groups.commit(committing({ memberId: a.memberId, generation: 1 })))).toBe(true)
  expect(told(() => groups.heartbeat({ groupId: 'g', memberId: a.memberId, instanceId: null, generation: 1 }))).toBe(false)
  expect(told(() => groups.leave('g', [{ memberId: a.memberId, instanceId: null }]))).toBe(true)
})
