/** One frame that names the same thing, or tens of thousands of things, over and over: answered in its size, not in its square. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  apiVersions, createPartitions, createTopics, deleteTopics, describeConfigs, describeGroups, describeProducers, describeTransactions, fetch, findCoordinator,
  listTransactions, metadata, offsetCommit, offsetFetch, writeTxnMarkers,
} from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import { ZERO_UUID } from '../../../core/protocol/wire.ts'
import { encodeBatch } from '../../../core/records/encode-batch.ts'
import { ask, type RawConnection } from '../../support/clients-frames.ts'
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

test('what is known of producers and transactions is told once, however often it is asked for', async () => {
  const twice = times(2, () => ({ name: 'orders', partitionIndexes: times(MANY, at => at % 3) }))
  const { topics } = await broker.ask(describeProducers, 0, { topics: twice })
  expect(topics.map(({ name, partitions }) => [name, partitions.map(({ partitionIndex }) => partitionIndex)])).toEqual([['orders', [0, 1, 2]]])
  const { transactionStates } = await broker.ask(describeTransactions, 0, { transactionalIds: times(MANY, () => 't') })
  expect(transactionStates).toMatchObject([{ transactionalId: 't' }])
})

test('one request describes ten thousand resources and no more, and a long list of keys is looked through once', async () => {
  const resources = (count: number) => times(count, at => ({ resourceType: 32, resourceName: `g${at}`, configurationKeys: ['consumer.session.timeout.ms'] }))
  const few = await broker.ask(describeConfigs, 4, { resources: resources(10_000) })
  expect(new Set(few.results.map(({ errorCode, configs }) => `${errorCode} ${configs.length}`))).toEqual(new Set(['0 1']))
  const many = await broker.ask(describeConfigs, 4, { resources: resources(10_001) })
  expect(new Set(many.results.map(({ errorCode, configs }) => `${errorCode} ${configs.length}`))).toEqual(new Set([`${kafkaErrors.POLICY_VIOLATION} 0`]))
  const keys = await broker.ask(describeConfigs, 4, { resources: [{ resourceType: 4, resourceName: '1', configurationKeys: times(MANY, at => at === 7 ? 'node.id' : `key${at}`) }] })
  expect(keys.results[0]?.configs).toMatchObject([{ name: 'node.id', value: '1' }])
})

/** Whether another client is answered before this long request is. */
async function letsOthersIn<T>(request: (connection: RawConnection) => Promise<T>): Promise<{ readonly isLet: boolean; readonly answer: T }> {
  const [first, second] = [await broker.connect(), await broker.connect()]
  const order: string[] = []
  const long = request(first).finally(() => order.push('long'))
  await ask(second, apiVersions, 3, { clientSoftwareName: 'test', clientSoftwareVersion: '1' }).finally(() => order.push('short'))
  return { answer: await long, isLet: order[0] === 'short' }
}

test('fifty thousand markers in one frame let others have their turn', async () => {
  const marker = { producerId: 9, producerEpoch: 0, transactionResult: false, coordinatorEpoch: 0, transactionVersion: 0, topics: [{ name: 'orders', partitionIndexes: times(MANY, () => 0) }] }
  const answer = broker.ask(writeTxnMarkers, 1, { markers: [marker] })
  const written = (): number => broker.broker.log('orders', 0)?.endOffset ?? 0
  while (written() === 0) await new Promise(resolve => setImmediate(resolve))
  expect(written()).toBeLessThan(MANY)
  expect((await answer).markers[0]?.topics[0]?.partitions).toHaveLength(MANY)
  expect(written()).toBe(MANY)
})

test('a pattern is matched with tens of thousands of transactional ids while others have their turn', async () => {
  await broker.ask(findCoordinator, 6, { keyType: 1, coordinatorKeys: ['t'] })
  const { transactions } = broker.broker.node()
  for (let at = 0; at < MANY / 2; at++) await transactions.initProducerId({ transactionalId: `producer-${at}`, timeoutMs: 1000, expected: null })
  const { isLet, answer } = await letsOthersIn(connection => ask(connection, listTransactions, 2, { stateFilters: [], producerIdFilters: [], transactionalIdPattern: '.*-1.*9' }))
  expect(isLet).toBe(true)
  expect(answer.transactionStates.map(({ transactionalId }) => transactionalId).sort())
    .toEqual(times(MANY / 2, at => `producer-${at}`).filter(id => /-1.*9$/.test(id)).sort())
})
