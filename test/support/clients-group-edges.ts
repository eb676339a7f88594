/** What the main script of group requests leaves out: every version, administrators' calls, and what each handler refuses. */

import { setTimeout as pause } from 'node:timers/promises'
import {
  deleteGroups, describeGroups, heartbeat, joinGroup, leaveGroup, listGroups, offsetCommit, offsetDelete, offsetFetch, syncGroup,
} from '../../core/protocol/apis/index.ts'
import { consumerProtocolAssignment, consumerProtocolSubscription } from '../../core/protocol/consumer-protocol.ts'
import type { Api, RequestToSend } from '../../core/protocol/schema.ts'
import type { AnswerScript } from './clients-answer-script.ts'
import { ask, type RawConnection } from './clients-frames.ts'

/** Groups whose coordinator must have loaded before the script runs. */
export const EDGE_GROUPS = [
  'simple-offsets', 'reads-orders', 'connect', 'pair', 'empty', 'refused', 'changing', 'absent',
  ...Array.from({ length: 11 }, (_, at) => [`join-${at}`, `commit-${at}`, `batches-${at}`]).flat(),
]

const metadata = consumerProtocolSubscription.encode({ topics: ['orders'] }, 0)
const assigned = (...partitions: number[]): Buffer => consumerProtocolAssignment.encode({ assignedPartitions: [{ topic: 'orders', partitions }] }, 0)
const range = { name: 'range', metadata }
const sticky = { name: 'sticky', metadata }
const joining = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 30_000, protocolType: 'consumer', protocols: [range], memberId: '' }
const synced = { protocolType: 'consumer', protocolName: 'range' }
const partitionsOf = (...indexes: number[]): { partitionIndex: number }[] => indexes.map(partitionIndex => ({ partitionIndex }))
const versionsOf = (api: Api): number[] => Array.from({ length: api.maxVersion - api.minVersion + 1 }, (_, at) => api.minVersion + at)

export async function groupEdges(script: AnswerScript, a: RawConnection, b: RawConnection): Promise<void> {
  await everyJoinVersion(script, a)
  await offsetDeletes(script, a)
  await commitsOfEveryVersion(script, a)
  await fetchesOfEveryVersion(script, a)
  await refusals(script, a)
  await changingMember(script, a)
  await leaveBatches(script, a)
  await pairOfInstances(script, a, b)
  await listings(script, a)
}

/** A group's only member, joined and synced; notes nothing. */
async function stable(a: RawConnection, groupId: string, more: Partial<RequestToSend<typeof joinGroup>> = {}): Promise<string> {
  const request = { ...joining, ...more, groupId }
  const first = await ask(a, joinGroup, 9, request)
  const { memberId } = more.groupInstanceId ? first : await ask(a, joinGroup, 9, { ...request, memberId: first.memberId })
  await ask(a, syncGroup, 4, { groupId, memberId, groupInstanceId: more.groupInstanceId ?? null, generationId: 1, assignments: [{ memberId, assignment: assigned(0) }] })
  return memberId
}

function commit(groupId: string, more: Partial<RequestToSend<typeof offsetCommit>> = {}): RequestToSend<typeof offsetCommit> {
  const partitions = [{ partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: 0, committedMetadata: 'note' }]
  return { groupId, topics: [{ name: 'orders', partitions }], ...more }
}

async function everyJoinVersion(script: AnswerScript, a: RawConnection): Promise<void> {
  for (const version of versionsOf(joinGroup)) {
    const groupId = `join-${version}`
    const request = { ...joining, groupId }
    const first = await script.ask('a join without an id', a, joinGroup, version, request)
    const { memberId } = version < 4 ? first : await script.ask('a join with its id', a, joinGroup, version, { ...request, memberId: first.memberId })
    const member = { groupId, memberId, generationId: 1 }
    await script.ask('a join under a wrong id', a, joinGroup, version, { ...request, memberId: 'who' })
    const syncVersion = Math.min(version, 5)
    await script.ask('a sync', a, syncGroup, syncVersion, { ...member, ...synced, assignments: [{ memberId: 'who', assignment: assigned(1) }] })
    await script.ask('a heartbeat', a, heartbeat, Math.min(version, 4), member)
    await script.ask('a leave of somebody else', a, leaveGroup, Math.min(version, 5), { groupId, memberId: 'who', members: [{ memberId: 'who' }] })
    await script.ask('a leave', a, leaveGroup, Math.min(version, 5), { groupId, memberId, members: [{ memberId }] })
    await script.ask('a heartbeat afterwards', a, heartbeat, Math.min(version, 4), member)
    await script.ask('a sync afterwards', a, syncGroup, syncVersion, { ...member, ...synced, assignments: [] })
  }
}

async function offsetDeletes(script: AnswerScript, a: RawConnection): Promise<void> {
  const all = [{ name: 'orders', partitions: partitionsOf(0, 1, 9) }, { name: 'nowhere', partitions: partitionsOf(0) }]
  await ask(a, offsetCommit, 9, commit('simple-offsets'))
  await script.ask('offsets of a simple group deleted', a, offsetDelete, 0, { groupId: 'simple-offsets', topics: all })
  await script.ask('what is left of them', a, offsetFetch, 9, { groups: [{ groupId: 'simple-offsets', topics: null }] })
  await script.ask('deleted again', a, offsetDelete, 0, { groupId: 'simple-offsets', topics: all })
  await script.ask('no offsets deleted', a, offsetDelete, 0, { groupId: 'simple-offsets', topics: [] })
  await script.ask('topics without partitions', a, offsetDelete, 0, { groupId: 'simple-offsets', topics: [{ name: 'orders', partitions: [] }] })
  for (const groupId of ['absent', '']) await script.ask(`offsets of '${groupId}' deleted`, a, offsetDelete, 0, { groupId, topics: all })
  const memberId = await stable(a, 'reads-orders')
  await ask(a, offsetCommit, 9, commit('reads-orders', { memberId, generationIdOrMemberEpoch: 1 }))
  await script.ask('offsets of what a member reads deleted', a, offsetDelete, 0, { groupId: 'reads-orders', topics: [...all, { name: 'other', partitions: partitionsOf(0) }] })
  await script.ask('they are still there', a, offsetFetch, 9, { groups: [{ groupId: 'reads-orders', topics: null }] })
  await ask(a, leaveGroup, 5, { groupId: 'reads-orders', members: [{ memberId }] })
  await script.ask('offsets deleted once nobody reads', a, offsetDelete, 0, { groupId: 'reads-orders', topics: all })
  await stable(a, 'connect', { protocolType: 'connect' })
  await script.ask('offsets of a group of no consumers deleted', a, offsetDelete, 0, { groupId: 'connect', topics: all })
}

async function commitsOfEveryVersion(script: AnswerScript, a: RawConnection): Promise<void> {
  for (const version of versionsOf(offsetCommit).filter(each => each < 10)) {
    const groupId = `commit-${version}`
    await script.ask('a commit from outside', a, offsetCommit, version, commit(groupId))
    await script.ask('a commit of a member to a simple group', a, offsetCommit, version, commit(groupId, { memberId: 'who', generationIdOrMemberEpoch: 1 }))
    await script.ask('a commit under a name without a generation', a, offsetCommit, version, commit(groupId, { memberId: 'who' }))
    await script.ask('a commit to a group without a name', a, offsetCommit, version, commit(''))
    await script.ask('what was committed', a, offsetFetch, 9, { groups: [{ groupId, topics: null }] })
  }
  const twice = [5, 6].map(committedOffset => ({ partitionIndex: 0, committedOffset, committedMetadata: null }))
  await script.ask('a partition committed twice at once', a, offsetCommit, 9, { groupId: 'commit-9', topics: [{ name: 'orders', partitions: twice }] })
  await script.ask('which the last one wins', a, offsetFetch, 9, { groups: [{ groupId: 'commit-9', topics: null }] })
  const odd = [{ partitionIndex: 0, committedOffset: -1, committedMetadata: '' }, { partitionIndex: -1, committedOffset: 1, committedMetadata: '' }]
  await script.ask('odd numbers committed', a, offsetCommit, 9, { groupId: 'commit-9', topics: [{ name: 'orders', partitions: odd }] })
  await script.ask('odd numbers fetched', a, offsetFetch, 9, { groups: [{ groupId: 'commit-9', topics: [{ name: 'orders', partitionIndexes: [-1, 0, 0] }] }] })
}

async function fetchesOfEveryVersion(script: AnswerScript, a: RawConnection): Promise<void> {
  const topics = [{ name: 'orders', partitionIndexes: [0, 1] }, { name: 'nowhere', partitionIndexes: [0] }]
  for (const version of versionsOf(offsetFetch).filter(each => each < 8)) {
    for (const groupId of ['commit-5', 'absent', '']) {
      await script.ask(`offsets of '${groupId}'`, a, offsetFetch, version, { groupId, topics })
      if (version > 1) await script.ask(`all offsets of '${groupId}'`, a, offsetFetch, version, { groupId, topics: null })
      await script.ask(`no offsets of '${groupId}'`, a, offsetFetch, version, { groupId, topics: [] })
    }
  }
  for (const version of [8, 9]) {
    const groups = ['commit-5', 'absent', ''].flatMap(groupId => [{ groupId, topics }])
    await script.ask('offsets of groups', a, offsetFetch, version, { groups })
    await script.ask('no groups', a, offsetFetch, version, { groups: [] })
    await script.ask('offsets for a member', a, offsetFetch, version, { groups: [{ groupId: 'commit-5', memberId: 'who', memberEpoch: 3, topics: null }] })
  }
}

async function refusals(script: AnswerScript, a: RawConnection): Promise<void> {
  for (const version of versionsOf(heartbeat)) {
    for (const groupId of ['', 'absent']) await script.ask(`a heartbeat to '${groupId}'`, a, heartbeat, version, { groupId, memberId: 'who', generationId: 1 })
  }
  for (const version of versionsOf(syncGroup)) {
    for (const groupId of ['', 'absent']) await script.ask(`a sync to '${groupId}'`, a, syncGroup, version, { groupId, memberId: 'who', generationId: 1, ...synced, assignments: [] })
  }
  for (const version of versionsOf(leaveGroup)) {
    for (const groupId of ['', 'absent']) await script.ask(`a leave of '${groupId}'`, a, leaveGroup, version, { groupId, memberId: 'who', members: [{ memberId: 'who' }, { memberId: '', groupInstanceId: version < 3 ? null : 'i' }] })
    await script.ask('a leave of nobody', a, leaveGroup, version, { groupId: 'absent', memberId: '', members: [] })
  }
  // A join that is refused leaves an empty group behind in Kafka and none here: this one is there before.
  await ask(a, offsetCommit, 9, commit('refused'))
  for (const version of versionsOf(joinGroup)) {
    const refused = { ...joining, groupId: 'refused' }
    await script.ask('a join without a group', a, joinGroup, version, { ...refused, groupId: '' })
    for (const sessionTimeoutMs of [5_999, 1_800_001, -1]) await script.ask(`a session of ${sessionTimeoutMs}`, a, joinGroup, version, { ...refused, sessionTimeoutMs })
    await script.ask('no protocols', a, joinGroup, version, { ...refused, protocols: [] })
    await script.ask('no protocol type', a, joinGroup, version, { ...refused, protocolType: '' })
    await script.ask('an id nobody gave', a, joinGroup, version, { ...refused, memberId: 'who' })
    if (version >= 5) await script.ask('an instance under an id nobody gave', a, joinGroup, version, { ...refused, memberId: 'who', groupInstanceId: 'i' })
  }
  for (const version of versionsOf(deleteGroups)) {
    await ask(a, offsetCommit, 9, commit('empty'))
    await script.ask('groups deleted', a, deleteGroups, version, { groupsNames: ['empty', 'absent', '', 'connect', 'empty'] })
    await script.ask('no groups deleted', a, deleteGroups, version, { groupsNames: [] })
  }
}

/** One member, which changes what it says of itself in each state. */
async function changingMember(script: AnswerScript, a: RawConnection): Promise<void> {
  const request = { ...joining, groupId: 'changing' }
  const { memberId } = await ask(a, joinGroup, 9, request)
  const mine = { ...request, memberId }
  await script.ask('a member joins', a, joinGroup, 9, mine)
  await script.ask('it has another protocol before its sync', a, joinGroup, 9, { ...mine, protocols: [sticky, range] })
  await script.ask('a sync of the earlier generation', a, syncGroup, 5, { groupId: 'changing', memberId, generationId: 1, ...synced, assignments: [] })
  const member = { groupId: 'changing', memberId, generationId: 2 }
  await script.ask('a sync of another protocol type', a, syncGroup, 5, { ...member, protocolType: 'connect', protocolName: 'sticky', assignments: [] })
  const twice = [{ memberId, assignment: assigned(0) }, { memberId, assignment: assigned(1) }, { memberId: 'who', assignment: assigned(1) }]
  await script.ask('a sync that assigns twice', a, syncGroup, 5, { ...member, protocolType: 'consumer', protocolName: 'sticky', assignments: twice })
  await script.ask('a sync with an instance nobody knows', a, syncGroup, 5, { ...member, groupInstanceId: 'i', protocolType: 'consumer', protocolName: 'sticky', assignments: [] })
  await script.ask('a commit with an instance nobody knows', a, offsetCommit, 9, commit('changing', { memberId, groupInstanceId: 'i', generationIdOrMemberEpoch: 2 }))
  await script.ask('a commit under a name without a generation', a, offsetCommit, 9, commit('changing', { memberId }))
  await script.ask('a commit with a generation without a name', a, offsetCommit, 9, commit('changing', { generationIdOrMemberEpoch: 2 }))
  await script.ask('a leader rejoins', a, joinGroup, 9, { ...mine, protocols: [sticky, range] })
  await script.ask('the same before its sync', a, joinGroup, 9, { ...mine, protocols: [sticky, range] })
  await script.ask('deleted while it lives', a, deleteGroups, 2, { groupsNames: ['changing'] })
}

async function leaveBatches(script: AnswerScript, a: RawConnection): Promise<void> {
  for (const version of [3, 4, 5]) {
    const groupId = `batches-${version}`
    const memberId = await stable(a, groupId, { groupInstanceId: 'i1' })
    const { memberId: given } = await ask(a, joinGroup, 9, { ...joining, groupId })
    const members = [
      { memberId: '', groupInstanceId: null }, { memberId: '', groupInstanceId: 'who' }, { memberId: 'who', groupInstanceId: 'i1' },
      { memberId: 'who', groupInstanceId: null }, { memberId: given, groupInstanceId: null }, { memberId: given, groupInstanceId: null },
    ]
    await script.ask('a batch of members leaves', a, leaveGroup, version, { groupId, members })
    await script.ask('who is left', a, describeGroups, 6, { groups: [groupId] })
    await script.ask('an instance leaves under its id', a, leaveGroup, version, { groupId, members: [{ memberId, groupInstanceId: 'i1' }, { memberId, groupInstanceId: 'i1' }] })
    await script.ask('nobody is left', a, describeGroups, 6, { groups: [groupId] })
  }
}

/** Two static members: one comes back while the other is the leader, then with the group in a rebalance. */
async function pairOfInstances(script: AnswerScript, a: RawConnection, b: RawConnection): Promise<void> {
  const instance = (id: string): RequestToSend<typeof joinGroup> => ({ ...joining, groupId: 'pair', groupInstanceId: id })
  const first = await stable(a, 'pair', { groupInstanceId: 'i1' })
  const second = ask(b, joinGroup, 9, instance('i2'))
  const beat = { groupId: 'pair', memberId: first, groupInstanceId: 'i1', generationId: 1 }
  while ((await ask(a, heartbeat, 4, beat)).errorCode === 0) await pause(20)
  await script.ask('a commit in a rebalance', a, offsetCommit, 9, commit('pair', { memberId: first, groupInstanceId: 'i1', generationIdOrMemberEpoch: 1 }))
  await script.ask('a static leader rejoins', a, joinGroup, 9, { ...instance('i1'), memberId: first })
  const { memberId } = await second
  const waiting = script.ask('a static follower syncs', b, syncGroup, 5, { groupId: 'pair', memberId, groupInstanceId: 'i2', generationId: 2, ...synced, assignments: [] })
  await ask(a, syncGroup, 5, { groupId: 'pair', memberId: first, groupInstanceId: 'i1', generationId: 2, ...synced, assignments: [{ memberId, assignment: assigned(1) }] })
  await waiting
  const back = await script.ask('a static follower is back', b, joinGroup, 9, instance('i2'))
  await script.ask('it has its assignment', b, syncGroup, 5, { groupId: 'pair', memberId: back.memberId, groupInstanceId: 'i2', generationId: 2, ...synced, assignments: [] })
  await script.ask('a sync under its old id', b, syncGroup, 5, { groupId: 'pair', memberId, groupInstanceId: 'i2', generationId: 2, ...synced, assignments: [] })
  await script.ask('a leave under its old id', b, leaveGroup, 5, { groupId: 'pair', members: [{ memberId, groupInstanceId: 'i2' }] })
  await script.ask('a heartbeat of one as the other', b, heartbeat, 4, { ...beat, memberId: back.memberId, generationId: 2 })
  for (const version of [5, 6, 7, 8]) await script.ask('a static follower is back, as an older client', b, joinGroup, version, instance('i2'))
  await script.ask('described with instances', a, describeGroups, 6, { groups: ['pair'] })
  await script.ask('removed by an administrator', a, leaveGroup, 5, { groupId: 'pair', members: [{ memberId: '', groupInstanceId: 'i2' }, { memberId: '', groupInstanceId: 'i1' }] })
  await script.ask('described when removed', a, describeGroups, 6, { groups: ['pair'] })
}

async function listings(script: AnswerScript, a: RawConnection): Promise<void> {
  for (const version of versionsOf(listGroups)) await script.ask('groups', a, listGroups, version, {})
  const filters = [['stable'], [' Stable '], ['EMPTY', 'completingrebalance'], ['Dead'], ['Assigning'], ['']]
  for (const statesFilter of filters) {
    for (const version of [4, 5]) await script.ask(`groups that are ${statesFilter.join()}`, a, listGroups, version, { statesFilter })
  }
  for (const typesFilter of [['classic'], ['Classic', 'bogus'], ['consumer'], ['share', 'streams'], ['bogus'], ['']]) {
    await script.ask(`groups of type ${typesFilter.join()}`, a, listGroups, 5, { typesFilter })
  }
  for (const version of versionsOf(describeGroups)) {
    await script.ask('described', a, describeGroups, version, { groups: ['changing', 'connect', 'commit-5', 'absent', ''] })
    await script.ask('nothing described', a, describeGroups, version, { groups: [], includeAuthorizedOperations: true })
  }
}
