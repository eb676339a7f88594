/** Produce by id and without an answer, plain fetches and ends of partitions by every version, producers of partitions. */

import { setTimeout as pause } from 'node:timers/promises'
import { describeProducers, describeTransactions, fetch, initProducerId, listOffsets, offsetForLeaderEpoch, produce } from '../../core/protocol/apis/index.ts'
import { errorName } from '../../core/protocol/errors.ts'
import type { RequestToSend } from '../../core/protocol/schema.ts'
import { ZERO_UUID } from '../../core/protocol/wire.ts'
import { encodeBatch } from '../../core/records/record-batch.ts'
import type { Step } from './broker-under-script.ts'
import { type Probe, probe, UNKNOWN_ID, versionsOf } from './probe.ts'

/** Of the records, in milliseconds since the epoch: a time at which producers have not expired. */
let timeMs = 0

export function probeRecords(port: number, nowMs: number): Promise<readonly Step[]> {
  timeMs = nowMs
  return probe(port, makeReady, written, unanswered, producers, fetched, ends, epochs)
}

const batch = (o: { producerId?: number; producerEpoch?: number; baseSequence?: number; isTransactional?: boolean; codec?: 'zstd' } = {}): Buffer => (
  encodeBatch({ records: [{ key: Buffer.from('k'), value: Buffer.from('v'), timestamp: timeMs }], ...o }))

async function makeReady(of: Probe): Promise<void> {
  await of.createTopic('journal', 3)
  await of.createTopic('other')
  await of.createTopic('twice')
  await of.coordinated(0, 'g')
  await of.coordinated(1, 't')
  while (errorName((await of.know(describeTransactions, 0, { transactionalIds: ['t'] })).transactionStates[0]?.errorCode ?? 0) !== 'TRANSACTIONAL_ID_NOT_FOUND') await pause(50)
  const id = await of.know(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1 })
  of.name(String(id.producerId), 'a producer')
}

async function written(of: Probe): Promise<void> {
  for (const version of versionsOf(produce)) {
    const topic = (name: string): { name: string; topicId: string } => ({ name, topicId: of.id(name) })
    const send = async (step: string, records: Buffer | null, o: { name?: string; index?: number; acks?: number; transactionalId?: string | null; more?: RequestToSend<typeof produce>['topicData'] } = {}): Promise<void> => {
      const { name = 'journal', index = 0, acks = -1, transactionalId = null, more = [] } = o
      await of.ask(step, produce, version, { acks, timeoutMs: 5000, transactionalId, topicData: [{ ...topic(name), partitionData: [{ index, records }] }, ...more] })
    }
    await send('a batch', batch())
    await send('a batch of zstd', batch({ codec: 'zstd' }))
    await send('no bytes', Buffer.alloc(0))
    for (const acks of [0, 1, 2, -2, 32_767]) if (acks !== 0) await send(`acks of ${acks}`, batch(), { acks })
    await send('to nowhere', batch(), { name: 'nowhere' })
    await send('to a partition there is not', batch(), { index: 3 })
    await send('two topics, one there is not', batch(), { more: [{ ...topic('nowhere'), partitionData: [{ index: 0, records: batch() }] }, { ...topic('other'), partitionData: [{ index: 0, records: batch() }] }] })
    await send('a partition twice', batch(), { name: 'twice', more: [{ ...topic('twice'), partitionData: [{ index: 0, records: batch() }] }] })
    await send('of a transaction without an id', batch({ producerId: 55_555, producerEpoch: 0, baseSequence: 0, isTransactional: true }))
    await send('of a transaction that nobody began', batch({ producerId: 55_555, producerEpoch: 0, baseSequence: 0, isTransactional: true }), { transactionalId: 't' })
    await send('outside of one, with an id', batch(), { transactionalId: 't' })
    await send('a sequence of a producer', batch({ producerId: 70_000 + version, producerEpoch: 2, baseSequence: 0 }), { index: 1 })
    await send('the same again', batch({ producerId: 70_000 + version, producerEpoch: 2, baseSequence: 0 }), { index: 1 })
    await send('a gap', batch({ producerId: 70_000 + version, producerEpoch: 2, baseSequence: 7 }), { index: 1 })
    await send('an epoch before', batch({ producerId: 70_000 + version, producerEpoch: 1, baseSequence: 1 }), { index: 1 })
    await send('a batch of two producers in a request', batch({ producerId: 80_000, producerEpoch: 0, baseSequence: 0 }), {
      index: 2, more: [{ ...topic('other'), partitionData: [{ index: 0, records: batch({ producerId: 80_001, producerEpoch: 0, baseSequence: 0 }) }] }],
    })
    await of.ask('nothing', produce, version, { acks: -1, timeoutMs: 5000, topicData: [] })
    await of.ask('no partitions', produce, version, { acks: -1, timeoutMs: 5000, topicData: [{ ...topic('journal'), partitionData: [] }] })
    if (version < 13) await of.ask('to a topic of coordinators', produce, version, { acks: -1, timeoutMs: 5000, topicData: [{ name: '__consumer_offsets', partitionData: [{ index: 0, records: batch() }] }] })
    if (version >= 13) await of.ask('to no id', produce, version, { acks: -1, timeoutMs: 5000, topicData: [{ topicId: ZERO_UUID, partitionData: [{ index: 0, records: batch() }] }] })
  }
}

/** With acks=0 there is no answer, and a fault closes the connection. */
async function unanswered(of: Probe): Promise<void> {
  for (const name of ['other', 'nowhere']) {
    await of.ask(`to ${name} without an answer`, produce, 9, { acks: 0, timeoutMs: 5000, topicData: [{ name, partitionData: [{ index: 0, records: batch() }] }] })
  }
  await of.ask('what has come of it', listOffsets, 7, { replicaId: -1, topics: [{ name: 'other', partitions: [{ partitionIndex: 0, timestamp: -1n }] }] })
}

async function producers(of: Probe): Promise<void> {
  const asked = [{ name: 'journal', partitionIndexes: [0, 1, 2, 3, -1] }, { name: 'nowhere', partitionIndexes: [0] }, { name: '', partitionIndexes: [0] }, { name: '__consumer_offsets', partitionIndexes: [0] }]
  await of.ask('producers', describeProducers, 0, { topics: asked })
  await of.ask('none', describeProducers, 0, { topics: [] })
  await of.ask('of one twice', describeProducers, 0, { topics: [{ name: 'journal', partitionIndexes: [1, 1] }, { name: 'journal', partitionIndexes: [1] }] })
}

async function fetched(of: Probe): Promise<void> {
  type Question = Partial<RequestToSend<typeof fetch>['topics'][number]['partitions'][number]>
  for (const version of versionsOf(fetch)) {
    const read = async (step: string, partition: Question = {}, o: { name?: string; more?: Partial<RequestToSend<typeof fetch>> } = {}): Promise<void> => {
      const name = o.name ?? 'journal'
      const asked = { partition: 0, fetchOffset: 0, partitionMaxBytes: 100_000, ...partition }
      await of.ask(step, fetch, version, { maxWaitMs: 0, minBytes: 1, maxBytes: 1_000_000, topics: [{ topic: name, topicId: of.id(name), partitions: [asked] }], ...o.more })
    }
    for (const fetchOffset of [0, 1, 20, 100_000, -1, -2]) await read(`at ${fetchOffset}`, { fetchOffset })
    for (const partitionMaxBytes of [0, -1, 1, 100, 0x7fffffff]) await read(`${partitionMaxBytes} bytes of a partition`, { partitionMaxBytes })
    for (const maxBytes of [0, -1, 1, 100, 0x7fffffff]) await read(`${maxBytes} bytes`, {}, { more: { maxBytes } })
    for (const partition of [-1, 3, 0x7fffffff]) await read(`partition ${partition}`, { partition })
    await read('a topic there is not', {}, { name: 'nowhere' })
    if (version >= 9) for (const currentLeaderEpoch of [-2, -1, 0, 1, 99]) await read(`a leader of epoch ${currentLeaderEpoch}`, { currentLeaderEpoch })
    if (version >= 12) for (const lastFetchedEpoch of [-2, -1, 0, 1]) for (const fetchOffset of [0, 100_000]) await read(`at ${fetchOffset} after epoch ${lastFetchedEpoch}`, { lastFetchedEpoch, fetchOffset })
    await read('of what is committed', {}, { more: { isolationLevel: 1 } })
    await read('a negative wait', {}, { more: { maxWaitMs: -1 } })
    await read('no bytes are enough', { fetchOffset: 20 }, { more: { minBytes: 0 } })
    await of.ask('nothing', fetch, version, { maxWaitMs: 0, minBytes: 1, topics: [] })
    await of.ask('no partitions', fetch, version, { maxWaitMs: 0, minBytes: 1, topics: [{ topic: 'journal', topicId: of.id('journal'), partitions: [] }] })
    if (version >= 13) await of.ask('no id', fetch, version, { maxWaitMs: 0, minBytes: 1, topics: [{ topicId: ZERO_UUID, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }] })
    if (version >= 13) await of.ask('an unknown id', fetch, version, { maxWaitMs: 0, minBytes: 1, topics: [{ topicId: UNKNOWN_ID, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }] })
  }
}

async function ends(of: Probe): Promise<void> {
  for (const version of versionsOf(listOffsets)) {
    for (const timestamp of [-1n, -2n, -3n, -4n, -5n, -6n, -7n, 0n, BigInt(timeMs), BigInt(timeMs) + 1n, 2n ** 62n, -(2n ** 63n)]) {
      const topics = [
        { name: 'journal', partitions: [0, 1, 3, -1].map(partitionIndex => ({ partitionIndex, timestamp })) }, { name: 'nowhere', partitions: [{ partitionIndex: 0, timestamp }] },
        { name: 'other', partitions: [{ partitionIndex: 0, timestamp }] },
      ]
      await of.ask(`the time ${timestamp}`, listOffsets, version, { replicaId: -1, topics, ...(version >= 10 && { timeoutMs: 1000 }) })
    }
    for (const currentLeaderEpoch of version < 4 ? [] : [-1, 0, 1, 99, -2]) {
      await of.ask(`a leader of epoch ${currentLeaderEpoch}`, listOffsets, version, { replicaId: -1, topics: [{ name: 'journal', partitions: [{ partitionIndex: 0, timestamp: -1n, currentLeaderEpoch }] }] })
    }
    const twice = [{ partitionIndex: 0, timestamp: -1n }, { partitionIndex: 0, timestamp: -2n }]
    await of.ask('a partition twice', listOffsets, version, { replicaId: -1, topics: [{ name: 'journal', partitions: twice }] })
    await of.ask('nothing', listOffsets, version, { replicaId: -1, topics: [] })
    for (const replicaId of [-2, 0, 1]) await of.ask(`as replica ${replicaId}`, listOffsets, version, { replicaId, topics: [{ name: 'journal', partitions: [{ partitionIndex: 0, timestamp: -1n }] }] })
    if (version >= 2) for (const isolationLevel of [1, 2]) await of.ask(`at level ${isolationLevel}`, listOffsets, version, { replicaId: -1, isolationLevel, topics: [{ name: 'journal', partitions: [{ partitionIndex: 0, timestamp: -1n }] }] })
  }
}

async function epochs(of: Probe): Promise<void> {
  for (const version of versionsOf(offsetForLeaderEpoch)) {
    for (const leaderEpoch of [-1, 0, 1, 99, 0x7fffffff]) {
      for (const currentLeaderEpoch of [-1, 0, 1]) {
        const topics = [{ topic: 'journal', partitions: [0, 3, -1].map(partition => ({ partition, leaderEpoch, currentLeaderEpoch })) }, { topic: 'nowhere', partitions: [{ partition: 0, leaderEpoch, currentLeaderEpoch }] }]
        await of.ask(`the end of epoch ${leaderEpoch}, known ${currentLeaderEpoch}`, offsetForLeaderEpoch, version, { ...(version >= 3 && { replicaId: -1 }), topics })
      }
    }
    await of.ask('nothing', offsetForLeaderEpoch, version, { topics: [] })
    if (version >= 3) await of.ask('as a replica', offsetForLeaderEpoch, version, { replicaId: 1, topics: [{ topic: 'journal', partitions: [{ partition: 0, leaderEpoch: 0 }] }] })
  }
}
