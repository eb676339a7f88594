/**
 * Apache Kafka's own tools that write and read records: console, verifiable and performance producers and consumers, kafka-get-offsets and
 * kafka-delete-records. With MILLRACE_TEST_TARGET=kafka the same against Apache Kafka.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { runJavaTransactions } from '../support/clients-java.ts'
import { startTarget, type TestBroker } from '../support/clients-target.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { kafkaClassPath, runJava } from '../support/java.ts'
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

/** Output of a tool; it gets the broker's address first. */
async function tool(name: KafkaTool, ...args: string[]): Promise<string> {
  return (await tools.run(name, ['--bootstrap-server', broker.address, ...args])).stdout
}

const create = (topic: string, partitions: number, ...configs: string[]): Promise<string> =>
  tool('kafka-topics', '--create', '--topic', topic, '--partitions', String(partitions), ...configs.flatMap(config => ['--config', config]))

const consoleProducer = (topic: string, input: string, ...args: string[]) =>
  tools.run('kafka-console-producer', ['--bootstrap-server', broker.address, '--topic', topic, ...args], { input })

async function consoleLines(topic: string, count: number, ...args: string[]): Promise<string[]> {
  return (await tool('kafka-console-consumer', '--topic', topic, '--from-beginning', '--max-messages', String(count), ...args)).trim().split('\n')
}

const endOffsets = async (topic: string, ...args: string[]): Promise<string[]> => (await tool('kafka-get-offsets', '--topic', topic, ...args)).trim().split('\n').sort()

it('kafka-console-producer and kafka-console-consumer pass keys, headers, nulls and codecs through, in groups of both protocols', async () => {
  await create('typed', 1)
  const parse = ['parse.key=true', 'parse.headers=true', 'null.marker=NONE', 'headers.delimiter=|', 'key.separator=;'].flatMap(property => ['--reader-property', property])
  await consoleProducer('typed', 'h1:one,h2:two|a;first\nh1:|b;NONE\n', ...parse)
  await consoleProducer('typed', 'plain\n', '--compression-codec', 'zstd', '--command-property', 'acks=1')
  const print = ['print.key=true', 'print.headers=true', 'print.partition=true', 'print.offset=true', 'null.literal=NONE'].flatMap(property => ['--formatter-property', property])
  const lines = ['Partition:0\tOffset:0\th1:one,h2:two\ta\tfirst', 'Partition:0\tOffset:1\th1:\tb\tNONE', 'Partition:0\tOffset:2\tNO_HEADERS\tNONE\tplain']
  expect(await consoleLines('typed', 3, ...print)).toEqual(lines)
  for (const protocol of ['classic', 'consumer']) {
    expect(await consoleLines('typed', 3, '--group', `console-${protocol}`, '--command-property', `group.protocol=${protocol}`)).toEqual(['first', 'null', 'plain'])
    expect(await tool('kafka-consumer-groups', '--describe', '--group', `console-${protocol}`)).toMatch(/typed +0 +3 +3 +0/)
  }
  const at = (offset: string): Promise<string> => tool('kafka-console-consumer', '--topic', 'typed', '--partition', '0', '--offset', offset, '--max-messages', '1')
  expect([await at('2'), await at('earliest')]).toEqual(['plain\n', 'first\n'])
})

it('kafka-console-consumer shows what is committed, or all, as it is told', async () => {
  await create('isolated', 1)
  await runJavaTransactions(broker.address, 'write', 'isolating', 'isolated', 'kept-1', 'dropped-1', 'kept-2')
  expect(await consoleLines('isolated', 2, '--isolation-level', 'read_committed')).toEqual(['kept-1', 'kept-2'])
  expect(await consoleLines('isolated', 3, '--isolation-level', 'read_uncommitted')).toEqual(['kept-1', 'dropped-1', 'kept-2'])
})

it('kafka-get-offsets tells earliest, latest, the greatest timestamp and times, of topics by name, pattern and partition', async () => {
  await create('asked-1', 2)
  await create('asked-2', 1)
  await consoleProducer('asked-1', 'a\nb\nc\nd\n', '--command-property', 'partitioner.class=org.apache.kafka.clients.producer.RoundRobinPartitioner')
  await consoleProducer('asked-2', 'a\nb\n')
  const total = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + Number(line.split(':')[2]), 0)
  expect(total(await endOffsets('asked-1'))).toBe(4)
  expect(await endOffsets('asked-2', '--time', 'latest')).toEqual(['asked-2:0:2'])
  expect(await endOffsets('asked-.', '--time', 'earliest')).toEqual(['asked-1:0:0', 'asked-1:1:0', 'asked-2:0:0'])
  expect(await endOffsets('asked-2', '--time', '-3')).toEqual([expect.stringMatching(/^asked-2:0:[01]$/)]) // both in one batch, of one millisecond or two
  expect(await endOffsets('asked-2', '--time', 'earliest-local')).toEqual(['asked-2:0:0'])
  expect(await endOffsets('asked-2', '--time', '0')).toEqual(['asked-2:0:0'])
  expect(await tool('kafka-get-offsets', '--topic-partitions', 'asked-1:1,asked-2', '--time', '-2')).toBe('asked-1:1:0\nasked-2:0:0\n')
  expect(await endOffsets('__consumer_offsets', '--partitions', '0,1,2,3')).toHaveLength(4)
  const hidden = await tools.run('kafka-get-offsets', ['--bootstrap-server', broker.address, '--topic', '__consumer_offsets', '--exclude-internal-topics'], { codes: [1] })
  expect(hidden.stderr).toContain('Could not match any topic-partitions with the specified filters')
})

it('kafka-delete-records deletes what is before an offset, to the end too, and says where it may not', async () => {
  await create('deleting', 2)
  await create('compacting', 1, 'cleanup.policy=compact')
  await tool('kafka-producer-perf-test', '--topic', 'deleting', '--num-records', '1000', '--record-size', '10', '--throughput', '-1')
  const ends = await endOffsets('deleting')
  const remove = async (partitions: readonly object[]): Promise<string> => {
    const file = join(folder, 'delete.json')
    writeFileSync(file, JSON.stringify({ version: 1, partitions }))
    return tool('kafka-delete-records', '--offset-json-file', file)
  }
  const filled = ends.find(line => !line.endsWith(':0')) ?? ''
  const [, partition = '', end = ''] = filled.split(':')
  expect(await remove([{ topic: 'deleting', partition: Number(partition), offset: 3 }])).toContain(`partition: deleting-${partition}\tlow_watermark: 3`)
  expect(await endOffsets('deleting', '--time', '-2')).toContain(`deleting:${partition}:3`)
  expect(await remove([{ topic: 'deleting', partition: Number(partition), offset: -1 }])).toContain(`low_watermark: ${end}`)
  expect(await endOffsets('deleting', '--time', '-2')).toContain(`deleting:${partition}:${end}`)
  expect(await remove([{ topic: 'deleting', partition: Number(partition), offset: Number(end) + 1 }])).toMatch(/error: .*OffsetOutOfRange/)
  expect(await remove([{ topic: 'compacting', partition: 0, offset: 0 }])).toMatch(/error: .*PolicyViolation/)
})

it('kafka-verifiable-producer is acknowledged each record, and kafka-verifiable-consumer reads and commits them in groups of both protocols', async () => {
  await create('verified', 3)
  const events = (text: string): { name: string; count?: number; value?: string; acked?: number }[] => text.split('\n').filter(line => line.startsWith('{')).map(line => JSON.parse(line) as never)
  // It says how it ended when its JVM does: this one has its own.
  const producer = ['--bootstrap-server', broker.address, '--topic', 'verified', '--max-messages', '500', '--acks', '-1', '--repeating-keys', '5', '--value-prefix', '7']
  const produced = events((await runJava(await kafkaClassPath(), 'org.apache.kafka.tools.VerifiableProducer', producer)).stdout.toString())
  expect(produced.filter(({ name }) => name === 'producer_send_success')).toHaveLength(500)
  expect(produced.at(-1)).toMatchObject({ name: 'tool_data', sent: 500, acked: 500 })
  for (const protocol of ['classic', 'consumer']) {
    const group = `verified-${protocol}`
    const seen = events(await tool('kafka-verifiable-consumer', '--topic', 'verified', '--group-id', group, '--group-protocol', protocol, '--reset-policy', 'earliest', '--max-messages', '500'))
    const names = new Set(seen.map(({ name }) => name))
    for (const name of ['startup_complete', 'partitions_assigned', 'records_consumed', 'offsets_committed', 'shutdown_complete']) expect(names).toContain(name)
    expect(seen.filter(({ name }) => name === 'records_consumed').reduce((sum, { count = 0 }) => sum + count, 0)).toBe(500)
    const described = await tool('kafka-consumer-groups', '--describe', '--group', group)
    expect([...described.matchAll(/verified +\d +(\d+) +\1 +0/g)].reduce((sum, [, offset]) => sum + Number(offset), 0)).toBe(500)
  }
})

it('kafka-producer-perf-test writes in transactions, which kafka-consumer-perf-test reads', async () => {
  await create('measured', 2)
  const written = await tool('kafka-producer-perf-test', '--topic', 'measured', '--num-records', '5000', '--record-size', '100', '--throughput', '-1', '--transactional-id', 'measuring', '--transaction-duration-ms', '100')
  expect(written).toMatch(/^5000 records sent/m)
  expect(await tool('kafka-transactions', 'list')).toMatch(/^measuring\s+\d+\s+\d+\s+CompleteCommit/m)
  const read = await tool('kafka-consumer-perf-test', '--topic', 'measured', '--num-records', '5000', '--timeout', '20000', '--hide-header', '--command-property', 'isolation.level=read_committed')
  expect(Number(read.split(',')[4])).toBe(5000)
  const ends = await endOffsets('measured')
  expect(ends.reduce((sum, line) => sum + Number(line.split(':')[2]), 0)).toBeGreaterThan(5000) // the markers
})
