/** OffsetDelete over a socket, and what is left of the offsets. */

import { afterEach, expect, test } from 'vitest'
import { findCoordinator, offsetDelete } from '../../../core/protocol/apis/index.ts'
import { errorCode } from '../../../core/protocol/errors.ts'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'
import { committing, joinDynamic, stableGroup, startGroups, subscription } from './fixture.ts'

const running: MemoryBroker[] = []
afterEach(async () => void await Promise.all(running.splice(0).map(broker => broker.stop())))

const at = (...partitions: number[]) => partitions.map(partition => ({ partition, offset: 5, leaderEpoch: 0, metadata: '' }))
const committed = [{ topic: 'orders', partitions: at(0, 1) }, { topic: 'payments', partitions: at(0) }]
const asked = [{ topic: 'orders', partitions: [0, 1, 2] }, { topic: 'payments', partitions: [0] }]
const allOf = (topics: typeof asked, error: string) => topics.map(({ topic, partitions }) => ({ topic, partitions: partitions.map(partition => ({ partition, error })) }))

test('offsets of a group without members go for good, be they there or not', async () => {
  const setting = await startGroups()
  setting.groups.commit(committing({ topics: committed }))
  const [orders = { topic: '', partitions: [] }] = asked
  expect(setting.groups.deleteOffsets({ groupId: 'g', topics: [orders] })).toEqual({ error: 'NONE', topics: allOf([orders], 'NONE') })
  const left = [{ topic: 'payments', partitions: [{ ...at(0)[0] }] }]
  expect(setting.groups.fetchOffsets({ groupId: 'g', topics: null }).topics).toEqual(left)
  const again = await setting.restart()
  expect(again.groups.fetchOffsets({ groupId: 'g', topics: null }).topics).toEqual(left)
})

test('a topic that a member reads keeps its offsets, others lose theirs', async () => {
  const setting = await startGroups()
  const [memberId = ''] = await stableGroup(setting, 1, { protocols: [{ name: 'range', metadata: subscription('orders') }] })
  setting.groups.commit(committing({ memberId, generation: 1, topics: committed }))
  const answer = setting.groups.deleteOffsets({ groupId: 'g', topics: asked })
  expect(answer).toEqual({ error: 'NONE', topics: [...allOf(asked.slice(0, 1), 'GROUP_SUBSCRIBED_TO_TOPIC'), ...allOf(asked.slice(1), 'NONE')] })
  expect(setting.groups.fetchOffsets({ groupId: 'g', topics: null }).topics).toEqual([{ topic: 'orders', partitions: at(0, 1) }])
})

test('a group that is missing, has no name, or has members that are no consumers refuses the whole', async () => {
  const setting = await startGroups()
  await joinDynamic(setting, { groupId: 'connect', protocolType: 'connect' })
  setting.clock.advance(0)
  const errorFor = (groupId: string) => setting.groups.deleteOffsets({ groupId, topics: asked })
  expect(['missing', '', 'connect'].map(errorFor)).toEqual(
    ['GROUP_ID_NOT_FOUND', 'INVALID_GROUP_ID', 'NON_EMPTY_GROUP'].map(error => ({ error, topics: [] })),
  )
})

test('over a socket, partitions that do not exist are told so beside the others', async () => {
  const broker = await startMemoryBroker({ topics: { orders: 1 } })
  running.push(broker)
  await broker.ask(findCoordinator, 3, { key: 'g', keyType: 0 })
  const { groups } = broker.broker.node()
  groups.commit(committing())
  const partitions = [0, 9].map(partitionIndex => ({ partitionIndex }))
  const topics = [{ name: 'orders', partitions }, { name: 'nowhere', partitions }]
  const answer = await broker.ask(offsetDelete, 0, { groupId: 'g', topics })
  const told = answer.topics.flatMap(({ name, partitions: each }) => each.map(({ partitionIndex, errorCode: error }) => [name, partitionIndex, error]))
  expect([answer.errorCode, told.sort()]).toEqual([0, [['nowhere', 0, 3], ['nowhere', 9, 3], ['orders', 0, 0], ['orders', 9, 3]]])
  expect(groups.fetchOffsets({ groupId: 'g', topics: null }).topics).toEqual([])
  expect(await broker.ask(offsetDelete, 0, { groupId: 'missing', topics })).toMatchObject({ errorCode: errorCode('GROUP_ID_NOT_FOUND'), topics: [] })
})
