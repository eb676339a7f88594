/** The group APIs over a socket, at each of their versions. */

import { afterEach, expect, test } from 'vitest'
import {
  createTopics, deleteGroups, deleteTopics, describeGroups, findCoordinator, heartbeat, joinGroup, leaveGroup, listGroups, offsetCommit, offsetFetch, syncGroup,
} from '../../../core/protocol/apis/index.ts'
import { errorCode } from '../../../core/protocol/errors.ts'
import type { Api } from '../../../core/protocol/schema.ts'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'
import { assignment, subscription } from './fixture.ts'

const running: MemoryBroker[] = []
afterEach(async () => void await Promise.all(running.splice(0).map(broker => broker.stop())))

async function start(): Promise<MemoryBroker> {
  const broker = await startMemoryBroker({ topics: { orders: 2 } })
  running.push(broker)
  await broker.ask(findCoordinator, 3, { key: 'g', keyType: 0 })
  return broker
}

const versionsOf = (api: Api): number[] => Array.from({ length: api.maxVersion - api.minVersion + 1 }, (_, at) => api.minVersion + at)
const topicIdOf = ({ broker }: MemoryBroker): string => broker.topics.get('orders')?.record.topicId ?? ''

/** One member in a group of its own, stable; each call at the newest version. */
async function stableMember({ ask }: MemoryBroker, groupId: string, version = 9): Promise<string> {
  const request = { groupId, sessionTimeoutMs: 10_000, protocolType: 'consumer', protocols: [{ name: 'range', metadata: subscription('orders') }] }
  const first = await ask(joinGroup, version, { ...request, memberId: '' })
  const { memberId, generationId, errorCode: error } = version < 4 ? first : await ask(joinGroup, version, { ...request, memberId: first.memberId })
  expect([error, generationId]).toEqual([0, 1])
  const synced = await ask(syncGroup, 5, {
    groupId, memberId, generationId, protocolType: 'consumer', protocolName: 'range', assignments: [{ memberId, assignment: assignment('orders', 0, 1) }],
  })
  expect(synced).toMatchObject({ errorCode: 0, protocolType: 'consumer', protocolName: 'range', assignment: assignment('orders', 0, 1) })
  return memberId
}

test('the coordinator of a group is this broker, at the address the client came in by', async () => {
  const { ask, port } = await start()
  for (const version of versionsOf(findCoordinator)) {
    const answer = await ask(findCoordinator, version, { key: 'g', keyType: 0, coordinatorKeys: ['g', 'h'] })
    const found = { nodeId: 1, host: '127.0.0.1', port, errorCode: 0 }
    if (version < 4) expect(answer).toMatchObject(found)
    else expect(answer.coordinators).toMatchObject([{ key: 'g', ...found }, { key: 'h', ...found }])
  }
})

test('share groups have no coordinator yet', async () => {
  const { ask } = await start()
  for (const keyType of [2, 7]) {
    const refused = { nodeId: -1, host: '', port: -1, errorCode: errorCode('INVALID_REQUEST') }
    expect(await ask(findCoordinator, 3, { key: 'k', keyType })).toMatchObject(refused)
    expect(await ask(findCoordinator, 6, { keyType, coordinatorKeys: ['k'] })).toMatchObject({ coordinators: [{ key: 'k', ...refused }] })
  }
})

test('a member joins, syncs, beats and leaves at every version', async () => {
  const broker = await start()
  const { ask } = broker
  for (const version of versionsOf(joinGroup)) await stableMember(broker, `join-${version}`, version)
  for (const version of versionsOf(syncGroup)) {
    const groupId = `sync-${version}`
    const memberId = await stableMember(broker, groupId)
    const request = { groupId, memberId, generationId: 1, assignments: [] }
    if (version === 5) expect((await ask(syncGroup, version, request)).errorCode).toBe(errorCode('INCONSISTENT_GROUP_PROTOCOL'))
    expect(await ask(syncGroup, version, { ...request, protocolType: 'consumer', protocolName: 'range' })).toMatchObject({ errorCode: 0, assignment: assignment('orders', 0, 1) })
  }
  const memberId = await stableMember(broker, 'g')
  for (const version of versionsOf(heartbeat)) {
    expect((await ask(heartbeat, version, { groupId: 'g', memberId, generationId: 1 })).errorCode).toBe(0)
    expect((await ask(heartbeat, version, { groupId: 'g', memberId, generationId: 9 })).errorCode).toBe(errorCode('ILLEGAL_GENERATION'))
  }
  for (const version of versionsOf(leaveGroup)) {
    const groupId = `leave-${version}`
    const leaving = await stableMember(broker, groupId)
    const request = { groupId, memberId: leaving, members: [{ memberId: leaving }, { memberId: 'who' }] }
    const unknown = errorCode('UNKNOWN_MEMBER_ID')
    if (version < 3) {
      expect((await ask(leaveGroup, version, request)).errorCode).toBe(0)
      expect((await ask(leaveGroup, version, request)).errorCode).toBe(unknown)
    } else {
      expect(await ask(leaveGroup, version, request)).toMatchObject({ errorCode: 0, members: [{ memberId: leaving, errorCode: 0 }, { memberId: 'who', errorCode: unknown }] })
    }
  }
})

test('offsets are committed at every version and fetched at every version', async () => {
  const broker = await start()
  const { ask } = broker
  const topicId = topicIdOf(broker)
  for (const version of versionsOf(offsetCommit)) {
    const partitions = [0, 9].map(partitionIndex => ({ partitionIndex, committedOffset: 100 + version, committedLeaderEpoch: 4, committedMetadata: 'note' }))
    const answer = await ask(offsetCommit, version, { groupId: `g${version}`, topics: [{ name: 'orders', topicId, partitions }, { name: 'nowhere', topicId: 'aaaaaaaaaaaaaaaaaaaaaA', partitions }] })
    expect(answer.topics.map(topic => topic.partitions.map(each => each.errorCode))).toEqual([[0, 3], version < 10 ? [3, 3] : [100, 100]])
  }
  for (const version of versionsOf(offsetFetch)) {
    const topics = [{ name: 'orders', topicId, partitionIndexes: [0, 1] }]
    const committed = { partitionIndex: 0, committedOffset: 110, metadata: 'note', errorCode: 0 }
    const none = { partitionIndex: 1, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 }
    if (version < 8) {
      expect((await ask(offsetFetch, version, { groupId: 'g10', topics })).topics).toMatchObject([{ name: 'orders', partitions: [committed, none] }])
      if (version > 1) expect((await ask(offsetFetch, version, { groupId: 'g10', topics: null })).topics).toMatchObject([{ name: 'orders', partitions: [committed] }])
    } else {
      const named = version < 10 ? { name: 'orders' } : { topicId }
      const answer = await ask(offsetFetch, version, { groups: [{ groupId: 'g10', topics }, { groupId: 'g10', topics: null }, { groupId: 'unknown', topics: null }] })
      expect(answer.groups).toMatchObject([
        { groupId: 'g10', errorCode: 0, topics: [{ ...named, partitions: [{ ...committed, committedLeaderEpoch: 4 }, none] }] },
        { groupId: 'g10', errorCode: 0, topics: [{ ...named, partitions: [committed] }] },
        { groupId: 'unknown', errorCode: 0, topics: [] },
      ])
    }
  }
  const unknown = await ask(offsetFetch, 10, { groups: [{ groupId: 'g10', topics: [{ topicId: 'aaaaaaaaaaaaaaaaaaaaaA', partitionIndexes: [0] }] }] })
  expect(unknown.groups[0]?.topics).toMatchObject([{ topicId: 'aaaaaaaaaaaaaaaaaaaaaA', partitions: [{ committedOffset: -1, errorCode: 100 }] }])
})

test('groups are listed, described and deleted at every version', async () => {
  const broker = await start()
  const { ask } = broker
  const memberId = await stableMember(broker, 'g')
  for (const version of versionsOf(listGroups)) {
    const state = version < 4 ? {} : { groupState: 'Stable' }
    const type = version < 5 ? {} : { groupType: 'classic' }
    expect((await ask(listGroups, version, {})).groups).toMatchObject([{ groupId: 'g', protocolType: 'consumer', ...state, ...type }])
    if (version >= 4) expect((await ask(listGroups, version, { statesFilter: ['empty'] })).groups).toEqual([])
  }
  for (const version of versionsOf(describeGroups)) {
    const { groups } = await ask(describeGroups, version, { groups: ['g', 'nowhere'], includeAuthorizedOperations: true })
    expect(groups[0]).toMatchObject({
      errorCode: 0, groupId: 'g', groupState: 'Stable', protocolType: 'consumer', protocolData: 'range', authorizedOperations: version < 3 ? -2147483648 : 3400,
      members: [{ memberId, clientHost: '/127.0.0.1', memberMetadata: subscription('orders'), memberAssignment: assignment('orders', 0, 1) }],
    })
    expect(groups[1]).toMatchObject(version < 6
      ? { errorCode: 0, groupState: 'Dead', members: [] }
      : { errorCode: 69, errorMessage: 'Group nowhere not found.', groupState: 'Dead', members: [] })
  }
  for (const version of versionsOf(deleteGroups)) {
    await ask(offsetCommit, 9, { groupId: 'simple', topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }] }] })
    const { results } = await ask(deleteGroups, version, { groupsNames: ['g', 'simple', 'nowhere', 'simple'] })
    expect(results.map(({ groupId, errorCode: error }) => [groupId, error])).toEqual([['g', 68], ['simple', 0], ['nowhere', 69]])
  }
})

test('a topic deleted and made again has no committed offsets', async () => {
  const broker = await start()
  const { ask } = broker
  await ask(offsetCommit, 9, { groupId: 'g', topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }] }] })
  await ask(deleteTopics, 6, { topics: [{ name: 'orders' }], timeoutMs: 5_000 })
  await ask(createTopics, 7, { topics: [{ name: 'orders', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }], timeoutMs: 5_000 })
  expect((await ask(offsetFetch, 9, { groups: [{ groupId: 'g', topics: null }] })).groups[0]?.topics).toEqual([])
})
