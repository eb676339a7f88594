/** The coordinator on its own log: what is stored, when it answers, what follows a decision, and what a restart finds. */

import { expect, test } from 'vitest'
import { startTransactions, until, type Setting } from './fixture.ts'

async function begun(setting: Setting, changes: object = {}): Promise<{ producerId: number; producerEpoch: number }> {
  const producer = await setting.init(changes)
  expect(await setting.add(producer)).toBe('NONE')
  return producer
}

test('a transaction is begun, committed and complete, and the next one of the same producer follows at once', async () => {
  const setting = await startTransactions()
  const producer = await begun(setting)
  expect(producer).toEqual({ error: 'NONE', producerId: 100, producerEpoch: 0 })
  expect(setting.state()).toBe('Ongoing')
  expect(await setting.end(producer)).toEqual({ error: 'NONE', producerId: 100, producerEpoch: 0 })
  await until(() => setting.state() === 'CompleteCommit')
  expect(setting.markers.written).toEqual([{
    producerId: 100, producerEpoch: 0, isAbort: false, coordinatorEpoch: setting.log.leaderEpoch, transactionVersion: 0, partitions: [{ topic: 'orders', partition: 0 }],
  }])
  expect(await setting.add(producer)).toBe('NONE')
  expect(await setting.end(producer, { isCommit: false })).toMatchObject({ error: 'NONE' })
  await until(() => setting.state() === 'CompleteAbort')
  expect(setting.markers.written[1]).toMatchObject({ isAbort: true, producerEpoch: 0 })
  await setting.transactions.stop()
  expect(setting.clock.pendingCount).toBe(0)
})

test('version 2: the answer carries the epoch to go on with, and the markers the same', async () => {
  const setting = await startTransactions()
  const producer = await begun(setting)
  expect(await setting.end(producer, { clientTransactionVersion: 2 })).toEqual({ error: 'NONE', producerId: 100, producerEpoch: 1 })
  await until(() => setting.state() === 'CompleteCommit')
  expect(setting.markers.written).toMatchObject([{ producerEpoch: 1, transactionVersion: 2 }])
  // An abort without a transaction: nothing to mark, and complete at once.
  expect(await setting.end({ ...producer, producerEpoch: 1 }, { clientTransactionVersion: 2, isCommit: false })).toMatchObject({ error: 'NONE', producerEpoch: 2 })
  expect(setting.state()).toBe('CompleteAbort')
  expect(setting.markers.written).toHaveLength(1)
})

test('the end of a transaction is answered before its markers are written; until they are everything else is to wait', async () => {
  const setting = await startTransactions({ holdMarkers: true })
  const producer = await begun(setting)
  expect(await setting.end(producer)).toMatchObject({ error: 'NONE' })
  expect(setting.state()).toBe('PrepareCommit')
  expect(await setting.add(producer)).toBe('CONCURRENT_TRANSACTIONS')
  expect(await setting.end(producer)).toMatchObject({ error: 'CONCURRENT_TRANSACTIONS' })
  expect(await setting.init()).toEqual({ error: 'CONCURRENT_TRANSACTIONS', producerId: -1, producerEpoch: -1 })
  setting.markers.release()
  await until(() => setting.state() === 'CompleteCommit')
  expect(await setting.init()).toMatchObject({ error: 'NONE', producerEpoch: 1 })
})

test.each([0, 1, 2])('a second producer of the same id fences the first (transaction.version %i): its transaction is aborted, and the epoch rises twice', async transactionVersion => {
  const setting = await startTransactions({ transactionVersion, holdMarkers: true })
  const first = await begun(setting)
  expect(await setting.init()).toMatchObject({ error: 'CONCURRENT_TRANSACTIONS' })
  expect(setting.state()).toBe('PrepareAbort')
  expect(await setting.init()).toMatchObject({ error: 'CONCURRENT_TRANSACTIONS' })
  setting.markers.release()
  await until(() => setting.state() === 'CompleteAbort')
  expect(setting.markers.written).toMatchObject([{ isAbort: true, producerEpoch: 1 }])
  expect(await setting.init()).toEqual({ error: 'NONE', producerId: 100, producerEpoch: 2 })
  expect(await setting.add(first)).toBe('PRODUCER_FENCED')
  expect(await setting.end(first)).toMatchObject({ error: 'PRODUCER_FENCED' })
})

test('what cannot be asked is refused: the id, the timeout, one too many', async () => {
  const setting = await startTransactions({ config: { idsMax: 1, partitionsMax: 2 } })
  expect(await setting.init({ transactionalId: '' })).toMatchObject({ error: 'INVALID_REQUEST' })
  expect(await setting.init({ timeoutMs: 0 })).toMatchObject({ error: 'INVALID_TRANSACTION_TIMEOUT' })
  expect(await setting.init({ timeoutMs: 900_001 })).toMatchObject({ error: 'INVALID_TRANSACTION_TIMEOUT' })
  const producer = await setting.init({ timeoutMs: 900_000 })
  expect(producer).toMatchObject({ error: 'NONE' })
  expect(await setting.init({ transactionalId: 'another' })).toMatchObject({ error: 'POLICY_VIOLATION' })
  expect(await setting.init()).toMatchObject({ error: 'NONE', producerEpoch: 1 })
  const partitions = [0, 1, 2].map(partition => ({ topic: 'orders', partition }))
  expect(await setting.add({ ...producer, producerEpoch: 1 }, { partitions })).toBe('POLICY_VIOLATION')
  expect(await setting.add({ ...producer, producerEpoch: 1 }, { transactionalId: '' })).toBe('INVALID_REQUEST')
  expect(await setting.end(producer, { transactionalId: '' })).toMatchObject({ error: 'INVALID_REQUEST' })
  expect(await setting.add(producer, { transactionalId: 'unknown' })).toBe('INVALID_PRODUCER_ID_MAPPING')
  expect(setting.state()).toBe('Empty')
})

test('without a producer id to be had the client is to ask again, and nothing is stored', async () => {
  const setting = await startTransactions({ noProducerIds: true })
  expect(await setting.init()).toEqual({ error: 'COORDINATOR_LOAD_IN_PROGRESS', producerId: -1, producerEpoch: -1 })
  expect(setting.log.endOffset).toBe(0)
})

test('verification tells for each partition whether it is in the open transaction', async () => {
  const setting = await startTransactions()
  const producer = await begun(setting)
  const ask = (changes: object = {}): object => Object.fromEntries(setting.transactions.verifyPartitions({
    transactionalId: 't', ...producer, partitions: [{ topic: 'orders', partition: 0 }, { topic: 'orders', partition: 1 }], ...changes,
  }))
  expect(ask()).toEqual({ 'orders-0': 'NONE', 'orders-1': 'TRANSACTION_ABORTABLE' })
  expect(ask({ producerEpoch: 7 })).toEqual({ 'orders-0': 'PRODUCER_FENCED', 'orders-1': 'PRODUCER_FENCED' })
  expect(ask({ transactionalId: '' })).toEqual({ 'orders-0': 'INVALID_REQUEST', 'orders-1': 'INVALID_REQUEST' })
  await setting.end(producer)
  await until(() => setting.state() === 'CompleteCommit')
  expect(ask()).toEqual({ 'orders-0': 'TRANSACTION_ABORTABLE', 'orders-1': 'TRANSACTION_ABORTABLE' })
})

test.each([1, 2])('a transaction that is open for longer than its timeout is aborted by the next sweep (transaction.version %i), and its producer is fenced', async transactionVersion => {
  const setting = await startTransactions({ transactionVersion })
  const producer = await begun(setting, { timeoutMs: 25_000 })
  setting.clock.advance(20_000)
  expect(setting.state()).toBe('Ongoing')
  setting.clock.advance(10_000)
  expect(setting.state()).toBe('PrepareAbort')
  await until(() => setting.state() === 'CompleteAbort')
  expect(setting.markers.written).toMatchObject([{ producerEpoch: 1, isAbort: true, transactionVersion: transactionVersion === 2 ? 2 : 0 }])
  expect(await setting.end(producer)).toMatchObject({ error: 'PRODUCER_FENCED' })
  expect(await setting.init({ expected: producer })).toEqual(transactionVersion === 2
    // As in Kafka: with version 2 the epoch before the fencing is known as that of a retry.
    ? { error: 'NONE', producerId: 100, producerEpoch: 1 } : { error: 'PRODUCER_FENCED', producerId: -1, producerEpoch: -1 })
})

test('a machine that slept did not keep the producer from going on: its transaction has that much more time', async () => {
  const setting = await startTransactions()
  await begun(setting, { timeoutMs: 30_000 })
  setting.clock.advance(15_000)
  setting.clock.jump(3_600_000)
  setting.clock.advance(10_000)
  expect(setting.state()).toBe('Ongoing')
  setting.clock.advance(20_000)
  expect(setting.state()).not.toBe('Ongoing')
})

test('an id that nothing happens to for a week is forgotten, in the log too; an open transaction keeps its id', async () => {
  const setting = await startTransactions({ config: { idExpirationMs: 7_200_000, timeoutSweepMs: 1e12 } })
  const producer = await setting.init()
  const open = await setting.init({ transactionalId: 'open' })
  expect(await setting.add(open, { transactionalId: 'open' })).toBe('NONE')
  setting.clock.advance(7_199_999)
  expect(setting.state()).toBe('Empty')
  setting.clock.advance(3_600_000)
  expect(setting.state()).toBeUndefined()
  expect(setting.state('open')).toBe('Ongoing')
  expect(await setting.add(producer)).toBe('INVALID_PRODUCER_ID_MAPPING')
  const again = await setting.restart()
  expect([again.state(), again.state('open')]).toEqual([undefined, 'Ongoing'])
  // The producer goes on with what it has, and gets another id.
  expect(await again.init({ expected: producer })).toMatchObject({ error: 'NONE', producerEpoch: 0 })
})

test('what is prepared when the coordinator stops is completed by the next one', async () => {
  const setting = await startTransactions({ holdMarkers: true })
  const producer = await begun(setting)
  await setting.end(producer, { isCommit: false })
  expect(setting.markers.waitingCount).toBe(1)
  const again = await setting.restart()
  expect(setting.markers.written).toEqual([])
  expect(again.state()).toBe('PrepareAbort')
  expect(again.markers.waitingCount).toBe(1)
  again.markers.release()
  await until(() => again.state() === 'CompleteAbort')
  expect(again.markers.written).toMatchObject([{ producerId: 100, producerEpoch: 0, isAbort: true, partitions: [{ topic: 'orders', partition: 0 }] }])
})

test('every state comes back from the log as it was, but for the last epoch of a retry', async () => {
  const setting = await startTransactions()
  const empty = await setting.init({ transactionalId: 'empty' })
  const open = await setting.init({ transactionalId: 'open' })
  await setting.add(open, { transactionalId: 'open', partitions: [{ topic: 'a', partition: 1 }, { topic: 'a', partition: 2 }, { topic: 'b', partition: 0 }], clientTransactionVersion: 2 })
  await begun(setting)
  await setting.end({ producerId: 102, producerEpoch: 0 }, { clientTransactionVersion: 2 })
  await until(() => setting.state() === 'CompleteCommit')
  const before = [...setting.transactions.transactions()]
  const again = await setting.restart()
  expect([...again.transactions.transactions()].sort((a, b) => (a.transactionalId < b.transactionalId ? -1 : 1)))
    .toEqual(before.sort((a, b) => (a.transactionalId < b.transactionalId ? -1 : 1)))
  expect(await again.end({ producerId: 102, producerEpoch: 0 }, { clientTransactionVersion: 2 })).toEqual({ error: 'NONE', producerId: 102, producerEpoch: 1 })
  expect(empty).toMatchObject({ producerId: 100 })
})

test('when the log takes no more nothing has changed, and what is prepared is completed once it does again', async () => {
  const setting = await startTransactions({ holdMarkers: true })
  const producer = await begun(setting)
  await setting.end(producer)
  setting.disk.fail({ call: 'write', code: 'ENOSPC' })
  expect(await setting.init({ transactionalId: 'new' })).toMatchObject({ error: 'NOT_COORDINATOR' })
  expect(setting.state('new')).toBeUndefined()
  setting.markers.release()
  await until(() => setting.clock.pendingCount > 2)
  expect(setting.state()).toBe('PrepareCommit')
  setting.disk.heal()
  setting.clock.advance(1000)
  await until(() => setting.state() === 'CompleteCommit')
})

test('where acknowledgements are durable the answer waits for the disk, and the markers too', async () => {
  const setting = await startTransactions({ logConfig: { flushMessages: 1 } })
  const producer = await begun(setting)
  let answer: unknown
  const ended = setting.end(producer).then(given => (answer = given))
  expect(setting.state()).toBe('PrepareCommit')
  expect(answer).toBeUndefined()
  expect(setting.markers.written).toEqual([])
  await ended
  await until(() => setting.state() === 'CompleteCommit')
  expect(setting.markers.written).toHaveLength(1)
})

test('before its partition is read an id is not served; a partition given to another broker is forgotten, and its markers are left to that', async () => {
  const setting = await startTransactions({ holdMarkers: true })
  const producer = await begun(setting)
  await setting.end(producer)
  setting.transactions.unload(0)
  expect(setting.state()).toBeUndefined()
  expect(await setting.add(producer)).toBe('COORDINATOR_LOAD_IN_PROGRESS')
  expect(setting.transactions.list({ states: [], producerIds: [], durationMs: -1 })).toMatchObject({ error: 'NONE', transactions: [] })
  const loading = setting.transactions.load(0)
  expect(setting.transactions.list({ states: [], producerIds: [], durationMs: -1 })).toMatchObject({ error: 'COORDINATOR_LOAD_IN_PROGRESS' })
  await loading
  expect(setting.state()).toBe('PrepareCommit')
  setting.markers.release()
  await until(() => setting.state() === 'CompleteCommit')
  expect(setting.markers.written).toHaveLength(1)
  await setting.transactions.stop()
  expect(await setting.init()).toMatchObject({ error: 'NOT_COORDINATOR' })
})

test('listing goes by state, producer id and age; unknown states are told', async () => {
  const setting = await startTransactions()
  await begun(setting)
  await setting.init({ transactionalId: 'idle' })
  setting.clock.advance(5000)
  const list = (changes: object): unknown => {
    const { unknownStates, transactions } = setting.transactions.list({ states: [], producerIds: [], durationMs: -1, ...changes })
    return [...unknownStates, ...transactions.map(({ transactionalId }) => transactionalId)]
  }
  expect(list({})).toEqual(['t', 'idle'])
  expect(list({ states: ['Ongoing', 'Sleeping'] })).toEqual(['Sleeping', 't'])
  expect(list({ states: ['Sleeping'] })).toEqual(['Sleeping'])
  expect(list({ producerIds: [101] })).toEqual(['idle'])
  expect(list({ durationMs: 5000, states: ['Ongoing'] })).toEqual([])
  expect(list({ durationMs: 4999, states: ['Ongoing'] })).toEqual(['t'])
  expect(setting.transactions.describe(['t', 'nobody', ''])).toEqual([
    { error: 'NONE', transactionalId: 't', state: 'Ongoing', timeoutMs: 60_000, startedAtMs: setting.clock.now() - 5000, producerId: 100, producerEpoch: 0, topics: [{ topic: 'orders', partitionIds: [0] }] },
    { error: 'TRANSACTIONAL_ID_NOT_FOUND', transactionalId: 'nobody', state: '', timeoutMs: 0, startedAtMs: 0, producerId: 0, producerEpoch: 0, topics: [] },
    { error: 'INVALID_REQUEST', transactionalId: '', state: '', timeoutMs: 0, startedAtMs: 0, producerId: 0, producerEpoch: 0, topics: [] },
  ])
})

test('each change is told with its id', async () => {
  const setting = await startTransactions()
  const producer = await begun(setting)
  await setting.end(producer)
  await until(() => setting.state() === 'CompleteCommit')
  expect(setting.changes).toEqual(['t', 't', 't', 't'])
})
