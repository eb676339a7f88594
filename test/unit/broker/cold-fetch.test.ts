/** A fetch of what is not in the page cache answers what it would have answered from it; damage costs the range it lies in. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BrokerEvent } from '../../../core/broker/taps.ts'
import { WARM_BYTES_MAX } from '../../../core/common/limits.ts'
import { seededRandom } from '../../../core/common/random.ts'
import { readBuffers } from '../../../core/log/read-buffers.ts'
import { WarmPages } from '../../../core/log/warm-pages.ts'
import { fetch, listOffsets, produce } from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import type { RequestToSend, ResponseReceived } from '../../../core/protocol/schema.ts'
import { ZERO_UUID } from '../../../core/protocol/wire.ts'
import { encodeBatch } from '../../../core/records/encode-batch.ts'
import { ask } from '../../support/clients-frames.ts'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'

const PARTITIONS = 6
const START_MS = 1_700_000_000_000
let broker: MemoryBroker
beforeEach(async () => {
  broker = await startMemoryBroker({ topics: { orders: PARTITIONS } })
})
afterEach(async () => {
  await broker.stop()
  expect(readBuffers.bytesInUse).toBe(0)
})

/** As much passes through the process as the page cache is trusted to hold. */
function goCold(): void {
  new WarmPages().touch(0, WARM_BYTES_MAX + 1)
}

async function send(index: number, ...values: string[]): Promise<void> {
  const records = encodeBatch({ records: values.map((value, at) => ({ key: null, value: Buffer.from(value), headers: [], timestamp: START_MS + at })) })
  const { responses } = await broker.ask(produce, 9, { acks: 1, timeoutMs: 1000, topicData: [{ name: 'orders', topicId: ZERO_UUID, partitionData: [{ index, records }] }] })
  expect(responses).toMatchObject([{ partitionResponses: [{ errorCode: 0 }] }])
}

type Answers = ResponseReceived<typeof fetch>['responses'][number]['partitions']
type Asked = { readonly partition: number; readonly fetchOffset: number; readonly partitionMaxBytes: number }
const fetchRequest = (partitions: readonly Asked[], more: Partial<RequestToSend<typeof fetch>> = {}): RequestToSend<typeof fetch> => ({
  maxWaitMs: 0, minBytes: 1, maxBytes: 1_000_000, isolationLevel: 0,
  topics: [{ topic: 'orders', topicId: ZERO_UUID, partitions: partitions.map(asked => ({ ...asked, currentLeaderEpoch: -1, lastFetchedEpoch: -1 })) }],
  ...more,
})

/** One partition after the other; what is begun ahead may bring less than there would have been room for. */
function insistOnSame(cold: Answers, warm: Answers, maxBytes: number): void {
  let bytesLeft = maxBytes
  let hasData = false
  for (const [at, { records: coldRecords, ...facts }] of cold.entries()) {
    const { records: warmRecords, ...expected } = warm[at] ?? { records: null }
    expect(facts).toEqual(expected)
    const [some, all] = [coldRecords ?? Buffer.alloc(0), warmRecords ?? Buffer.alloc(0)].sort((a, b) => a.length - b.length)
    expect(all?.subarray(0, some?.length).equals(some ?? Buffer.alloc(0))).toBe(true)
    const size = coldRecords?.length ?? 0
    expect(size === 0 || !hasData || size <= bytesLeft).toBe(true)
    if (!hasData) expect(size > 0).toBe((warmRecords?.length ?? 0) > 0)
    hasData ||= size > 0
    bytesLeft -= size
  }
}

test('from a cold disk every fetch answers as from the page cache, whatever sizes it allows', async () => {
  const random = seededRandom(11)
  const counts: number[] = []
  for (let index = 0; index < PARTITIONS; index++) {
    counts[index] = index === 3 ? 0 : 20 + random.below(20)
    for (let at = 0; at < (counts[index] ?? 0); at++) await send(index, `${index} ${at} ${'.'.repeat(random.below(400))}`)
  }
  for (let turn = 0; turn < 150; turn++) {
    const asked = Array.from({ length: 1 + random.below(PARTITIONS) }, (_, at) => ({
      partition: (at + turn) % PARTITIONS,
      fetchOffset: random.below((counts[(at + turn) % PARTITIONS] ?? 0) + 2),
      partitionMaxBytes: [0, 1, 300, 2000, 1_000_000][random.below(5)] ?? 0,
    }))
    const request = fetchRequest(asked, { maxBytes: [0, 100, 1500, 4000, 1_000_000][random.below(5)] ?? 0, isolationLevel: random.below(2) })
    const warm = await broker.ask(fetch, 12, request)
    goCold()
    const cold = await broker.ask(fetch, 12, request)
    insistOnSame(cold.responses[0]?.partitions ?? [], warm.responses[0]?.partitions ?? [], request.maxBytes ?? 0)
  }
})

test('a damaged batch answers CORRUPT_MESSAGE, once in the log and for the window; what lies around it is served', async () => {
  const events: BrokerEvent[] = []
  broker.broker.parts.taps.subscribe(event => events.push(event))
  for (const value of ['one', 'two', 'six']) await send(0, value)
  await send(1, 'other')
  const path = broker.disk.paths.find(each => each.includes('orders-0/') && each.endsWith('.log')) ?? ''
  const file = broker.disk.openNow(path, 'write')
  file.writeNow([Buffer.of(9)], file.size / 3 + 16) // the magic of the second of three batches of one length
  file.closeNow()
  for (let turn = 0; turn < 2; turn++) {
    if (turn === 1) goCold()
    const asked = [[0, 0], [0, 1], [0, 2], [1, 0]].map(([partition = 0, fetchOffset = 0]) => ({ partition, fetchOffset, partitionMaxBytes: 1_000_000 }))
    const answers: (readonly [number, number])[] = []
    for (const each of asked) {
      const { responses } = await broker.ask(fetch, 12, fetchRequest([each]))
      const answer = responses[0]?.partitions[0]
      answers.push([answer?.errorCode ?? -1, answer?.records?.length ?? 0])
    }
    expect(answers.map(([error, bytes]) => [error, bytes > 0])).toEqual([[0, true], [kafkaErrors.CORRUPT_MESSAGE, false], [0, true], [0, true]])
  }
  expect(events.filter(({ is }) => is === 'damaged')).toEqual([{ is: 'damaged', topic: 'orders', partition: 0, fromOffset: 1, toOffset: 2 }])
  expect(broker.lines.filter(line => line.includes('damaged')).length).toBe(1)
  const { topics } = await broker.ask(listOffsets, 7, { replicaId: -1, isolationLevel: 0, topics: [{ name: 'orders', partitions: [0, 1].map(partitionIndex => ({ partitionIndex, currentLeaderEpoch: -1, timestamp: -3n })) }] })
  expect(topics[0]?.partitions.map(({ errorCode, offset }) => [errorCode, offset])).toEqual([[0, 0], [0, 0]])
})

test('a fetch that waits for more than its segment can bring is answered when the segment is closed', async () => {
  await send(0, 'first')
  const connection = await broker.connect()
  const waiting = ask(connection, fetch, 12, fetchRequest([{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }], { maxWaitMs: 60_000, minBytes: 100_000 }))
  await expect.poll(() => broker.broker.parts.parked.count).toBe(1)
  broker.broker.topics.partition('orders', 0)?.log?.roll()
  const { responses } = await waiting
  expect(responses[0]?.partitions[0]?.records?.length).toBeGreaterThan(0)
})
