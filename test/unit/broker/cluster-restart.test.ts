/** What many brokers remember: who holds what, and the epochs of leaders; with as many brokers as before, with fewer, with more. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'
import { batch, mustAppend, readAll } from '../log/fixture.ts'

function madeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-cluster-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function started(folder: string, brokerCount: number): Promise<MemoryBroker> {
  const cluster = await startMemoryBroker({ folder, brokerCount })
  onTestFinished(() => cluster.stop())
  return cluster
}
const standings = ({ broker }: MemoryBroker, topic: string) => broker.topics.get(topic)?.partitions.map(({ standing }) => standing)
const epochs = ({ broker }: MemoryBroker, topic: string) => broker.topics.get(topic)?.partitions.map(({ facts }) => facts?.leaderEpoch)

test('partitions are held by the same brokers after a restart, all are up, and epochs go on', async () => {
  const folder = madeFolder()
  const first = await started(folder, 3)
  await first.broker.topics.create({ name: 'orders', partitionCount: 3, configs: {}, assignments: [[2, 3], [3, 1], [1, 2]] })
  await first.broker.topics.grow('orders', 4, [[2, 1]])
  const log = first.broker.log('orders', 0)
  if (log) mustAppend(log, batch(['kept']))
  await first.broker.cluster.stop(2)
  expect(epochs(first, 'orders')).toEqual([1, 0, 0, 1])
  await first.stop()
  const second = await started(folder, 3)
  const replicas = [[2, 3], [3, 1], [1, 2], [2, 1]]
  expect(standings(second, 'orders')).toEqual(replicas.map(held => ({ leader: held[0], replicas: held, isr: held })))
  expect(epochs(second, 'orders')).toEqual([1, 0, 0, 1])
  const again = second.broker.log('orders', 0)
  expect(again && readAll(again)).toEqual(['kept'])
})

test('partitions at rest, which nobody has opened since the start, get a higher epoch too when their broker stops', async () => {
  const folder = madeFolder()
  const first = await started(folder, 3)
  await first.broker.topics.create({ name: 'orders', partitionCount: 2, configs: {}, assignments: [[2, 3], [3, 2]] })
  await first.stop()
  const second = await started(folder, 3)
  expect(second.broker.topics.get('orders')?.partitions.map(({ state }) => state.is)).toEqual(['resting', 'resting'])
  await second.broker.cluster.stop(2)
  expect(standings(second, 'orders')).toMatchObject([{ leader: 3 }, { leader: 3 }])
  expect(epochs(second, 'orders')).toEqual([1, 0])
  expect(second.broker.topics.get('orders')?.partitions.map(({ state }) => state.is)).toEqual(['ready', 'resting'])
  await second.stop()
  expect(epochs(await started(folder, 3), 'orders')).toEqual([1, 0])
})

test('what one broker made alone is spread over three, and what three hold is held by the one that is left', async () => {
  const folder = madeFolder()
  const alone = await started(folder, 1)
  await alone.broker.topics.create({ name: 'alone', partitionCount: 3, configs: {} })
  expect(standings(alone, 'alone')).toEqual(Array.from({ length: 3 }, () => ({ leader: 1, replicas: [1], isr: [1] })))
  await alone.stop()
  const three = await started(folder, 3)
  expect(standings(three, 'alone')?.map(({ leader }) => leader).sort()).toEqual([1, 2, 3])
  await three.broker.topics.create({ name: 'three', partitionCount: 1, configs: {}, assignments: [[3, 2]] })
  await three.stop()
  const left = await started(folder, 1)
  for (const name of ['alone', 'three']) for (const standing of standings(left, name) ?? []) expect(standing).toEqual({ leader: 1, replicas: [1], isr: [1] })
  await left.stop()
  expect(standings(await started(folder, 3), 'three')).toEqual([{ leader: 3, replicas: [3, 2], isr: [3, 2] }])
})
