/** Fetch and ListOffsets of both isolation levels, over logs with committed, aborted and open transactions. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PartitionLog } from '../../../core/log/partition-log.ts'
import { fetch, listOffsets } from '../../../core/protocol/apis/index.ts'
import { encodeMarker } from '../../../core/records/control-record.ts'
import { batchesOf, encodeBatch } from '../../../core/records/record-batch.ts'
import { ask } from '../../support/clients-frames.ts'
import { type MemoryBroker, startMemoryBroker } from '../../support/memory-broker.ts'

const UNCOMMITTED = 0
const COMMITTED = 1
const now = Date.now()

let broker: MemoryBroker
beforeEach(async () => {
  broker = await startMemoryBroker({ topics: { orders: 1 } })
})
afterEach(() => broker.stop())

function log(): PartitionLog {
  const found = broker.broker.topics.partition('orders', 0)?.log
  if (!found) throw new Error('the partition is not ready')
  return found
}

/** A batch of one record; `producerId` -1 is outside of any transaction. */
function append(value: string, producerId = -1, sequence = 0, timestamp = now): void {
  const records = [{ key: null, value: Buffer.from(value), timestamp }]
  const isTransactional = producerId >= 0
  const appended = log().append(encodeBatch(isTransactional ? { records, producerId, producerEpoch: 0, baseSequence: sequence, isTransactional } : { records }))
  expect(appended.error).toBe('NONE')
}

function end(producerId: number, isAbort: boolean): void {
  const marker = encodeMarker({ producerId, producerEpoch: 0, coordinatorEpoch: 0, isAbort, timestamp: now })
  expect(log().append(marker, { origin: 'coordinator' }).error).toBe('NONE')
}

function request(isolationLevel: number, o: { offset?: number; maxWaitMs?: number; partitionMaxBytes?: number; minBytes?: number } = {}) {
  const partition = { partition: 0, fetchOffset: o.offset ?? 0, partitionMaxBytes: o.partitionMaxBytes ?? 1_000_000 }
  return { maxWaitMs: o.maxWaitMs ?? 0, minBytes: o.minBytes ?? 1, isolationLevel, topics: [{ topic: 'orders', partitions: [partition] }] }
}

async function read(isolationLevel: number, o: Parameters<typeof request>[1] = {}) {
  const partition = (await broker.ask(fetch, 12, request(isolationLevel, o))).responses[0]?.partitions[0]
  const offsets = [...batchesOf(partition?.records ?? Buffer.alloc(0))].map(({ baseOffset }) => baseOffset)
  return { error: partition?.errorCode, highWatermark: partition?.highWatermark, lastStableOffset: partition?.lastStableOffset, aborted: partition?.abortedTransactions, offsets }
}

async function list(isolationLevel: number, timestamp: number): Promise<number | undefined> {
  const answer = await broker.ask(listOffsets, 10, { replicaId: -1, isolationLevel, topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp: BigInt(timestamp) }] }] })
  expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(0)
  return answer.topics[0]?.partitions[0]?.offset
}

test('read_committed ends at the last stable offset and names aborted transactions; read_uncommitted reads all and names none', async () => {
  append('plain')
  append('dropped', 1)
  end(1, true)
  append('kept', 2)
  end(2, false)
  append('open', 3)
  append('behind')
  const common = { error: 0, highWatermark: 7, lastStableOffset: 5 }
  expect(await read(UNCOMMITTED)).toEqual({ ...common, aborted: null, offsets: [0, 1, 2, 3, 4, 5, 6] })
  expect(await read(COMMITTED)).toEqual({ ...common, aborted: [{ producerId: 1, firstOffset: 1 }], offsets: [0, 1, 2, 3, 4] })
  expect(await read(COMMITTED, { offset: 3 })).toEqual({ ...common, aborted: [], offsets: [3, 4] })
  expect(await read(COMMITTED, { offset: 5 })).toEqual({ ...common, aborted: [], offsets: [] })
  expect(await read(COMMITTED, { offset: 7 })).toEqual({ ...common, aborted: [], offsets: [] })
  expect((await read(COMMITTED, { offset: 8 })).error).toBe(1)
})

test('aborted transactions are named for the batches of the answer, not for what lies behind them', async () => {
  append('plain')
  append('dropped', 1)
  end(1, true)
  expect(await read(COMMITTED, { partitionMaxBytes: 10 })).toMatchObject({ aborted: [], offsets: [0] })
  expect(await read(COMMITTED, { offset: 1, partitionMaxBytes: 10 })).toMatchObject({ aborted: [{ producerId: 1, firstOffset: 1 }], offsets: [1] })
})

test('a waiting read_committed fetch sleeps through appends to an open transaction, and wakes when it ends', async () => {
  append('open', 1)
  const other = await broker.connect()
  const waiting = ask(other, fetch, 12, request(COMMITTED, { maxWaitMs: 20_000 }))
  const reader = await broker.connect()
  const uncommitted = ask(reader, fetch, 12, request(UNCOMMITTED, { offset: 1, maxWaitMs: 20_000 }))
  await expect.poll(() => broker.broker.parts.parked.count).toBe(2)
  append('more', 1, 1)
  append('plain')
  expect((await uncommitted).responses[0]?.partitions[0]).toMatchObject({ errorCode: 0, lastStableOffset: 0 })
  expect(broker.broker.parts.parked.count).toBe(1)
  end(1, false)
  const [answer] = (await waiting).responses[0]?.partitions ?? []
  expect([...batchesOf(answer?.records ?? Buffer.alloc(0))].map(({ baseOffset }) => baseOffset)).toEqual([0, 1, 2, 3])
  expect(answer?.lastStableOffset).toBe(4)
})

test('ListOffsets: the end of read_committed is the last stable offset, and nothing at or behind it is found', async () => {
  append('a', -1, 0, now - 3000)
  append('b', 1, 0, now - 2000)
  append('c', -1, 0, now - 1000)
  expect([await list(UNCOMMITTED, -1), await list(COMMITTED, -1)]).toEqual([3, 1])
  expect([await list(UNCOMMITTED, -2), await list(COMMITTED, -2), await list(COMMITTED, -4)]).toEqual([0, 0, 0])
  expect([await list(UNCOMMITTED, -3), await list(COMMITTED, -3)]).toEqual([2, -1])
  expect([await list(UNCOMMITTED, now - 3000), await list(COMMITTED, now - 3000)]).toEqual([0, 0])
  expect([await list(UNCOMMITTED, now - 2500), await list(COMMITTED, now - 2500)]).toEqual([1, -1])
  end(1, true)
  expect([await list(COMMITTED, -1), await list(COMMITTED, now - 2500)]).toEqual([4, 1])
  expect([await list(COMMITTED, -3), await list(COMMITTED, -5)]).toEqual([3, -1])
})
