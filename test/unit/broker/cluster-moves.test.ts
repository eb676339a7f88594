/** Leadership and partitions are moved between brokers by an administrator, or by the cluster itself. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { alterPartitionReassignments, createTopics, electLeaders, listPartitionReassignments, metadata } from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import { ZERO_UUID } from '../../../core/protocol/wire.ts'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'
import { batch, mustAppend, readAll } from '../log/fixture.ts'

let cluster: MemoryBroker
let clock: SimulatedClock
beforeEach(async () => {
  clock = new SimulatedClock()
  cluster = await startMemoryBroker({ brokerCount: 3, clock })
})
afterEach(() => cluster.stop())

const create = async (name: string, ...brokers: number[][]) => {
  const assignments = brokers.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }))
  const { topics } = await cluster.ask(createTopics, 7, { topics: [{ name, numPartitions: -1, replicationFactor: -1, assignments, configs: [] }], timeoutMs: 1000, validateOnly: false })
  expect(topics).toMatchObject([{ errorCode: 0 }])
}
const partitions = async (name: string) => {
  const { topics } = await cluster.ask(metadata, 12, { topics: [{ topicId: ZERO_UUID, name }], allowAutoTopicCreation: false })
  return topics[0]?.partitions.map(({ leaderId, leaderEpoch, replicaNodes, isrNodes }) => ({ leaderId, leaderEpoch, replicaNodes, isrNodes }))
}
const elect = async (electionType: number, topicPartitions: { topic: string; partitions: number[] }[] | null) =>
  cluster.ask(electLeaders, 2, { electionType, topicPartitions, timeoutMs: 1000 })
const move = async (name: string, partitionIndex: number, replicas: number[] | null, allowReplicationFactorChange = true) => {
  const { responses } = await cluster.ask(alterPartitionReassignments, 1, { timeoutMs: 1000, allowReplicationFactorChange, topics: [{ name, partitions: [{ partitionIndex, replicas }] }] })
  return responses[0]?.partitions[0]
}
const underWay = async () => (await cluster.ask(listPartitionReassignments, 0, { timeoutMs: 1000, topics: null })).topics

test('preferred leaders lead again when asked to, with a higher epoch; the others are said to need no election', async () => {
  await create('orders', [2, 3], [3, 2], [1, 3])
  await cluster.broker.cluster.stop(2)
  await cluster.broker.cluster.start(2)
  expect(await elect(0, [{ topic: 'orders', partitions: [0, 1, 7] }, { topic: 'nothing', partitions: [0] }])).toMatchObject({
    errorCode: 0,
    replicaElectionResults: [
      { topic: 'orders', partitionResult: [
        { partitionId: 0, errorCode: 0, errorMessage: null },
        { partitionId: 1, errorCode: kafkaErrors.ELECTION_NOT_NEEDED, errorMessage: 'Leader election not needed for topic partition.' },
        { partitionId: 7, errorCode: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: 'No such partition as orders-7' },
      ] },
      { topic: 'nothing', partitionResult: [{ errorCode: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: 'No such topic as nothing' }] },
    ],
  })
  expect((await partitions('orders'))?.[0]).toEqual({ leaderId: 2, leaderEpoch: 2, replicaNodes: [2, 3], isrNodes: [2, 3] })
})

test('an election of all tells of those that took place, or could not', async () => {
  await create('orders', [2, 1], [3, 1], [1, 3])
  await cluster.broker.cluster.stop(2)
  expect(await elect(0, null)).toMatchObject({ errorCode: 0, replicaElectionResults: [{ topic: 'orders', partitionResult: [
    { partitionId: 0, errorCode: kafkaErrors.PREFERRED_LEADER_NOT_AVAILABLE, errorMessage: 'The preferred leader was not available.' },
  ] }] })
  await cluster.broker.cluster.start(2)
  expect(await elect(0, null)).toMatchObject({ replicaElectionResults: [{ topic: 'orders', partitionResult: [{ partitionId: 0, errorCode: 0 }] }] })
  expect(await elect(7, null)).toMatchObject({ errorCode: kafkaErrors.INVALID_REQUEST })
})

test('an unclean election gives a leader to what only brokers out of sync could lead', async () => {
  await create('orders', [2, 3])
  await create('alone', [2])
  await cluster.broker.cluster.stop(3)
  await cluster.broker.cluster.stop(2)
  await cluster.broker.cluster.start(3)
  expect((await partitions('orders'))?.[0]).toMatchObject({ leaderId: -1 })
  expect(await elect(1, [{ topic: 'orders', partitions: [0] }, { topic: 'alone', partitions: [0] }])).toMatchObject({ replicaElectionResults: [
    { partitionResult: [{ errorCode: 0 }] }, { partitionResult: [{ errorCode: kafkaErrors.ELIGIBLE_LEADERS_NOT_AVAILABLE }] },
  ] })
  expect((await partitions('orders'))?.[0]).toMatchObject({ leaderId: 3, isrNodes: [3] })
})

test('partitions go back to their preferred leaders by themselves after a while', async () => {
  await create('orders', [2, 3])
  await cluster.broker.cluster.stop(2)
  await cluster.broker.cluster.start(2)
  expect((await partitions('orders'))?.[0]).toMatchObject({ leaderId: 3, leaderEpoch: 1 })
  clock.advance(300_000)
  await expect.poll(async () => (await partitions('orders'))?.[0]).toMatchObject({ leaderId: 2, leaderEpoch: 2 })
})

test('a partition moves at once to brokers that are up, with its records, and stays there after a restart', async () => {
  await create('orders', [1, 2])
  const log = cluster.broker.log('orders', 0)
  if (log) mustAppend(log, batch(['kept']))
  expect(await move('orders', 0, [3, 2])).toMatchObject({ errorCode: 0, errorMessage: null })
  expect(await underWay()).toEqual([])
  expect((await partitions('orders'))?.[0]).toEqual({ leaderId: 3, leaderEpoch: 1, replicaNodes: [3, 2], isrNodes: [2, 3] })
  expect(log && readAll(log)).toEqual(['kept'])
  expect(await move('orders', 0, [2, 3])).toMatchObject({ errorCode: 0 })
  expect((await partitions('orders'))?.[0]).toMatchObject({ leaderId: 3, leaderEpoch: 1, replicaNodes: [2, 3] })
  expect(await move('orders', 0, [3])).toMatchObject({ errorCode: 0 })
  expect((await partitions('orders'))?.[0]).toEqual({ leaderId: 3, leaderEpoch: 2, replicaNodes: [3], isrNodes: [3] })
})

test('a move to a broker that is down is under way until it is up, and can be taken back', async () => {
  await create('orders', [1], [2])
  await cluster.broker.cluster.stop(3)
  expect(await move('orders', 0, [3])).toMatchObject({ errorCode: 0 })
  expect(await underWay()).toEqual([{ name: 'orders', partitions: [{ partitionIndex: 0, replicas: [3, 1], addingReplicas: [3], removingReplicas: [1] }] }])
  expect((await partitions('orders'))?.[0]).toMatchObject({ leaderId: 1, replicaNodes: [3, 1], isrNodes: [1] })
  expect(await move('orders', 1, [3, 2])).toMatchObject({ errorCode: 0 })
  expect(await move('orders', 0, null)).toMatchObject({ errorCode: 0 })
  expect((await partitions('orders'))?.[0]).toMatchObject({ leaderId: 1, replicaNodes: [1], isrNodes: [1] })
  expect(await move('orders', 0, null)).toMatchObject({ errorCode: kafkaErrors.NO_REASSIGNMENT_IN_PROGRESS })
  await cluster.broker.cluster.start(3)
  expect(await underWay()).toEqual([])
  expect((await partitions('orders'))?.[1]).toMatchObject({ leaderId: 2, replicaNodes: [3, 2], isrNodes: [2, 3] })
})

test.each<[string, number[], boolean, keyof typeof kafkaErrors, string]>([
  ['a broker that is not there', [4], true, 'INVALID_REPLICA_ASSIGNMENT', 'The manual partition assignment includes broker 4, but no such broker is registered.'],
  ['nobody', [], true, 'INVALID_REPLICA_ASSIGNMENT', 'The manual partition assignment includes an empty replica list.'],
  ['more brokers, where that is not to be', [1, 2], false, 'INVALID_REPLICATION_FACTOR', 'The replication factor is changed from 1 to 2'],
])('a move to %s is refused', async (_, replicas, mayChange, error, errorMessage) => {
  await create('orders', [1])
  expect(await move('orders', 0, replicas, mayChange)).toMatchObject({ errorCode: kafkaErrors[error], errorMessage })
  expect(await move('orders', 1, [1])).toMatchObject({ errorCode: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: 'Unable to find partition orders:1.' })
})
