/** Who may commit offsets of a consumer group, and fetch them: members at their epoch (KIP-848). */

import type { KafkaError } from '../protocol/errors.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { CommitRequest } from './offset-commit.ts'

export function checkConsumerCommit(group: ConsumerGroup, { memberId, generation, canNameMissingGroup }: CommitRequest): KafkaError {
  // An administrator, or a consumer that assigns partitions itself, may write to a group that nobody uses.
  if (generation < 0 && group.isEmpty) return 'NONE'
  const member = group.member(memberId)
  if (!member) return 'UNKNOWN_MEMBER_ID'
  // Before version 9 there are no member epochs.
  if (!canNameMissingGroup && member.classic === null) return 'UNSUPPORTED_VERSION'
  return generation === member.epoch ? 'NONE' : 'STALE_MEMBER_EPOCH'
}
