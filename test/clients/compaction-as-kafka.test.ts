/** The same segment files under Apache Kafka's cleaner and under ours: the same records, tombstones, markers and offsets are left, twice over. */

import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, expect } from 'vitest'
import { seededRandom } from '../../core/common/random.ts'
import { produce } from '../../core/protocol/apis/index.ts'
import { encodeBatch } from '../../core/records/record-batch.ts'
import { accepted, acceptedOfCompacted } from '../differential/accepted.ts'
import { BrokerUnderScript, type TopicSpec } from '../differential/broker-under-script.ts'
import { differencesOf, judge } from '../differential/compare.ts'
import { keyedBatch, makeKeyedLog, SEGMENT_BYTES } from '../differential/keyed-log.ts'
import { readCleaned } from '../differential/run-script.ts'
import { MillraceProcess } from '../support/broker-process.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { dumpComplaints } from '../support/dump-complaints.ts'
import { kafkaClassPath } from '../support/java.ts'
import { KafkaPeer } from '../support/kafka-peer.ts'

const it = await testWithMade(kafkaClassPath, 'java', 'maven')
const HOUR_MS = 3_600_000
const seed = Number(process.env['MILLRACE_SEED'] ?? 1)
const nowMs = Date.now()
const made = mkdtempSync(join(tmpdir(), 'millrace-keyed-'))
const compacted = { 'cleanup.policy': 'compact', 'segment.bytes': String(SEGMENT_BYTES), 'min.cleanable.dirty.ratio': '0.01' }
const topics: readonly (TopicSpec & { readonly timesFrom: number; readonly timesTo: number; readonly leavesOpen: boolean })[] = [
  { name: 'kept', configs: { ...compacted, 'delete.retention.ms': String(24 * HOUR_MS) }, timesFrom: nowMs - 3 * HOUR_MS, timesTo: nowMs - HOUR_MS, leavesOpen: false },
  { name: 'gone', configs: { ...compacted, 'delete.retention.ms': '0' }, timesFrom: nowMs - 3 * HOUR_MS, timesTo: nowMs - HOUR_MS, leavesOpen: false },
  { name: 'open', configs: compacted, timesFrom: nowMs - 3 * HOUR_MS, timesTo: nowMs - HOUR_MS, leavesOpen: true },
  { name: 'lagging', configs: { ...compacted, 'min.compaction.lag.ms': String(2 * HOUR_MS) }, timesFrom: nowMs - 4 * HOUR_MS, timesTo: nowMs, leavesOpen: false },
]
const names = topics.map(({ name }) => name)
/** Those that a second compaction comes to: their last segment is neither held by a transaction nor too young. */
const cleanedTwice = ['kept', 'gone']
let kafka: KafkaPeer | undefined
let millrace: MillraceProcess | undefined

afterAll(async () => {
  await kafka?.dispose()
  await millrace?.dispose()
  rmSync(made, { recursive: true, force: true })
})

it(`what two compactions leave of the logs of seed ${seed} is what Apache Kafka 4.3.1 leaves`, async () => {
  for (const [at, topic] of topics.entries()) await makeKeyedLog({ ...topic, topic: topic.name, folder: join(made, topic.name), seed: seed * 10 + at, batches: 900 })
  kafka = await KafkaPeer.start({ properties: { 'log.cleaner.backoff.ms': '100' } })
  millrace = await MillraceProcess.start({ args: ['--config', 'log.cleaner.backoff.ms=100'] })
  for (const broker of [kafka, millrace]) {
    const script = new BrokerUnderScript(broker.port)
    await script.createTopics(topics)
    script.close()
    await broker.stop()
    for (const name of names) putSegments(join(made, name), broker.partitionFolder(name, 0))
    rmSync(join(broker.dataFolder, 'logs', '.kafka_cleanshutdown'), { force: true })
    await broker.start()
  }

  const first = await compare(kafka, millrace, names, new Map())
  for (const broker of [kafka, millrace]) await writeMore(broker.port)
  await compare(kafka, millrace, cleanedTwice, first)
  await millrace.stop()
  expect(await dumpComplaints(names.map(name => millrace?.partitionFolder(name, 0) ?? ''), { isCompacted: true })).toEqual([])
})

/** Once both have compacted beyond `before`: how far, which is equal, and what is left. */
async function compare(kafka: KafkaPeer, millrace: MillraceProcess, topicNames: readonly string[], before: ReadonlyMap<string, number>): Promise<Map<string, number>> {
  const [theirs, ours] = [await untilCleaned(kafka.dataFolder, topicNames, before), await untilCleaned(millrace.dataFolder, topicNames, before)]
  expect(ours).toEqual(theirs)
  const differences = differencesOf(await readCleaned(kafka.port, topicNames, seed), await readCleaned(millrace.port, topicNames, seed))
  expect(judge(differences, [...accepted, ...acceptedOfCompacted]).open.slice(0, 20)).toEqual([])
  return ours
}

/** As much as makes the last segment of each roll once: one more compaction, and no more. */
async function writeMore(port: number): Promise<void> {
  const random = seededRandom(seed + 99)
  const script = new BrokerUnderScript(port)
  for (const name of cleanedTwice) {
    for (let bytes = 0; bytes < SEGMENT_BYTES * 1.02;) {
      const records = encodeBatch(keyedBatch(random, nowMs))
      const answer = await script.ask(produce, 9, { acks: -1, timeoutMs: 10_000, topicData: [{ name, partitionData: [{ index: 0, records }] }] })
      if (answer === 'closed' || answer.responses[0]?.partitionResponses[0]?.errorCode !== 0) throw new Error(`${name} did not take a batch`)
      bytes += records.length
    }
  }
  script.close()
}

/** Topic and offset of the cleaner's checkpoint, when every topic has come further than `before`. */
async function untilCleaned(dataFolder: string, topicNames: readonly string[], before: ReadonlyMap<string, number>): Promise<Map<string, number>> {
  for (;;) {
    const offsets = new Map(cleanerOffsets(dataFolder).filter(([name]) => topicNames.includes(name)))
    if (topicNames.every(name => (offsets.get(name) ?? 0) > (before.get(name) ?? 0))) return offsets
    await pause(50)
  }
}

function cleanerOffsets(dataFolder: string): [string, number][] {
  const path = [dataFolder, join(dataFolder, 'logs')].map(folder => join(folder, 'cleaner-offset-checkpoint')).find(existsSync)
  const text = path === undefined ? '' : readFileSync(path, 'utf8')
  return [...text.matchAll(/^(\S+) \d+ (\d+)$/gm)].map(([, name = '', offset]): [string, number] => [name, Number(offset)]).sort()
}

function putSegments(from: string, to: string): void {
  for (const name of readdirSync(to)) if (name !== 'partition.metadata') rmSync(join(to, name))
  for (const name of readdirSync(from)) if (name.endsWith('.log')) copyFileSync(join(from, name), join(to, name))
}
