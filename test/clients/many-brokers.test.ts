/** Three brokers in one process, as clients see them: they spread over all, and follow leaders and coordinators when a broker stops and starts again. */

import { expect, onTestFinished, test } from 'vitest'
import { kafkajsClient, withAdmin } from '../support/clients-kafkajs.ts'
import { javaClientClassPath, javaDriver, startJavaProducer } from '../support/clients-java.ts'
import { run } from '../support/clients-process.ts'
import { testWith, testWithMade } from '../support/clients-tools.ts'
import { startMemoryBroker, type MemoryBroker } from '../support/memory-broker.ts'

async function startCluster(): Promise<MemoryBroker & { readonly address: string }> {
  const cluster = await startMemoryBroker({ brokerCount: 3, racks: ['a', 'b', 'c'] })
  onTestFinished(() => cluster.stop())
  return Object.assign(cluster, { address: cluster.broker.addresses.join(',') })
}

async function createReplicated(address: string, topic: string, numPartitions: number): Promise<void> {
  await withAdmin(address.split(',')[0] ?? '', admin => admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 3 }] }))
}

/** Stops and starts each broker in turn, one of them as if it died, and waits each time until the clients have got on. */
async function roll({ broker }: MemoryBroker, goesOn: () => Promise<void>): Promise<void> {
  for (const id of [2, 3, 1]) {
    expect(await broker.cluster.stop(id, { isAbrupt: id === 3 })).toBeUndefined()
    await goesOn()
    expect(await broker.cluster.start(id)).toBeUndefined()
    await goesOn()
  }
}

test('kafkajs produces and consumes in a group through a stop and start of every broker, and loses nothing', async () => {
  const cluster = await startCluster()
  await createReplicated(cluster.address, 'orders', 6)
  const kafka = kafkajsClient(cluster.broker.addresses[0] ?? '', 30)
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  const consumer = kafka.consumer({ groupId: 'readers', sessionTimeout: 6000, heartbeatInterval: 500, retry: { retries: 30, initialRetryTime: 50, maxRetryTime: 500 } })
  await Promise.all([producer.connect(), consumer.connect()])
  onTestFinished(async () => {
    await Promise.all([producer.disconnect(), consumer.disconnect()])
  })
  const [acked, seen] = [new Set<string>(), new Set<string>()]
  await consumer.subscribe({ topic: 'orders', fromBeginning: true })
  await consumer.run({ autoCommitInterval: 200, eachMessage: async ({ message }) => void seen.add(String(message.value)) })
  let next = 0
  const done = new AbortController()
  const producing = (async () => {
    while (!done.signal.aborted) {
      const values = Array.from({ length: 10 }, () => String(next++))
      const key = String(next) // one key, one partition: kafkajs forgets what it has to send again to a leader that answered it already
      await producer.send({ topic: 'orders', acks: -1, messages: values.map(value => ({ key, value })) })
      for (const value of values) acked.add(value)
    }
  })()
  const goesOn = async (): Promise<void> => {
    const [ackedBefore, seenBefore] = [acked.size, seen.size]
    await expect.poll(() => acked.size > ackedBefore + 100 && seen.size > seenBefore + 100, { timeout: 60_000 }).toBe(true)
  }
  await goesOn()
  await roll(cluster, goesOn)
  done.abort()
  await producing
  await expect.poll(() => [...acked].filter(value => !seen.has(value)), { timeout: 60_000 }).toEqual([])
}, 180_000)

const withJava = await testWithMade(javaClientClassPath, 'java', 'maven')

withJava('the Java client\'s acknowledged records are there once each, in order, though every broker stopped and started meanwhile', async () => {
  const cluster = await startCluster()
  await createReplicated(cluster.address, 'java-rolled', 1)
  const count = 20_000
  const producer = await startJavaProducer(cluster.address, 'java-rolled', count)
  const ackedNow = (): number => producer.stdout.filter(line => line.startsWith('acked ')).length
  const goesOn = async (): Promise<void> => {
    const before = ackedNow()
    await producer.waitFor('more records are acknowledged', () => (ackedNow() > before + 500 || producer.stdout.includes('done') ? true : undefined))
  }
  await goesOn()
  await roll(cluster, goesOn)
  await producer.waitFor('all are acknowledged', () => (producer.stdout.includes('done') ? true : undefined), 120_000)
  const acked = producer.stdout.flatMap(line => {
    const [, number, offset] = /^acked (\d+) (\d+)$/.exec(line) ?? []
    return number === undefined ? [] : [{ number, offset: Number(offset) }]
  })
  expect(acked).toHaveLength(count)
  const { records } = await javaDriver.readInGroup({ address: cluster.address, topic: 'java-rolled', group: 'java-rolled', count })
  expect(records).toHaveLength(count)
  const byOffset = new Map(records.map(({ offset, value }) => [offset, String(value)]))
  expect(acked.filter(({ number, offset }) => byOffset.get(offset) !== number)).toEqual([])
  expect(cluster.broker.log('java-rolled', 0)?.endOffset).toBe(count)
  expect(cluster.broker.log('java-rolled', 0)?.leaderEpoch).toBeGreaterThan(1)
}, 240_000)

testWith('kcat')('kcat lists every broker, and who leads, holds and is in sync', async () => {
  const cluster = await startCluster()
  await createReplicated(cluster.address, 'listed', 3)
  const listed = async (): Promise<string> => String((await run('kcat', ['-L', '-b', cluster.address, '-t', 'listed'])).stdout)
  const before = await listed()
  for (const id of [1, 2, 3]) expect(before).toContain(`broker ${id} at 127.0.0.1:${cluster.portOf(id)}`)
  for (const id of [1, 2, 3]) expect(before).toMatch(new RegExp(`leader ${id}, replicas: ${id},\\d,\\d, isrs: ${id},\\d,\\d`))
  await cluster.broker.cluster.stop(2)
  const after = await listed()
  expect(after).not.toContain('broker 2 at')
  expect(after).not.toMatch(/leader 2|isrs: .*2/)
})

testWith('kcat')('librdkafka reads from the broker on its own rack, when the leader sends it there', async () => {
  const cluster = await startMemoryBroker({ brokerCount: 3, racks: ['a', 'b', 'c'], config: { settings: { 'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector' } } })
  onTestFinished(() => cluster.stop())
  await cluster.broker.topics.create({ name: 'near', partitionCount: 1, configs: {}, assignments: [[1, 2]] })
  const sent = Array.from({ length: 500 }, (_, at) => `record ${at} ${'x'.repeat(200)}`)
  await run('kcat', ['-P', '-b', cluster.broker.addresses[0] ?? '', '-t', 'near', '-p', '0'], { input: Buffer.from(sent.join('\n')) })
  const served = new Map<number, number>()
  cluster.broker.taps.subscribe(event => {
    if (event.is !== 'identified') return
    for (const connection of cluster.broker.connections()) {
      const { id, brokerId, counters } = connection
      if (id === event.connectionId) connection.onGone(() => served.set(brokerId, (served.get(brokerId) ?? 0) + counters.recordsOut))
    }
  })
  const read = await run('kcat', ['-C', '-b', cluster.broker.addresses[0] ?? '', '-t', 'near', '-p', '0', '-o', 'beginning', '-c', '500', '-X', 'client.rack=b', '-X', 'fetch.message.max.bytes=20000'])
  expect(String(read.stdout).trim().split('\n')).toEqual(sent)
  await expect.poll(() => served.get(2) ?? 0).toBeGreaterThanOrEqual(500)
  expect(served.get(1) ?? 0).toBe(0)
})
