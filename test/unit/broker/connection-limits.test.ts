/** Bounds of connections: how many, how many from one address, how long silent, and how long a request may be. */

import { expect, test } from 'vitest'
import { parseBrokerSettings } from '../../../core/broker/broker-settings.ts'
import type { BrokerConfig } from '../../../core/broker/broker-config.ts'
import { Listeners, ConnectionTable } from '../../../core/broker/listener.ts'
import { loopbackListener } from '../../../core/broker/addresses.ts'
import { Taps } from '../../../core/broker/taps.ts'
import { CONNECTIONS_MAX, CONNECTIONS_WAITING_MAX } from '../../../core/common/limits.ts'
import { createLogger } from '../../../core/common/logger.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { apiVersionsRequest, RawConnection, requestHeader } from '../../support/clients-frames.ts'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'

function settings(...pairs: string[]): Partial<BrokerConfig> {
  const parsed = parseBrokerSettings(pairs)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return parsed.config
}

const isServed = async (connection: RawConnection): Promise<boolean> => {
  connection.sendFrame(apiVersionsRequest())
  return (await connection.nextFrame()) !== undefined
}
const set = (broker: MemoryBroker, configs: Readonly<Record<string, string>>): void => broker.broker.parts.dynamicConfigs.replace('broker', '', configs)

test('one connection above max.connections waits until another has gone', async () => {
  const broker = await startMemoryBroker({ config: settings('max.connections=2') })
  const [first, second] = [await broker.connect(), await broker.connect()]
  expect([await isServed(first), await isServed(second)]).toEqual([true, true])
  const third = await broker.connect()
  const served = isServed(third)
  await expect.poll(() => broker.lines.filter(line => line.includes('wait until others have gone')).length).toBe(1)
  expect(broker.broker.connectionCount).toBe(2)
  first.close()
  expect(await served).toBe(true)
  await broker.stop()
})

test('so many wait, and those above them are closed; what goes while it waits makes room; a stop ends them all', async () => {
  const broker = await startMemoryBroker({ config: settings('max.connections=1') })
  const only = await broker.connect()
  expect(await isServed(only)).toBe(true)
  const waiting: RawConnection[] = []
  for (let count = 0; count < CONNECTIONS_WAITING_MAX; count++) waiting.push(await broker.connect())
  const refused = await broker.connect()
  expect(await refused.nextFrame()).toBeUndefined()
  expect(broker.lines.filter(line => line.includes('as many as may wait'))).toHaveLength(1)
  waiting[0]?.close()
  const served = isServed(waiting[1] ?? only)
  only.close()
  expect(await served).toBe(true)
  const last = waiting.at(-1)?.nextFrame()
  await broker.stop()
  expect(await last).toBeUndefined()
})

test('a bound that is raised lets in who waits, and one that is lowered ends who was silent for the longest time', async () => {
  const clock = new SimulatedClock()
  const broker = await startMemoryBroker({ clock, config: settings('max.connections=1') })
  const first = await broker.connect()
  expect(await isServed(first)).toBe(true)
  const second = await broker.connect()
  const served = isServed(second)
  clock.advance(10)
  set(broker, { 'max.connections': '5' })
  expect(await served).toBe(true)
  clock.advance(10)
  expect(await isServed(second)).toBe(true)
  set(broker, { 'max.connections': '1' })
  expect(await first.nextFrame()).toBeUndefined()
  expect(await isServed(second)).toBe(true)
  const stopped = broker.stop()
  clock.advance(1000)
  await stopped
})

test('one connection above the bound of its address is closed; an override of the address holds instead', async () => {
  const broker = await startMemoryBroker({ config: settings('max.connections.per.ip=1') })
  const first = await broker.connect()
  expect(await isServed(first)).toBe(true)
  expect(await (await broker.connect()).nextFrame()).toBeUndefined()
  expect(broker.lines.filter(line => line.includes('its address has as many as it may'))).toHaveLength(1)
  set(broker, { 'max.connections.per.ip.overrides': '10.1.2.3:7, localhost:2' })
  const second = await broker.connect()
  expect(await isServed(second)).toBe(true)
  expect(await (await broker.connect()).nextFrame()).toBeUndefined()
  first.close()
  await expect.poll(() => broker.broker.connectionCount).toBe(1)
  expect(await isServed(await broker.connect())).toBe(true)
  await broker.stop()
})

test('a connection that is silent for connections.max.idle.ms is closed, and one that speaks is not', async () => {
  const clock = new SimulatedClock()
  const broker = await startMemoryBroker({ clock, config: settings('connections.max.idle.ms=8000') })
  const [silent, busy] = [await broker.connect(), await broker.connect()]
  expect([await isServed(silent), await isServed(busy)]).toEqual([true, true])
  const end = silent.nextFrame()
  for (let turn = 0; turn < 4; turn++) {
    clock.advance(4000)
    expect(await isServed(busy)).toBe(true)
  }
  expect(await end).toBeUndefined()
  const stopped = broker.stop()
  clock.advance(1000)
  await stopped
})

test('without a bound of idle time nobody is closed for being silent', async () => {
  const clock = new SimulatedClock()
  const broker = await startMemoryBroker({ clock, config: settings('connections.max.idle.ms=-1') })
  const silent = await broker.connect()
  expect(await isServed(silent)).toBe(true)
  clock.advance(7 * 86_400_000)
  expect(await isServed(silent)).toBe(true)
  const stopped = broker.stop()
  clock.advance(1000)
  await stopped
})

test('a request longer than socket.request.max.bytes closes its connection, one of that size is served', async () => {
  const broker = await startMemoryBroker({ config: settings('socket.request.max.bytes=200') })
  const connection = await broker.connect()
  const fitting = requestHeader(18, 0, 1, 'x'.repeat(200 - 10))
  connection.sendFrame(fitting)
  expect(fitting).toHaveLength(200)
  expect(await connection.nextFrame()).toBeDefined()
  connection.sendFrame(requestHeader(18, 0, 1, 'x'.repeat(200 - 9)))
  expect(await connection.nextFrame()).toBeUndefined()
  await broker.stop()
})

test('the brokers of a process share one bound: above it a connection is closed, whichever of them it came to', async () => {
  const lines: string[] = []
  const table = new ConnectionTable()
  const clock = new SimulatedClock()
  const listeners = new Listeners({
    brokerId: 1, table, clock, taps: new Taps(), logger: createLogger(line => lines.push(line), { now: () => 0 }), dispatch: frame => ({ buffers: [frame], written: undefined }),
    limits: { total: CONNECTIONS_MAX, from: () => Infinity, idleMs: Infinity, frameBytesMax: 1000, onChange: () => () => {} },
  })
  await listeners.start([loopbackListener(0)])
  table.count = CONNECTIONS_MAX - 1
  const [first, second] = [await RawConnection.open(listeners.ports[0] ?? 0), await RawConnection.open(listeners.ports[0] ?? 0)]
  expect([await second.nextFrame(), table.count, lines.length]).toEqual([undefined, CONNECTIONS_MAX, 1])
  first.close()
  await expect.poll(() => table.count).toBe(CONNECTIONS_MAX - 1)
  await listeners.stop()
})
