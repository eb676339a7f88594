/**
 * A member's way from what it owns to what it shall own (KIP-848): it first gives up what is not its any more, at its old epoch; then it
 * moves to the epoch of its target and takes what is free; what others still own it is given once they have let go.
 */

import type { ConsumerMember } from './consumer-member.ts'
import type { MemberState, OwnedPartitions, TopicPartitions } from './stored.ts'

export type Reconciling = {
  readonly member: ConsumerMember
  readonly target: TopicPartitions
  readonly targetEpoch: number
  /** Ids of the topics that it subscribes to now and that exist. */
  readonly topicIds: ReadonlySet<string>
  readonly hasNewSubscription: boolean
  /** What it says it owns; null when it did not say. */
  readonly owned: TopicPartitions | null
  /** Whether anybody owns a partition, or has not given it up yet. */
  isOwned(topicId: string, partition: number): boolean
}

/** The member one step further, or as it is; undefined when it has to start anew (FENCED_MEMBER_EPOCH). */
export function reconcile(input: Reconciling): ConsumerMember | undefined {
  const { member, targetEpoch, hasNewSubscription, owned } = input
  switch (member.state) {
    case 'stable':
      if (member.epoch !== targetEpoch) return nextStep(input, member.epoch)
      return hasNewSubscription ? dropUnsubscribed(input) : member
    case 'unrevoked-partitions':
      if (!ownsAny(owned, member.pendingRevocation)) return nextStep(input, member.epoch)
      return hasNewSubscription ? dropUnsubscribed(input) : member
    case 'unreleased-partitions':
      return nextStep(input, member.epoch)
    case 'unknown':
      // Written by a newer coordinator: only a member that owns nothing can be led on from there.
      return owned?.size === 0 ? nextStep(input, targetEpoch) : undefined
    default: return member.state satisfies never
  }
}

/** Who does not say what it owns may still own it. */
function ownsAny(owned: TopicPartitions | null, revoked: OwnedPartitions): boolean {
  if (!owned) return true
  for (const [topicId, partitions] of owned) {
    const gone = revoked.get(topicId)
    if (gone && partitions.some(partition => gone.has(partition))) return true
  }
  return false
}

function nextStep(input: Reconciling, epoch: number): ConsumerMember {
  const { member, target, targetEpoch, topicIds, owned } = input
  const kept = new Map<string, Map<number, number>>()
  const revoked = new Map<string, Map<number, number>>()
  const granted = new Map<string, number[]>()
  let mustWait = false
  for (const topicId of new Set([...target.keys(), ...member.assigned.keys()])) {
    const wanted = new Set(topicIds.has(topicId) ? target.get(topicId) : [])
    const has = member.assigned.get(topicId)
    for (const [partition, since] of has ?? []) put(wanted.has(partition) ? kept : revoked, topicId, partition, since)
    for (const partition of wanted) {
      if (has?.has(partition)) continue
      // What it is itself about to give up is as good as free: nobody else can have it meanwhile.
      const isFree = !input.isOwned(topicId, partition) || member.pendingRevocation.get(topicId)?.has(partition) === true
      if (!isFree) mustWait = true
      else granted.set(topicId, [...granted.get(topicId) ?? [], partition])
    }
  }
  if (revoked.size > 0 && ownsAny(owned, revoked)) {
    return moved(member, { epoch, state: 'unrevoked-partitions', assigned: kept, pendingRevocation: revoked })
  }
  for (const [topicId, partitions] of granted) for (const partition of partitions) put(kept, topicId, partition, targetEpoch)
  const state = mustWait ? 'unreleased-partitions' : 'stable'
  return moved(member, { epoch: targetEpoch, state, assigned: kept, pendingRevocation: new Map() })
}

/** Takes what a new subscription leaves out from what it has, without a look at the target. */
function dropUnsubscribed({ member, topicIds, owned }: Reconciling): ConsumerMember {
  const dropped = [...member.assigned].filter(([topicId]) => !topicIds.has(topicId))
  if (dropped.length === 0) return member
  const assigned = new Map([...member.assigned].filter(([topicId]) => topicIds.has(topicId)))
  const pendingRevocation = new Map(member.pendingRevocation)
  for (const [topicId, partitions] of dropped) pendingRevocation.set(topicId, new Map([...pendingRevocation.get(topicId) ?? [], ...partitions]))
  const { epoch, state } = member
  if (ownsAny(owned, pendingRevocation)) return moved(member, { epoch, state: 'unrevoked-partitions', assigned, pendingRevocation })
  return moved(member, { epoch, state, assigned, pendingRevocation: member.pendingRevocation })
}

function moved(member: ConsumerMember, to: {
  readonly epoch: number; readonly state: MemberState; readonly assigned: OwnedPartitions; readonly pendingRevocation: OwnedPartitions
}): ConsumerMember {
  return { ...member, ...to, previousEpoch: member.epoch }
}

function put(topics: Map<string, Map<number, number>>, topicId: string, partition: number, epoch: number): void {
  const partitions = topics.get(topicId)
  if (partitions) partitions.set(partition, epoch)
  else topics.set(topicId, new Map([[partition, epoch]]))
}

export function sameOwned(a: OwnedPartitions, b: OwnedPartitions): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId)
    if (!others || others.size !== partitions.size) return false
    for (const [partition, epoch] of partitions) if (others.get(partition) !== epoch) return false
  }
  return true
}

/** Whether everything in `owned` is in `assigned`; who does not say what it owns owns too much. */
export function isWithin(owned: TopicPartitions | null, assigned: OwnedPartitions): boolean {
  if (!owned) return false
  for (const [topicId, partitions] of owned) {
    const others = assigned.get(topicId)
    if (!others || partitions.some(partition => !others.has(partition))) return false
  }
  return true
}
