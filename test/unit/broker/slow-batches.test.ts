/** Large compressed batches among small ones: order holds per partition and per connection, and other partitions go on. */

import { expect, onTestFinished, test } from 'vitest'
import { produce } from '../../../core/protocol/apis/index.ts'
import { encodeRequestFrame } from '../../../core/protocol/header.ts'
import { ZERO_UUID } from '../../../core/protocol/wire.ts'
import { encodeBatch, type NewBatch } from '../../../core/records/encode-batch.ts'
import { batchesOf } from '../../../core/records/record-batch.ts'
import { ask, RawConnection } from '../../support/clients-frames.ts'
import { heldWork } from '../../support/held-work.ts'
import { type MemoryBroker, startMemoryBroker } from '../../support/memory-broker.ts'

const batch = (value: string, more: Partial<NewBatch> = {}): Buffer =>
  encodeBatch({ records: [{ key: null, value: Buffer.from(value), timestamp: Date.now() }], ...more })
const large = (letter: string): Buffer => batch(letter.repeat(500_000), { codec: 'gzip' })

type Part = readonly [partition: number, records: Buffer]

const request = (parts: readonly Part[], acks = 1) => ({
  acks, timeoutMs: 1000,
  topicData: [{ name: 'orders', topicId: ZERO_UUID, partitionData: parts.map(([index, records]) => ({ index, records })) }],
})

async function open(): Promise<{ readonly broker: MemoryBroker; readonly work: ReturnType<typeof heldWork> }> {
  const work = heldWork()
  const broker = await startMemoryBroker({ topics: { orders: 3 }, work })
  onTestFinished(() => broker.stop())
  return { broker, work }
}

/** Offsets by partition, in the order of the request. */
async function send(connection: RawConnection, ...parts: Part[]): Promise<string[]> {
  const answer = await ask(connection, produce, 9, request(parts))
  return answer.responses.flatMap(topic => topic.partitionResponses.map(each => `${each.index}@${each.errorCode === 0 ? each.baseOffset : `error ${each.errorCode}`}`))
}

function stored({ broker }: MemoryBroker, partition: number): string[] {
  const read = broker.log('orders', partition)?.read({ offset: 0, maxBytes: 100_000_000, minOneBatch: true })
  if (read?.error !== 'NONE') throw new Error('nothing to read')
  const values = read.buffers.flatMap(bytes => [...batchesOf(bytes)].flatMap(each => [...each.records()].map(({ value }) => String(value).slice(0, 3))))
  read.release()
  return values
}

test('a large batch keeps its place before small ones of other connections, while other partitions and connections go on', async () => {
  const { broker, work } = await open()
  const [slow, quick, other] = [await broker.connect(), await broker.connect(), await broker.connect()]
  const first = send(slow, [0, large('x')])
  await expect.poll(() => work.asked.length).toBe(1)
  let isAnswered = false
  const second = send(quick, [0, batch('a')]).finally(() => { isAnswered = true })
  expect(await send(other, [1, batch('b')], [2, batch('c')])).toEqual(['1@0', '2@0'])
  expect([isAnswered, broker.broker.log('orders', 0)?.endOffset]).toEqual([false, 0])
  work.asked[0]?.go()
  expect([await first, await second]).toEqual([['0@0'], ['0@1']])
  expect(stored(broker, 0)).toEqual(['xxx', 'a'])
})

test('a connection is answered in order: what it sent behind a large batch waits, whatever its partition', async () => {
  const { broker, work } = await open()
  const connection = await broker.connect()
  for (const [correlationId, parts] of [[1, [[0, large('x')]]], [2, [[1, batch('a')]]], [3, [[0, batch('b')]]]] as const) {
    connection.sendBytes(Buffer.concat(encodeRequestFrame(produce, 9, { correlationId, clientId: 'raw', body: produce.encodeRequest(request(parts), 9) })))
  }
  await expect.poll(() => work.asked.length).toBe(1)
  work.asked[0]?.go()
  const answers = [await connection.nextFrame(), await connection.nextFrame(), await connection.nextFrame()]
  expect(answers.map(frame => frame?.readInt32BE(0))).toEqual([1, 2, 3])
  expect([stored(broker, 0), stored(broker, 1)]).toEqual([['xxx', 'b'], ['a']])
})

test('the partitions of one request go side by side, each with its own answer in its place', async () => {
  const { broker, work } = await open()
  const connection = await broker.connect()
  const answer = send(connection, [0, large('x')], [1, batch('a')], [0, batch('b')], [2, large('y')])
  await expect.poll(() => work.asked.length).toBe(2)
  work.asked[1]?.go()
  await expect.poll(() => broker.broker.log('orders', 2)?.endOffset).toBe(1)
  work.asked[0]?.go({ error: 'KAFKA_STORAGE_ERROR', message: 'the thread is gone' })
  expect(await answer).toEqual(['0@error 56', '1@0', '0@0', '2@0'])
})

test('with acks=0 a large batch that is refused closes the connection, and one that is taken is not answered', async () => {
  const { broker, work } = await open()
  const connection = await broker.connect()
  const sendQuietly = (records: Buffer): void =>
    connection.sendBytes(Buffer.concat(encodeRequestFrame(produce, 9, { correlationId: 9, clientId: 'raw', body: produce.encodeRequest(request([[0, records]], 0), 9) })))
  sendQuietly(large('x'))
  await expect.poll(() => work.asked.length).toBe(1)
  work.asked[0]?.go()
  expect(await send(connection, [1, batch('a')])).toEqual(['1@0'])
  sendQuietly(large('y'))
  await expect.poll(() => work.asked.length).toBe(2)
  work.asked[1]?.go({ error: 'KAFKA_STORAGE_ERROR', message: 'the thread is gone' })
  expect(await connection.nextFrame()).toBeUndefined()
  expect(stored(broker, 0)).toEqual(['xxx'])
})

test('a broker that stops while a batch is being checked stores nothing of it, and a client that went away does no harm', async () => {
  const { broker, work } = await open()
  const connection = await broker.connect()
  const answer = send(connection, [0, large('x')]).catch(() => ['closed'])
  await expect.poll(() => work.asked.length).toBe(1)
  await broker.stop()
  work.asked[0]?.go()
  expect(await answer).toEqual(['closed'])
  expect(broker.lines.filter(line => line.includes(' error '))).toEqual([])
})
