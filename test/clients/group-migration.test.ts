/**
 * A group of Java consumers moves from the classic protocol to the consumer protocol and back, member by member, while records flow
 * (KIP-848). With MILLRACE_TEST_TARGET=kafka the same against Apache Kafka.
 */

import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect } from 'vitest'
import { listGroups } from '../../core/protocol/apis/index.ts'
import { MillraceProcess } from '../support/broker-process.ts'
import { ask, RawConnection } from '../support/clients-frames.ts'
import { startJavaMember } from '../support/clients-java.ts'
import { createTopic, kafkajsClient } from '../support/clients-kafkajs.ts'
import { RunningProcess } from '../support/clients-process.ts'
import { targetIsKafka, type TestBroker } from '../support/clients-target.ts'
import { testWith } from '../support/clients-tools.ts'
import { KafkaPeer } from '../support/kafka-peer.ts'

const it = testWith('java', 'maven')
const PARTITIONS = 6

/** Heartbeats often enough to wait for. */
const CONFIGS = { 'group.consumer.heartbeat.interval.ms': '500', 'group.consumer.min.heartbeat.interval.ms': '500' }

let broker: TestBroker
beforeAll(async () => {
  broker = targetIsKafka
    ? await KafkaPeer.start({ properties: CONFIGS })
    : await MillraceProcess.start({ args: Object.entries(CONFIGS).flatMap(([name, value]) => ['--config', `${name}=${value}`]) })
})
afterAll(() => broker?.dispose())

/** The partitions that a member was given last. */
const assignedTo = ({ stdout }: RunningProcess): string[] => stdout.findLast(line => line.startsWith('assigned'))?.split(' ').slice(1) ?? []
const recordsOf = ({ stdout }: RunningProcess): string[] => stdout.filter(line => line.startsWith('record '))

type Listed = { readonly type: string; readonly state: string }

/** Waits until the members share all partitions evenly and all have heard of it: who has not, when the protocol changes, starts anew. */
async function shared(group: string, ...members: readonly RunningProcess[]): Promise<Listed> {
  await expect.poll(async () => {
    const assigned = members.map(assignedTo)
    const isEven = assigned.every(({ length }) => length === PARTITIONS / members.length)
    const isWhole = isEven && new Set(assigned.flat()).size === PARTITIONS
    return isWhole && (await listed(group)).state === 'Stable' ? 'as expected' : assigned
  }, { timeout: 60_000, interval: 50 }).toBe('as expected')
  return listed(group)
}

async function listed(group: string): Promise<Listed> {
  const connection = await RawConnection.open(broker.port)
  const { groups } = await ask(connection, listGroups, 5, {})
  connection.close()
  const found = groups.find(({ groupId }) => groupId === group)
  return { type: found?.groupType.toLowerCase() ?? '', state: found?.groupState ?? '' }
}

async function close(member: RunningProcess): Promise<void> {
  member.tell('close')
  await member.line(/^closed/)
}

/** Sends records until told to stop; how many it were. */
function produceUntilStopped(topic: string): { stop(): Promise<number> } {
  const stopping = new AbortController()
  const done = (async () => {
    const producer = kafkajsClient(broker.address).producer()
    await producer.connect()
    let sent = 0
    while (!stopping.signal.aborted) {
      await producer.send({ topic, messages: Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, value: String(sent + partition) })) })
      sent += PARTITIONS
      await pause(30)
    }
    await producer.disconnect()
    return sent
  })()
  return {
    stop: () => {
      stopping.abort()
      return done
    },
  }
}

const STRATEGIES = { eager: 'RangeAssignor', cooperative: 'CooperativeStickyAssignor' }

for (const [style, assignor] of Object.entries(STRATEGIES)) {
  it(`a rolling upgrade and downgrade of ${style} Java consumers loses nothing, and nobody reads what another one reads`, async () => {
    const topic = `migrating-${style}`
    const all: RunningProcess[] = []
    const member = async (protocol: 'classic' | 'consumer'): Promise<RunningProcess> => {
      const settings = protocol === 'consumer' ? [] : [
        'heartbeat.interval.ms=300', 'session.timeout.ms=10000', `partition.assignment.strategy=org.apache.kafka.clients.consumer.${assignor}`,
      ]
      const started = await startJavaMember(broker.address, style, topic, `group.protocol=${protocol}`, 'enable.auto.commit=true', ...settings)
      all.push(started)
      return started
    }
    await createTopic(broker.address, topic, PARTITIONS)
    const producing = produceUntilStopped(topic)
    const [a, b] = [await member('classic'), await member('classic')]
    expect(await shared(style, a, b)).toMatchObject({ type: 'classic' })
    const c = await member('consumer')
    expect(await shared(style, a, b, c)).toMatchObject({ type: 'consumer' })
    await close(a)
    const d = await member('consumer')
    await shared(style, b, c, d)
    await close(b)
    expect(await shared(style, c, d)).toMatchObject({ type: 'consumer' })

    const e = await member('classic')
    await shared(style, c, d, e)
    await close(c)
    const f = await member('classic')
    expect(await shared(style, d, e, f)).toMatchObject({ type: 'consumer' })
    await close(d)
    expect(await shared(style, e, f)).toMatchObject({ type: 'classic' })

    const sent = await producing.stop()
    await expect.poll(() => new Set(all.flatMap(recordsOf)).size, { timeout: 30_000 }).toBe(sent)
    // A cooperative consumer goes on reading what it is about to give up, after its commit: the next owner reads a few of those again, as
    // it does against Apache Kafka.
    const again = all.flatMap(recordsOf).length - sent
    expect(again).toBeLessThanOrEqual(style === 'eager' ? 0 : sent / 20)
    await Promise.all([e, f].map(close))
  }, 180_000)
}

testWith('java', 'maven', 'kcat')('kcat and kafkajs, which speak the classic protocol only, share a topic with a Java member of the consumer protocol', async () => {
  for (const client of ['kcat', 'kafkajs']) {
    const topic = `with-${client}`
    await createTopic(broker.address, topic, PARTITIONS)
    const java = await startJavaMember(broker.address, topic, topic)
    await java.waitFor('all partitions', () => assignedTo(java).length === PARTITIONS || undefined)
    const other = client === 'kcat' ? kcatMember(topic) : await kafkajsMember(topic)
    await java.waitFor('half of the partitions', () => assignedTo(java).length === PARTITIONS / 2 || undefined)
    const producing = produceUntilStopped(topic)
    const [javaSaw, otherSaw] = [(): string[] => recordsOf(java).map(line => line.split(' ').slice(-1)[0] ?? ''), other.values]
    await expect.poll(() => Math.min(javaSaw().length, otherSaw().length), { timeout: 30_000 }).toBeGreaterThan(20)
    const sent = await producing.stop()
    await expect.poll(() => new Set([...javaSaw(), ...otherSaw()]).size, { timeout: 30_000 }).toBe(sent)
    expect([...javaSaw(), ...otherSaw()].length).toBe(sent)
    expect(await listed(topic)).toMatchObject({ type: 'consumer' })
    await close(java)
    await expect.poll(async () => (await listed(topic)).type, { timeout: 30_000 }).toBe('classic')
    await expect.poll(async () => (await listed(topic)).state, { timeout: 30_000 }).toBe('Stable')
    await other.end()
  }
})

type OtherMember = { values(): string[]; end(): Promise<unknown> }

function kcatMember(topic: string): OtherMember {
  const flags = ['auto.offset.reset=earliest', 'session.timeout.ms=6000', 'heartbeat.interval.ms=300'].flatMap(flag => ['-X', flag])
  const member = new RunningProcess('kcat', ['-b', broker.address, '-u', '-f', 'value %s\\n', ...flags, '-G', topic, topic])
  return { values: () => member.stdout.filter(line => line.startsWith('value ')).map(line => line.slice(6)), end: () => member.end('SIGTERM') }
}

async function kafkajsMember(topic: string): Promise<OtherMember> {
  const seen: string[] = []
  const member = kafkajsClient(broker.address).consumer({ groupId: topic, heartbeatInterval: 300, maxWaitTimeInMs: 200 })
  await member.connect()
  await member.subscribe({ topics: [topic], fromBeginning: true })
  await member.run({ eachMessage: async ({ message }) => void seen.push(message.value?.toString() ?? '') })
  return { values: () => [...seen], end: () => member.disconnect() }
}
