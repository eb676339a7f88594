import { expect, test } from 'vitest'
import { committing, errorOf, joinDynamic, joining, stableGroup, startGroups, subscription } from './fixture.ts'

const nothing = (partition: number) => ({ partition, offset: -1, leaderEpoch: -1, metadata: '' })

test('what is committed is fetched, with what was not', async () => {
  const { groups, clock } = await startGroups()
  const answer = groups.commit(committing({
    topics: [
      { topic: 'orders', partitions: [{ partition: 0, offset: 7, leaderEpoch: 3, metadata: 'note' }, { partition: 4, offset: 1, leaderEpoch: 0, metadata: '' }] },
      { topic: 'nowhere', partitions: [{ partition: 0, offset: 1, leaderEpoch: 0, metadata: '' }] },
      { topic: 'payments', partitions: [{ partition: 0, offset: 9, leaderEpoch: -1, metadata: null }] },
    ],
  }))
  expect(answer).toEqual([
    { topic: 'orders', partitions: [{ partition: 0, error: 'NONE' }, { partition: 4, error: 'UNKNOWN_TOPIC_OR_PARTITION' }] },
    { topic: 'nowhere', partitions: [{ partition: 0, error: 'UNKNOWN_TOPIC_OR_PARTITION' }] },
    { topic: 'payments', partitions: [{ partition: 0, error: 'NONE' }] },
  ])
  expect(groups.fetchOffsets({ groupId: 'g', topics: [{ topic: 'orders', partitions: [1, 0] }, { topic: 'nowhere', partitions: [0] }] })).toEqual({
    error: 'NONE',
    topics: [
      { topic: 'orders', partitions: [nothing(1), { partition: 0, offset: 7, leaderEpoch: 3, metadata: 'note' }] },
      { topic: 'nowhere', partitions: [nothing(0)] },
    ],
  })
  expect(groups.fetchOffsets({ groupId: 'g', topics: null })).toEqual({
    error: 'NONE',
    topics: [
      { topic: 'orders', partitions: [{ partition: 0, offset: 7, leaderEpoch: 3, metadata: 'note' }] },
      { topic: 'payments', partitions: [{ partition: 0, offset: 9, leaderEpoch: -1, metadata: '' }] },
    ],
  })
  expect(groups.fetchOffsets({ groupId: 'unknown', topics: null })).toEqual({ error: 'NONE', topics: [] })
  expect(groups.group('g')).toEqual({
    groupId: 'g', kind: 'classic', state: 'Empty', storedAt: null, generation: 0, targetEpoch: null, protocolType: '', protocol: '', leaderId: null, members: [], subscribedTopics: null,
    pending: [],
    offsets: [
      { topic: 'orders', partition: 0, offset: 7, leaderEpoch: 3, metadata: 'note', committedAt: clock.now() },
      { topic: 'payments', partition: 0, offset: 9, leaderEpoch: -1, metadata: '', committedAt: clock.now() },
    ],
  })
})

test('metadata of more than 4096 characters is refused, for its partition alone', async () => {
  const { groups } = await startGroups()
  const partitions = ['x'.repeat(4096), 'x'.repeat(4097)].map((metadata, partition) => ({ partition, offset: 1, leaderEpoch: 0, metadata }))
  expect(groups.commit(committing({ topics: [{ topic: 'orders', partitions }] }))[0]?.partitions.map(({ error }) => error)).toEqual(['NONE', 'OFFSET_METADATA_TOO_LARGE'])
})

test('who may commit depends on the group', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const commit = (memberId = '', generation = -1, canNameMissingGroup = true, instanceId: string | null = null) =>
    errorOf(groups.commit(committing({ memberId, generation, canNameMissingGroup, instanceId })))
  expect([commit('m', 1), commit('m', 1, false)]).toEqual(['GROUP_ID_NOT_FOUND', 'ILLEGAL_GENERATION'])
  expect(commit()).toBe('NONE')
  const a = await joinDynamic(setting)
  const b = await joinDynamic(setting)
  clock.advance(0)
  await a.join.done
  expect(commit(a.memberId, 1)).toBe('REBALANCE_IN_PROGRESS')
  void groups.sync({ groupId: 'g', memberId: a.memberId, instanceId: null, generation: 1, protocolType: null, protocol: null, assignments: [] })
  expect([commit(a.memberId, 1), commit(b.memberId, 1), commit('who', 1), commit(a.memberId, 2), commit(), commit(a.memberId, 1, true, 'who')])
    .toEqual(['NONE', 'NONE', 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'UNKNOWN_MEMBER_ID'])
  void groups.join(joining({ memberId: a.memberId }))
  expect(groups.group('g')?.state).toBe('PreparingRebalance')
  expect(commit(b.memberId, 1)).toBe('NONE')
  groups.leave('g', [{ memberId: a.memberId, instanceId: null }, { memberId: b.memberId, instanceId: null }])
  expect(groups.group('g')?.state).toBe('Empty')
  expect([commit(), commit(b.memberId, 1)]).toEqual(['NONE', 'UNKNOWN_MEMBER_ID'])
})

test('a request that names nothing that exists is answered without asking who commits', async () => {
  const setting = await startGroups({ load: false })
  const topics = [{ topic: 'nowhere', partitions: [{ partition: 0, offset: 1, leaderEpoch: 0, metadata: '' }] }]
  expect(errorOf(setting.groups.commit(committing({ topics })))).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  expect(errorOf(setting.groups.commit(committing()))).toBe('COORDINATOR_LOAD_IN_PROGRESS')
})

test('a group has a bound of its own for groups made by committing', async () => {
  const { groups } = await startGroups({ config: { groupsMax: 1 } })
  expect([committing(), committing({ groupId: 'other' }), committing()].map(request => errorOf(groups.commit(request)))).toEqual(['NONE', 'GROUP_MAX_SIZE_REACHED', 'NONE'])
})

test('an offset committed for an earlier topic of the same name is not handed out', async () => {
  const { groups, topicIds } = await startGroups()
  topicIds.set('orders', 'mJ1kDGmmT3qFmUQOQyJvQA')
  groups.commit(committing())
  expect(groups.fetchOffsets({ groupId: 'g', topics: null }).topics[0]?.partitions).toEqual([{ partition: 0, offset: 7, leaderEpoch: 0, metadata: 'note' }])
  topicIds.set('orders', 'aaaaaaaaaaaaaaaaaaaaaA')
  expect(groups.fetchOffsets({ groupId: 'g', topics: [{ topic: 'orders', partitions: [0] }] }).topics[0]?.partitions).toEqual([nothing(0)])
})

test('a deleted topic takes its offsets with it, for good', async () => {
  const setting = await startGroups()
  const { groups, topics } = setting
  for (const groupId of ['g', 'h']) {
    groups.commit(committing({ groupId }))
    groups.commit(committing({ groupId, topics: [{ topic: 'payments', partitions: [{ partition: 0, offset: 1, leaderEpoch: 0, metadata: '' }] }] }))
  }
  topics.delete('orders')
  groups.onTopicDeleted('orders')
  const left = { error: 'NONE', topics: [{ topic: 'payments', partitions: [{ partition: 0, offset: 1, leaderEpoch: 0, metadata: '' }] }] }
  expect(['g', 'h'].map(groupId => groups.fetchOffsets({ groupId, topics: null }))).toEqual([left, left])
  const again = await setting.restart()
  expect(['g', 'h'].map(groupId => again.groups.fetchOffsets({ groupId, topics: null }))).toEqual([left, left])
})

const DAY = 86_400_000

test('the offsets of a group that became empty expire a week later, and the group with them', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  const [a = ''] = await stableGroup(setting, 1, { sessionTimeoutMs: 1_800_000 })
  groups.commit(committing({ memberId: a, generation: 1 }))
  for (let hour = 0; hour < 8 * 24; hour += 0.5) {
    clock.advance(1_799_999)
    groups.heartbeat({ groupId: 'g', memberId: a, instanceId: null, generation: 1 })
  }
  expect(groups.fetchOffsets({ groupId: 'g', topics: null }).topics.length).toBe(1)
  groups.leave('g', [{ memberId: a, instanceId: null }])
  const emptyAt = clock.now()
  clock.advance(7 * DAY - 1)
  expect(groups.group('g')?.offsets.length).toBe(1)
  clock.advance(600_000)
  expect(clock.now() - emptyAt).toBeLessThan(7 * DAY + 600_000)
  expect(groups.group('g')).toBeUndefined()
  const again = await setting.restart()
  expect(again.groups.group('g')).toBeUndefined()
})

test('an offset that only a simple group holds expires a week after its commit, or when its own retention ends', async () => {
  const { groups, clock } = await startGroups()
  groups.commit(committing({ groupId: 'short', retentionMs: 3_600_000 }))
  groups.commit(committing({ groupId: 'default' }))
  clock.advance(3_600_000 + 600_000)
  expect([groups.group('short'), groups.group('default')?.offsets.length]).toEqual([undefined, 1])
  clock.advance(7 * DAY)
  expect(groups.group('default')).toBeUndefined()
})

test('in a living group only offsets of topics that nobody reads any more expire', async () => {
  const setting = await startGroups({ config: { offsetsRetentionMs: 20_000, offsetsSweepMs: 5_000 } })
  const { groups, clock } = setting
  const [a = ''] = await stableGroup(setting, 1, { protocols: [{ name: 'range', metadata: subscription('orders') }] })
  const partition = { partition: 0, offset: 1, leaderEpoch: 0, metadata: '' }
  groups.commit(committing({ memberId: a, generation: 1, topics: [{ topic: 'orders', partitions: [partition] }, { topic: 'payments', partitions: [partition] }] }))
  for (let second = 0; second < 30; second++) {
    clock.advance(1_000)
    groups.heartbeat({ groupId: 'g', memberId: a, instanceId: null, generation: 1 })
  }
  expect(groups.group('g')?.offsets.map(({ topic }) => topic)).toEqual(['orders'])
  expect(groups.group('g')?.state).toBe('Stable')
})
