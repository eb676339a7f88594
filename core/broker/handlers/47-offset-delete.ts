/**
 * OffsetDelete (47): v0.
 * Committed offsets of a group go, each partition with its own answer: GROUP_SUBSCRIBED_TO_TOPIC where a member reads the topic,
 * UNKNOWN_TOPIC_OR_PARTITION for what does not exist. A group that is missing (GROUP_ID_NOT_FOUND), or whose members are no consumers
 * (NON_EMPTY_GROUP), refuses the whole.
 */

import { offsetDelete } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { handler } from '../handler.ts'

export const offsetDeleteHandler = handler(offsetDelete, async ({ groupId, topics }, { broker, node }) => {
  const exists = (topic: string, partition: number): boolean => broker.topics.get(topic)?.partitions[partition] !== undefined
  const known = topics.map(({ name, partitions }) => ({
    topic: name, partitions: partitions.map(each => each.partitionIndex).filter(partition => exists(name, partition)),
  }))
  const answer = node.groups.deleteOffsets({ groupId, topics: known.filter(({ partitions }) => partitions.length > 0) })
  if (answer.error !== 'NONE') return { errorCode: errorCode(answer.error), topics: [] }
  const stored = await node.groups.stored(groupId)?.then(() => true, () => false)
  if (stored === false) return { errorCode: errorCode('NOT_COORDINATOR'), topics: [] }
  const unknown = topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.filter(({ partitionIndex }) => !exists(name, partitionIndex))
      .map(({ partitionIndex }) => ({ partitionIndex, errorCode: errorCode('UNKNOWN_TOPIC_OR_PARTITION') })),
  }))
  const answered = answer.topics.map(({ topic, partitions }) => ({
    name: topic, partitions: partitions.map(({ partition, error }) => ({ partitionIndex: partition, errorCode: errorCode(error) })),
  }))
  return { errorCode: 0, topics: [...unknown.filter(({ partitions }) => partitions.length > 0), ...answered] }
})
