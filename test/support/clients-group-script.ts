/** One script of group requests for any broker, and its answers in a form that two brokers can be compared by. */

import { setTimeout as pause } from 'node:timers/promises'
import {
  createTopics, deleteGroups, describeGroups, findCoordinator, heartbeat, joinGroup, leaveGroup, listGroups, offsetCommit, offsetFetch, syncGroup,
} from '../../core/protocol/apis/index.ts'
import { consumerProtocolAssignment, consumerProtocolSubscription } from '../../core/protocol/consumer-protocol.ts'
import type { RequestToSend } from '../../core/protocol/schema.ts'
import { AnswerScript, untilLed } from './clients-answer-script.ts'
import { ask, type RawConnection } from './clients-frames.ts'
import { EDGE_GROUPS, groupEdges } from './clients-group-edges.ts'

const metadata = consumerProtocolSubscription.encode({ topics: ['orders'] }, 0)
const assigned = (...partitions: number[]): Buffer => consumerProtocolAssignment.encode({ assignedPartitions: [{ topic: 'orders', partitions }] }, 0)
const range = { name: 'range', metadata }
const sticky = { name: 'sticky', metadata }
const joining = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 30_000, protocolType: 'consumer', protocols: [range], memberId: '' }
const synced = { protocolType: 'consumer', protocolName: 'range' }

/** Runs everything against the broker on `port`: the answers, in order. */
export async function runGroupScript(port: number): Promise<[string, unknown][]> {
  const script = new AnswerScript(port)
  try {
    const a = await script.open()
    await makeReady(a)
    await oneMember(script, a)
    await refusedCommits(script, a)
    await offsets(script, a)
    await admin(script, a)
    await twoMembers(script, a, await script.open())
    await staticMembers(script, a, await script.open())
    await groupEdges(script, a, await script.open())
    return script.steps
  } finally {
    script.close()
  }
}

/** A topic, and a coordinator that has loaded: a fresh broker needs a moment. */
async function makeReady(a: RawConnection): Promise<void> {
  const topic = { name: 'orders', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }
  await ask(a, createTopics, 7, { topics: [topic], timeoutMs: 5_000 })
  await untilLed(a, 'orders', 2)
  for (const group of ['g', 'two', 'static', 'simple', 'missing', 'young', ...EDGE_GROUPS]) {
    while ((await ask(a, findCoordinator, 4, { keyType: 0, coordinatorKeys: [group] })).coordinators[0]?.errorCode !== 0) await pause(100)
    while ((await ask(a, offsetFetch, 8, { groups: [{ groupId: group, topics: null }] })).groups[0]?.errorCode !== 0) await pause(100)
  }
}

async function oneMember(script: AnswerScript, a: RawConnection): Promise<void> {
  const { memberId } = await script.ask('a first join', a, joinGroup, 9, { ...joining, groupId: 'g' })
  await script.ask('a join under an unknown id', a, joinGroup, 9, { ...joining, groupId: 'g', memberId: 'who' })
  await script.ask('a join to a group nobody knows', a, joinGroup, 9, { ...joining, groupId: 'missing', memberId: 'who' })
  await script.ask('a join without a group', a, joinGroup, 5, { ...joining, groupId: '' })
  await script.ask('a join with a short session', a, joinGroup, 9, { ...joining, groupId: 'g', sessionTimeoutMs: 10 })
  await script.ask('a join', a, joinGroup, 9, { ...joining, groupId: 'g', memberId })
  await script.ask('another protocol', a, joinGroup, 9, { ...joining, groupId: 'g', protocols: [sticky] })
  await script.ask('another protocol type', a, joinGroup, 6, { ...joining, groupId: 'g', protocolType: 'connect' })
  const member = { groupId: 'g', memberId, generationId: 1 }
  await script.ask('a commit before the sync', a, offsetCommit, 9, commit({ groupId: 'g', memberId, generationIdOrMemberEpoch: 1 }))
  await script.ask('described before the sync', a, describeGroups, 5, { groups: ['g'], includeAuthorizedOperations: true })
  await script.ask('a heartbeat before the sync', a, heartbeat, 4, member)
  await script.ask('a join repeated before the sync', a, joinGroup, 9, { ...joining, groupId: 'g', memberId })
  await script.ask('a sync without its protocol', a, syncGroup, 5, { ...member, assignments: [] })
  await script.ask('a sync with another protocol', a, syncGroup, 5, { ...member, protocolType: 'consumer', protocolName: 'sticky', assignments: [] })
  await script.ask('a sync of another generation', a, syncGroup, 3, { ...member, generationId: 2, assignments: [] })
  await script.ask('a sync', a, syncGroup, 5, { ...member, ...synced, assignments: [{ memberId, assignment: assigned(0, 1) }] })
  await script.ask('a sync repeated', a, syncGroup, 5, { ...member, ...synced, assignments: [] })
  for (const [step, wrong] of [['generation', { generationId: 9 }], ['member', { memberId: 'who' }], ['group', { groupId: 'missing' }]] as const) {
    await script.ask(`a heartbeat of another ${step}`, a, heartbeat, 4, { ...member, ...wrong })
  }
  await script.ask('a commit', a, offsetCommit, 9, commit({ groupId: 'g', memberId, generationIdOrMemberEpoch: 1 }))
  await script.ask('a commit of another generation', a, offsetCommit, 9, commit({ groupId: 'g', memberId, generationIdOrMemberEpoch: 7 }))
}

function commit(request: Partial<RequestToSend<typeof offsetCommit>> & { readonly groupId: string }): RequestToSend<typeof offsetCommit> {
  const partitions = [0, 9].map(partitionIndex => ({ partitionIndex, committedOffset: 5, committedLeaderEpoch: 0, committedMetadata: 'note' }))
  return { topics: ['orders', 'nowhere'].map(name => ({ name, partitions })), ...request }
}

async function refusedCommits(script: AnswerScript, a: RawConnection): Promise<void> {
  await script.ask('a commit from outside', a, offsetCommit, 9, commit({ groupId: 'g' }))
  for (const version of [8, 9]) {
    await script.ask('a commit to no group', a, offsetCommit, version, commit({ groupId: 'missing', memberId: 'who', generationIdOrMemberEpoch: 1 }))
  }
  await script.ask('a commit with a retention', a, offsetCommit, 2, commit({ groupId: 'simple', retentionTimeMs: 1_000_000n }))
  const partitions = [{ partitionIndex: 1, committedOffset: 5, committedMetadata: 'x'.repeat(4097) }]
  await script.ask('a commit with long metadata', a, offsetCommit, 9, { groupId: 'simple', topics: [{ name: 'orders', partitions }] })
  const topicId = 'aaaaaaaaaaaaaaaaaaaaaA'
  await script.ask('a commit to an unknown id', a, offsetCommit, 10, { groupId: 'simple', topics: [{ topicId, partitions }] })
  await script.ask('a commit without a topic', a, offsetCommit, 9, { groupId: 'simple', topics: [] })
}

async function offsets(script: AnswerScript, a: RawConnection): Promise<void> {
  const topics = [{ name: 'orders', partitionIndexes: [0, 1, 9] }, { name: 'nowhere', partitionIndexes: [0] }]
  for (const version of [1, 2, 5, 7]) await script.ask('offsets', a, offsetFetch, version, { groupId: 'g', topics })
  await script.ask('all offsets of no group', a, offsetFetch, 7, { groupId: 'missing', topics: null })
  const groups = ['g', 'simple', 'missing', ''].map(groupId => ({ groupId, topics: null }))
  await script.ask('all offsets of many groups', a, offsetFetch, 8, { groups, requireStable: true })
  await script.ask('offsets of an unknown id', a, offsetFetch, 10, { groups: [{ groupId: 'g', topics: [{ topicId: 'aaaaaaaaaaaaaaaaaaaaaA', partitionIndexes: [0] }] }] })
}

async function admin(script: AnswerScript, a: RawConnection): Promise<void> {
  await script.ask('groups', a, listGroups, 5, {})
  await script.ask('stable groups', a, listGroups, 5, { statesFilter: ['stable'], typesFilter: ['CLASSIC'] })
  await script.ask('groups of words nobody knows', a, listGroups, 4, { statesFilter: ['bogus'] })
  for (const version of [3, 5, 6]) {
    await script.ask('described', a, describeGroups, version, { groups: ['g', 'simple', 'missing', ''], includeAuthorizedOperations: true })
  }
  await script.ask('deleted', a, deleteGroups, 2, { groupsNames: ['g', 'simple', 'missing', 'simple', ''] })
}

/** A second member comes, the first rejoins, both read; then the leader goes. */
async function twoMembers(script: AnswerScript, a: RawConnection, b: RawConnection): Promise<void> {
  const both = { ...joining, groupId: 'two' }
  const first = (await script.ask('a first id', a, joinGroup, 9, both)).memberId
  await script.ask('the first joins', a, joinGroup, 9, { ...both, protocols: [range, sticky], memberId: first })
  await script.ask('the first syncs', a, syncGroup, 5, { groupId: 'two', memberId: first, generationId: 1, ...synced, assignments: [{ memberId: first, assignment: assigned(0, 1) }] })
  const second = (await script.ask('a second id', b, joinGroup, 9, both)).memberId
  const second2 = script.ask('the second joins', b, joinGroup, 9, { ...both, memberId: second })
  const beat = { groupId: 'two', memberId: first, generationId: 1 }
  while ((await ask(a, heartbeat, 4, beat)).errorCode === 0) await pause(20)
  await script.ask('a heartbeat in a rebalance', a, heartbeat, 4, beat)
  await script.ask('a sync in a rebalance', a, syncGroup, 4, { ...beat, assignments: [] })
  await script.ask('a commit in a rebalance', a, offsetCommit, 9, commit({ groupId: 'two', memberId: first, generationIdOrMemberEpoch: 1 }))
  await script.ask('described in a rebalance', a, describeGroups, 6, { groups: ['two'] })
  const first2 = ask(a, joinGroup, 9, { ...both, protocols: [range, sticky], memberId: first })
  await second2
  script.steps.push(['the first rejoins', (({ generationId, protocolName, members, errorCode }) => [generationId, protocolName, members.length, errorCode])(await first2)])
  const waiting = script.ask('the follower syncs', b, syncGroup, 5, { groupId: 'two', memberId: second, generationId: 2, ...synced, assignments: [] })
  await ask(a, syncGroup, 5, { groupId: 'two', memberId: first, generationId: 2, ...synced, assignments: [{ memberId: second, assignment: assigned(1) }] })
  await waiting
  await script.ask('described with two', a, describeGroups, 6, { groups: ['two'] })
  await script.ask('a follower rejoins unchanged', b, joinGroup, 9, { ...both, memberId: second })
  await script.ask('the leader leaves', a, leaveGroup, 5, { groupId: 'two', members: [{ memberId: first }, { memberId: first }, { memberId: '', groupInstanceId: 'who' }] })
  await script.ask('a leave of nobody', a, leaveGroup, 2, { groupId: 'two', memberId: first })
  await script.ask('a leave of no group', a, leaveGroup, 1, { groupId: 'missing', memberId: first })
  await script.ask('the other one leads', b, joinGroup, 9, { ...both, memberId: second })
  await script.ask('the other one leaves', b, leaveGroup, 2, { groupId: 'two', memberId: second })
  await script.ask('described when empty', a, describeGroups, 6, { groups: ['two'] })
  await script.ask('a commit to an empty group', a, offsetCommit, 9, commit({ groupId: 'two' }))
}

async function staticMembers(script: AnswerScript, a: RawConnection, b: RawConnection): Promise<void> {
  const instance = { ...joining, groupId: 'static', groupInstanceId: 'i1' }
  const { memberId } = await script.ask('a static join', a, joinGroup, 9, instance)
  const member = { groupId: 'static', groupInstanceId: 'i1', generationId: 1 }
  await script.ask('a static sync', a, syncGroup, 5, { ...member, memberId, ...synced, assignments: [{ memberId, assignment: assigned(0) }] })
  const back = await script.ask('a static leader is back', b, joinGroup, 9, instance)
  await script.ask('a heartbeat under the old id', a, heartbeat, 4, { ...member, memberId })
  await script.ask('a commit under the old id', a, offsetCommit, 9, commit({ groupId: 'static', groupInstanceId: 'i1', memberId, generationIdOrMemberEpoch: 1 }))
  await script.ask('a join under the old id', a, joinGroup, 9, { ...instance, memberId })
  await script.ask('a sync under the new id', b, syncGroup, 5, { ...member, memberId: back.memberId, ...synced, assignments: [] })
  await script.ask('a static leader is back, as an older client', b, joinGroup, 8, instance)
  await script.ask('an instance nobody knows', a, heartbeat, 4, { ...member, groupInstanceId: 'who', memberId })
  await script.ask('a static member back with another protocol', b, joinGroup, 9, { ...instance, protocols: [sticky] })
  const members = [{ memberId: '', groupInstanceId: 'i1' }, { memberId: 'who', groupInstanceId: 'i1' }, { memberId: 'who' }]
  await script.ask('static members leave', a, leaveGroup, 5, { groupId: 'static', members })
  await script.ask('described when empty', a, describeGroups, 6, { groups: ['static'] })
}
