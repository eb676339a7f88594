/** Our segment files, put into the folders of topics that Apache Kafka made, are served by it as by us; and its DumpLogSegments finds nothing to complain about. */

import { copyFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import { accepted } from '../differential/accepted.ts'
import { BrokerUnderScript } from '../differential/broker-under-script.ts'
import { differencesOf, judge } from '../differential/compare.ts'
import { readFiles, writeOnly } from '../differential/run-script.ts'
import { scriptTopics } from '../differential/write-script.ts'
import { MillraceProcess } from '../support/broker-process.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { dumpComplaints } from '../support/dump-complaints.ts'
import { kafkaClassPath } from '../support/java.ts'
import { KafkaPeer } from '../support/kafka-peer.ts'

const it = await testWithMade(kafkaClassPath, 'java', 'maven')
const SEED = 4
let kafka: KafkaPeer | undefined
let millrace: MillraceProcess | undefined

afterAll(async () => {
  await kafka?.dispose()
  await millrace?.dispose()
})

it('Apache Kafka serves our segments, without our indexes and after an unclean stop: records, offsets and times', async () => {
  kafka = await KafkaPeer.start()
  const maker = new BrokerUnderScript(kafka.port)
  await maker.createTopics(scriptTopics.whole)
  maker.close()
  await kafka.stop()

  millrace = await MillraceProcess.start()
  await writeOnly(millrace.port, { nowMs: Math.floor(Date.now() / 1000) * 1000, seed: SEED })
  const ours = await readFiles(millrace.port, SEED)
  await millrace.stop()

  for (const { name } of scriptTopics.whole) putSegments(millrace.partitionFolder(name, 0), kafka.partitionFolder(name, 0))
  rmSync(join(kafka.dataFolder, 'logs', '.kafka_cleanshutdown'))
  await kafka.start()
  await untilLed(kafka.port)
  const theirs = await readFiles(kafka.port, SEED)
  await kafka.stop()
  expect(judge(differencesOf(theirs, ours), accepted).open.slice(0, 20)).toEqual([])
  expect(ours.length).toBeGreaterThan(5000)
})

it('DumpLogSegments has no complaint about any of them, nor about what Kafka made of them', async () => {
  for (const broker of [millrace, kafka]) {
    expect(await dumpComplaints(scriptTopics.whole.map(({ name }) => broker?.partitionFolder(name, 0) ?? ''))).toEqual([])
  }
})

/** Its own `partition.metadata` and nothing else of Kafka's stays. */
function putSegments(from: string, to: string): void {
  for (const name of readdirSync(to)) if (name !== 'partition.metadata') rmSync(join(to, name))
  for (const name of readdirSync(from)) if (name.endsWith('.log')) copyFileSync(join(from, name), join(to, name))
}

async function untilLed(port: number): Promise<void> {
  const broker = new BrokerUnderScript(port)
  for (const { name } of scriptTopics.whole) await broker.untilLed(name)
  broker.close()
}
