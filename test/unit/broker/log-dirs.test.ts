/** DescribeLogDirs and AlterReplicaLogDirs over a listener. */

import { expect, test } from 'vitest'
import { alterReplicaLogDirs, describeLogDirs, produce } from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import { ZERO_UUID } from '../../../core/protocol/wire.ts'
import { encodeBatch } from '../../../core/records/record-batch.ts'
import { ask } from '../../support/clients-frames.ts'
import { type MemoryBroker, startMemoryBroker } from '../../support/memory-broker.ts'

async function send(broker: MemoryBroker, topic: string, index: number): Promise<number> {
  const records = encodeBatch({ records: [{ key: Buffer.from('k'), value: Buffer.alloc(1000, 7), timestamp: Date.now() }] })
  const answer = await broker.ask(produce, 9, { acks: 1, timeoutMs: 1000, topicData: [{ name: topic, topicId: ZERO_UUID, partitionData: [{ index, records }] }] })
  expect(answer.responses[0]?.partitionResponses[0]?.errorCode).toBe(0)
  return records.length
}

type Asked = readonly (readonly [topic: string, partitions: readonly number[]])[]

async function describe(broker: MemoryBroker, asked: Asked | null, version = 5) {
  const answer = await broker.ask(describeLogDirs, version, { topics: asked?.map(([topic, partitions]) => ({ topic, partitions: [...partitions] })) ?? null })
  const [result] = answer.results
  return {
    ...result,
    topics: result?.topics.map(({ name, partitions }) => [name, Object.fromEntries(partitions.map(({ partitionIndex, partitionSize }) => [partitionIndex, Number(partitionSize)]))]),
  }
}

test('the folder is told with the bytes of each partition and of the disk; versions before 4 do not tell the disk', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 2, empty: 1 } })
  const bytes = await send(broker, 'orders', 1)
  const { freeBytes, totalBytes } = await broker.disk.space()
  const all = [['orders', { 0: 0, 1: bytes }], ['empty', { 0: 0 }]]
  const folder = { errorCode: 0, logDir: '/data/logs', isCordoned: false }
  expect(await describe(broker, null)).toEqual({ ...folder, topics: all, totalBytes: BigInt(totalBytes), usableBytes: BigInt(freeBytes) })
  expect(await describe(broker, null, 1)).toEqual({ ...folder, topics: all, totalBytes: -1n, usableBytes: -1n })
  await broker.stop()
})

test('what is not there is left out, and what is asked for twice is told once', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 3 } })
  expect((await describe(broker, [['orders', [2, 0, 2, 7, -1]], ['nowhere', [0]], ['orders', [0]]])).topics).toEqual([['orders', { 0: 0, 2: 0 }]])
  expect((await describe(broker, [])).topics).toEqual([])
  await broker.stop()
})

test('others are answered while many partitions are asked for', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 1 } })
  let turns = 0
  const counting = { isOn: true }
  const count = (): void => {
    turns++
    if (counting.isOn) setImmediate(count)
  }
  const described = describe(broker, [['orders', Array.from({ length: 500_000 }, () => 0)]])
  await broker.disk.space()
  setImmediate(count)
  expect((await described).topics).toEqual([['orders', { 0: 0 }]])
  counting.isOn = false
  expect(turns).toBeGreaterThan(100)
  await broker.stop()
})

test('a file system that does not answer makes the folder KAFKA_STORAGE_ERROR', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 1 } })
  broker.disk.space = () => Promise.reject(Object.assign(new Error('gone'), { code: 'EIO' }))
  expect(await describe(broker, null)).toEqual({ errorCode: kafkaErrors.KAFKA_STORAGE_ERROR, logDir: '/data/logs', topics: [], totalBytes: -1n, usableBytes: -1n, isCordoned: false })
  await broker.stop()
})

test('a replica may be moved to where it is, and nowhere else', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 2 } })
  const move = async (path: string, name: string, ...partitions: number[]) => {
    const { results } = await broker.ask(alterReplicaLogDirs, 2, { dirs: [{ path, topics: [{ name, partitions }] }] })
    return results.flatMap(result => result.partitions.map(({ errorCode }) => errorCode))
  }
  expect(await move('/data/logs', 'orders', 0, 1)).toEqual([0, 0])
  expect(await move('/data/logs', 'orders', 2)).toEqual([kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION])
  expect(await move('/elsewhere', 'orders', 0)).toEqual([kafkaErrors.LOG_DIR_NOT_FOUND])
  expect(await move('/elsewhere', 'nowhere', 0)).toEqual([kafkaErrors.LOG_DIR_NOT_FOUND])
  expect(await move('/data/logs', 'x'.repeat(230), 0)).toEqual([kafkaErrors.INVALID_TOPIC_EXCEPTION])
  await broker.stop()
})

test('each of several brokers tells what it holds', async () => {
  const cluster = await startMemoryBroker({ brokerCount: 3, topics: { orders: 6 } })
  const told = await Promise.all([1, 2, 3].map(async id => {
    const { results } = await ask(await cluster.connect(id), describeLogDirs, 4, { topics: null })
    return results[0]?.topics.flatMap(({ partitions }) => partitions.map(({ partitionIndex }) => partitionIndex)) ?? []
  }))
  expect(told.map(({ length }) => length)).toEqual([2, 2, 2])
  expect(told.flat().sort()).toEqual([0, 1, 2, 3, 4, 5])
  const foreign = told[1]?.[0] ?? -1
  const moved = await ask(await cluster.connect(1), alterReplicaLogDirs, 2, { dirs: [{ path: '/data/logs', topics: [{ name: 'orders', partitions: [foreign] }] }] })
  expect(moved.results[0]?.partitions[0]?.errorCode).toBe(kafkaErrors.REPLICA_NOT_AVAILABLE)
  await cluster.stop()
})
