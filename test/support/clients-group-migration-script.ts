/** Requests that take groups from one protocol to the other and back, and what members of each are told meanwhile. */

import { setTimeout as pause } from 'node:timers/promises'
import {
  consumerGroupDescribe, consumerGroupHeartbeat, createTopics, deleteGroups, describeGroups, findCoordinator, heartbeat, joinGroup, leaveGroup, listGroups,
  offsetCommit, offsetDelete, offsetFetch, syncGroup,
} from '../../core/protocol/apis/index.ts'
import { consumerProtocolAssignment, consumerProtocolSubscription } from '../../core/protocol/consumer-protocol.ts'
import type { RequestToSend } from '../../core/protocol/schema.ts'
import { AnswerScript, untilLed } from './clients-answer-script.ts'
import { ask, type RawConnection } from './clients-frames.ts'

/** Both brokers assign at once, so that a script need not wait. */
export const MIGRATION_CONFIGS: Readonly<Record<string, string>> = { 'group.consumer.assignment.interval.ms': '0' }

const GROUPS = ['mixed', 'static', 'empty', 'connect', 'stays']

function subscription(...owned: number[]): Buffer {
  return consumerProtocolSubscription.encode({ topics: ['orders'], ownedPartitions: owned.length === 0 ? [] : [{ topic: 'orders', partitions: owned }] }, 1)
}

function assigned(...partitions: number[]): Buffer {
  return consumerProtocolAssignment.encode({ assignedPartitions: [{ topic: 'orders', partitions }] }, 1)
}

const joining = { sessionTimeoutMs: 45_000, rebalanceTimeoutMs: 30_000, protocolType: 'consumer', protocols: [{ name: 'range', metadata: subscription() }], memberId: '' }
const synced = { protocolType: 'consumer', protocolName: 'range', assignments: [] }
const modern = { memberId: 'modern-member', memberEpoch: 0, rebalanceTimeoutMs: 30_000, subscribedTopicNames: ['orders'], topicPartitions: [] }

/** Runs everything against the broker on `port`: the answers, in order. */
export async function runGroupMigrationScript(port: number): Promise<[string, unknown][]> {
  const script = new AnswerScript(port)
  try {
    const a = await script.open()
    await makeReady(a)
    await mixedGroup(script, a)
    await staticMembers(script, a)
    await emptyGroups(script, a)
    await refusedUpgrades(script, a)
    return script.steps
  } finally {
    script.close()
  }
}

async function makeReady(a: RawConnection): Promise<void> {
  await ask(a, createTopics, 7, { topics: [{ name: 'orders', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }], timeoutMs: 5_000 })
  await untilLed(a, 'orders', 2)
  for (const groupId of GROUPS) {
    while ((await ask(a, findCoordinator, 4, { keyType: 0, coordinatorKeys: [groupId] })).coordinators[0]?.errorCode !== 0) await pause(100)
    while ((await ask(a, offsetFetch, 8, { groups: [{ groupId, topics: null }] })).groups[0]?.errorCode !== 0) await pause(100)
  }
}

/** A classic group of one member, which reads both partitions. */
async function classicGroup(script: AnswerScript, a: RawConnection, groupId: string, more: Partial<RequestToSend<typeof joinGroup>> = {}): Promise<string> {
  const request = { ...joining, ...more, groupId }
  const first = await script.ask('a first join', a, joinGroup, 9, request)
  const { memberId } = more.groupInstanceId ? first : await ask(a, joinGroup, 9, { ...request, memberId: first.memberId })
  const assignments = [{ memberId, assignment: assigned(0, 1) }]
  await ask(a, syncGroup, 4, { groupId, memberId, groupInstanceId: more.groupInstanceId ?? null, generationId: 1, assignments })
  return memberId
}

function commit(groupId: string, more: Partial<RequestToSend<typeof offsetCommit>> = {}): RequestToSend<typeof offsetCommit> {
  return { groupId, topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 5, committedMetadata: '' }] }], ...more }
}

async function mixedGroup(script: AnswerScript, a: RawConnection): Promise<void> {
  const groupId = 'mixed'
  const memberId = await classicGroup(script, a, groupId)
  const upgraded = await script.ask('a member of the other protocol comes', a, consumerGroupHeartbeat, 1, { ...modern, groupId })
  const old = { groupId, memberId, generationId: 1 }
  await script.ask('a heartbeat of the classic member', a, heartbeat, 4, old)
  await script.ask('its sync', a, syncGroup, 5, { ...old, ...synced })
  await script.ask('its commit', a, offsetCommit, 9, commit(groupId, { memberId, generationIdOrMemberEpoch: 1 }))
  await script.ask('its commit of another generation', a, offsetCommit, 9, commit(groupId, { memberId, generationIdOrMemberEpoch: 7 }))
  await administrators(script, a, groupId)
  const rejoined = await script.ask('the classic member rejoins', a, joinGroup, 9, { ...joining, groupId, memberId })
  const member = { groupId, memberId, generationId: rejoined.generationId }
  await script.ask('it syncs', a, syncGroup, 5, { ...member, ...synced })
  await script.ask('it syncs as an older client', a, syncGroup, 3, { ...member, assignments: [] })
  await script.ask('its heartbeat', a, heartbeat, 4, member)
  const mine = { ...modern, groupId, memberEpoch: upgraded.memberEpoch }
  await script.ask('the other one gets what is free', a, consumerGroupHeartbeat, 1, mine)
  await script.ask('another classic member without an id', a, joinGroup, 9, { ...joining, groupId })
  await script.ask('a classic member under an id of its own', a, joinGroup, 9, { ...joining, groupId, memberId: 'own-id' })
  await script.ask('it goes', a, leaveGroup, 5, { groupId, members: [{ memberId: 'own-id' }] })
  await refusals(script, a, member)
  const again = await script.ask('the classic member rejoins again', a, joinGroup, 9, { ...joining, groupId, memberId })
  await script.ask('and syncs', a, syncGroup, 5, { ...member, generationId: again.generationId, ...synced })
  for (const [who, memberEpoch] of [[memberId, again.generationId], [memberId, 1], ['who', 1], ['modern-member', 1], [null, -1]] as const) {
    await script.ask(`offsets fetched as ${who === null ? 'nobody' : 'a member'}`, a, offsetFetch, 9, { groups: [{ groupId, memberId: who, memberEpoch, topics: null }] })
  }
  await script.ask('the member of the consumer protocol leaves', a, consumerGroupHeartbeat, 1, { ...mine, memberEpoch: -1 })
  await script.ask('the group is', a, listGroups, 5, {})
  await script.ask('described', a, describeGroups, 6, { groups: [groupId] })
  await script.ask('a heartbeat afterwards', a, heartbeat, 4, { ...member, generationId: again.generationId })
  await script.ask('a join afterwards', a, joinGroup, 9, { ...joining, groupId, memberId })
}

async function administrators(script: AnswerScript, a: RawConnection, groupId: string): Promise<void> {
  await script.ask('the group is listed', a, listGroups, 5, {})
  for (const filter of [{ typesFilter: ['consumer'] }, { typesFilter: ['classic'] }, { statesFilter: ['assigning', 'reconciling'] }, { statesFilter: ['stable'] }]) {
    await script.ask(`listed with ${JSON.stringify(filter)}`, a, listGroups, 5, filter)
  }
  for (const version of [5, 6]) await script.ask('described as a classic group', a, describeGroups, version, { groups: [groupId] })
  await script.ask('described', a, consumerGroupDescribe, 1, { groupIds: [groupId], includeAuthorizedOperations: false })
  await script.ask('deleted', a, deleteGroups, 2, { groupsNames: [groupId] })
  await script.ask('its offsets deleted', a, offsetDelete, 0, { groupId, topics: [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }] })
}

async function refusals(script: AnswerScript, a: RawConnection, member: { readonly groupId: string; readonly memberId: string; readonly generationId: number }): Promise<void> {
  const { groupId } = member
  for (const [what, more] of [['another generation', { generationId: 99 }], ['nobody', { memberId: 'who' }], ['the other protocol', { memberId: 'modern-member' }], ['an instance nobody knows', { groupInstanceId: 'who' }]] as const) {
    await script.ask(`a heartbeat of ${what}`, a, heartbeat, 4, { ...member, ...more })
    await script.ask(`a sync of ${what}`, a, syncGroup, 5, { ...member, ...synced, ...more })
  }
  await script.ask('a sync of another protocol', a, syncGroup, 5, { ...member, ...synced, protocolName: 'sticky' })
  await script.ask('a sync of another protocol type', a, syncGroup, 5, { ...member, ...synced, protocolType: 'connect' })
  await script.ask('a join of another protocol', a, joinGroup, 9, { ...joining, groupId, protocols: [{ name: 'sticky', metadata: subscription() }] })
  await script.ask('a join of another protocol type', a, joinGroup, 9, { ...joining, groupId, protocolType: 'connect' })
  await script.ask('a join of an unknown instance under an id', a, joinGroup, 9, { ...joining, groupId, memberId: 'who', groupInstanceId: 'who' })
  const members = [{ memberId: 'who' }, { memberId: '', groupInstanceId: 'who' }, { memberId: '' }]
  for (const version of [3, 5]) await script.ask('a leave of who may not', a, leaveGroup, version, { groupId, members })
  await script.ask('a leave of nobody', a, leaveGroup, 2, { groupId, memberId: 'who' })
  await script.ask('a commit from outside', a, offsetCommit, 9, commit(groupId))
}

/** An instance changes its protocol, and changes back. */
async function staticMembers(script: AnswerScript, a: RawConnection): Promise<void> {
  const groupId = 'static'
  const memberId = await classicGroup(script, a, groupId, { groupInstanceId: 'i' })
  const mine = { ...modern, groupId, memberId: 'modern-static', instanceId: 'i' }
  const taken = await script.ask('an instance comes back in the other protocol', a, consumerGroupHeartbeat, 1, mine)
  await script.ask('the classic member it was', a, heartbeat, 4, { groupId, memberId, groupInstanceId: 'i', generationId: 1 })
  await script.ask('its join', a, joinGroup, 9, { ...joining, groupId, memberId, groupInstanceId: 'i' })
  await script.ask('another instance in the classic protocol', a, joinGroup, 9, { ...joining, groupId, groupInstanceId: 'j' })
  await script.ask('its removal', a, leaveGroup, 5, { groupId, members: [{ memberId: '', groupInstanceId: 'j' }] })
  await script.ask('a removal of the one of the consumer protocol', a, leaveGroup, 5, { groupId, members: [{ memberId: '', groupInstanceId: 'i' }] })
  await script.ask('it goes on', a, consumerGroupHeartbeat, 1, { ...mine, memberEpoch: taken.memberEpoch })
  const back = await script.ask('the instance is back in the classic protocol', a, joinGroup, 9, { ...joining, groupId, groupInstanceId: 'i' })
  await script.ask('the group', a, describeGroups, 6, { groups: [groupId] })
  await script.ask('a sync afterwards', a, syncGroup, 5, { groupId, memberId: back.memberId, groupInstanceId: 'i', generationId: back.generationId, ...synced })
  await script.ask('the one it was', a, consumerGroupHeartbeat, 1, { ...mine, memberEpoch: taken.memberEpoch })
}

async function emptyGroups(script: AnswerScript, a: RawConnection): Promise<void> {
  const groupId = 'empty'
  const memberId = await classicGroup(script, a, groupId)
  await ask(a, offsetCommit, 9, commit(groupId, { memberId, generationIdOrMemberEpoch: 1 }))
  await ask(a, leaveGroup, 5, { groupId, members: [{ memberId }] })
  await script.ask('an empty classic group', a, consumerGroupDescribe, 1, { groupIds: [groupId], includeAuthorizedOperations: false })
  const { errorCode, assignment } = await ask(a, consumerGroupHeartbeat, 1, { ...modern, groupId })
  script.steps.push(['gets a member of the other protocol', [errorCode, assignment?.topicPartitions.map(({ partitions }) => partitions)]])
  await script.ask('it has the offsets', a, offsetFetch, 9, { groups: [{ groupId, topics: null }] })
  await script.ask('which leaves', a, consumerGroupHeartbeat, 1, { ...modern, groupId, memberEpoch: -1 })
  await script.ask('an empty consumer group', a, describeGroups, 6, { groups: [groupId] })
  await script.ask('its sync', a, syncGroup, 5, { groupId, memberId, generationId: 1, ...synced })
  await script.ask('its heartbeat', a, heartbeat, 4, { groupId, memberId, generationId: 1 })
  await script.ask('a join under an id', a, joinGroup, 9, { ...joining, groupId, memberId })
  await script.ask('a commit from outside', a, offsetCommit, 9, commit(groupId))
  const { memberId: next } = await script.ask('a join without an id', a, joinGroup, 9, { ...joining, groupId })
  await script.ask('a join with it', a, joinGroup, 9, { ...joining, groupId, memberId: next })
  await script.ask('the offsets are there', a, offsetFetch, 9, { groups: [{ groupId, topics: null }] })
  await script.ask('one leaves', a, leaveGroup, 5, { groupId, members: [{ memberId: next }] })
  await script.ask('deleted', a, deleteGroups, 2, { groupsNames: [groupId] })
}

async function refusedUpgrades(script: AnswerScript, a: RawConnection): Promise<void> {
  await classicGroup(script, a, 'connect', { protocolType: 'connect' })
  await script.ask('a group of no consumers', a, consumerGroupHeartbeat, 1, { ...modern, groupId: 'connect' })
  const assignment = consumerProtocolAssignment.encode({ assignedPartitions: [], userData: Buffer.from('own') }, 1)
  const { memberId } = await ask(a, joinGroup, 9, { ...joining, groupId: 'stays' })
  await ask(a, joinGroup, 9, { ...joining, groupId: 'stays', memberId })
  await ask(a, syncGroup, 4, { groupId: 'stays', memberId, generationId: 1, assignments: [{ memberId, assignment }] })
  const { errorCode } = await ask(a, consumerGroupHeartbeat, 1, { ...modern, groupId: 'stays' })
  script.steps.push(['a group with an assignor of its own', errorCode])
  await script.ask('a heartbeat of a later epoch', a, consumerGroupHeartbeat, 1, { ...modern, groupId: 'stays', memberEpoch: 1 })
}
