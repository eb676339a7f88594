/** One frame that names the same thing, or tens of thousands of things, over and over: answered in its size, not in its square. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  createPartitions, createTopics, deleteTopics, describeConfigs, describeGroups, fetch, findCoordinator, metadata, offsetCommit, offsetFetch,
} from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import { ZERO_UUID } from '../../../core/protocol/wire.ts'
import { encodeBatch } from '../../../core/records/encode-batch.ts'
import { ask } from '../../support/clients-frames.ts'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'

const MANY = 50_000
let broker: MemoryBroker
beforeEach(async () => {
  broker = await startMemoryBroker({ topics: { orders: 2 } })
})
afterEach(() => broker.stop())

const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at))

test('DeleteTopics, CreatePartitions and CreateTopics look for twins in one pass', async () => {
  const deleted = await broker.ask(deleteTopics, 5, { topicNames: times(MANY, at => `n${at}`), timeoutMs: 1000 })
  expect(deleted.responses).toHaveLength(MANY)
  const grown = await broker.ask(createPartitions, 3, { topics: times(MANY, at => ({ name: `n${at}`, count: 2, assignments: null })), timeoutMs: 1000, validateOnly: true })
  expect(grown.results).toHaveLength(MANY)
  const twins = times(MANY, at => ({ name: `n${at % (MANY / 2)}`, numPartitions: 0, replicationFactor: 1, assignments: [], configs: [] }))
  const created = await broker.ask(createTopics, 7, { topics: twins, timeoutMs: 1000, validateOnly: true })
  expect(created.topics).toHaveLength(MANY / 2)
  expect(created.topics[0]).toMatchObject({ name: 'n0', errorCode: kafkaErrors.INVALID_REQUEST })
})

test('a fetch that waits for one partition a thousand times over looks at it once per append', async () => {
  const waiting = await broker.connect()
  const partitions = times(MANY, () => ({ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000, currentLeaderEpoch: -1, lastFetchedEpoch: -1 }))
  const answer = ask(waiting, fetch, 12, { maxWaitMs: 60_000, minBytes: 1_000_000, isolationLevel: 0, topics: [{ topic: 'orders', topicId: ZERO_UUID, partitions }] })
  await expect.poll(() => broker.broker.parts.parked.count).toBe(1)
  const log = broker.broker.log('orders', 0)
  let looks = 0
  const available = log?.reader.availableBytes.bind(log.reader)
  if (log && available) log.reader.availableBytes = (...range) => (looks++, available(...range))
  log?.append(encodeBatch({ records: [{ key: null, value: Buffer.from('v'), headers: [], timestamp: Date.now() }] }))
  await expect.poll(() => looks).toBe(1)
  await broker.broker.topics.delete('orders')
  expect((await answer).responses).toHaveLength(1)
})

test('what is described is described once, however often it is asked for', async () => {
  const topicId = broker.broker.topics.get('orders')?.record.topicId ?? ''
  const { topics } = await broker.ask(metadata, 12, { topics: times(MANY, () => ({ topicId, name: null })), allowAutoTopicCreation: false })
  expect(topics).toHaveLength(1)
  const configs = await broker.ask(describeConfigs, 4, { resources: times(MANY, () => ({ resourceType: 2, resourceName: 'orders', configurationKeys: null })) })
  expect(configs.results).toMatchObject([{ errorCode: 0, resourceName: 'orders' }])
  await broker.ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] })
  await broker.ask(offsetCommit, 8, {
    groupId: 'g', memberId: '', generationIdOrMemberEpoch: -1,
    topics: [{ name: 'orders', topicId: ZERO_UUID, partitions: [{ partitionIndex: 0, committedOffset: 7, committedMetadata: '' }] }],
  })
  expect((await broker.ask(describeGroups, 5, { groups: times(MANY, () => 'g') })).groups).toHaveLength(1)
  expect((await broker.ask(offsetFetch, 8, { groups: times(MANY, () => ({ groupId: 'g', topics: null })) })).groups).toMatchObject([{ groupId: 'g', topics: [{}] }])
})
