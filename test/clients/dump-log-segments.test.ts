/** Kafka's own DumpLogSegments reads what we wrote. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { createTopic, kafkajsDriver } from '../support/clients-kafkajs.ts'
import { codecs, type SentRecord } from '../support/clients-records.ts'
import { startTarget, type TestBroker } from '../support/clients-target.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { dumpLogSegments, kafkaClassPath } from '../support/java.ts'

const it = await testWithMade(kafkaClassPath, 'java', 'maven')
const COMPLAINTS = /isvalid: false|mismatch|out of order|non-?consecutive|corrupt|exception|error|truncated|invalid/i
/** The tool says this of every file after the first, also of Kafka's own. */
const BETWEEN_FILES = /Non-consecutive offsets in \S*\/0*(\d+)\.log\n\s+-1 is followed by \1(\n|$)/g

let broker: TestBroker
beforeAll(async () => {
  broker = await startTarget()
})
afterAll(() => broker?.dispose())

/** Texts without a blank, so that a dumped line can be taken apart. */
const sent = Array.from({ length: 9000 }, (_, at): SentRecord => ({
  partition: 0,
  timestamp: Math.floor(Date.now() / 1000) * 1000 - 3_600_000 + at,
  key: Buffer.from(`key-${at}`),
  value: Buffer.from(`value-${at}-${'.'.repeat(at % 200)}`),
  headers: [['index', Buffer.from(String(at))]],
}))

it('DumpLogSegments reads our segments and indexes without a complaint, and finds the keys, values and offsets', async () => {
  await createTopic(broker.address, 'dumped', 1, { 'segment.bytes': '1048576' })
  for (const [at, codec] of codecs.entries()) await kafkajsDriver.produce(broker.address, 'dumped', sent.slice(at * 1800, (at + 1) * 1800), codec)
  const plain = sent.map(record => ({ ...record, key: Buffer.from(String(record.key).replace('key', 'again')) }))
  await kafkajsDriver.produce(broker.address, 'dumped', plain)
  await broker.stop()

  const folder = broker.partitionFolder('dumped', 0)
  const names = readdirSync(folder).sort()
  expect(names.filter(name => name.endsWith('.log')).length).toBeGreaterThan(1)
  const paths = (suffix: string): string[] => names.filter(name => name.endsWith(suffix)).map(name => join(folder, name))

  const logs = await dumpLogSegments(paths('.log'), '--deep-iteration', '--print-data-log')
  expect(logs.complaints.replace(BETWEEN_FILES, '')).toBe('')
  expect(logs.lines.filter(line => COMPLAINTS.test(line))).toEqual([])
  const dumped = logs.lines.flatMap(line => /^\| offset: (\d+) CreateTime: (\d+) .*headerKeys: \[(\S*)\] key: (\S+) payload: (\S+)/.exec(line)?.slice(1).join(' ') ?? [])
  expect(dumped).toEqual([...sent, ...plain].map((record, at) => `${at} ${record.timestamp} index ${String(record.key)} ${String(record.value)}`))

  const checked = await dumpLogSegments([...paths('.index'), ...paths('.timeindex')], '--index-sanity-check')
  expect(checked.complaints).toBe('')
  expect(checked.lines.filter(line => COMPLAINTS.test(line))).toEqual([])
  expect(checked.lines.filter(line => line.includes('passed sanity check')).length).toBe(paths('index').length)

  const matched = await dumpLogSegments([...paths('.index'), ...paths('.timeindex')], '--verify-index-only')
  expect(matched.lines.filter(line => COMPLAINTS.test(line))).toEqual([])
  expect(matched.complaints).toBe('')
})

it('DumpLogSegments decodes our __consumer_offsets', async () => {
  await broker.start()
  await createTopic(broker.address, 'committed', 2)
  await kafkajsDriver.produce(broker.address, 'committed', sent.slice(0, 10))
  await kafkajsDriver.readInGroup({ address: broker.address, topic: 'committed', group: 'dumped-group', count: 10 })
  await broker.stop()
  // Kafka's own rule: the absolute String.hashCode of the group, modulo 50 partitions.
  const hash = [...'dumped-group'].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 0)
  const folder = broker.partitionFolder('__consumer_offsets', Math.abs(hash) % 50)
  const { lines, complaints } = await dumpLogSegments([join(folder, `${'0'.repeat(20)}.log`)], '--offsets-decoder', '--deep-iteration')
  expect(complaints).toBe('')
  expect(lines.filter(line => COMPLAINTS.test(line))).toEqual([])
  expect(lines.some(line => line.includes('"group":"dumped-group","topic":"committed","partition":0') && line.includes('"offset":10'))).toBe(true)
  expect(lines.some(line => line.includes('"group":"dumped-group"') && line.includes('"protocolType":"consumer"'))).toBe(true)
})
