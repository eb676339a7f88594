/** Batches of a megabyte and more by a real client, checked in the scan thread; and that thread ended under them. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import kafkajs from 'kafkajs'
import { expect, onTestFinished, test } from 'vitest'
import { silentLogger } from '../../core/common/logger.ts'
import { startScan, workerUrl } from '../../core/threads.ts'
import { createTopic, kafkajsClient } from '../support/clients-kafkajs.ts'
import { type MemoryBroker, startMemoryBroker } from '../support/memory-broker.ts'

const { CompressionTypes } = kafkajs
const codecs = { gzip: CompressionTypes.GZIP, snappy: CompressionTypes.Snappy, lz4: CompressionTypes.LZ4, zstd: CompressionTypes.ZSTD } as const

/** `dies`: the thread is ended under every third request that it is given. */
async function open({ dies = false } = {}): Promise<{ readonly broker: MemoryBroker; readonly address: string; readonly workers: Worker[] }> {
  const workers: Worker[] = []
  let given = 0
  const work = startScan({
    logger: silentLogger,
    startWorker() {
      const worker = new Worker(workerUrl('scan'))
      workers.push(worker)
      const post = worker.postMessage.bind(worker)
      worker.postMessage = (...message: Parameters<typeof post>) => {
        post(...message)
        if (dies && ++given % 3 === 0) void worker.terminate()
      }
      return worker
    },
  })
  const folder = mkdtempSync(join(tmpdir(), 'millrace-large-'))
  const broker = await startMemoryBroker({ folder, work })
  onTestFinished(async () => {
    await broker.stop()
    await work.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  return { broker, address: `127.0.0.1:${broker.port}`, workers }
}

/** About 1.3 MiB of JSON in so many records, that compress to a good part of it. */
const messagesOf = (batch: number) => Array.from({ length: 1000 }, (_, index) => ({
  key: `${batch}-${index}`,
  value: JSON.stringify({ batch, index, noise: Array.from({ length: 100 }, (_each, at) => Math.imul(batch * 1000 + index + at, 2654435761) >>> 0) }),
}))

async function readBack(address: string, topic: string, count: number): Promise<string[]> {
  const consumer = kafkajsClient(address).consumer({ groupId: `reader-of-${topic}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const keys: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  await consumer.run({ eachMessage: async ({ message }) => {
    if (keys.push(String(message.key)) === count) resolve()
  } })
  await promise
  await consumer.disconnect()
  return keys
}

test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('kafkajs produces large %s batches and reads every record back in order', async codec => {
  const { address, workers } = await open()
  await createTopic(address, 'large', 1)
  const producer = kafkajsClient(address).producer()
  await producer.connect()
  const expected: string[] = []
  for (let batch = 0; batch < 5; batch++) {
    const messages = messagesOf(batch)
    expected.push(...messages.map(({ key }) => key))
    await producer.send({ topic: 'large', compression: codecs[codec], messages })
  }
  await producer.disconnect()
  expect(await readBack(address, 'large', expected.length)).toEqual(expected)
  expect(workers.length).toBe(1)
})

test('the scan thread dies again and again under an idempotent producer: it retries, and nothing is lost or stored twice', async () => {
  const { broker, address, workers } = await open({ dies: true })
  await createTopic(address, 'large', 1, { 'compression.type': 'zstd' })
  const producer = kafkajsClient(address, 50).producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const expected: string[] = []
  for (let batch = 0; batch < 12; batch++) {
    const messages = messagesOf(batch)
    expected.push(...messages.map(({ key }) => key))
    await producer.send({ topic: 'large', compression: CompressionTypes.GZIP, messages })
  }
  await producer.disconnect()
  expect(broker.broker.log('large', 0)?.endOffset).toBe(expected.length)
  expect(await readBack(address, 'large', expected.length)).toEqual(expected)
  expect(workers.length).toBeGreaterThan(4)
})
