/** Those who mean well, beside the attackers: none of them may ever see an error, and what they were told was written is there at the end. */

import { setTimeout as pause } from 'node:timers/promises'
import {
  consumerGroupHeartbeat, createTopics, endTxn, fetch, findCoordinator, heartbeat, initProducerId, joinGroup, listOffsets, metadata, offsetCommit, offsetFetch, produce, syncGroup,
} from '../../core/protocol/apis/index.ts'
import { consumerProtocolSubscription } from '../../core/protocol/consumer-protocol.ts'
import { errorName } from '../../core/protocol/errors.ts'
import type { Api, RequestToSend, ResponseReceived } from '../../core/protocol/schema.ts'
import { ZERO_UUID } from '../../core/protocol/wire.ts'
import { batchesOf, encodeBatch } from '../../core/records/record-batch.ts'
import { ask, RawConnection } from '../support/clients-frames.ts'

export const PLAIN = 'kept-plain'
export const LEDGER = 'kept-ledger'
export const CLASSIC_GROUP = 'kept-classic'
export const CONSUMER_GROUP = 'kept-consumer'
export const TRANSACTIONAL_ID = 'kept-transactions'
/** Of any of their requests. */
const PATIENCE_MS = 30_000
const PAUSE_MS = 5
/** So many names fall on each of 50 partitions, but for luck that no seed has. */
const TOUCHES = 400
/** A broker answers these for a moment, and every client asks again. */
const PASSING = ['CONCURRENT_TRANSACTIONS', 'COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR']

export type Kept = { classicMember: string; generation: number; consumerEpoch: number; producerId: number; producerEpoch: number }

/** An answer whole, for the one who looks for the cause. */
function told(answer: unknown): string {
  return JSON.stringify(answer, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
}

/** One connection whose every request must be answered, in time and without an error. */
class Client {
  readonly #who: string
  readonly #port: number
  #connection: RawConnection | undefined

  constructor(who: string, port: number) {
    this.#who = who
    this.#port = port
  }

  async ask<A extends Api>(api: A, version: number, request: RequestToSend<A>): Promise<ResponseReceived<A>> {
    const connection = (this.#connection ??= await RawConnection.open(this.#port))
    const patience = new AbortController()
    const late = pause(PATIENCE_MS, undefined, { signal: patience.signal }).then(() => {
      throw new Error(`${this.#who}: no answer to ${api.name} in ${PATIENCE_MS} ms`)
    })
    late.catch(() => undefined)
    return Promise.race([ask(connection, api, version, request), late]).finally(() => patience.abort())
  }

  must(what: string, errorCode: number | undefined): void {
    if (errorCode !== 0) throw new Error(`${this.#who}: ${what} was answered ${errorCode === undefined ? 'with nothing' : errorName(errorCode)}`)
  }

  /** Asks until the answer is no passing refusal. */
  async until<T>(what: string, asking: () => Promise<T>, codeOf: (answer: T) => number | undefined): Promise<T> {
    for (;;) {
      const answer = await asking()
      const code = codeOf(answer)
      if (code === 0) return answer
      if (code === undefined || !PASSING.includes(errorName(code))) throw new Error(`${this.#who}: ${what} was answered ${code === undefined ? 'with nothing' : errorName(code)}: ${told(answer)}`)
      await pause(PAUSE_MS)
    }
  }

  close(): void {
    this.#connection?.close()
  }
}

export class WellBehaved {
  readonly kept: Kept = { classicMember: '', generation: 0, consumerEpoch: 0, producerId: -1, producerEpoch: -1 }
  /** How much each of them did. */
  readonly done = { batches: 0, transactions: 0, commits: 0, heartbeats: 0 }
  readonly #port: number
  readonly #written: string[] = []
  readonly #committed: string[] = []
  readonly #clients: Client[] = []

  constructor(port: number) {
    this.#port = port
  }

  #client(who: string): Client {
    const client = new Client(who, this.#port)
    this.#clients.push(client)
    return client
  }

  async makeReady(): Promise<void> {
    const client = this.#client('who makes the topics')
    const topics = [PLAIN, LEDGER].map(name => ({ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }))
    for (const { errorCode } of (await client.ask(createTopics, 7, { topics, timeoutMs: 10_000 })).topics) client.must('CreateTopics', errorCode)
    for (const [keyType, key] of [[0, CLASSIC_GROUP], [0, CONSUMER_GROUP], [1, TRANSACTIONAL_ID]] as const) {
      await client.until('FindCoordinator', () => client.ask(findCoordinator, 4, { keyType, coordinatorKeys: [key] }), answer => answer.coordinators[0]?.errorCode)
    }
    await this.#touchCoordinators(client)
  }

  /** Every partition of the topics of coordinators is open once it has been written to: so that none of them is news later. */
  async #touchCoordinators(client: Client): Promise<void> {
    const topics = [{ name: PLAIN, partitions: [{ partitionIndex: 0, committedOffset: 0, committedMetadata: null }] }]
    for (let at = 0; at < TOUCHES; at++) {
      const name = `kept-${at}`
      await client.until('OffsetCommit', () => client.ask(offsetCommit, 9, { groupId: name, topics }), answer => answer.topics[0]?.partitions[0]?.errorCode)
      const start = { transactionalId: name, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 }
      await client.until('InitProducerId', () => client.ask(initProducerId, 5, start), answer => answer.errorCode)
    }
  }

  /** Runs all of them until the signal; rejects with the first error that any of them saw. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#produces(signal), this.#reads(signal), this.#readsNewly(signal), this.#transacts(signal)])
  }

  /** What was acknowledged is there, each record once and in order; of transactions what was committed, and no more. */
  async check(): Promise<void> {
    for (const [topic, isolationLevel, expected] of [[PLAIN, 0, this.#written], [LEDGER, 1, this.#committed]] as const) {
      const found = await this.#values(topic, isolationLevel)
      const at = expected.findIndex((value, index) => value !== found[index])
      if (at >= 0 || found.length !== expected.length) throw new Error(`${topic} has ${found.length} records for ${expected.length}; the first that differs is ${at}: ${found[at]} for ${expected[at]}`)
    }
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }

  async #produces(signal: AbortSignal): Promise<void> {
    const client = this.#client('the producer')
    const { errorCode, producerId, producerEpoch } = await client.ask(initProducerId, 5, { transactionalId: null, transactionTimeoutMs: 1000 })
    client.must('InitProducerId', errorCode)
    for (let sequence = 0; !signal.aborted; sequence++, this.done.batches++) {
      const value = `plain ${sequence}`
      const records = encodeBatch({ records: [{ key: null, value: Buffer.from(value), timestamp: Date.now() }], producerId, producerEpoch, baseSequence: sequence })
      const answer = await client.ask(produce, 9, { acks: -1, timeoutMs: 10_000, topicData: [{ name: PLAIN, partitionData: [{ index: 0, records }] }] })
      client.must('Produce', answer.responses[0]?.partitionResponses[0]?.errorCode)
      this.#written.push(value)
      await pause(PAUSE_MS)
    }
  }

  /** A member of a classic group: it alone, so that nobody has a reason for a rebalance. */
  async #reads(signal: AbortSignal): Promise<void> {
    const client = this.#client('the member of a classic group')
    const joining = {
      groupId: CLASSIC_GROUP, sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 60_000, protocolType: 'consumer', memberId: '', groupInstanceId: 'kept',
      protocols: [{ name: 'range', metadata: consumerProtocolSubscription.encode({ topics: [PLAIN] }, 0) }],
    }
    const { memberId, generationId } = await client.until('JoinGroup', () => client.ask(joinGroup, 9, joining), answer => answer.errorCode)
    const member = { groupId: CLASSIC_GROUP, memberId, groupInstanceId: 'kept', generationId }
    client.must('SyncGroup', (await client.ask(syncGroup, 5, { ...member, protocolType: 'consumer', protocolName: 'range', assignments: [] })).errorCode)
    Object.assign(this.kept, { classicMember: memberId, generation: generationId })
    for (let offset = 0; !signal.aborted; this.done.commits++) {
      offset = await this.#readOn(client, offset)
      client.must('Heartbeat', (await client.ask(heartbeat, 4, member)).errorCode)
      const topics = [{ name: PLAIN, partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: null }] }]
      const committed = await client.ask(offsetCommit, 9, { groupId: CLASSIC_GROUP, memberId, groupInstanceId: 'kept', generationIdOrMemberEpoch: generationId, topics })
      client.must('OffsetCommit', committed.topics[0]?.partitions[0]?.errorCode)
      const { groups: [group] } = await client.ask(offsetFetch, 8, { groups: [{ groupId: CLASSIC_GROUP, topics: [{ name: PLAIN, partitionIndexes: [0] }] }] })
      const found = group?.topics[0]?.partitions[0]
      if (found?.committedOffset !== offset) throw new Error(`the offset ${offset} was committed and ${found?.committedOffset} is there`)
      await pause(PAUSE_MS * 4)
    }
  }

  async #readOn(client: Client, offset: number): Promise<number> {
    const partitions = [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 100_000 }]
    const answer = await client.ask(fetch, 12, { maxWaitMs: 50, minBytes: 1, topics: [{ topic: PLAIN, partitions }] })
    const found = answer.responses[0]?.partitions[0]
    client.must('Fetch', found?.errorCode)
    let next = offset
    for (const batch of batchesOf(found?.records ?? Buffer.alloc(0))) {
      if (batch.lastOffset < next) continue
      if (batch.baseOffset > next) throw new Error(`the reader came from offset ${next} to ${batch.baseOffset}`)
      next = batch.lastOffset + 1
    }
    return next
  }

  async #readsNewly(signal: AbortSignal): Promise<void> {
    const client = this.#client('the member of a consumer group')
    const member = { groupId: CONSUMER_GROUP, memberId: 'kept-member' }
    const joining = { ...member, memberEpoch: 0, rebalanceTimeoutMs: 60_000, subscribedTopicNames: [PLAIN], topicPartitions: [] }
    const joined = await client.until('ConsumerGroupHeartbeat', () => client.ask(consumerGroupHeartbeat, 1, joining), answer => answer.errorCode)
    let { memberEpoch } = joined
    for (; !signal.aborted; this.done.heartbeats++) {
      const answer = await client.ask(consumerGroupHeartbeat, 1, { ...member, memberEpoch })
      client.must('ConsumerGroupHeartbeat', answer.errorCode)
      memberEpoch = answer.memberEpoch
      this.kept.consumerEpoch = memberEpoch
      const topics = [{ name: PLAIN, partitions: [{ partitionIndex: 0, committedOffset: this.done.heartbeats, committedMetadata: null }] }]
      const committed = await client.ask(offsetCommit, 9, { groupId: CONSUMER_GROUP, memberId: member.memberId, generationIdOrMemberEpoch: memberEpoch, topics })
      client.must('OffsetCommit', committed.topics[0]?.partitions[0]?.errorCode)
      await pause(PAUSE_MS * 10)
    }
  }

  /** Every other transaction is aborted. */
  async #transacts(signal: AbortSignal): Promise<void> {
    const client = this.#client('the transactional producer')
    const started = { transactionalId: TRANSACTIONAL_ID, transactionTimeoutMs: 600_000, producerId: -1, producerEpoch: -1 }
    const first = await client.until('InitProducerId', () => client.ask(initProducerId, 5, started), answer => answer.errorCode)
    let producer = { producerId: first.producerId, producerEpoch: first.producerEpoch }
    for (let at = 0; !signal.aborted; at++, this.done.transactions++) {
      Object.assign(this.kept, producer)
      const values = [0, 1].map(part => `transaction ${at} part ${part}`)
      for (const [baseSequence, value] of values.entries()) {
        const records = encodeBatch({ records: [{ key: null, value: Buffer.from(value), timestamp: Date.now() }], ...producer, baseSequence, isTransactional: true })
        const topicData = [{ name: LEDGER, partitionData: [{ index: 0, records }] }]
        await client.until('Produce', () => client.ask(produce, 12, { transactionalId: TRANSACTIONAL_ID, acks: -1, timeoutMs: 10_000, topicData }), answer => answer.responses[0]?.partitionResponses[0]?.errorCode)
      }
      const committed = at % 2 === 0
      const ended = await client.until('EndTxn', () => client.ask(endTxn, 5, { transactionalId: TRANSACTIONAL_ID, ...producer, committed }), answer => answer.errorCode)
      producer = { producerId: ended.producerId ?? -1, producerEpoch: ended.producerEpoch ?? -1 }
      if (committed) this.#committed.push(...values)
      await pause(PAUSE_MS * 4)
    }
  }

  async #values(topic: string, isolationLevel: number): Promise<string[]> {
    const client = this.#client('who reads all at the end')
    const known = await client.ask(metadata, 12, { topics: [{ name: topic, topicId: ZERO_UUID }], allowAutoTopicCreation: false })
    client.must('Metadata', known.topics[0]?.errorCode)
    const ends = await client.ask(listOffsets, 7, { replicaId: -1, isolationLevel, topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1n }] }] })
    const end = ends.topics[0]?.partitions[0]?.offset ?? 0
    const values: string[] = []
    for (let offset = 0; offset < end;) {
      const partitions = [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 1_000_000 }]
      const answer = await client.ask(fetch, 12, { maxWaitMs: 0, minBytes: 1, isolationLevel, topics: [{ topic, partitions }] })
      const found = answer.responses[0]?.partitions[0]
      client.must('Fetch', found?.errorCode)
      const aborted = (found?.abortedTransactions ?? []).map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
      const open = new Set<string>()
      const at = offset
      for (const batch of batchesOf(found?.records ?? Buffer.alloc(0))) {
        offset = batch.lastOffset + 1
        const key = `${batch.producerId}`
        if (batch.isControl) {
          open.delete(key)
          continue
        }
        if (aborted.some(each => each.producerId === batch.producerId && each.firstOffset === batch.baseOffset)) open.add(key)
        if (!open.has(key)) for (const { value } of batch.records()) values.push(value?.toString() ?? '')
      }
      if (offset === at) throw new Error(`${topic} cannot be read on from ${at}`)
    }
    return values
  }
}
