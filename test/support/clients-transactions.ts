/** Transactions of client libraries, as the same few doings: kafkajs and @platformatic/kafka of version 1, the Java client of version 2. */

import { Consumer, Producer } from '@platformatic/kafka'
import { runJavaClient, runJavaTransactions } from './clients-java.ts'
import { kafkajsClient } from './clients-kafkajs.ts'
import { packageVersion } from './clients-tools.ts'
import { KAFKA_VERSION } from './java.ts'

export type Processing = { readonly address: string; readonly id: string; readonly from: string; readonly to: string; readonly group: string; readonly count: number }

export type TransactionalDriver = {
  readonly name: string
  /** Its own consumer shows records of aborted transactions, against Apache Kafka too. */
  readonly showsAborted?: true
  /** Each value to every partition, in a transaction of its own; those that begin with "dropped" are aborted. */
  write(o: { readonly address: string; readonly id: string; readonly topic: string; readonly values: readonly string[] }): Promise<void>
  /** `count` committed records of one topic go to another as `from-VALUE`, with the group's offsets; now and then one is aborted and done again. */
  process(o: Processing): Promise<void>
  /** Missing where a second producer cannot start, against Apache Kafka neither. A second producer of the same id writes "kept-second" after the first has "dropped-zombie" open; what the first is told when it goes on. */
  zombie?(o: { readonly address: string; readonly id: string; readonly topic: string }): Promise<string>
}

/** What read_committed shows of a topic, by partition; `ends` are its last stable offsets. The Java client's own consumer reads. */
export async function committedValues(address: string, topic: string): Promise<{ readonly values: readonly (readonly string[])[]; readonly ends: readonly number[] }> {
  const values: string[][] = []
  const ends: number[] = []
  for (const line of await runJavaClient(address, 'committed', topic)) {
    const [first = '', second = '', third = ''] = line.split(' ')
    if (first === 'end') ends[Number(second)] = Number(third)
    else (values[Number(first)] ??= []).push(third)
  }
  return { values: ends.map((_, partition) => values[partition] ?? []), ends }
}

const kafkajsProducer = (address: string, transactionalId: string) => kafkajsClient(address, 20).producer({ transactionalId, idempotent: true, maxInFlightRequests: 1, transactionTimeout: 60_000 })

export const kafkajsTransactions: TransactionalDriver = {
  name: `kafkajs ${packageVersion('kafkajs')}`,
  async write({ address, id, topic, values }) {
    const producer = kafkajsProducer(address, id)
    await producer.connect()
    try {
      for (const value of values) {
        const transaction = await producer.transaction()
        await transaction.send({ topic, messages: [0, 1].map(partition => ({ partition, value })) })
        await (value.startsWith('dropped') ? transaction.abort() : transaction.commit())
      }
    } finally {
      await producer.disconnect()
    }
  },
  async process({ address, id, from, to, group, count }) {
    const producer = kafkajsProducer(address, id)
    const consumer = kafkajsClient(address, 20).consumer({ groupId: group, maxWaitTimeInMs: 200, readUncommitted: false })
    await Promise.all([producer.connect(), consumer.connect()])
    await consumer.subscribe({ topic: from, fromBeginning: true })
    let [done, round] = [0, 0]
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      async eachBatch({ batch: { partition, messages } }) {
        try {
          const transaction = await producer.transaction()
          await transaction.send({ topic: to, messages: messages.map(({ value }) => ({ partition, value: `from-${value?.toString()}` })) })
          const last = messages.at(-1)
          await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic: from, partitions: [{ partition, offset: String(Number(last?.offset) + 1) }] }] })
          if (round++ % 3 === 1) {
            await transaction.abort()
            return consumer.seek({ topic: from, partition, offset: messages[0]?.offset ?? '0' })
          }
          await transaction.commit()
          consumer.seek({ topic: from, partition, offset: String(Number(last?.offset) + 1) })
          done += messages.length
          if (done >= count) resolve()
        } catch (failure) {
          reject(failure)
        }
      },
    })
    await promise.finally(() => Promise.all([consumer.disconnect(), producer.disconnect()]))
  },
  async zombie({ address, id, topic }) {
    const first = kafkajsProducer(address, id)
    const second = kafkajsProducer(address, id)
    await first.connect()
    const abandoned = await first.transaction()
    await abandoned.send({ topic, messages: [{ partition: 0, value: 'dropped-zombie' }] })
    await second.connect()
    try {
      const kept = await second.transaction()
      await kept.send({ topic, messages: [{ partition: 0, value: 'kept-second' }] })
      const told = await abandoned.commit().then(() => 'not fenced', errorText)
      await kept.commit()
      return told
    } finally {
      await Promise.all([first.disconnect(), second.disconnect()])
    }
  },
}

const platformaticProducer = (address: string, transactionalId: string) =>
  new Producer({ clientId: 'platformatic-test', bootstrapBrokers: [address], retries: 30, retryDelay: 50, idempotent: true, transactionalId })

export const platformaticTransactions: TransactionalDriver = {
  name: `@platformatic/kafka ${packageVersion('@platformatic/kafka')}`,
  showsAborted: true,
  async write({ address, id, topic, values }) {
    const producer = platformaticProducer(address, id)
    try {
      for (const value of values) {
        const transaction = await producer.beginTransaction()
        await transaction.send({ messages: [0, 1].map(partition => ({ topic, partition, value: Buffer.from(value) })) })
        await (value.startsWith('dropped') ? transaction.abort() : transaction.commit())
      }
    } finally {
      await producer.close()
    }
  },
  async process({ address, id, from, to, group, count }) {
    const producer = platformaticProducer(address, id)
    const consumer = new Consumer({ clientId: 'platformatic-test', bootstrapBrokers: [address], retries: 30, retryDelay: 50, groupId: group, maxWaitTime: 200, autocommit: false, isolationLevel: 1 })
    try {
      const stream = await consumer.consume({ topics: [from], mode: 'committed', fallbackMode: 'earliest' })
      let done = 0
      for await (const message of stream) {
        // Aborted once, and done again: the stream goes on with the next message whatever becomes of this one.
        for (const isAborted of done % 3 === 1 ? [true, false] : [false]) {
          const transaction = await producer.beginTransaction()
          await transaction.addConsumer(consumer)
          await transaction.send({ messages: [{ topic: to, partition: message.partition, value: Buffer.from(`from-${message.value.toString()}`) }] })
          await transaction.addOffset(message)
          await (isAborted ? transaction.abort() : transaction.commit())
        }
        if (++done === count) break
      }
    } finally {
      await Promise.all([consumer.close(true), producer.close()])
    }
  },
  // It asks for the producer id 0 with the epoch 0, which are not the first producer's, and is fenced itself.
}

const java = (protocol: 'classic' | 'consumer'): TransactionalDriver => ({
  name: `Java client ${KAFKA_VERSION} with ${protocol} groups`,
  async write({ address, id, topic, values }) {
    await runJavaTransactions(address, 'write', id, topic, ...values)
  },
  async process({ address, id, from, to, group, count }) {
    await runJavaTransactions(address, 'process', id, from, to, group, String(count), protocol)
  },
  async zombie({ address, id, topic }) {
    const lines = await runJavaTransactions(address, 'zombie', id, topic)
    return lines.join('; ')
  },
})

export const javaTransactions = java('classic')
export const javaConsumerGroups = java('consumer')

/** All messages and Kafka error names of an error, its causes and its parts. */
function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const name = 'type' in error ? String(error.type) : 'apiId' in error ? String(error.apiId) : ''
  const parts = 'errors' in error && Array.isArray(error.errors) ? error.errors : []
  return [name, error.message, error.cause && errorText(error.cause), ...parts.map(errorText)].filter(Boolean).join('; ')
}
