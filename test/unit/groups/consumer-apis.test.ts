import { afterEach, expect, test } from 'vitest'
import { consumerGroupDescribe, consumerGroupHeartbeat, findCoordinator, offsetCommit, offsetFetch } from '../../../core/protocol/apis/index.ts'
import { errorCode, kafkaErrors } from '../../../core/protocol/errors.ts'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'

let broker: MemoryBroker
afterEach(() => broker.stop())

async function start(): Promise<string> {
  broker = await startMemoryBroker({ topics: { orders: 2 } })
  await broker.ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] })
  return broker.broker.topics.get('orders')?.record.topicId ?? ''
}

test.each([0, 1])('version %i: a member joins, is described, commits, and leaves', async version => {
  const topicId = await start()
  const joined = await broker.ask(consumerGroupHeartbeat, version, {
    groupId: 'g', memberId: 'm', memberEpoch: 0, rackId: 'r1', rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['orders'], topicPartitions: [],
  })
  const assignment = { topicPartitions: [{ topicId, partitions: [0, 1] }] }
  expect(joined).toEqual({ throttleTimeMs: 0, errorCode: 0, errorMessage: null, memberId: 'm', memberEpoch: 2, heartbeatIntervalMs: 5000, assignment })
  const named = { topicPartitions: [{ topicId, topicName: 'orders', partitions: [0, 1] }] }
  const described = await broker.ask(consumerGroupDescribe, version, { groupIds: ['g', 'g', 'nowhere'], includeAuthorizedOperations: false })
  expect(described.groups).toEqual([
    {
      errorCode: 0, errorMessage: null, groupId: 'g', groupState: 'Stable', groupEpoch: 2, assignmentEpoch: 2, assignorName: 'uniform', authorizedOperations: -2_147_483_648,
      members: [{
        memberId: 'm', instanceId: null, rackId: 'r1', memberEpoch: 2, clientId: described.groups[0]?.members[0]?.clientId, clientHost: '/127.0.0.1', subscribedTopicNames: ['orders'], subscribedTopicRegex: '',
        assignment: named, targetAssignment: named, memberType: version === 0 ? -1 : 1,
      }],
    },
    {
      errorCode: kafkaErrors.GROUP_ID_NOT_FOUND, errorMessage: 'Group nowhere not found.', groupId: 'nowhere', groupState: '', groupEpoch: 0, assignmentEpoch: 0,
      assignorName: '', members: [], authorizedOperations: -2_147_483_648,
    },
  ])
  const left = await broker.ask(consumerGroupHeartbeat, version, { groupId: 'g', memberId: 'm', memberEpoch: -1 })
  expect(left).toMatchObject({ errorCode: 0, memberId: 'm', memberEpoch: -1, heartbeatIntervalMs: 0, assignment: null })
})

test('version 0 makes an id, version 1 asks for one', async () => {
  await start()
  const first = { groupId: 'g', memberId: '', memberEpoch: 0, rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['orders'], topicPartitions: [] }
  expect((await broker.ask(consumerGroupHeartbeat, 0, first)).memberId).toMatch(/^[\w-]{22}$/)
  expect(await broker.ask(consumerGroupHeartbeat, 1, first)).toMatchObject({ errorCode: errorCode('INVALID_REQUEST'), errorMessage: 'MemberId can\'t be empty.', memberId: null })
})

test('a new topic reaches a member that subscribes by a pattern, and a grown one everybody', async () => {
  await start()
  const beat = async (request: { memberEpoch: number; subscribedTopicRegex?: string; rebalanceTimeoutMs?: number; topicPartitions?: [] }) =>
    broker.ask(consumerGroupHeartbeat, 1, { groupId: 'g', memberId: 'm', ...request })
  await beat({ memberEpoch: 0, subscribedTopicRegex: 'ord.*', rebalanceTimeoutMs: 60_000, topicPartitions: [] })
  await expect.poll(async () => (await beat({ memberEpoch: 1 })).memberEpoch).toBe(2)
  await broker.broker.topics.grow('orders', 3)
  await expect.poll(async () => (await beat({ memberEpoch: 2 })).memberEpoch).toBe(3)
  const described = await broker.ask(consumerGroupDescribe, 1, { groupIds: ['g'], includeAuthorizedOperations: true })
  expect(described.groups[0]).toMatchObject({ groupState: 'Stable', members: [{ subscribedTopicRegex: 'ord.*', assignment: { topicPartitions: [{ topicName: 'orders', partitions: [0, 1, 2] }] } }] })
})

test('commits and fetches carry member epochs from version 9', async () => {
  const topicId = await start()
  await broker.ask(consumerGroupHeartbeat, 1, { groupId: 'g', memberId: 'm', memberEpoch: 0, rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['orders'], topicPartitions: [] })
  const commit = async (version: number, generationIdOrMemberEpoch: number) => {
    const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }]
    const answer = await broker.ask(offsetCommit, version, { groupId: 'g', memberId: 'm', generationIdOrMemberEpoch, topics: [version < 10 ? { name: 'orders', partitions } : { topicId, partitions }] })
    return answer.topics[0]?.partitions[0]?.errorCode
  }
  expect(await Promise.all([commit(8, 2), commit(9, 2), commit(10, 2), commit(9, 3)])).toEqual([kafkaErrors.UNSUPPORTED_VERSION, 0, 0, kafkaErrors.STALE_MEMBER_EPOCH])
  const fetch = async (version: number, memberEpoch: number, memberId: string | null = 'm') => (await broker.ask(offsetFetch, version, { groups: [{ groupId: 'g', memberId, memberEpoch, topics: null }] })).groups[0]?.errorCode
  expect(await Promise.all([fetch(9, 2), fetch(10, 2), fetch(9, 3), fetch(10, 2, 'x'), fetch(9, -1, null)])).toEqual([0, 0, kafkaErrors.STALE_MEMBER_EPOCH, kafkaErrors.UNKNOWN_MEMBER_ID, 0])
})
