/** Topics on a disk that fails, and topics that go while they are being recovered. */

import { expect, test } from 'vitest'
import { recover } from '../../../core/broker/recover.ts'
import { Placement } from '../../../core/broker/placement.ts'
import { TopicRegistry } from '../../../core/broker/topic-registry.ts'
import { Taps } from '../../../core/broker/taps.ts'
import { Catalog } from '../../../core/catalog/catalog.ts'
import { silentLogger } from '../../../core/common/logger.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { seededRandom } from '../../../core/common/random.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { LogDirectory } from '../../../core/log/log-directory.ts'
import { batch, mustAppend, readAll } from '../log/fixture.ts'

async function openRegistry({ disk = new MemoryDisk(), catalog = Catalog.open({ file: ':memory:', disk }) } = {}) {
  const clock = new SimulatedClock()
  const logger = silentLogger
  const logs = await LogDirectory.open({ disk, clock, folder: '/logs', clusterId: 'c', brokerId: 1, logger })
  const taps = new Taps()
  const placement = new Placement([{ id: 1, rack: null }])
  const topics = new TopicRegistry({ catalog, logs, placement, internalPartitions: new Map([['__consumer_offsets', 4]]), topicDefaults: {}, clock, random: seededRandom(1), taps, logger })
  const create = (partitionCount = 2) => topics.create({ name: 'orders', partitionCount, configs: {} })
  return { disk, catalog, logs, clock, taps, topics, placement, create }
}
type Registry = Awaited<ReturnType<typeof openRegistry>>

/** The same topics after a kill: known, and not opened yet. */
async function reopened(before: Registry): Promise<Registry> {
  before.disk.crash('process')
  return openRegistry(before)
}
const foldersOf = async ({ disk }: Registry) => (await disk.list('/logs')).filter(({ isFolder }) => isFolder).map(({ name }) => name)

test('a topic that the disk has no room for is refused as a whole, and can be created once there is', async () => {
  const registry = await openRegistry()
  registry.disk.fail({ call: 'open', code: 'ENOSPC', path: 'orders-1/' })
  expect(await registry.create()).toMatchObject({ error: 'KAFKA_STORAGE_ERROR', message: expect.stringContaining('ENOSPC') })
  expect(registry.topics.get('orders')).toBeUndefined()
  expect(registry.catalog.topics()).toEqual([])
  registry.disk.heal()
  expect(await registry.create()).toMatchObject({ partitions: [{ state: { is: 'ready' } }, { state: { is: 'ready' } }] })
  await registry.logs.close()
})

test('a catalog that cannot take the topic is a refusal too', async () => {
  const registry = await openRegistry()
  registry.catalog.close()
  expect(await registry.create()).toMatchObject({ error: 'KAFKA_STORAGE_ERROR' })
  expect(registry.topics.get('orders')).toBeUndefined()
  await registry.logs.close()
})

test.each(['before', 'while'] as const)('a topic deleted %s its partitions are recovered goes with its files, and its name is free at once', async when => {
  const registry = await openRegistry()
  await registry.create()
  const again = await reopened(registry)
  const old = again.topics.get('orders')
  const recover = (): Promise<unknown> => Promise.all(old?.partitions.map(partition => again.topics.open(old.record, partition, false)) ?? [])
  const recovering = when === 'while' ? recover() : undefined
  expect(await again.topics.delete('orders')).toBeUndefined()
  await (recovering ?? recover())
  expect(old?.partitions.map(({ state }) => state.is)).toEqual(['failed', 'failed'])
  expect(await again.create(1)).toMatchObject({ partitions: [{ state: { is: 'ready' } }] })
  again.clock.advance(60_000)
  while ((await foldersOf(again)).length > 1) await Promise.resolve()
  expect(await foldersOf(again)).toEqual(['orders-0'])
  await again.logs.close()
  expect(again.disk.openFiles).toBe(0)
})

test('a topic whose log could not be opened can be deleted, and its name is free at once', async () => {
  const registry = await openRegistry()
  await registry.create()
  const again = await reopened(registry)
  const old = again.topics.get('orders')
  again.disk.fail({ call: 'open', code: 'EIO', path: 'orders-1/' })
  again.disk.fail({ call: 'read', code: 'EIO', path: 'orders-1/' })
  if (old) for (const partition of old.partitions) await again.topics.open(old.record, partition, false)
  again.disk.heal()
  expect(await again.topics.delete('orders')).toBeUndefined()
  expect(await again.create(2)).toMatchObject({ partitions: [{ state: { is: 'ready' } }, { state: { is: 'ready' } }] })
  await again.logs.close()
})

test('a fault while one partition is recovered keeps no other from being served', async () => {
  const registry = await openRegistry()
  await registry.create(8)
  const again = await reopened(registry)
  const { topics, taps, clock } = again
  taps.subscribe(event => {
    if (event.is === 'partition-state' && event.partition < 4) throw new Error('a listener with a fault')
  })
  const recovery = recover({ topics, coordinated: [], clock, logger: silentLogger, tailBytes: (topic, partition) => again.logs.tailBytes(topic, partition), abort: () => {} })
  await recovery.done
  expect(topics.get('orders')?.partitions.map(({ state }) => state.is)).toEqual(Array.from({ length: 8 }, () => 'ready'))
  recovery.stop()
  await again.logs.close()
})

test('partitions that could not be opened are tried again every few seconds, said once, and serve as soon as their disk does', async () => {
  const registry = await openRegistry()
  await registry.create(2)
  for (const partition of registry.topics.get('orders')?.partitions ?? []) if (partition.log) mustAppend(partition.log, batch(['kept']))
  registry.disk.crash('process')
  const again = await openRegistry(registry)
  const { topics, taps, clock } = again
  const told: string[] = []
  taps.subscribe(event => { if ('partition' in event && event.partition === 1) told.push(event.is) })
  registry.disk.fail({ call: 'open', code: 'EIO', path: 'orders-1/' })
  const recovery = recover({ topics, coordinated: [], clock, logger: silentLogger, tailBytes: (topic, partition) => again.logs.tailBytes(topic, partition), abort: () => {} })
  await recovery.done
  const states = (): unknown => topics.get('orders')?.partitions.map(({ state }) => state.is)
  expect(states()).toEqual(['ready', 'failed'])
  for (let round = 0; round < 3; round++) {
    clock.advance(5000)
    await topics.idle()
    await expect.poll(states).toEqual(['ready', 'failed'])
  }
  registry.disk.heal()
  await expect.poll(() => (clock.advance(5000), states())).toEqual(['ready', 'ready'])
  const log = topics.partition('orders', 1)?.log
  expect(log && readAll(log)).toEqual(['kept'])
  expect(told).toEqual(['partition-state', 'recovered', 'partition-state', 'storage-well'])
  recovery.stop()
  await again.logs.close()
  expect(clock.pendingCount).toBe(0)
})
