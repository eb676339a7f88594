/** A compacted topic as clients write and read it, and its segments as Kafka's own DumpLogSegments reads them. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seededRandom } from '../../core/common/random.ts'
import { MillraceProcess } from '../support/broker-process.ts'
import { createTopic, kafkajsDriver } from '../support/clients-kafkajs.ts'
import { codecs, FIRST_TIMESTAMP, type SentRecord } from '../support/clients-records.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { dumpLogSegments, kafkaClassPath } from '../support/java.ts'

const COMPLAINTS = /isvalid: false|mismatch|out of order|corrupt|exception|error|truncated|invalid/i
const KEYS = 40
const PER_CODEC = 2000

const dumpTest = await testWithMade(kafkaClassPath, 'java', 'maven')
const random = seededRandom(11)
/** Values no codec makes much smaller, so that every codec fills segments. */
const sent = codecs.flatMap((_, codec) => Array.from({ length: PER_CODEC }, (_, at): SentRecord => ({
  partition: 0,
  timestamp: FIRST_TIMESTAMP + codec * PER_CODEC + at,
  key: Buffer.from(`key-${random.below(KEYS)}`),
  value: random.bytes(900),
  headers: [['index', Buffer.from(String(codec * PER_CODEC + at))]],
})))

let broker: MillraceProcess
beforeAll(async () => {
  broker = await MillraceProcess.start({ args: ['--config', 'log.cleaner.backoff.ms=100'] })
})
afterAll(() => broker?.dispose())

function activeBase(): number {
  return Math.max(...readdirSync(broker.partitionFolder('updates', 0)).flatMap(name => /^(\d{20})\.log$/.exec(name)?.[1] ?? []).map(Number))
}

function cleanedUpTo(): number {
  const path = join(broker.partitionFolder('updates', 0), '..', 'cleaner-offset-checkpoint')
  try {
    return Number(/^updates 0 (\d+)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? -1)
  } catch {
    return -1 // nothing was compacted yet
  }
}

test('of many updates of few keys a consumer finds the last ones, whatever codec they came in', async () => {
  await createTopic(broker.address, 'updates', 1, { 'cleanup.policy': 'compact', 'segment.bytes': '1048576', 'min.cleanable.dirty.ratio': '0.01' })
  for (const [at, codec] of codecs.entries()) await kafkajsDriver.produce(broker.address, 'updates', sent.slice(at * PER_CODEC, (at + 1) * PER_CODEC), codec)
  await expect.poll(() => [cleanedUpTo(), activeBase()], { timeout: 60_000 }).toSatisfy(([cleaned, active]) => cleaned === active && active > 0)
  const active = activeBase()
  const last = new Map(sent.slice(0, active).map((record, offset) => [String(record.key), offset]))
  const expected = sent.flatMap((record, offset) => (offset >= active || last.get(String(record.key)) === offset ? [{ ...record, offset }] : []))
  const { records } = await kafkajsDriver.readInGroup({ address: broker.address, topic: 'updates', group: 'reader', count: expected.length })
  expect(records).toEqual(expected)
  expect(expected.length).toBeLessThan(sent.length / 2)
})

dumpTest('DumpLogSegments reads compacted segments and their indexes without a complaint', async () => {
  await broker.stop()
  const folder = broker.partitionFolder('updates', 0)
  const names = readdirSync(folder).sort()
  expect(names.filter(name => /\.(cleaned|swap)$/.test(name))).toEqual([])
  const paths = (suffix: string): string[] => names.filter(name => name.endsWith(suffix)).map(name => join(folder, name))
  const logs = await dumpLogSegments(paths('.log'), '--deep-iteration')
  expect(logs.lines.filter(line => COMPLAINTS.test(line))).toEqual([])
  expect(logs.lines.filter(line => line.startsWith('|')).length).toBeGreaterThan(KEYS - 1)
  for (const check of ['--index-sanity-check', '--verify-index-only']) {
    const { lines, complaints } = await dumpLogSegments([...paths('.index'), ...paths('.timeindex')], check)
    expect([check, complaints, lines.filter(line => COMPLAINTS.test(line))]).toEqual([check, '', []])
  }
})
