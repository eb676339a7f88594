/** Clients of released libraries, kafkajs and @platformatic/kafka, each writing down what it was told. */

import { setTimeout as pause } from 'node:timers/promises'
import { Consumer, type Message, Producer } from '@platformatic/kafka'
import type { Producer as KafkajsProducer } from 'kafkajs'
import { kafkaErrorOf, kafkajsClient } from '../support/clients-kafkajs.ts'
import { GROUPS, type Role, type RoleOptions, SESSION_MS, TOPICS, TRANSACTION_TIMEOUT_MS } from './role.ts'

const first = (addresses: string): string => addresses.split(',')[0] ?? ''
const errorOf = (cause: unknown): string => kafkaErrorOf(cause).slice(0, 200)
let made = 0

/** Runs `once` with what `open` makes until it throws; then with a new one, until it is over. */
async function repeat<T>({ isOver }: RoleOptions, o: { open(): Promise<T>; once(opened: T): Promise<void>; close(opened: T): Promise<unknown> }): Promise<void> {
  let opened: T | undefined
  while (!isOver()) {
    try {
      opened ??= await o.open()
      await o.once(opened)
    } catch {
      const broken = opened
      opened = undefined
      if (broken) await o.close(broken).catch(() => undefined)
      await pause(200)
    }
  }
  if (opened) await o.close(opened).catch(() => undefined)
}

/** Idempotent. After an error it is unknown what is stored, and a new producer goes on. */
export const kafkajsProducer: Role = async options => {
  const { recorder, random, addresses } = options
  let [count, name] = [0, '']
  await repeat(options, {
    async open() {
      const producer = kafkajsClient(first(addresses), 8).producer({ idempotent: true, maxInFlightRequests: 1 })
      name = `${recorder.client} kafkajs ${++made}`
      await producer.connect()
      return producer
    },
    async once(producer) {
      const [partition, topic] = [random.below(3), TOPICS.plain]
      const values = Array.from({ length: 1 + random.below(10) }, () => `${recorder.client}:j${count++}`)
      const answered = recorder.ask({ is: 'send', line: `${topic}-${partition}`, values, producer: name, isIdempotent: true })
      try {
        const [answer] = await producer.send({ topic, acks: -1, messages: values.map(value => ({ partition, value, key: null })) })
        answered({ outcome: 'ok', offset: Number(answer?.baseOffset) })
      } catch (cause) {
        answered({ outcome: 'unknown', error: errorOf(cause) })
        throw cause
      }
      await pause(random.below(40))
    },
    close: producer => producer.disconnect(),
  })
}

/** Version 1 of transactions. */
export const kafkajsTransactions: Role = async options => {
  const { recorder, random, addresses, place } = options
  let [count, name] = [0, '']
  await repeat(options, {
    async open() {
      const producer = kafkajsClient(first(addresses), 8).producer({ transactionalId: `${place}-kafkajs`, idempotent: true, maxInFlightRequests: 1, transactionTimeout: TRANSACTION_TIMEOUT_MS })
      name = `${recorder.client} kafkajs ${++made}`
      await producer.connect()
      return producer
    },
    async once(producer) {
      await kafkajsTransaction(producer, options, { name, id: `${recorder.client}/j/${count++}` })
      await pause(random.below(80))
    },
    close: producer => producer.disconnect(),
  })
}

async function kafkajsTransaction(producer: KafkajsProducer, { recorder, random }: RoleOptions, { name, id }: { readonly name: string; readonly id: string }): Promise<void> {
  const transaction = await producer.transaction()
  for (let sends = 1 + random.below(3); sends > 0; sends--) {
    const [topic, partition] = [TOPICS.inputs[random.below(2)] ?? '', random.below(3)]
    const values = Array.from({ length: 1 + random.below(5) }, (_, at) => `${id}/${sends}.${at}`)
    const answered = recorder.ask({ is: 'send', line: `${topic}-${partition}`, values, producer: name, isIdempotent: true, transaction: id })
    try {
      const [answer] = await transaction.send({ topic, acks: -1, messages: values.map(value => ({ partition, value, key: null })) })
      answered({ outcome: 'ok', offset: Number(answer?.baseOffset) })
    } catch (cause) {
      answered({ outcome: 'unknown', error: errorOf(cause) })
      throw cause
    }
  }
  const decision = random.below(5) > 0 ? 'commit' : 'abort'
  const answered = recorder.ask({ is: 'end', transaction: id, decision })
  try {
    await transaction[decision]()
    answered({ outcome: 'ok' })
  } catch (cause) {
    answered({ outcome: 'unknown', error: errorOf(cause) })
    throw cause
  }
}

/** A member of a classic group, which commits after each batch. */
export const kafkajsMember: Role = async options => {
  const { recorder, addresses, isOver, random } = options
  const [groupId, topic] = [GROUPS.kafkajs, TOPICS.plain]
  await repeat(options, {
    async open() {
      const consumer = kafkajsClient(first(addresses), 8).consumer({ groupId, maxWaitTimeInMs: 150, sessionTimeout: SESSION_MS, rebalanceTimeout: SESSION_MS, heartbeatInterval: 500 })
      let [joins, failures, member, lines] = [0, 0, '', [] as string[]]
      const nexts = new Map<string, number>()
      /** After an error the library does the batch again, and perhaps the others. */
      const again = (): void => {
        failures++
        nexts.clear()
      }
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        joins++
        member = payload.memberId
        lines = Object.entries(payload.memberAssignment).flatMap(([name, partitions]) => partitions.map(partition => `${name}-${partition}`))
        nexts.clear()
      })
      // Without this, nobody knows: a consumer that stops takes a commit that fails for done.
      let committed = ''
      consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => {
        committed = payload.topics.flatMap(({ partitions }) => partitions.map(({ partition, offset }) => `${partition}:${offset}`)).join()
      })
      // When it asked is not known: only its generation says something.
      consumer.on(consumer.events.HEARTBEAT, ({ payload }) => recorder.note({ is: 'hold', group: groupId, member, stay: joins }, { outcome: 'ok', epoch: payload.groupGenerationId, lines }, 0))
      await consumer.connect()
      await consumer.subscribe({ topics: [topic], fromBeginning: true })
      await consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch, heartbeat, isStale, isRunning }) => {
          if (isStale() || !isRunning()) return
          const line = `${topic}-${batch.partition}`
          const records = batch.messages.map(({ offset, value }) => [Number(offset), value?.toString() ?? ''] as const)
          const position = nexts.get(line) ?? records[0]?.[0] ?? 0
          const next = Number(batch.lastOffset()) + 1
          recorder.note({ is: 'poll', line, session: `${member}/${joins}/${failures}`, isolation: 'committed' }, { outcome: 'ok', records, position, next })
          nexts.set(line, next)
          const answered = recorder.ask({ is: 'commit', group: groupId, line, offset: next })
          try {
            await consumer.commitOffsets([{ topic, partition: batch.partition, offset: String(next) }])
          } catch (cause) {
            answered({ outcome: 'unknown', error: errorOf(cause) })
            again()
            throw cause
          }
          answered({ outcome: committed === `${batch.partition}:${next}` ? 'ok' : 'unknown' })
          await heartbeat().catch((cause: unknown) => {
            again()
            throw cause
          })
        },
      })
      return { consumer, until: performance.now() + 5000 + random.below(20_000) }
    },
    async once({ until }) {
      while (!isOver() && performance.now() < until) await pause(100)
      if (!isOver()) throw new Error('it leaves, and another one comes')
    },
    close: ({ consumer }) => consumer.disconnect(),
  })
}

export const platformaticProducer: Role = async options => {
  const { recorder, random, addresses } = options
  let [count, name] = [0, '']
  await repeat(options, {
    async open() {
      name = `${recorder.client} platformatic ${++made}`
      return new Producer({ clientId: name, bootstrapBrokers: addresses.split(','), retries: 8, retryDelay: 100, idempotent: true, compression: 'snappy' })
    },
    async once(producer) {
      const [partition, topic] = [random.below(3), TOPICS.plain]
      const values = Array.from({ length: 1 + random.below(10) }, () => `${recorder.client}:f${count++}`)
      const answered = recorder.ask({ is: 'send', line: `${topic}-${partition}`, values, producer: name, isIdempotent: true })
      try {
        const answer = await producer.send({ acks: -1, messages: values.map(value => ({ topic, partition, value: Buffer.from(value) })) })
        answered({ outcome: 'ok', offset: Number(answer.offsets?.[0]?.offset) })
      } catch (cause) {
        answered({ outcome: 'unknown', error: String(cause).slice(0, 200) })
        throw cause
      }
      await pause(random.below(40))
    },
    close: producer => producer.close(),
  })
}

/** A member of a group of either protocol that reads a stream and commits now and then. */
export const platformaticMember = (protocol: 'classic' | 'consumer'): Role => async options => {
  const { recorder, addresses, isOver, random } = options
  const [groupId, topic] = [GROUPS[protocol === 'classic' ? 'platformatic' : 'platformaticConsumer'], TOPICS.plain]
  await repeat(options, {
    async open() {
      const shared = { clientId: recorder.client, bootstrapBrokers: addresses.split(','), groupId, maxWaitTime: 150, autocommit: false, retries: 8, retryDelay: 100 }
      if (protocol === 'consumer') return new Consumer({ ...shared, groupProtocol: 'consumer' })
      return new Consumer({ ...shared, sessionTimeout: SESSION_MS, rebalanceTimeout: SESSION_MS, heartbeatInterval: 500 })
    },
    async once(consumer) {
      const name = `${recorder.client}/platformatic/${++made}`
      const stream = await consumer.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' })
      const until = performance.now() + 3000 + random.below(12_000)
      let count = 0
      const watch = setInterval(() => void (isOver() && stream.destroy()), 200)
      stream.once('close', () => clearInterval(watch))
      // A rebalance inside the library begins anew where the group has committed: which one is not told, so each record stands alone.
      for await (const message of stream) {
        const line = `${topic}-${message.partition}`
        const offset = Number(message.offset)
        recorder.note({ is: 'poll', line, session: `${name}/${++count}`, isolation: 'committed' }, { outcome: 'ok', records: [[offset, message.value?.toString() ?? '']], position: offset, next: offset + 1 })
        if (random.below(100) === 0) await commitMessage(message, options, { groupId, line })
        if (isOver() || performance.now() > until) break
      }
      throw new Error('it leaves, and another one comes')
    },
    close: consumer => consumer.close(true),
  })
}

/** It is sent in the generation or epoch that the library has by then, which may be another than that of the record: nobody can count on it. */
async function commitMessage(message: Message, { recorder }: RoleOptions, { groupId, line }: { readonly groupId: string; readonly line: string }): Promise<void> {
  const answered = recorder.ask({ is: 'commit', group: groupId, line, offset: Number(message.offset) + 1 })
  try {
    await message.commit()
    answered({ outcome: 'unknown' })
  } catch (cause) {
    answered({ outcome: 'unknown', error: String(cause).slice(0, 200) })
  }
}
