/** Transactions as partitions and groups see them, over real listeners, of one broker and of several. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { NO_LEADER } from '../../../core/broker/placement.ts'
import { fetch, offsetFetch, produce } from '../../../core/protocol/apis/index.ts'
import { errorName } from '../../../core/protocol/errors.ts'
import { ZERO_UUID } from '../../../core/protocol/wire.ts'
import { batchesOf, encodeBatch } from '../../../core/records/record-batch.ts'
import { ask } from '../../support/clients-frames.ts'
import { type MemoryBroker, startMemoryBroker } from '../../support/memory-broker.ts'
import { TransactionalClient } from '../../support/transactional-client.ts'

let broker: MemoryBroker
afterEach(() => broker.stop())

async function start(options: Parameters<typeof startMemoryBroker>[0] = {}): Promise<TransactionalClient> {
  broker = await startMemoryBroker({ topics: { orders: 3 }, ...options })
  const client = new TransactionalClient(broker)
  expect(await client.init()).toBe('NONE')
  return client
}

/** Values that read_committed shows of a partition: without those of transactions that were aborted. */
async function committed(partition = 0): Promise<string[]> {
  const on = await broker.connect(broker.broker.topics.partition('orders', partition)?.leader)
  const answer = await ask(on, fetch, 12, { maxWaitMs: 0, minBytes: 1, isolationLevel: 1, topics: [{ topic: 'orders', topicId: ZERO_UUID, partitions: [{ partition, fetchOffset: 0, partitionMaxBytes: 1_000_000 }] }] })
  on.close()
  const { records, abortedTransactions } = answer.responses[0]?.partitions[0] ?? {}
  const aborted = new Set<number>()
  return [...batchesOf(records ?? Buffer.alloc(0))].flatMap(batch => {
    for (const { producerId, firstOffset } of abortedTransactions ?? []) if (firstOffset === batch.baseOffset) aborted.add(producerId)
    if (batch.isControl) aborted.delete(batch.producerId)
    return batch.isControl || aborted.has(batch.producerId) ? [] : [...batch.records()].map(({ value }) => String(value))
  })
}

async function committedOffset(client: TransactionalClient, groupId: string): Promise<number | undefined> {
  const answer = await ask(await client.coordinator(0, groupId), offsetFetch, 8, { groups: [{ groupId, topics: null }], requireStable: true })
  return answer.groups?.[0]?.topics[0]?.partitions[0]?.committedOffset
}

const isComplete = ({ transactionalId }: TransactionalClient): boolean =>
  [...broker.broker.parts.nodes.values()].some(({ transactions }) => transactions.transaction(transactionalId)?.state.startsWith('Complete'))

test('a partition that was not added is refused by what the version of the request knows, or added by the newest', async () => {
  const client = await start()
  expect([await client.send({ version: 9 }), await client.send({ version: 10 }), await client.send({ version: 11 })]).toEqual(['INVALID_TXN_STATE', 'INVALID_TXN_STATE', 'TRANSACTION_ABORTABLE'])
  expect(broker.broker.log('orders', 0)?.endOffset).toBe(0)
  expect([await client.send({ version: 12 }), await client.send({ version: 12, sequence: 1 })]).toEqual(['NONE', 'NONE'])
  expect(await client.end(true)).toBe('NONE')
  await expect.poll(() => committed()).toEqual(['v', 'v'])
})

test('a request of two producers, or of a transaction without an id, is refused as a whole', async () => {
  const client = await start()
  const records = (producerId: number, isTransactional = true) => encodeBatch({ records: [{ key: null, value: Buffer.from('v'), timestamp: Date.now() }], producerId, producerEpoch: 0, baseSequence: 0, isTransactional })
  const errorsOf = async (transactionalId: string | null, batches: readonly Buffer[], acks = -1): Promise<string[]> => {
    const partitionData = batches.map((bytes, index) => ({ index, records: bytes }))
    const answer = await broker.ask(produce, 9, { transactionalId, acks, timeoutMs: 1000, topicData: [{ name: 'orders', topicId: ZERO_UUID, partitionData }] })
    return answer.responses[0]?.partitionResponses.map(({ errorCode }) => errorName(errorCode)) ?? []
  }
  const plain = records(77, false)
  expect(await errorsOf(null, [records(1), plain])).toEqual(['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'])
  expect(await errorsOf('t', [records(1), records(2), plain])).toEqual(['INVALID_PRODUCER_ID_MAPPING', 'INVALID_PRODUCER_ID_MAPPING', 'INVALID_PRODUCER_ID_MAPPING'])
  expect(await errorsOf('t', [records(client.producerId)], 5)).toEqual(['INVALID_REQUIRED_ACKS'])
  expect(await errorsOf('t', [records(4711), plain])).toEqual(['INVALID_PRODUCER_ID_MAPPING', 'NONE'])
  expect(await errorsOf('nobody', [records(4711)])).toEqual(['INVALID_PRODUCER_ID_MAPPING'])
})

test('acks=0: a batch of a transaction that is refused closes the connection', async () => {
  const client = await start()
  const on = await broker.connect()
  const records = encodeBatch({ records: [{ key: null, value: Buffer.from('v'), timestamp: Date.now() }], producerId: client.producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true })
  const request = { transactionalId: 't', acks: 0, timeoutMs: 1000, topicData: [{ name: 'orders', topicId: ZERO_UUID, partitionData: [{ index: 0, records }] }] }
  await expect(ask(on, produce, 9, request)).rejects.toThrow()
})

test('while the last transaction is being ended, a batch of the next waits a little: for good when it was ended meanwhile, else it is told', async () => {
  const client = await start()
  const held = broker.broker.topics.partition('orders', 0)
  expect([await client.send({ version: 12 }), await client.send({ partition: 1, version: 12 })]).toEqual(['NONE', 'NONE'])
  held?.stand({ leader: NO_LEADER })
  expect(await client.end(true, 5)).toBe('NONE')
  expect([await client.send({ partition: 1, version: 12 }), await client.send({ partition: 1, version: 11 }), await client.commitOffset('g', 5, 5)])
    .toEqual(['CONCURRENT_TRANSACTIONS', 'NOT_ENOUGH_REPLICAS', 'CONCURRENT_TRANSACTIONS'])
  const waiting = client.send({ partition: 1, version: 12, value: 'next' })
  held?.stand({ leader: 1 })
  // How long the markers wait before they are tried again decides which of the two it is told.
  if (await waiting !== 'NONE') await expect.poll(() => client.send({ partition: 1, version: 12, value: 'next' })).toBe('NONE')
  expect(await client.end(true, 5)).toBe('NONE')
  await expect.poll(() => committed(1)).toEqual(['v', 'next'])
})

test('TxnOffsetCommit: offsets need their group in the transaction, are pending until its end, and die with an abort', async () => {
  const client = await start()
  expect([await client.commitOffset('g', 5, 3), await client.commitOffset('g', 5, 4)]).toEqual(['INVALID_TXN_STATE', 'TRANSACTION_ABORTABLE'])
  expect([await client.addGroup('g'), await client.commitOffset('g', 5)]).toEqual(['NONE', 'NONE'])
  expect(await client.end(true)).toBe('NONE')
  await expect.poll(() => committedOffset(client, 'g')).toBe(5)
  expect([await client.commitOffset('g', 9, 5), await client.end(false)]).toEqual(['NONE', 'NONE'])
  await expect.poll(() => isComplete(client)).toBe(true)
  expect(await committedOffset(client, 'g')).toBe(5)
})

test('with verification turned off a batch of a partition that was not added is stored, and newer clients have theirs added all the same', async () => {
  const client = await start()
  broker.broker.parts.dynamicConfigs.replace('broker', '', { 'transaction.partition.verification.enable': 'false' })
  expect([await client.send({ version: 9 }), await client.send({ partition: 1, version: 12 })]).toEqual(['NONE', 'NONE'])
  expect(await client.end(true)).toBe('NONE')
  await expect.poll(() => committed(1)).toEqual(['v'])
  expect(await committed(0)).toEqual([])
})

test('with durable acks a transaction that has ended survives a loss of power, markers and all', async () => {
  const client = await start()
  broker.broker.parts.durableAcks.set(true)
  expect([await client.send({ version: 12 }), await client.send({ partition: 1, version: 12 }), await client.commitOffset('g', 5, 5), await client.end(true, 5)]).toEqual(['NONE', 'NONE', 'NONE', 'NONE'])
  await expect.poll(() => committed()).toEqual(['v'])
  await expect.poll(() => committedOffset(client, 'g')).toBe(5)
  const sizes = [0, 1].map(partition => broker.broker.log('orders', partition)?.sizeBytes)
  broker.disk.crash('power')
  expect([0, 1].map(partition => broker.disk.sizeNow(`/data/logs/orders-${partition}/00000000000000000000.log`))).toEqual(sizes)
})

test('a transaction that is open at a stop is ended after the start, in partitions that were at rest', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-transactions-'))
  try {
    const client = await start({ folder })
    expect([await client.send({ version: 12 }), await client.send({ partition: 2, version: 12 }), await client.commitOffset('g', 5, 5)]).toEqual(['NONE', 'NONE', 'NONE'])
    await broker.stop()
    broker = await startMemoryBroker({ folder })
    const again = new TransactionalClient(broker)
    again.producerId = client.producerId
    again.producerEpoch = client.producerEpoch
    await expect.poll(() => again.end(true, 5)).toBe('NONE')
    await expect.poll(() => committed(2)).toEqual(['v'])
    await expect.poll(() => committed(0)).toEqual(['v'])
    await expect.poll(() => committedOffset(again, 'g')).toBe(5)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a transaction over partitions of three brokers, and a group, ends on all of them, and waits for one that is down', async () => {
  const client = await start({ brokerCount: 3 })
  const leaders = [0, 1, 2].map(partition => broker.broker.topics.partition('orders', partition)?.leader)
  expect(new Set(leaders).size).toBe(3)
  for (const partition of [0, 1, 2]) expect(await client.send({ partition, version: 12, value: `kept-${partition}` })).toBe('NONE')
  expect(await client.commitOffset('g', 5, 5)).toBe('NONE')
  expect(await client.end(true, 5)).toBe('NONE')
  for (const partition of [0, 1, 2]) await expect.poll(() => committed(partition)).toEqual([`kept-${partition}`])
  await expect.poll(() => committedOffset(client, 'g')).toBe(5)

  for (const partition of [0, 1, 2]) expect(await client.send({ partition, version: 12, value: 'dropped' })).toBe('NONE')
  const coordinator = [...broker.broker.parts.nodes.values()].find(({ transactions }) => transactions.transaction('t'))?.id
  const down = leaders.find(leader => leader !== 1 && leader !== coordinator) ?? 0
  expect(await broker.broker.cluster.stop(down)).toBeUndefined()
  expect(await client.end(false, 5)).toBe('NONE')
  expect(isComplete(client)).toBe(false)
  expect(await broker.broker.cluster.start(down)).toBeUndefined()
  await expect.poll(() => isComplete(client)).toBe(true)
  for (const partition of [0, 1, 2]) expect(await committed(partition)).toEqual([`kept-${partition}`])
})
