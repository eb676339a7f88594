/** DeleteRecords and retention as clients see them, over a real listener. */

import { expect, test } from 'vitest'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { deleteRecords, fetch, listOffsets, produce } from '../../../core/protocol/apis/index.ts'
import { errorCode } from '../../../core/protocol/errors.ts'
import { ZERO_UUID } from '../../../core/protocol/wire.ts'
import { encodeBatch } from '../../../core/records/record-batch.ts'
import { ask } from '../../support/clients-frames.ts'
import { type MemoryBroker, startMemoryBroker } from '../../support/memory-broker.ts'

const OK = 0
const OUT_OF_RANGE = errorCode('OFFSET_OUT_OF_RANGE')

async function send(broker: MemoryBroker, topic: string, values: readonly string[], timestamp: number): Promise<number> {
  const records = encodeBatch({ records: values.map(value => ({ key: Buffer.from('k'), value: Buffer.from(value), timestamp })) })
  const answer = await broker.ask(produce, 9, { acks: 1, timeoutMs: 1000, topicData: [{ name: topic, topicId: ZERO_UUID, partitionData: [{ index: 0, records }] }] })
  const partition = answer.responses[0]?.partitionResponses[0]
  expect(partition?.errorCode).toBe(OK)
  return partition?.baseOffset ?? -1
}

async function remove(broker: MemoryBroker, topic: string, offset: bigint, version = 2) {
  const answer = await broker.ask(deleteRecords, version, { topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset }] }], timeoutMs: 1000 })
  const partition = answer.topics[0]?.partitions[0]
  return [partition?.errorCode, partition?.lowWatermark]
}

async function earliest(broker: MemoryBroker, topic: string): Promise<number | undefined> {
  const answer = await broker.ask(listOffsets, 5, { replicaId: -1, topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -2n }] }] })
  return answer.topics[0]?.partitions[0]?.offset
}

const fetchRequest = (topic: string, fetchOffset: number, wait: { minBytes: number; maxWaitMs: number }) => (
  { ...wait, isolationLevel: 0, topics: [{ topic, topicId: ZERO_UUID, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }] }] }
)

async function fetchAt(broker: MemoryBroker, topic: string, offset: number) {
  const answer = await broker.ask(fetch, 12, fetchRequest(topic, offset, { minBytes: 1, maxWaitMs: 0 }))
  const partition = answer.responses[0]?.partitions[0]
  return { errorCode: partition?.errorCode, logStartOffset: partition?.logStartOffset }
}

const untilOrThrow = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
  for (let turn = 0; turn < 100_000; turn++) {
    if (await isSo()) return
    await new Promise(resolve => setImmediate(resolve))
  }
  throw new Error(`it never came that ${what}`)
}

test('records before an offset go: the low watermark is answered, fetches below it are out of range, and the earliest offset moves', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 1 } })
  await send(broker, 'orders', ['a', 'b', 'c', 'd'], Date.now())
  expect(await remove(broker, 'orders', 2n)).toEqual([OK, 2])
  expect(broker.disk.readSmallNow('/data/logs/log-start-offset-checkpoint')?.toString()).toContain('orders 0 2\n')
  expect([await earliest(broker, 'orders'), await fetchAt(broker, 'orders', 1), await fetchAt(broker, 'orders', 2)])
    .toEqual([2, { errorCode: OUT_OF_RANGE, logStartOffset: -1 }, { errorCode: OK, logStartOffset: 2 }])
  expect(await remove(broker, 'orders', 1n, 0)).toEqual([OK, 2])
  expect(await remove(broker, 'orders', -1n, 1)).toEqual([OK, 4])
  expect(await send(broker, 'orders', ['e'], Date.now())).toBe(4)
  await broker.stop()
})

test('what cannot be deleted is refused with the code of Kafka', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 1, __consumer_offsets: 4 } })
  await send(broker, 'orders', ['a'], Date.now())
  await broker.broker.topics.create({ name: 'latest', partitionCount: 1, configs: { 'cleanup.policy': 'compact' } })
  await broker.broker.topics.create({ name: 'both', partitionCount: 1, configs: { 'cleanup.policy': 'compact,delete' } })
  await broker.broker.topics.create({ name: 'kept', partitionCount: 1, configs: { 'cleanup.policy': '' } })
  const refused = (name: Parameters<typeof errorCode>[0]) => [errorCode(name), -1]
  expect(await remove(broker, 'orders', 2n)).toEqual(refused('OFFSET_OUT_OF_RANGE'))
  expect(await remove(broker, 'orders', 9_223_372_036_854_775_807n)).toEqual(refused('OFFSET_OUT_OF_RANGE'))
  expect(await remove(broker, 'orders', -2n)).toEqual(refused('OFFSET_OUT_OF_RANGE'))
  expect(await remove(broker, 'nowhere', 0n)).toEqual(refused('UNKNOWN_TOPIC_OR_PARTITION'))
  expect(await remove(broker, '__consumer_offsets', 0n)).toEqual(refused('INVALID_TOPIC_EXCEPTION'))
  expect(await remove(broker, 'latest', 0n)).toEqual(refused('POLICY_VIOLATION'))
  expect(await remove(broker, 'both', -1n)).toEqual([OK, 0])
  expect(await remove(broker, 'kept', -1n)).toEqual([OK, 0])
  await broker.stop()
})

test('a partition named twice is answered once, with its last offset', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 1 } })
  await send(broker, 'orders', ['a', 'b', 'c'], Date.now())
  const asked = (...offsets: bigint[]) => ({ name: 'orders', partitions: offsets.map(offset => ({ partitionIndex: 0, offset })) })
  const { topics } = await broker.ask(deleteRecords, 2, { topics: [asked(3n, 2n), asked(1n)], timeoutMs: 0 })
  expect(topics).toMatchObject([{ name: 'orders', partitions: [{ partitionIndex: 0, lowWatermark: 1, errorCode: OK }] }])
  await broker.stop()
})

test('where the new start cannot be written the answer is KAFKA_STORAGE_ERROR, and the next try succeeds', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 1 } })
  await send(broker, 'orders', ['a', 'b'], Date.now())
  broker.disk.fail({ call: 'write', code: 'ENOSPC', path: 'log-start-offset-checkpoint' })
  expect(await remove(broker, 'orders', 1n)).toEqual([errorCode('KAFKA_STORAGE_ERROR'), -1])
  expect(await remove(broker, 'orders', 1n)).toEqual([errorCode('KAFKA_STORAGE_ERROR'), -1])
  broker.disk.heal()
  expect(await remove(broker, 'orders', 1n)).toEqual([OK, 1])
  expect(broker.disk.readSmallNow('/data/logs/log-start-offset-checkpoint')?.toString()).toContain('orders 0 1\n')
  expect(await remove(broker, 'orders', 2n)).toEqual([OK, 2])
  await broker.stop()
})

test('a fetch that waits below the new start is answered with OFFSET_OUT_OF_RANGE', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 1 } })
  await send(broker, 'orders', ['a', 'b'], Date.now())
  const parked = ask(await broker.connect(), fetch, 12, fetchRequest('orders', 0, { minBytes: 1_000_000, maxWaitMs: 60_000 }))
  await untilOrThrow('the fetch is parked', () => broker.broker.parts.parked.count > 0)
  expect(await remove(broker, 'orders', 1n)).toEqual([OK, 1])
  expect((await parked).responses[0]?.partitions[0]?.errorCode).toBe(OUT_OF_RANGE)
  await broker.stop()
})

test('retention over a listener: time passes, the earliest offset moves to the end, files go, and offsets go on', async () => {
  const clock = new SimulatedClock()
  const broker = await startMemoryBroker({ topics: { orders: 1 }, clock, config: { retentionCheckIntervalMs: 1000, topicDefaults: { 'retention.ms': '5000', 'file.delete.delay.ms': '1000' } } })
  await send(broker, 'orders', ['a', 'b', 'c'], clock.now())
  clock.advance(4000)
  await broker.broker.parts.sweeps.sweep()
  expect(await earliest(broker, 'orders')).toBe(0)
  clock.advance(31_000)
  await untilOrThrow('the earliest offset moves', async () => (await earliest(broker, 'orders')) === 3)
  expect(await fetchAt(broker, 'orders', 0)).toMatchObject({ errorCode: OUT_OF_RANGE })
  await untilOrThrow('the segment is renamed', () => broker.disk.paths.includes('/data/logs/orders-0/00000000000000000000.log.deleted'))
  clock.advance(1000)
  await untilOrThrow('the segment is unlinked', () => broker.disk.paths.every(path => !path.includes('.deleted')))
  expect(await send(broker, 'orders', ['d'], clock.now())).toBe(3)
  await broker.stop()
  expect(broker.disk.openFiles).toBe(0)
})
