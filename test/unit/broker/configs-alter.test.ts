/** Configs that clients change at run time: what is refused, what takes effect, and what outlives a restart. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { alterConfigs, describeConfigs, incrementalAlterConfigs, listConfigResources } from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import { type MemoryBroker, startMemoryBroker } from '../../support/memory-broker.ts'

const root = mkdtempSync(join(tmpdir(), 'millrace-alter-'))
afterAll(() => rmSync(root, { recursive: true }))

const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3]
type Change = readonly [name: string, operation: number, value?: string | null]

/** The error of one resource, with its message where there is one. */
async function alter({ ask }: MemoryBroker, resourceType: number, resourceName: string, changes: readonly Change[], validateOnly = false): Promise<unknown> {
  const configs = changes.map(([name, configOperation, value = null]) => ({ name, configOperation, value }))
  const { responses } = await ask(incrementalAlterConfigs, 1, { resources: [{ resourceType, resourceName, configs }], validateOnly })
  return responses.map(({ errorCode, errorMessage }) => errorMessage ?? errorCode)[0]
}

async function describe({ ask }: MemoryBroker, resourceType: number, resourceName: string, ...keys: string[]): Promise<unknown[]> {
  const { results } = await ask(describeConfigs, 4, { resources: [{ resourceType, resourceName, configurationKeys: keys }], includeSynonyms: true, includeDocumentation: false })
  return results.flatMap(({ configs }) => configs.map(({ name, value, configSource }) => [name, value, configSource]))
}

test('topic configs are set, deleted, appended to and subtracted from at once, and after a restart', async () => {
  const first = await startMemoryBroker({ topics: { orders: 1 }, folder: join(root, 'topic') })
  expect(await alter(first, 2, 'orders', [['retention.ms', SET, '5000'], ['cleanup.policy', APPEND, 'compact']])).toBe(0)
  expect(first.broker.log('orders', 0)?.config).toMatchObject({ retentionMs: 5000, cleanupPolicy: ['delete', 'compact'] })
  expect(await alter(first, 2, 'orders', [['retention.ms', DELETE], ['cleanup.policy', SUBTRACT, 'delete'], ['segment.ms', SET, '9']])).toBe(0)
  await first.stop()
  const second = await startMemoryBroker({ folder: join(root, 'topic') })
  expect(second.broker.log('orders', 0)?.config).toMatchObject({ retentionMs: 604_800_000, cleanupPolicy: ['compact'], segmentMs: 9 })
  await second.stop()
})

test('a topic keeps what it had when one of its changes is refused, or when they are only checked', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 1 } })
  expect(await alter(broker, 2, 'orders', [['flush.ms', SET, '1'], ['flush.messages', SET, '0']])).toBe('Invalid value 0 for configuration flush.messages: Value must be at least 1')
  expect(await alter(broker, 2, 'orders', [['flush.ms', SET, '1']], true)).toBe(0)
  expect(broker.broker.topics.get('orders')?.record.configs).toEqual({})
  const name = 'leader.replication.throttled.replicas'
  const replicas = (from: number): string => Array.from({ length: 3000 }, (_, at) => `${from + at}:1`).join(',')
  expect(await alter(broker, 2, 'orders', [[name, SET, replicas(10_000)]])).toBe(0)
  expect(await alter(broker, 2, 'orders', [[name, APPEND, replicas(20_000)]])).toBe('The configuration value cannot be added because it exceeds the maximum value size of 32767 bytes.')
  expect(broker.broker.topics.get('orders')?.record.configs).toEqual({ [name]: replicas(10_000) })
  await broker.stop()
})

test('changes of one topic that arrive together are all made', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 1 } })
  const others = await Promise.all([broker.connect(), broker.connect(), broker.connect()])
  const names = ['flush.ms', 'segment.ms', 'retention.ms', 'file.delete.delay.ms']
  const { ask } = await import('../../support/clients-frames.ts')
  const request = (name: string) => ({ resources: [{ resourceType: 2, resourceName: 'orders', configs: [{ name, configOperation: SET ?? 0, value: '77' }] }], validateOnly: false })
  await Promise.all(names.map((name, at) => (others[at] ? ask(others[at], incrementalAlterConfigs, 1, request(name)) : broker.ask(incrementalAlterConfigs, 1, request(name)))))
  expect(broker.broker.topics.get('orders')?.record.configs).toEqual(Object.fromEntries(names.map(name => [name, '77'])))
  await broker.stop()
})

test('a config of one broker is stronger than one of all, that than one of the start; topics follow at once and after a restart', async () => {
  const config = { settings: { 'log.retention.hours': '2' } }
  const first = await startMemoryBroker({ topics: { orders: 1 }, folder: join(root, 'broker'), config })
  const retention = (broker: MemoryBroker): unknown => broker.broker.log('orders', 0)?.config.retentionMs
  expect(retention(first)).toBe(7_200_000)
  expect(await alter(first, 4, '', [['log.retention.ms', SET, '70000']])).toBe(0)
  expect(retention(first)).toBe(70_000)
  expect(await alter(first, 4, '1', [['log.retention.ms', SET, '80000']])).toBe(0)
  expect(retention(first)).toBe(80_000)
  await first.stop()
  const second = await startMemoryBroker({ folder: join(root, 'broker'), config })
  expect(retention(second)).toBe(80_000)
  expect(await describe(second, 2, 'orders', 'retention.ms')).toEqual([['retention.ms', '80000', 2]])
  await alter(second, 4, '1', [['log.retention.ms', DELETE]])
  expect(await describe(second, 2, 'orders', 'retention.ms')).toEqual([['retention.ms', '70000', 3]])
  await alter(second, 4, '', [['log.retention.ms', DELETE]])
  expect(retention(second)).toBe(7_200_000)
  await second.stop()
})

test('a broker refuses what is only for the start, values that are none, and other brokers\' names', async () => {
  const broker = await startMemoryBroker()
  expect(await alter(broker, 4, '1', [['num.partitions', SET, '5']])).toBe('Cannot update these configs dynamically: [num.partitions]')
  expect(await alter(broker, 4, '', [['num.network.threads', SET, '5']])).toBe('Cannot update these configs dynamically: [num.network.threads]')
  expect(await alter(broker, 4, '', [['log.roll.ms', SET, '0']])).toBe('requirement failed: log.roll.ms must be greater than or equal to 1')
  expect(await alter(broker, 4, '2', [['log.roll.ms', SET, '5']])).toBe('Unexpected broker id, expected 1, but received 2')
  expect(await alter(broker, 8, '1', [['root', SET, 'DEBUG']])).toBe('Logger root does not exist!')
  expect(await alter(broker, 2, 'orders', [['flush.ms', 9, '1']])).toBe('Unknown operations type 9')
  expect(await describe(broker, 4, '')).toEqual([])
  await broker.stop()
})

test('a name that Kafka does not know is kept for a broker and told as a secret', async () => {
  const broker = await startMemoryBroker()
  expect(await alter(broker, 4, '', [['my.plugin.key', SET, 'hidden']])).toBe(0)
  expect(await describe(broker, 4, '', 'my.plugin.key')).toEqual([['my.plugin.key', null, 3]])
  expect(await describe(broker, 4, '1', 'my.plugin.key')).toEqual([['my.plugin.key', null, 3]])
  await broker.stop()
})

test('with several brokers, log configs of one of them are refused: they keep one store', async () => {
  const broker = await startMemoryBroker({ brokerCount: 2 })
  expect(await alter(broker, 4, '1', [['log.retention.ms', SET, '5'], ['max.connections.per.ip', SET, '5']]))
    .toBe('These configs can be set for all brokers of this process only, with an empty name: [log.retention.ms]')
  await broker.stop()
})

test('the configs of a group hold for it within the bounds of the broker, and outlive a restart', async () => {
  const first = await startMemoryBroker({ folder: join(root, 'group') })
  expect(first.broker.parts.dynamicConfigs.groupConfig('g', 1)).toEqual({ sessionTimeoutMs: 45_000, heartbeatIntervalMs: 5000, assignmentIntervalMs: 1000 })
  expect(await alter(first, 32, 'g', [['consumer.session.timeout.ms', SET, '60000'], ['consumer.heartbeat.interval.ms', SET, '7000']])).toBe(0)
  expect(await alter(first, 32, 'g', [['consumer.heartbeat.interval.ms', SET, '70000']])).toBe('consumer.heartbeat.interval.ms must be less than or equal to group.consumer.max.heartbeat.interval.ms')
  await first.stop()
  const second = await startMemoryBroker({ folder: join(root, 'group'), config: { settings: { 'group.consumer.max.session.timeout.ms': '50000' } } })
  expect(second.broker.parts.dynamicConfigs.groupConfig('g', 1)).toEqual({ sessionTimeoutMs: 50_000, heartbeatIntervalMs: 7000, assignmentIntervalMs: 1000 })
  expect(second.broker.parts.dynamicConfigs.groupConfig('other', 1).sessionTimeoutMs).toBe(45_000)
  await second.stop()
})

test('AlterConfigs replaces all that is set; a resource named twice is refused both times', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 1 } })
  await alter(broker, 2, 'orders', [['flush.ms', SET, '1'], ['segment.ms', SET, '2']])
  const replace = async (...names: string[]): Promise<unknown> => (await broker.ask(alterConfigs, 0, {
    resources: names.map(resourceName => ({ resourceType: 2, resourceName, configs: [{ name: 'flush.ms', value: '7' }] })), validateOnly: false,
  })).responses.map(({ errorCode }) => errorCode)
  expect(await replace('orders', 'orders')).toEqual([kafkaErrors.INVALID_REQUEST, kafkaErrors.INVALID_REQUEST])
  expect(await replace('orders', 'nowhere')).toEqual([0, kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION])
  expect(broker.broker.topics.get('orders')?.record.configs).toEqual({ 'flush.ms': '7' })
  await broker.stop()
})

test('resources with configs are listed by type', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 1 } })
  await alter(broker, 32, 'g', [['consumer.session.timeout.ms', SET, '50000']])
  await alter(broker, 16, 'm', [['metrics', SET, '*']])
  const list = async (...resourceTypes: number[]): Promise<unknown> =>
    (await broker.ask(listConfigResources, 1, { resourceTypes })).configResources.map(({ resourceType, resourceName }) => `${resourceType} ${resourceName}`)
  expect(await list()).toEqual(['2 orders', '4 1', '8 1', '16 m', '32 g'])
  expect(await list(32)).toEqual(['32 g'])
  expect((await broker.ask(listConfigResources, 1, { resourceTypes: [7] })).errorCode).toBe(kafkaErrors.UNSUPPORTED_VERSION)
  expect((await broker.ask(listConfigResources, 0, {})).configResources).toEqual([{ resourceName: 'm', resourceType: 16 }])
  await broker.stop()
})
