/** What the window is told of how partitions are stored, over a real broker. */

import { mkdtempSync, readFileSync, readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { encodeMarker } from '../../../core/records/control-record.ts'
import { encodeBatch } from '../../../core/records/record-batch.ts'
import { startMemoryBroker } from '../../support/memory-broker.ts'
import { append, collect, openStudio, type OpenStudio } from './open-studio.ts'

function openTransaction({ broker }: OpenStudio, topic: string): void {
  const log = broker.log(topic, 0)
  const records = [{ key: null, value: Buffer.from('undecided'), timestamp: 1000 }]
  const appended = log?.append(encodeBatch({ records, producerId: 7, producerEpoch: 1, baseSequence: 0, isTransactional: true }))
  expect(appended?.error).toBe('NONE')
}

test('an open transaction holds the last stable offset back, and is shown until it ends', async () => {
  const opened = await openStudio({ topics: { orders: 1 } })
  append(opened, 'orders', ['a', 'b'], { timestamp: 500 })
  openTransaction(opened, 'orders')
  const detail = collect(opened.client.topics.partition, { topic: 'orders', partition: 0 })
  const now = await detail.until(items => items.find(item => item.row.openTransactionCount === 1))
  expect(now.row).toMatchObject({ startOffset: 0n, highWatermark: 3n, lastStableOffset: 2n, state: 'ready', health: { is: 'online' }, cleaning: null })
  expect(now.row.recovery).toMatchObject({ how: 'new', cutBytes: 0, setAside: null })
  expect(now.transactions).toEqual([{ producerId: 7n, epoch: 1, firstOffset: 2n, lastTimestamp: 1000, transactionalId: null }])
  opened.broker.log('orders', 0)?.append(encodeMarker({ producerId: 7, producerEpoch: 1, isAbort: false, coordinatorEpoch: 0, timestamp: 2000 }), { origin: 'coordinator' })
  const after = await detail.until(items => items.find(item => item.row.lastStableOffset === 4n))
  expect([after.row.highWatermark, after.row.openTransactionCount, after.transactions]).toEqual([4n, 0, []])
  await opened.client.topics.delete({ topic: 'orders' })
  expect((await detail.until(() => detail.ended)).failure).toMatchObject({ code: 'NOT_FOUND' })
})

test('segments have their offsets, bytes and times, the active one last', async () => {
  const opened = await openStudio()
  await opened.client.topics.create({ topic: 'rolled', partitions: 1, configs: { 'segment.bytes': '1048576' } })
  append(opened, 'rolled', ['a'], { timestamp: 1000 })
  append(opened, 'rolled', ['b'], { timestamp: 3000 })
  opened.broker.log('rolled', 0)?.roll()
  append(opened, 'rolled', ['c'], { timestamp: 4000 })
  const detail = collect(opened.client.topics.partition, { topic: 'rolled', partition: 0 })
  const now = await detail.until(items => items.find(item => item.segments.every(segment => segment.firstTimestamp !== null)))
  expect(now.segments).toMatchObject([
    { baseOffset: 0n, isActive: false, firstTimestamp: 1000, maxTimestamp: 3000 },
    { baseOffset: 2n, isActive: true, firstTimestamp: 4000, maxTimestamp: 4000 },
  ])
  expect(now.segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)).toBe(now.row.sizeBytes)
  expect(now.row.segmentCount).toBe(2)
})

test('a disk that refuses records is told with its reason, in the row, the list, the status and the events, and that it is over', async () => {
  const opened = await openStudio({ topics: { orders: 2 } })
  const { client, disk, broker } = opened
  const [detail, list, status, events] = [
    collect(client.topics.detail, { topic: 'orders' }), collect(client.topics.list, {}), collect(client.local.status, {}), collect(client.local.events, {}),
  ]
  append(opened, 'orders', ['kept'])
  disk.fail({ call: 'write', code: 'ENOSPC' })
  const batch = (): Buffer => encodeBatch({ records: [{ key: null, value: Buffer.from('refused'), timestamp: 1 }] })
  expect(broker.log('orders', 0)?.append(batch()).error).toBe('KAFKA_STORAGE_ERROR')
  const full = { is: 'offline', reason: expect.stringContaining('ENOSPC') }
  expect((await detail.until(items => items.find(item => item.partitions[0]?.health.is === 'offline'))).partitions).toMatchObject([{ health: full, state: 'ready' }, { health: { is: 'online' } }])
  await list.until(items => items.find(item => (item.is === 'snapshot' ? item.rows : item.upserts).some(row => row.offlineCount === 1)))
  expect(await status.until(items => items.find(item => item.offline.count === 1))).toMatchObject({ offline: { first: [{ topic: 'orders', partition: 0, reason: full.reason }] } })
  await events.until(items => items.flat().find(event => event.kind === 'warning' && event.text.startsWith('Partition 0 of orders takes no records')))
  disk.heal()
  expect(broker.log('orders', 0)?.append(batch()).error).toBe('NONE')
  await status.until(items => (items.at(-1)?.offline.count === 0 ? true : undefined))
  await events.until(items => items.flat().find(event => event.text === 'Partition 0 of orders takes records again'))
})

test('damaged records that a reader met stand in the status until their topic goes', async () => {
  const { client, broker } = await openStudio({ topics: { orders: 1 } })
  const status = collect(client.local.status, {})
  broker.taps.emit({ is: 'damaged', topic: 'orders', partition: 0, fromOffset: 5, toOffset: 10 })
  const { damaged } = await status.until(items => items.find(item => item.damaged.count > 0))
  expect(damaged).toEqual({ count: 1, first: [{ topic: 'orders', partition: 0, fromOffset: 5n, toOffset: 10n }] })
  await client.topics.delete({ topic: 'orders' })
  await status.until(items => (items.at(-1)?.damaged.count === 0 ? true : undefined))
})

test('durable acks are switched at once, for what is open and for the status', async () => {
  const opened = await openStudio({ topics: { orders: 1 } })
  const { client, broker } = opened
  await client.topics.create({ topic: 'own', partitions: 1, configs: { 'flush.messages': '100' } })
  const status = collect(client.local.status, {})
  expect(await status.until(items => items[0])).toMatchObject({ durableAcks: false, ownFlushTopicCount: 1 })
  await client.local.setDurableAcks({ isOn: true })
  await status.until(items => items.find(item => item.durableAcks))
  expect([broker.log('orders', 0)?.config.flushMessages, broker.log('own', 0)?.config.flushMessages]).toEqual([1, 100])
  await client.local.setDurableAcks({ isOn: false })
  expect(broker.log('orders', 0)?.config.flushMessages).toBe(Infinity)
})

test('a broker that was started with the same by another name says so when durable acks are switched off', async () => {
  const { client } = await openStudio({ config: { topicDefaults: { 'flush.messages': '1' } } })
  await expect(client.local.setDurableAcks({ isOn: false })).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('log.flush.interval.messages') })
})

test('compaction shows how dirty a log is and what it did', async () => {
  const clock = new SimulatedClock()
  const opened = await openStudio({ clock, config: { cleanerEnabled: false } })
  await opened.client.topics.create({ topic: 'users', partitions: 1, configs: { 'cleanup.policy': 'compact' } })
  const log = opened.broker.log('users', 0)
  const write = (value: string): void => {
    const records = [{ key: Buffer.from('ada'), value: Buffer.from(value), timestamp: clock.now() }]
    expect(log?.append(encodeBatch({ records })).error).toBe('NONE')
    log?.roll()
  }
  for (const value of ['1', '2', '3']) write(value)
  const detail = collect(opened.client.topics.detail, { topic: 'users' })
  const events = collect(opened.client.local.events, {})
  expect((await detail.until(items => items[0])).partitions[0]?.cleaning).toMatchObject({ state: { is: 'idle' }, dirtyRatio: 1, dirtyRatioMin: 0.5, cleanedUpTo: null, last: null })
  await opened.broker.parts.cleaner.cleanAll()
  for (let beat = 0; beat < 8; beat++) {
    clock.advance(250)
    await opened.client.local.unknownFolders({})
  }
  expect(detail.items.at(-1)?.partitions[0]?.cleaning).toMatchObject({ dirtyRatio: 0, cleanedUpTo: 3n, last: { recordsBefore: 3, recordsAfter: 1 } })
  expect(events.items.flat().map(event => event.text)).toContainEqual(expect.stringContaining('Partition 0 of users was compacted'))
})

test('what a start cut is told: how much, from where, and where it is kept', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-cut-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const first = await startMemoryBroker({ folder, topics: { orders: 2 } })
  append(first, 'orders', ['kept'])
  const keptBytes = first.broker.log('orders', 0)?.sizeBytes ?? 0
  append(first, 'orders', ['damaged'])
  await first.stop()
  damage(folder, 'orders-0')
  const { client } = await openStudio({ folder })
  const status = collect(client.local.status, {})
  const { cut } = await status.until(items => items.find(item => item.recovering === 0))
  expect(cut).toMatchObject({ count: 1, first: [{ topic: 'orders', partition: 0, hasVanished: false, cutOffset: 1n, setAside: expect.stringContaining('set-aside') }] })
  const detail = collect(client.topics.partition, { topic: 'orders', partition: 0 })
  const { row } = await detail.until(items => items[0])
  expect(row).toMatchObject({ endOffset: 1n, sizeBytes: keptBytes, recovery: { cutBytes: cut.bytes, cutOffset: 1n } })
  expect(readdirSync(row.recovery?.setAside ?? '').length).toBeGreaterThan(0)
  const events = collect(client.local.events, {})
  await events.until(items => items.flat().find(event => event.kind === 'warning' && event.text.startsWith('Partition 0 of orders was cut at offset 1: ')))
})

/** Flips the last byte of a partition's log, and takes the marker of the clean stop away. */
function damage(folder: string, partition: string): void {
  const path = join(folder, 'logs', partition, '00000000000000000000.log')
  const bytes = readFileSync(path)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 0xff
  writeFileSync(path, bytes)
  unlinkSync(join(folder, 'logs', '.kafka_cleanshutdown'))
}

test('looking at partitions at rest shows their figures and opens none of them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-rest-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const first = await startMemoryBroker({ folder, topics: { orders: 3 } })
  append(first, 'orders', ['a', 'b'])
  await first.stop()
  const { client, broker } = await openStudio({ folder })
  const detail = collect(client.topics.detail, { topic: 'orders' })
  const one = collect(client.topics.partition, { topic: 'orders', partition: 0 })
  const [list, status] = [collect(client.topics.list, {}), collect(client.local.status, {})]
  const { topic, partitions } = await detail.until(items => items[0])
  expect([topic.recordCount, topic.recoveringCount]).toEqual([2n, 0])
  expect(partitions[0]).toMatchObject({ state: 'resting', endOffset: 2n, highWatermark: 2n, lastStableOffset: 2n, segmentCount: 1, recovery: null, inSync: [1] })
  expect(await one.until(items => items[0])).toMatchObject({ recoveryPoint: null, segments: [], folder: join(folder, 'logs', 'orders-0') })
  await Promise.all([list.until(items => items[0]), status.until(items => items.find(item => item.recovering === 0))])
  expect(broker.topics.get('orders')?.partitions.map(({ state }) => state.is)).toEqual(['resting', 'resting', 'resting'])
})
