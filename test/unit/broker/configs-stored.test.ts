/** Configs in the catalog that this version would not take, of a later version say: the broker starts, goes without them and says so. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Catalog } from '../../../core/catalog/catalog.ts'
import { nodeDisk } from '../../../core/common/node-disk.ts'
import { describeConfigs, incrementalAlterConfigs } from '../../../core/protocol/apis/index.ts'
import { type MemoryBroker, startMemoryBroker } from '../../support/memory-broker.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-stored-configs-'))
afterAll(() => rmSync(folder, { recursive: true }))

function store(change: (catalog: Catalog) => void): void {
  const catalog = Catalog.open({ file: join(folder, 'catalog.db'), disk: nodeDisk })
  change(catalog)
  catalog.close()
}

async function valueOf({ ask }: MemoryBroker, resourceType: number, resourceName: string, name: string): Promise<string | null | undefined> {
  const { results } = await ask(describeConfigs, 4, { resources: [{ resourceType, resourceName, configurationKeys: [name] }] })
  return results[0]?.configs[0]?.value
}

test('what is stored and would be refused today has no effect; the rest of it has, and another value can be set', async () => {
  await (await startMemoryBroker({ folder, topics: { orders: 1 } })).stop()
  store(catalog => {
    catalog.configs.set({ kind: 'broker', resource: '', configs: { 'log.retention.ms': 'a week', 'message.max.bytes': '-7', 'log.segment.bytes': '2000000', 'of.a.later.version': 'x' } })
    catalog.configs.set({ kind: 'group', resource: 'g', configs: { 'consumer.session.timeout.ms': 'soon', 'consumer.heartbeat.interval.ms': '6000' } })
    catalog.setTopicConfigs('orders', { 'retention.ms': 'for ever', 'segment.ms': '5000', 'of.a.later.version': 'x' })
  })
  const broker = await startMemoryBroker({ folder })
  expect(broker.broker.log('orders', 0)?.config).toMatchObject({ retentionMs: 604_800_000, maxMessageBytes: 1_048_588, segmentBytes: 2_000_000, segmentMs: 5000 })
  expect(broker.broker.parts.dynamicConfigs.groupConfig('g', 1)).toEqual({ sessionTimeoutMs: 45_000, heartbeatIntervalMs: 6000, assignmentIntervalMs: 1000 })
  expect(await valueOf(broker, 4, '1', 'log.segment.bytes')).toBe('2000000')
  expect(broker.lines.filter(line => line.includes('is not used'))).toHaveLength(5)
  const configs = [{ name: 'log.retention.ms', configOperation: 0, value: '60000' }]
  const { responses } = await broker.ask(incrementalAlterConfigs, 1, { resources: [{ resourceType: 4, resourceName: '', configs }], validateOnly: false })
  expect(responses[0]?.errorCode).toBe(0)
  expect(broker.broker.log('orders', 0)?.config.retentionMs).toBe(60_000)
  await broker.stop()
})
