/** A laptop sleeps for ten minutes: members, rebalances, waiting fetches and idle connections go on where they were, and the log says so. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BrokerEvent } from '../../../core/broker/taps.ts'
import { SteadyClock } from '../../../core/common/clock.ts'
import { fetch, findCoordinator, heartbeat, joinGroup, syncGroup } from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import { ask, type RawConnection } from '../../support/clients-frames.ts'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'
import { SleepingMachine } from '../../support/sleeping-machine.ts'

const TEN_MINUTES_MS = 600_000
let machine: SleepingMachine
let broker: MemoryBroker
let events: BrokerEvent[]

beforeEach(async () => {
  machine = new SleepingMachine()
  broker = await startMemoryBroker({ topics: { orders: 1 }, clock: new SteadyClock(machine) })
  events = []
  broker.broker.taps.subscribe(event => events.push(event))
})
afterEach(() => machine.runUntil(broker.stop()))

const sleep = (isMonotonicGoingOn = true): void => {
  machine.run(1000)
  machine.sleep(TEN_MINUTES_MS, isMonotonicGoingOn)
  machine.run(0)
}

const asked: typeof ask = (...request) => machine.runUntil(ask(...request))

const joining = { groupId: 'g', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 30_000, protocolType: 'consumer', protocols: [{ name: 'range', metadata: Buffer.alloc(0) }] }

async function joined(on: RawConnection): Promise<string> {
  while ((await asked(on, findCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] })).coordinators[0]?.errorCode !== 0) continue
  const { memberId } = await asked(on, joinGroup, 9, { ...joining, memberId: '' })
  const { generationId } = await asked(on, joinGroup, 9, { ...joining, memberId })
  expect(generationId).toBe(1)
  await asked(on, syncGroup, 5, { groupId: 'g', memberId, generationId, protocolType: 'consumer', protocolName: 'range', assignments: [{ memberId, assignment: Buffer.alloc(0) }] })
  return memberId
}

for (const isMonotonicGoingOn of [true, false]) {
  test(`a member keeps its place over a sleep where monotonic time ${isMonotonicGoingOn ? 'goes on' : 'stands still'}, and loses it when it says nothing afterwards`, async () => {
    const connection = await broker.connect()
    const memberId = await joined(connection)
    const beat = async (): Promise<number> => (await asked(connection, heartbeat, 4, { groupId: 'g', memberId, generationId: 1 })).errorCode
    machine.run(7000)
    sleep(isMonotonicGoingOn)
    expect(await beat()).toBe(0)
    machine.run(9000)
    expect(await beat()).toBe(0)
    machine.run(12_000)
    expect(await beat()).toBe(kafkaErrors.UNKNOWN_MEMBER_ID)
    expect(events.filter(event => event.is === 'clock-jumped')).toMatchObject([{ hasPaused: isMonotonicGoingOn }])
    expect(broker.lines.filter(line => line.includes('sessions, timeouts and waits go on where they were'))).toHaveLength(1)
  })
}

test('a rebalance waits for its member as long as before', async () => {
  const [first, second] = [await broker.connect(), await broker.connect()]
  const firstId = await joined(first)
  const { memberId } = await asked(second, joinGroup, 9, { ...joining, sessionTimeoutMs: 60_000, memberId: '' })
  const rejoined = ask(second, joinGroup, 9, { ...joining, sessionTimeoutMs: 60_000, memberId })
  await expect.poll(() => broker.broker.groups.group('g')?.state).toBe('PreparingRebalance')
  sleep()
  const { errorCode, members } = await asked(first, joinGroup, 9, { ...joining, memberId: firstId })
  expect([errorCode, members.length, (await machine.runUntil(rejoined)).errorCode]).toEqual([0, 2, 0])
})

test('a fetch that waits has what was left of its time', async () => {
  const connection = await broker.connect()
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }]
  const answer = ask(connection, fetch, 12, { maxWaitMs: 20_000, minBytes: 1, isolationLevel: 0, topics: [{ topic: 'orders', partitions }] })
  await expect.poll(() => broker.broker.parts.parked.count).toBe(1)
  sleep()
  expect(broker.broker.parts.parked.count).toBe(1)
  machine.run(20_000)
  expect((await answer).errorCode).toBe(0)
})

test('a connection is not taken for idle because its machine slept', async () => {
  await joined(await broker.connect())
  for (let minute = 0; minute < 3; minute++) {
    machine.run(60_000)
    sleep()
  }
  expect(broker.broker.connectionCount).toBe(1)
  machine.run(11 * 60_000)
  await expect.poll(() => broker.broker.connectionCount).toBe(0)
})
