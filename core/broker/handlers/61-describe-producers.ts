/**
 * DescribeProducers (61): v0.
 * The producers that a partition knows, with their open transactions: by them an administrator finds one that hangs (KIP-664).
 */

import type { PartitionLog } from '../../log/partition-log.ts'
import { describeProducers } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import { handler, type RequestContext } from '../handler.ts'
import { topicNameProblem } from '../topic-name.ts'

type PartitionAnswer = ResponseOf<typeof describeProducers>['topics'][number]['partitions'][number]

export const describeProducersHandler = handler(describeProducers, ({ topics }, context) => {
  // Each partition once: it may know ten thousand producers, and a name costs four bytes.
  const asked = new Map<string, Set<number>>()
  for (const { name, partitionIndexes } of topics) {
    const indexes = asked.get(name) ?? new Set<number>()
    asked.set(name, indexes)
    for (const index of partitionIndexes) indexes.add(index)
  }
  return { topics: Array.from(asked, ([name, indexes]) => ({ name, partitions: Array.from(indexes, index => describe(name, index, context)) })) }
})

function describe(topic: string, partitionIndex: number, { broker, node }: RequestContext): PartitionAnswer {
  const problem = topicNameProblem(topic)
  if (problem !== undefined) return refused(partitionIndex, 'INVALID_TOPIC_EXCEPTION', problem)
  const partition = broker.topics.partition(topic, partitionIndex)
  if (!partition) return refused(partitionIndex, 'UNKNOWN_TOPIC_OR_PARTITION', broker.topics.get(topic) ? null : 'This server does not host this topic-partition.')
  const log = partition.logFor(node.id)
  return log ? { partitionIndex, errorCode: 0, activeProducers: producersOf(log) } : refused(partitionIndex, 'NOT_LEADER_OR_FOLLOWER')
}

function producersOf(log: PartitionLog): PartitionAnswer['activeProducers'] {
  return Array.from(log.producers(), ({ producerId, epoch, batches, lastTimestamp, coordinatorEpoch, currentTxnFirstOffset }) => ({
    producerId,
    producerEpoch: epoch,
    lastSequence: batches.at(-1)?.lastSequence ?? -1,
    lastTimestamp: BigInt(lastTimestamp),
    coordinatorEpoch,
    currentTxnStartOffset: currentTxnFirstOffset,
  }))
}

function refused(partitionIndex: number, error: KafkaError, errorMessage: string | null = null): PartitionAnswer {
  return { partitionIndex, errorCode: errorCode(error), errorMessage, activeProducers: [] }
}
