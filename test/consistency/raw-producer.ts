/** An idempotent or transactional producer in frames, of either transaction version: a request without an answer goes out again with its sequences. */

import { setTimeout as pause } from 'node:timers/promises'
import { addOffsetsToTxn, addPartitionsToTxn, endTxn, initProducerId, produce, txnOffsetCommit } from '../../core/protocol/apis/index.ts'
import { errorName, type KafkaError } from '../../core/protocol/errors.ts'
import { encodeBatch } from '../../core/records/record-batch.ts'
import type { Outcome } from '../support/consistency/history.ts'
import type { ClusterClient, Whom } from './cluster-client.ts'
import { type RoleOptions, TRANSACTION_TIMEOUT_MS } from './role.ts'

/** Certainly not done, and worth another try. */
const LATER = new Set<KafkaError | 'not asked'>([
  'not asked', 'NOT_LEADER_OR_FOLLOWER', 'LEADER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION', 'NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS', 'NOT_COORDINATOR', 'CONCURRENT_TRANSACTIONS',
])
/** Perhaps done, and worth another try. */
const MAYBE = new Set<KafkaError | 'no answer'>(['no answer', 'REQUEST_TIMED_OUT', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'KAFKA_STORAGE_ERROR'])
const AGAIN_MS = 40
const PATIENCE_MS = 30_000

export type Result = { readonly outcome: Outcome; readonly error: string; readonly offset: number }
type Answered = { readonly error: KafkaError | 'not asked' | 'no answer'; readonly offset?: number }
export type Membership = { readonly groupId: string; readonly memberId: string; readonly epoch: number }

export class RawProducer {
  readonly #client: ClusterClient
  readonly #options: RoleOptions
  readonly #id: string | null
  readonly #version: 1 | 2
  readonly #sequences = new Map<string, number>()
  /** What version 1 has told the coordinator in this transaction. */
  readonly #added = new Set<string>()
  #producerId = -1
  #epoch = -1

  constructor(client: ClusterClient, options: RoleOptions, transactionalId: string | null, version: 1 | 2 = 2) {
    this.#client = client
    this.#options = options
    this.#id = transactionalId
    this.#version = version
  }

  get isReady(): boolean {
    return this.#producerId >= 0
  }

  get producer(): string {
    return `${this.#options.recorder.client} ${this.#producerId}:${this.#epoch}`
  }

  /** Forgets what it was: the next `init` makes it anew. */
  reset(): void {
    this.#producerId = -1
  }

  /** False when it did not come to a producer id. */
  async init(): Promise<boolean> {
    const whom: Whom = this.#id === null ? 'anyone' : { transactionalId: this.#id }
    const { outcome } = await this.#until(whom, async () => {
      const answer = await this.#client.ask(whom, initProducerId, 5, { transactionalId: this.#id, transactionTimeoutMs: TRANSACTION_TIMEOUT_MS })
      if (!answer || answer === 'not asked') return { error: answer ?? 'no answer' }
      if (answer.errorCode === 0) this.#goOn(answer.producerId, answer.producerEpoch)
      return { error: errorName(answer.errorCode) }
    })
    return outcome === 'ok'
  }

  /** One batch to one partition. */
  async send(line: string, values: readonly string[], more: { readonly transaction?: string; readonly sources?: readonly string[] } = {}): Promise<Result> {
    const at = line.lastIndexOf('-')
    const [topic, partition] = [line.slice(0, at), Number(line.slice(at + 1))]
    if (this.#version === 1 && more.transaction !== undefined && !this.#added.has(line)) {
      const added = await this.#add(topic, partition)
      if (added.outcome !== 'ok') return added
      this.#added.add(line)
    }
    const answered = this.#options.recorder.ask({ is: 'send', line, values, producer: this.producer, isIdempotent: true, ...more })
    const baseSequence = this.#sequences.get(line) ?? 0
    this.#sequences.set(line, baseSequence + values.length)
    const isTransactional = more.transaction !== undefined
    const records = encodeBatch({
      records: values.map(value => ({ key: null, value: Buffer.from(value), timestamp: Date.now() })),
      producerId: this.#producerId, producerEpoch: this.#epoch, baseSequence, isTransactional, codec: values.length > 8 ? 'lz4' : 'none',
    })
    const request = { transactionalId: isTransactional ? this.#id : null, acks: -1, timeoutMs: 3000, topicData: [{ name: topic, partitionData: [{ index: partition, records }] }] }
    const result = await this.#until({ leaderOf: line }, async () => {
      const answer = await this.#client.ask({ leaderOf: line }, produce, this.#version === 2 ? 12 : 9, request)
      if (!answer || answer === 'not asked') return { error: answer ?? 'no answer' }
      const found = answer.responses[0]?.partitionResponses[0]
      return { error: errorName(found?.errorCode ?? -1), offset: found?.baseOffset ?? -1 }
    })
    answered(result.outcome === 'ok' ? { outcome: 'ok', offset: result.offset } : { outcome: result.outcome, error: result.error })
    return result
  }

  /** The offset of a group, within the transaction. */
  async commitOffset(transaction: string, member: Membership, line: string, offset: number): Promise<Result> {
    const { groupId, memberId, epoch } = member
    const [id, producer] = [this.#id ?? '', { producerId: this.#producerId, producerEpoch: this.#epoch }]
    if (this.#version === 1) {
      const added = await this.#until({ transactionalId: id }, async () => {
        const answer = await this.#client.ask({ transactionalId: id }, addOffsetsToTxn, 3, { transactionalId: id, ...producer, groupId })
        return answer && answer !== 'not asked' ? { error: errorName(answer.errorCode) } : { error: answer ?? 'no answer' }
      })
      if (added.outcome !== 'ok') return added
    }
    const answered = this.#options.recorder.ask({ is: 'commit', group: groupId, line, offset, transaction })
    const at = line.lastIndexOf('-')
    const topics = [{ name: line.slice(0, at), partitions: [{ partitionIndex: Number(line.slice(at + 1)), committedOffset: offset, committedMetadata: null }] }]
    const result = await this.#until({ group: groupId }, async () => {
      const request = { transactionalId: id, groupId, ...producer, generationIdOrMemberEpoch: epoch, memberId, topics }
      const answer = await this.#client.ask({ group: groupId }, txnOffsetCommit, this.#version === 2 ? 5 : 3, request)
      if (!answer || answer === 'not asked') return { error: answer ?? 'no answer' }
      return { error: errorName(answer.topics[0]?.partitions[0]?.errorCode ?? -1) }
    })
    answered({ outcome: result.outcome, ...(result.outcome !== 'ok' && { error: result.error }) })
    return result
  }

  /** After anything but 'ok' the producer has to be made anew. */
  async end(transaction: string, decision: 'commit' | 'abort'): Promise<Result> {
    const id = this.#id ?? ''
    const answered = this.#options.recorder.ask({ is: 'end', transaction, decision })
    const request = { transactionalId: id, producerId: this.#producerId, producerEpoch: this.#epoch, committed: decision === 'commit' }
    const result = await this.#until({ transactionalId: id }, async () => {
      const answer = await this.#client.ask({ transactionalId: id }, endTxn, this.#version === 2 ? 5 : 3, request)
      if (!answer || answer === 'not asked') return { error: answer ?? 'no answer' }
      if (answer.errorCode === 0 && this.#version === 2) this.#goOn(answer.producerId ?? -1, answer.producerEpoch ?? -1)
      return { error: errorName(answer.errorCode) }
    })
    this.#added.clear()
    answered({ outcome: result.outcome, ...(result.outcome !== 'ok' && { error: result.error }) })
    return result
  }

  #add(topic: string, partition: number): Promise<Result> {
    const id = this.#id ?? ''
    return this.#until({ transactionalId: id }, async () => {
      const request = { v3AndBelowTransactionalId: id, v3AndBelowProducerId: this.#producerId, v3AndBelowProducerEpoch: this.#epoch, v3AndBelowTopics: [{ name: topic, partitions: [partition] }] }
      const answer = await this.#client.ask({ transactionalId: id }, addPartitionsToTxn, 3, request)
      if (!answer || answer === 'not asked') return { error: answer ?? 'no answer' }
      return { error: errorName(answer.resultsByTopicV3AndBelow?.[0]?.resultsByPartition[0]?.partitionErrorCode ?? -1) }
    })
  }

  #goOn(producerId: number, epoch: number): void {
    if (producerId !== this.#producerId || epoch !== this.#epoch) this.#sequences.clear()
    this.#added.clear()
    this.#producerId = producerId
    this.#epoch = epoch
  }

  /** Asks until there is an answer that ends it. A refusal after a request without an answer leaves it unknown whether that was done. */
  async #until(whom: Whom, once: () => Promise<Answered>): Promise<Result> {
    const until = performance.now() + PATIENCE_MS
    let isUnsure = false
    for (;;) {
      const { error, offset = -1 } = await once()
      if (error === 'NONE') return { outcome: 'ok', error: '', offset }
      const isMaybe = MAYBE.has(error as KafkaError)
      isUnsure ||= isMaybe
      if (!isMaybe && !LATER.has(error as KafkaError)) return { outcome: isUnsure ? 'unknown' : 'fail', error, offset: -1 }
      if (performance.now() > until) return { outcome: isUnsure ? 'unknown' : 'fail', error: `${error} for ${PATIENCE_MS} ms`, offset: -1 }
      this.#client.forget(whom)
      await pause(AGAIN_MS)
    }
  }
}
