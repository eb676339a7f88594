/** Broker configs have the effect they name, whether set for the start or while the broker runs. */

import { expect, test } from 'vitest'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { describeConfigs, incrementalAlterConfigs, joinGroup } from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import { encodeBatch } from '../../../core/records/record-batch.ts'
import { type MemoryBroker, startMemoryBroker } from '../../support/memory-broker.ts'

async function set({ ask }: MemoryBroker, name: string, value: string, resourceName = ''): Promise<number | undefined> {
  const configs = [{ name, configOperation: 0, value }]
  return (await ask(incrementalAlterConfigs, 1, { resources: [{ resourceType: 4, resourceName, configs }], validateOnly: false })).responses[0]?.errorCode
}

test('a shorter log.cleaner.backoff.ms ends the pause that is under way', async () => {
  const clock = new SimulatedClock()
  const broker = await startMemoryBroker({ clock, config: { cleanerBackoffMs: 86_400_000 } })
  const created = await broker.broker.topics.create({ name: 'latest', partitionCount: 1, configs: { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0', 'segment.ms': '1' } })
  expect(created).not.toHaveProperty('error')
  const { promise: cleaned, resolve } = Promise.withResolvers<string>()
  broker.broker.taps.subscribe(event => void (event.is === 'cleaned' && resolve(event.topic)))
  for (const value of ['old', 'new', 'newest']) {
    broker.broker.log('latest', 0)?.append(encodeBatch({ records: [{ key: Buffer.from('k'), value: Buffer.from(value), timestamp: clock.now() }] }))
    clock.advance(1000)
  }
  expect(await set(broker, 'log.cleaner.backoff.ms', '10')).toBe(0)
  clock.advance(10)
  expect(await cleaned).toBe('latest')
  await broker.stop()
})

test('a shorter producer.id.expiration.ms is what the next look at producers goes by', async () => {
  const clock = new SimulatedClock()
  const broker = await startMemoryBroker({ clock, topics: { orders: 1 } })
  const log = broker.broker.log('orders', 0)
  const producers = (): number[] => Array.from(log?.producers() ?? [], ({ producerId }) => producerId)
  log?.append(encodeBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp: clock.now() }], producerId: 7, producerEpoch: 0, baseSequence: 0 }))
  clock.advance(120_000)
  expect(producers()).toEqual([7])
  expect(await set(broker, 'producer.id.expiration.ms', '1000')).toBe(0)
  clock.advance(120_000)
  while (producers().length > 0) await new Promise(resolve => setImmediate(resolve))
  await broker.stop()
})

test('message.max.bytes set for all brokers bounds the next batch of a topic that says nothing of it', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 1 } })
  expect(await set(broker, 'message.max.bytes', '100')).toBe(0)
  expect(broker.broker.log('orders', 0)?.config.maxMessageBytes).toBe(100)
  await broker.stop()
})

test('bounds of sessions of classic groups are those the broker was started with', async () => {
  const broker = await startMemoryBroker({ config: { settings: { 'group.min.session.timeout.ms': '100', 'group.max.session.timeout.ms': '5000' } } })
  const isRefused = async (sessionTimeoutMs: number): Promise<boolean> => (await broker.ask(joinGroup, 9, {
    groupId: 'g', sessionTimeoutMs, rebalanceTimeoutMs: 1000, memberId: '', groupInstanceId: null, protocolType: 'consumer', protocols: [{ name: 'range', metadata: Buffer.alloc(0) }], reason: null,
  })).errorCode === kafkaErrors.INVALID_SESSION_TIMEOUT
  expect([await isRefused(99), await isRefused(100), await isRefused(5000), await isRefused(5001)]).toEqual([true, false, false, true])
  await broker.stop()
})

test('a broker tells its id, its rack and where it listens, each broker its own', async () => {
  const broker = await startMemoryBroker({ brokerCount: 2, racks: ['a', 'b'] })
  const names = ['broker.rack', 'log.dirs', 'node.id', 'listeners', 'offsets.topic.replication.factor']
  const answer = await broker.ask(describeConfigs, 4, { resources: [{ resourceType: 4, resourceName: '1', configurationKeys: names }], includeSynonyms: false, includeDocumentation: true })
  expect(answer.results[0]?.configs.map(({ name, value, configSource }) => [name, value, configSource]))
    .toEqual([['broker.rack', 'a', 4], ['listeners', `PLAINTEXT://127.0.0.1:${broker.port}`, 4], ['log.dirs', '/data/logs', 4], ['node.id', '1', 4], ['offsets.topic.replication.factor', '2', 4]])
  expect(answer.results[0]?.configs.every(({ documentation, readOnly }) => documentation !== null && documentation.length > 10 && readOnly)).toBe(true)
  await broker.stop()
})
