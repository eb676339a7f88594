/**
 * ListPartitionReassignments (46): v0.
 * The moves that are under way (KIP-455): those to brokers that are down. No list: of all topics.
 */

import { listPartitionReassignments } from '../../protocol/apis/index.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import { handler } from '../handler.ts'
import type { Reassignment } from '../reassignments.ts'

type TopicAnswer = ResponseOf<typeof listPartitionReassignments>['topics'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]

export const listPartitionReassignmentsHandler = handler(listPartitionReassignments, ({ topics: asked }, { broker }) => {
  const { reassignments } = broker.cluster
  const found = asked === null ? [...reassignments.list()] : asked.flatMap(({ name, partitionIndexes }) => partitionIndexes.flatMap(index => {
    const partition = broker.topics.partition(name, index)
    return (partition && reassignments.of(partition)) ?? []
  }))
  return { errorCode: 0, errorMessage: null, topics: byTopic(found) }
})

function byTopic(found: readonly Reassignment[]): TopicAnswer[] {
  const topics = new Map<string, PartitionAnswer[]>()
  for (const { partition, adding, removing } of new Map(found.map(each => [each.partition, each])).values()) {
    const partitions = topics.get(partition.topic) ?? []
    topics.set(partition.topic, partitions)
    partitions.push({ partitionIndex: partition.index, replicas: partition.standing.replicas, addingReplicas: adding, removingReplicas: removing })
  }
  return Array.from(topics, ([name, partitions]) => ({ name, partitions }))
}
