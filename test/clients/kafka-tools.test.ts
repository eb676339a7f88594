/** Apache Kafka's own command line tools against the broker. */

import { afterAll, beforeAll, expect } from 'vitest'
import { createTopic, kafkajsDriver } from '../support/clients-kafkajs.ts'
import { sampleRecords } from '../support/clients-records.ts'
import { startTarget, type TestBroker } from '../support/clients-target.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { type KafkaTool, KafkaTools } from '../support/kafka-tools.ts'

const it = await testWithMade(KafkaTools.classPath, 'java', 'maven')

let broker: TestBroker
let tools: KafkaTools
beforeAll(async () => {
  broker = await startTarget()
  tools = await KafkaTools.start()
})
afterAll(async () => {
  await tools?.end()
  await broker?.dispose()
})

/** Output of a tool; it gets the broker's address first. */
async function tool(name: KafkaTool, ...args: string[]): Promise<string> {
  return (await tools.run(name, ['--bootstrap-server', broker.address, ...args])).stdout
}

/** What a tool says when it refuses, on both of its outputs. */
async function refusal(name: KafkaTool, ...args: string[]): Promise<string> {
  const ran = await tools.run(name, ['--bootstrap-server', broker.address, ...args], { codes: [1] })
  return ran.stdout + ran.stderr
}

it('kafka-topics creates, describes, grows, lists and deletes', async () => {
  const topics = (...args: string[]): Promise<string> => tool('kafka-topics', ...args)
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

it('kafka-consumer-groups lists, describes with lag, resets and deletes offsets, and deletes groups', async () => {
  const groups = (...args: string[]): Promise<string> => tool('kafka-consumer-groups', ...args)
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
  await groups('--delete-offsets', '--group', 'tool-group', '--topic', 'grouped:1')
  const left = await groups('--describe', '--group', 'tool-group', '--offsets')
  expect([/tool-group\s+grouped\s+0\s+7/.test(left), /tool-group\s+grouped\s+1\s+\d/.test(left)]).toEqual([true, false])
  await groups('--delete', '--group', 'tool-group')
  expect((await groups('--list')).split('\n')).not.toContain('tool-group')
})

it('kafka-get-offsets, kafka-configs and kafka-broker-api-versions read from it', async () => {
  const { address } = broker
  await createTopic(address, 'read-about', 1, { 'max.message.bytes': '2000000' })
  const sent = sampleRecords(40, 1, kafkajsDriver.limits)
  await kafkajsDriver.produce(address, 'read-about', sent)
  const offsets = (...args: string[]): Promise<string> => tool('kafka-get-offsets', '--topic', 'read-about', ...args)
  expect(await offsets()).toContain('read-about:0:40')
  expect(await offsets('--time', '-2')).toContain('read-about:0:0')
  expect(await offsets('--time', '-3')).toContain('read-about:0:39')
  expect(await offsets('--time', String(sent[12]?.timestamp))).toContain('read-about:0:12')
  const configs = await tool('kafka-configs', '--describe', '--entity-type', 'topics', '--entity-name', 'read-about', '--all')
  expect(configs).toContain('max.message.bytes=2000000')
  expect(configs).toMatch(/cleanup\.policy=delete/)
  expect(await tool('kafka-broker-api-versions')).toMatch(/Produce\(0\): 0 to 13/)
})

it('the performance tools of Kafka produce and consume', async () => {
  await createTopic(broker.address, 'perf', 3)
  const produced = await tool('kafka-producer-perf-test', '--topic', 'perf', '--num-records', '20000', '--record-size', '100', '--throughput', '-1')
  expect(produced).toMatch(/20000 records sent/)
  const consumed = await tool('kafka-consumer-perf-test', '--topic', 'perf', '--num-records', '20000', '--timeout', '20000', '--hide-header')
  expect(Number(consumed.split(',')[4])).toBeGreaterThanOrEqual(20_000)
})

it('kafka-console-producer and kafka-console-consumer pass keyed lines through', async () => {
  await createTopic(broker.address, 'console', 1)
  const address = ['--bootstrap-server', broker.address, '--topic', 'console']
  const flags = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:']
  await tools.run('kafka-console-producer', [...address, ...flags], { input: 'a:one\nb:two\nc:three\n' })
  const read = await tools.run('kafka-console-consumer',
    [...address, '--from-beginning', '--max-messages', '3', '--formatter-property', 'print.key=true', '--formatter-property', 'print.offset=true'])
  expect(read.stdout.trim().split('\n')).toEqual(['Offset:0\ta\tone', 'Offset:1\tb\ttwo', 'Offset:2\tc\tthree'])
})

it('kafka-log-dirs tells the bytes of each partition', async () => {
  const logDirs = (...args: string[]): Promise<string> => tool('kafka-log-dirs', '--describe', ...args)
  const { address } = broker
  await createTopic(address, 'measured', 2)
  await kafkajsDriver.produce(address, 'measured', sampleRecords(10, 2, kafkajsDriver.limits))
  const described = JSON.parse((await logDirs('--topic-list', 'measured,nowhere')).split('\n').find(line => line.startsWith('{')) ?? '') as LogDirs // as the tool prints it
  const [dir] = described.brokers[0]?.logDirs ?? []
  expect(dir?.error).toBe(null)
  expect(dir?.partitions.map(({ partition }) => partition).sort()).toEqual(['measured-0', 'measured-1'])
  expect(dir?.partitions.every(({ size }) => size > 0)).toBe(true)
  expect(await logDirs()).toContain('measured-1')
})

type LogDirs = { brokers: { logDirs: { error: string | null; partitions: { partition: string; size: number }[] }[] }[] }

it('kafka-features describes, lowers and raises a level, and says why one cannot be', async () => {
  const features = (...args: string[]): Promise<string> => tool('kafka-features', ...args)
  const level = async (name: string): Promise<string | undefined> => new RegExp(`Feature: ${name}\\s.*FinalizedVersionLevel: (\\S+)`).exec(await features('describe'))?.[1]
  expect([await level('metadata.version'), await level('transaction.version')]).toEqual(['4.3-IV0', '2'])
  expect(await features('downgrade', '--feature', 'transaction.version=1', '--dry-run')).toContain('transaction.version can be downgraded to 1.')
  expect(await features('downgrade', '--feature', 'transaction.version=1')).toContain('transaction.version was downgraded to 1.')
  expect(await level('transaction.version')).toBe('1')
  expect(await features('upgrade', '--feature', 'transaction.version=2')).toContain('transaction.version was upgraded to 2.')
  expect(await refusal('kafka-features', 'upgrade', '--feature', 'transaction.version=7')).toContain('Local controller 1 only supports versions 0-2')
})

it('kafka-metadata-quorum describes a quorum of one', async () => {
  const describe = (...args: string[]): Promise<string> => tool('kafka-metadata-quorum', 'describe', ...args)
  expect(await describe('--status')).toMatch(/LeaderId:\s+1\n[^]*HighWatermark:\s+\d+\n[^]*MaxFollowerLag:\s+0\n[^]*CurrentVoters:\s+\[.*"id": 1.*\]\nCurrentObservers:\s+\[\]/)
  expect(await describe('--replication')).toMatch(/^1\s+\S{22}\s+\d+\s+0\s+\d{13}\s+\d{13}\s+Leader\s*$/m)
})

it('kafka-configs sets, describes and removes quotas of users, clients and addresses', async () => {
  const configs = (...args: string[]): Promise<string> => tool('kafka-configs', ...args)
  const ann = ['--entity-type', 'users', '--entity-name', 'ann']
  await configs('--alter', ...ann, '--add-config', 'producer_byte_rate=1024,request_percentage=50')
  await configs('--alter', ...ann, '--entity-type', 'clients', '--entity-name', 'app', '--add-config', 'consumer_byte_rate=2048')
  await configs('--alter', '--entity-type', 'clients', '--entity-default', '--add-config', 'consumer_byte_rate=1')
  await configs('--alter', '--entity-type', 'ips', '--entity-name', '10.0.0.1', '--add-config', 'connection_creation_rate=5')
  expect(await configs('--describe', ...ann)).toMatch(/^Quota configs for user-principal 'ann' are (?=.*producer_byte_rate=1024\.0)(?=.*request_percentage=50\.0)/m)
  expect(await configs('--describe', ...ann, '--entity-type', 'clients')).toContain("user-principal 'ann', client-id 'app' are consumer_byte_rate=2048.0")
  expect(await configs('--describe', '--entity-type', 'clients')).toContain('the default client-id are consumer_byte_rate=1.0')
  expect(await configs('--describe', '--entity-type', 'ips')).toContain("ip '10.0.0.1' are connection_creation_rate=5.0")
  await configs('--alter', ...ann, '--delete-config', 'producer_byte_rate,request_percentage')
  expect(await configs('--describe', ...ann)).not.toContain('Quota configs')
})

it('kafka-configs sets, describes and removes SCRAM credentials', async () => {
  const configs = (...args: string[]): Promise<string> => tool('kafka-configs', ...args, '--entity-type', 'users', '--entity-name', 'bob')
  await configs('--alter', '--add-config', 'SCRAM-SHA-256=[iterations=8192,password=secret]')
  await configs('--alter', '--add-config', 'SCRAM-SHA-512=[password=secret]')
  const both = /^SCRAM credential configs for user-principal 'bob' are (?=.*SCRAM-SHA-256=iterations=8192)(?=.*SCRAM-SHA-512=iterations=4096)/m
  expect(await configs('--describe')).toMatch(both)
  await configs('--alter', '--delete-config', 'SCRAM-SHA-256')
  expect(await configs('--describe')).toContain("'bob' are SCRAM-SHA-512=iterations=4096")
  const again = await refusal('kafka-configs', '--alter', '--entity-type', 'users', '--entity-name', 'bob', '--delete-config', 'SCRAM-SHA-256')
  expect(again).toContain('Attempt to delete a user credential that does not exist')
})

it('kafka-acls and kafka-delegation-tokens say that there is neither', async () => {
  expect(await refusal('kafka-acls', '--list')).toContain('SecurityDisabledException: No Authorizer is configured on the broker')
  const add = ['--add', '--allow-principal', 'User:ann', '--operation', 'Read', '--topic', 'orders']
  expect(await refusal('kafka-acls', ...add)).toContain('No Authorizer is configured')
  const tokens = await refusal('kafka-delegation-tokens', '--describe', '--command-config', '/dev/null')
  expect(tokens).toContain('Delegation Token requests are not allowed on PLAINTEXT')
})

it('kafka-cluster names the cluster and its brokers, and cannot forget one that was never there', async () => {
  const run = async (codes: number[], command: string, ...args: string[]): Promise<string> => {
    const ran = await tools.run('kafka-cluster', [command, '--bootstrap-server', broker.address, ...args], { codes })
    return ran.stdout + ran.stderr
  }
  expect(await run([0], 'cluster-id')).toMatch(/Cluster ID: \S{22}/)
  expect(await run([0], 'list-endpoints')).toContain('127.0.0.1')
  expect(await run([0, 1], 'unregister', '--id', '77')).toContain('Broker ID 77 is not currently registered')
})
