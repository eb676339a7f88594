/**
 * DeleteRecords (21): v0 to v2.
 * Moves the start of a partition up (KIP-107): -1 to the high watermark, an offset at or below the start changes nothing. The new start is
 * on disk before the answer leaves; whole segments below it are dropped behind. Refused where the policy is to compact only (an empty policy
 * allows it), and for internal topics. The timeout is not needed: there is no other replica to wait for.
 */

import type { PartitionLog } from '../../log/partition-log.ts'
import { deleteRecords } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { handler, type RequestContext } from '../handler.ts'
import { isInternalTopic } from '../topic-name.ts'

type Asked = RequestOf<typeof deleteRecords>['topics'][number]['partitions'][number]
type PartitionAnswer = ResponseOf<typeof deleteRecords>['topics'][number]['partitions'][number]

const HIGH_WATERMARK = -1n
const NO_WATERMARK = -1

export const deleteRecordsHandler = handler(deleteRecords, async (request, context) => {
  const trimmed: PartitionLog[] = []
  const topics = byTopic(request).map(([name, partitions]) => ({
    name,
    partitions: partitions.map(asked => trim(name, asked, context, trimmed)),
  }))
  if (trimmed.length === 0) return { topics }
  const failure = await context.broker.sweeps.keepStarts(trimmed)
  if (!failure) return { topics }
  const isLost = new Set(trimmed.map(log => `${log.topic} ${log.partition}`))
  return {
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(answer => (isLost.has(`${name} ${answer.partitionIndex}`) ? refused(answer, 'KAFKA_STORAGE_ERROR') : answer)),
    })),
  }
})

/** A topic that is named twice is answered once, one without partitions not at all, and of a partition named twice the last offset counts, as in Kafka's map. */
function byTopic(request: RequestOf<typeof deleteRecords>): [string, Asked[]][] {
  const topics = new Map<string, Map<number, Asked>>()
  for (const { name, partitions } of request.topics) {
    const known = topics.get(name) ?? new Map<number, Asked>()
    topics.set(name, known)
    for (const asked of partitions) known.set(asked.partitionIndex, asked)
  }
  return [...topics].filter(([, partitions]) => partitions.size > 0).map(([name, partitions]) => [name, [...partitions.values()]])
}

function trim(topic: string, asked: Asked, { broker, node }: RequestContext, trimmed: PartitionLog[]): PartitionAnswer {
  const partition = broker.topics.partition(topic, asked.partitionIndex)
  if (!partition) return refused(asked, 'UNKNOWN_TOPIC_OR_PARTITION')
  if (isInternalTopic(topic)) return refused(asked, 'INVALID_TOPIC_EXCEPTION')
  const log = partition.logFor(node.id)
  if (!log) return refused(asked, 'NOT_LEADER_OR_FOLLOWER')
  const { cleanupPolicy } = log.config
  if (cleanupPolicy.includes('compact') && !cleanupPolicy.includes('delete')) return refused(asked, 'POLICY_VIOLATION')
  const offset = asked.offset === HIGH_WATERMARK ? log.highWatermark : asked.offset
  if (offset < 0 || offset > log.highWatermark) return refused(asked, 'OFFSET_OUT_OF_RANGE')
  if (offset > log.startOffset) log.trimTo(Number(offset))
  // A start that moved earlier may still wait for the disk, or have been refused by it: this answer waits for it too.
  else if (!broker.sweeps.hasUnsavedStart(log)) return { partitionIndex: asked.partitionIndex, lowWatermark: log.startOffset, errorCode: 0 }
  trimmed.push(log)
  return { partitionIndex: asked.partitionIndex, lowWatermark: log.startOffset, errorCode: 0 }
}

function refused({ partitionIndex }: { readonly partitionIndex: number }, error: KafkaError): PartitionAnswer {
  return { partitionIndex, lowWatermark: NO_WATERMARK, errorCode: errorCode(error) }
}
