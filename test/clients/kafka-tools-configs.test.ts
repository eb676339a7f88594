/**
 * kafka-configs, Apache Kafka's own tool: configs of topics, of a broker, of all brokers and of groups, set, taken back, and in effect at
 * once. With MILLRACE_TEST_TARGET=kafka the same against Apache Kafka.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { startTarget, type TestBroker } from '../support/clients-target.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { type KafkaTool, KafkaTools } from '../support/kafka-tools.ts'

const it = await testWithMade(KafkaTools.classPath, 'java', 'maven')

let broker: TestBroker
let tools: KafkaTools
const folder = mkdtempSync(join(tmpdir(), 'millrace-tools-'))
beforeAll(async () => {
  broker = await startTarget()
  tools = await KafkaTools.start()
})
afterAll(async () => {
  await tools?.end()
  await broker?.dispose()
  rmSync(folder, { recursive: true, force: true })
})

/** What a tool says on both of its outputs; it gets the broker's address first. */
async function tool(name: KafkaTool, args: readonly string[], codes: readonly number[] = [0]): Promise<string> {
  const ran = await tools.run(name, ['--bootstrap-server', broker.address, ...args], { codes })
  return `${ran.stdout}${ran.stderr}`
}

const configs = (...args: string[]): Promise<string> => tool('kafka-configs', args)
const refused = (...args: string[]): Promise<string> => tool('kafka-configs', args, [1])

it('configs of a topic are set, from a file too, and taken back, say where they come from, and are in effect at once', async () => {
  await tool('kafka-topics', ['--create', '--topic', 'set', '--partitions', '1', '--config', 'retention.ms=1000000'])
  const topic = ['--entity-type', 'topics', '--entity-name', 'set']
  expect(await configs('--describe', ...topic)).toMatch(/retention\.ms=1000000 sensitive=false synonyms=\{DYNAMIC_TOPIC_CONFIG:retention\.ms=1000000/)
  const file = join(folder, 'topic.properties')
  writeFileSync(file, 'max.message.bytes=2000\nmin.insync.replicas=1\n')
  expect(await configs('--alter', ...topic, '--add-config-file', file)).toContain('Completed updating config for topic set.')
  await configs('--alter', ...topic, '--add-config', 'cleanup.policy=[compact,delete]', '--delete-config', 'retention.ms')
  const described = await configs('--describe', ...topic)
  expect(described).toMatch(/cleanup\.policy=compact,delete/)
  expect(described).toMatch(/max\.message\.bytes=2000 sensitive=false synonyms=\{DYNAMIC_TOPIC_CONFIG:max\.message\.bytes=2000, DEFAULT_CONFIG:message\.max\.bytes=1048588\}/)
  expect(described).not.toContain('retention.ms=')
  expect(await configs('--describe', ...topic, '--all')).toMatch(/ retention\.ms=604800000 sensitive=false/)
  expect(await refused('--alter', ...topic, '--add-config', 'retention.ms=soon')).toMatch(/InvalidConfigurationException|Invalid value soon for configuration retention\.ms/)
  expect(await refused('--alter', ...topic, '--add-config', 'no.such=1')).toMatch(/Unknown topic config name: no\.such/)

  const large = 'x'.repeat(3000)
  await configs('--alter', ...topic, '--delete-config', 'cleanup.policy')
  await tools.run('kafka-console-producer', ['--bootstrap-server', broker.address, '--topic', 'set'], { input: large, codes: [0, 1] }) // it logs what it is told
  expect(await tool('kafka-get-offsets', ['--topic', 'set'])).toContain('set:0:0')
  await configs('--alter', ...topic, '--add-config', 'max.message.bytes=5000')
  await tools.run('kafka-console-producer', ['--bootstrap-server', broker.address, '--topic', 'set'], { input: large })
  expect(await tool('kafka-get-offsets', ['--topic', 'set'])).toContain('set:0:1')
})

it('a config of all brokers is what a topic has that says nothing, and one of the broker goes before it', async () => {
  await tool('kafka-topics', ['--create', '--topic', 'following', '--partitions', '1'])
  const effective = async (): Promise<string | undefined> => /^ {2}retention\.ms=(\d+)/m.exec(await configs('--describe', '--entity-type', 'topics', '--entity-name', 'following', '--all'))?.[1]
  const all = ['--entity-type', 'brokers', '--entity-default']
  const one = ['--entity-type', 'brokers', '--entity-name', '1']
  await configs('--alter', ...all, '--add-config', 'log.retention.ms=5000000')
  await expect.poll(effective).toBe('5000000')
  await configs('--alter', ...one, '--add-config', 'log.retention.ms=6000000')
  await expect.poll(effective).toBe('6000000')
  expect(await configs('--describe', ...one)).toMatch(/log\.retention\.ms=6000000 sensitive=false synonyms=\{DYNAMIC_BROKER_CONFIG:log\.retention\.ms=6000000, DYNAMIC_DEFAULT_BROKER_CONFIG:log\.retention\.ms=5000000/)
  await configs('--alter', ...one, '--delete-config', 'log.retention.ms')
  await configs('--alter', ...all, '--delete-config', 'log.retention.ms')
  await expect.poll(effective).toBe('604800000')
  expect(await refused('--alter', ...one, '--add-config', 'broker.id=7')).toMatch(/Cannot update these configs dynamically|InvalidRequestException/)
  expect(await configs('--describe', '--entity-type', 'broker-loggers', '--entity-name', '1')).toMatch(/Dynamic configs for broker-logger 1 are:/)
})

it('the throttles of a broker are numbers that are shown where they are set, and what nobody knows is a secret', async () => {
  const one = ['--entity-type', 'brokers', '--entity-name', '1']
  const shown = async (): Promise<string[]> => (await configs('--describe', ...one)).split('\n').map(line => line.trim()).filter(line => /throttled|custom/.test(line)).sort()
  await configs('--alter', '--entity-type', 'brokers', '--entity-default', '--add-config', 'leader.replication.throttled.rate=7')
  await configs('--alter', ...one, '--add-config', 'leader.replication.throttled.rate=5000000,some.custom=1')
  await expect.poll(shown).toEqual([
    'leader.replication.throttled.rate=5000000 sensitive=false synonyms={DYNAMIC_BROKER_CONFIG:leader.replication.throttled.rate=5000000, DYNAMIC_DEFAULT_BROKER_CONFIG:leader.replication.throttled.rate=7}',
    'some.custom=null sensitive=true synonyms={DYNAMIC_BROKER_CONFIG:some.custom=null}',
  ])
  for (const [value, why] of [['soon', 'Not a number of type LONG'], ['-1', 'Value must be at least 0']] as const) {
    expect(await refused('--alter', ...one, '--add-config', `leader.replication.throttled.rate=${value}`)).toContain(`Invalid value ${value} for configuration leader.replication.throttled.rate: ${why}`)
  }
  await configs('--alter', ...one, '--delete-config', 'leader.replication.throttled.rate,some.custom')
  await configs('--alter', '--entity-type', 'brokers', '--entity-default', '--delete-config', 'leader.replication.throttled.rate')
  await expect.poll(shown).toEqual([])
  expect(await configs('--describe', ...one, '--all')).not.toContain('throttled')
})

it('configs of a group are set before there is one, bounded by the broker, and taken back', async () => {
  const group = ['--entity-type', 'groups', '--entity-name', 'tuned']
  await configs('--alter', ...group, '--add-config', 'consumer.session.timeout.ms=50000,consumer.heartbeat.interval.ms=6000')
  const described = await configs('--describe', ...group)
  expect(described).toContain('consumer.session.timeout.ms=50000')
  expect(described).toContain('consumer.heartbeat.interval.ms=6000')
  expect(await refused('--alter', ...group, '--add-config', 'consumer.session.timeout.ms=70000')).toMatch(/consumer\.session\.timeout\.ms must be less than or equal to group\.consumer\.max\.session\.timeout\.ms/)
  await configs('--alter', ...group, '--delete-config', 'consumer.session.timeout.ms')
  expect(await configs('--describe', ...group)).not.toMatch(/^ {2}consumer\.session\.timeout\.ms=50000/m)
})
