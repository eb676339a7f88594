import { afterEach, beforeEach, expect, test } from 'vitest'
import { fetch, initProducerId, listOffsets, metadata, offsetForLeaderEpoch, produce } from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import { ZERO_UUID } from '../../../core/protocol/wire.ts'
import { encodeBatch } from '../../../core/records/encode-batch.ts'
import { batchesOf } from '../../../core/records/record-batch.ts'
import { ask } from '../../support/clients-frames.ts'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'

let broker: MemoryBroker
beforeEach(async () => {
  broker = await startMemoryBroker({ topics: { orders: 2 } })
})
afterEach(() => broker.stop())

const batch = (...values: string[]): Buffer =>
  encodeBatch({ records: values.map(value => ({ key: null, value: Buffer.from(value), headers: [], timestamp: Date.now() })) })

const topicId = (): string => broker.broker.topics.get('orders')?.record.topicId ?? ''

/** One batch into partition 0, by name or by id as the version has it; the partition's answer. */
async function send(records: Buffer | null, { version = 9, acks = 1, partition = 0, topic = 'orders' } = {}) {
  const answer = await broker.ask(produce, version, {
    acks,
    timeoutMs: 1000,
    topicData: [{ name: topic, topicId: topicId(), partitionData: [{ index: partition, records }] }],
  })
  return answer.responses[0]?.partitionResponses[0]
}

type FetchOptions = { version?: number; offset?: number; maxWaitMs?: number; minBytes?: number; partitionMaxBytes?: number; isolationLevel?: number; currentLeaderEpoch?: number; lastFetchedEpoch?: number; id?: string }

function fetchRequest({ offset = 0, maxWaitMs = 0, minBytes = 1, partitionMaxBytes = 1_000_000, isolationLevel = 0, currentLeaderEpoch = -1, lastFetchedEpoch = -1, id = topicId() }: FetchOptions) {
  const partition = { partition: 0, fetchOffset: offset, partitionMaxBytes, currentLeaderEpoch, lastFetchedEpoch }
  return { maxWaitMs, minBytes, isolationLevel, topics: [{ topic: 'orders', topicId: id, partitions: [partition] }] }
}

async function read(options: FetchOptions = {}) {
  const answer = await broker.ask(fetch, options.version ?? 12, fetchRequest(options))
  return answer.responses[0]?.partitions[0]
}

function valuesOf(records: Buffer | null | undefined): string[] {
  return [...batchesOf(records ?? Buffer.alloc(0))].flatMap(found => [...found.records()].map(record => record.value?.toString() ?? 'null'))
}

test('what any version of Produce writes, any version of Fetch reads', async () => {
  const versions = Array.from({ length: 11 }, (_, at) => at + 3)
  for (const version of versions) expect(await send(batch(`v${version}`), { version })).toMatchObject({ errorCode: 0, baseOffset: version - 3 })
  const expected = versions.map(version => `v${version}`)
  for (let version = fetch.minVersion; version <= fetch.maxVersion; version++) {
    const partition = await read({ version })
    expect(partition).toMatchObject({ errorCode: 0, highWatermark: 11, abortedTransactions: null })
    expect(valuesOf(partition?.records)).toEqual(expected)
  }
})

test('a fetch inside a batch gets the whole batch, and offsets stand in its header', async () => {
  await send(batch('a', 'b', 'c'))
  await send(batch('d'))
  expect(valuesOf((await read({ offset: 1 }))?.records)).toEqual(['a', 'b', 'c', 'd'])
  expect(valuesOf((await read({ offset: 3 }))?.records)).toEqual(['d'])
})

test('the first batch is answered whole however small the limit', async () => {
  await send(batch('a'.repeat(5000)))
  await send(batch('b'.repeat(5000)))
  expect(valuesOf((await read({ partitionMaxBytes: 10 }))?.records)).toEqual(['a'.repeat(5000)])
})

test('a fetch at the end waits for the next append, and answers empty when its time is over', async () => {
  const waiting = read({ maxWaitMs: 20_000 })
  const other = await broker.connect()
  await ask(other, produce, 9, { acks: 1, timeoutMs: 1000, topicData: [{ name: 'orders', partitionData: [{ index: 0, records: batch('late') }] }] })
  expect(valuesOf((await waiting)?.records)).toEqual(['late'])
  expect(await read({ offset: 1, maxWaitMs: 30 })).toMatchObject({ errorCode: 0, highWatermark: 1 })
})

test('offsets outside the log, unknown topics and epochs have their own codes', async () => {
  await send(batch('a'))
  expect(await read({ offset: 5 })).toMatchObject({ errorCode: kafkaErrors.OFFSET_OUT_OF_RANGE, highWatermark: -1 })
  expect(await read({ offset: -1 })).toMatchObject({ errorCode: kafkaErrors.OFFSET_OUT_OF_RANGE })
  expect(await read({ version: 13, id: 'b3RoZXItdG9waWMtaWQtMg' })).toMatchObject({ errorCode: kafkaErrors.UNKNOWN_TOPIC_ID })
  expect(await read({ currentLeaderEpoch: 99 })).toMatchObject({ errorCode: kafkaErrors.UNKNOWN_LEADER_EPOCH })
  expect(await read({ lastFetchedEpoch: 99, offset: 1 })).toMatchObject({ errorCode: kafkaErrors.OFFSET_OUT_OF_RANGE })
  expect(await send(batch('x'), { partition: 7 })).toMatchObject({ errorCode: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION })
  expect(await send(batch('x'), { topic: 'nothing' })).toMatchObject({ errorCode: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION })
})

test('a corrupt batch is CORRUPT_MESSAGE and nothing of it is stored', async () => {
  const corrupt = batch('a')
  corrupt[corrupt.length - 1] = (corrupt[corrupt.length - 1] ?? 0) ^ 1
  expect(await send(corrupt)).toMatchObject({ errorCode: kafkaErrors.CORRUPT_MESSAGE, baseOffset: -1 })
  expect(await read()).toMatchObject({ errorCode: 0, highWatermark: 0 })
})

test('records that are null, empty or two batches, and acks that do not exist, are refused for the partition', async () => {
  expect(await send(null)).toMatchObject({ errorCode: kafkaErrors.INVALID_RECORD })
  expect(await send(Buffer.alloc(0))).toMatchObject({ errorCode: kafkaErrors.INVALID_RECORD })
  expect(await send(Buffer.concat([batch('a'), batch('b')]))).toMatchObject({ errorCode: kafkaErrors.INVALID_RECORD })
  expect(await send(batch('a'), { acks: 2 })).toMatchObject({ errorCode: kafkaErrors.INVALID_REQUIRED_ACKS })
})

test('a message over max.message.bytes is MESSAGE_TOO_LARGE', async () => {
  expect(await send(batch('a'.repeat(1_048_600)))).toMatchObject({ errorCode: kafkaErrors.MESSAGE_TOO_LARGE })
})

test('transactional batches are refused with 53 until transactions exist', async () => {
  const transactional = encodeBatch({ records: [{ key: null, value: Buffer.from('t'), timestamp: Date.now() }], producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true })
  expect(await send(transactional)).toMatchObject({ errorCode: kafkaErrors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED })
})

test('acks=0 is never answered, and closes the connection when it failed', async () => {
  const silent = await broker.connect()
  const header = { acks: 0, timeoutMs: 1000 }
  const good = ask(silent, produce, 9, { ...header, topicData: [{ name: 'orders', partitionData: [{ index: 0, records: batch('quiet') }] }] })
  const bad = ask(silent, produce, 9, { ...header, topicData: [{ name: 'orders', partitionData: [{ index: 9, records: batch('lost') }] }] })
  await expect(good).rejects.toThrow('closed')
  await expect(bad).rejects.toThrow('closed')
  expect(valuesOf((await read())?.records)).toEqual(['quiet'])
})

test('an idempotent producer that repeats a batch gets its first offset again, and a gap is refused', async () => {
  const { producerId, producerEpoch } = await broker.ask(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 60_000 })
  const sequenced = (baseSequence: number): Buffer =>
    encodeBatch({ records: [{ key: null, value: Buffer.from(`s${baseSequence}`), timestamp: Date.now() }], producerId, producerEpoch, baseSequence })
  expect(await send(sequenced(0))).toMatchObject({ errorCode: 0, baseOffset: 0 })
  expect(await send(sequenced(1))).toMatchObject({ errorCode: 0, baseOffset: 1 })
  expect(await send(sequenced(0))).toMatchObject({ errorCode: 0, baseOffset: 0 })
  expect(await send(sequenced(5))).toMatchObject({ errorCode: kafkaErrors.OUT_OF_ORDER_SEQUENCE_NUMBER })
  expect(await read()).toMatchObject({ highWatermark: 2 })
})

test('ListOffsets knows start, end, the largest timestamp, a timestamp, and refuses a constant newer than its version', async () => {
  const at = (timestamp: number, value: string): Buffer => encodeBatch({ records: [{ key: null, value: Buffer.from(value), timestamp }] })
  const now = Date.now()
  for (const offset of [0, 1, 2]) await send(at(now - 1000 + offset * 100, `r${offset}`))
  const locate = async (timestamp: bigint, version = 8) => {
    const answer = await broker.ask(listOffsets, version, { replicaId: -1, topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp }] }] })
    const { errorCode, offset } = answer.topics[0]?.partitions[0] ?? { errorCode: -1, offset: -9 }
    return errorCode === 0 ? offset : errorCode
  }
  expect([await locate(-1n), await locate(-2n), await locate(-3n), await locate(-4n)]).toEqual([3, 0, 2, 0])
  expect(await locate(BigInt(now - 900))).toBe(1)
  expect(await locate(BigInt(now + 900))).toBe(-1)
  expect(await locate(-4n, 7)).toBe(kafkaErrors.UNSUPPORTED_VERSION)
  expect(await locate(-9n, 9)).toBe(kafkaErrors.UNSUPPORTED_VERSION)
})

test('OffsetForLeaderEpoch gives the end of the current epoch, and nothing for one ahead', async () => {
  await send(batch('a', 'b'))
  const { leaderEpoch } = (await broker.ask(metadata, 12, { topics: [{ topicId: ZERO_UUID, name: 'orders' }] })).topics[0]?.partitions[0] ?? { leaderEpoch: -5 }
  const endOf = async (epoch: number) =>
    (await broker.ask(offsetForLeaderEpoch, 4, { replicaId: -1, topics: [{ topic: 'orders', partitions: [{ partition: 0, leaderEpoch: epoch }] }] })).topics[0]?.partitions[0]
  expect(await endOf(leaderEpoch)).toMatchObject({ errorCode: 0, leaderEpoch, endOffset: 2 })
  expect(await endOf(leaderEpoch + 5)).toMatchObject({ errorCode: 0, leaderEpoch: -1, endOffset: -1 })
})
