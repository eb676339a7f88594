/** The Java consumer, which fetches in sessions, over hundreds of partitions while topics come and go: every record once, in order. */

import { expect } from 'vitest'
import { encodeBatch } from '../../core/records/encode-batch.ts'
import { startJavaMember } from '../support/clients-java.ts'
import { testWith } from '../support/clients-tools.ts'
import { startMemoryBroker, type MemoryBroker } from '../support/memory-broker.ts'

const TOPICS = 12
const PARTITIONS = 25
const names = Array.from({ length: TOPICS }, (_, at) => `many-${at}`)

/** Appends a record whose value says where it is, and returns what the member is to print. */
function send(broker: MemoryBroker, topic: string, partition: number): string {
  const log = broker.broker.log(topic, partition)
  const offset = log?.endOffset ?? -1
  const value = `${topic}/${partition}/${offset}`
  expect(log?.append(encodeBatch({ records: [{ key: null, value: Buffer.from(value), headers: [], timestamp: Date.now() }] }))).toMatchObject({ error: 'NONE' })
  return `record ${topic}-${partition} ${offset} ${value}`
}

const toAll = (broker: MemoryBroker, topics: readonly string[]): string[] =>
  topics.flatMap(topic => Array.from({ length: PARTITIONS }, (_, partition) => send(broker, topic, partition)))

// Without commits: one that names a deleted topic holds up the client's rebalance. Members keep their positions where a rebalance leaves them their partitions.
const protocols = { classic: ['partition.assignment.strategy=org.apache.kafka.clients.consumer.CooperativeStickyAssignor'], consumer: [] }

for (const [protocol, settings] of Object.entries(protocols)) {
  testWith('java', 'maven')(`a consumer of the ${protocol} protocol reads each record once while topics come and go`, async () => {
    const [early, late] = [names.slice(0, 8), names.slice(8)]
    const broker = await startMemoryBroker({ topics: Object.fromEntries(early.map(name => [name, PARTITIONS])) })
    const member = await startJavaMember(`127.0.0.1:${broker.port}`, 'readers', names.join(','), `group.protocol=${protocol}`, 'metadata.max.age.ms=500', 'allow.auto.create.topics=false', ...settings)
    const sent: string[] = []
    const read = (): string[] => member.stdout.filter(line => line.startsWith('record '))
    const untilRead = async (): Promise<void> => {
      await member.waitFor(`${sent.length} records`, () => (read().length >= sent.length ? true : undefined))
      expect(read().toSorted()).toEqual(sent.toSorted())
    }
    try {
      sent.push(...toAll(broker, early))
      await untilRead()
      for (let turn = 0; turn < 30; turn++) sent.push(send(broker, early[turn % 8] ?? '', turn % PARTITIONS))
      await untilRead()
      for (const name of late) await broker.broker.topics.create({ name, partitionCount: PARTITIONS, configs: {} })
      sent.push(...toAll(broker, late))
      await untilRead()
      for (const name of early.slice(0, 3)) await broker.broker.topics.delete(name)
      const staying = names.slice(3)
      for (let round = 0; round < 5; round++) {
        sent.push(...toAll(broker, staying))
        await untilRead()
      }
      const { fetchSessions } = broker.broker.parts.nodes.get(1) ?? {}
      expect(fetchSessions?.count).toBeGreaterThan(0)
      expect(fetchSessions?.partitionCount).toBeGreaterThanOrEqual(staying.length * PARTITIONS)
      member.tell('close')
      await member.line(/^closed$/)
    } finally {
      await member.end('SIGKILL')
      await broker.stop()
    }
  })
}
