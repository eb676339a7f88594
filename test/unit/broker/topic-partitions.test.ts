/** DescribeTopicPartitions over a listener: pages, cursors, and what cannot be. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { TOPIC_OPERATIONS } from '../../../core/broker/authorized-operations.ts'
import { createTopics, describeTopicPartitions, metadata } from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import { ZERO_UUID } from '../../../core/protocol/wire.ts'
import { type MemoryBroker, startMemoryBroker } from '../../support/memory-broker.ts'

let broker: MemoryBroker
beforeAll(async () => {
  broker = await startMemoryBroker({ topics: { zeta: 5, alpha: 3, Beta: 1, __consumer_offsets: 4 } })
})
afterAll(() => broker.stop())

type Cursor = readonly [topic: string, partition: number]

async function describe({ topics = [], limit = 2000, cursor }: { topics?: readonly string[]; limit?: number; cursor?: Cursor | undefined } = {}) {
  const answer = await broker.ask(describeTopicPartitions, 0, {
    topics: topics.map(name => ({ name })),
    responsePartitionLimit: limit,
    cursor: cursor ? { topicName: cursor[0], partitionIndex: cursor[1] } : null,
  })
  return {
    topics: answer.topics.map(({ name, errorCode, partitions }) => [name, errorCode === 0 ? partitions.map(({ partitionIndex }) => partitionIndex) : errorCode]),
    next: answer.nextCursor && [answer.nextCursor.topicName, answer.nextCursor.partitionIndex] as const,
  }
}

test('topics come in the order of their names, each with all that Kafka tells', async () => {
  expect((await describe()).topics.map(([name]) => name)).toEqual(['Beta', '__consumer_offsets', 'alpha', 'zeta'])
  const { topics } = await broker.ask(describeTopicPartitions, 0, { topics: [{ name: 'Beta' }, { name: '__consumer_offsets' }, { name: 'gone' }], responsePartitionLimit: 1 })
  const [beta] = topics
  expect(beta).toEqual({
    errorCode: 0, name: 'Beta', topicId: broker.broker.topics.get('Beta')?.record.topicId, isInternal: false, topicAuthorizedOperations: TOPIC_OPERATIONS,
    partitions: [{ errorCode: 0, partitionIndex: 0, leaderId: 1, leaderEpoch: 0, replicaNodes: [1], isrNodes: [1], eligibleLeaderReplicas: [], lastKnownElr: [], offlineReplicas: [] }],
  })
  const rest = await broker.ask(describeTopicPartitions, 0, { topics: [{ name: '__consumer_offsets' }, { name: 'gone' }] })
  expect(rest.topics).toMatchObject([
    { name: '__consumer_offsets', isInternal: true },
    { name: 'gone', errorCode: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION, topicId: ZERO_UUID, topicAuthorizedOperations: TOPIC_OPERATIONS },
  ])
})

test('pages of any size, each from the cursor of the one before, tell every partition once', async () => {
  for (const limit of [-1, 1, 2, 3, 5, 7, 12, 13, 14]) {
    const told: string[] = []
    let cursor: Cursor | undefined
    do {
      const page = await describe({ limit, ...(cursor && { cursor }) })
      const partitions = page.topics.flatMap(([name, indexes]) => (indexes as number[]).map(index => `${name}-${index}`)) // no topic of the page has an error
      expect(partitions.length).toBeLessThanOrEqual(Math.max(limit, 1))
      told.push(...partitions)
      cursor = page.next ?? undefined
    } while (cursor)
    expect(told).toHaveLength(13)
    expect(new Set(told).size).toBe(13)
  }
})

test('a page starts where the cursor says, also at a topic that is gone', async () => {
  expect(await describe({ topics: ['zeta', 'alpha'], limit: 3, cursor: ['alpha', 1] })).toEqual({ topics: [['alpha', [1, 2]], ['zeta', [0]]], next: ['zeta', 1] })
  expect(await describe({ topics: ['zeta'], cursor: ['zeta', 5] })).toEqual({ topics: [['zeta', []]], next: null })
  expect(await describe({ limit: 2, cursor: ['b', 9] })).toEqual({ topics: [['zeta', [0, 1]]], next: ['zeta', 2] })
  expect(await describe({ topics: ['gone', 'zeta'], limit: 1, cursor: ['gone', 3] })).toEqual({ topics: [['gone', kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION], ['zeta', [0]]], next: ['zeta', 1] })
  expect(await describe({ cursor: ['zz', 0] })).toEqual({ topics: [], next: null })
})

test('a cursor that cannot be is refused for every topic that was asked for', async () => {
  const refused = kafkaErrors.INVALID_REQUEST
  expect(await describe({ topics: ['zeta', 'alpha'], cursor: ['Beta', 0] })).toEqual({ topics: [['zeta', refused], ['alpha', refused]], next: null })
  expect(await describe({ topics: ['zeta'], cursor: ['zeta', -1] })).toEqual({ topics: [['zeta', refused]], next: null })
  expect(await describe({ cursor: ['zeta', -1] })).toEqual({ topics: [], next: null })
})

test('names that cannot be are INVALID_TOPIC_EXCEPTION', async () => {
  const illegal = kafkaErrors.INVALID_TOPIC_EXCEPTION
  expect(await describe({ topics: ['..', 'a b', 'alpha'] })).toEqual({ topics: [['..', illegal], ['a b', illegal], ['alpha', [0, 1, 2]]], next: null })
})

test('a page ends after 2000 topics that do not exist', async () => {
  const names = Array.from({ length: 5000 }, (_, at) => `n${String(at).padStart(4, '0')}`)
  const first = await describe({ topics: names })
  expect([first.topics.length, first.next]).toEqual([2000, ['n2000', 0]])
  const second = await describe({ topics: names, cursor: ['n2000', 0] })
  expect([second.topics[0]?.[0], second.next]).toEqual(['n2000', ['n4000', 0]])
})

test('brokers that hold a partition, lead it or are down are told as Metadata tells them', async () => {
  const cluster = await startMemoryBroker({ brokerCount: 3 })
  const topic = { name: 'held', numPartitions: 3, replicationFactor: 2, assignments: [], configs: [] }
  await cluster.ask(createTopics, 7, { topics: [topic], timeoutMs: 1000, validateOnly: false })
  const both = async () => {
    const [described] = (await cluster.ask(describeTopicPartitions, 0, { topics: [{ name: 'held' }] })).topics
    const [known] = (await cluster.ask(metadata, 9, { topics: [{ name: 'held', topicId: ZERO_UUID }] })).topics
    const standing = (partition: Standing) => [partition.partitionIndex, partition.leaderId, partition.leaderEpoch, partition.replicaNodes, partition.isrNodes, partition.offlineReplicas]
    return [described?.partitions.map(standing), known?.partitions.map(standing)]
  }
  const [described, known] = await both()
  expect(described).toEqual(known)
  await cluster.broker.cluster.stop(2)
  const [without, knownWithout] = await both()
  expect(without).toEqual(knownWithout)
  expect(without).not.toEqual(described)
  await cluster.stop()
})

type Standing = { partitionIndex: number; leaderId: number; leaderEpoch: number; replicaNodes: readonly number[]; isrNodes: readonly number[]; offlineReplicas: readonly number[] }
