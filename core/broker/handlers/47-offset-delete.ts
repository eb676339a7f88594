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
  const answers = answer.topics.values()
  return {
    errorCode: 0,
    topics: topics.filter(({ partitions }) => partitions.length > 0).map(({ name, partitions }) => {
      const answered = partitions.some(({ partitionIndex }) => exists(name, partitionIndex)) ? answers.next().value?.partitions.values() : undefined
      return {
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: errorCode(exists(name, partitionIndex) ? answered?.next().value?.error ?? 'NONE' : 'UNKNOWN_TOPIC_OR_PARTITION'),
        })),
      }
    }),
  }
})
