/** Configs of a topic that change while it is served. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { encodeBatch } from '../../../core/records/record-batch.ts'
import { startMemoryBroker } from '../../support/memory-broker.ts'

const root = mkdtempSync(join(tmpdir(), 'millrace-configs-'))
afterAll(() => rmSync(root, { recursive: true }))

test('configs that are set hold at once for every open log, for partitions added later, and after a restart', async () => {
  const first = await startMemoryBroker({ topics: { orders: 2 }, folder: join(root, 'kept') })
  const { topics } = first.broker
  const events: string[] = []
  first.broker.taps.subscribe(event => void ('topic' in event && events.push(`${event.is} ${event.topic}`)))
  expect(await topics.setConfigs('orders', { 'retention.ms': '5000', 'segment.bytes': '2097152' })).toBeUndefined()
  await topics.grow('orders', 3)
  const configs = [0, 1, 2].map(partition => first.broker.log('orders', partition)?.config)
  for (const config of configs) expect(config).toMatchObject({ retentionMs: 5000, segmentBytes: 2_097_152 })
  expect(await topics.setConfigs('orders', { 'retention.ms': '6000' })).toBeUndefined()
  expect(first.broker.log('orders', 0)?.config).toMatchObject({ retentionMs: 6000, segmentBytes: 1_073_741_824 })
  expect(events.filter(event => event.startsWith('topic-'))).toEqual(['topic-configured orders', 'topic-changed orders', 'topic-configured orders'])
  await first.stop()

  const second = await startMemoryBroker({ folder: join(root, 'kept') })
  expect(second.broker.topics.get('orders')?.record.configs).toEqual({ 'retention.ms': '6000' })
  expect(second.broker.log('orders', 2)?.config.retentionMs).toBe(6000)
  await second.stop()
})

test('a set of configs with a problem, or of no topic, changes nothing', async () => {
  const { broker, stop } = await startMemoryBroker({ topics: { orders: 1 } })
  const before = broker.log('orders', 0)?.config
  expect(await broker.topics.setConfigs('orders', { 'retention.ms': '5000', 'segment.ms': '0' }))
    .toEqual({ error: 'INVALID_CONFIG', message: 'Invalid value 0 for configuration segment.ms: Value must be at least 1' })
  expect(await broker.topics.setConfigs('nowhere', {})).toMatchObject({ error: 'UNKNOWN_TOPIC_OR_PARTITION' })
  expect(broker.log('orders', 0)?.config).toEqual(before)
  expect(broker.topics.get('orders')?.record.configs).toEqual({})
  await stop()
})

test('after a restart retention opens the partitions that have something to drop, and leaves the others at rest', async () => {
  const clock = new SimulatedClock()
  const folder = join(root, 'resting')
  const first = await startMemoryBroker({ topics: { old: 1, young: 1, empty: 1 }, folder, clock })
  const append = (topic: string, timestamp: number): unknown =>
    first.broker.log(topic, 0)?.append(encodeBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp }] }))
  append('old', clock.now())
  clock.advance(5000)
  append('young', clock.now())
  await first.stop()

  clock.advance(5000)
  const second = await startMemoryBroker({ folder, clock, config: { topicDefaults: { 'retention.ms': '8000' } } })
  const states = (): unknown => ['old', 'young', 'empty'].map(topic => second.broker.topics.partition(topic, 0)?.state.is)
  expect(states()).toEqual(['resting', 'resting', 'resting'])
  await second.broker.parts.sweeps.sweep()
  expect(states()).toEqual(['ready', 'resting', 'resting'])
  expect([second.broker.log('old', 0)?.startOffset, second.broker.log('old', 0)?.sizeBytes]).toEqual([1, 0])

  await second.broker.topics.setConfigs('young', { 'cleanup.policy': 'compact' })
  expect(states()).toEqual(['ready', 'ready', 'resting'])
  await second.stop()
})
