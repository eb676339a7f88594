/** @platformatic/kafka. */

import { Admin, Consumer, type ConsumerOptions, type Message, Producer } from '@platformatic/kafka'
import { packageVersion } from '../../../support/clients-tools.ts'
import { type Library, type Member, play, type SeenRecord } from './scenario.ts'

const TOPIC_RESOURCE = 2
const READ_COMMITTED = 1
const SET = 0

function seenOf({ partition, key, value, headers, timestamp }: Message): SeenRecord {
  const texts = Object.fromEntries([...headers].map(([name, bytes]) => [String(name), String(bytes)]))
  return { partition, value: String(value), key: key ? String(key) : null, headers: texts, timestamp: Number(timestamp) }
}

function library(address: string): Library {
  const options = { clientId: 'matrix', bootstrapBrokers: [address], retries: 30, retryDelay: 100 }
  const admin = new Admin(options)
  const consumerOf = (groupId: string, more: Partial<ConsumerOptions<Buffer, Buffer, Buffer, Buffer>> = {}): Consumer =>
    new Consumer({ ...options, groupId, maxWaitTime: 100, autocommit: false, ...more } as ConsumerOptions<Buffer, Buffer, Buffer, Buffer>) // a union of the two protocols
  const producerOf = (transactionalId: string): Producer => new Producer({ ...options, retryDelay: 50, idempotent: true, transactionalId })
  let reads = 0

  return {
    name: '@platformatic/kafka',
    version: packageVersion('@platformatic/kafka'),
    async create(topic, partitions, configs) {
      await admin.createTopics({ topics: [topic], partitions, replicas: 1, configs: Object.entries(configs).map(([name, value]) => ({ name, value })) })
    },
    async produce(topic, records, codec, isIdempotent) {
      const producer = new Producer({ ...options, idempotent: isIdempotent, compression: codec })
      const messages = records.map(({ partition, value, key, headers, timestamp }) => ({
        topic, partition, value: Buffer.from(value), ...(key !== undefined && { key: Buffer.from(key) }), ...(timestamp !== undefined && { timestamp: BigInt(timestamp) }),
        ...(headers && { headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])) }),
      }))
      for (let at = 0; at < messages.length; at += 100) await producer.send({ acks: -1, messages: messages.slice(at, at + 100) })
      await producer.close()
    },
    async read(topic, isCommitted, isEnough) {
      const consumer = consumerOf(`${topic}-read-${reads++}`, { isolationLevel: isCommitted ? READ_COMMITTED : 0 })
      const records: SeenRecord[] = []
      for await (const message of await consumer.consume({ topics: [topic], mode: 'earliest' })) {
        records.push(seenOf(message))
        if (isEnough(records)) break
      }
      await consumer.close(true)
    },
    async member(topic, groupId, groupProtocol): Promise<Member> {
      const consumer = consumerOf(groupId, groupProtocol === 'consumer' ? { groupProtocol } : { heartbeatInterval: 300 })
      const seen: SeenRecord[] = []
      const member: Member = {
        seen,
        assigned: () => consumer.assignments?.find(assignment => assignment.topic === topic)?.partitions ?? [],
        leave: () => consumer.close(true),
      }
      const stream = await consumer.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' })
      void (async () => {
        for await (const message of stream) {
          // A fetch that was under way when the group rebalanced still delivers what has gone to another member.
          if (!member.assigned().includes(message.partition)) continue
          await consumer.commit({ offsets: [{ topic, partition: message.partition, offset: message.offset + 1n, leaderEpoch: message.leaderEpoch }] })
          seen.push(seenOf(message))
        }
      })().catch((error: unknown) => void (member.failure = error))
      return member
    },
    async committed(group, topic, partitions) {
      const [found] = await admin.listConsumerGroupOffsets({ groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes: Array.from({ length: partitions }, (_, at) => at) }] }] })
      return (found?.topics[0]?.partitions ?? []).toSorted((a, b) => a.partitionIndex - b.partitionIndex).map(({ committedOffset }) => Number(committedOffset))
    },
    async atTime(topic, partition, timestamp) {
      const consumer = consumerOf(`${topic}-seek`)
      const found = await consumer.listOffsetsWithTimestamps({ topics: [topic], timestamp: BigInt(timestamp) })
      const offsets = [...(found.get(topic) ?? [])].map(([index, { offset }]) => ({ topic, partition: index, offset }))
      for await (const message of await consumer.consume({ topics: [topic], mode: 'manual', offsets })) {
        if (message.partition !== partition) continue
        await consumer.close(true)
        return seenOf(message)
      }
      throw new Error('the stream ended')
    },
    topics: () => admin.listTopics(),
    async partitions(topic) {
      const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true })
      return (topics.get(topic)?.partitions ?? []).map((_, at) => at)
    },
    async cluster() {
      const { brokers, controllerId } = await admin.metadata({ topics: [], forceUpdate: true })
      return { brokers: [...brokers.keys()], controller: controllerId }
    },
    async config(topic, name) {
      const [found] = await admin.describeConfigs({ resources: [{ resourceType: TOPIC_RESOURCE, resourceName: topic }] })
      return found?.configs.find(config => config.name === name)?.value
    },
    async group(group) {
      const found = (await admin.describeGroups({ groups: [group] })).get(group)
      return { state: String(found?.state).toLowerCase(), members: found?.members.size ?? 0 }
    },
    groups: async () => [...(await admin.listGroups()).keys()],
    alterConfig: (topic, name, value) => admin.incrementalAlterConfigs({ resources: [{ resourceType: TOPIC_RESOURCE, resourceName: topic, configs: [{ name, value, configOperation: SET }] }] }),
    grow: (topic, count) => admin.createPartitions({ topics: [{ name: topic, count, assignments: null }] }),
    deleteRecords: async (topic, partition, before) => void (await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition, offset: BigInt(before) }] }] })),
    deleteGroup: group => admin.deleteGroups({ groups: [group] }),
    delete: topic => admin.deleteTopics({ topics: [topic] }),
    async transactional(id) {
      const producer = producerOf(id)
      return {
        async begin() {
          const transaction = await producer.beginTransaction()
          return {
            send: async (topic, partition, value) => void (await transaction.send({ messages: [{ topic, partition, value: Buffer.from(value) }] })),
            commit: () => transaction.commit(),
            abort: () => transaction.abort(),
          }
        },
        close: () => producer.close(),
      }
    },
    async process({ id, source, target, group, count }) {
      const producer = producerOf(id)
      const consumer = consumerOf(group, { isolationLevel: READ_COMMITTED })
      let done = 0
      for await (const message of await consumer.consume({ topics: [source], mode: 'committed', fallbackMode: 'earliest' })) {
        for (const isAborted of done % 3 === 1 ? [true, false] : [false]) {
          const transaction = await producer.beginTransaction()
          await transaction.addConsumer(consumer)
          await transaction.send({ messages: [{ topic: target, partition: message.partition, value: Buffer.from(`from-${message.value.toString()}`) }] })
          await transaction.addOffset(message)
          await (isAborted ? transaction.abort() : transaction.commit())
        }
        if (++done === count) break
      }
      await Promise.all([consumer.close(true), producer.close()])
    },
  }
}

await play(library, process.argv.slice(2))
