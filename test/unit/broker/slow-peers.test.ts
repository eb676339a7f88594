/** Peers that do not read, or send without end: they cost themselves only. */

import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { Connection } from '../../../core/broker/connection.ts'
import { IN_FLIGHT_BYTES_MAX } from '../../../core/common/limits.ts'
import { silentLogger } from '../../../core/common/logger.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { readBuffers } from '../../../core/log/read-buffers.ts'
import { fetch, produce } from '../../../core/protocol/apis/index.ts'
import { encodeRequestFrame } from '../../../core/protocol/header.ts'
import { ZERO_UUID } from '../../../core/protocol/wire.ts'
import { encodeBatch } from '../../../core/records/encode-batch.ts'
import { startMemoryBroker } from '../../support/memory-broker.ts'

test('a client that does not read its answers does not hold up the stop, and its buffers come back', async () => {
  const before = readBuffers.bytesInUse
  const clock = new SimulatedClock()
  const broker = await startMemoryBroker({ topics: { orders: 1 }, clock })
  for (let turn = 0; turn < 8; turn++) {
    const records = encodeBatch({ records: [{ key: null, value: Buffer.alloc(1_000_000), headers: [], timestamp: clock.now() }] })
    await broker.ask(produce, 9, { acks: 1, timeoutMs: 1000, topicData: [{ name: 'orders', topicId: ZERO_UUID, partitionData: [{ index: 0, records }] }] })
  }
  const deaf = connect(broker.port, '127.0.0.1')
  deaf.on('error', () => undefined)
  await once(deaf, 'connect')
  const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 50_000_000, currentLeaderEpoch: -1, lastFetchedEpoch: -1 }
  const request = fetch.encodeRequest({ maxWaitMs: 0, minBytes: 1, isolationLevel: 0, topics: [{ topic: 'orders', topicId: ZERO_UUID, partitions: [partition] }] }, 12)
  for (let turn = 0; turn < 10; turn++) deaf.write(Buffer.concat(encodeRequestFrame(fetch, 12, { correlationId: turn, clientId: 'deaf', body: request })))
  await expect.poll(() => readBuffers.bytesInUse).toBeGreaterThan(before + 8_000_000)
  let hasStopped = false
  const stopping = broker.stop().then(() => (hasStopped = true))
  await expect.poll(() => {
    clock.advance(100)
    return hasStopped
  }).toBe(true)
  await stopping
  deaf.destroy()
  expect(readBuffers.bytesInUse).toBe(before)
  expect(broker.disk.openFiles).toBe(0)
  expect(clock.pendingCount).toBe(0)
})

test('a request counts against the budget until it is answered, also when its peer has gone meanwhile', async () => {
  const inFlight = { bytes: 0 }
  const answers: (() => void)[] = []
  const server = createServer(socket => void new Connection({
    id: 1, brokerId: 1, socket, advertised: { host: '127.0.0.1', port: 0 }, clock: new SimulatedClock(), logger: silentLogger, inFlight,
    dispatch: () => new Promise(resolve => answers.push(() => resolve(null))),
  }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.write(Buffer.concat([Buffer.from([0, 1, 0, 0]), Buffer.alloc(65_536)]))
  await expect.poll(() => answers.length).toBe(1)
  expect(inFlight.bytes).toBe(65_536)
  client.destroy()
  await expect.poll(() => new Promise(resolve => server.getConnections((_, count) => resolve(count)))).toBe(0)
  expect(inFlight.bytes).toBe(65_536)
  answers[0]?.()
  await expect.poll(() => inFlight.bytes).toBe(0)
})

test('while requests of others hold more memory than the broker may, small requests are served and large ones are not', async () => {
  const server = createServer(socket => void new Connection({
    id: 1, brokerId: 1, socket, advertised: { host: '127.0.0.1', port: 0 }, clock: new SimulatedClock(), logger: silentLogger,
    dispatch: frame => ({ buffers: [frame], written: undefined }),
    inFlight: { bytes: 3 * IN_FLIGHT_BYTES_MAX },
  }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  for (const word of ['small', 'still']) {
    client.write(Buffer.from([0, 0, 0, 5, ...Buffer.from(word)]))
    const [answer] = await once(client, 'data') as [Buffer]
    expect(answer.toString()).toBe(word)
  }
  client.write(Buffer.concat([Buffer.from([0, 0x10, 0, 0]), Buffer.alloc(500_000)]))
  client.on('error', () => undefined) // a reset is one way to be closed
  await new Promise(resolve => client.once('close', resolve))
})

test('a client that is still sending when the broker stops gets the answer of everything that was stored', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 1 } })
  const log = broker.broker.log('orders', 0)
  const records = encodeBatch({ records: [{ key: null, value: Buffer.alloc(60_000), headers: [], timestamp: Date.now() }] })
  const body = produce.encodeRequest({ acks: 1, timeoutMs: 1000, topicData: [{ name: 'orders', topicId: ZERO_UUID, partitionData: [{ index: 0, records }] }] }, 9)
  const frame = Buffer.concat(encodeRequestFrame(produce, 9, { correlationId: 1, clientId: 'sender', body }))
  const sender = connect(broker.port, '127.0.0.1')
  sender.on('error', () => undefined)
  await once(sender, 'connect')
  sender.pause()
  for (let turn = 0; turn < 200; turn++) sender.write(frame)
  await expect.poll(() => log?.endOffset).toBeGreaterThan(10)
  const answers: Buffer[] = []
  sender.on('data', (bytes: Buffer) => {
    answers.push(bytes)
    for (let turn = 0; turn < 20; turn++) sender.write(frame) // as a producer sends on with each answer
  })
  const closed = new Promise(resolve => sender.once('close', resolve))
  const stopping = broker.broker.stop()
  await expect.poll(() => broker.broker.connectionCount).toBe(0)
  sender.resume()
  await closed
  await stopping
  const bytes = Buffer.concat(answers)
  expect(bytes.length).toBeGreaterThan(4)
  const answerBytes = 4 + bytes.readInt32BE(0)
  expect(bytes.length).toBe(answerBytes * (log?.endOffset ?? 0))
})
