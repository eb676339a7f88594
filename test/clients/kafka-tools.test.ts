/** Apache Kafka's own command line tools against the broker. */

import { afterAll, beforeAll, expect } from 'vitest'
import { createTopic, kafkajsDriver } from '../support/clients-kafkajs.ts'
import { sampleRecords } from '../support/clients-records.ts'
import { startTarget, type TestBroker } from '../support/clients-target.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { kafkaClassPath, runJava } from '../support/java.ts'

const it = await testWithMade(kafkaClassPath, 'java', 'maven')

let broker: TestBroker
beforeAll(async () => {
  broker = await startTarget()
})
afterAll(() => broker?.dispose())

/** Output of a tool; it gets the broker's address first. */
async function tool(mainClass: string, ...args: string[]): Promise<string> {
  const ran = await runJava(await kafkaClassPath(), mainClass, ['--bootstrap-server', broker.address, ...args])
  return ran.stdout.toString()
}

it('kafka-topics creates, describes, grows, lists and deletes', async () => {
  const topics = (...args: string[]): Promise<string> => tool('org.apache.kafka.tools.TopicCommand', ...args)
  await topics('--create', '--topic', 'tooled', '--partitions', '3', '--replication-factor', '1', '--config', 'retention.ms=3600000')
  const described = await topics('--describe', '--topic', 'tooled')
  expect(described).toMatch(/Topic: tooled\s+TopicId: \S{22}\s+PartitionCount: 3\s+ReplicationFactor: 1\s+Configs: .*retention\.ms=3600000/)
  expect(described.match(/Partition: \d+\s+Leader: 1\s+Replicas: 1\s+Isr: 1/g)?.length).toBe(3)
  await topics('--alter', '--topic', 'tooled', '--partitions', '5')
  expect(await topics('--describe', '--topic', 'tooled')).toContain('PartitionCount: 5')
  expect((await topics('--list')).split('\n')).toContain('tooled')
  await topics('--delete', '--topic', 'tooled')
  expect((await topics('--list')).split('\n')).not.toContain('tooled')
})

it('kafka-consumer-groups lists, describes with lag, resets offsets and deletes', async () => {
  const groups = (...args: string[]): Promise<string> => tool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', ...args)
  const { address } = broker
  await createTopic(address, 'grouped', 2)
  await kafkajsDriver.produce(address, 'grouped', sampleRecords(100, 2, kafkajsDriver.limits))
  await kafkajsDriver.readInGroup({ address, topic: 'grouped', group: 'tool-group', count: 100 })
  await kafkajsDriver.produce(address, 'grouped', sampleRecords(20, 2, kafkajsDriver.limits, 2))

  expect((await groups('--list')).split('\n')).toContain('tool-group')
  expect(await groups('--list', '--state')).toMatch(/tool-group\s+Classic\s+Empty|tool-group\s+Empty/)
  const described = await groups('--describe', '--group', 'tool-group', '--offsets')
  expect(described).toMatch(/tool-group\s+grouped\s+0\s+50\s+60\s+10/)
  expect(described).toMatch(/tool-group\s+grouped\s+1\s+50\s+60\s+10/)
  expect(await groups('--describe', '--group', 'tool-group', '--state')).toMatch(/tool-group.*Empty\s+0/)

  await groups('--reset-offsets', '--group', 'tool-group', '--topic', 'grouped', '--to-offset', '7', '--execute')
  expect(await groups('--describe', '--group', 'tool-group')).toMatch(/tool-group\s+grouped\s+0\s+7\s+60\s+53/)
  await groups('--delete', '--group', 'tool-group')
  expect((await groups('--list')).split('\n')).not.toContain('tool-group')
})

it('kafka-get-offsets, kafka-configs and kafka-broker-api-versions read from it', async () => {
  const { address } = broker
  await createTopic(address, 'read-about', 1, { 'max.message.bytes': '2000000' })
  const sent = sampleRecords(40, 1, kafkajsDriver.limits)
  await kafkajsDriver.produce(address, 'read-about', sent)
  const offsets = (...args: string[]): Promise<string> => tool('org.apache.kafka.tools.GetOffsetShell', '--topic', 'read-about', ...args)
  expect(await offsets()).toContain('read-about:0:40')
  expect(await offsets('--time', '-2')).toContain('read-about:0:0')
  expect(await offsets('--time', '-3')).toContain('read-about:0:39')
  expect(await offsets('--time', String(sent[12]?.timestamp))).toContain('read-about:0:12')
  const configs = await tool('kafka.admin.ConfigCommand', '--describe', '--entity-type', 'topics', '--entity-name', 'read-about', '--all')
  expect(configs).toContain('max.message.bytes=2000000')
  expect(configs).toMatch(/cleanup\.policy=delete/)
  expect(await tool('org.apache.kafka.tools.BrokerApiVersionsCommand')).toMatch(/Produce\(0\): 0 to 13/)
})

it('the performance tools of Kafka produce and consume', async () => {
  await createTopic(broker.address, 'perf', 3)
  const produced = await tool('org.apache.kafka.tools.ProducerPerformance', '--topic', 'perf', '--num-records', '20000', '--record-size', '100', '--throughput', '-1')
  expect(produced).toMatch(/20000 records sent/)
  const consumed = await tool('org.apache.kafka.tools.ConsumerPerformance', '--topic', 'perf', '--num-records', '20000', '--timeout', '20000', '--hide-header')
  expect(Number(consumed.split(',')[4])).toBeGreaterThanOrEqual(20_000)
})

it('kafka-console-producer and kafka-console-consumer pass keyed lines through', async () => {
  await createTopic(broker.address, 'console', 1)
  const address = ['--bootstrap-server', broker.address, '--topic', 'console']
  const flags = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:']
  await runJava(await kafkaClassPath(), 'org.apache.kafka.tools.ConsoleProducer', [...address, ...flags], { input: 'a:one\nb:two\nc:three\n' })
  const read = await runJava(await kafkaClassPath(), 'org.apache.kafka.tools.consumer.ConsoleConsumer',
    [...address, '--from-beginning', '--max-messages', '3', '--formatter-property', 'print.key=true', '--formatter-property', 'print.offset=true'])
  expect(read.stdout.toString().trim().split('\n')).toEqual(['Offset:0\ta\tone', 'Offset:1\tb\ttwo', 'Offset:2\tc\tthree'])
})
