import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import { expect, onTestFinished, test, vi } from 'vitest'
import { loopbackListener } from '../../../core/broker/addresses.ts'
import { studioContract } from '../../../core/studio/contract/index.ts'
import { connectContract } from '../../../core/studio/rpc/connect.ts'
import { messagePortPort } from '../../../core/studio/rpc/port.ts'
import type { BrokerThreadData, FromBrokerThread, ToBrokerThread } from '../../../core/threads/broker-messages.ts'
import { workerUrl } from '../../../core/threads.ts'
import { collect } from './open-studio.ts'

function start(port = 0, folder = mkdtempSync(join(tmpdir(), 'millrace-thread-'))) {
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const data: BrokerThreadData = { dataFolder: folder, listeners: [loopbackListener(port)], version: '1.2.3', isTemporary: false, portTaken: null }
  const worker = new Worker(workerUrl('broker'), { workerData: data })
  onTestFinished(async () => void await worker.terminate())
  const messages: FromBrokerThread[] = []
  worker.on('message', (message: FromBrokerThread) => messages.push(message))
  const ended = new Promise<number>(resolve => worker.once('exit', resolve))
  const say = (message: ToBrokerThread, transfer: MessageChannel['port1'][] = []): void => worker.postMessage(message, transfer)
  const firstWord = () => vi.waitFor(() => messages.find(message => message.is !== 'log') ?? expect.fail('no word yet'), { timeout: 10_000 })
  return { say, ended, firstWord, messages, folder }
}

test('the broker thread serves windows over their ports, ends cleanly, and finds everything again', async () => {
  const first = start()
  expect(await first.firstWord()).toMatchObject({ is: 'ready' })
  const connect = ({ say }: typeof first) => {
    const { port1, port2 } = new MessageChannel()
    say({ is: 'connect', port: port2 }, [port2])
    return connectContract(studioContract, messagePortPort(port1))
  }
  const client = connect(first)
  await client.topics.create({ topic: 'orders', partitions: 2 })
  const tail = collect(client.messages.tail, { topic: 'orders', partitions: null })
  await client.messages.locate({ topic: 'orders', partitions: null, at: { is: 'end' } })
  const sent = await client.messages.produce({ topic: 'orders', partition: 1, key: null, value: new Uint8Array([1, 2]), headers: [], timestamp: null })
  // Decoded by the scan thread that the broker thread starts.
  expect(await tail.until(items => items.flatMap(item => item.rows)[0])).toMatchObject({ partition: 1, offset: sent.offset, value: { is: 'hex', text: '0102' } })
  first.say({ is: 'stop' })
  expect(await first.ended).toBe(0)
  expect((await tail.until(() => tail.ended)).failure?.code).toBe('DISCONNECTED')

  const second = start(0, first.folder)
  expect(await second.firstWord()).toMatchObject({ is: 'ready' })
  const again = connect(second)
  await vi.waitFor(async () => {
    expect(await again.messages.record({ topic: 'orders', partition: 1, offset: sent.offset })).toMatchObject({ valueBytes: new Uint8Array([1, 2]) })
  }, { timeout: 10_000 })
  second.say({ is: 'stop' })
  expect(await second.ended).toBe(0)
})

test('a port that is taken is refused by name, and the thread ends', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => other.once('listening', resolve))
  onTestFinished(() => void other.close())
  const { port } = other.address() as { port: number }
  const { firstWord, ended } = start(port)
  expect(await firstWord()).toMatchObject({ is: 'refused', portTaken: port, reason: expect.stringContaining(`port ${port} is taken`) })
  expect(await ended).toBe(0)
})
