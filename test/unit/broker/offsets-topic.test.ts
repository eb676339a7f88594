/** `__consumer_offsets` from the outside: however it came to be, and whatever became of it, groups are served or refused, never kept waiting. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { nodeDisk } from '../../../core/common/node-disk.ts'
import {
  createTopics, deleteGroups, deleteTopics, describeGroups, findCoordinator, heartbeat, listGroups, metadata, offsetCommit, offsetFetch,
} from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import { ZERO_UUID } from '../../../core/protocol/wire.ts'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'

const OFFSETS = '__consumer_offsets'
let broker: MemoryBroker
afterEach(() => broker.stop())

/** Partition 0 of the group's four, or whichever its name hashes to. */
const commit = async (groupId: string): Promise<number | undefined> => {
  const answer = await broker.ask(offsetCommit, 8, {
    groupId, memberId: '', generationIdOrMemberEpoch: -1,
    topics: [{ name: 'orders', topicId: ZERO_UUID, partitions: [{ partitionIndex: 0, committedOffset: 7, committedMetadata: '' }] }],
  })
  return answer.topics[0]?.partitions[0]?.errorCode
}
const fetchOffset = async (groupId: string) =>
  (await broker.ask(offsetFetch, 8, { groups: [{ groupId, topics: [{ name: 'orders', topicId: ZERO_UUID, partitionIndexes: [0] }] }] })).groups[0]
const coordinator = async (...groupIds: string[]) => (await broker.ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: groupIds })).coordinators

test('before the first group ever, group requests are told that there is no coordinator yet: clients then look for one', async () => {
  broker = await startMemoryBroker({ topics: { orders: 1 } })
  expect((await broker.ask(describeGroups, 5, { groups: ['g'] })).groups).toMatchObject([{ errorCode: kafkaErrors.NOT_COORDINATOR }])
  expect((await broker.ask(deleteGroups, 2, { groupsNames: ['g'] })).results).toMatchObject([{ errorCode: kafkaErrors.NOT_COORDINATOR }])
  expect(await fetchOffset('g')).toMatchObject({ errorCode: kafkaErrors.NOT_COORDINATOR })
  expect(await commit('g')).toBe(kafkaErrors.NOT_COORDINATOR)
  expect(await broker.ask(listGroups, 5, {})).toMatchObject({ errorCode: 0, groups: [] })
  expect(await coordinator('g')).toMatchObject([{ errorCode: 0, nodeId: 1 }])
  expect(await commit('g')).toBe(0)
  expect(await fetchOffset('g')).toMatchObject({ errorCode: 0, topics: [{ partitions: [{ committedOffset: 7 }] }] })
})

test('a client that asks for it by name makes it as the first group would', async () => {
  broker = await startMemoryBroker({ topics: { orders: 1 } })
  const { topics } = await broker.ask(metadata, 12, { topics: [{ topicId: ZERO_UUID, name: OFFSETS }], allowAutoTopicCreation: true })
  expect(topics).toMatchObject([{ errorCode: 0, isInternal: true }])
  expect(broker.broker.topics.get(OFFSETS)?.record.configs).toMatchObject({ 'cleanup.policy': 'compact' })
  expect(await commit('g')).toBe(0)
})

test('it can be created only with the partitions that groups are spread over', async () => {
  broker = await startMemoryBroker({ topics: { orders: 1 } })
  const create = async (numPartitions: number) => (await broker.ask(createTopics, 7, {
    topics: [{ name: OFFSETS, numPartitions, replicationFactor: 1, assignments: [], configs: [] }], timeoutMs: 1000, validateOnly: false,
  })).topics
  expect(await create(1)).toMatchObject([{ errorCode: kafkaErrors.INVALID_PARTITIONS, errorMessage: expect.stringContaining('4') }])
  expect(await create(4)).toMatchObject([{ errorCode: 0 }])
  expect(await commit('g')).toBe(0)
})

test('when it is deleted, members hear of it, and the next look for the coordinator makes it anew', async () => {
  broker = await startMemoryBroker({ topics: { orders: 1 } })
  await coordinator('g')
  expect(await commit('g')).toBe(0)
  await broker.ask(deleteTopics, 5, { topicNames: [OFFSETS], timeoutMs: 1000 })
  expect(await commit('g')).toBe(kafkaErrors.NOT_COORDINATOR)
  expect((await broker.ask(heartbeat, 4, { groupId: 'g', memberId: 'm', generationId: 1 })).errorCode).toBe(kafkaErrors.NOT_COORDINATOR)
  expect(await coordinator('g')).toMatchObject([{ errorCode: 0 }])
  expect(await fetchOffset('g')).toMatchObject({ errorCode: 0, topics: [{ partitions: [{ committedOffset: -1 }] }] })
})

test('a partition of it that cannot be opened refuses its groups and no others', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  broker = await startMemoryBroker({ folder, topics: { orders: 1 } })
  await coordinator('g')
  const groupIds = Array.from({ length: 20 }, (_, at) => `g${at}`)
  for (const groupId of groupIds) expect(await commit(groupId)).toBe(0)
  await broker.stop()
  // The folder of another topic stands where the partition's was.
  nodeDisk.replaceNow(join(folder, 'logs', `${OFFSETS}-1`, 'partition.metadata'), Buffer.from('version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ'))
  broker = await startMemoryBroker({ folder })
  expect(broker.broker.topics.partition(OFFSETS, 1)?.state.is).toBe('failed')
  const found = await coordinator(...groupIds)
  const lost = found.filter(({ errorCode }) => errorCode !== 0)
  expect(new Set(lost.map(({ errorCode }) => errorCode))).toEqual(new Set([kafkaErrors.COORDINATOR_NOT_AVAILABLE]))
  expect(lost.length).toBeGreaterThan(0)
  expect(lost.length).toBeLessThan(groupIds.length)
  for (const { key } of found) {
    const isLost = lost.some(other => other.key === key)
    expect(await commit(key)).toBe(isLost ? kafkaErrors.NOT_COORDINATOR : 0)
  }
  expect((await broker.ask(listGroups, 5, {})).errorCode).toBe(0)
})
