/** A broker stops and starts again while the others go on: leadership, epochs, the in-sync set and coordinators follow. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTopics, describeCluster, fetch, findCoordinator, joinGroup, metadata, offsetCommit, offsetFetch, offsetForLeaderEpoch, produce } from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import { ZERO_UUID } from '../../../core/protocol/wire.ts'
import { ask, type RawConnection } from '../../support/clients-frames.ts'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'
import { batch } from '../log/fixture.ts'

let cluster: MemoryBroker
beforeEach(async () => {
  cluster = await startMemoryBroker({ brokerCount: 3 })
})
afterEach(() => cluster.stop())

/** By way of broker `from`, which must be up. */
const described = async (name: string, from = 1) => {
  const connection = await cluster.connect(from)
  const answer = await ask(connection, metadata, 12, { topics: [{ topicId: ZERO_UUID, name }], allowAutoTopicCreation: false })
  connection.close()
  return answer
}
const standing = async (name: string, from = 1) => (await described(name, from)).topics[0]?.partitions[0]
const create = async (name: string, brokerIds: number[], configs: { name: string; value: string }[] = []) => {
  const connection = await cluster.connect(cluster.broker.cluster.controllerId)
  const topic = { name, numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds }], configs }
  expect((await ask(connection, createTopics, 7, { topics: [topic], timeoutMs: 1000, validateOnly: false })).topics).toMatchObject([{ errorCode: 0 }])
  connection.close()
}
async function send(nodeId: number, value: string, { acks = 1, topic = 'orders' } = {}): Promise<number | undefined> {
  const connection = await cluster.connect(nodeId)
  const answer = await ask(connection, produce, 9, {
    transactionalId: null, acks, timeoutMs: 1000, topicData: [{ name: topic, topicId: ZERO_UUID, partitionData: [{ index: 0, records: batch([value]) }] }],
  })
  connection.close()
  return answer.responses[0]?.partitionResponses[0]?.errorCode
}
const fetching = (connection: RawConnection, more: { maxWaitMs?: number; fetchOffset?: number; currentLeaderEpoch?: number } = {}) => ask(connection, fetch, 12, {
  maxWaitMs: more.maxWaitMs ?? 0, minBytes: 1, maxBytes: 10_000,
  topics: [{ topic: 'orders', topicId: ZERO_UUID, partitions: [{ partition: 0, fetchOffset: more.fetchOffset ?? 0, currentLeaderEpoch: more.currentLeaderEpoch ?? -1, partitionMaxBytes: 10_000 }] }],
}).then(({ responses }) => responses[0]?.partitions[0])

test('the next in-sync replica leads what a stopped broker led, with a higher epoch and every record', async () => {
  await create('orders', [2, 3, 1])
  expect(await send(2, 'before')).toBe(0)
  const before = await standing('orders')
  expect(before).toMatchObject({ leaderId: 2, leaderEpoch: 0, isrNodes: [2, 3, 1], offlineReplicas: [] })
  expect(await cluster.broker.cluster.stop(2)).toBeUndefined()
  const { brokers, topics } = await described('orders')
  expect(brokers.map(({ nodeId }) => nodeId)).toEqual([1, 3])
  expect(topics[0]?.partitions).toMatchObject([{ errorCode: 0, leaderId: 3, leaderEpoch: 1, replicaNodes: [2, 3, 1], isrNodes: [3, 1], offlineReplicas: [2] }])
  expect([await send(1, 'x'), await send(3, 'after')]).toEqual([kafkaErrors.NOT_LEADER_OR_FOLLOWER, 0])
  const third = await cluster.connect(3)
  expect(await fetching(third)).toMatchObject({ errorCode: 0, highWatermark: 2 })
  expect(await fetching(third, { currentLeaderEpoch: 0 })).toMatchObject({ errorCode: kafkaErrors.FENCED_LEADER_EPOCH })
  expect(await fetching(third, { currentLeaderEpoch: 2 })).toMatchObject({ errorCode: kafkaErrors.UNKNOWN_LEADER_EPOCH })
  const ended = await ask(third, offsetForLeaderEpoch, 4, { replicaId: -1, topics: [{ topic: 'orders', partitions: [{ partition: 0, currentLeaderEpoch: 1, leaderEpoch: 0 }] }] })
  expect(ended.topics[0]?.partitions).toMatchObject([{ errorCode: 0, leaderEpoch: 0, endOffset: 1 }])
})

test('a broker that is back holds what it held and joins the in-sync set, and leads nothing that others lead', async () => {
  await create('orders', [2, 3])
  const port = cluster.portOf(2)
  await cluster.broker.cluster.stop(2)
  await expect(cluster.connect(2)).rejects.toThrow()
  expect(await cluster.broker.cluster.start(2)).toBeUndefined()
  expect(cluster.portOf(2)).toBe(port)
  expect(await standing('orders', 2)).toMatchObject({ leaderId: 3, leaderEpoch: 1, replicaNodes: [2, 3], isrNodes: [2, 3], offlineReplicas: [] })
  expect(cluster.broker.cluster.nodes()).toMatchObject([{ id: 1, isUp: true }, { id: 2, isUp: true, leaderCount: 0 }, { id: 3, isUp: true, leaderCount: 1 }])
})

test('a partition that nobody else holds has no leader until its broker is back', async () => {
  await create('orders', [2])
  expect(await send(2, 'kept')).toBe(0)
  await cluster.broker.cluster.stop(2)
  expect(await standing('orders')).toMatchObject({ errorCode: kafkaErrors.LEADER_NOT_AVAILABLE, leaderId: -1, leaderEpoch: 1, replicaNodes: [2], isrNodes: [2], offlineReplicas: [2] })
  expect(await send(1, 'x')).toBe(kafkaErrors.NOT_LEADER_OR_FOLLOWER)
  await cluster.broker.cluster.start(2)
  expect(await standing('orders')).toMatchObject({ errorCode: 0, leaderId: 2, leaderEpoch: 2, isrNodes: [2] })
  expect(await fetching(await cluster.connect(2))).toMatchObject({ errorCode: 0, highWatermark: 1 })
})

test('who was in sync last must come back first, unless unclean elections are allowed', async () => {
  await create('orders', [2, 3])
  await create('unclean', [2, 3], [{ name: 'unclean.leader.election.enable', value: 'true' }])
  await cluster.broker.cluster.stop(3)
  await cluster.broker.cluster.stop(2)
  await cluster.broker.cluster.start(3)
  expect(await standing('orders')).toMatchObject({ leaderId: -1, isrNodes: [2], offlineReplicas: [2] })
  expect(await standing('unclean')).toMatchObject({ leaderId: 3, isrNodes: [3] })
  await cluster.broker.cluster.start(2)
  expect(await standing('orders')).toMatchObject({ leaderId: 2, isrNodes: [2, 3], offlineReplicas: [] })
})

test('its connections end, and a fetch that waits elsewhere for what another leads now is told', async () => {
  await create('orders', [3, 2])
  const [second, third] = [await cluster.connect(2), await cluster.connect(3)]
  // Answered or cut off, while the broker stops: either tells the client to look for the leader.
  const waiting = fetching(third, { maxWaitMs: 60_000 }).catch(() => ({ errorCode: kafkaErrors.NOT_LEADER_OR_FOLLOWER }))
  await expect.poll(() => cluster.broker.parts.parked.count).toBe(1)
  await cluster.broker.cluster.stop(3)
  expect(await waiting).toMatchObject({ errorCode: kafkaErrors.NOT_LEADER_OR_FOLLOWER })
  expect(await third.nextFrame()).toBeUndefined()
  expect(await fetching(second)).toMatchObject({ errorCode: 0 })
})

test('a broker that dies answers nobody: the fetch that waits there is cut off, and another leads then', async () => {
  await create('orders', [3, 2])
  const third = await cluster.connect(3)
  const waiting = fetching(third, { maxWaitMs: 60_000 })
  await expect.poll(() => cluster.broker.parts.parked.count).toBe(1)
  const stopped = cluster.broker.cluster.stop(3, { isAbrupt: true })
  await expect(waiting).rejects.toThrow('closed instead of an answer')
  expect(await stopped).toBeUndefined()
  expect(cluster.broker.parts.parked.count).toBe(0)
  expect(await standing('orders')).toMatchObject({ leaderId: 2, leaderEpoch: 1, isrNodes: [2] })
})

test('a broker that is back knows no fetch session of before', async () => {
  await create('orders', [2])
  const begin = async (sessionId: number, sessionEpoch: number) => {
    const connection = await cluster.connect(2)
    const topics = sessionId === 0 ? [{ topic: 'orders', topicId: ZERO_UUID, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000 }] }] : []
    return ask(connection, fetch, 12, { maxWaitMs: 0, minBytes: 1, maxBytes: 10_000, sessionId, sessionEpoch, topics })
  }
  const { sessionId } = await begin(0, 0)
  expect(await begin(sessionId, 1)).toMatchObject({ errorCode: 0, sessionId })
  await cluster.broker.cluster.stop(2)
  await cluster.broker.cluster.start(2)
  expect(await begin(sessionId, 2)).toMatchObject({ errorCode: kafkaErrors.FETCH_SESSION_ID_NOT_FOUND })
})

test('the last broker that is up cannot be stopped, nor one that is down, nor one that is not there', async () => {
  const { cluster: brokers } = cluster.broker
  expect([await brokers.stop(1), await brokers.stop(1), await brokers.stop(9), await brokers.stop(2)]).toEqual([undefined, 'broker 1 is down already', 'there is no broker 9', undefined])
  expect(await brokers.stop(3)).toBe('broker 3 is the last that is up: stop the whole of Millrace instead')
  expect([await brokers.start(3), await brokers.start(1)]).toEqual(['broker 3 is up already', undefined])
  const connection = await cluster.connect(3)
  const { brokers: listed } = await ask(connection, describeCluster, 2, { includeFencedBrokers: true })
  expect(listed.map(({ brokerId, isFenced }) => [brokerId, isFenced])).toEqual([[1, false], [2, true], [3, false]])
  expect((await ask(connection, describeCluster, 2, {})).brokers.map(({ brokerId }) => brokerId)).toEqual([1, 3])
})

test('groups go to the broker that leads their partition now, with what they committed; a parked join is answered NOT_COORDINATOR', async () => {
  await create('orders', [1, 2, 3])
  const find = async (from: number) => {
    const connection = await cluster.connect(from)
    const { coordinators } = await ask(connection, findCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] })
    connection.close()
    return coordinators[0]
  }
  const coordinator = (await find(1))?.nodeId ?? 0
  const connection = await cluster.connect(coordinator)
  const commit = (to: RawConnection, committedOffset: number) => ask(to, offsetCommit, 8, {
    groupId: 'g', memberId: '', generationIdOrMemberEpoch: -1,
    topics: [{ name: 'orders', topicId: ZERO_UUID, partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: '' }] }],
  }).then(({ topics }) => topics[0]?.partitions[0]?.errorCode)
  expect(await commit(connection, 7)).toBe(0)
  const protocols = [{ name: 'range', metadata: Buffer.from('x') }]
  const join = (to: RawConnection, memberId: string) =>
    ask(to, joinGroup, 5, { groupId: 'h', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 60_000, memberId, groupInstanceId: null, protocolType: 'consumer', protocols })
  const ofH = await ask(connection, findCoordinator, 4, { keyType: 0, coordinatorKeys: ['h'] })
  const hAt = ofH.coordinators[0]?.nodeId ?? 0
  const [one, two] = [await cluster.connect(hAt), await cluster.connect(hAt)]
  const first = (await join(one, '')).memberId
  expect(await join(one, first)).toMatchObject({ errorCode: 0 })
  const second = (await join(two, '')).memberId
  const parked = join(two, second) // the first member does not come
  await expect.poll(() => cluster.broker.groups.group('h')?.members.length).toBe(2)
  await cluster.broker.cluster.stop(hAt)
  expect(await parked).toMatchObject({ errorCode: kafkaErrors.NOT_COORDINATOR })
  if (hAt !== coordinator) await cluster.broker.cluster.stop(coordinator)
  const up = cluster.broker.cluster.controllerId
  const now = await find(up)
  expect(now).toMatchObject({ errorCode: 0 })
  expect(now?.nodeId).not.toBe(coordinator)
  const other = await cluster.connect(now?.nodeId)
  await expect.poll(async () => (await ask(other, offsetFetch, 8, { groups: [{ groupId: 'g', topics: null }] })).groups[0]).toMatchObject({
    errorCode: 0, topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 7 }] }],
  })
  expect(await commit(other, 8)).toBe(0)
})
