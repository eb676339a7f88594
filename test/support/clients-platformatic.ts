/** The @platformatic/kafka client as a driver. */

import { Admin, Consumer, type Message, Producer } from '@platformatic/kafka'
import type { ClientDriver, GroupReading, GroupSeen } from './clients-driver.ts'
import { type Codec, codecs, type ReadRecord, type SentRecord } from './clients-records.ts'
import { packageVersion } from './clients-tools.ts'

const options = (address: string) => ({ clientId: 'platformatic-test', bootstrapBrokers: [address], retries: 30, retryDelay: 100 })

async function withAdmin<T>(address: string, run: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin(options(address))
  try {
    return await run(admin)
  } finally {
    await admin.close()
  }
}

async function produce(address: string, topic: string, records: readonly SentRecord[], codec: Codec = 'none'): Promise<void> {
  const producer = new Producer({ ...options(address), idempotent: true, compression: codec, autocreateTopics: true })
  try {
    for (let at = 0; at < records.length; at += 500) {
      await producer.send({ acks: -1, messages: records.slice(at, at + 500).map(record => messageOf(topic, record)) })
    }
  } finally {
    await producer.close()
  }
}

/** Its types leave null out where its encoder takes it; an absent key or value is null on the wire. */
function messageOf(topic: string, record: SentRecord) {
  const { partition, key, value, timestamp } = record
  const headers = new Map(record.headers.map(([name, bytes]) => [Buffer.from(name), bytes as Buffer]))
  return {
    topic, partition, headers,
    ...(key && { key }), ...(value && { value }), ...(timestamp !== undefined && { timestamp: BigInt(timestamp) }),
  }
}

function recordOf(message: Message): ReadRecord {
  return {
    partition: message.partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: message.key ?? null,
    value: message.value ?? null,
    headers: message.headerEntries.map(([name, value]) => [name.toString(), value ?? null]),
  }
}

async function readInGroup({ address, topic, group, count }: GroupReading): Promise<{ records: ReadRecord[]; seen: GroupSeen }> {
  const consumer = new Consumer({ ...options(address), groupId: group, maxWaitTime: 200, autocommit: false })
  const records: ReadRecord[] = []
  try {
    const stream = await consumer.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' })
    const next = new Map<number, { offset: bigint; leaderEpoch: number }>()
    for await (const message of stream) {
      records.push(recordOf(message))
      next.set(message.partition, { offset: message.offset + 1n, leaderEpoch: message.leaderEpoch })
      if (records.length === count) break
    }
    await consumer.commit({ offsets: [...next].map(([partition, { offset, leaderEpoch }]) => ({ topic, partition, offset, leaderEpoch })) })
    return { records, seen: await describe(address, group) }
  } finally {
    await consumer.close(true)
  }
}

async function describe(address: string, group: string): Promise<GroupSeen> {
  return withAdmin(address, async admin => {
    const found = (await admin.describeGroups({ groups: [group] })).get(group)
    const state = found?.state ?? 'DEAD'
    return { state: state.charAt(0) + state.slice(1).toLowerCase(), memberCount: found?.members.size ?? 0 }
  })
}

async function readAt(address: string, topic: string, partition: number, timestamp: number): Promise<ReadRecord> {
  const consumer = new Consumer({ ...options(address), groupId: `seek-${topic}-${partition}`, maxWaitTime: 200, autocommit: false })
  try {
    const found = await consumer.listOffsetsWithTimestamps({ topics: [topic], timestamp: BigInt(timestamp) })
    const offsets = [...(found.get(topic) ?? [])].map(([index, { offset }]) => ({ topic, partition: index, offset }))
    const stream = await consumer.consume({ topics: [topic], mode: 'manual', offsets })
    for await (const message of stream) if (message.partition === partition) return recordOf(message)
    throw new Error('the stream ended')
  } finally {
    await consumer.close(true)
  }
}

async function lookUpMissing(address: string, topic: string): Promise<string> {
  const producer = new Producer({ ...options(address), retries: 0, autocreateTopics: false })
  try {
    await producer.send({ acks: -1, messages: [{ topic, value: Buffer.from('lost') }] })
    return 'no error'
  } catch (error) {
    return errorText(error)
  } finally {
    await producer.close()
  }
}

/** All messages and Kafka error names of an error, its causes and its parts. */
function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const name = 'apiId' in error ? String(error.apiId) : ''
  const parts = 'errors' in error && Array.isArray(error.errors) ? error.errors : []
  return [name, error.message, error.cause && errorText(error.cause), ...parts.map(errorText)].filter(Boolean).join('; ')
}

export const platformaticDriver: ClientDriver = {
  name: `@platformatic/kafka ${packageVersion('@platformatic/kafka')}`,
  limits: {},
  codecs,
  produce,
  readInGroup,
  readAt,
  lookUpMissing,
  admin: {
    create: (address, topic, partitions) => withAdmin(address, async admin => void (await admin.createTopics({ topics: [topic], partitions, replicas: 1 }))),
    list: address => withAdmin(address, admin => admin.listTopics()),
    delete: (address, topic) => withAdmin(address, admin => admin.deleteTopics({ topics: [topic] })),
  },
}
