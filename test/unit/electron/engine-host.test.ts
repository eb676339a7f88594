/** The app's hosting of the broker thread: windows reach the studio, a dead thread comes back, a refusal is told with its reason. */

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type MessagePort, type Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silentLogger } from '../../../core/common/logger.ts'
import { studioContract } from '../../../core/studio/contract/index.ts'
import type { LocalStatus } from '../../../core/studio/contract/local.ts'
import { connectContract } from '../../../core/studio/rpc/connect.ts'
import { messagePortPort } from '../../../core/studio/rpc/port.ts'
import { EngineHost, EngineRefused, startBrokerThread } from '../../../electron/main/engine-host.ts'
import { SettingsFile } from '../../../electron/main/settings.ts'

let folder: string
let threads: Worker[]
let lost: Error[]
const hosts: EngineHost[] = []
const others: Server[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-host-'))
  threads = []
  lost = []
})
afterEach(async () => {
  await Promise.all(hosts.splice(0).map(host => host.stop()))
  for (const server of others.splice(0)) server.close()
  rmSync(folder, { recursive: true })
})

function newHost(wantedPort = 0): EngineHost {
  const host = new EngineHost({
    dataFolder: join(folder, 'local'), settings: new SettingsFile(join(folder, 'settings.json')), version: '1.2.3', wantedPort, logger: silentLogger, write: () => {},
    onLost: reason => lost.push(reason),
    startThread(data) {
      const thread = startBrokerThread(data)
      threads.push(thread)
      return thread
    },
  })
  hosts.push(host)
  return host
}

/** The first status a window gets. */
function statusOver(port: MessagePort): Promise<LocalStatus> {
  const client = connectContract(studioContract, messagePortPort(port))
  return new Promise((resolve, reject) => {
    const subscription = client.local.status.subscribe({}, {
      onItem(status) {
        subscription.close()
        resolve(status)
      },
      onEnd: failure => reject(new Error(failure?.message ?? 'it ended')),
    })
  })
}

test('a window that asked before the broker is up reaches it as soon as it listens', async () => {
  const host = newHost()
  const asked = host.connect()
  const addresses = await host.start()
  const status = await statusOver(await asked)
  expect(status).toMatchObject({ state: 'listening', version: '1.2.3', address: addresses[0], portTaken: null, isTemporary: false, dataFolder: join(folder, 'local') })
})

test('when the broker thread dies its windows are told by their ports, and the next port reaches the new one', async () => {
  const host = newHost()
  await host.start()
  const port = await host.connect()
  await statusOver(port)
  const closed = new Promise<void>(resolve => port.once('close', () => resolve()))
  await threads[0]?.terminate()
  await closed
  expect(await statusOver(await host.connect())).toMatchObject({ state: 'listening' })
  expect([threads.length, lost.length]).toEqual([2, 0])
})

test('the number of brokers is chosen in the window, and taken by the next start', async () => {
  const host = newHost()
  expect(await host.start()).toHaveLength(1)
  const client = connectContract(studioContract, messagePortPort(await host.connect()))
  expect(await statusOver(await host.connect())).toMatchObject({ brokerCount: 1, nextBrokerCount: 1 })
  await client.local.chooseBrokerCount({ count: 3 })
  expect(await statusOver(await host.connect())).toMatchObject({ brokerCount: 1, nextBrokerCount: 3 })
  await host.stop()
  const next = newHost()
  expect(await next.start()).toHaveLength(3)
  expect(await statusOver(await next.connect())).toMatchObject({ brokerCount: 3, brokersUp: 3, nextBrokerCount: 3 })
})

test('a stop ends the thread by itself, and a window that asks later is refused', async () => {
  const host = newHost()
  await host.start()
  const ended = new Promise<number>(resolve => threads[0]?.once('exit', resolve))
  await host.stop()
  expect(await ended).toBe(0)
  await expect(host.connect()).rejects.toThrow('stopping')
})

test('a data folder in use by another broker is refused with a sentence that names it', async () => {
  await newHost().start()
  const refusal: unknown = await newHost().start().catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(EngineRefused)
  expect(String(refusal)).toContain(join(folder, 'local'))
})

test('when the wanted port is taken the remembered one is used, and the window is told who holds the other', async () => {
  const [wanted, free] = [await listen(), await listen()]
  await new Promise(resolve => others.pop()?.close(resolve))
  new SettingsFile(join(folder, 'settings.json')).change({ fallbackPort: free })
  const host = newHost(wanted)
  expect(await host.start()).toEqual([`127.0.0.1:${free}`])
  const { portTaken } = await statusOver(await host.connect())
  expect(portTaken).toMatchObject({ wanted, used: free })
})

/** A port that another program listens on. */
async function listen(): Promise<number> {
  const server = createServer()
  others.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port // A TCP server's address is AddressInfo.
}
