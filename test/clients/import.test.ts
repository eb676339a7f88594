/** Partition folders that Apache Kafka wrote are imported and served record for record. */

import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import { findCoordinator } from '../../core/protocol/apis/index.ts'
import { MillraceProcess, runMillrace } from '../support/broker-process.ts'
import { ask, RawConnection } from '../support/clients-frames.ts'
import { javaDriver } from '../support/clients-java.ts'
import { createTopic, kafkajsDriver, topicOffsets } from '../support/clients-kafkajs.ts'
import { codecs, expectSameRecords, sampleRecords } from '../support/clients-records.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { kafkaClassPath } from '../support/java.ts'
import { KafkaPeer } from '../support/kafka-peer.ts'

const it = await testWithMade(kafkaClassPath, 'java', 'maven')
const foreign = mkdtempSync(join(tmpdir(), 'millrace-foreign-'))
/** Enough for several segments of 1 MiB. */
const perCodec = 8000
const sent = sampleRecords(perCodec * codecs.length, 2)
let kafka: KafkaPeer | undefined
let millrace: MillraceProcess | undefined

afterAll(async () => {
  await kafka?.dispose()
  await millrace?.dispose()
  rmSync(foreign, { recursive: true, force: true })
})

it('partition folders of Apache Kafka 4.3.1, with all codecs and several segments, are served record for record', async () => {
  kafka = await KafkaPeer.start()
  await createTopic(kafka.address, 'legacy', 2, { 'segment.bytes': '1048576' })
  // By the Java client: kafkajs sends a request again whole when one of its partitions is not ready, and leaves duplicates.
  for (const [at, codec] of codecs.entries()) await javaDriver.produce(kafka.address, 'legacy', sent.slice(at * perCodec, (at + 1) * perCodec), codec)
  await makeOffsetsTopic(kafka.port)
  await kafka.stop()
  cpSync(join(kafka.dataFolder, 'logs'), foreign, { recursive: true })
  const segments = readdirSync(join(foreign, 'legacy-0')).filter(name => name.endsWith('.log'))
  expect(segments.length).toBeGreaterThan(1)

  millrace = new MillraceProcess()
  const imported = await runMillrace(['import', foreign, '--data', millrace.dataFolder])
  expect(imported.stdout.toString() + imported.stderr).toMatch(/legacy/)
  await millrace.start()
  const { address } = millrace
  expect(await kafkajsDriver.admin?.list(address)).toContain('legacy')
  expect((await topicOffsets(address, 'legacy')).map(({ end }) => end)).toEqual([sent.length / 2, sent.length / 2])
  const { records } = await javaDriver.readInGroup({ address, topic: 'legacy', group: 'here', count: sent.length })
  expectSameRecords(records, sent)
  const at = await javaDriver.readAt(address, 'legacy', 1, (sent[5001]?.timestamp ?? 0) - 3)
  expect(at.offset).toBe(2500)

  const more = sampleRecords(20, 2, kafkajsDriver.limits, 9)
  await kafkajsDriver.produce(address, 'legacy', more)
  const next = await kafkajsDriver.readInGroup({ address, topic: 'legacy', group: 'here', count: more.length })
  expectSameRecords(next.records, more, sent.length / 2)
})

/** Asks for a coordinator until there is one: then the folders of `__consumer_offsets` are there, for the import to leave out. */
async function makeOffsetsTopic(port: number): Promise<void> {
  const connection = await RawConnection.open(port)
  for (let isThere = false; !isThere;) {
    const answer = await ask(connection, findCoordinator, 4, { keyType: 0, coordinatorKeys: ['there'] })
    isThere = answer.coordinators[0]?.errorCode === 0
  }
  connection.close()
}
