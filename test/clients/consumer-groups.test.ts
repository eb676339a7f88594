/**
 * Groups of the consumer protocol (KIP-848) of Apache Kafka's Java client: members join, leave, die and come back, and its tools say what
 * they have. With MILLRACE_TEST_TARGET=kafka the same against Apache Kafka.
 */

import { afterAll, beforeAll, expect } from 'vitest'
import { incrementalAlterConfigs } from '../../core/protocol/apis/index.ts'
import { MillraceProcess } from '../support/broker-process.ts'
import { ask, RawConnection } from '../support/clients-frames.ts'
import { startJavaMember } from '../support/clients-java.ts'
import { createTopic, kafkajsDriver } from '../support/clients-kafkajs.ts'
import type { RunningProcess } from '../support/clients-process.ts'
import { sampleRecords } from '../support/clients-records.ts'
import { targetIsKafka, type TestBroker } from '../support/clients-target.ts'
import { testWith } from '../support/clients-tools.ts'
import { kafkaClassPath, runJava } from '../support/java.ts'
import { KafkaPeer } from '../support/kafka-peer.ts'

const it = testWith('java', 'maven')

/** Heartbeats often enough, and sessions that a group may have short enough, to wait for. */
const CONFIGS = { 'group.consumer.min.session.timeout.ms': '6000', 'group.consumer.heartbeat.interval.ms': '500', 'group.consumer.min.heartbeat.interval.ms': '500' }
const GROUP_RESOURCE = 32

let broker: TestBroker
beforeAll(async () => {
  broker = targetIsKafka
    ? await KafkaPeer.start({ properties: CONFIGS })
    : await MillraceProcess.start({ args: Object.entries(CONFIGS).flatMap(([name, value]) => ['--config', `${name}=${value}`]) })
})
afterAll(() => broker?.dispose())

const member = (group: string, subscription: string, ...settings: string[]): Promise<RunningProcess> => startJavaMember(broker.address, group, subscription, ...settings)

/** The partitions that each member was given last, once they are as `holds` says. */
async function assignedOnce(members: readonly RunningProcess[], holds: (counts: readonly number[]) => boolean): Promise<string[][]> {
  const look = (): string[][] => members.map(({ stdout }) => stdout.findLast(line => line.startsWith('assigned'))?.split(' ').slice(1) ?? [])
  await expect.poll(() => {
    const assigned = look()
    const all = assigned.flat()
    return holds(assigned.map(({ length }) => length)) && new Set(all).size === all.length ? 'as expected' : assigned
  }, { timeout: 150_000, interval: 50 }).toBe('as expected')
  return look()
}

const is = (...counts: number[]) => (seen: readonly number[]): boolean => String([...seen].sort((a, b) => a - b)) === String(counts)

async function describeGroup(group: string, ...args: string[]): Promise<string> {
  const options = ['--bootstrap-server', broker.address, '--describe', '--group', group, ...args]
  return (await runJava(await kafkaClassPath(), 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', options)).stdout.toString()
}

async function closed(process: RunningProcess): Promise<void> {
  process.tell('close')
  await process.line(/^closed/)
}

it('members share the partitions, resume where others committed, and take over from who leaves', async () => {
  const sent = sampleRecords(120, 6, kafkajsDriver.limits)
  await createTopic(broker.address, 'shared', 6)
  await kafkajsDriver.produce(broker.address, 'shared', sent)
  const first = await member('pair', 'shared', 'client.id=one')
  await assignedOnce([first], is(6))
  await first.waitFor('all records', () => first.stdout.filter(line => line.startsWith('record')).length === 120 || undefined)
  first.tell('commit')
  await first.line(/^committed/)
  const second = await member('pair', 'shared', 'client.id=two')
  await assignedOnce([first, second], is(3, 3))
  const verbose = await describeGroup('pair', '--members', '--verbose')
  expect(verbose.match(/pair\s+\S{22}\s+\/127\.0\.0\.1\s+(one|two)\s+3\s+(\d+)\s+shared:\S+\s+\2\s+shared:\S+/g)?.length).toBe(2)
  expect(await describeGroup('pair', '--state', '--verbose')).toMatch(/uniform\s+Stable\s+3\s+3\s+2/)
  expect((await describeGroup('pair')).match(/pair\s+shared\s+\d\s+20\s+20\s+0\s+\S{22}/g)?.length).toBe(6)
  await closed(first)
  await assignedOnce([second], is(6))
  expect(second.stdout.filter(line => line.startsWith('record')).length).toBe(0)
  await closed(second)
  expect(await describeGroup('pair', '--state')).toMatch(/Empty\s+0/)
})

it('who is killed is out with its session, and the others have its partitions', async () => {
  await createTopic(broker.address, 'mourned', 4)
  const connection = await RawConnection.open(Number(broker.address.split(':')[1]))
  const configs = [{ name: 'consumer.session.timeout.ms', configOperation: 0, value: '6000' }]
  const altered = await ask(connection, incrementalAlterConfigs, 1, { resources: [{ resourceType: GROUP_RESOURCE, resourceName: 'mourners', configs }], validateOnly: false })
  expect(altered.responses[0]?.errorCode).toBe(0)
  connection.close()
  const members = [await member('mourners', 'mourned'), await member('mourners', 'mourned'), await member('mourners', 'mourned', 'group.remote.assignor=range')]
  await assignedOnce(members, is(1, 1, 2))
  await members[0]?.end('SIGKILL')
  await assignedOnce(members.slice(1), is(2, 2))
  await Promise.all(members.slice(1).map(closed))
})

it('a static member that comes back under its instance has what it had, and the others notice nothing', async () => {
  await createTopic(broker.address, 'kept', 4)
  const first = await member('statics', 'kept', 'group.instance.id=one')
  const other = await member('statics', 'kept', 'group.instance.id=two')
  const [before = []] = await assignedOnce([first, other], is(2, 2))
  const told = other.stdout.filter(line => line.startsWith('assigned')).length
  await closed(first)
  const again = await member('statics', 'kept', 'group.instance.id=one')
  const [after = []] = await assignedOnce([again, other], is(2, 2))
  expect(after).toEqual(before)
  expect(other.stdout.filter(line => line.startsWith('assigned')).length).toBe(told)
  await Promise.all([again, other].map(closed))
})

it('a pattern finds topics that are there, and those that come; a subscription changes while it runs', async () => {
  await createTopic(broker.address, 'log-eu', 1)
  await createTopic(broker.address, 'other', 2)
  const reader = await member('patterns', '/log-.*/')
  await assignedOnce([reader], is(1))
  await createTopic(broker.address, 'log-us', 2)
  const [found = []] = await assignedOnce([reader], is(3))
  expect(found).toEqual(['log-eu-0', 'log-us-0', 'log-us-1'])
  reader.tell('subscribe other')
  expect(await assignedOnce([reader], is(2))).toEqual([['other-0', 'other-1']])
  reader.tell('subscribe other,log-eu')
  expect(await assignedOnce([reader], is(3))).toEqual([['log-eu-0', 'other-0', 'other-1']])
  await closed(reader)
})

it('a broker that is killed in the middle of a rebalance goes on where it was', async () => {
  await createTopic(broker.address, 'lasting', 6)
  const members = [await member('lasting', 'lasting'), await member('lasting', 'lasting')]
  await assignedOnce(members, is(3, 3))
  const third = await member('lasting', 'lasting')
  await broker.kill()
  await broker.start()
  await assignedOnce([...members, third], is(2, 2, 2))
  expect(members.flatMap(({ stdout }) => stdout.filter(line => line === 'lost'))).toEqual([])
  await Promise.all([...members, third].map(closed))
})
