import { afterEach, beforeEach, expect, test } from 'vitest'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { createPartitions, createTopics, deleteTopics, describeCluster, describeConfigs, initProducerId, metadata } from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import type { RequestToSend } from '../../../core/protocol/schema.ts'
import { ZERO_UUID } from '../../../core/protocol/wire.ts'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'

let broker: MemoryBroker
beforeEach(async () => {
  broker = await startMemoryBroker()
})
afterEach(() => broker.stop())

type NewTopic = RequestToSend<typeof createTopics>['topics'][number]
const newTopic = (name: string, more: Partial<NewTopic> = {}): NewTopic => ({ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [], ...more })

async function create(topics: NewTopic[], { validateOnly = false, version = 7 } = {}) {
  return (await broker.ask(createTopics, version, { topics, timeoutMs: 1000, validateOnly })).topics
}

async function named(...names: string[]) {
  return (await broker.ask(metadata, 12, { topics: names.map(name => ({ topicId: ZERO_UUID, name })), allowAutoTopicCreation: false })).topics
}

test('a topic is created, described, grown and deleted, and its name is free again with another id', async () => {
  const [created] = await create([newTopic('orders', { numPartitions: 2 })])
  expect(created).toMatchObject({ errorCode: 0, numPartitions: 2, replicationFactor: 1 })
  expect(created?.configs?.find(({ name }) => name === 'retention.ms')).toMatchObject({ value: '604800000', configSource: 5 })
  expect((await named('orders'))[0]).toMatchObject({ errorCode: 0, topicId: created?.topicId, partitions: [{ leaderId: 1, isrNodes: [1] }, { leaderId: 1 }] })
  const grown = await broker.ask(createPartitions, 3, { topics: [{ name: 'orders', count: 5, assignments: null }], timeoutMs: 1000, validateOnly: false })
  expect(grown.results).toEqual([{ name: 'orders', errorCode: 0, errorMessage: null }])
  expect((await named('orders'))[0]?.partitions).toHaveLength(5)
  const deleted = await broker.ask(deleteTopics, 6, { topics: [{ name: null, topicId: created?.topicId ?? '' }], timeoutMs: 1000 })
  expect(deleted.responses).toMatchObject([{ name: 'orders', errorCode: 0 }])
  expect((await named('orders'))[0]).toMatchObject({ errorCode: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION })
  const [again] = await create([newTopic('orders')])
  expect(again).toMatchObject({ errorCode: 0 })
  expect(again?.topicId).not.toBe(created?.topicId)
})

test.each<[string, NewTopic, keyof typeof kafkaErrors]>([
  ['an illegal name', newTopic('or ders'), 'INVALID_TOPIC_EXCEPTION'],
  ['a name of a dot', newTopic('.'), 'INVALID_TOPIC_EXCEPTION'],
  ['a name that collides', newTopic('a_b'), 'INVALID_TOPIC_EXCEPTION'],
  ['a name that exists', newTopic('a.b'), 'TOPIC_ALREADY_EXISTS'],
  ['no partitions', newTopic('t', { numPartitions: 0 }), 'INVALID_PARTITIONS'],
  ['too many partitions', newTopic('t', { numPartitions: 1_000_000 }), 'POLICY_VIOLATION'],
  ['three replicas', newTopic('t', { replicationFactor: 3 }), 'INVALID_REPLICATION_FACTOR'],
  ['no replicas', newTopic('t', { replicationFactor: 0 }), 'INVALID_REPLICATION_FACTOR'],
  ['an unknown config', newTopic('t', { configs: [{ name: 'x', value: '1' }] }), 'INVALID_CONFIG'],
  ['a null config', newTopic('t', { configs: [{ name: 'retention.ms', value: null }] }), 'INVALID_CONFIG'],
  ['an assignment beside a count', newTopic('t', { assignments: [{ partitionIndex: 0, brokerIds: [1] }] }), 'INVALID_REQUEST'],
  ['an unknown broker', newTopic('t', { numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: [9] }] }), 'INVALID_REPLICA_ASSIGNMENT'],
  ['a hole in the assignments', newTopic('t', { numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 1, brokerIds: [1] }] }), 'INVALID_REPLICA_ASSIGNMENT'],
  ['the metadata topic', newTopic('__cluster_metadata'), 'INVALID_REQUEST'],
])('%s is refused, and nothing is created', async (_, topic, error) => {
  await create([newTopic('a.b')])
  const [answer] = await create([topic])
  expect(answer).toMatchObject({ errorCode: kafkaErrors[error], errorMessage: expect.any(String) })
  expect([...broker.broker.topics.list()].map(({ record }) => record.name)).toEqual(['a.b'])
})

test('validateOnly answers as a creation would and creates nothing; twins in one request are refused', async () => {
  expect(await create([newTopic('later', { numPartitions: -1, replicationFactor: -1 })], { validateOnly: true })).toMatchObject([{ errorCode: 0, numPartitions: 1 }])
  expect(broker.broker.topics.get('later')).toBeUndefined()
  expect(await create([newTopic('twin'), newTopic('twin')])).toMatchObject([{ name: 'twin', errorCode: kafkaErrors.INVALID_REQUEST }])
})

test('a request that would create more partitions than one may is refused as a whole', async () => {
  const answers = await create(Array.from({ length: 11 }, (_, at) => newTopic(`t${at}`, { numPartitions: 1000 })))
  expect(answers.map(({ errorCode }) => errorCode)).toEqual(Array.from({ length: 11 }, () => kafkaErrors.POLICY_VIOLATION))
  expect([...broker.broker.topics.list()]).toEqual([])
})

test('Metadata creates a topic when broker and request allow it', async () => {
  expect((await named('auto'))[0]).toMatchObject({ errorCode: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION })
  const made = await broker.ask(metadata, 4, { topics: [{ name: 'auto' }], allowAutoTopicCreation: true })
  expect(made.topics).toMatchObject([{ name: 'auto', errorCode: 0, partitions: [{ leaderId: 1 }] }])
  const illegal = await broker.ask(metadata, 4, { topics: [{ name: 'or ders' }], allowAutoTopicCreation: true })
  expect(illegal.topics).toMatchObject([{ errorCode: kafkaErrors.INVALID_TOPIC_EXCEPTION }])
})

test('Metadata lists all topics for an empty list at v0 and for null above, and none for an empty list above', async () => {
  await create([newTopic('one'), newTopic('two')])
  const names = async (version: number, topics: [] | null) => (await broker.ask(metadata, version, { topics })).topics.map(({ name }) => name)
  expect([await names(0, []), await names(1, null), await names(1, [])]).toEqual([['one', 'two'], ['one', 'two'], []])
})

test('Metadata by id answers the name, and UNKNOWN_TOPIC_ID for an id that is not there', async () => {
  const [created] = await create([newTopic('one')])
  const byId = async (topicId: string) => (await broker.ask(metadata, 12, { topics: [{ topicId, name: null }] })).topics[0]
  expect(await byId(created?.topicId ?? '')).toMatchObject({ errorCode: 0, name: 'one' })
  expect(await byId('b3RoZXItdG9waWMtaWQtMg')).toMatchObject({ errorCode: kafkaErrors.UNKNOWN_TOPIC_ID, name: null })
})

test('deleting what is not there, or twice at once, has its code', async () => {
  const remove = async (...names: string[]) => (await broker.ask(deleteTopics, 5, { topicNames: names, timeoutMs: 1000 })).responses.map(({ errorCode }) => errorCode)
  expect(await remove('nothing')).toEqual([kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION])
  expect(await remove('a', 'a')).toEqual([kafkaErrors.INVALID_REQUEST])
})

test('growing refuses fewer, as many, unknown topics and assignments that do not fit', async () => {
  await create([newTopic('t', { numPartitions: 3 })])
  const grow = async (name: string, count: number, assignments: { brokerIds: number[] }[] | null = null) =>
    (await broker.ask(createPartitions, 3, { topics: [{ name, count, assignments }], timeoutMs: 1, validateOnly: true })).results[0]?.errorCode
  expect([await grow('t', 3), await grow('t', 2), await grow('x', 2), await grow('t', 5, [{ brokerIds: [1] }]), await grow('t', 4, [{ brokerIds: [1] }])])
    .toEqual([kafkaErrors.INVALID_PARTITIONS, kafkaErrors.INVALID_PARTITIONS, kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION, kafkaErrors.INVALID_REPLICA_ASSIGNMENT, 0])
})

test('DescribeConfigs tells value, source, type and synonyms of topics, and the broker its own', async () => {
  await create([newTopic('t', { configs: [{ name: 'retention.ms', value: '5000' }] })])
  const answer = await broker.ask(describeConfigs, 4, {
    resources: [
      { resourceType: 2, resourceName: 't', configurationKeys: ['retention.ms'] },
      { resourceType: 4, resourceName: '1', configurationKeys: null },
      { resourceType: 4, resourceName: '7', configurationKeys: null },
      { resourceType: 2, resourceName: 'none', configurationKeys: null },
    ],
    includeSynonyms: true,
    includeDocumentation: true,
  })
  const [topic, own, other, missing] = answer.results
  expect(topic?.configs).toMatchObject([{ name: 'retention.ms', value: '5000', configSource: 1, configType: 5, synonyms: [{ value: '5000', source: 1 }] }])
  expect(own?.configs.find(({ name }) => name === 'auto.create.topics.enable')).toMatchObject({ value: 'true' })
  expect([other?.errorCode, missing?.errorCode]).toEqual([kafkaErrors.INVALID_REQUEST, kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION])
})

test('each listener answers with its own advertised address', async () => {
  const two = await startMemoryBroker({ listeners: [
    { hosts: ['127.0.0.1'], port: 0, advertisedHost: '127.0.0.1' },
    { hosts: ['127.0.0.1'], port: 0, advertisedHost: 'proxy.test', advertisedPort: 19_999 },
  ] })
  const cluster = await two.ask(describeCluster, 2, {})
  expect(cluster).toMatchObject({ errorCode: 0, controllerId: 1, brokers: [{ brokerId: 1, host: '127.0.0.1', port: two.port }] })
  expect(two.broker.addresses).toEqual([`127.0.0.1:${two.port}`, 'proxy.test:19999'])
  await two.stop()
})

test('producer ids are never given twice, also not after a restart', async () => {
  const init = (transactionalId: string | null) => broker.ask(initProducerId, 4, { transactionalId, transactionTimeoutMs: 1000 })
  expect([(await init(null)).producerId, (await init(null)).producerId]).toEqual([0, 1])
  expect((await init('')).errorCode).toBe(kafkaErrors.INVALID_REQUEST)
})

test('a folder that belongs to no topic is named at start, and neither adopted nor removed; its name is refused to a new topic', async () => {
  const disk = new MemoryDisk()
  await disk.makeFolder('/data/logs/strange-0')
  const other = await startMemoryBroker({ disk })
  expect(other.broker.unknownFolders).toEqual(['strange-0'])
  expect(other.lines.filter(line => line.includes('belong to no topic') && line.includes('strange-0'))).toHaveLength(1)
  const refused = await other.ask(createTopics, 7, { topics: [newTopic('strange')], timeoutMs: 1000 })
  expect(refused.topics).toMatchObject([{ errorCode: kafkaErrors.KAFKA_STORAGE_ERROR, errorMessage: expect.stringContaining('belongs to no topic') }])
  expect(other.broker.topics.get('strange')).toBeUndefined()
  expect(disk.existsNow('/data/logs/strange-0')).toBe(true)
  await other.stop()
})
