/** Three brokers of Millrace and three of Apache Kafka, of which some stop and start, tell the same of leaders, epochs, replicas, elections and moves. */

import { afterAll, expect } from 'vitest'
import { type ClusterUnderTest, tellCluster } from '../support/clients-cluster-script.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { kafkaClassPath } from '../support/java.ts'
import { KafkaCluster } from '../support/kafka-cluster.ts'
import { startMemoryBroker } from '../support/memory-broker.ts'

const it = await testWithMade(kafkaClassPath, 'java', 'maven')
const ends: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const end of ends) await end()
})

async function startOurs(): Promise<ClusterUnderTest> {
  const { broker, portOf, stop } = await startMemoryBroker({ brokerCount: 3, racks: ['a', 'b', 'c'] })
  ends.push(stop)
  const must = (refusal: string | undefined): void => expect(refusal).toBeUndefined()
  return { port: portOf, start: async id => must(await broker.cluster.start(id)), stop: async id => must(await broker.cluster.stop(id)) }
}

it('three brokers stop, start, elect and move partitions as Apache Kafka\'s do', async () => {
  const kafka = await KafkaCluster.start()
  ends.push(() => kafka.dispose())
  const expected = await tellCluster(kafka)
  expect(expected.length).toBeGreaterThan(60)
  expect(await tellCluster(await startOurs())).toEqual(expected)
})
