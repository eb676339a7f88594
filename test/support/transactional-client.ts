/** A producer in frames, of either transaction version, for one topic: what tests of transactions say, without a client library in between. */

import {
  addOffsetsToTxn, addPartitionsToTxn, endTxn, findCoordinator, initProducerId, produce, txnOffsetCommit,
} from '../../core/protocol/apis/index.ts'
import { errorName, type KafkaError } from '../../core/protocol/errors.ts'
import { ZERO_UUID } from '../../core/protocol/wire.ts'
import { encodeBatch } from '../../core/records/record-batch.ts'
import { ask, type RawConnection } from './clients-frames.ts'
import type { MemoryBroker } from './memory-broker.ts'

export type Sent = { readonly partition?: number; readonly sequence?: number; readonly version?: number; readonly epoch?: number; readonly value?: string; readonly isPlain?: true }

export class TransactionalClient {
  producerId = -1
  producerEpoch = -1
  readonly transactionalId: string
  readonly #broker: MemoryBroker
  readonly #topic: string
  readonly #connections = new Map<number, Promise<RawConnection>>()

  constructor(broker: MemoryBroker, o: { readonly topic?: string; readonly transactionalId?: string } = {}) {
    this.#broker = broker
    this.#topic = o.topic ?? 'orders'
    this.transactionalId = o.transactionalId ?? 't'
  }

  /** The broker that coordinates a key: 0 for groups, 1 for transactional ids. */
  async coordinator(keyType: 0 | 1, key = this.transactionalId): Promise<RawConnection> {
    const answer = await ask(await this.#on(1), findCoordinator, 4, { keyType, coordinatorKeys: [key] })
    return this.#on(answer.coordinators[0]?.nodeId ?? 1)
  }

  async init(version = 4): Promise<KafkaError> {
    const answer = await ask(await this.coordinator(1), initProducerId, version, { transactionalId: this.transactionalId, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 })
    if (answer.errorCode === 0) this.#goOn(answer)
    return errorName(answer.errorCode)
  }

  async add(...partitions: readonly number[]): Promise<KafkaError[]> {
    const answer = await ask(await this.coordinator(1), addPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: this.transactionalId, v3AndBelowProducerId: this.producerId, v3AndBelowProducerEpoch: this.producerEpoch,
      v3AndBelowTopics: [{ name: this.#topic, partitions }],
    })
    return answer.resultsByTopicV3AndBelow?.[0]?.resultsByPartition.map(({ partitionErrorCode }) => errorName(partitionErrorCode)) ?? []
  }

  async addGroup(groupId: string): Promise<KafkaError> {
    const { transactionalId, producerId, producerEpoch } = this
    return errorName((await ask(await this.coordinator(1), addOffsetsToTxn, 3, { transactionalId, producerId, producerEpoch, groupId })).errorCode)
  }

  /** To the leader of the partition. Version 9 verifies, 11 knows TRANSACTION_ABORTABLE, 12 adds. */
  async send({ partition = 0, sequence = 0, version = 9, epoch = this.producerEpoch, value = 'v', isPlain }: Sent = {}): Promise<KafkaError> {
    const records = encodeBatch({ records: [{ key: null, value: Buffer.from(value), timestamp: Date.now() }], producerId: this.producerId, producerEpoch: epoch, baseSequence: sequence, isTransactional: !isPlain })
    const leader = this.#broker.broker.topics.partition(this.#topic, partition)?.leader ?? 1
    const topicData = [{ name: this.#topic, topicId: ZERO_UUID, partitionData: [{ index: partition, records }] }]
    const answer = await ask(await this.#on(leader), produce, version, { transactionalId: this.transactionalId, acks: -1, timeoutMs: 1000, topicData })
    return errorName(answer.responses[0]?.partitionResponses[0]?.errorCode ?? 0)
  }

  /** Version 3 needs `addGroup` before it, 5 adds the group. */
  async commitOffset(groupId: string, offset: number, version = 3): Promise<KafkaError> {
    const { transactionalId, producerId, producerEpoch } = this
    const topics = [{ name: this.#topic, partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: null }] }]
    const answer = await ask(await this.coordinator(0, groupId), txnOffsetCommit, version, { transactionalId, groupId, producerId, producerEpoch, topics })
    return errorName(answer.topics[0]?.partitions[0]?.errorCode ?? 0)
  }

  async end(committed: boolean, version = 3): Promise<KafkaError> {
    const { transactionalId, producerId, producerEpoch } = this
    const answer = await ask(await this.coordinator(1), endTxn, version, { transactionalId, producerId, producerEpoch, committed })
    if (version >= 5 && answer.errorCode === 0) this.#goOn(answer)
    return errorName(answer.errorCode)
  }

  #goOn({ producerId, producerEpoch }: { readonly producerId?: number | undefined; readonly producerEpoch?: number | undefined }): void {
    this.producerId = producerId ?? -1
    this.producerEpoch = producerEpoch ?? -1
  }

  #on(nodeId: number): Promise<RawConnection> {
    const known = this.#connections.get(nodeId)
    if (known) return known
    const opened = this.#broker.connect(nodeId)
    this.#connections.set(nodeId, opened)
    return opened
  }
}
