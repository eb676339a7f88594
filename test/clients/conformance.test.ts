/**
 * Apache Kafka 4.3.1 and Millrace are sent the same requests, part by part (test/differential/parts.ts), and every answer is the same field by
 * field, but for what test/differential/accepted.ts lists with a reason. Each API that is served is asked at its lowest and its highest version.
 * MILLRACE_SEED draws another script of what is written and read; MILLRACE_PARTS names the parts to run, all unless told.
 */

import { afterAll, beforeAll, expect } from 'vitest'
import { handlers } from '../../core/broker/handlers/index.ts'
import { acceptedOf } from '../differential/accepted.ts'
import { differencesOf, judge } from '../differential/compare.ts'
import { conformanceConfigs, parts } from '../differential/parts.ts'
import { tidy } from '../differential/tidy.ts'
import { MillraceProcess } from '../support/broker-process.ts'
import { askedOf } from '../support/clients-frames.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { kafkaClassPath } from '../support/java.ts'
import { KafkaPeer } from '../support/kafka-peer.ts'

const it = await testWithMade(kafkaClassPath, 'java', 'maven')
const seed = Number(process.env['MILLRACE_SEED'] ?? 1)
const wanted = process.env['MILLRACE_PARTS']?.split(',')
const run = parts.filter(({ name }) => wanted?.includes(name) ?? true)
const nowMs = Math.floor(Date.now() / 1000) * 1000
let kafka: KafkaPeer
let millrace: MillraceProcess
let compared = 0

beforeAll(async () => {
  const args = Object.entries(conformanceConfigs).flatMap(([name, value]) => ['--config', `${name}=${value}`])
  ;[kafka, millrace] = await Promise.all([KafkaPeer.start({ properties: conformanceConfigs }), MillraceProcess.start({ args })])
})
afterAll(() => Promise.all([kafka?.dispose(), millrace?.dispose()]))

/** One version is told where several differ alike. */
const withoutVersion = (step: string): string => step.replace(/ v\d+\)?$/, '')

it.each(run)('$name: every answer is the one Apache Kafka 4.3.1 gives', async part => {
  const [expected, found] = await Promise.all([kafka, millrace].map(async ({ port }) => {
    const steps = await part.run(port, { nowMs, seed })
    await tidy(port)
    return steps
  }))
  compared += found?.length ?? 0
  const { open, unused } = judge(differencesOf(expected ?? [], found ?? []), acceptedOf[part.name] ?? [])
  expect([...new Map(open.map(each => [`${withoutVersion(each.step)} ${each.path}`, each])).values()].slice(0, 100)).toEqual([])
  expect(unused.map(({ why }) => why)).toEqual([])
}, 240_000)

it('every API that is served was asked at its lowest and its highest version, and both brokers answered', () => {
  const [ofKafka, ofMillrace] = [askedOf(kafka.port), askedOf(millrace.port)]
  const sum = (of: typeof ofKafka): number => of.reduce((total, { asked }) => total + asked, 0)
  process.stdout.write(`conformance: ${compared} answers compared; ${sum(ofKafka)} requests to Apache Kafka, ${sum(ofMillrace)} to Millrace\n`)
  const isAnswered = (of: typeof ofKafka, key: number, version: number): boolean => of.some(each => each.api.key === key && each.version === version && each.answered > 0)
  const missing = handlers.flatMap(({ api }) => [api.minVersion, api.maxVersion]
    .filter(version => ![ofKafka, ofMillrace].every(of => isAnswered(of, api.key, version))).map(version => `${api.name} v${version}`))
  if (!wanted) expect(missing).toEqual([])
})
