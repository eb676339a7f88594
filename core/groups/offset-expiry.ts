/** Which committed offsets have outlived their retention (KIP-211), and which groups nothing is left of. */

import { CONSUMER_PROTOCOL_TYPE } from './classic-group.ts'
import type { CommittedOffsets } from './committed-offsets.ts'
import type { StoreGroup } from './group-store.ts'
import type { PendingOffsets } from './pending-offsets.ts'
import type { CommittedOffset, GroupRecord } from './stored.ts'

type Offsets = { readonly offsets: CommittedOffsets; readonly pending: PendingOffsets }

/** Tombstones for a group's expired offsets; and for the group itself when it is empty and none are left. What a transaction may yet change stays. */
export function expiredRecords(group: StoreGroup, { offsets, pending }: Offsets, nowMs: number, retentionMs: number): GroupRecord[] {
  const { groupId } = group
  const records: GroupRecord[] = []
  let kept = 0
  for (const { topic, partition, committed } of offsets.entriesOf(groupId)) {
    const mayExpire = !group.isSubscribedTo(topic) && !pending.has(groupId, topic, partition)
    if (mayExpire && hasExpired(group, committed, nowMs, retentionMs)) {
      records.push({ is: 'offset', groupId, topic, partition, value: null })
    } else {
      kept++
    }
  }
  const isWaitedFor = group.kind === 'classic' && group.pendingJoin.size > 0
  if (kept === 0 && group.isEmpty && !isWaitedFor && !pending.hasAny(groupId)) records.push(...group.tombstones())
  return records
}

/**
 * An empty classic group's offsets live from the moment it became empty, a simple group's from their commit; in a stable group of
 * consumers those of topics no member reads any more from their commit, as in a group of the consumer protocol, be it empty or not.
 * In any other state nothing expires.
 */
function hasExpired(group: StoreGroup, committed: CommittedOffset, nowMs: number, retentionMs: number): boolean {
  const fromMs = livesFromMs(group, committed)
  if (fromMs === undefined) return false
  if (committed.expireTimestampMs !== null) return nowMs >= committed.expireTimestampMs
  return nowMs - fromMs >= retentionMs
}

function livesFromMs(group: StoreGroup, { commitTimestampMs }: CommittedOffset): number | undefined {
  if (group.kind === 'consumer' || group.protocolType === null) return commitTimestampMs
  if (group.isEmpty) return group.stateTimestampMs ?? commitTimestampMs
  const isUnsubscribed = group.protocolType === CONSUMER_PROTOCOL_TYPE && group.phase.is === 'Stable' && group.subscribedTopics !== null
  return isUnsubscribed ? commitTimestampMs : undefined
}
