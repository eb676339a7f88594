/** Partition folders that Apache Kafka wrote are imported and served record for record. */

import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import { MillraceProcess, runMillrace } from '../support/broker-process.ts'
import { createTopic, kafkajsDriver, topicOffsets } from '../support/clients-kafkajs.ts'
import { codecs, expectSameRecords, sampleRecords } from '../support/clients-records.ts'
import { testWith } from '../support/clients-tools.ts'
import { KafkaPeer } from '../support/kafka-peer.ts'

const it = testWith('java', 'maven')
const foreign = mkdtempSync(join(tmpdir(), 'millrace-foreign-'))
const perCodec = 3000
const sent = sampleRecords(perCodec * codecs.length, 2, kafkajsDriver.limits)
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
  for (const [at, codec] of codecs.entries()) await kafkajsDriver.produce(kafka.address, 'legacy', sent.slice(at * perCodec, (at + 1) * perCodec), codec)
  await kafkajsDriver.readInGroup({ address: kafka.address, topic: 'legacy', group: 'there', count: 10 })
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
  const { records } = await kafkajsDriver.readInGroup({ address, topic: 'legacy', group: 'here', count: sent.length })
  expectSameRecords(records, sent)
  const at = await kafkajsDriver.readAt(address, 'legacy', 1, (sent[5001]?.timestamp ?? 0) - 3)
  expect(at.offset).toBe(2500)

  const more = sampleRecords(20, 2, kafkajsDriver.limits, 9)
  await kafkajsDriver.produce(address, 'legacy', more)
  const next = await kafkajsDriver.readInGroup({ address, topic: 'legacy', group: 'here', count: more.length })
  expectSameRecords(next.records, more, sent.length / 2)
})
