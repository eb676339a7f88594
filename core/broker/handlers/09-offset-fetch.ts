/**
 * OffsetFetch (9): v1 to v10.
 * What groups have committed; an unknown group or partition is no error but an offset of -1. Null topics (v2) ask for all, v8 asks for many
 * groups at once, v10 names topics by id. requireStable (v7)
 * refuses offsets that an open transaction may yet change, with UNSTABLE_OFFSET_COMMIT. Member epochs change nothing: there are only classic groups.
 */

import type { FetchOffsetsAnswer } from '../../groups/group-coordinator.ts'
import { offsetFetch } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { ZERO_UUID } from '../../protocol/wire.ts'
import { handler, type RequestContext } from '../handler.ts'
import { firstOfEach } from '../tally.ts'

type Request = RequestOf<typeof offsetFetch>
type GroupRequest = Request['groups'][number]
type TopicAnswer = NonNullable<ResponseOf<typeof offsetFetch>['groups']>[number]['topics'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]

export const offsetFetchHandler = handler(offsetFetch, (request, context) => {
  if (context.version < 8) return oneGroup(request, context)
  // All offsets of a group are told once, however often one frame asks: its answer must not outgrow it without bound.
  const asked = request.groups.map((group, at) => ({ group, key: group.topics === null ? `all of ${group.groupId}` : String(at) }))
  return { groups: firstOfEach(asked, ({ key }) => key).map(({ group }) => context.version < 10 ? byName(group, request, context) : byId(group, request, context)) }
})

function oneGroup({ groupId, topics, requireStable }: Request, { node, version }: RequestContext): ResponseOf<typeof offsetFetch> {
  const fetched = node.groups.fetchOffsets({
    groupId, requireStable, topics: topics && topics.map(({ name, partitionIndexes }) => ({ topic: name, partitions: partitionIndexes })),
  })
  // Version 1 has no error of the whole: each partition carries it.
  if (fetched.error !== 'NONE' && version === 1) {
    return { topics: (topics ?? []).map(({ name, partitionIndexes }) => ({ name, partitions: refused(partitionIndexes, fetched.error) })) }
  }
  return { errorCode: errorCode(fetched.error), topics: fetched.topics.map(topic => ({ name: topic.topic, partitions: partitionsOf(topic) })) }
}

function byName({ groupId, memberId, memberEpoch, topics }: GroupRequest, { requireStable }: Request, { node }: RequestContext): NonNullable<ResponseOf<typeof offsetFetch>['groups']>[number] {
  const fetched = node.groups.fetchOffsets({
    groupId, memberId, memberEpoch, requireStable, topics: topics && topics.map(({ name, partitionIndexes }) => ({ topic: name, partitions: partitionIndexes })),
  })
  return { groupId, errorCode: errorCode(fetched.error), topics: fetched.topics.map(topic => ({ name: topic.topic, partitions: partitionsOf(topic) })) }
}

/** Ids that no topic has are refused where they were asked for; when all were asked for, topics without an id are left out. */
function byId({ groupId, memberId, memberEpoch, topics }: GroupRequest, { requireStable }: Request, { broker, node }: RequestContext): NonNullable<ResponseOf<typeof offsetFetch>['groups']>[number] {
  const asked = topics?.map(({ topicId, partitionIndexes }) => ({ topicId, partitionIndexes, name: broker.topics.byId(topicId)?.record.name }))
  const fetched = node.groups.fetchOffsets({
    groupId,
    memberId,
    memberEpoch,
    requireStable,
    topics: asked ? asked.flatMap(({ name, partitionIndexes }) => name === undefined ? [] : [{ topic: name, partitions: partitionIndexes }]) : null,
  })
  if (fetched.error !== 'NONE') return { groupId, errorCode: errorCode(fetched.error), topics: [] }
  const known = fetched.topics.flatMap((topic): TopicAnswer[] => {
    const topicId = broker.topics.get(topic.topic)?.record.topicId ?? ZERO_UUID
    return topicId === ZERO_UUID ? [] : [{ topicId, partitions: partitionsOf(topic) }]
  })
  const unknown = asked?.filter(({ name }) => name === undefined)
    .map(({ topicId, partitionIndexes }) => ({ topicId, partitions: refused(partitionIndexes, 'UNKNOWN_TOPIC_ID') })) ?? []
  return { groupId, errorCode: 0, topics: [...known, ...unknown] }
}

function partitionsOf({ partitions }: FetchOffsetsAnswer['topics'][number]): PartitionAnswer[] {
  return partitions.map(({ partition, offset, leaderEpoch, metadata, error }) => ({
    partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: leaderEpoch, metadata, errorCode: errorCode(error ?? 'NONE'),
  }))
}

function refused(partitions: readonly number[], error: KafkaError): PartitionAnswer[] {
  return partitions.map(partition => ({
    partitionIndex: partition, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: errorCode(error),
  }))
}
