/**
 * OffsetForLeaderEpoch (23): v2 to v4.
 * Where an epoch ended: consumers compare it with what they read to notice a truncation (KIP-101, KIP-320).
 */

import { offsetForLeaderEpoch } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { handler, type RequestContext } from '../handler.ts'

type PartitionRequest = RequestOf<typeof offsetForLeaderEpoch>['topics'][number]['partitions'][number]
type PartitionAnswer = ResponseOf<typeof offsetForLeaderEpoch>['topics'][number]['partitions'][number]

export const offsetForLeaderEpochHandler = handler(offsetForLeaderEpoch, (request, context) => ({
  topics: request.topics.map(({ topic, partitions }) => ({ topic, partitions: partitions.map(asked => endOf(topic, asked, context)) })),
}))

function endOf(topic: string, asked: PartitionRequest, { broker, node }: RequestContext): PartitionAnswer {
  const partition = broker.topics.partition(topic, asked.partition)
  if (!partition) return refused(asked, 'UNKNOWN_TOPIC_OR_PARTITION')
  const log = partition.logFor(node.id)
  if (!log) return refused(asked, 'NOT_LEADER_OR_FOLLOWER')
  if (asked.currentLeaderEpoch >= 0 && asked.currentLeaderEpoch !== log.leaderEpoch) {
    return refused(asked, asked.currentLeaderEpoch < log.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH')
  }
  const { leaderEpoch, endOffset } = log.endOffsetForEpoch(asked.leaderEpoch)
  return { errorCode: 0, partition: asked.partition, leaderEpoch, endOffset }
}

function refused({ partition }: PartitionRequest, error: KafkaError): PartitionAnswer {
  return { errorCode: errorCode(error), partition, leaderEpoch: -1, endOffset: -1 }
}
