/** kill -9 in the middle of producing: every acknowledged record is there after the restart, none twice, offsets without a gap. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkajsClient, createTopic, topicOffsets } from '../support/clients-kafkajs.ts'
import { javaClientClassPath, startJavaProducer } from '../support/clients-java.ts'
import { startTarget, type TestBroker } from '../support/clients-target.ts'
import { testWithMade } from '../support/clients-tools.ts'

const withJava = await testWithMade(javaClientClassPath, 'java', 'maven')
let broker: TestBroker
beforeAll(async () => {
  broker = await startTarget()
})
afterAll(() => broker?.dispose())

/** Every value of partition 0, by offset. */
async function stored(topic: string): Promise<string[]> {
  const [offsets] = await topicOffsets(broker.address, topic)
  const values = new Map<number, string>()
  const end = offsets?.end ?? 0
  const consumer = kafkajsClient(broker.address).consumer({ groupId: `check-${topic}`, maxWaitTimeInMs: 200 })
  const all = Promise.withResolvers<void>()
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => {
      values.set(Number(message.offset), String(message.value))
      if (values.size === end) all.resolve()
    },
  })
  await all.promise
  await consumer.disconnect()
  expect([...values.keys()]).toEqual(Array.from({ length: end }, (_, at) => at))
  return [...values.values()]
}

test('a kafkajs producer that goes on through kill -9 loses no acknowledged record and stores none twice', async () => {
  await createTopic(broker.address, 'kafkajs-kill', 1)
  const producer = kafkajsClient(broker.address, 50).producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const acknowledged = new Map<number, string>()
  let restart: Promise<void> | undefined
  for (let batch = 0; batch < 300; batch++) {
    const messages = Array.from({ length: 10 }, (_, at) => ({ value: `${batch * 10 + at}` }))
    const sending = producer.send({ topic: 'kafkajs-kill', acks: -1, messages })
    if (batch === 100) restart = broker.kill().then(() => broker.start())
    const [answer] = await sending
    for (const [at, message] of messages.entries()) acknowledged.set(Number(answer?.baseOffset) + at, message.value)
  }
  await restart
  await producer.disconnect()
  const values = await stored('kafkajs-kill')
  expect(values).toEqual(Array.from({ length: 3000 }, (_, at) => String(at)))
  expect([...acknowledged].filter(([offset, value]) => values[offset] !== value)).toEqual([])
})

withJava('the idempotent Java producer goes on through two kill -9 with five requests in flight: each record once, in order', async () => {
  await createTopic(broker.address, 'java-kill', 1)
  const producer = await startJavaProducer(broker.address, 'java-kill', 20_000)
  const acked = (): string[] => producer.stdout.filter(line => line.startsWith('acked '))
  for (const least of [3000, 9000]) {
    await producer.waitFor(`${least} acknowledged records`, () => (acked().length >= least ? true : undefined))
    await broker.kill()
    await broker.start()
  }
  await producer.line(/^done$/)
  expect(producer.stdout.filter(line => line.startsWith('failed '))).toEqual([])
  const values = await stored('java-kill')
  expect(values).toEqual(Array.from({ length: 20_000 }, (_, at) => String(at)))
  const wrong = acked().filter(line => {
    const [, number, offset] = line.split(' ')
    return Number(offset) >= 0 && values[Number(offset)] !== number
  })
  expect(wrong).toEqual([])
  expect(acked().length).toBe(20_000)
})
