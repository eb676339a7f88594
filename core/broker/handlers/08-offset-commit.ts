/**
 * OffsetCommit (8): v2 to v10.
 * Members commit in their generation, others to groups without members; what exists of the request is stored as one batch, or none of it.
 * v2-4 may give a retention of their own; from v10 topics are named by id.
 */

import type { CommitAnswer } from '../../groups/offset-commit.ts'
import { offsetCommit } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { handler, type RequestContext } from '../handler.ts'

type Topic = RequestOf<typeof offsetCommit>['topics'][number]

/** What a request says when it leaves the retention to the broker. */
const NO_RETENTION = -1n

export const offsetCommitHandler = handler(offsetCommit, (request, context) => {
  const named = request.topics.map(topic => ({ ...topic, known: knownName(topic, context) }))
  const committed = context.node.groups.commit({
    groupId: request.groupId,
    memberId: request.memberId,
    instanceId: request.groupInstanceId,
    generation: request.generationIdOrMemberEpoch,
    retentionMs: request.retentionTimeMs === NO_RETENTION ? null : Number(request.retentionTimeMs),
    canNameMissingGroup: context.version >= 9,
    topics: named.flatMap(({ known, partitions }) => known === undefined ? [] : [{
      topic: known,
      partitions: partitions.map(each => ({
        partition: each.partitionIndex, offset: each.committedOffset, leaderEpoch: each.committedLeaderEpoch, metadata: each.committedMetadata,
      })),
    }]),
  })
  const answer = answerOf(named, committed)
  const stored = context.node.groups.stored(request.groupId)
  return stored ? stored.then(() => answer, () => answerOf(named, committed, 'NOT_COORDINATOR')) : answer
})

type Named = Topic & { readonly known: string | undefined }

/** `failure`: what those are told that were stored, and that the disk then could not keep. */
function answerOf(named: readonly Named[], committed: CommitAnswer, failure: KafkaError = 'NONE'): ResponseOf<typeof offsetCommit> {
  const answers = committed.values()
  return {
    topics: named.map(({ name, topicId, known, partitions }) => {
      const answered = known === undefined ? undefined : answers.next().value
      return {
        name, topicId,
        partitions: partitions.map(({ partitionIndex }, at) => ({
          partitionIndex, errorCode: errorCode(errorOf(answered?.partitions[at]?.error, failure)),
        })),
      }
    }),
  }
}

function errorOf(error: KafkaError | undefined, failure: KafkaError): KafkaError {
  return error === 'NONE' ? failure : (error ?? 'UNKNOWN_TOPIC_ID')
}

/** undefined for an id no topic has; an unknown name is for the coordinator to refuse. */
function knownName({ name, topicId }: Topic, { broker, version }: RequestContext): string | undefined {
  return version >= 10 ? broker.topics.byId(topicId)?.record.name : name
}
