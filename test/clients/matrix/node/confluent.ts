/** @confluentinc/kafka-javascript, that is librdkafka, in its promise API. ARGUMENTS: the folder it is installed in, matrix ADDRESS. */

import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Admin as KafkajsAdmin, Consumer as KafkajsConsumer, KafkaMessage, Producer as KafkajsProducer } from 'kafkajs'
import { Absent, type Library, type Member, play, type SeenRecord } from './scenario.ts'

type Offsets = { readonly topic: string; readonly partition: number; readonly offset: string }
type Partition = { readonly topic: string; readonly partition: number }

/** What of it is used; its types come with it and it is installed in the cache. */
type Consumer = Pick<KafkajsConsumer, 'connect' | 'disconnect' | 'run' | 'subscribe'> & {
  assignment(): Partition[]
  seek(to: Offsets): void
  commitOffsets(offsets: Offsets[]): Promise<void>
}
type Producer = Pick<KafkajsProducer, 'connect' | 'disconnect'> & {
  send(o: { topic: string; messages: object[] }): Promise<unknown>
  transaction(): Promise<Producer>
  commit(): Promise<void>
  abort(): Promise<void>
  sendOffsets(o: { consumer: Consumer; topics: { topic: string; partitions: { partition: number; offset: string }[] }[] }): Promise<void>
}
type Admin = Pick<KafkajsAdmin, 'connect' | 'createTopics' | 'deleteTopics' | 'listTopics' | 'deleteGroups' | 'fetchOffsets' | 'fetchTopicOffsetsByTimestamp'> & {
  listGroups(): Promise<{ groups: { groupId: string }[] }>
  describeGroups(groups: string[]): Promise<{ groups: { state: number; members: unknown[] }[] }>
  fetchTopicMetadata(o: { topics: string[] }): Promise<{ partitions: { partitionId: number }[] }[]>
  deleteTopicRecords(o: { topic: string; partitions: { partition: number; offset: string }[] }): Promise<unknown>
}
type Kafka = { producer(config: object): Producer; consumer(config: object): Consumer; admin(): Admin }
type Module = { KafkaJS: { Kafka: new (config: object) => Kafka; ConsumerGroupStates: Readonly<Record<string, number>>; logLevel: { NOTHING: number } }; librdkafkaVersion: string }

const [folder = '', ...argv] = process.argv.slice(2)
const require = createRequire(join(folder, 'package.json'))
const { KafkaJS, librdkafkaVersion } = require('@confluentinc/kafka-javascript') as Module
const { version } = require('@confluentinc/kafka-javascript/package.json') as { version: string }

function seenOf(partition: number, { key, value, headers, timestamp }: KafkaMessage): SeenRecord {
  const texts = Object.fromEntries(Object.entries(headers ?? {}).map(([name, bytes]) => [name, String(bytes)]))
  return { partition, value: String(value), key: key && key.toString(), headers: texts, timestamp: Number(timestamp) }
}

function library(address: string): Library {
  const kafka = new KafkaJS.Kafka({ kafkaJS: { brokers: [address], logLevel: KafkaJS.logLevel.NOTHING } })
  const admin = kafka.admin()
  const connected = admin.connect()
  const asAdmin = async (): Promise<Admin> => connected.then(() => admin)
  const consumerOf = (groupId: string, more: object = {}): Consumer =>
    kafka.consumer({ 'group.id': groupId, 'auto.offset.reset': 'earliest', 'enable.auto.commit': false, 'fetch.wait.max.ms': 100, log_level: 2, ...more })
  const producerOf = (more: object): Producer => kafka.producer({ log_level: 2, 'linger.ms': 2, ...more })
  let reads = 0

  return {
    name: '@confluentinc/kafka-javascript',
    version,
    on: `librdkafka ${librdkafkaVersion}`,
    async create(topic, numPartitions, configs) {
      const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
      await (await asAdmin()).createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1, configEntries }] })
    },
    async produce(topic, records, codec, isIdempotent) {
      const producer = producerOf({ 'compression.codec': codec, 'enable.idempotence': isIdempotent })
      await producer.connect()
      await producer.send({ topic, messages: records.map(({ timestamp, ...record }) => ({ ...record, ...(timestamp !== undefined && { timestamp: String(timestamp) }) })) })
      await producer.disconnect()
    },
    async read(topic, isCommitted, isEnough) {
      const consumer = consumerOf(`${topic}-read-${reads++}`, { 'isolation.level': isCommitted ? 'read_committed' : 'read_uncommitted' })
      await consumer.connect()
      await consumer.subscribe({ topics: [topic] })
      const records: SeenRecord[] = []
      const { promise, resolve } = Promise.withResolvers<void>()
      await consumer.run({ eachMessage: async ({ partition, message }) => {
        records.push(seenOf(partition, message))
        if (isEnough(records)) resolve()
      } })
      await promise
      await consumer.disconnect()
    },
    async member(topic, groupId, protocol): Promise<Member> {
      const consumer = consumerOf(groupId, { 'group.protocol': protocol, ...(protocol === 'classic' && { 'heartbeat.interval.ms': 300 }) })
      const seen: SeenRecord[] = []
      let hasLeft = false
      await consumer.connect()
      await consumer.subscribe({ topics: [topic] })
      const member: Member = {
        seen,
        assigned: () => (hasLeft ? [] : consumer.assignment().map(({ partition }) => partition)),
        async leave() {
          hasLeft = true
          await consumer.disconnect()
        },
      }
      await consumer.run({ eachMessage: async ({ partition, message }) => {
        await consumer.commitOffsets([{ topic, partition, offset: String(Number(message.offset) + 1) }]).catch((error: unknown) => {
          member.failure = error
          throw error
        })
        seen.push(seenOf(partition, message))
      } })
      return member
    },
    async committed(groupId, topic) {
      const [found] = await (await asAdmin()).fetchOffsets({ groupId, topics: [topic] })
      return (found?.partitions ?? []).toSorted((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset))
    },
    async atTime(topic, partition, timestamp) {
      const offsets = await (await asAdmin()).fetchTopicOffsetsByTimestamp(topic, timestamp)
      const consumer = consumerOf(`${topic}-seek`)
      await consumer.connect()
      await consumer.subscribe({ topics: [topic] })
      consumer.seek({ topic, partition, offset: offsets.find(entry => entry.partition === partition)?.offset ?? '-1' })
      const { promise, resolve } = Promise.withResolvers<SeenRecord>()
      await consumer.run({ eachMessage: async received => {
        if (received.partition === partition) resolve(seenOf(partition, received.message))
      } })
      const found = await promise
      await consumer.disconnect()
      return found
    },
    topics: async () => (await asAdmin()).listTopics(),
    async partitions(topic) {
      const [found] = await (await asAdmin()).fetchTopicMetadata({ topics: [topic] })
      return (found?.partitions ?? []).map(({ partitionId }) => partitionId).toSorted()
    },
    cluster: () => Promise.reject(new Absent('the description of the cluster')),
    config: () => Promise.reject(new Absent('configs')),
    async group(group) {
      const { groups: [found] } = await (await asAdmin()).describeGroups([group])
      const [state = ''] = Object.entries(KafkaJS.ConsumerGroupStates).find(([, code]) => code === found?.state) ?? []
      return { state: state.toLowerCase(), members: found?.members.length ?? 0 }
    },
    groups: async () => (await (await asAdmin()).listGroups()).groups.map(({ groupId }) => groupId),
    alterConfig: () => Promise.reject(new Absent('configs')),
    grow: () => Promise.reject(new Absent('the growth of partitions')),
    deleteRecords: async (topic, partition, before) => void (await (await asAdmin()).deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] })),
    deleteGroup: async group => void (await (await asAdmin()).deleteGroups([group])),
    delete: async topic => (await asAdmin()).deleteTopics({ topics: [topic] }),
    async transactional(id) {
      const producer = producerOf({ 'transactional.id': id, 'transaction.timeout.ms': 60_000 })
      await producer.connect()
      return {
        async begin() {
          const transaction = await producer.transaction()
          return {
            send: async (topic, partition, value) => void (await transaction.send({ topic, messages: [{ partition, value }] })),
            commit: () => transaction.commit(),
            abort: () => transaction.abort(),
          }
        },
        close: () => producer.disconnect(),
      }
    },
    async process({ id, source, target, group, count }) {
      const producer = producerOf({ 'transactional.id': id, 'transaction.timeout.ms': 60_000 })
      const consumer = consumerOf(group, { 'isolation.level': 'read_committed', 'js.consumer.max.batch.size': 7 })
      await Promise.all([producer.connect(), consumer.connect()])
      await consumer.subscribe({ topics: [source] })
      let [done, rounds] = [0, 0]
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      await consumer.run({ eachBatchAutoResolve: true, async eachBatch({ batch: { partition, messages } }) {
        try {
          // Done again at once after an abort: this API goes on with the next batch whatever becomes of this one.
          for (const isAborted of rounds++ % 3 === 1 ? [true, false] : [false]) {
            const transaction = await producer.transaction()
            await transaction.send({ topic: target, messages: messages.map(({ value }) => ({ partition, value: `from-${value?.toString()}` })) })
            const next = String(Number(messages.at(-1)?.offset) + 1)
            await transaction.sendOffsets({ consumer, topics: [{ topic: source, partitions: [{ partition, offset: next }] }] })
            await (isAborted ? transaction.abort() : transaction.commit())
          }
          done += messages.length
          if (done >= count) resolve()
        } catch (error) {
          reject(error)
        }
      } })
      await promise
      await Promise.all([consumer.disconnect(), producer.disconnect()])
    },
  }
}

await play(library, argv)
