/** Exactly once over a rolling stop: a Java client consumes, processes and produces in transactions while each of three brokers stops and starts. */

import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { javaClientClassPath, startJavaTransactions } from '../support/clients-java.ts'
import { committedOffsets, kafkajsClient, withAdmin } from '../support/clients-kafkajs.ts'
import { committedValues } from '../support/clients-transactions.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { startMemoryBroker } from '../support/memory-broker.ts'

const it = await testWithMade(javaClientClassPath, 'java', 'maven')
const RECORDS = 1500
const PARTITIONS = [0, 1, 2]

it('every record comes out exactly once while leaders and coordinators move', async () => {
  const cluster = await startMemoryBroker({ brokerCount: 3 })
  const { addresses } = cluster.broker
  const [first = ''] = addresses
  try {
    await withAdmin(first, admin => admin.createTopics({ topics: ['in', 'out'].map(topic => ({ topic, numPartitions: PARTITIONS.length, replicationFactor: 3 })) }))
    const producer = kafkajsClient(first).producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const values = Array.from({ length: RECORDS }, (_, at) => String(at))
    await producer.send({ topic: 'in', messages: PARTITIONS.flatMap(partition => values.map(value => ({ partition, value }))) })
    await producer.disconnect()

    const total = RECORDS * PARTITIONS.length
    const processor = await startJavaTransactions(addresses.join(','), 'process', 'processor', 'in', 'out', 'workers', String(total))
    const progress = async (): Promise<number> => (await committedOffsets(first, 'workers', 'in')).reduce((sum, offset) => sum + Math.max(offset, 0), 0)
    let stops = 0
    for (const id of [2, 3, 2, 3]) {
      const before = await progress()
      if (before >= total - 500) break
      await expect.poll(progress, { timeout: 60_000, interval: 100 }).toBeGreaterThan(before)
      expect(await cluster.broker.cluster.stop(id)).toBeUndefined()
      await pause(150)
      expect(await cluster.broker.cluster.start(id)).toBeUndefined()
      stops++
    }
    await processor.waitFor('the processor to end', () => processor.exit, 150_000)
    expect(processor.stdout, processor.stderr.join('\n')).toEqual([`processed ${total}`])
    expect(stops).toBeGreaterThan(1)
    const out = values.map(value => `from-${value}`)
    expect((await committedValues(first, 'out')).values).toEqual([out, out, out])
    expect(await committedOffsets(first, 'workers', 'in')).toEqual(PARTITIONS.map(() => RECORDS))
  } finally {
    await cluster.stop()
  }
})
