import { expect, test } from 'vitest'
import { RPC_MESSAGE_BYTES_MAX } from '../../../core/common/limits.ts'
import { partitionForKey } from '../../../core/records/murmur2.ts'
import type { MessageRow, TailItem } from '../../../core/studio/contract/messages.ts'
import { append, collect, openStudio } from './open-studio.ts'

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))
const textOf = (row: MessageRow): string => ('text' in row.value ? row.value.text : row.value.is)
const rowsOf = (items: readonly TailItem[]): MessageRow[] => items.flatMap(item => [...item.rows])

test('a record produced from the window is read back whole', async () => {
  const { client, broker } = await openStudio({ topics: { orders: 3 } })
  const key = bytes('customer-7')
  const sent = await client.messages.produce({
    topic: 'orders', partition: null, key, value: bytes('{"total":12345678901234567890}'), headers: [{ name: 'trace', value: bytes('abc') }, { name: 'none', value: null }], timestamp: 1_700_000_000_000n,
  })
  expect(sent).toMatchObject({ partition: partitionForKey(key, 3), offset: 0n })
  const detail = await client.messages.record({ topic: 'orders', partition: sent.partition, offset: 0n })
  expect(detail).toMatchObject({
    row: { timestamp: 1_700_000_000_000n, value: { is: 'json', text: '{"total":12345678901234567890}' }, headerCount: 2 },
    headers: [{ name: 'trace', value: { is: 'text', text: 'abc' } }, { name: 'none', value: { is: 'null' } }],
    decoder: 'JSON, by shape', keyBytes: key, batch: { codec: 'none', recordCount: 1, producerId: null },
  })
  expect(broker.taps.total.recordsIn).toBe(1)
})

test('records without a key go to the partitions in turn, and a null value is a tombstone', async () => {
  const { client } = await openStudio({ topics: { orders: 3 } })
  const send = () => client.messages.produce({ topic: 'orders', partition: null, key: null, value: null, headers: [], timestamp: null })
  expect([(await send()).partition, (await send()).partition, (await send()).partition, (await send()).partition]).toEqual([0, 1, 2, 0])
  expect((await client.messages.record({ topic: 'orders', partition: 0, offset: 0n })).row.value).toEqual({ is: 'null' })
})

test('a record that cannot be produced fails with Kafka\'s code', async () => {
  const { client } = await openStudio({ topics: { orders: 1 } })
  const send = (change: object) => client.messages.produce({ topic: 'orders', partition: null, key: null, value: null, headers: [], timestamp: null, ...change })
  await expect(send({ topic: 'nowhere' })).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
  await expect(send({ partition: 4 })).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
  await expect(send({ value: new Uint8Array(2_000_000) })).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
  await expect(send({ timestamp: -5n })).rejects.toMatchObject({ code: 'INVALID_TIMESTAMP' })
  await expect(send({ partition: 1.5 })).rejects.toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('partition') })
})

test('a position becomes a cursor: start, end, an offset moved into the log, a time', async () => {
  const opened = await openStudio({ topics: { orders: 2 } })
  const { client } = opened
  append(opened, 'orders', ['a', 'b'], { timestamp: 1000 })
  append(opened, 'orders', ['c'], { timestamp: 2000 })
  append(opened, 'orders', ['d'], { partition: 1, timestamp: 3000 })
  const locate = (at: Parameters<typeof client.messages.locate>[0]['at'], partitions: number[] | null = null) => client.messages.locate({ topic: 'orders', partitions, at })
  const cursor = (first: bigint, second: bigint) => [{ partition: 0, offset: first }, { partition: 1, offset: second }]
  expect(await locate({ is: 'start' })).toEqual(cursor(0n, 0n))
  expect(await locate({ is: 'end' })).toEqual(cursor(3n, 1n))
  expect(await locate({ is: 'offset', offset: 2n })).toEqual(cursor(2n, 1n))
  expect(await locate({ is: 'offset', offset: -9n })).toEqual(cursor(0n, 0n))
  expect(await locate({ is: 'time', timestamp: 1500n })).toEqual(cursor(2n, 0n))
  expect(await locate({ is: 'time', timestamp: 9_000_000_000_000_000_000n })).toEqual(cursor(3n, 1n))
  expect(await locate({ is: 'end' }, [1])).toEqual([{ partition: 1, offset: 1n }])
  await expect(locate({ is: 'end' }, [7])).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('no partition 7') })
  await expect(client.messages.locate({ topic: 'gone', partitions: null, at: { is: 'end' } })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('pages walk over rolled segments in both directions', async () => {
  const opened = await openStudio()
  const { client, broker } = opened
  await client.topics.create({ topic: 'rolled', partitions: 1, configs: { 'segment.bytes': '1048576' } })
  for (let batch = 0; batch < 60; batch++) append(opened, 'rolled', Array.from({ length: 10 }, (_, at) => `${batch * 10 + at}`.padEnd(10_000, '.')), { timestamp: batch })
  expect(broker.log('rolled', 0)?.segmentCount).toBeGreaterThan(4)
  for (const direction of ['forward', 'backward'] as const) {
    const seen: number[] = []
    let cursor = await client.messages.locate({ topic: 'rolled', partitions: null, at: { is: direction === 'forward' ? 'start' : 'end' } })
    for (;;) {
      const page = await client.messages.page({ topic: 'rolled', cursor, direction, limit: 70 })
      seen.push(...page.rows.map(row => Number(row.offset)))
      cursor = [...page.next]
      if (page.isEnd) break
    }
    expect(seen).toEqual(Array.from({ length: 600 }, (_, at) => (direction === 'forward' ? at : 599 - at)))
  }
})

test('records that are not there say why', async () => {
  const opened = await openStudio({ topics: { orders: 1 } })
  append(opened, 'orders', ['a'])
  await expect(opened.client.messages.record({ topic: 'orders', partition: 0, offset: 1n })).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('ends at 1') })
  await expect(opened.client.messages.record({ topic: 'orders', partition: 3, offset: 0n })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('the largest record with the largest key still fits one message', async () => {
  const { client } = await openStudio()
  await client.topics.create({ topic: 'large', partitions: 1, configs: { 'max.message.bytes': '20000000' } })
  const [key, value] = [new Uint8Array(2_000_000).fill(65), new Uint8Array(11_000_000).fill(66)]
  expect(key.length + value.length).toBeLessThan(RPC_MESSAGE_BYTES_MAX)
  await client.messages.produce({ topic: 'large', partition: 0, key, value, headers: [], timestamp: null })
  const detail = await client.messages.record({ topic: 'large', partition: 0, offset: 0n, bytesMax: 10 * 1024 * 1024 })
  expect([detail.keySizeBytes, detail.valueSizeBytes, detail.valueBytes?.length]).toEqual([2_000_000, 11_000_000, 10 * 1024 * 1024])
})

test('a tail shows what is appended from now on, over all partitions, and one that is added later', async () => {
  const opened = await openStudio({ topics: { orders: 2 } })
  append(opened, 'orders', ['before'])
  const tail = collect(opened.client.messages.tail, { topic: 'orders', partitions: null })
  await opened.client.messages.locate({ topic: 'orders', partitions: null, at: { is: 'end' } })
  append(opened, 'orders', ['first'])
  append(opened, 'orders', ['second'], { partition: 1 })
  await tail.until(items => (rowsOf(items).length === 2 ? true : undefined))
  await opened.client.topics.addPartitions({ topic: 'orders', total: 3 })
  append(opened, 'orders', ['third'], { partition: 2 })
  await tail.until(items => (rowsOf(items).length === 3 ? true : undefined))
  expect(rowsOf(tail.items).map(textOf).sort()).toEqual(['first', 'second', 'third'])
  expect(tail.items.every(item => item.skipped === 0)).toBe(true)
})

test('a tail can start at a cursor, and ends when its topic is deleted', async () => {
  const opened = await openStudio({ topics: { orders: 1 } })
  append(opened, 'orders', ['0', '1', '2', '3'])
  const tail = collect(opened.client.messages.tail, { topic: 'orders', partitions: [0], from: [{ partition: 0, offset: 2n }] })
  await tail.until(items => (rowsOf(items).length === 2 ? true : undefined))
  expect(rowsOf(tail.items).map(textOf)).toEqual(['2', '3'])
  await opened.client.topics.delete({ topic: 'orders' })
  const ended = await tail.until(() => tail.ended)
  expect(ended.failure).toMatchObject({ code: 'NOT_FOUND', message: 'The topic orders was deleted.' })
})

test('a paused tail loses nothing up to its backlog; beyond it every record is either shown or counted as skipped', async () => {
  const opened = await openStudio({ topics: { orders: 2 } })
  const tail = collect(opened.client.messages.tail, { topic: 'orders', partitions: null })
  tail.pause()
  await opened.client.messages.locate({ topic: 'orders', partitions: null, at: { is: 'end' } })
  for (let batch = 0; batch < 30; batch++) append(opened, 'orders', Array.from({ length: 100 }, (_, at) => `${at}`), { partition: batch % 2 })
  tail.resume()
  await tail.until(items => (rowsOf(items).length === 3000 ? true : undefined))
  expect(tail.items.every(item => item.skipped === 0)).toBe(true)
  tail.pause()
  for (let batch = 0; batch < 300; batch++) append(opened, 'orders', Array.from({ length: 100 }, (_, at) => `${at}`), { partition: batch % 2 })
  tail.resume()
  const total = (items: readonly TailItem[]): number => rowsOf(items).length + items.reduce((sum, item) => sum + item.skipped, 0)
  await tail.until(items => (total(items) === 33_000 ? true : undefined))
  expect(tail.items.some(item => item.skipped > 20_000)).toBe(true)
  const last = rowsOf(tail.items).filter(row => row.partition === 0).at(-1)
  expect(last?.offset).toBe(16_499n)
})
