/** WriteTxnMarkers and DescribeProducers over a real listener, and the writer that a coordinator hands its markers to. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import { MarkerWriter } from '../../../core/broker/marker-writer.ts'
import { NO_LEADER } from '../../../core/broker/placement.ts'
import { type Clock, systemClock } from '../../../core/common/clock.ts'
import { createLogger, type Logger, silentLogger } from '../../../core/common/logger.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import type { PartitionLog } from '../../../core/log/partition-log.ts'
import { describeProducers, fetch, findCoordinator, writeTxnMarkers } from '../../../core/protocol/apis/index.ts'
import { errorCode } from '../../../core/protocol/errors.ts'
import { readMarker } from '../../../core/records/control-record.ts'
import { batchesOf, encodeBatch } from '../../../core/records/record-batch.ts'
import { settle } from '../groups/fixture.ts'
import { type MemoryBroker, startMemoryBroker } from '../../support/memory-broker.ts'

const now = Date.now()
let broker: MemoryBroker
beforeEach(async () => {
  broker = await startMemoryBroker({ topics: { orders: 2 } })
})
afterEach(() => broker.stop())

function log(topic = 'orders', partition = 0): PartitionLog {
  const found = broker.broker.log(topic, partition)
  if (!found) throw new Error('the partition is not ready')
  return found
}

function open(producerId: number, partition = 0, producerEpoch = 0): void {
  const records = [{ key: null, value: Buffer.from('v'), timestamp: now }]
  expect(log('orders', partition).append(encodeBatch({ records, producerId, producerEpoch, baseSequence: 0, isTransactional: true })).error).toBe('NONE')
}

type MarkerRequest = { producerId?: number; producerEpoch?: number; isCommit?: boolean; coordinatorEpoch?: number; transactionVersion?: number; topic?: string; partitions?: number[] }

async function write(o: MarkerRequest, version = 2): Promise<(number | undefined)[]> {
  const { producerId = 7, producerEpoch = 0, isCommit = false, coordinatorEpoch = 0, transactionVersion = 0, topic = 'orders', partitions = [0] } = o
  const marker = { producerId, producerEpoch, transactionResult: isCommit, coordinatorEpoch, transactionVersion, topics: [{ name: topic, partitionIndexes: partitions }] }
  const answer = await broker.ask(writeTxnMarkers, version, { markers: [version < 2 ? { ...marker, transactionVersion: 0 } : marker] })
  return partitions.map((_, at) => answer.markers[0]?.topics[0]?.partitions[at]?.errorCode)
}

async function producers(partition = 0) {
  const answer = await broker.ask(describeProducers, 0, { topics: [{ name: 'orders', partitionIndexes: [partition] }] })
  return answer.topics[0]?.partitions[0]
}

test('an administrator ends a hanging transaction: readers of committed records go on, without its records', async () => {
  open(7)
  expect(log().lastStableOffset).toBe(0)
  expect(await producers()).toMatchObject({ errorCode: 0, activeProducers: [{ producerId: 7, producerEpoch: 0, lastSequence: 0, lastTimestamp: BigInt(now), coordinatorEpoch: -1, currentTxnStartOffset: 0 }] })
  expect(await write({ coordinatorEpoch: 3 })).toEqual([0])
  expect([log().lastStableOffset, log().endOffset]).toEqual([2, 2])
  expect(await producers()).toMatchObject({ activeProducers: [{ producerId: 7, coordinatorEpoch: 3, currentTxnStartOffset: -1 }] })
  const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }
  const fetched = await broker.ask(fetch, 12, { maxWaitMs: 0, minBytes: 1, isolationLevel: 1, topics: [{ topic: 'orders', partitions: [partition] }] })
  const answer = fetched.responses[0]?.partitions[0]
  expect(answer?.abortedTransactions).toEqual([{ producerId: 7, firstOffset: 0 }])
  const records = answer?.records ?? Buffer.alloc(0)
  const batches = [...batchesOf(records)]
  expect(batches.map(({ isControl, isTransactional, baseSequence }) => [isControl, isTransactional, baseSequence])).toEqual([[false, true, 0], [true, true, -1]])
  expect(readMarker(records, batches[0]?.sizeBytes ?? 0)).toEqual({ isAbort: true, coordinatorEpoch: 3 })
})

test('each partition has its own answer, at both versions', async () => {
  open(7)
  open(7, 1, 4)
  expect(await write({ partitions: [0, 1, 2] }, 1)).toEqual([0, errorCode('INVALID_PRODUCER_EPOCH'), errorCode('UNKNOWN_TOPIC_OR_PARTITION')])
  expect(await write({ topic: 'nothing' })).toEqual([errorCode('UNKNOWN_TOPIC_OR_PARTITION')])
  expect(await producers(2)).toEqual({ partitionIndex: 2, errorCode: errorCode('UNKNOWN_TOPIC_OR_PARTITION'), errorMessage: null, activeProducers: [] })
})

test('a marker of version 2 needs an epoch of its own, a retry of it is harmless, and an older coordinator is fenced', async () => {
  open(7)
  expect(await write({ transactionVersion: 2 })).toEqual([errorCode('INVALID_PRODUCER_EPOCH')])
  expect(await write({ transactionVersion: 2, producerEpoch: 1, coordinatorEpoch: 5 })).toEqual([0])
  expect(await write({ transactionVersion: 2, producerEpoch: 1, coordinatorEpoch: 5 })).toEqual([0])
  expect(await write({ transactionVersion: 2, producerEpoch: 1, coordinatorEpoch: 4 })).toEqual([errorCode('TRANSACTION_COORDINATOR_FENCED')])
})

test('a marker of a partition of __consumer_offsets goes by way of its group coordinator', async () => {
  await broker.ask(findCoordinator, 3, { key: 'g', keyType: 0 })
  const groups = broker.broker.parts.nodes.get(1)?.groups
  const partition = groups?.partitionOf('g') ?? -1
  const commit = groups?.commitInTransaction({
    groupId: 'g', memberId: '', instanceId: null, generation: -1, retentionMs: null, canNameMissingGroup: false, producer: { producerId: 7, producerEpoch: 0 },
    topics: [{ topic: 'orders', partitions: [{ partition: 0, offset: 5, leaderEpoch: -1, metadata: null }] }],
  })
  expect(commit?.[0]?.partitions[0]?.error).toBe('NONE')
  expect(await write({ topic: '__consumer_offsets', partitions: [partition], isCommit: true })).toEqual([0])
  expect(groups?.fetchOffsets({ groupId: 'g', topics: null }).topics[0]?.partitions[0]?.offset).toBe(5)
})

function writer({ clock = systemClock, logger = silentLogger }: { clock?: Clock; logger?: Logger } = {}): MarkerWriter {
  return new MarkerWriter({ topics: broker.broker.topics, nodes: () => broker.broker.parts.nodes, clock, logger })
}

const marker = { producerId: 7, producerEpoch: 1, isAbort: false, coordinatorEpoch: 0, transactionVersion: 2 }

test('the writer leaves out partitions that are gone, and writes a marker of version 2 once', async () => {
  open(7)
  const partitions = [{ topic: 'gone', partition: 0 }, { topic: 'orders', partition: 0 }, { topic: 'orders', partition: 1 }]
  await writer().write({ ...marker, partitions }, new AbortController().signal)
  expect([log().endOffset, log('orders', 1).endOffset]).toEqual([2, 1])
  await writer().write({ ...marker, partitions }, new AbortController().signal)
  expect([log().endOffset, log('orders', 1).endOffset]).toEqual([2, 1])
})

test('the writer waits for a partition that no broker leads, and ends when it is told to', async () => {
  open(7)
  const partition = broker.broker.topics.partition('orders', 0)
  partition?.stand({ leader: NO_LEADER })
  const partitions = [{ topic: 'orders', partition: 0 }]
  const abort = new AbortController()
  const stopped = writer().write({ ...marker, partitions }, abort.signal)
  abort.abort()
  await expect(stopped).rejects.toThrow()
  const waiting = writer().write({ ...marker, partitions }, new AbortController().signal)
  expect(log().endOffset).toBe(1)
  partition?.stand({ leader: 1 })
  await waiting
  expect(log().endOffset).toBe(2)
})

test('a wait that gets long is told once, and tried again every second', async () => {
  open(7)
  const partition = broker.broker.topics.partition('orders', 0)
  partition?.stand({ leader: NO_LEADER })
  const clock = new SimulatedClock()
  const lines: string[] = []
  const waiting = writer({ clock, logger: createLogger(line => lines.push(line), clock) }).write({ ...marker, partitions: [{ topic: 'orders', partition: 0 }] }, new AbortController().signal)
  for (let second = 0; second < 20; second++) {
    await settle()
    clock.advance(1000)
  }
  expect(lines.length).toBe(1)
  expect(lines[0]).toContain('orders-0')
  partition?.stand({ leader: 1 })
  await settle()
  clock.advance(1000)
  await waiting
  expect(log().endOffset).toBe(2)
})
