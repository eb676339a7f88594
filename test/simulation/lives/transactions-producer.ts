/** A transactional producer of the simulation: by either version of the protocol, with retries, doubts, and others of the same transactional id. */

import { addOffsetsToTxn, addPartitionsToTxn, endTxn, findCoordinator, initProducerId, produce, txnOffsetCommit } from '../../../core/protocol/apis/index.ts'
import { errorName } from '../../../core/protocol/errors.ts'
import { encodeBatch } from '../../../core/records/record-batch.ts'
import { SimulatedClient } from '../client.ts'
import { Violation } from '../model.ts'
import type { SimulatedNetwork } from '../network.ts'
import type { World } from '../world.ts'
import type { ModelTransaction, TransactionsModel } from './transactions-model.ts'

export const TOPIC = 'orders'

/** It is on its way: ask again. */
const passing = new Set([
  'COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR', 'CONCURRENT_TRANSACTIONS', 'NOT_LEADER_OR_FOLLOWER', 'NOT_ENOUGH_REPLICAS', 'KAFKA_STORAGE_ERROR',
  'UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE',
])
/** Another producer has come, or the transaction took too long. */
const ending = new Set(['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_ID_MAPPING', 'INVALID_TXN_STATE', 'TRANSACTION_ABORTABLE', 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID'])
const TRIES_MAX = 12

/** 'unknown': every try was left without an answer, or the last one was answered after such a try in a way that leaves it open. */
type Outcome = 'done' | 'refused' | 'unknown'

export class TransactionalProducer {
  readonly #client: SimulatedClient
  readonly #world: World
  readonly #model: TransactionsModel
  readonly #transactionalId: string
  readonly #partitionCount: number
  #producer = { producerId: -1, producerEpoch: -1 }
  #sequences = new Map<number, number>()
  #isVersion2 = false
  #count = 0

  constructor(name: string, o: { world: World; network: SimulatedNetwork; model: TransactionsModel; transactionalId: string; partitionCount: number }) {
    this.#client = new SimulatedClient(name, o.world, o.network)
    this.#world = o.world
    this.#model = o.model
    this.#transactionalId = o.transactionalId
    this.#partitionCount = o.partitionCount
  }

  close(): void {
    this.#client.close()
  }

  /** From a start to whatever ends it. */
  async session(isOver: () => boolean): Promise<void> {
    this.#isVersion2 = this.#client.random.below(2) === 0
    if (!(await this.#init(isOver))) return
    for (let left = this.#client.random.below(12); left >= 0 && !isOver(); left--) {
      if (!(await this.#transaction())) return
      await this.#world.sleep(this.#client.random.below(60))
    }
  }

  async #init(isOver: () => boolean): Promise<boolean> {
    const transactionTimeoutMs = 3000 + this.#client.random.below(20_000)
    while (!isOver()) {
      const answer = await this.#client.ask(initProducerId, this.#client.version(initProducerId), { transactionalId: this.#transactionalId, transactionTimeoutMs })
      if (answer?.errorCode === 0) {
        this.#producer = { producerId: answer.producerId, producerEpoch: answer.producerEpoch }
        this.#sequences = new Map()
        return true
      }
      if (answer && !passing.has(errorName(answer.errorCode))) throw new Violation(`InitProducerId answers ${errorName(answer.errorCode)}`)
      await this.#client.ask(findCoordinator, this.#client.version(findCoordinator, 3, 1), { key: this.#transactionalId, keyType: 1 })
      await this.#world.sleep(20 + this.#client.random.below(300))
    }
    return false
  }

  /** Whether the session goes on. */
  async #transaction(): Promise<boolean> {
    const { random, name } = this.#client
    const transaction = this.#model.begin(`${name}#${this.#count++}`, `group-${this.#transactionalId}`)
    let isWhole = true
    for (let left = random.below(5); left >= 0 && isWhole; left--) {
      isWhole = random.below(5) === 0 ? await this.#commitOffset(transaction) : await this.#produce(transaction)
      if (random.below(10) === 0) await this.#world.sleep(random.below(4000))
    }
    if (random.below(12) === 0) return false // it dies with its transaction open
    return this.#end(transaction, isWhole && random.below(4) > 0)
  }

  async #produce(transaction: ModelTransaction): Promise<boolean> {
    const { random, name } = this.#client
    const partition = random.below(this.#partitionCount)
    const values = Array.from({ length: 1 + random.below(3) }, () => `${transaction.name}.${this.#count++}`)
    for (const value of values) this.#model.send(transaction, value)
    if (!this.#isVersion2 && await this.#add(partition) !== 'done') return false
    const sequence = this.#sequences.get(partition) ?? 0
    const records = encodeBatch({
      records: values.map(value => ({ key: null, value: Buffer.from(value), timestamp: this.#world.clock.now() })), ...this.#producer, baseSequence: sequence, isTransactional: true,
    })
    const version = this.#client.version(produce, this.#isVersion2 ? 12 : 11, this.#isVersion2 ? 12 : 3)
    const outcome = await this.#until('produce', async () => {
      const answer = await this.#client.ask(produce, version, {
        transactionalId: this.#transactionalId, acks: -1, timeoutMs: 30_000, topicData: [{ name: TOPIC, partitionData: [{ index: partition, records: Buffer.from(records) }] }],
      })
      return answer?.responses[0]?.partitionResponses[0]?.errorCode
    })
    this.#world.note(`${name} produced ${values.join(' ')} in ${partition}: ${outcome}`)
    if (outcome !== 'done') return false
    this.#sequences.set(partition, sequence + values.length)
    for (const value of values) transaction.stored.set(value, partition)
    return true
  }

  #add(partition: number): Promise<Outcome> {
    const { producerId, producerEpoch } = this.#producer
    const version = this.#client.version(addPartitionsToTxn, 3)
    return this.#until('add a partition', async () => {
      const answer = await this.#client.ask(addPartitionsToTxn, version, {
        v3AndBelowTransactionalId: this.#transactionalId, v3AndBelowProducerId: producerId, v3AndBelowProducerEpoch: producerEpoch, v3AndBelowTopics: [{ name: TOPIC, partitions: [partition] }],
      })
      return answer?.resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode
    })
  }

  async #commitOffset(transaction: ModelTransaction): Promise<boolean> {
    const request = { transactionalId: this.#transactionalId, ...this.#producer, groupId: transaction.group }
    if (!this.#isVersion2) {
      const added = await this.#until('add offsets', async () => (await this.#client.ask(addOffsetsToTxn, this.#client.version(addOffsetsToTxn), request))?.errorCode)
      if (added !== 'done') return false
    }
    const offset = this.#model.nextOffset()
    transaction.offset = offset
    const version = this.#client.version(txnOffsetCommit, this.#isVersion2 ? 5 : 4, this.#isVersion2 ? 5 : 0)
    const outcome = await this.#until('commit offsets', async () => {
      const topics = [{ name: TOPIC, partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }] }]
      const answer = await this.#client.ask(txnOffsetCommit, version, { ...request, topics })
      return answer?.topics[0]?.partitions[0]?.errorCode
    })
    this.#world.note(`${this.#client.name} commits ${offset} for ${transaction.group}: ${outcome}`)
    return outcome === 'done'
  }

  /** Whether the session goes on. */
  async #end(transaction: ModelTransaction, committed: boolean): Promise<boolean> {
    if (!this.#isVersion2 && transaction.sent.size === 0 && transaction.offset === undefined) return true // there is nothing to end
    if (committed) transaction.fate = 'ending'
    const version = this.#client.version(endTxn, this.#isVersion2 ? 5 : 4, this.#isVersion2 ? 5 : 0)
    let next = this.#producer
    const outcome = await this.#until('end', async () => {
      this.#model.onEnding()
      const answer = await this.#client.ask(endTxn, version, { transactionalId: this.#transactionalId, ...this.#producer, committed })
      if (answer?.errorCode === 0 && version >= 5) next = { producerId: answer.producerId, producerEpoch: answer.producerEpoch }
      return answer?.errorCode
    })
    this.#world.note(`${this.#client.name} ${committed ? 'commits' : 'aborts'} ${transaction.name}: ${outcome}`)
    if (outcome === 'done') transaction.fate = committed ? 'committed' : 'aborted'
    // Refused for sure: the decision was another one before.
    else if (outcome === 'refused' || !committed) transaction.fate = 'aborted'
    if (outcome !== 'done') return false
    this.#producer = next
    if (this.#isVersion2) this.#sequences = new Map()
    return true
  }

  /** Asks until there is an answer that is worth something; an ending one after a try that was left without any leaves the outcome open. */
  async #until(what: string, ask: () => Promise<number | undefined>): Promise<Outcome> {
    let isDoubtful = false
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const code = await ask()
      if (code === 0) return 'done'
      const error = code === undefined ? 'no answer' : errorName(code)
      // It may die before it hears of the end; and of a disk that refused nobody knows what it took.
      if (error === 'no answer' && what === 'end' && this.#client.random.below(2) === 0) return 'unknown'
      if (error === 'no answer' || error === 'NOT_COORDINATOR' || error === 'KAFKA_STORAGE_ERROR') isDoubtful = true
      else if (ending.has(error)) {
        this.#world.note(`${this.#client.name}: to ${what} answers ${error}`)
        return isDoubtful ? 'unknown' : 'refused'
      } else if (!passing.has(error)) throw new Violation(`to ${what} answers ${error}`)
      await this.#world.sleep(20 + this.#client.random.below(300))
    }
    return 'unknown'
  }
}
