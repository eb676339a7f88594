/** One script of requests in and around transactions for any broker: what partitions, groups and readers see; its answers in a form that two brokers can be compared by. */

import { setTimeout as pause } from 'node:timers/promises'
import { coordinatorPartition } from '../../core/coordinator/coordinator-partition.ts'
import {
  addOffsetsToTxn, addPartitionsToTxn, consumerGroupHeartbeat, createTopics, deleteGroups, describeProducers, describeTransactions, endTxn, fetch, findCoordinator, initProducerId,
  joinGroup, listOffsets, offsetCommit, offsetDelete, offsetFetch, produce, syncGroup, txnOffsetCommit, writeTxnMarkers,
} from '../../core/protocol/apis/index.ts'
import type { RequestToSend } from '../../core/protocol/schema.ts'
import { readMarker } from '../../core/records/control-record.ts'
import { batchesOf, encodeBatch } from '../../core/records/record-batch.ts'
import { AnswerScript, untilLed } from './clients-answer-script.ts'
import { ask, type RawConnection } from './clients-frames.ts'

const TIME = 1_700_000_000_000
const TOPIC = 'ledger'
const GROUP = 'workers'
const IDS = ['one', 'two', 'three', 'fenced', 'nobody', 'members', 'deletes']
const CLASSIC = ['classic-members', 'instances', 'consumer-members', 'nothing'] as const
const CONSUMER = 'consumer-members'
const DOOMED = ['doomed', 'trimmed', 'overtaken']

type Producer = { readonly transactionalId: string; readonly producerId: number; readonly producerEpoch: number }
type Sent = { readonly partition?: number; readonly sequence?: number; readonly isPlain?: true; readonly producer?: Partial<Producer>; readonly transactionalId?: string | null }

class Script extends AnswerScript {
  #on: RawConnection | undefined

  async connection(): Promise<RawConnection> {
    return (this.#on ??= await this.open())
  }

  async produce(step: string, version: number, producer: Producer, ...sent: readonly Sent[]): Promise<void> {
    const partitionData = sent.map(({ partition = 0, sequence = 0, isPlain, producer: other }) => {
      const { producerId, producerEpoch } = { ...producer, ...other }
      const records = [{ key: null, value: Buffer.from('v'), timestamp: TIME }]
      return { index: partition, records: encodeBatch({ records, producerId, producerEpoch, baseSequence: sequence, isTransactional: !isPlain }) }
    })
    const [first] = sent
    const transactionalId = first?.transactionalId === undefined ? producer.transactionalId : first.transactionalId
    await this.ask(step, await this.connection(), produce, version, { transactionalId, acks: -1, timeoutMs: 5000, topicData: [{ name: TOPIC, partitionData }] })
  }

  async init(step: string, transactionalId: string, version = 4): Promise<Producer> {
    const on = await this.connection()
    const request = { transactionalId, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 }
    for (;;) {
      const { errorCode, producerId, producerEpoch } = await ask(on, initProducerId, version, request)
      if (errorCode === 0) {
        this.steps.push([step, { producerId, producerEpoch }])
        return { transactionalId, producerId, producerEpoch }
      }
      await pause(20)
    }
  }

  async add(step: string, producer: Producer, ...partitions: readonly number[]): Promise<void> {
    await this.ask(step, await this.connection(), addPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: producer.transactionalId, v3AndBelowProducerId: producer.producerId, v3AndBelowProducerEpoch: producer.producerEpoch,
      v3AndBelowTopics: [{ name: TOPIC, partitions }],
    })
  }

  /** Ends the transaction and waits for its markers. */
  async end(step: string, producer: Producer, committed: boolean, version = 3): Promise<Producer> {
    const on = await this.connection()
    const answer = await this.ask(step, on, endTxn, version, { ...producer, committed })
    for (;;) {
      const state = (await ask(on, describeTransactions, 0, { transactionalIds: [producer.transactionalId] })).transactionStates[0]?.transactionState
      if (state === undefined || !state.startsWith('Prepare')) break
      await pause(10)
    }
    return version < 5 || answer.errorCode !== 0 ? producer : { ...producer, producerId: answer.producerId ?? -1, producerEpoch: answer.producerEpoch ?? -1 }
  }

  async commitOffsets(step: string, version: number, producer: Producer, o: Partial<RequestToSend<typeof txnOffsetCommit>> = {}, offset = 5): Promise<void> {
    const partitions = [{ partitionIndex: 0, committedOffset: offset, ...(version >= 2 && { committedLeaderEpoch: 0 }), committedMetadata: 'note' }]
    await this.ask(step, await this.connection(), txnOffsetCommit, version, { ...producer, groupId: GROUP, topics: [{ name: TOPIC, partitions }], ...o })
  }

  async committedOffsets(step: string, groupId: string = GROUP): Promise<void> {
    for (const requireStable of [false, true]) {
      for (const topics of [null, [{ name: TOPIC, partitionIndexes: [0, 1] }]]) {
        await this.ask(`${step}, ${requireStable ? 'stable' : 'any'} of ${topics ? 'two' : 'all'}`, await this.connection(), offsetFetch, 8, { groups: [{ groupId, topics }], requireStable })
      }
    }
  }

  /** What readers of both levels see of a partition, and its producers. */
  async look(step: string, partition = 0): Promise<void> {
    const on = await this.connection()
    for (const isolationLevel of [0, 1]) {
      const asked = { partition, fetchOffset: 0, partitionMaxBytes: 1_000_000 }
      const answer = await ask(on, fetch, 12, { maxWaitMs: 0, minBytes: 1, isolationLevel, topics: [{ topic: TOPIC, partitions: [asked] }] })
      const { errorCode, highWatermark, lastStableOffset, abortedTransactions, records } = answer.responses[0]?.partitions[0] ?? {}
      this.steps.push([`${step}, read at level ${isolationLevel}`, { errorCode, highWatermark, lastStableOffset, abortedTransactions, batches: batchesIn(records ?? Buffer.alloc(0)) }])
      await this.ask(`${step}, ends at level ${isolationLevel}`, on, listOffsets, 7, { replicaId: -1, isolationLevel, topics: [{ name: TOPIC, partitions: [{ partitionIndex: partition, timestamp: -1n }] }] })
    }
    await this.ask(`${step}, producers`, on, describeProducers, 0, { topics: [{ name: TOPIC, partitionIndexes: [partition] }] })
  }

  async mark(step: string, producer: Producer, o: { version?: number; commit?: boolean; coordinatorEpoch?: number; transactionVersion?: number; topic?: string; partitions?: number[] } = {}): Promise<void> {
    const { version = 2, commit = false, coordinatorEpoch = 0, transactionVersion = 0, topic = TOPIC, partitions = [0] } = o
    const marker = {
      producerId: producer.producerId, producerEpoch: producer.producerEpoch, transactionResult: commit, coordinatorEpoch,
      ...(version >= 2 && { transactionVersion }), topics: [{ name: topic, partitionIndexes: partitions }],
    }
    await this.ask(step, await this.connection(), writeTxnMarkers, version, { markers: [marker] })
  }
}

function batchesIn(records: Buffer): unknown[] {
  let at = 0
  return [...batchesOf(records)].map(({ baseOffset, lastOffset, isControl, isTransactional, producerId, producerEpoch, baseSequence, sizeBytes }) => {
    const marker = isControl ? readMarker(records, at) : undefined
    at += sizeBytes
    return { baseOffset, lastOffset, isControl, isTransactional, producerId, producerEpoch, baseSequence, marker }
  })
}

/** Runs everything against the broker on `port`: the answers, in order. */
export async function runTransactionScript(port: number): Promise<[string, unknown][]> {
  const script = new Script(port)
  try {
    await makeReady(script)
    await outside(script)
    await version1(script)
    await version2(script)
    await markers(script)
    await fencing(script)
    await members(script)
    await deletions(script)
    return comparable(script.steps)
  } finally {
    script.close()
  }
}

async function makeReady(script: Script): Promise<void> {
  const a = await script.connection()
  await ask(a, createTopics, 7, { topics: [{ name: TOPIC, numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] }], timeoutMs: 5_000 })
  await untilLed(a, TOPIC, 3)
  for (const [keyType, keys] of [[0, [GROUP, ...CLASSIC, ...DOOMED]], [1, IDS]] as const) {
    for (const key of keys) while ((await ask(a, findCoordinator, 4, { keyType, coordinatorKeys: [key] })).coordinators[0]?.errorCode !== 0) await pause(50)
  }
  for (const groupId of [GROUP, ...CLASSIC, ...DOOMED]) while ((await ask(a, offsetFetch, 8, { groups: [{ groupId, topics: null }] })).groups[0]?.errorCode !== 0) await pause(50)
  for (const transactionalId of IDS) {
    for (;;) {
      const state = (await ask(a, describeTransactions, 0, { transactionalIds: [transactionalId] })).transactionStates[0]
      if (state?.errorCode === 105) break
      await pause(50)
    }
  }
}

async function outside(script: Script): Promise<void> {
  const nobody = { transactionalId: 'nobody', producerId: 987_654, producerEpoch: 0 }
  for (const version of [3, 9, 10, 11, 12]) {
    await script.produce('a batch of a transaction without an id', version, nobody, { transactionalId: null })
    await script.produce('a batch of an id that nobody knows', version, nobody, {})
    await script.produce('batches of two producers', version, nobody, {}, { partition: 1, producer: { producerId: 987_653 } })
    await script.produce('batches of two epochs', version, nobody, {}, { partition: 1, producer: { producerEpoch: 1 } })
    await script.produce('a partition that does not exist', version, nobody, { partition: 7 })
  }
  await script.produce('a batch outside of transactions with an id', 9, { ...nobody, producerId: 987_652 }, { isPlain: true, partition: 2 })
  for (const version of [0, 1, 2, 3, 4, 5]) {
    await script.commitOffsets('offsets of an id that nobody knows', version, nobody)
    await script.commitOffsets('offsets of a group without a name', version, nobody, { groupId: '' })
    await script.commitOffsets('offsets of nothing', version, nobody, { topics: [{ name: 'nowhere', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }] }] })
  }
}

async function version1(script: Script): Promise<void> {
  await script.init('an id is made', 'one')
  const one = await script.init('and taken again', 'one')
  const older = { ...one, producerEpoch: one.producerEpoch - 1 }
  for (const version of [3, 9, 10, 11]) await script.produce('a partition that was not added', version, one, {})
  await script.add('a partition is added', one, 0)
  await script.produce('its first batch', 9, one, {})
  await script.produce('which is repeated', 9, one, {})
  await script.produce('the next', 11, one, { sequence: 1 })
  await script.produce('a gap', 9, one, { sequence: 5 })
  await script.produce('of an older epoch', 9, older, { sequence: 2 })
  await script.produce('of an older epoch, elsewhere', 9, older, { partition: 1 })
  await script.produce('outside of it', 9, one, { sequence: 2, isPlain: true })
  await script.produce('one partition of two was added', 9, one, { sequence: 2 }, { partition: 1 })
  await script.produce('one partition of two was added', 11, one, { sequence: 3 }, { partition: 1 })
  await script.produce('a batch of it beside one outside of it', 9, one, { sequence: 4 }, { partition: 1, isPlain: true })
  await script.look('while it is open')
  for (const version of [0, 2, 3, 4]) await script.commitOffsets('a group that was not added', version, one)
  await script.ask('a group is added', await script.connection(), addOffsetsToTxn, 3, { ...one, groupId: GROUP })
  for (const version of [0, 1, 2, 3, 4]) await script.commitOffsets('offsets', version, one, {}, 10 + version)
  await script.commitOffsets('offsets of a member', 3, one, { memberId: 'who', generationIdOrMemberEpoch: 1 })
  await script.commitOffsets('offsets of an older epoch', 3, older)
  const partitions = [0, 9].map(partitionIndex => ({ partitionIndex, committedOffset: 20, committedMetadata: 'x'.repeat(partitionIndex === 0 ? 5000 : 1) }))
  await script.commitOffsets('offsets with too much to say', 3, one, { topics: [{ name: TOPIC, partitions }] })
  await script.committedOffsets('while it is open')
  await script.end('it is committed', one, true)
  await script.committedOffsets('when it is committed')
  await script.look('when it is committed')
  await script.produce('after its end', 9, one, { sequence: 5 })
  await script.commitOffsets('offsets after its end', 3, one)
  await script.add('another', one, 0, 1)
  await script.produce('its batches', 9, one, { sequence: 5 }, { partition: 1, sequence: 1 })
  await script.ask('the group is added', await script.connection(), addOffsetsToTxn, 3, { ...one, groupId: GROUP })
  await script.commitOffsets('offsets', 3, one, {}, 99)
  await script.end('it is aborted', one, false)
  await script.committedOffsets('when it is aborted')
  for (const partition of [0, 1]) await script.look('when it is aborted', partition)
}

async function version2(script: Script): Promise<void> {
  let two = await script.init('an id of version 2', 'two', 5)
  await script.produce('a first batch that does not count from 0', 12, two, { partition: 2, sequence: 3 })
  await script.produce('a first batch', 12, two, { partition: 2 })
  await script.produce('which is repeated', 12, two, { partition: 2 })
  await script.produce('another and a new partition', 12, two, { partition: 2, sequence: 1 }, {})
  await script.commitOffsets('offsets', 5, two, {}, 50)
  await script.committedOffsets('while it is open')
  await script.look('while it is open', 2)
  const before = two
  two = await script.end('it is committed', two, true, 5)
  await script.produce('of the epoch before', 12, before, { partition: 2, sequence: 2 })
  await script.commitOffsets('offsets of the epoch before', 5, before)
  await script.look('when it is committed', 2)
  await script.committedOffsets('when it is committed')
  await script.produce('a new epoch that does not count from 0', 12, two, { partition: 2, sequence: 2 })
  await script.produce('a new epoch', 12, two, { partition: 2 })
  await script.commitOffsets('offsets', 5, two, {}, 60)
  two = await script.end('it is aborted', two, false, 5)
  await script.look('when it is aborted', 2)
  await script.committedOffsets('when it is aborted')
}

async function markers(script: Script): Promise<void> {
  await script.init('an id', 'three')
  const three = await script.init('whose transaction hangs', 'three')
  await script.add('a partition', three, 1)
  await script.produce('a batch', 9, three, { partition: 1 })
  await script.mark('a marker of version 2 with the epoch of the records', three, { partitions: [1], transactionVersion: 2 })
  await script.mark('a marker of an older epoch', { ...three, producerEpoch: three.producerEpoch - 1 }, { partitions: [1] })
  await script.mark('a marker of an administrator', three, { partitions: [1, 8], coordinatorEpoch: 4 })
  await script.mark('and again', three, { version: 1, partitions: [1], coordinatorEpoch: 4 })
  await script.mark('a marker of an older coordinator', three, { partitions: [1], coordinatorEpoch: 3 })
  await script.mark('a marker of a newer epoch', { ...three, producerEpoch: 7 }, { partitions: [1], coordinatorEpoch: 4, commit: true, transactionVersion: 2 })
  await script.mark('and again', { ...three, producerEpoch: 7 }, { partitions: [1], coordinatorEpoch: 4, commit: true, transactionVersion: 2 })
  await script.mark('a marker of a topic that does not exist', three, { topic: 'nowhere' })
  await script.mark('a marker where the group stands', three, { topic: '__consumer_offsets', partitions: [coordinatorPartition(GROUP, 50)] })
  await script.look('after the markers', 1)
  await script.ask('producers of what does not exist', await script.connection(), describeProducers, 0, { topics: [{ name: TOPIC, partitionIndexes: [9] }, { name: 'nowhere', partitionIndexes: [0] }] })
}

async function fencing(script: Script): Promise<void> {
  const first = await script.init('a producer', 'fenced')
  await script.add('its partition', first, 0)
  await script.produce('its batch', 9, first, {})
  const second = await script.init('a second one', 'fenced')
  for (const version of [9, 11, 12]) await script.produce('of the first', version, first, { sequence: 1 })
  for (const version of [3, 5]) await script.commitOffsets('offsets of the first', version, first)
  await script.end('the first commits', first, true)
  await script.look('when it is fenced')
  await script.add('a partition of the second', second, 0)
  await script.produce('of the second, not from 0', 9, second, { sequence: 4 })
  await script.produce('of the second', 9, second, {})
  await script.end('the second commits', second, true)
  await script.look('at last')
}

/** What of a member is looked at, in groups of both kinds. */
async function members(script: Script): Promise<void> {
  const on = await script.connection()
  const producer = await script.init('a producer for groups', 'members')
  for (const groupId of CLASSIC) await script.ask('a group is added', on, addOffsetsToTxn, 3, { ...producer, groupId })
  const joining = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 30_000, protocolType: 'consumer', protocols: [{ name: 'range', metadata: Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) }] }
  const [groupId, instances] = CLASSIC
  const { memberId } = await ask(on, joinGroup, 5, { ...joining, groupId, memberId: '' })
  await script.commitOffsets('a group with an id that has not joined', 3, producer, { groupId })
  await script.commitOffsets('an id that has not joined', 3, producer, { groupId, memberId, generationIdOrMemberEpoch: 0 })
  await ask(on, joinGroup, 5, { ...joining, groupId, memberId })
  const tries = async (when: string): Promise<void> => {
    for (const [step, o] of [
      ['no member', {}], ['its member', { memberId, generationIdOrMemberEpoch: 1 }], ['another generation', { memberId, generationIdOrMemberEpoch: 2 }],
      ['another member', { memberId: 'who', generationIdOrMemberEpoch: 1 }], ['a generation without a member', { generationIdOrMemberEpoch: 1 }], ['a member without a generation', { memberId }],
      ['an instance', { memberId, generationIdOrMemberEpoch: 1, groupInstanceId: 'nobody' }],
    ] as const) await script.commitOffsets(`${when}: ${step}`, 3, producer, { groupId, ...o })
  }
  await tries('before the sync')
  await ask(on, syncGroup, 5, { groupId, memberId, generationId: 1, protocolType: 'consumer', protocolName: 'range', assignments: [{ memberId, assignment: Buffer.alloc(0) }] })
  await tries('when it is stable')
  const member = (await ask(on, joinGroup, 5, { ...joining, groupId: instances, memberId: '', groupInstanceId: 'i' })).memberId
  for (const [step, o] of [['its member', { memberId: member }], ['another member', { memberId: 'who' }]] as const) {
    await script.commitOffsets(`an instance: ${step}`, 3, producer, { groupId: instances, groupInstanceId: 'i', generationIdOrMemberEpoch: 1, ...o })
  }
  await script.commitOffsets('a group that is not there, with a generation', 3, producer, { groupId: 'nothing', memberId: 'm', generationIdOrMemberEpoch: 3 })
  await consumerMembers(script, producer)
  await script.end('the transaction is aborted', producer, false)
}

/** What becomes of pending offsets whose group, or which themselves, are deleted before the end; and of those a plain commit overtakes. */
async function deletions(script: Script): Promise<void> {
  const on = await script.connection()
  let producer = await script.init('a producer for deletions', 'deletes', 5)
  const plain = (groupId: string, committedOffset: number): Promise<unknown> => script.ask('a commit outside', on, offsetCommit, 8, {
    groupId, memberId: '', generationIdOrMemberEpoch: -1, topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: null }] }],
  })
  await plain('trimmed', 3)
  for (const groupId of DOOMED) await script.commitOffsets('pending offsets', 5, producer, { groupId }, 70)
  await plain('overtaken', 71)
  await script.ask('a group is deleted', on, deleteGroups, 2, { groupsNames: ['doomed'] })
  await script.ask('offsets are deleted', on, offsetDelete, 0, { groupId: 'trimmed', topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0 }, { partitionIndex: 1 }] }] })
  for (const groupId of DOOMED) await script.committedOffsets(`${groupId} before the end`, groupId)
  producer = await script.end('it is committed', producer, true, 5)
  for (const groupId of DOOMED) await script.committedOffsets(`${groupId} after it`, groupId)
  await script.commitOffsets('offsets of another', 5, producer, { groupId: 'overtaken' }, 80)
  await script.end('which is aborted', producer, false, 5)
  await script.committedOffsets('overtaken at last', 'overtaken')
}

async function consumerMembers(script: Script, producer: Producer): Promise<void> {
  const on = await script.connection()
  const memberId = 'AAAAAAAAAAAAAAAAAAAAAQ'
  const beat = { groupId: CONSUMER, memberId, memberEpoch: 0, rebalanceTimeoutMs: 30_000, subscribedTopicNames: [TOPIC], topicPartitions: [] }
  const { memberEpoch } = await ask(on, consumerGroupHeartbeat, 1, beat)
  for (const version of [3, 4, 5]) {
    for (const [step, o] of [
      ['no member', {}], ['its member', { memberId, generationIdOrMemberEpoch: memberEpoch }], ['an older epoch', { memberId, generationIdOrMemberEpoch: memberEpoch - 1 }],
      ['a newer epoch', { memberId, generationIdOrMemberEpoch: memberEpoch + 1 }], ['another member', { memberId: 'who', generationIdOrMemberEpoch: memberEpoch }],
      ['an epoch without a member', { generationIdOrMemberEpoch: memberEpoch }], ['a member without an epoch', { memberId }],
    ] as const) await script.commitOffsets(`a consumer group: ${step}`, version, producer, { groupId: CONSUMER, ...o })
  }
}

/** Kafka keeps partitions and producers in hash tables. */
function inOrder(values: unknown[], name: string): unknown[] {
  return name === 'partitionResponses' || name === 'activeProducers' ? values.map(each => JSON.stringify(each, asText)).sort() : values
}

const asText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)

/** Producer ids by the order they appear in; the times of markers, and the words of refusals, are each broker's own. */
function comparable(steps: readonly [string, unknown][]): [string, unknown][] {
  const ids = new Map<number, string>()
  const walk = (value: unknown, name = ''): unknown => {
    if (name === 'producerId' && typeof value === 'number' && value >= 0) {
      if (!ids.has(value)) ids.set(value, `P${ids.size + 1}`)
      return ids.get(value)
    }
    if (name === 'lastTimestamp') return Number(value) === TIME || Number(value) < 0 ? Number(value) : 'a marker'
    if (Array.isArray(value)) return inOrder(value.map(each => walk(each)), name)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'errorMessage').map(([key, each]) => [key, walk(each, key)]))
  }
  return steps.map(([step, answer], at) => [`${at}. ${step}`, walk(answer)])
}
