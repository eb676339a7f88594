/** Partitions at rest: after a clean stop they are served from what is known of them, and their logs opened by their first use. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Placement } from '../../../core/broker/placement.ts'
import { TopicRegistry } from '../../../core/broker/topic-registry.ts'
import { type BrokerEvent, Taps } from '../../../core/broker/taps.ts'
import { Catalog } from '../../../core/catalog/catalog.ts'
import { silentLogger } from '../../../core/common/logger.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { seededRandom } from '../../../core/common/random.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { LogDirectory } from '../../../core/log/log-directory.ts'
import { metadata } from '../../../core/protocol/apis/index.ts'
import { startMemoryBroker } from '../../support/memory-broker.ts'
import { batch, mustAppend, readAll } from '../log/fixture.ts'

const root = mkdtempSync(join(tmpdir(), 'millrace-resting-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function openRegistry({ disk = new MemoryDisk(), catalog = Catalog.open({ file: ':memory:', disk }) } = {}) {
  const clock = new SimulatedClock(1_700_000_000_000)
  const logs = await LogDirectory.open({ disk, clock, folder: '/data/logs', clusterId: 'c', brokerId: 1, logger: silentLogger })
  const taps = new Taps()
  const events: BrokerEvent[] = []
  taps.subscribe(event => events.push(event))
  const topics = new TopicRegistry({ catalog, logs, placement: new Placement([{ id: 1, rack: null }]), internalPartitions: new Map([['__consumer_offsets', 4]]), topicDefaults: {}, clock, random: seededRandom(1), taps, logger: silentLogger })
  return { disk, catalog, logs, clock, topics, events }
}
type Registry = Awaited<ReturnType<typeof openRegistry>>

/** Two partitions with a record each, stopped cleanly and found again. */
async function restarted(configs: Record<string, string> = {}): Promise<Registry> {
  const first = await openRegistry()
  const topic = await first.topics.create({ name: 'orders', partitionCount: 2, configs })
  if ('error' in topic) throw new Error(topic.message)
  for (const { log } of topic.partitions) if (log) mustAppend(log, batch(['a']))
  await first.logs.close()
  return openRegistry(first)
}
const statesOf = ({ topics }: Registry): unknown => topics.get('orders')?.partitions.map(({ state }) => state.is)

test('metadata has every leader and epoch at once, without opening a log, and a record more opens the one it goes to', async () => {
  const folder = mkdtempSync(join(root, 'each-'))
  const first = await startMemoryBroker({ folder, topics: { orders: 3 } })
  for (const { log } of first.broker.topics.get('orders')?.partitions ?? []) if (log) mustAppend(log, batch(['a', 'b']))
  await first.stop()
  const again = await startMemoryBroker({ folder })
  const states = (): unknown => again.broker.topics.get('orders')?.partitions.map(({ state }) => state.is)
  const answer = await again.ask(metadata, 9, { topics: [{ name: 'orders' }] })
  expect(answer.topics[0]?.partitions).toMatchObject([0, 1, 2].map(partitionIndex => ({ partitionIndex, errorCode: 0, leaderId: 1, leaderEpoch: 0 })))
  expect(states()).toEqual(['resting', 'resting', 'resting'])
  expect(again.broker.topics.partition('orders', 1)?.facts).toMatchObject({ startOffset: 0, endOffset: 2, segmentCount: 1 })
  const log = again.broker.log('orders', 1)
  expect([log && mustAppend(log, batch(['c'])).baseOffset, states()]).toEqual([2, ['resting', 'ready', 'resting']])
  await again.stop()
  const third = await startMemoryBroker({ folder })
  expect(third.broker.topics.get('orders')?.partitions.map(({ facts }) => facts?.endOffset)).toEqual([2, 3, 2])
  await third.stop()
})

test('one whose files are odd is recovered by its first use, and ready then', async () => {
  const again = await restarted()
  again.disk.removeNow('/data/logs/orders-1/00000000000000000000.index')
  expect(statesOf(again)).toEqual(['resting', 'resting'])
  const partition = again.topics.partition('orders', 1)
  expect([partition?.log, statesOf(again)]).toEqual([undefined, ['resting', 'recovering']])
  await again.topics.idle()
  expect([statesOf(again), partition?.log && readAll(partition.log)]).toEqual([['resting', 'ready'], ['a']])
  await again.logs.close()
  expect(again.disk.openFiles).toBe(0)
})

test('one whose folder is gone begins anew on its first use, and it is told', async () => {
  const again = await restarted()
  again.disk.removeNow('/data/logs/orders-0')
  expect(again.topics.partition('orders', 0)?.log).toBeUndefined()
  await again.topics.idle()
  expect(again.events).toContainEqual({ is: 'recovered', topic: 'orders', partition: 0, report: expect.objectContaining({ how: 'vanished', epochRaised: true }) })
  expect(again.topics.partition('orders', 0)?.log).toMatchObject({ endOffset: 0, leaderEpoch: 1 })
  await again.logs.close()
})

test('a topic at rest is deleted with its files, and its name is free', async () => {
  const again = await restarted()
  expect(await again.topics.delete('orders')).toBeUndefined()
  expect((await again.disk.list('/data/logs')).filter(({ name }) => /^orders-\d$/.test(name))).toEqual([])
  expect(await again.topics.create({ name: 'orders', partitionCount: 1, configs: {} })).toMatchObject({ partitions: [{ state: { is: 'ready' } }] })
  await again.logs.close()
})

test('configs that changed while it rested are those it opens with', async () => {
  const again = await restarted({ 'segment.bytes': '2000000' })
  await again.topics.setConfigs('orders', { 'segment.bytes': '3000000' })
  expect([statesOf(again), again.topics.partition('orders', 0)?.log?.config.segmentBytes]).toEqual([['resting', 'resting'], 3000000])
  await again.logs.close()
})

test('a partition that nobody used stays at rest through further stops', async () => {
  let again = await restarted()
  for (let round = 0; round < 3; round++) {
    await again.logs.close()
    again = await openRegistry(again)
    expect(statesOf(again)).toEqual(['resting', 'resting'])
  }
  expect(again.topics.partition('orders', 1)?.log?.endOffset).toBe(1)
  await again.logs.close()
})

test('a compacted topic is opened at the start: the cleaner looks at what is open', async () => {
  const again = await restarted({ 'cleanup.policy': 'compact' })
  expect(statesOf(again)).toEqual(['recovering', 'recovering'])
  await again.logs.close()
})

test('nothing rests after a kill', async () => {
  const again = await restarted()
  again.disk.crash('process')
  expect(statesOf(await openRegistry(again))).toEqual(['recovering', 'recovering'])
})
