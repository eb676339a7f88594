/** One that knows the names of the well-behaved and comes with ids, epochs and generations that are not its own. */

import { setTimeout as pause } from 'node:timers/promises'
import {
  addOffsetsToTxn, addPartitionsToTxn, consumerGroupHeartbeat, deleteGroups, endTxn, heartbeat, initProducerId, joinGroup, leaveGroup, offsetCommit, offsetDelete, produce, syncGroup, txnOffsetCommit,
} from '../../core/protocol/apis/index.ts'
import type { Api, RequestToSend } from '../../core/protocol/schema.ts'
import { seededRandom, type Random } from '../../core/common/random.ts'
import { encodeBatch } from '../../core/records/record-batch.ts'
import { ask, RawConnection } from '../support/clients-frames.ts'
import { CLASSIC_GROUP, CONSUMER_GROUP, type Kept, LEDGER, PLAIN, TRANSACTIONAL_ID } from './well-behaved.ts'

export class Trespasser {
  tries = 0
  readonly #port: number
  readonly #random: Random
  readonly #kept: Kept

  constructor(port: number, seed: number, kept: Kept) {
    this.#port = port
    this.#random = seededRandom(seed)
    this.#kept = kept
  }

  async run(signal: AbortSignal): Promise<void> {
    const connection = await RawConnection.open(this.#port)
    try {
      for (; !signal.aborted; this.tries++) {
        await this.#try(connection)
        await pause(10)
      }
    } finally {
      connection.close()
    }
  }

  /** Rejects when anything but a refusal comes back. */
  async #try(on: RawConnection): Promise<void> {
    const { classicMember, generation, consumerEpoch, producerId, producerEpoch } = this.#kept
    if (classicMember === '' || consumerEpoch === 0 || producerId < 0) return
    const refused = async <A extends Api>(api: A, version: number, request: RequestToSend<A>): Promise<void> => {
      const codes = codesIn(await ask(on, api, version, request))
      if (!codes.some(code => code !== 0)) throw new Error(`a trespasser's ${api.name} was not refused: ${JSON.stringify(request, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`)
    }
    const topics = [{ name: PLAIN, partitions: [{ partitionIndex: 0, committedOffset: 1_000_000, committedMetadata: null }] }]
    const member = { groupId: CLASSIC_GROUP, memberId: classicMember, groupInstanceId: null, generationId: generation + 7 }
    // Its epoch may have risen since: only epochs that it never has are of nobody.
    const other = { transactionalId: TRANSACTIONAL_ID, producerId: producerId + 1_000_000, producerEpoch }
    const offsets = { groupId: CLASSIC_GROUP, topics }
    const records = encodeBatch({ records: [{ key: null, value: Buffer.from('not of theirs'), timestamp: Date.now() }], producerId: other.producerId, producerEpoch, baseSequence: 0, isTransactional: true })
    const ways: readonly (() => Promise<void>)[] = [
      () => refused(heartbeat, 4, member),
      () => refused(heartbeat, 4, { ...member, memberId: 'nobody', generationId: generation }),
      () => refused(syncGroup, 5, { ...member, protocolType: 'consumer', protocolName: 'range', assignments: [] }),
      () => refused(joinGroup, 9, { groupId: CLASSIC_GROUP, memberId: 'nobody', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, protocolType: 'consumer', protocols: [{ name: 'range', metadata: Buffer.alloc(0) }] }),
      () => refused(joinGroup, 9, { groupId: CLASSIC_GROUP, memberId: '', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, protocolType: 'connect', protocols: [{ name: 'x', metadata: Buffer.alloc(0) }] }),
      () => refused(leaveGroup, 5, { groupId: CLASSIC_GROUP, members: [{ memberId: 'nobody' }, { memberId: 'nobody', groupInstanceId: 'kept' }] }),
      () => refused(offsetCommit, 9, { ...offsets, memberId: classicMember, generationIdOrMemberEpoch: generation + 1 }),
      () => refused(offsetCommit, 9, offsets),
      () => refused(offsetCommit, 9, { ...offsets, groupId: CONSUMER_GROUP, memberId: 'kept-member', generationIdOrMemberEpoch: consumerEpoch + 5 }),
      () => refused(offsetDelete, 0, { groupId: CLASSIC_GROUP, topics: [{ name: PLAIN, partitions: [{ partitionIndex: 0 }] }] }),
      () => refused(deleteGroups, 2, { groupsNames: [CLASSIC_GROUP, CONSUMER_GROUP] }),
      () => refused(consumerGroupHeartbeat, 1, { groupId: CONSUMER_GROUP, memberId: 'kept-member', memberEpoch: consumerEpoch + 9 }),
      () => refused(consumerGroupHeartbeat, 1, { groupId: CONSUMER_GROUP, memberId: 'nobody', memberEpoch: -1 }),
      () => refused(endTxn, 5, { ...other, committed: true }),
      () => refused(endTxn, 3, { ...other, committed: false }),
      () => refused(addPartitionsToTxn, 3, {
        v3AndBelowTransactionalId: TRANSACTIONAL_ID, v3AndBelowProducerId: other.producerId, v3AndBelowProducerEpoch: producerEpoch, v3AndBelowTopics: [{ name: PLAIN, partitions: [0] }],
      }),
      () => refused(addOffsetsToTxn, 3, { ...other, groupId: CLASSIC_GROUP }),
      () => refused(txnOffsetCommit, 3, { ...other, ...offsets }),
      () => refused(initProducerId, 5, { ...other, transactionTimeoutMs: 1000 }),
      () => refused(produce, 12, { transactionalId: TRANSACTIONAL_ID, acks: -1, timeoutMs: 1000, topicData: [{ name: LEDGER, partitionData: [{ index: 0, records }] }] }),
    ]
    await ways[this.#random.below(ways.length)]?.()
  }
}

function codesIn(value: unknown): number[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, each]) => (typeof each === 'number' && /errorCode$/i.test(name) ? [each] : codesIn(each)))
}
