/** Durable acks: switched on and off while the broker runs, kept in the data folder, seen by clients that describe configs. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeConfigs } from '../../../core/protocol/apis/index.ts'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'

const described = async ({ ask }: MemoryBroker): Promise<unknown> => {
  const { results } = await ask(describeConfigs, 4, {
    resources: [{ resourceType: 2, resourceName: 'orders', configurationKeys: ['flush.messages'] }], includeSynonyms: true, includeDocumentation: false,
  })
  return results[0]?.configs.map(({ value, configSource, synonyms }) => [value, configSource, synonyms.map(({ name }) => name)])
}

test('they can be switched while the broker runs, for topics that exist already', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 1 } })
  try {
    const log = broker.broker.log('orders', 0)
    expect([broker.broker.parts.durableAcks.isOn, log?.config.flushMessages]).toEqual([false, Infinity])
    broker.broker.parts.durableAcks.set(true)
    expect([broker.broker.parts.durableAcks.isOn, log?.config.flushMessages]).toEqual([true, 1])
    expect(await described(broker)).toEqual([['1', 4, ['log.flush.interval.messages', 'log.flush.interval.messages']]])
    broker.broker.parts.durableAcks.set(false)
    expect(log?.config.flushMessages).toBe(Infinity)
  } finally {
    await broker.stop()
  }
})

test('the data folder remembers them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-durable-'))
  try {
    const first = await startMemoryBroker({ folder })
    first.broker.parts.durableAcks.set(true)
    await first.stop()
    const second = await startMemoryBroker({ folder, topics: { orders: 1 } })
    expect([second.broker.parts.durableAcks.isOn, second.broker.log('orders', 0)?.config.flushMessages]).toEqual([true, 1])
    await second.stop()
  } finally {
    await rm(folder, { recursive: true })
  }
})
