/**
 * One seeded script of requests against Apache Kafka and Millrace in one run: every answer to Produce, Fetch, ListOffsets and OffsetForLeaderEpoch
 * is the same, field by field, but for what test/differential/accepted.ts lists with a reason. MILLRACE_SEED draws another script.
 */

import { expect } from 'vitest'
import { accepted } from '../differential/accepted.ts'
import { differencesOf, judge } from '../differential/compare.ts'
import { runScript } from '../differential/run-script.ts'
import { MillraceProcess } from '../support/broker-process.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { kafkaClassPath } from '../support/java.ts'
import { KafkaPeer } from '../support/kafka-peer.ts'

const it = await testWithMade(kafkaClassPath, 'java', 'maven')
const seed = Number(process.env['MILLRACE_SEED'] ?? 1)

it(`what is written and read by the script of seed ${seed} is answered as by Apache Kafka 4.3.1`, async () => {
  const nowMs = Math.floor(Date.now() / 1000) * 1000
  const kafka = await KafkaPeer.start()
  const expected = await runScript(kafka.port, { nowMs, seed }).finally(() => kafka.dispose())
  const millrace = await MillraceProcess.start()
  const found = await runScript(millrace.port, { nowMs, seed }).finally(() => millrace.dispose())
  const { open, unused } = judge(differencesOf(expected, found), accepted)
  expect(open.slice(0, 20)).toEqual([])
  expect(unused.map(({ why }) => why)).toEqual([])
  expect(found.length).toBeGreaterThan(10_000)
})
