/** A broker as good as new between two scripts: no quotas, members, groups or topics of the one before, but for those of kept names. */

import { setTimeout as pause } from 'node:timers/promises'
import {
  alterClientQuotas, consumerGroupDescribe, consumerGroupHeartbeat, deleteGroups, deleteTopics, describeClientQuotas, describeGroups, leaveGroup, listGroups, metadata,
} from '../../core/protocol/apis/index.ts'
import { ask, RawConnection } from '../support/clients-frames.ts'

export async function tidy(port: number, isKept: (name: string) => boolean = () => false): Promise<void> {
  const connection = await RawConnection.open(port)
  try {
    await removeQuotas(connection)
    while (!(await hasNoGroups(connection, isKept))) await pause(100)
    while (!(await hasNoTopics(connection, isKept))) await pause(100)
  } finally {
    connection.close()
  }
}

async function removeQuotas(on: RawConnection): Promise<void> {
  const { entries } = await ask(on, describeClientQuotas, 1, { components: [], strict: false })
  if (!entries || entries.length === 0) return
  const removals = entries.map(({ entity, values }) => ({ entity, ops: values.map(({ key }) => ({ key, value: 0, remove: true })) }))
  await ask(on, alterClientQuotas, 1, { entries: removals, validateOnly: false })
}

async function hasNoGroups(on: RawConnection, isKept: (name: string) => boolean): Promise<boolean> {
  const groups = (await ask(on, listGroups, 5, {})).groups.filter(({ groupId }) => !isKept(groupId))
  for (const { groupId, groupType } of groups) {
    if (groupType === 'consumer') await removeConsumers(on, groupId)
    else await removeMembers(on, groupId)
  }
  if (groups.length > 0) await ask(on, deleteGroups, 2, { groupsNames: groups.map(({ groupId }) => groupId) })
  return groups.length === 0
}

async function removeMembers(on: RawConnection, groupId: string): Promise<void> {
  const { groups: [group] } = await ask(on, describeGroups, 5, { groups: [groupId] })
  const members = group?.members.map(({ memberId, groupInstanceId }) => ({ memberId, groupInstanceId })) ?? []
  if (members.length > 0) await ask(on, leaveGroup, 5, { groupId, members })
}

async function removeConsumers(on: RawConnection, groupId: string): Promise<void> {
  const { groups: [group] } = await ask(on, consumerGroupDescribe, 1, { groupIds: [groupId], includeAuthorizedOperations: false })
  for (const { memberId, instanceId } of group?.members ?? []) {
    await ask(on, consumerGroupHeartbeat, 1, { groupId, memberId, instanceId, memberEpoch: -1, topicPartitions: null })
    await ask(on, leaveGroup, 5, { groupId, members: [{ memberId, groupInstanceId: instanceId }] })
  }
}

async function hasNoTopics(on: RawConnection, isKept: (name: string) => boolean): Promise<boolean> {
  const { topics } = await ask(on, metadata, 9, { topics: null, allowAutoTopicCreation: false })
  const names = topics.filter(({ name, isInternal }) => !isInternal && !isKept(name ?? '')).map(({ name }) => name ?? '')
  if (names.length > 0) await ask(on, deleteTopics, 5, { topicNames: names, timeoutMs: 10_000 })
  return names.length === 0
}
