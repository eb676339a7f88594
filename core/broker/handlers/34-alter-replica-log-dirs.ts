/**
 * AlterReplicaLogDirs (34): v1 and v2.
 * There is one folder of logs: a replica may be moved to where it is, and another folder is LOG_DIR_NOT_FOUND, as in a Kafka with one
 * (KIP-113). Of a partition that is named twice the last folder counts.
 */

import { alterReplicaLogDirs } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import { handler, type RequestContext } from '../handler.ts'

/** Of the folder that a replica would be copied into: -<partition>.<32 digits>-future, within what file systems allow. */
const FOLDER_NAME_MAX = 255
const FUTURE_SUFFIX = `.${'0'.repeat(32)}-future`

export const alterReplicaLogDirsHandler = handler(alterReplicaLogDirs, ({ dirs }, context) => {
  const topics = new Map<string, Map<number, KafkaError>>()
  for (const { path, topics: moved } of dirs) {
    for (const { name, partitions } of moved) {
      for (const index of partitions) {
        const outcomes = topics.get(name) ?? new Map<number, KafkaError>()
        topics.set(name, outcomes.set(index, move(name, index, path, context)))
      }
    }
  }
  return {
    results: [...topics].map(([topicName, outcomes]) => ({
      topicName,
      partitions: [...outcomes].map(([partitionIndex, error]) => ({ partitionIndex, errorCode: errorCode(error) })),
    })),
  }
})

function move(topic: string, index: number, path: string, { broker, node }: RequestContext): KafkaError {
  if (`${topic}-${index}${FUTURE_SUFFIX}`.length > FOLDER_NAME_MAX) return 'INVALID_TOPIC_EXCEPTION'
  if (path !== broker.logFolder.path) return 'LOG_DIR_NOT_FOUND'
  const partition = broker.topics.partition(topic, index)
  if (!partition) return 'UNKNOWN_TOPIC_OR_PARTITION'
  if (partition.state.is === 'failed') return 'KAFKA_STORAGE_ERROR'
  return partition.facts && partition.standing.replicas.includes(node.id) ? 'NONE' : 'REPLICA_NOT_AVAILABLE'
}
