/**
 * The assignor `range`: each topic on its own is cut into ranges, in the order of the members. Topics of as many partitions and the same
 * subscribers are therefore cut alike: partition n of each goes to one member. Static members come first, by instance id.
 */

import type { AssignedMember, Assignment, AssignmentTask } from './assignor.ts'

export function assignRange({ members, partitionCountOf }: AssignmentTask): ReadonlyMap<string, Assignment> {
  const sorted = [...members].sort(byInstanceThenId)
  const assignments = new Map(members.map(({ memberId }) => [memberId, new Map<string, readonly number[]>()]))
  for (const [topicId, subscribers] of subscribersByTopic(sorted)) {
    const partitionCount = partitionCountOf(topicId)
    const quota = Math.floor(partitionCount / subscribers.length)
    const withOneMore = partitionCount % subscribers.length
    let start = 0
    for (const [at, memberId] of subscribers.entries()) {
      const length = quota + (at < withOneMore ? 1 : 0)
      const from = start
      if (length > 0) assignments.get(memberId)?.set(topicId, Array.from({ length }, (_, index) => from + index))
      start += length
    }
  }
  return assignments
}

function subscribersByTopic(members: readonly AssignedMember[]): ReadonlyMap<string, readonly string[]> {
  const subscribers = new Map<string, string[]>()
  for (const { memberId, topicIds } of members) {
    for (const topicId of topicIds) {
      const others = subscribers.get(topicId)
      if (others) others.push(memberId)
      else subscribers.set(topicId, [memberId])
    }
  }
  return subscribers
}

function byInstanceThenId(a: AssignedMember, b: AssignedMember): number {
  if (a.instanceId !== null && b.instanceId !== null) return compare(a.instanceId, b.instanceId)
  if (a.instanceId !== null) return -1
  if (b.instanceId !== null) return 1
  return compare(a.memberId, b.memberId)
}

/** As Java compares strings: by UTF-16 units. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
