/** Three brokers in one process: who leads and holds what, and what each answers for. */

import { afterEach, expect, test } from 'vitest'
import { createPartitions, createTopics, describeCluster, fetch, findCoordinator, heartbeat, listGroups, metadata, offsetCommit, produce } from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import { ZERO_UUID } from '../../../core/protocol/wire.ts'
import { ask, type RawConnection } from '../../support/clients-frames.ts'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'
import { batch } from '../log/fixture.ts'

let cluster: MemoryBroker
afterEach(() => cluster.stop())

const named = async (name: string, connection?: RawConnection) => {
  const request = { topics: [{ topicId: ZERO_UUID, name }], allowAutoTopicCreation: false }
  return connection ? ask(connection, metadata, 12, request) : cluster.ask(metadata, 12, request)
}
const partitionsOf = async (name: string) => (await named(name)).topics[0]?.partitions ?? []
const create = async (name: string, more: { numPartitions?: number; replicationFactor?: number; assignments?: number[][] }) => {
  const assignments = more.assignments?.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })) ?? []
  const { numPartitions = assignments.length > 0 ? -1 : 1, replicationFactor = -1 } = more
  return (await cluster.ask(createTopics, 7, { topics: [{ name, numPartitions, replicationFactor, assignments, configs: [] }], timeoutMs: 1000, validateOnly: false })).topics[0]
}
const send = (connection: RawConnection, topic: string, index: number, acks = 1) => ask(connection, produce, 9, {
  transactionalId: null, acks, timeoutMs: 1000, topicData: [{ name: topic, topicId: ZERO_UUID, partitionData: [{ index, records: batch(['a']) }] }],
})
const errorOf = (answer: Awaited<ReturnType<typeof send>>) => answer.responses[0]?.partitionResponses[0]?.errorCode

test('all brokers are listed with their racks, each at a port of its own, and leaders go round', async () => {
  cluster = await startMemoryBroker({ brokerCount: 3, racks: ['a', 'b'], topics: { orders: 6 } })
  const { brokers, controllerId, topics } = await named('orders')
  expect(brokers).toEqual([1, 2, 3].map(nodeId => ({ nodeId, host: '127.0.0.1', port: cluster.portOf(nodeId), rack: nodeId === 2 ? 'b' : 'a' })))
  expect(new Set(brokers.map(({ port }) => port)).size).toBe(3)
  expect(controllerId).toBe(1)
  const leaders = topics[0]?.partitions.map(({ leaderId }) => leaderId) ?? []
  expect(new Set(leaders.slice(0, 3))).toEqual(new Set([1, 2, 3]))
  expect(leaders.slice(3)).toEqual(leaders.slice(0, 3))
  expect(topics[0]?.partitions).toMatchObject(leaders.map(id => ({ errorCode: 0, replicaNodes: [id], isrNodes: [id], offlineReplicas: [] })))
  const other = await named('orders', await cluster.connect(3))
  expect(other).toEqual({ brokers, controllerId, topics, clusterId: cluster.broker.clusterId, throttleTimeMs: 0, errorCode: 0, clusterAuthorizedOperations: expect.any(Number) })
  expect((await cluster.ask(describeCluster, 1, {})).brokers).toEqual(brokers.map(({ nodeId: brokerId, ...at }) => ({ brokerId, ...at, isFenced: false })))
})

test('only the leader takes records, and only it and those that hold the partition serve them', async () => {
  cluster = await startMemoryBroker({ brokerCount: 3 })
  await create('orders', { assignments: [[2, 3]] })
  const [first, second, third] = [await cluster.connect(1), await cluster.connect(2), await cluster.connect(3)]
  expect([errorOf(await send(first, 'orders', 0)), errorOf(await send(third, 'orders', 0)), errorOf(await send(second, 'orders', 0))])
    .toEqual([kafkaErrors.NOT_LEADER_OR_FOLLOWER, kafkaErrors.NOT_LEADER_OR_FOLLOWER, 0])
  const read = async (connection: RawConnection, version: number) => {
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000 }]
    const answer = await ask(connection, fetch, version, { maxWaitMs: 0, minBytes: 1, maxBytes: 10_000, topics: [{ topic: 'orders', topicId: ZERO_UUID, partitions }] })
    return answer.responses[0]?.partitions[0]?.errorCode
  }
  expect([await read(first, 12), await read(second, 12), await read(third, 12), await read(third, 10)])
    .toEqual([kafkaErrors.NOT_LEADER_OR_FOLLOWER, 0, 0, kafkaErrors.NOT_LEADER_OR_FOLLOWER])
})

test('topics are held by as many brokers as asked for, on different racks first; more than there are is refused', async () => {
  cluster = await startMemoryBroker({ brokerCount: 4, racks: ['a', 'a', 'b', 'b'] })
  expect(await create('two', { numPartitions: 8, replicationFactor: 2 })).toMatchObject({ errorCode: 0, replicationFactor: 2 })
  for (const { leaderId, replicaNodes, isrNodes } of await partitionsOf('two')) {
    expect([leaderId, isrNodes]).toEqual([replicaNodes[0], replicaNodes])
    expect(new Set(replicaNodes.map(id => (id <= 2 ? 'a' : 'b')))).toEqual(new Set(['a', 'b']))
  }
  expect(new Set((await partitionsOf('two')).map(({ leaderId }) => leaderId)).size).toBe(4)
  expect(await create('five', { replicationFactor: 5 })).toMatchObject({
    errorCode: kafkaErrors.INVALID_REPLICATION_FACTOR,
    errorMessage: 'Unable to replicate the partition 5 time(s): The target replication factor of 5 cannot be reached because only 4 broker(s) are registered or some brokers have all their log directories cordoned.',
  })
  expect(await create('named', { assignments: [[4, 1], [2, 3]] })).toMatchObject({ errorCode: 0, replicationFactor: 2, numPartitions: 2 })
  const grown = await cluster.ask(createPartitions, 3, { topics: [{ name: 'named', count: 3, assignments: [{ brokerIds: [3, 1] }] }], timeoutMs: 1000, validateOnly: false })
  expect(grown.results).toMatchObject([{ errorCode: 0 }])
  expect((await partitionsOf('named')).map(({ replicaNodes }) => replicaNodes)).toEqual([[4, 1], [2, 3], [3, 1]])
})

test.each<[string, number[][], string]>([
  ['a broker that is not there', [[1, 9]], 'The manual partition assignment includes broker 9, but no such broker is registered.'],
  ['a broker twice', [[2, 2]], 'The manual partition assignment includes the broker 2 more than once.'],
  ['nobody', [[]], 'The manual partition assignment includes an empty replica list.'],
  ['another number of brokers', [[1, 2], [3]],
    'The manual partition assignment includes a partition with 1 replica(s), but this is not consistent with previous partitions, which have 2 replica(s).'],
])('an assignment to %s is refused', async (_, assignments, errorMessage) => {
  cluster = await startMemoryBroker({ brokerCount: 3 })
  expect(await create('t', { assignments })).toMatchObject({ errorCode: kafkaErrors.INVALID_REPLICA_ASSIGNMENT, errorMessage })
})

test('a group is coordinated by the broker that leads its partition, and every other one says so', async () => {
  cluster = await startMemoryBroker({ brokerCount: 3, topics: { orders: 1 } })
  const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
  const { coordinators } = await cluster.ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: keys })
  expect(coordinators.map(({ errorCode }) => errorCode)).toEqual(keys.map(() => 0))
  expect(new Set(coordinators.map(({ nodeId }) => nodeId))).toEqual(new Set([1, 2, 3]))
  const connections = new Map([[1, await cluster.connect(1)], [2, await cluster.connect(2)], [3, await cluster.connect(3)]])
  for (const { key, nodeId, port } of coordinators) {
    expect(port).toBe(cluster.portOf(nodeId))
    for (const [id, connection] of connections) {
      const answer = await ask(connection, offsetCommit, 8, {
        groupId: key, memberId: '', generationIdOrMemberEpoch: -1,
        topics: [{ name: 'orders', topicId: ZERO_UUID, partitions: [{ partitionIndex: 0, committedOffset: 7, committedMetadata: '' }] }],
      })
      expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(id === nodeId ? 0 : kafkaErrors.NOT_COORDINATOR)
      const beat = await ask(connection, heartbeat, 4, { groupId: key, generationId: 1, memberId: 'm', groupInstanceId: null })
      expect(beat.errorCode).toBe(id === nodeId ? kafkaErrors.UNKNOWN_MEMBER_ID : kafkaErrors.NOT_COORDINATOR)
    }
  }
  for (const [id, connection] of connections) {
    const { groups } = await ask(connection, listGroups, 5, {})
    expect(groups.map(({ groupId }) => groupId).sort()).toEqual(coordinators.filter(({ nodeId }) => nodeId === id).map(({ key }) => key))
  }
  expect([...cluster.broker.groups.groups()].map(({ groupId }) => groupId).sort()).toEqual(keys)
})

test('who asks the wrong broker is told who leads, and where that is', async () => {
  cluster = await startMemoryBroker({ brokerCount: 3, racks: ['a', 'b', 'c'] })
  const topicId = (await create('orders', { assignments: [[2]] }))?.topicId ?? ''
  const first = await cluster.connect(1)
  const hint = { currentLeader: { leaderId: 2, leaderEpoch: 0 } }
  const nodeEndpoints = [{ nodeId: 2, host: '127.0.0.1', port: cluster.portOf(2), rack: 'b' }]
  const sent = await ask(first, produce, 10, { transactionalId: null, acks: 1, timeoutMs: 1000, topicData: [{ name: 'orders', topicId: ZERO_UUID, partitionData: [{ index: 0, records: batch(['a']) }] }] })
  expect(sent).toMatchObject({ responses: [{ partitionResponses: [{ errorCode: kafkaErrors.NOT_LEADER_OR_FOLLOWER, ...hint }] }], nodeEndpoints })
  const read = async (connection: RawConnection, currentLeaderEpoch: number) => ask(connection, fetch, 16, {
    maxWaitMs: 0, minBytes: 1, maxBytes: 10_000, topics: [{ topic: '', topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000, currentLeaderEpoch }] }],
  })
  expect(await read(first, -1)).toMatchObject({ responses: [{ partitions: [{ errorCode: kafkaErrors.NOT_LEADER_OR_FOLLOWER, ...hint }] }], nodeEndpoints })
  expect(await read(await cluster.connect(2), 0)).toMatchObject({ responses: [{ partitions: [{ errorCode: 0 }] }], nodeEndpoints: [] })
})

test('a leader sends a consumer to the broker on its rack, which serves it, where the selector of replicas says so', async () => {
  cluster = await startMemoryBroker({ brokerCount: 3, racks: ['a', 'b', 'c'], config: { settings: { 'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector' } } })
  const topicId = (await create('orders', { assignments: [[1, 2]] }))?.topicId ?? ''
  const [first, second] = [await cluster.connect(1), await cluster.connect(2)]
  expect(errorOf(await send(first, 'orders', 0))).toBe(0)
  const read = async (connection: RawConnection, rackId: string) => (await ask(connection, fetch, 15, {
    maxWaitMs: 10_000, minBytes: 1, maxBytes: 10_000, rackId, topics: [{ topic: '', topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000 }] }],
  })).responses[0]?.partitions[0]
  expect(await read(first, 'b')).toMatchObject({ errorCode: 0, preferredReadReplica: 2, highWatermark: 1, records: Buffer.alloc(0) })
  expect(await read(second, 'b')).toMatchObject({ errorCode: 0, preferredReadReplica: -1, records: (await read(first, 'a'))?.records })
  expect((await read(first, 'c'))?.records?.length).toBeGreaterThan(60)
  await cluster.broker.cluster.stop(2)
  expect(await read(first, 'b')).toMatchObject({ errorCode: 0, preferredReadReplica: -1, highWatermark: 1 })
})

test('acks=all wants as many brokers in sync as min.insync.replicas says, as far as so many hold the partition', async () => {
  cluster = await startMemoryBroker({ brokerCount: 3, config: { topicDefaults: { 'min.insync.replicas': '2' } } })
  await create('two', { assignments: [[1, 2]] })
  await create('one', { assignments: [[1]] })
  const first = await cluster.connect(1)
  expect([errorOf(await send(first, 'two', 0, -1)), errorOf(await send(first, 'one', 0, -1))]).toEqual([0, 0])
  await cluster.broker.cluster.stop(2)
  expect([errorOf(await send(first, 'two', 0, -1)), errorOf(await send(first, 'two', 0, 1)), errorOf(await send(first, 'one', 0, -1))])
    .toEqual([kafkaErrors.NOT_ENOUGH_REPLICAS, 0, 0])
  await cluster.broker.cluster.start(2)
  expect(errorOf(await send(first, 'two', 0, -1))).toBe(0)
})

test('default.replication.factor holds for topics that do not say, made by hand or by asking for them', async () => {
  cluster = await startMemoryBroker({ brokerCount: 3, config: { settings: { 'default.replication.factor': '2' } } })
  expect(await create('orders', {})).toMatchObject({ errorCode: 0, replicationFactor: 2 })
  const { topics } = await cluster.ask(metadata, 12, { topics: [{ topicId: ZERO_UUID, name: 'asked' }], allowAutoTopicCreation: true })
  expect(topics[0]?.partitions.map(({ replicaNodes }) => replicaNodes.length)).toEqual([2])
  await cluster.stop()
  cluster = await startMemoryBroker({ config: { settings: { 'default.replication.factor': '2' } } })
  expect(await create('orders', {})).toMatchObject({ errorCode: kafkaErrors.INVALID_REPLICATION_FACTOR })
  expect(await create('orders', { replicationFactor: 1 })).toMatchObject({ errorCode: 0 })
})
