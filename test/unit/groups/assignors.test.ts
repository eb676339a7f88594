import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AssignedMember, Assignment } from '../../../core/groups/assignors/assignor.ts'
import { assignRange } from '../../../core/groups/assignors/range.ts'
import { assignUniform } from '../../../core/groups/assignors/uniform.ts'

const TOPICS = ['t0', 't1', 't2', 't3']
type Drawn = { readonly counts: readonly number[]; readonly members: readonly AssignedMember[] }

/** Members that subscribe to the same topics, or each to its own; what they have so far is theirs alone, but may be gone or not subscribed. */
const drawn = (isHomogeneous: boolean): fc.Arbitrary<Drawn> => fc.record({
  counts: fc.array(fc.nat(12), { minLength: TOPICS.length, maxLength: TOPICS.length }),
  subscriptions: fc.array(fc.subarray(TOPICS), { minLength: 1, maxLength: 7 }),
  owners: fc.array(fc.nat(9), { minLength: 48, maxLength: 48 }),
}).map(({ counts, subscriptions, owners }) => ({
  counts,
  members: subscriptions.map((own, at): AssignedMember => ({
    memberId: `m${at}`,
    instanceId: null,
    topicIds: new Set(isHomogeneous ? subscriptions[0] : own),
    current: new Map(TOPICS.map((topic, topicAt): [string, number[]] => [
      topic, owners.slice(12 * topicAt, 12 * topicAt + 12).flatMap((owner, partition) => (owner === at ? [partition] : [])),
    ]).filter(([, partitions]) => partitions.length > 0)),
  })),
}))

const countOf = ({ counts }: Drawn) => (topicId: string): number => counts[TOPICS.indexOf(topicId)] ?? 0
const sizeOf = (assignment: Assignment | undefined): number => [...assignment?.values() ?? []].reduce((sum, { length }) => sum + length, 0)

/** Each partition of a subscribed topic once, with a member that subscribes to it. */
function expectWhole(task: Drawn, assignments: ReadonlyMap<string, Assignment>): void {
  const given: string[] = []
  for (const { memberId, topicIds } of task.members) {
    for (const [topicId, partitions] of assignments.get(memberId) ?? []) {
      expect(topicIds.has(topicId)).toBe(true)
      for (const partition of partitions) given.push(`${topicId}-${partition}`)
    }
  }
  const subscribed = TOPICS.filter(topic => task.members.some(({ topicIds }) => topicIds.has(topic)))
  expect(given.sort()).toEqual(subscribed.flatMap(topic => Array.from({ length: countOf(task)(topic) }, (_, partition) => `${topic}-${partition}`)).sort())
}

const run = (assign: typeof assignUniform, task: Drawn) => assign({ members: task.members, partitionCountOf: countOf(task) })
const withCurrent = (task: Drawn, assignments: ReadonlyMap<string, Assignment>): Drawn => ({
  ...task, members: task.members.map(member => ({ ...member, current: assignments.get(member.memberId) ?? new Map() })),
})

test('uniform gives each partition to one subscriber, members of the same subscription at most one apart', () => {
  fc.assert(fc.property(drawn(true), task => {
    const assignments = run(assignUniform, task)
    expectWhole(task, assignments)
    const sizes = task.members.map(({ memberId }) => sizeOf(assignments.get(memberId)))
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
  }))
})

test('uniform moves no more partitions than evenness asks for', () => {
  fc.assert(fc.property(drawn(true), task => {
    const assignments = run(assignUniform, task)
    const valid = task.members.map(({ memberId, topicIds, current }) => ({
      memberId, kept: [...current].flatMap(([topicId, partitions]) => topicIds.has(topicId) ? partitions.filter(each => each < countOf(task)(topicId)).map(each => ({ topicId, each })) : []),
    }))
    const total = [...task.members[0]?.topicIds ?? []].reduce((sum, topic) => sum + countOf(task)(topic), 0)
    const least = Math.floor(total / task.members.length)
    const withOneMore = total % task.members.length
    // The fullest keep one more than the others.
    const mayKeep = valid.map(({ kept }) => kept.length).sort((a, b) => b - a).reduce((sum, has, at) => sum + Math.min(has, at < withOneMore ? least + 1 : least), 0)
    const keeps = valid.reduce((sum, { memberId, kept }) => sum + kept.filter(({ topicId, each }) => assignments.get(memberId)?.get(topicId)?.includes(each)).length, 0)
    expect(keeps).toBe(mayKeep)
  }))
})

test('uniform takes from the fullest first, whichever topic that costs', () => {
  const topicIds = new Set(['t2', 't3'])
  const currents = [{ t2: [1, 2, 3, 4] }, {}, { t2: [5], t3: [0, 1] }, { t2: [0] }, {}, {}]
  const members = currents.map((current, at): AssignedMember => ({ memberId: `m${at}`, instanceId: null, topicIds, current: new Map(Object.entries(current)) }))
  const assignments = run(assignUniform, { counts: [0, 0, 6, 2], members })
  const kept = members.map(({ memberId, current }) => [...current].flatMap(([topicId, partitions]) => partitions.filter(each => assignments.get(memberId)?.get(topicId)?.includes(each))).length)
  expect(kept).toEqual([2, 0, 2, 1, 0, 0])
})

test('uniform over different subscriptions leaves no partition that would even things out elsewhere, and then moves nothing', () => {
  fc.assert(fc.property(drawn(false), task => {
    const assignments = run(assignUniform, task)
    expectWhole(task, assignments)
    for (const giver of task.members) {
      for (const topicId of assignments.get(giver.memberId)?.keys() ?? []) {
        for (const taker of task.members) {
          if (taker.topicIds.has(topicId)) expect(sizeOf(assignments.get(giver.memberId)) - sizeOf(assignments.get(taker.memberId))).toBeLessThanOrEqual(1)
        }
      }
    }
    expect(run(assignUniform, withCurrent(task, assignments))).toEqual(assignments)
  }))
})

test('range cuts each topic into ranges over its subscribers, equal topics alike', () => {
  fc.assert(fc.property(drawn(false), task => {
    const assignments = run(assignRange, task)
    expectWhole(task, assignments)
    for (const assignment of assignments.values()) {
      for (const partitions of assignment.values()) expect(partitions).toEqual(Array.from(partitions, (_, at) => (partitions[0] ?? 0) + at))
    }
  }))
  fc.assert(fc.property(drawn(true), fc.nat(12), (task, count) => {
    const equal = { ...task, counts: TOPICS.map(() => count) }
    for (const assignment of run(assignRange, equal).values()) expect(new Set([...assignment.values()].map(String)).size).toBeLessThanOrEqual(1)
  }))
})

test('range counts static members first, by their instance', () => {
  const member = (memberId: string, instanceId: string | null): AssignedMember => ({ memberId, instanceId, topicIds: new Set(['t']), current: new Map() })
  const assignments = assignRange({ members: [member('a', null), member('x', 'i2'), member('z', 'i1'), member('B', null)], partitionCountOf: () => 6 })
  expect(Object.fromEntries(Array.from(assignments, ([memberId, topics]) => [memberId, topics.get('t')]))).toEqual({ z: [0, 1], x: [2, 3], B: [4], a: [5] })
})
