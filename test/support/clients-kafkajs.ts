/** The kafkajs client as a driver, and as the observer that other tests ask about topics and committed offsets. */

import { setTimeout as pause } from 'node:timers/promises'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import kafkajs, { type Admin, type KafkaMessage } from 'kafkajs'
import { compressFrameSync, decompressFrameSync } from 'lz4-napi'
import { compressSync as snappyCompress, uncompressSync as snappyUncompress } from 'snappy'
import type { ClientDriver, GroupReading, GroupSeen } from './clients-driver.ts'
import type { Codec, ReadRecord, SentRecord } from './clients-records.ts'
import { packageVersion } from './clients-tools.ts'

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs
process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1'

/** kafkajs brings gzip; the others are plugged in, as its documentation tells. */
type Encoder = { readonly buffer: Buffer }
const plug = (compress: (bytes: Buffer) => Buffer, inflate: (bytes: Buffer) => Buffer) => () => ({
  compress: async (encoder: Encoder): Promise<Buffer> => compress(encoder.buffer),
  decompress: async (bytes: Buffer): Promise<Buffer> => inflate(bytes),
})
CompressionCodecs[CompressionTypes.Snappy] = plug(bytes => snappyCompress(bytes), bytes => Buffer.from(snappyUncompress(bytes)))
CompressionCodecs[CompressionTypes.LZ4] = plug(bytes => compressFrameSync(bytes), bytes => decompressFrameSync(bytes))
CompressionCodecs[CompressionTypes.ZSTD] = plug(bytes => zstdCompressSync(bytes), bytes => zstdDecompressSync(bytes))

export const codecTypes: Readonly<Record<Codec, number>> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 }

/** A kafkajs client that keeps quiet and gives up soon. Addresses of several brokers have commas between. */
export function kafkajsClient(address: string, retries = 5): InstanceType<typeof Kafka> {
  return new Kafka({ clientId: 'kafkajs-test', brokers: address.split(','), logLevel: logLevel.NOTHING, retry: { retries, initialRetryTime: 50, maxRetryTime: 500 } })
}

export async function withAdmin<T>(address: string, run: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafkajsClient(address).admin()
  await admin.connect()
  try {
    return await run(admin)
  } finally {
    await admin.disconnect()
  }
}

/** Creates a topic and waits for its leaders. */
export function createTopic(address: string, topic: string, numPartitions: number, configs: Readonly<Record<string, string>> = {}): Promise<boolean> {
  const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
  return withAdmin(address, admin => admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1, configEntries }] }))
}

/** Committed offsets of a group by partition, once its coordinator has loaded; -1 where there is none. */
export function committedOffsets(address: string, group: string, topic: string): Promise<number[]> {
  return withAdmin(address, async admin => {
    for (;;) {
      try {
        const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
        return (found?.partitions ?? []).toSorted((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset))
      } catch (error) {
        if (!(error instanceof Error && 'retriable' in error && error.retriable === true)) throw error
        await pause(20)
      }
    }
  })
}

/** Start and end offset of each partition. */
export function topicOffsets(address: string, topic: string): Promise<{ start: number; end: number }[]> {
  return withAdmin(address, async admin => {
    const found = await admin.fetchTopicOffsets(topic)
    return found.toSorted((a, b) => a.partition - b.partition).map(({ low, high }) => ({ start: Number(low), end: Number(high) }))
  })
}

async function produce(address: string, topic: string, records: readonly SentRecord[], codec: Codec = 'none'): Promise<void> {
  const producer = kafkajsClient(address).producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  try {
    for (let at = 0; at < records.length; at += 500) {
      await producer.send({ topic, acks: -1, compression: codecTypes[codec], messages: records.slice(at, at + 500).map(messageOf) })
    }
  } finally {
    await producer.disconnect()
  }
}

function messageOf(record: SentRecord) {
  const { partition, key, value, timestamp } = record
  const headers = Object.fromEntries(record.headers.map(([name, bytes]) => [name, bytes ?? Buffer.alloc(0)]))
  return { partition, key, value, headers, ...(timestamp === undefined ? {} : { timestamp: String(timestamp) }) }
}

function recordOf(partition: number, message: KafkaMessage): ReadRecord {
  const headers = Object.entries(message.headers ?? {}).flatMap(([name, value]) =>
    [value ?? null].flat().map((one): [string, Buffer | null] => [name, one === null ? null : Buffer.from(one)]))
  return { partition, offset: Number(message.offset), timestamp: Number(message.timestamp), key: message.key, value: message.value, headers }
}

async function readInGroup({ address, topic, group, count }: GroupReading): Promise<{ records: ReadRecord[]; seen: GroupSeen }> {
  // A fresh Apache Kafka needs seconds until its offsets topic has leaders: patience, not a limit.
  const consumer = kafkajsClient(address).consumer({ groupId: group, maxWaitTimeInMs: 200, retry: { retries: 40, initialRetryTime: 50, maxRetryTime: 500 } })
  const records: ReadRecord[] = []
  const all = Promise.withResolvers<void>()
  consumer.on(consumer.events.CRASH, event => all.reject(event.payload.error))
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        records.push(recordOf(partition, message))
        if (records.length === count) all.resolve()
      },
    })
    await all.promise
    const next = new Map(records.map(record => [record.partition, record.offset + 1]))
    await consumer.commitOffsets([...next].map(([partition, offset]) => ({ topic, partition, offset: String(offset) })))
    const { state, members } = await consumer.describeGroup()
    return { records, seen: { state, memberCount: members.length } }
  } finally {
    await consumer.disconnect()
  }
}

async function readAt(address: string, topic: string, partition: number, timestamp: number): Promise<ReadRecord> {
  const offsets = await withAdmin(address, admin => admin.fetchTopicOffsetsByTimestamp(topic, timestamp))
  const offset = offsets.find(entry => entry.partition === partition)?.offset ?? '-1'
  const consumer = kafkajsClient(address).consumer({ groupId: `seek-${topic}-${partition}`, maxWaitTimeInMs: 200 })
  const first = Promise.withResolvers<ReadRecord>()
  consumer.on(consumer.events.CRASH, event => first.reject(event.payload.error))
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage: async received => {
        if (received.partition === partition) first.resolve(recordOf(partition, received.message))
      },
    })
    consumer.seek({ topic, partition, offset })
    return await first.promise
  } finally {
    await consumer.disconnect()
  }
}

async function lookUpMissing(address: string, topic: string): Promise<string> {
  const producer = kafkajsClient(address, 1).producer({ allowAutoTopicCreation: false })
  await producer.connect()
  try {
    await producer.send({ topic, messages: [{ value: 'lost' }] })
    return 'no error'
  } catch (error) {
    return kafkaErrorOf(error)
  } finally {
    await producer.disconnect()
  }
}

/** The name of the Kafka error below kafkajs's own wrappers. */
export function kafkaErrorOf(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if ('type' in at && typeof at.type === 'string') return at.type
  return String(error)
}

export const kafkajsDriver: ClientDriver = {
  name: `kafkajs ${packageVersion('kafkajs')}`,
  limits: { nullHeaderValues: false },
  codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  produce,
  readInGroup,
  readAt,
  lookUpMissing,
  admin: {
    create: async (address, topic, partitionCount) => void (await createTopic(address, topic, partitionCount)),
    list: address => withAdmin(address, admin => admin.listTopics()),
    delete: (address, topic) => withAdmin(address, admin => admin.deleteTopics({ topics: [topic] })),
  },
}
