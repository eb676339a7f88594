/** Fetch sessions (KIP-227): slots, epochs, bounds, and that nothing is looked at where nothing happened. How they answer is compared with Kafka in test/clients. */

import { expect, test } from 'vitest'
import { FetchSessions, nextEpoch } from '../../../core/broker/fetch-sessions.ts'
import type { FetchRequest } from '../../../core/broker/wanted-partition.ts'
import { FETCH_SESSION_PARTITIONS_MAX } from '../../../core/common/limits.ts'
import { seededRandom } from '../../../core/common/random.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { createTopics, electLeaders, fetch } from '../../../core/protocol/apis/index.ts'
import type { RequestToSend } from '../../../core/protocol/schema.ts'
import { Reader, ZERO_UUID } from '../../../core/protocol/wire.ts'
import { encodeBatch } from '../../../core/records/encode-batch.ts'
import { ask } from '../../support/clients-frames.ts'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'

const NOT_FOUND = 'FETCH_SESSION_ID_NOT_FOUND'
const BY_NAME = 12

type Wish = Partial<RequestToSend<typeof fetch>>

const partitionsOf = (topic: string, count: number, fetchOffset = 0): RequestToSend<typeof fetch>['topics'] => [
  { topic, topicId: ZERO_UUID, partitions: Array.from({ length: count }, (_, partition) => ({ partition, fetchOffset, partitionMaxBytes: 1_000_000 })) },
]
const request = (wish: Wish): RequestToSend<typeof fetch> => ({ maxWaitMs: 0, minBytes: 1, isolationLevel: 0, sessionId: 0, sessionEpoch: 0, topics: [], forgottenTopicsData: [], ...wish })
const decoded = (wish: Wish): FetchRequest => fetch.decodeRequest(new Reader(Buffer.concat(fetch.encodeRequest(request(wish), BY_NAME))), BY_NAME)
const send = (broker: MemoryBroker, topic: string, partition: number): void => {
  const result = broker.broker.log(topic, partition)?.append(encodeBatch({ records: [{ key: null, value: Buffer.from('v'), headers: [], timestamp: Date.now() }] }))
  expect(result).toMatchObject({ error: 'NONE' })
}

async function sessionsOf(slots: number) {
  const clock = new SimulatedClock()
  const broker = await startMemoryBroker({ topics: { orders: 10 } })
  const sessions = new FetchSessions({ clock, random: seededRandom(1), slots })
  const resolving = { topics: broker.broker.topics, nodeId: 1, mayFollow: true }
  const begin = (wish: Wish) => sessions.begin(decoded(wish), false, resolving)
  /** The id that a full fetch of so many partitions gets. */
  const open = (count: number, topic = 'orders'): number => {
    const fetching = begin({ topics: partitionsOf(topic, count) })
    if (typeof fetching === 'string') throw new Error(fetching)
    return fetching.tell(fetching.wanted(), fetching.wanted().map(({ asked }) => ({ partitionIndex: asked.partition, errorCode: 0, highWatermark: 0, records: null }))).sessionId
  }
  return { clock, broker, sessions, begin, open }
}

test('epochs count up from 1 with each request, and go from the greatest int32 to 1', async () => {
  expect([nextEpoch(1), nextEpoch(0x7ffffffe), nextEpoch(0x7fffffff)]).toEqual([2, 0x7fffffff, 1])
  const { broker, begin, open } = await sessionsOf(10)
  const sessionId = open(1)
  expect(begin({ sessionId, sessionEpoch: 2 })).toBe('INVALID_FETCH_SESSION_EPOCH')
  expect(begin({ sessionId, sessionEpoch: 1 })).toBeTypeOf('object')
  expect(begin({ sessionId, sessionEpoch: 2 })).toBeTypeOf('object')
  expect(begin({ sessionId, sessionEpoch: 2 })).toBe('INVALID_FETCH_SESSION_EPOCH')
  await broker.stop()
})

test('when all slots are taken there is no session, until one was not used for two minutes', async () => {
  const { clock, broker, sessions, begin, open } = await sessionsOf(2)
  const [first, second] = [open(1), open(1)]
  expect(open(9)).toBe(0)
  clock.advance(110_000)
  begin({ sessionId: second, sessionEpoch: 1 })
  expect(open(9)).toBe(0)
  clock.advance(10_001)
  const third = open(1)
  expect(third).toBeGreaterThan(0)
  expect([begin({ sessionId: first, sessionEpoch: 1 }), sessions.count]).toEqual([NOT_FOUND, 2])
  expect(begin({ sessionId: second, sessionEpoch: 2 })).toBeTypeOf('object')
  await broker.stop()
})

test('a session that is in use for more than two minutes makes room for a greater one only', async () => {
  const { clock, broker, begin, open } = await sessionsOf(2)
  const [small, great] = [open(2), open(5)]
  for (let epoch = 1; epoch <= 3; epoch++) {
    clock.advance(60_000)
    for (const sessionId of [small, great]) begin({ sessionId, sessionEpoch: epoch })
  }
  expect(open(2)).toBe(0)
  expect(open(3)).toBeGreaterThan(0)
  expect(begin({ sessionId: small, sessionEpoch: 4 })).toBe(NOT_FOUND)
  expect(begin({ sessionId: great, sessionEpoch: 4 })).toBeTypeOf('object')
  await broker.stop()
})

test('a renewed session gives its own slot back', async () => {
  const { broker, sessions, begin, open } = await sessionsOf(1)
  const sessionId = open(3)
  const fetching = begin({ sessionId, sessionEpoch: 0, topics: partitionsOf('orders', 2) })
  expect([typeof fetching, sessions.count, sessions.partitionCount]).toEqual(['object', 0, 0])
  await broker.stop()
})

test('partitions are bounded over all sessions: above it no session is begun, and one that grows is sent back to full fetches', async () => {
  const { broker, sessions, begin, open } = await sessionsOf(10)
  const small = open(2)
  const great = open(FETCH_SESSION_PARTITIONS_MAX - 3, 'nowhere')
  expect([great > 0, sessions.partitionCount]).toEqual([true, FETCH_SESSION_PARTITIONS_MAX - 1])
  expect(open(2)).toBe(0)
  expect(begin({ sessionId: small, sessionEpoch: 1, topics: partitionsOf('orders', 3) })).toBeTypeOf('object')
  expect(begin({ sessionId: small, sessionEpoch: 2, topics: partitionsOf('orders', 4) })).toBe(NOT_FOUND)
  expect([sessions.count, sessions.partitionCount]).toEqual([1, FETCH_SESSION_PARTITIONS_MAX - 3])
  expect(begin({ sessionId: small, sessionEpoch: 2 })).toBe(NOT_FOUND)
  await broker.stop()
})

test('an idle session of many partitions is answered, and woken, without a look at those where nothing happened', async () => {
  const broker = await startMemoryBroker({ topics: { wide: 500 } })
  const connection = await broker.connect()
  const { sessionId } = await ask(connection, fetch, BY_NAME, request({ topics: partitionsOf('wide', 500) }))
  let looks = 0
  for (let index = 0; index < 500; index++) {
    const log = broker.broker.log('wide', index)
    const available = log?.reader.availableBytes.bind(log.reader)
    if (log && available) log.reader.availableBytes = (...range) => (looks++, available(...range))
  }
  const answer = ask(connection, fetch, BY_NAME, request({ sessionId, sessionEpoch: 1, maxWaitMs: 60_000 }))
  await expect.poll(() => broker.broker.parts.parked.count).toBe(1)
  expect(looks).toBe(0)
  send(broker, 'wide', 321)
  expect((await answer).responses).toMatchObject([{ partitions: [{ partitionIndex: 321, highWatermark: 1 }] }])
  expect(looks).toBe(1)
  await broker.stop()
})

test('a fetch that waits for more bytes is woken by each append, also by those after the one that was not enough', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 2 } })
  const connection = await broker.connect()
  const { sessionId } = await ask(connection, fetch, BY_NAME, request({ topics: partitionsOf('orders', 2) }))
  const answer = ask(connection, fetch, BY_NAME, request({ sessionId, sessionEpoch: 1, maxWaitMs: 60_000, minBytes: 250 }))
  await expect.poll(() => broker.broker.parts.parked.count).toBe(1)
  for (const partition of [0, 0, 1]) {
    send(broker, 'orders', partition)
    await new Promise(resolve => setImmediate(resolve))
    expect(broker.broker.parts.parked.count).toBe(1)
  }
  send(broker, 'orders', 1)
  expect((await answer).responses[0]?.partitions.map(({ partitionIndex, highWatermark }) => [partitionIndex, highWatermark])).toEqual([[0, 2], [1, 2]])
  await broker.stop()
})

test('a topic that is deleted ends the wait of the session that reads it', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 1, other: 1 } })
  const connection = await broker.connect()
  const { sessionId } = await ask(connection, fetch, BY_NAME, request({ topics: [...partitionsOf('orders', 1), ...partitionsOf('other', 1)] }))
  const answer = ask(connection, fetch, BY_NAME, request({ sessionId, sessionEpoch: 1, maxWaitMs: 60_000 }))
  await expect.poll(() => broker.broker.parts.parked.count).toBe(1)
  await broker.broker.topics.delete('other')
  expect((await answer).responses).toMatchObject([{ topic: 'other', partitions: [{ errorCode: 3 }] }])
  await broker.stop()
})

test('a session nobody uses costs an append nothing after the first', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 1 } })
  await broker.ask(fetch, BY_NAME, request({ topics: partitionsOf('orders', 1) }))
  const partition = broker.broker.topics.partition('orders', 0)
  let ended = 0
  const unwatch = partition?.unwatch.bind(partition)
  if (partition && unwatch) partition.unwatch = wake => (ended++, unwatch(wake))
  for (let count = 0; count < 3; count++) send(broker, 'orders', 0)
  expect(ended).toBe(1)
  await broker.stop()
})

test('each broker has its own sessions, and forgets them when it goes down', async () => {
  const cluster = await startMemoryBroker({ brokerCount: 2, topics: { orders: 2 } })
  const [first, second] = [await cluster.connect(1), await cluster.connect(2)]
  const { sessionId } = await ask(first, fetch, BY_NAME, request({ topics: partitionsOf('orders', 1) }))
  expect(sessionId).toBeGreaterThan(0)
  expect((await ask(second, fetch, BY_NAME, request({ sessionId, sessionEpoch: 1 }))).errorCode).toBe(70)
  expect(await cluster.broker.parts.cluster.stop(1)).toBeUndefined()
  expect(await cluster.broker.parts.cluster.start(1)).toBeUndefined()
  expect((await ask(await cluster.connect(1), fetch, BY_NAME, request({ sessionId, sessionEpoch: 1 }))).errorCode).toBe(70)
  await cluster.stop()
})

test('a partition that another broker leads from now on ends the wait of the session that reads it', async () => {
  const cluster = await startMemoryBroker({ brokerCount: 2 })
  const beforeFollowers = 10
  await cluster.ask(createTopics, 7, { topics: [{ name: 'moved', numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: [1, 2] }], configs: [] }], timeoutMs: 1000 })
  expect(await cluster.broker.parts.cluster.stop(1)).toBeUndefined()
  const second = await cluster.connect(2)
  const { sessionId } = await ask(second, fetch, beforeFollowers, request({ topics: partitionsOf('moved', 1) }))
  const answer = ask(second, fetch, beforeFollowers, request({ sessionId, sessionEpoch: 1, maxWaitMs: 60_000 }))
  await expect.poll(() => cluster.broker.parts.parked.count).toBe(1)
  expect(await cluster.broker.parts.cluster.start(1)).toBeUndefined()
  await ask(await cluster.connect(2), electLeaders, 2, { electionType: 0, topicPartitions: null, timeoutMs: 1000 })
  expect((await answer).responses).toMatchObject([{ partitions: [{ errorCode: 6 }] }])
  await cluster.stop()
})
