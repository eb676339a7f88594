/** Members of groups in bare frames: a hundred of them cost this machine less than one client library, so what is measured is the broker. */

import { setTimeout as pause } from 'node:timers/promises'
import { consumerGroupHeartbeat, findCoordinator, heartbeat, joinGroup, syncGroup } from '../core/protocol/apis/index.ts'
import { kafkaErrors } from '../core/protocol/errors.ts'
import { ask, RawConnection } from '../test/support/clients-frames.ts'

const REBALANCE_TIMEOUT_MS = 30_000
/** Between two heartbeats; libraries wait for seconds, and would measure their own patience. */
const HEARTBEAT_MS = 50
const NO_BYTES = Buffer.alloc(0)

type Membership = { readonly port: number; readonly group: string; readonly topic: string; readonly count: number }

/** Milliseconds from the first join of `count` members to the moment all of them hold an assignment of one generation. */
export async function classicGroupStableMs(o: Membership): Promise<number> {
  const connections = await openAll(o)
  const synced = new Map<number, number>()
  const { promise: isStable, resolve } = Promise.withResolvers<void>()
  const over = new AbortController() // ends the members
  const startedAt = performance.now()
  const members = connections.map(async connection => {
    let memberId = ''
    while (!over.signal.aborted) {
      const joined = await ask(connection, joinGroup, 7, {
        groupId: o.group, sessionTimeoutMs: 30_000, rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS, memberId, groupInstanceId: null, protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: NO_BYTES }],
      })
      memberId = joined.memberId
      if (joined.errorCode !== 0) continue
      const assignments = joined.members.map(member => ({ memberId: member.memberId, assignment: Buffer.from('its partitions') }))
      const { generationId } = joined
      const answer = await ask(connection, syncGroup, 5, { groupId: o.group, generationId, memberId, groupInstanceId: null, protocolType: 'consumer', protocolName: joined.protocolName, assignments })
      if (answer.errorCode !== 0) continue
      synced.set(generationId, (synced.get(generationId) ?? 0) + 1)
      if (synced.get(generationId) === o.count) resolve()
      await heartbeatWhileStable(connection, o.group, generationId, memberId, over.signal)
    }
  })
  await isStable
  const tookMs = performance.now() - startedAt
  over.abort()
  await Promise.all(members)
  for (const connection of connections) connection.close()
  return tookMs
}

async function heartbeatWhileStable(connection: RawConnection, groupId: string, generationId: number, memberId: string, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const { errorCode } = await ask(connection, heartbeat, 4, { groupId, generationId, memberId, groupInstanceId: null })
    if (errorCode !== 0) return
    await pause(HEARTBEAT_MS)
  }
}

/** The same in the protocol of KIP-848, over a topic with a partition for each: all of them hold one. */
export async function consumerGroupStableMs(o: Membership): Promise<number> {
  const connections = await openAll(o)
  const owners = new Set<number>()
  const { promise: isStable, resolve } = Promise.withResolvers<void>()
  const over = new AbortController() // ends the members
  const startedAt = performance.now()
  const members = connections.map(async (connection, at) => {
    let [memberEpoch, owned] = [0, [] as { readonly topicId: string; readonly partitions: readonly number[] }[]]
    while (!over.signal.aborted) {
      const answer = await ask(connection, consumerGroupHeartbeat, 1, {
        groupId: o.group, memberId: `${o.group}-${at}`, memberEpoch, rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS, subscribedTopicNames: [o.topic], topicPartitions: owned,
      })
      if (answer.errorCode !== 0) throw new Error(`void: a heartbeat was answered with error ${answer.errorCode}`)
      memberEpoch = answer.memberEpoch
      if (answer.assignment) owned = [...answer.assignment.topicPartitions]
      if (owned.length === 1 && owned[0]?.partitions.length === 1) owners.add(at)
      else owners.delete(at)
      if (owners.size === o.count) resolve()
      if (!answer.assignment) await pause(HEARTBEAT_MS)
    }
  })
  await Promise.race([isStable, Promise.all(members)])
  const tookMs = performance.now() - startedAt
  over.abort()
  await Promise.all(members)
  for (const connection of connections) connection.close()
  return tookMs
}

/** Connections to the group's coordinator, which takes some time to be there. */
async function openAll({ port, group, count }: Membership): Promise<RawConnection[]> {
  const connections = await Promise.all(Array.from({ length: count }, () => RawConnection.open(port)))
  const [first] = connections
  if (first) await coordinatorOf(first, group)
  return connections
}

export async function coordinatorOf(connection: RawConnection, group: string): Promise<void> {
  for (;;) {
    const answer = await ask(connection, findCoordinator, 4, { keyType: 0, coordinatorKeys: [group] })
    const code = answer.coordinators[0]?.errorCode ?? 0
    const { errorCode } = code === 0 ? await ask(connection, heartbeat, 4, { groupId: group, generationId: 1, memberId: 'nobody', groupInstanceId: null }) : { errorCode: code }
    if (errorCode === kafkaErrors.UNKNOWN_MEMBER_ID) return
    await pause(20)
  }
}
