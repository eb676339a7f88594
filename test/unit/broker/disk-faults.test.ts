/** A disk that cannot be read costs the partitions on it, and nobody else. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import { readBuffers } from '../../../core/log/read-buffers.ts'
import { fetch, produce } from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import { ZERO_UUID } from '../../../core/protocol/wire.ts'
import { encodeBatch } from '../../../core/records/encode-batch.ts'
import { ask } from '../../support/clients-frames.ts'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'

let broker: MemoryBroker
beforeEach(async () => {
  broker = await startMemoryBroker({ topics: { bad: 1, good: 1 } })
  for (const topic of ['bad', 'good']) await send(topic, 'first')
})
afterEach(() => broker.stop())

async function send(name: string, value: string): Promise<void> {
  const records = encodeBatch({ records: [{ key: null, value: Buffer.from(value), headers: [], timestamp: Date.now() }] })
  const { responses } = await broker.ask(produce, 9, { acks: 1, timeoutMs: 1000, topicData: [{ name, topicId: ZERO_UUID, partitionData: [{ index: 0, records }] }] })
  expect(responses).toMatchObject([{ partitionResponses: [{ errorCode: 0 }] }])
}

const fetchRequest = (topics: Readonly<Record<string, number>>, maxWaitMs = 0) => ({
  maxWaitMs, minBytes: 1, isolationLevel: 0,
  topics: Object.entries(topics).map(([topic, fetchOffset]) => ({
    topic, topicId: ZERO_UUID, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000, currentLeaderEpoch: -1, lastFetchedEpoch: -1 }],
  })),
})

test('a partition that cannot be read answers KAFKA_STORAGE_ERROR beside the data of others, and no buffer is lost', async () => {
  const before = readBuffers.bytesInUse
  broker.disk.fail({ call: 'read', code: 'EIO', path: '/bad-0/' })
  for (const [version, error] of [[12, kafkaErrors.KAFKA_STORAGE_ERROR], [5, kafkaErrors.NOT_LEADER_OR_FOLLOWER]] as const) {
    const { responses } = await broker.ask(fetch, version, fetchRequest({ good: 0, bad: 0 }))
    expect(responses).toMatchObject([{ partitions: [{ errorCode: 0 }] }, { partitions: [{ errorCode: error }] }])
    expect(responses[0]?.partitions[0]?.records?.length).toBeGreaterThan(0)
  }
  expect(readBuffers.bytesInUse).toBe(before)
  expect(broker.lines.filter(line => line.includes('could not be read')).length).toBeGreaterThan(0)
})

test('a fetch that comes when the log is closed already, as in a stop, is refused and no error of the broker', async () => {
  await broker.broker.topics.partition('bad', 0)?.log?.close()
  const { responses } = await broker.ask(fetch, 12, fetchRequest({ good: 0, bad: 0 }))
  expect(responses).toMatchObject([{ partitions: [{ errorCode: 0 }] }, { partitions: [{ errorCode: kafkaErrors.KAFKA_STORAGE_ERROR }] }])
  expect(broker.lines.filter(line => line.includes('could not be read'))).toEqual([])
})

test('a fetch that waits is answered when what it waits for cannot be read', async () => {
  const waiting = await broker.connect()
  const answer = ask(waiting, fetch, 12, fetchRequest({ bad: 1 }, 60_000))
  await expect.poll(() => broker.broker.parts.parked.count).toBe(1)
  broker.disk.fail({ call: 'read', code: 'EIO', path: '/bad-0/' })
  await send('bad', 'second')
  expect((await answer).responses).toMatchObject([{ partitions: [{ errorCode: kafkaErrors.KAFKA_STORAGE_ERROR }] }])
  expect(broker.broker.parts.parked.count).toBe(0)
})

test('a fetch that waits for a topic is answered when the topic is deleted', async () => {
  const waiting = await broker.connect()
  const answer = ask(waiting, fetch, 12, fetchRequest({ good: 1 }, 60_000))
  await expect.poll(() => broker.broker.parts.parked.count).toBe(1)
  await broker.broker.topics.delete('good')
  expect((await answer).responses).toMatchObject([{ partitions: [{ errorCode: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION }] }])
  expect(broker.broker.parts.parked.count).toBe(0)
})
