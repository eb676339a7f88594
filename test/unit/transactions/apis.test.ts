/** The APIs of the transaction coordinator over a real listener, at every version: from FindCoordinator to what readers see. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { BrokerConfig } from '../../../core/broker/broker-config.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import {
  addOffsetsToTxn, addPartitionsToTxn, createPartitions, describeTransactions, endTxn, findCoordinator, initProducerId, listTransactions, metadata,
} from '../../../core/protocol/apis/index.ts'
import { errorName } from '../../../core/protocol/errors.ts'
import type { Api } from '../../../core/protocol/schema.ts'
import { encodeBatch } from '../../../core/records/record-batch.ts'
import { type MemoryBroker, startMemoryBroker } from '../../support/memory-broker.ts'
import { until } from './fixture.ts'

let broker: MemoryBroker
const brokers: MemoryBroker[] = []
afterEach(async () => {
  for (const each of brokers.splice(0)) await each.stop()
})

async function start(options: { readonly config?: Partial<BrokerConfig>; readonly disk?: MemoryDisk } = {}): Promise<void> {
  broker = await startMemoryBroker({ topics: { orders: 3 }, ...options })
  brokers.push(broker)
  await broker.ask(findCoordinator, 6, { keyType: 1, coordinatorKeys: ['t'] })
}

const versionsOf = ({ minVersion, maxVersion }: Api): number[] => Array.from({ length: maxVersion - minVersion + 1 }, (_, at) => minVersion + at)

type Producer = { readonly producerId: number; readonly producerEpoch: number }

async function init(transactionalId = 't', version = 5, changes: object = {}): Promise<Producer & { error: string }> {
  const { errorCode, producerId, producerEpoch } = await broker.ask(initProducerId, version, { transactionalId, transactionTimeoutMs: 60_000, ...changes })
  return { error: errorName(errorCode), producerId, producerEpoch }
}

/** Errors of the partitions, in the order of the request. */
async function add(producer: Producer, version: number, o: { partitions?: number[]; topic?: string; verifyOnly?: boolean; transactionalId?: string } = {}): Promise<string[]> {
  const { partitions = [0], topic = 'orders', verifyOnly = false, transactionalId = 't' } = o
  const topics = [{ name: topic, partitions }]
  const { producerId, producerEpoch } = producer
  const answer = await broker.ask(addPartitionsToTxn, version, version < 4
    ? { v3AndBelowTransactionalId: transactionalId, v3AndBelowProducerId: producerId, v3AndBelowProducerEpoch: producerEpoch, v3AndBelowTopics: topics }
    : { transactions: [{ transactionalId, producerId, producerEpoch, verifyOnly, topics }] })
  const results = version < 4 ? answer.resultsByTopicV3AndBelow : answer.resultsByTransaction[0]?.topicResults
  return results?.flatMap(each => each.resultsByPartition.map(({ partitionErrorCode }) => errorName(partitionErrorCode))) ?? []
}

async function end(producer: Producer, version: number, committed = true, transactionalId = 't'): Promise<Producer & { error: string }> {
  const answer = await broker.ask(endTxn, version, { transactionalId, producerId: producer.producerId, producerEpoch: producer.producerEpoch, committed })
  return { error: errorName(answer.errorCode), producerId: answer.producerId, producerEpoch: answer.producerEpoch }
}

const stateOf = (transactionalId = 't'): string | undefined => broker.broker.transactions.transaction(transactionalId)?.state

test('the coordinator of a transactional id is found at every version, and its topic made with the first question', async () => {
  broker = await startMemoryBroker()
  brokers.push(broker)
  for (const version of versionsOf(findCoordinator).filter(each => each > 0)) {
    const answer = await broker.ask(findCoordinator, version, { key: 't', keyType: 1, coordinatorKeys: ['t', ''] })
    const found = { nodeId: 1, host: '127.0.0.1', port: broker.port, errorCode: 0 }
    if (version < 4) expect(answer).toMatchObject(found)
    else expect(answer.coordinators).toMatchObject([{ key: 't', ...found }, { key: '', ...found }])
  }
  expect(broker.broker.topics.get('__transaction_state')).toMatchObject({ partitions: { length: 4 }, record: { isInternal: true, configs: { 'cleanup.policy': 'compact' } } })
})

test('before its topic exists nobody coordinates an id', async () => {
  broker = await startMemoryBroker()
  brokers.push(broker)
  expect(await init()).toEqual({ error: 'NOT_COORDINATOR', producerId: -1, producerEpoch: -1 })
  expect((await broker.ask(metadata, 12, { topics: [{ name: '__transaction_state' }], allowAutoTopicCreation: true })).topics[0]).toMatchObject({ errorCode: 0, partitions: { length: 4 } })
  expect(await init()).toMatchObject({ error: 'NONE', producerEpoch: 0 })
})

test('InitProducerId at every version: each start raises the epoch; what is asked wrongly is told at once', async () => {
  await start()
  for (const [at, version] of versionsOf(initProducerId).entries()) expect(await init('t', version)).toMatchObject({ error: 'NONE', producerEpoch: at })
  expect(await init('t', 5, { producerId: 3 })).toMatchObject({ error: 'INVALID_REQUEST', producerId: -1, producerEpoch: -1 })
  expect(await init('t', 5, { producerEpoch: 3 })).toMatchObject({ error: 'INVALID_REQUEST' })
  expect(await init('t', 5, { transactionTimeoutMs: 900_001 })).toMatchObject({ error: 'INVALID_TRANSACTION_TIMEOUT' })
  expect(await init('t', 5, { transactionTimeoutMs: 0 })).toMatchObject({ error: 'INVALID_TRANSACTION_TIMEOUT' })
  expect(await init('')).toMatchObject({ error: 'INVALID_REQUEST' })
  const { producerId, producerEpoch } = await init()
  expect(await init('t', 4, { producerId, producerEpoch: producerEpoch - 3 })).toMatchObject({ error: 'PRODUCER_FENCED' })
  expect(await init('t', 3, { producerId, producerEpoch: producerEpoch - 3 })).toMatchObject({ error: 'INVALID_PRODUCER_EPOCH' })
  expect(await init('t', 3, { producerId, producerEpoch })).toMatchObject({ error: 'NONE', producerId, producerEpoch: producerEpoch + 1 })
})

test('a transaction goes its way at every version of its APIs', async () => {
  await start()
  const producer = await init()
  for (const version of versionsOf(addPartitionsToTxn)) {
    expect(await add(producer, version, { partitions: [0, 2] })).toEqual(['NONE', 'NONE'])
    expect(await end(producer, Math.min(version, 4))).toMatchObject({ error: 'NONE', producerId: -1, producerEpoch: -1 })
    await until(() => stateOf() === 'CompleteCommit')
  }
  for (const version of versionsOf(addOffsetsToTxn)) {
    const { producerId, producerEpoch } = producer
    expect(await broker.ask(addOffsetsToTxn, version, { transactionalId: 't', producerId, producerEpoch, groupId: 'g' })).toMatchObject({ errorCode: 0 })
    expect(broker.broker.transactions.transaction('t')?.partitions).toMatchObject([{ topic: '__consumer_offsets' }])
    expect(await end(producer, 4, false)).toMatchObject({ error: 'NONE' })
    await until(() => stateOf() === 'CompleteAbort')
  }
  expect(await add(producer, 5)).toEqual(['NONE'])
  expect(await end(producer, 5)).toEqual({ error: 'NONE', producerId: producer.producerId, producerEpoch: 1 })
})

test('of partitions that do not all exist none is added', async () => {
  await start()
  const producer = await init()
  for (const version of versionsOf(addPartitionsToTxn)) {
    expect(await add(producer, version, { partitions: [0, 3, 1] })).toEqual(['OPERATION_NOT_ATTEMPTED', 'UNKNOWN_TOPIC_OR_PARTITION', 'OPERATION_NOT_ATTEMPTED'])
    expect(await add(producer, version, { topic: 'nowhere' })).toEqual(['UNKNOWN_TOPIC_OR_PARTITION'])
  }
  expect(stateOf()).toBe('Empty')
})

test('a fenced producer is told in the words of its version', async () => {
  await start()
  const old = await init()
  const other = { ...old, producerId: old.producerId + 1 }
  await init()
  for (const version of [0, 1]) {
    expect(await add(old, version)).toEqual(['INVALID_PRODUCER_EPOCH'])
    expect(await end(old, version)).toMatchObject({ error: 'INVALID_PRODUCER_EPOCH' })
  }
  for (const version of [2, 3, 4]) {
    expect(await add(old, version)).toEqual(['PRODUCER_FENCED'])
    expect(await end(old, version)).toMatchObject({ error: 'PRODUCER_FENCED' })
    expect(await add(other, version)).toEqual(['INVALID_PRODUCER_ID_MAPPING'])
    expect(await end(other, version)).toMatchObject({ error: 'INVALID_PRODUCER_ID_MAPPING' })
  }
  const { producerId, producerEpoch } = old
  const offsets = async (version: number): Promise<string> =>
    errorName((await broker.ask(addOffsetsToTxn, version, { transactionalId: 't', producerId, producerEpoch, groupId: 'g' })).errorCode)
  expect([await offsets(1), await offsets(2)]).toEqual(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'])
  expect(await end(await init(), 4)).toMatchObject({ error: 'INVALID_TXN_STATE' })
})

test('several transactions are added or verified in one request, each on its own', async () => {
  await start()
  const [first, second] = [await init('one'), await init('two')]
  const topics = [{ name: 'orders', partitions: [0, 1] }]
  await add(first, 5, { transactionalId: 'one' })
  const answer = await broker.ask(addPartitionsToTxn, 5, { transactions: [
    { transactionalId: 'one', producerId: first.producerId, producerEpoch: 0, verifyOnly: true, topics },
    { transactionalId: 'two', producerId: second.producerId, producerEpoch: 0, verifyOnly: false, topics },
    { transactionalId: 'three', producerId: 5, producerEpoch: 0, verifyOnly: false, topics },
  ] })
  expect(answer.resultsByTransaction.map(({ transactionalId, topicResults }) =>
    [transactionalId, ...topicResults.flatMap(each => each.resultsByPartition.map(({ partitionErrorCode }) => errorName(partitionErrorCode)))])).toEqual([
    ['one', 'NONE', 'TRANSACTION_ABORTABLE'],
    ['two', 'NONE', 'NONE'],
    ['three', 'INVALID_PRODUCER_ID_MAPPING', 'INVALID_PRODUCER_ID_MAPPING'],
  ])
})

test('what is open can be listed and described', async () => {
  await start()
  const producer = await init('open-1')
  await add(producer, 3, { partitions: [0, 1], transactionalId: 'open-1' })
  await init('idle')
  const list = async (version: number, filter: object): Promise<unknown> => {
    const answer = await broker.ask(listTransactions, version, { stateFilters: [], producerIdFilters: [], ...filter })
    return [errorName(answer.errorCode), ...answer.unknownStateFilters, ...answer.transactionStates.map(({ transactionalId, transactionState }) => `${transactionalId} ${transactionState}`).sort()]
  }
  for (const version of versionsOf(listTransactions)) {
    expect(await list(version, {})).toEqual(['NONE', 'idle Empty', 'open-1 Ongoing'])
    expect(await list(version, { stateFilters: ['Ongoing', 'Asleep'] })).toEqual(['NONE', 'Asleep', 'open-1 Ongoing'])
    expect(await list(version, { producerIdFilters: [producer.producerId] })).toEqual(['NONE', 'open-1 Ongoing'])
  }
  expect(await list(1, { durationFilter: 3_600_000n, stateFilters: ['Ongoing'] })).toEqual(['NONE'])
  expect(await list(2, { transactionalIdPattern: 'open-\\d' })).toEqual(['NONE', 'open-1 Ongoing'])
  expect(await list(2, { transactionalIdPattern: 'open' })).toEqual(['NONE'])
  expect(await list(2, { transactionalIdPattern: '' })).toEqual(['NONE', 'idle Empty', 'open-1 Ongoing'])
  expect(await list(2, { transactionalIdPattern: '(' })).toEqual(['INVALID_REGULAR_EXPRESSION'])
  const { transactionStates } = await broker.ask(describeTransactions, 0, { transactionalIds: ['open-1', 'nobody', ''] })
  expect(transactionStates).toMatchObject([
    { errorCode: 0, transactionalId: 'open-1', transactionState: 'Ongoing', transactionTimeoutMs: 60_000, producerId: producer.producerId, producerEpoch: 0, topics: [{ topic: 'orders', partitions: [0, 1] }] },
    { errorCode: 105, transactionalId: 'nobody', transactionState: '', topics: [] },
    { errorCode: 42, transactionalId: '' },
  ])
})

test('a commit ends the transaction in each of its partitions, and in no other', async () => {
  await start()
  const producer = await init()
  await add(producer, 3, { partitions: [0, 1] })
  const append = (partition: number): void => {
    const records = [{ key: null, value: Buffer.from('v'), timestamp: Date.now() }]
    const log = broker.broker.log('orders', partition)
    expect(log?.append(encodeBatch({ records, producerId: producer.producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true })).error).toBe('NONE')
  }
  append(0)
  append(1)
  expect(broker.broker.log('orders', 0)?.lastStableOffset).toBe(0)
  await end(producer, 4)
  await until(() => stateOf() === 'CompleteCommit')
  expect([0, 1, 2].map(partition => broker.broker.log('orders', partition)?.lastStableOffset)).toEqual([2, 2, 0])
})

test('an id asked of another broker than its coordinator is not coordinated there, and goes with the leadership of its partition', async () => {
  broker = await startMemoryBroker({ topics: { orders: 1 }, brokerCount: 2 })
  brokers.push(broker)
  const whereIs = async (): Promise<number | undefined> => (await broker.ask(findCoordinator, 6, { keyType: 1, coordinatorKeys: ['t'] })).coordinators[0]?.nodeId
  const at = await whereIs() ?? 0
  const other = 3 - at
  const node = (id: number) => broker.broker.node(id).transactions
  const request = { transactionalId: 't', timeoutMs: 60_000, expected: null }
  expect(await node(other).initProducerId(request)).toMatchObject({ error: 'NOT_COORDINATOR' })
  const producer = await node(at).initProducerId(request)
  const addition = { ...producer, transactionalId: 't', partitions: [{ topic: 'orders', partition: 0 }], clientTransactionVersion: 2 } as const
  expect(await node(at).addPartitions(addition)).toBe('NONE')
  await broker.broker.cluster.stop(at)
  await until(() => node(other).describe(['t'])[0]?.error === 'NONE')
  expect(node(at).transaction('t')).toBeUndefined()
  expect(await node(other).endTransaction({ ...producer, transactionalId: 't', isCommit: true, clientTransactionVersion: 2 })).toMatchObject({ error: 'NONE', producerEpoch: 1 })
  await until(() => stateOf() === 'CompleteCommit')
  expect(broker.broker.log('orders', 0)?.producer(producer.producerId)).toMatchObject({ epoch: 1 })
})

test('the topics of coordinators keep their partitions: they cannot be given more, and another config at the next start changes nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  try {
    broker = await startMemoryBroker({ folder })
    await broker.ask(findCoordinator, 6, { keyType: 1, coordinatorKeys: ['t'] })
    const { producerId } = await init('t')
    const grown = await broker.ask(createPartitions, 3, { topics: [{ name: '__transaction_state', count: 8, assignments: null }], timeoutMs: 1000, validateOnly: false })
    expect(grown.results).toMatchObject([{ errorCode: 37 }])
    await broker.stop()
    broker = await startMemoryBroker({ folder, config: { transactionTopicPartitions: 7 } })
    expect(await init('t')).toEqual({ error: 'NONE', producerId, producerEpoch: 1 })
  } finally {
    await broker.stop()
    rmSync(folder, { recursive: true })
  }
})
