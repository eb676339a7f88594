/**
 * The assignor `uniform`: as even as subscriptions allow, and every member keeps what it has unless evenness asks for it.
 *
 * Members keep what they may, with the same subscriptions no more than their even share; what nobody has goes to whoever has least. With
 * different subscriptions partitions then move from members with more to members with at least two less, topic by topic, until no such
 * move is left.
 */

import { assert } from '../../common/assert.ts'
import type { Assignment, AssignmentTask } from './assignor.ts'

type Holder = { readonly memberId: string; readonly topics: Map<string, number[]>; load: number }

export function assignUniform({ members, partitionCountOf }: AssignmentTask): ReadonlyMap<string, Assignment> {
  const holders = new Map(members.map(({ memberId }): [string, Holder] => [memberId, { memberId, topics: new Map(), load: 0 }]))
  const subscribers = new Map<string, Holder[]>()
  for (const { memberId, topicIds } of members) {
    const holder = holders.get(memberId)
    assert(holder, 'every member holds something or nothing')
    for (const topicId of topicIds) {
      const others = subscribers.get(topicId)
      if (others) others.push(holder)
      else subscribers.set(topicId, [holder])
    }
  }
  const kept = keep(members, holders, partitionCountOf)
  if (isAlike(members)) {
    const total = Array.from(subscribers.keys(), partitionCountOf).reduce((sum, count) => sum + count, 0)
    freeSurplus([...holders.values()], kept, total)
  }
  for (const [topicId, candidates] of subscribers) {
    const free: number[] = []
    const taken = kept.get(topicId)
    for (let partition = 0; partition < partitionCountOf(topicId); partition++) if (!taken?.has(partition)) free.push(partition)
    handOut(topicId, free, candidates)
  }
  for (let hasMoved = true; hasMoved;) {
    hasMoved = false
    for (const [topicId, candidates] of subscribers) if (level(topicId, candidates)) hasMoved = true
  }
  return new Map(Array.from(holders.values(), ({ memberId, topics }) => [memberId, sorted(topics)]))
}

/** Lets members keep what they have of topics they still subscribe to; says which partitions those are. */
function keep(
  members: AssignmentTask['members'], holders: ReadonlyMap<string, Holder>, partitionCountOf: (topicId: string) => number,
): ReadonlyMap<string, Set<number>> {
  const kept = new Map<string, Set<number>>()
  for (const { memberId, topicIds, current } of members) {
    const holder = holders.get(memberId)
    for (const [topicId, partitions] of current) {
      if (!holder || !topicIds.has(topicId)) continue
      const taken = kept.get(topicId) ?? new Set()
      kept.set(topicId, taken)
      const count = partitionCountOf(topicId)
      for (const partition of partitions) {
        if (partition >= count || taken.has(partition)) continue
        taken.add(partition)
        give(holder, topicId, partition)
      }
    }
  }
  return kept
}

/** Whether all members subscribe to the same topics. */
function isAlike(members: AssignmentTask['members']): boolean {
  const first = members[0]?.topicIds
  return members.every(({ topicIds }) => topicIds.size === first?.size && [...topicIds].every(topicId => first.has(topicId)))
}

/** Takes from each what is above its even share; where the shares differ by one, who has most keeps one more. */
function freeSurplus(holders: readonly Holder[], kept: ReadonlyMap<string, Set<number>>, total: number): void {
  const least = Math.floor(total / holders.length)
  const withOneMore = total % holders.length
  for (const [at, holder] of [...holders].sort((a, b) => b.load - a.load).entries()) {
    const share = at < withOneMore ? least + 1 : least
    for (const [topicId, partitions] of holder.topics) {
      const surplus = partitions.splice(Math.max(partitions.length - Math.max(holder.load - share, 0), 0))
      for (const partition of surplus) kept.get(topicId)?.delete(partition)
      holder.load -= surplus.length
      if (partitions.length === 0) holder.topics.delete(topicId)
    }
  }
}

function give(holder: Holder, topicId: string, partition: number): void {
  const partitions = holder.topics.get(topicId)
  if (partitions) partitions.push(partition)
  else holder.topics.set(topicId, [partition])
  holder.load++
}

/** Each partition to the candidate that has least. */
function handOut(topicId: string, partitions: readonly number[], candidates: readonly Holder[]): void {
  if (partitions.length === 0) return
  const heap = new LoadHeap(candidates)
  for (const partition of partitions) {
    give(heap.least, topicId, partition)
    heap.leastHasGrown()
  }
}

/** Moves partitions of one topic from candidates that have more to those with at least two less; true when one has moved. */
function level(topicId: string, candidates: readonly Holder[]): boolean {
  const least = candidates.reduce((min, { load }) => Math.min(min, load), Infinity)
  // From the fullest down: what they give up raises the emptiest first.
  const givers = candidates.filter(({ load, topics }) => load > least + 1 && topics.has(topicId)).sort((a, b) => b.load - a.load)
  if (givers.length === 0) return false
  const heap = new LoadHeap(candidates)
  let hasMoved = false
  for (const giver of givers) {
    for (let own = giver.topics.get(topicId); own && giver.load > heap.least.load + 1;) {
      const partition = own.pop()
      assert(partition !== undefined, 'a topic without partitions is not listed')
      if (own.length === 0) {
        giver.topics.delete(topicId)
        own = undefined
      }
      giver.load--
      hasMoved = true
      give(heap.least, topicId, partition)
      heap.leastHasGrown()
    }
  }
  return hasMoved
}

function sorted(topics: ReadonlyMap<string, number[]>): Assignment {
  return new Map(Array.from(topics, ([topicId, partitions]) => [topicId, partitions.sort((a, b) => a - b)]))
}

/** Holders by their load, the least first. Who gives partitions away meanwhile stands too far down for a while, never too far up. */
class LoadHeap {
  readonly #heap: Holder[]

  constructor(holders: readonly Holder[]) {
    // A sorted list is a heap; ties stay in the order of the members.
    this.#heap = [...holders].sort((a, b) => a.load - b.load)
  }

  get least(): Holder {
    const [first] = this.#heap
    assert(first, 'a topic with partitions has a subscriber')
    return first
  }

  leastHasGrown(): void {
    const heap = this.#heap
    const moving = this.least
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const right = left + 1
      let next = left
      const [l, r] = [heap[left], heap[right]]
      if (!l) break
      if (r && r.load < l.load) next = right
      const child = heap[next]
      if (!child || child.load >= moving.load) break
      heap[at] = child
      at = next
    }
    heap[at] = moving
  }
}
