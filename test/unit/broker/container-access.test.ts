/** "Reachable from containers": a second listener on every broker, switched at run time, told to its own clients, remembered. */

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { parseContainerAddress } from '../../../core/broker/container-access.ts'
import { isPortTaken } from '../../../core/broker/listener.ts'
import { Catalog } from '../../../core/catalog/catalog.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { describeCluster, findCoordinator, metadata } from '../../../core/protocol/apis/index.ts'
import { ask, RawConnection } from '../../support/clients-frames.ts'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'

let local: MemoryBroker
let holder: Server | undefined
let folder: string | undefined
afterEach(async () => {
  await local.stop()
  await new Promise<void>(resolve => (holder ? holder.close(() => resolve()) : resolve()))
  if (folder !== undefined) rmSync(folder, { recursive: true })
  holder = folder = undefined
})

const HOST = 'host.docker.internal'
const containers = () => local.broker.parts.containers
const portNow = () => containers().state.port ?? 0

/** What a client is told of all brokers that came in by `port`. */
async function toldBy(port: number): Promise<string[]> {
  const connection = await RawConnection.open(port)
  const { brokers } = await ask(connection, metadata, 9, { topics: [], allowAutoTopicCreation: false })
  const described = await ask(connection, describeCluster, 0, {})
  expect(described.brokers.map(({ host, port: at }) => `${host}:${at}`)).toEqual(brokers.map(({ host, port: at }) => `${host}:${at}`))
  connection.close()
  return brokers.map(({ host, port: at }) => `${host}:${at}`)
}

/** A port that another program has. */
async function takenPort(): Promise<number> {
  const server = createServer()
  holder = server
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port // a TCP server's address
}

test('it is off until switched on; then its clients are told the name for containers, and those of the loopback their own address', async () => {
  local = await startMemoryBroker()
  expect(containers().state).toEqual({ isOn: false, host: HOST, port: null, problem: null, isForThisRun: false })
  expect(local.broker.addresses).toEqual([`127.0.0.1:${local.port}`])
  expect(await containers().set(true)).toBeUndefined()
  expect(Math.abs(portNow() - local.port)).toBeGreaterThanOrEqual(19_000)
  expect(await toldBy(portNow())).toEqual([`${HOST}:${portNow()}`])
  expect(await toldBy(local.port)).toEqual([`127.0.0.1:${local.port}`])
  expect(local.broker.addresses).toEqual([`127.0.0.1:${local.port}`, `${HOST}:${portNow()}`])
  const connection = await RawConnection.open(portNow())
  let found = await ask(connection, findCoordinator, 3, { key: 'group', keyType: 0 })
  while (found.errorCode !== 0) found = await ask(connection, findCoordinator, 3, { key: 'group', keyType: 0 })
  expect(`${found.host}:${found.port}`).toBe(`${HOST}:${portNow()}`)
  connection.close()
})

test('switched off, the connections that came by it end, and the others stay', async () => {
  local = await startMemoryBroker()
  const stays = await local.connect()
  await containers().set(true)
  const goes = await RawConnection.open(portNow())
  await ask(goes, metadata, 9, { topics: [], allowAutoTopicCreation: false })
  expect(local.broker.connectionCount).toBe(2)
  expect(await containers().set(false)).toBeUndefined()
  await expect.poll(() => local.broker.connectionCount).toBe(1)
  expect(await isPortTaken(['127.0.0.1'], portNow())).toBe(false)
  expect((await ask(stays, metadata, 9, { topics: [], allowAutoTopicCreation: false })).brokers).toHaveLength(1)
  goes.close()
})

test('each of three brokers has a port of its own, also one that was down meanwhile, and one that comes back', async () => {
  local = await startMemoryBroker({ brokerCount: 3 })
  await local.broker.cluster.stop(2)
  await containers().set(true)
  const first = portNow()
  expect(await toldBy(first)).toEqual([`${HOST}:${first}`, `${HOST}:${first + 2}`])
  await local.broker.cluster.start(2)
  expect(await toldBy(first + 2)).toEqual([`${HOST}:${first}`, `${HOST}:${first + 1}`, `${HOST}:${first + 2}`])
  expect(await toldBy(first + 1)).toHaveLength(3)
  await containers().set(false)
  await local.broker.cluster.stop(3)
  await local.broker.cluster.start(3)
  expect(local.broker.addresses).toHaveLength(3)
})

test('a port that is taken is refused by its number, and what was on before stays on', async () => {
  local = await startMemoryBroker()
  await containers().set(true)
  const before = containers().state
  const port = await takenPort()
  expect(await containers().set(true, { host: HOST, port })).toMatch(new RegExp(`^port ${port} is taken by .+: stop it, or choose another port$`))
  expect(containers().state).toEqual(before)
  expect(await toldBy(portNow())).toEqual([`${HOST}:${portNow()}`])
})

test('an address that this machine does not have is refused, and the broker goes on', async () => {
  local = await startMemoryBroker()
  expect(await containers().set(true, { host: '192.0.2.77', port: null })).toContain('this machine has no such address')
  expect(containers().state.isOn).toBe(false)
  expect(await toldBy(local.port)).toEqual([`127.0.0.1:${local.port}`])
  expect(await containers().set(true, { host: '127.0.0.1', port: null })).toContain('the container itself')
})

test('the switch is where it was left after a start; a port that was taken meanwhile is said, and the rest works', async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-containers-'))
  local = await startMemoryBroker({ folder })
  await containers().set(true, { host: 'box.test', port: null })
  const port = portNow()
  await local.stop()
  local = await startMemoryBroker({ folder })
  expect(containers().state).toEqual({ isOn: true, host: 'box.test', port, problem: null, isForThisRun: false })
  expect(await toldBy(port)).toEqual([`box.test:${port}`])
  await local.stop()
  const server = createServer()
  holder = server
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  local = await startMemoryBroker({ folder })
  expect(containers().state).toMatchObject({ isOn: true, problem: expect.stringContaining(`port ${port} is taken`) })
  expect(await toldBy(local.port)).toEqual([`127.0.0.1:${local.port}`])
  expect(local.lines.join('\n')).toContain('Containers cannot reach the broker')
  await new Promise<void>(resolve => server.close(() => resolve()))
  holder = undefined
  expect(await containers().set(true)).toBeUndefined()
  expect(await toldBy(port)).toEqual([`box.test:${port}`])
})

test('what the catalog cannot keep is not done: the listener is as it was before', async () => {
  const catalog = Catalog.open({ file: ':memory:', disk: new MemoryDisk() })
  local = await startMemoryBroker({ catalog })
  await containers().set(true)
  const before = containers().state
  catalog.close()
  await expect(containers().set(true, { host: 'box.test', port: null })).rejects.toThrow()
  expect(containers().state).toEqual(before)
  expect(await toldBy(portNow())).toEqual([`${HOST}:${portNow()}`])
  await expect(containers().set(false)).rejects.toThrow()
  expect(await toldBy(portNow())).toEqual([`${HOST}:${portNow()}`])
})

test('switched on and off many times at once, it ends as asked last, with nothing left open', async () => {
  local = await startMemoryBroker({ brokerCount: 2 })
  const asked = Array.from({ length: 9 }, (_, at) => containers().set(at % 2 === 0))
  const stopped = local.broker.cluster.stop(2)
  expect(await Promise.all(asked)).toEqual(Array.from({ length: 9 }, () => undefined))
  await stopped
  expect(await toldBy(portNow())).toEqual([`${HOST}:${portNow()}`])
  await containers().set(false)
  expect(await isPortTaken(['127.0.0.1'], portNow())).toBe(false)
  expect(local.broker.addresses).toHaveLength(2)
})

test('HOST, :PORT, both or nothing are read; what a container could not reach is refused with the reason', async () => {
  local = await startMemoryBroker()
  expect([parseContainerAddress(''), parseContainerAddress(':29099'), parseContainerAddress('box.test'), parseContainerAddress('[fd00::1]:1234')])
    .toEqual([{ host: HOST, port: null }, { host: HOST, port: 29_099 }, { host: 'box.test', port: null }, { host: 'fd00::1', port: 1234 }])
  for (const wrong of ['localhost', '0.0.0.0:29092', 'a b', 'box:70000', 'a:b:c']) expect(parseContainerAddress(wrong)).toHaveProperty('problem')
})
