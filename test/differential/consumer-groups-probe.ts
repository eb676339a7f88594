/** Groups of the consumer protocol (KIP-848): joins, epochs, reconciliation, fencing, static members, patterns, commits, descriptions, ends. */

import { setTimeout as pause } from 'node:timers/promises'
import {
  consumerGroupDescribe, consumerGroupHeartbeat, deleteGroups, describeGroups, heartbeat, joinGroup, leaveGroup, listGroups, offsetCommit, offsetDelete, offsetFetch, syncGroup,
} from '../../core/protocol/apis/index.ts'
import type { RequestToSend, ResponseReceived } from '../../core/protocol/schema.ts'
import { type Probe, probe, UNKNOWN_ID, versionsOf } from './probe.ts'

export const probeConsumerGroups = (port: number) => probe(port, makeReady, refusals, oneMember, ofNothing, twoMembers, instances, patterns, offsets, described)

type Beat = RequestToSend<typeof consumerGroupHeartbeat>
type Answer = ResponseReceived<typeof consumerGroupHeartbeat>

const GROUPS = ['solo', 'pair', 'instances', 'patterns', 'offsets', 'refused', 'absent', 'simple', 'nothing']
const joining = { memberEpoch: 0, rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['orders'], topicPartitions: [] } as const

async function makeReady(of: Probe): Promise<void> {
  await of.createTopic('orders', 4)
  await of.createTopic('others', 2)
  await of.settle()
  for (const group of GROUPS) {
    await of.coordinated(0, group)
    while ((await of.know(offsetFetch, 8, { groups: [{ groupId: group, topics: null }] })).groups[0]?.errorCode !== 0) await pause(50)
  }
}

async function refusals(of: Probe): Promise<void> {
  const good: Beat = { ...joining, groupId: 'refused', memberId: 'm', subscribedTopicNames: ['orders'], topicPartitions: [] }
  const bad: Readonly<Record<string, Partial<Beat>>> = {
    'no group': { groupId: '' }, 'a blank group': { groupId: ' ' }, 'no id': { memberId: '' }, 'a long id': { memberId: 'x'.repeat(40) }, 'an epoch of -3': { memberEpoch: -3 }, 'an epoch of -2 without an instance': { memberEpoch: -2 },
    'an epoch that nobody gave': { memberEpoch: 5 }, 'a leave of nobody': { memberEpoch: -1 }, 'an empty instance': { instanceId: '' }, 'a blank instance': { instanceId: ' ' }, 'an empty rack': { rackId: '' }, 'a blank rack': { rackId: ' ' },
    'no time to rebalance': { rebalanceTimeoutMs: -1 }, 'a time of 0 to rebalance': { rebalanceTimeoutMs: 0 }, 'no subscription': { subscribedTopicNames: null }, 'partitions of its own': { topicPartitions: [{ topicId: UNKNOWN_ID, partitions: [0] }] },
    'no partitions named': { topicPartitions: null }, 'an assignor there is not': { serverAssignor: 'sticky' }, 'an assignor without a name': { serverAssignor: '' }, 'a leave of an instance nobody knows': { memberEpoch: -2, instanceId: 'i' },
    'a leave of an instance for ever': { memberEpoch: -1, instanceId: 'i' }, 'an instance with an epoch': { memberEpoch: 3, instanceId: 'i' },
  }
  for (const version of versionsOf(consumerGroupHeartbeat)) {
    for (const [step, more] of Object.entries(bad)) {
      const answer = await of.ask(step, consumerGroupHeartbeat, version, { ...good, ...more }, named)
      // What was taken is taken back: refusals are what this is about.
      if (answer?.errorCode === 0 && answer.memberId) await of.know(consumerGroupHeartbeat, 1, { groupId: 'refused', memberId: answer.memberId, memberEpoch: -1 })
    }
    if (version < 1) continue
    for (const regex of ['', ' ', '[', '(?=a)', '(a', 'a{1001}', '\\', '*']) {
      const answer = await of.ask(`the pattern '${regex}'`, consumerGroupHeartbeat, version, { ...good, subscribedTopicNames: null, subscribedTopicRegex: regex }, named)
      if (answer?.errorCode === 0) await of.know(consumerGroupHeartbeat, 1, { groupId: 'refused', memberId: 'm', memberEpoch: -1 })
    }
  }
}

/** Ids that the broker made are told apart by nothing here. */
function named({ memberId, assignment, ...answer }: Answer): unknown {
  return {
    ...answer, memberId: memberId && memberId.length === 22 ? 'made' : memberId,
    assignment: assignment?.topicPartitions.map(({ topicId, partitions }) => ({ topicId, partitions: [...partitions].sort() })) ?? null,
  }
}

/** A heartbeat that names what the member owns: what it was last assigned. */
class Member {
  readonly #of: Probe
  readonly #who: { readonly groupId: string; readonly memberId: string; readonly instanceId: string | null }
  epoch = 0
  #owned: Beat['topicPartitions'] = []

  constructor(of: Probe, groupId: string, memberId: string, instanceId: string | null = null) {
    this.#of = of
    this.#who = { groupId, memberId, instanceId }
  }

  async beat(step: string, more: Partial<Beat> = {}, version = 1): Promise<void> {
    const answer = await this.#of.ask(`${this.#who.memberId}: ${step}`, consumerGroupHeartbeat, version, { ...this.#who, memberEpoch: this.epoch, ...more }, named)
    if (answer?.errorCode !== 0) return
    this.epoch = answer.memberEpoch
    if (answer.assignment) this.#owned = answer.assignment.topicPartitions
  }

  join(step: string, more: Partial<Beat> = {}): Promise<void> {
    this.epoch = 0
    return this.beat(step, { rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['orders'], topicPartitions: [], ...more })
  }

  /** Owns what it was assigned. */
  own(step: string): Promise<void> {
    return this.beat(step, { topicPartitions: this.#owned ?? [] })
  }

  /** Beats until the broker has nothing more to change. */
  async settle(...others: readonly Member[]): Promise<void> {
    const members = [this, ...others]
    for (let round = 0; round < 6; round++) for (const member of members) await member.own(`round ${round}`)
  }
}

async function oneMember(of: Probe): Promise<void> {
  const solo = new Member(of, 'solo', 'a')
  await solo.join('joins')
  await solo.own('owns it')
  await solo.beat('has nothing to say')
  await solo.beat('an epoch before', { memberEpoch: solo.epoch - 1 })
  await solo.beat('an epoch ahead', { memberEpoch: solo.epoch + 1 })
  await solo.beat('an epoch far before', { memberEpoch: -5 })
  await solo.beat('another topic', { subscribedTopicNames: ['orders', 'others'] })
  await solo.settle()
  await solo.beat('a topic there is not', { subscribedTopicNames: ['nowhere'] })
  await solo.settle()
  await solo.beat('nothing', { subscribedTopicNames: [] })
  await solo.settle()
  await solo.beat('the other assignor', { subscribedTopicNames: ['others', 'orders', 'orders'], serverAssignor: 'range' })
  await solo.settle()
  await solo.beat('an assignor there is not', { serverAssignor: 'sticky' })
  await solo.beat('an instance it has not', { instanceId: 'i' })
  await solo.beat('what it does not own', { topicPartitions: [{ topicId: of.id('orders'), partitions: [0, 99] }] })
  await solo.beat('what there is not', { topicPartitions: [{ topicId: UNKNOWN_ID, partitions: [0] }] })
  await solo.join('joins again')
  await solo.own('owns it again')
  for (const [what, memberId] of [['nobody', 'zz'], ['no id', '']] as const) {
    await of.ask(`a heartbeat of ${what}`, consumerGroupHeartbeat, 1, { groupId: 'solo', memberId, memberEpoch: 3 })
    await of.ask(`a leave of ${what}`, consumerGroupHeartbeat, 1, { groupId: 'solo', memberId, memberEpoch: -1 })
  }
  await solo.beat('a leave as if it were static', { memberEpoch: -2 })
  await solo.beat('leaves', { memberEpoch: -1 })
  await solo.beat('leaves again', { memberEpoch: -1 })
  await solo.join('comes back')
  await solo.beat('leaves', { memberEpoch: -1 })
}

async function ofNothing(of: Probe): Promise<void> {
  const one = new Member(of, 'nothing', 'a')
  await one.join('joins for nothing', { subscribedTopicNames: [] })
  await one.own('owns nothing')
  await of.ask('described with nothing', consumerGroupDescribe, 1, { groupIds: ['nothing'], includeAuthorizedOperations: false }, plainly)
  await one.beat('subscribes', { subscribedTopicNames: ['orders'] })
  await one.settle()
  await one.beat('leaves', { memberEpoch: -1 })
}

async function twoMembers(of: Probe): Promise<void> {
  const [a, b] = [new Member(of, 'pair', 'a'), new Member(of, 'pair', 'b')]
  await a.join('joins alone')
  await a.own('owns all')
  await b.join('joins')
  await b.own('waits for what is not free')
  await a.beat('hears of it')
  await of.ask('described in between', consumerGroupDescribe, 1, { groupIds: ['pair'], includeAuthorizedOperations: true }, plainly)
  await a.settle(b)
  await of.ask('described when settled', consumerGroupDescribe, 1, { groupIds: ['pair'], includeAuthorizedOperations: false }, plainly)
  await b.beat('subscribes to more', { subscribedTopicNames: ['orders', 'others'] })
  await a.settle(b)
  await b.beat('leaves', { memberEpoch: -1 })
  await a.settle()
  await of.createTopic('late', 2)
  await of.settle()
  await a.beat('subscribes to what came late', { subscribedTopicNames: ['orders', 'late'] })
  await a.settle()
  await of.ask('deleted while it lives', deleteGroups, 2, { groupsNames: ['pair'] })
  await a.beat('leaves', { memberEpoch: -1 })
  await of.ask('described when empty', consumerGroupDescribe, 1, { groupIds: ['pair'], includeAuthorizedOperations: false }, plainly)
}

async function instances(of: Probe): Promise<void> {
  const [a, b] = [new Member(of, 'instances', 'a', 'i1'), new Member(of, 'instances', 'b', 'i2')]
  await a.join('joins')
  await b.join('joins')
  await a.settle(b)
  const other = new Member(of, 'instances', 'c', 'i1')
  await other.join('joins under the instance of a')
  await a.beat('leaves for a while', { memberEpoch: -2 })
  await of.ask('described with one away', consumerGroupDescribe, 1, { groupIds: ['instances'], includeAuthorizedOperations: false }, plainly)
  await a.beat('goes on while it is away', { memberEpoch: 1 })
  await other.join('takes its place')
  await a.beat('is fenced', { memberEpoch: 2 })
  await other.settle(b)
  await other.beat('under an instance it has not', { instanceId: 'i2' })
  await other.beat('without its instance', { instanceId: null })
  await other.beat('changes what it reads', { subscribedTopicNames: ['others'] })
  await other.settle(b)
  await other.beat('leaves for a while', { memberEpoch: -2 })
  await of.ask('removed by an administrator', leaveGroup, 5, { groupId: 'instances', members: [{ memberId: '', groupInstanceId: 'i1' }, { memberId: '', groupInstanceId: 'who' }, { memberId: 'b', groupInstanceId: 'i1' }] })
  await b.settle()
  await b.beat('leaves for ever', { memberEpoch: -1 })
}

async function patterns(of: Probe): Promise<void> {
  const a = new Member(of, 'patterns', 'a')
  await a.join('joins by a pattern', { subscribedTopicNames: null, subscribedTopicRegex: 'oth.*' })
  // It is looked up by and by.
  for (let tries = 0; tries < 100; tries++) {
    const { groups: [group] } = await of.know(consumerGroupDescribe, 1, { groupIds: ['patterns'], includeAuthorizedOperations: false })
    if (group?.members[0]?.targetAssignment.topicPartitions.length === 1) break
    const epoch = group?.members[0]?.memberEpoch ?? 0
    const beat = await of.know(consumerGroupHeartbeat, 1, { groupId: 'patterns', memberId: 'a', memberEpoch: epoch })
    if (beat.errorCode === 0) a.epoch = beat.memberEpoch
    await pause(50)
  }
  await of.ask('described by its pattern', consumerGroupDescribe, 1, { groupIds: ['patterns'], includeAuthorizedOperations: false }, ({ groups }) => groups.map(({ members }) => (
    members.map(({ subscribedTopicNames, subscribedTopicRegex, targetAssignment }) => ({ subscribedTopicNames, subscribedTopicRegex, targetAssignment })))))
  await a.beat('a pattern that is none', { subscribedTopicRegex: '[' })
  await of.know(consumerGroupHeartbeat, 1, { groupId: 'patterns', memberId: 'a', memberEpoch: -1 })
}

async function offsets(of: Probe): Promise<void> {
  const a = new Member(of, 'offsets', 'a')
  await a.join('joins')
  await a.settle()
  const partitions = [{ partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: 0, committedMetadata: 'note' }, { partitionIndex: 99, committedOffset: 5, committedMetadata: null }]
  for (const version of versionsOf(offsetCommit)) {
    for (const [step, memberId, epoch] of [['its own', 'a', a.epoch], ['an epoch before', 'a', a.epoch - 1], ['an epoch ahead', 'a', a.epoch + 1], ['nobody', 'zz', a.epoch], ['an administrator', '', -1]] as const) {
      const topics = version < 10 ? [{ name: 'orders', partitions }, { name: 'nowhere', partitions }] : [{ topicId: of.id('orders'), partitions }, { topicId: UNKNOWN_ID, partitions }]
      await of.ask(`offsets of ${step}`, offsetCommit, version, { groupId: 'offsets', memberId, generationIdOrMemberEpoch: epoch, topics })
    }
  }
  for (const version of [1, 7, 8, 9, 10]) {
    for (const [memberId, memberEpoch] of [['a', a.epoch], ['a', a.epoch - 1], ['a', a.epoch + 1], ['zz', a.epoch], [null, -1], ['', 0]] as const) {
      if (version < 9 && memberId !== null) continue
      const byName = [{ name: 'orders', partitionIndexes: [0, 1, 99] }, { name: 'nowhere', partitionIndexes: [0] }]
      const known = [{ topicId: of.id('orders'), partitionIndexes: [0, 1, 99] }, { topicId: UNKNOWN_ID, partitionIndexes: [0] }]
      for (const topics of [version < 10 ? byName : known, ...(version >= 8 ? [null] : [])]) {
        await of.ask(`offsets ${topics ? 'of some' : 'of all'} as ${memberId}`, offsetFetch, version, { groupId: 'offsets', topics: byName, groups: [{ groupId: 'offsets', memberId, memberEpoch, topics }] })
      }
    }
  }
  await of.ask('offsets deleted of what it reads', offsetDelete, 0, { groupId: 'offsets', topics: [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }, { name: 'others', partitions: [{ partitionIndex: 0 }] }] })
  await classicRequests(of)
}

/** What classic clients get that come to the group of a consumer. */
async function classicRequests(of: Probe): Promise<void> {
  for (const version of versionsOf(joinGroup)) {
    await of.ask('a classic join of another type', joinGroup, version, { groupId: 'offsets', sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 30_000, memberId: '', protocolType: 'connect', protocols: [{ name: 'x', metadata: Buffer.alloc(0) }] })
  }
  for (const memberId of ['a', 'zz']) {
    await of.ask(`a classic heartbeat of ${memberId}`, heartbeat, 4, { groupId: 'offsets', memberId, generationId: 1 })
    await of.ask(`a classic sync of ${memberId}`, syncGroup, 5, { groupId: 'offsets', memberId, generationId: 1, protocolType: 'consumer', protocolName: 'range', assignments: [] })
  }
  for (const version of versionsOf(describeGroups)) await of.ask('described as classic', describeGroups, version, { groups: ['offsets'] })
  for (const version of versionsOf(listGroups)) await of.ask('listed', listGroups, version, {})
}

function plainly({ groups }: ResponseReceived<typeof consumerGroupDescribe>): unknown {
  const inOrder = (of: readonly { readonly topicId: string; readonly partitions: readonly number[] }[]): unknown => of.map(({ topicId, partitions }) => ({ topicId, partitions: [...partitions].sort() }))
  return groups.map(({ members, ...group }) => ({
    ...group, members: members.map(({ assignment, targetAssignment, ...member }) => ({ ...member, assignment: inOrder(assignment.topicPartitions), target: inOrder(targetAssignment.topicPartitions) })),
  }))
}

async function described(of: Probe): Promise<void> {
  await of.know(offsetCommit, 9, { groupId: 'simple', topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }] }] })
  for (const version of versionsOf(consumerGroupDescribe)) {
    for (const includeAuthorizedOperations of [false, true]) {
      for (const groupIds of [[], ['offsets'], ['offsets', 'offsets'], ['absent', ''], ['simple', 'solo']]) {
        await of.ask(`described: ${groupIds.join()}, ${includeAuthorizedOperations}`, consumerGroupDescribe, version, { groupIds, includeAuthorizedOperations }, plainly)
      }
    }
  }
  const [statesFilter, typesFilter] = [['Empty', 'stable', 'Assigning', 'none'], ['consumer', 'Classic', 'none']]
  for (const state of statesFilter) await of.ask(`listed that are ${state}`, listGroups, 5, { statesFilter: [state] })
  for (const type of typesFilter) await of.ask(`listed of type ${type}`, listGroups, 5, { typesFilter: [type] })
}
