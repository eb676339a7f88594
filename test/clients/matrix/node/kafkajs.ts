/** kafkajs, with the codecs plugged in as its documentation tells. */

import kafkajs from 'kafkajs'
import { codecTypes, kafkajsClient } from '../../../support/clients-kafkajs.ts'
import { packageVersion } from '../../../support/clients-tools.ts'
import { Absent, type Library, type Member, play, type SeenRecord } from './scenario.ts'

const { ConfigResourceTypes } = kafkajs
type Message = import('kafkajs').KafkaMessage

function seenOf(partition: number, { key, value, headers = {}, timestamp }: Message): SeenRecord {
  const texts = Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, String(bytes)]))
  return { partition, value: String(value), key: key && key.toString(), headers: texts, timestamp: Number(timestamp) }
}

function library(address: string): Library {
  const kafka = kafkajsClient(address, 20)
  const admin = kafka.admin()
  const connected = admin.connect()
  const asAdmin = async (): Promise<typeof admin> => connected.then(() => admin)
  let reads = 0

  return {
    name: 'kafkajs',
    version: packageVersion('kafkajs'),
    async create(topic, numPartitions, configs) {
      const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
      await (await asAdmin()).createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions, replicationFactor: 1, configEntries }] })
    },
    async produce(topic, records, codec, isIdempotent) {
      const producer = kafka.producer({ idempotent: isIdempotent, ...(isIdempotent && { maxInFlightRequests: 1 }) })
      await producer.connect()
      const messages = records.map(({ partition, value, key, headers, timestamp }) => ({
        partition, value, ...(key !== undefined && { key }), ...(headers && { headers }), ...(timestamp !== undefined && { timestamp: String(timestamp) }),
      }))
      for (let at = 0; at < messages.length; at += 100) await producer.send({ topic, acks: -1, compression: codecTypes[codec], messages: messages.slice(at, at + 100) })
      await producer.disconnect()
    },
    async read(topic, isCommitted, isEnough) {
      const consumer = kafka.consumer({ groupId: `${topic}-read-${reads++}`, maxWaitTimeInMs: 100, readUncommitted: !isCommitted })
      await consumer.connect()
      await consumer.subscribe({ topics: [topic], fromBeginning: true })
      const records: SeenRecord[] = []
      const { promise, resolve } = Promise.withResolvers<void>()
      await consumer.run({ autoCommit: false, eachMessage: async ({ partition, message }) => {
        records.push(seenOf(partition, message))
        if (isEnough(records)) resolve()
      } })
      await promise
      await consumer.disconnect()
    },
    async member(topic, groupId, protocol): Promise<Member> {
      if (protocol === 'consumer') throw new Absent('groups of the consumer protocol')
      const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, heartbeatInterval: 300 })
      let assigned: readonly number[] = []
      const seen: SeenRecord[] = []
      const member: Member = { seen, assigned: () => assigned, leave: () => consumer.disconnect() }
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => void (assigned = payload.memberAssignment[topic] ?? []))
      consumer.on(consumer.events.REBALANCING, () => void (assigned = []))
      consumer.on(consumer.events.CRASH, ({ payload }) => void (member.failure = payload.error))
      await consumer.connect()
      await consumer.subscribe({ topics: [topic], fromBeginning: true })
      await consumer.run({ autoCommit: false, eachMessage: async ({ partition, message }) => {
        await consumer.commitOffsets([{ topic, partition, offset: String(Number(message.offset) + 1) }])
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
      const consumer = kafka.consumer({ groupId: `${topic}-seek`, maxWaitTimeInMs: 100 })
      await consumer.connect()
      await consumer.subscribe({ topics: [topic], fromBeginning: true })
      const { promise, resolve } = Promise.withResolvers<SeenRecord>()
      await consumer.run({ autoCommit: false, eachMessage: async received => {
        if (received.partition === partition) resolve(seenOf(partition, received.message))
      } })
      consumer.seek({ topic, partition, offset: offsets.find(entry => entry.partition === partition)?.offset ?? '-1' })
      const found = await promise
      await consumer.disconnect()
      return found
    },
    topics: async () => (await asAdmin()).listTopics(),
    async partitions(topic) {
      const { topics } = await (await asAdmin()).fetchTopicMetadata({ topics: [topic] })
      return (topics[0]?.partitions ?? []).map(({ partitionId }) => partitionId).toSorted()
    },
    async cluster() {
      const { brokers, controller } = await (await asAdmin()).describeCluster()
      return { brokers: brokers.map(({ nodeId }) => nodeId), controller: controller ?? -1 }
    },
    async config(topic, name) {
      const { resources } = await (await asAdmin()).describeConfigs({ includeSynonyms: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }] })
      return resources[0]?.configEntries.find(({ configName }) => configName === name)?.configValue
    },
    async group(group) {
      const { groups: [found] } = await (await asAdmin()).describeGroups([group])
      return { state: String(found?.state).toLowerCase(), members: found?.members.length ?? 0 }
    },
    groups: async () => (await (await asAdmin()).listGroups()).groups.map(({ groupId }) => groupId),
    async alterConfig(topic, name, value) {
      await (await asAdmin()).alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name, value }] }] })
    },
    grow: async (topic, count) => void (await (await asAdmin()).createPartitions({ topicPartitions: [{ topic, count }] })),
    async deleteRecords(topic, partition, before) {
      await (await asAdmin()).fetchTopicOffsets(topic) // it knows no leaders of a topic that it was not asked about before
      await (await asAdmin()).deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] })
    },
    deleteGroup: async group => void (await (await asAdmin()).deleteGroups([group])),
    delete: async topic => (await asAdmin()).deleteTopics({ topics: [topic] }),
    async transactional(transactionalId) {
      const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1, transactionTimeout: 60_000 })
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
      const producer = kafka.producer({ transactionalId: id, idempotent: true, maxInFlightRequests: 1, transactionTimeout: 60_000 })
      const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 100, readUncommitted: false, maxBytesPerPartition: 200 })
      await Promise.all([producer.connect(), consumer.connect()])
      await consumer.subscribe({ topics: [source], fromBeginning: true })
      let [done, rounds] = [0, 0]
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, async eachBatch({ batch: { partition, messages } }) {
        try {
          const next = String(Number(messages.at(-1)?.offset) + 1)
          const transaction = await producer.transaction()
          await transaction.send({ topic: target, messages: messages.map(({ value }) => ({ partition, value: `from-${value?.toString()}` })) })
          await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic: source, partitions: [{ partition, offset: next }] }] })
          if (rounds++ % 3 === 1) {
            await transaction.abort()
            return consumer.seek({ topic: source, partition, offset: messages[0]?.offset ?? '0' })
          }
          await transaction.commit()
          consumer.seek({ topic: source, partition, offset: next })
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

await play(library, process.argv.slice(2))
