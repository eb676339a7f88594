/**
 * A Kafka Streams application with exactly_once_v2, killed at random: what it commits is exact, each input counted once and in turn. With
 * MILLRACE_TEST_TARGET=kafka the same against Apache Kafka.
 */

import { afterAll, beforeAll, expect } from 'vitest'
import { MillraceProcess } from '../support/broker-process.ts'
import { createTopic, withAdmin } from '../support/clients-kafkajs.ts'
import { streamsClassPath } from '../support/clients-streams.ts'
import { APPLICATION, faultsOf, INPUT, OUTPUT, PARTITIONS, runKilled } from '../support/clients-streams-killed.ts'
import { targetIsKafka, type TestBroker } from '../support/clients-target.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { KafkaPeer } from '../support/kafka-peer.ts'

const it = await testWithMade(streamsClassPath, 'java', 'maven')
const seed = Number(process.env['MILLRACE_SEED'] ?? 4)

/** Transactions of an instance that nobody knows any more are aborted soon after their timeout. */
const CONFIGS = { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500', 'group.consumer.heartbeat.interval.ms': '500', 'group.consumer.min.heartbeat.interval.ms': '500' }

let broker: TestBroker
beforeAll(async () => {
  broker = targetIsKafka
    ? await KafkaPeer.start({ properties: CONFIGS })
    : await MillraceProcess.start({ args: Object.entries(CONFIGS).flatMap(([name, value]) => ['--config', `${name}=${value}`]) })
  await createTopic(broker.address, INPUT, PARTITIONS)
  await createTopic(broker.address, OUTPUT, PARTITIONS)
})
afterAll(() => broker?.dispose())

it('an application that is killed ten times counts each input once, in turn, and tells nobody of what it did not commit', async () => {
  const run = await runKilled({ address: broker.address, seed, kills: 10, settings: { 'producer.transaction.timeout.ms': '5000' } })
  expect({ faults: faultsOf(run), failures: run.failures, story: run.story }).toMatchObject({ faults: [], failures: [] })
  expect(run.sent.length).toBeGreaterThan(200)
}, 230_000)

it('its own topics are as it asked for, and what it has read of them is deleted', async () => {
  await withAdmin(broker.address, async admin => {
    const [changelog, repartition] = [`${APPLICATION}-totals-changelog`, `${APPLICATION}-by-word-repartition`]
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [changelog, repartition].map(name => ({ type: 2, name, configNames: ['cleanup.policy', 'retention.ms'] })) })
    expect(resources.map(({ configEntries }) => Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])))).toEqual([
      { 'cleanup.policy': 'compact', 'retention.ms': '604800000' }, { 'cleanup.policy': 'delete', 'retention.ms': '-1' },
    ])
    const offsets = await admin.fetchTopicOffsets(repartition)
    expect(offsets.map(({ low }) => Number(low) > 0)).toEqual([true, true, true])
  })
})
