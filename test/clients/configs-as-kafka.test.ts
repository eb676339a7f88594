/** Apache Kafka's own tool describes and changes configs alike, run against both; requests that it does not send are in conformance.test.ts. */

import { afterAll, beforeAll, expect } from 'vitest'
import { MillraceProcess } from '../support/broker-process.ts'
import { testWithMade } from '../support/clients-tools.ts'
import { kafkaClassPath, runJava } from '../support/java.ts'
import { KafkaPeer } from '../support/kafka-peer.ts'

const it = await testWithMade(kafkaClassPath, 'java', 'maven')

let kafka: KafkaPeer
let millrace: MillraceProcess
beforeAll(async () => {
  [kafka, millrace] = await Promise.all([KafkaPeer.start(), MillraceProcess.start()])
})
afterAll(() => Promise.all([kafka?.dispose(), millrace?.dispose()]))

/** Lines of kafka-configs, the same from each broker: what differs is told apart by `but`. */
async function both(but: (line: string) => boolean, ...args: string[]): Promise<{ readonly kafka: string[]; readonly millrace: string[] }> {
  const lines = async (address: string): Promise<string[]> => {
    const ran = await runJava(await kafkaClassPath(), 'kafka.admin.ConfigCommand', ['--bootstrap-server', address, ...args])
    return ran.stdout.toString().split('\n').filter(line => line.trim() !== '' && !but(line))
  }
  const [ofKafka, ofMillrace] = await Promise.all([lines(kafka.address), lines(millrace.address)])
  return { kafka: ofKafka, millrace: ofMillrace }
}

/** Kafka sets it for all brokers when it is formatted. */
const isOfFormat = (line: string): boolean => line.includes('min.insync.replicas')

it.each([
  ['topics', '--entity-name', 'orders', '--add-config', 'retention.ms=60000,cleanup.policy=[compact,delete]'],
  ['brokers', '--entity-name', '1', '--add-config', 'log.cleaner.backoff.ms=1000'],
  ['brokers', '--entity-default', '--add-config', 'log.retention.ms=70000,message.max.bytes=2000000'],
  ['groups', '--entity-name', 'g', '--add-config', 'consumer.session.timeout.ms=50000'],
  ['client-metrics', '--entity-name', 'm', '--add-config', 'metrics=*,interval.ms=1000'],
])('kafka-configs alters and describes %s alike', async (type, ...entity) => {
  const [kind, name = ''] = entity[0] === '--entity-default' ? [entity[0]] : entity
  const place = ['--entity-type', type, kind ?? '', ...(name === '' ? [] : [name])]
  if (type === 'topics') {
    for (const address of [kafka.address, millrace.address]) {
      await runJava(await kafkaClassPath(), 'org.apache.kafka.tools.TopicCommand', ['--bootstrap-server', address, '--create', '--topic', 'orders', '--if-not-exists'])
    }
  }
  const altered = await both(isOfFormat, '--alter', ...place, ...entity.slice(name === '' ? 1 : 2))
  expect(altered.millrace).toEqual(altered.kafka)
  const described = await both(isOfFormat, '--describe', ...place)
  expect(described.millrace).toEqual(described.kafka)
  expect(described.millrace.length).toBeGreaterThan(1)
  const removed = entity.at(-1)?.split(/,(?![a-z]+\])/).map(pair => pair.split('=')[0]).join(',')
  const back = await both(isOfFormat, '--alter', ...place, '--delete-config', removed ?? '')
  expect(back.millrace).toEqual(back.kafka)
}, 60_000)

it('kafka-configs lists the same broker configs with all that is a default', async () => {
  const names = (lines: readonly string[]): (string | undefined)[] => lines.map(line => /^\s+([\w.-]+)=/.exec(line)?.[1])
  const described = await both(line => !line.includes('='), '--describe', '--all', '--entity-type', 'brokers', '--entity-name', '1')
  expect(names(described.millrace)).toEqual(names(described.kafka))
  // Addresses, folders and ids are each broker's own; the rest is told with the same value and source.
  const isOwn = (line: string): boolean => /^\s+(listeners|advertised\.listeners|log\.dirs|controller\.|listener\.security|min\.insync|num\.partitions)/.test(line)
  const told = (lines: readonly string[]): string[] => lines.filter(line => !isOwn(line))
  expect(told(described.millrace)).toEqual(told(described.kafka))
}, 60_000)
