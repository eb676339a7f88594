/** Who may commit offsets of a consumer group, and fetch them: members at their epoch (KIP-848). */

import type { KafkaError } from '../protocol/errors.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { CommitRequest, CommitTopics } from './offset-commit.ts'

/**
 * NONE when this request may commit. An epoch the member has left since will do for partitions that it has had from then on (KIP-1251):
 * nobody else can have read them meanwhile. One partition that it has not had refuses the request.
 */
export function checkConsumerCommit(group: ConsumerGroup, request: CommitRequest, { idOf }: Pick<CommitTopics, 'idOf'>): KafkaError {
  const { memberId, generation, canNameMissingGroup, topics } = request
  // An administrator, or a consumer that assigns partitions itself, may write to a group that nobody uses.
  if (generation < 0 && group.isEmpty) return 'NONE'
  const member = group.member(memberId)
  if (!member) return 'UNKNOWN_MEMBER_ID'
  // Before version 9 there are no member epochs.
  if (!canNameMissingGroup && !member.classic) return 'UNSUPPORTED_VERSION'
  if (generation === member.epoch) return 'NONE'
  const hasAll = generation < member.epoch && topics.every(({ topic, partitions }) => {
    const topicId = idOf(topic) ?? ''
    const [assigned, revoked] = [member.assigned.get(topicId), member.pendingRevocation.get(topicId)]
    return partitions.every(({ partition }) => (assigned?.get(partition) ?? revoked?.get(partition) ?? Infinity) <= generation)
  })
  return hasAll ? 'NONE' : wrongEpoch(member)
}

/** NONE when this request may fetch; who names no member may. */
export function checkConsumerFetch(group: ConsumerGroup, memberId: string | null, memberEpoch: number): KafkaError {
  if (memberId === null && memberEpoch < 0) return 'NONE'
  const member = group.member(memberId ?? '')
  if (!member) return 'UNKNOWN_MEMBER_ID'
  return member.epoch === memberEpoch ? 'NONE' : wrongEpoch(member)
}

/** The word for a wrong epoch in the protocol that the member speaks. */
function wrongEpoch({ classic }: { readonly classic: unknown }): KafkaError {
  return classic ? 'ILLEGAL_GENERATION' : 'STALE_MEMBER_EPOCH'
}
