/** A Kafka Streams application with exactly_once_v2 on three brokers: instances are killed, and brokers stop and start, and what it commits is exact. */

import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { seededRandom } from '../../core/common/random.ts'
import { withAdmin } from '../support/clients-kafkajs.ts'
import { streamsClassPath } from '../support/clients-streams.ts'
import { faultsOf, INPUT, OUTPUT, PARTITIONS, runKilled } from '../support/clients-streams-killed.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { startMemoryBroker } from '../support/memory-broker.ts'

const it = await testWithMade(streamsClassPath, 'java', 'maven')
const seed = Number(process.env['MILLRACE_SEED'] ?? 2)

it('instances of an application are killed while each of three brokers stops and starts: each input is counted once, in turn', async () => {
  const settings = { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500', 'group.consumer.heartbeat.interval.ms': '500', 'group.consumer.min.heartbeat.interval.ms': '500' }
  const cluster = await startMemoryBroker({ brokerCount: 3, racks: ['a', 'b', 'c'], config: { settings } })
  onTestFinished(() => cluster.stop())
  const { addresses, cluster: brokers } = cluster.broker
  await withAdmin(addresses[0] ?? '', admin => admin.createTopics({ topics: [INPUT, OUTPUT].map(topic => ({ topic, numPartitions: PARTITIONS, replicationFactor: 3 })) }))
  const random = seededRandom(seed)
  const run = await runKilled({
    address: addresses.join(','), seed, kills: 6,
    settings: { 'replication.factor': '3', 'producer.transaction.timeout.ms': '5000' },
    trouble: async kill => {
      const id = 1 + (kill % 3)
      await pause(random.below(1500))
      expect(await brokers.stop(id)).toBeUndefined()
      await pause(random.below(1500))
      expect(await brokers.start(id)).toBeUndefined()
    },
  })
  expect({ faults: faultsOf(run), failures: run.failures, story: run.story }).toMatchObject({ faults: [], failures: [] })
  const { topics } = await withAdmin(addresses[0] ?? '', admin => admin.fetchTopicMetadata())
  const own = topics.filter(({ name }) => name.startsWith('totaller-'))
  expect(own.flatMap(({ partitions }) => partitions.map(({ replicas }) => replicas.length))).toEqual(Array.from({ length: 2 * PARTITIONS }, () => 3))
}, 230_000)
