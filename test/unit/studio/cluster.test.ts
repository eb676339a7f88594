import { expect, test } from 'vitest'
import type { BrokerRow } from '../../../core/studio/contract/brokers.ts'
import type { ListItem } from '../../../core/studio/contract/contract.ts'
import type { TransactionRow } from '../../../core/studio/contract/transactions.ts'
import { TransactionalClient } from '../../support/transactional-client.ts'
import { joiningConsumer, beating } from '../groups/consumer-fixture.ts'
import { append, collect, openStudio } from './open-studio.ts'

/** The rows of a list whose items are all small enough to be one. */
function latest<Row>(items: readonly ListItem<Row>[], keyOf: (row: Row) => string): Map<string, Row> {
  const rows = new Map<string, Row>()
  for (const item of items) {
    for (const row of item.is === 'snapshot' ? item.rows : item.upserts) rows.set(keyOf(row), row)
    if (item.is === 'changes') for (const key of item.removed) rows.delete(key)
  }
  return rows
}
const byId = (items: readonly ListItem<TransactionRow>[]): Map<string, TransactionRow> => latest(items, row => row.transactionalId)
const brokersOf = (items: readonly ListItem<BrokerRow>[]): BrokerRow[] => [...latest(items, row => String(row.id)).values()]

test('an open transaction is listed with what it touches and holds back, and an administrator aborts it', async () => {
  const opened = await openStudio({ topics: { orders: 2 } })
  const { client } = opened
  const list = collect(client.transactions.list, {})
  expect(await list.until(items => items[0])).toEqual({ is: 'snapshot', rows: [] })
  const producer = new TransactionalClient(opened)
  expect(await producer.init()).toBe('NONE')
  expect(await list.until(items => byId(items).get('t'))).toMatchObject({ state: 'Empty', timeoutMs: 60_000, startedAt: null, partitionCount: 0, heldBack: 0n, coordinator: 1 })
  await producer.add(0, 1)
  expect(await producer.send()).toBe('NONE')
  append(opened, 'orders', ['behind', 'it'])
  const row = await list.until(items => { const now = byId(items).get('t'); return now?.heldBack === 3n ? now : undefined })
  expect(row).toMatchObject({
    state: 'Ongoing', producerId: BigInt(producer.producerId), producerEpoch: 0, partitionCount: 2,
    partitions: [{ topic: 'orders', partition: 0, heldBack: 3n }, { topic: 'orders', partition: 1, heldBack: 0n }],
  })
  expect(row.startedAt).toBeGreaterThan(0)
  const partition = collect(client.topics.partition, { topic: 'orders', partition: 0 })
  expect((await partition.until(items => items.find(item => item.transactions.length > 0))).transactions).toMatchObject([
    { producerId: BigInt(producer.producerId), firstOffset: 0n, transactionalId: 't' },
  ])
  const status = collect(client.local.status, {})
  await status.until(items => items.find(item => item.openTransactionCount === 1 && item.transactionalIdCount === 1))
  expect(await client.transactions.abort({ transactionalId: 't' })).toBeNull()
  expect(await list.until(items => { const now = byId(items).get('t'); return now?.state === 'CompleteAbort' ? now : undefined })).toMatchObject({ startedAt: null, heldBack: 0n, partitionCount: 0 })
  await partition.until(items => items.find(item => item.row.lastStableOffset === item.row.highWatermark && item.row.highWatermark === 4n))
  expect(await producer.send({ sequence: 1 })).toBe('INVALID_PRODUCER_EPOCH')
  await status.until(items => (items.at(-1)?.openTransactionCount === 0 ? true : undefined))
})

test('only what is open is aborted', async () => {
  const opened = await openStudio({ topics: { orders: 1 } })
  await expect(opened.client.transactions.abort({ transactionalId: 'nobody' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await new TransactionalClient(opened).init()
  await expect(opened.client.transactions.abort({ transactionalId: 't' })).rejects.toMatchObject({ code: 'INVALID_TXN_STATE' })
})

test('an offset that a transaction commits is shown as pending, with whose it is, until it is committed', async () => {
  const opened = await openStudio({ topics: { orders: 1 } })
  const producer = new TransactionalClient(opened)
  await opened.broker.parts.offsets.ensure()
  await producer.init()
  await producer.addGroup('billing')
  expect(await producer.commitOffset('billing', 0)).toBe('NONE')
  const detail = collect(opened.client.groups.detail, { group: 'billing' })
  expect((await detail.until(items => items[0])).offsets).toMatchObject([
    { topic: 'orders', partition: 0, committed: null, pending: { offset: 0n, producerId: BigInt(producer.producerId), transactionalId: 't' } },
  ])
  await producer.end(true)
  await detail.until(items => items.find(({ offsets: [row] }) => row?.committed === 0n && row.pending === null))
})

test('a consumer group shows what each member has to give up and what the others wait for', async () => {
  const opened = await openStudio({ topics: { orders: 2 }, config: { settings: { 'group.consumer.assignment.interval.ms': '0' } } })
  await opened.broker.parts.offsets.ensure()
  const { groups } = opened.broker.node()
  const groupId = joiningConsumer().groupId
  const joined = groups.heartbeatConsumer(joiningConsumer({ rackId: 'room-a' }))
  expect(joined.error).toBe('NONE')
  const epoch = joined.memberEpoch
  const detail = collect(opened.client.groups.detail, { group: groupId })
  expect(await detail.until(items => items.find(item => item.row.state === 'Stable'))).toMatchObject({
    row: { kind: 'consumer', memberCount: 1 }, targetEpoch: epoch, generation: epoch, coordinator: 1,
    members: [{ rack: 'room-a', epoch, isClassicInConsumer: false, assignment: [{ topic: 'orders', partitions: [0, 1] }], revoking: [], awaiting: [] }],
  })
  groups.heartbeatConsumer(joiningConsumer({ memberId: 'second' }))
  groups.heartbeatConsumer(beating({ memberEpoch: epoch }))
  const moving = await detail.until(items => items.find(item => item.row.state === 'Reconciling' && item.members.some(({ revoking }) => revoking.length > 0)))
  expect(moving.members.map(({ revoking, awaiting }) => [revoking, awaiting])).toEqual([
    [[{ topic: 'orders', partitions: [expect.any(Number)] }], []],
    [[], [{ topic: 'orders', partitions: [expect.any(Number)] }]],
  ])
})

test('offsets of a topic are removed from a group, and not while a member reads it', async () => {
  const opened = await openStudio({ topics: { orders: 1, payments: 1 } })
  const { client, broker } = opened
  await broker.parts.offsets.ensure()
  const { groups } = broker.node()
  groups.commit({
    groupId: 'g', memberId: '', instanceId: null, generation: -1, retentionMs: null, canNameMissingGroup: true,
    topics: ['orders', 'payments'].map(topic => ({ topic, partitions: [{ partition: 0, offset: 0, leaderEpoch: -1, metadata: '' }] })),
  })
  expect(await client.groups.deleteOffsets({ group: 'g', topic: 'orders' })).toBe(1)
  expect(broker.groups.group('g')?.offsets.map(({ topic }) => topic)).toEqual(['payments'])
  await expect(client.groups.deleteOffsets({ group: 'nobody', topic: 'orders' })).rejects.toMatchObject({ code: 'GROUP_ID_NOT_FOUND' })
  const member = joiningConsumer({ groupId: 'h' })
  const { memberEpoch } = groups.heartbeatConsumer(member)
  const committed = groups.commit({
    groupId: 'h', memberId: member.memberId, instanceId: null, generation: memberEpoch, retentionMs: null, canNameMissingGroup: true,
    topics: [{ topic: 'orders', partitions: [{ partition: 0, offset: 0, leaderEpoch: -1, metadata: '' }] }],
  })
  expect(committed[0]?.partitions[0]?.error).toBe('NONE')
  await expect(client.groups.deleteOffsets({ group: 'h', topic: 'orders' })).rejects.toMatchObject({ code: 'GROUP_SUBSCRIBED_TO_TOPIC' })
})

test('brokers are stopped and started one by one, leadership follows, and the last one stays', async () => {
  const opened = await openStudio({ brokerCount: 3, racks: ['a', 'b', 'c'] })
  const { client } = opened
  await opened.broker.topics.create({ name: 'orders', partitionCount: 6, configs: {}, replicationFactor: 3 })
  const list = collect(client.brokers.list, {})
  const first = await list.until(items => (items[0] ? brokersOf(items) : undefined))
  expect(first).toMatchObject([1, 2, 3].map(id => ({ id, rack: 'abc'.charAt(id - 1), isUp: true, isController: id === 1, leaderCount: 2, replicaCount: 6, outOfSyncCount: 0, stopProblem: null })))
  const topic = collect(client.topics.detail, { topic: 'orders' })
  const events = collect(client.local.events, {})
  expect(await client.brokers.stop({ id: 2 })).toBeNull()
  expect((await list.until(items => brokersOf(items).find(row => row.id === 2 && !row.isUp))).addresses).toEqual(first[1]?.addresses)
  const degraded = await topic.until(items => items.find(item => item.topic.underReplicatedCount === 6))
  expect(degraded.topic).toMatchObject({ replicationFactor: 3, leaderlessCount: 0 })
  for (const { leader, replicas, inSync, offlineReplicas } of degraded.partitions) {
    expect([leader === 2, replicas.toSorted(), inSync.toSorted(), offlineReplicas]).toEqual([false, [1, 2, 3], [1, 3], [2]])
  }
  await events.until(items => items.flat().find(event => event.text.startsWith('Broker 2 is down')))
  const status = collect(client.local.status, {})
  expect(await status.until(items => items[0])).toMatchObject({ brokerCount: 3, brokersUp: 2 })
  await client.brokers.stop({ id: 3, isAbrupt: true })
  await list.until(items => brokersOf(items).find(row => row.id === 1 && row.stopProblem !== null))
  await expect(client.brokers.stop({ id: 1 })).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(/^Broker 1 is the last that is up/) as string })
  await client.brokers.start({ id: 2 })
  await client.brokers.start({ id: 3 })
  await topic.until(items => (items.at(-1)?.topic.underReplicatedCount === 0 ? true : undefined))
  await list.until(items => (brokersOf(items).reduce((sum, row) => sum + row.missedCount, 0) === 4 ? true : undefined))
  expect(await client.brokers.electPreferred({})).toBe(4)
  await list.until(items => (brokersOf(items).every(row => row.leaderCount === 2 && row.missedCount === 0) ? true : undefined))
  await expect(client.brokers.start({ id: 2 })).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'Broker 2 is up already.' })
})

test('the window produces as a producer with acks=all does: not without a leader, not below min.insync.replicas', async () => {
  const { client, broker } = await openStudio({ brokerCount: 3 })
  await broker.topics.create({ name: 'alone', partitionCount: 1, configs: {}, assignments: [[2]] })
  await broker.topics.create({ name: 'safe', partitionCount: 1, configs: { 'min.insync.replicas': '3' }, assignments: [[1, 2, 3]] })
  const produce = (topic: string) => client.messages.produce({ topic, partition: 0, key: null, value: Buffer.from('v'), headers: [], timestamp: null })
  expect([(await produce('alone')).offset, (await produce('safe')).offset]).toEqual([0n, 0n])
  await client.brokers.stop({ id: 2 })
  await expect(produce('alone')).rejects.toMatchObject({ code: 'LEADER_NOT_AVAILABLE' })
  await expect(produce('safe')).rejects.toMatchObject({ code: 'NOT_ENOUGH_REPLICAS', message: expect.stringContaining('2 of 3') as string })
  await client.brokers.start({ id: 2 })
  expect([(await produce('alone')).offset, (await produce('safe')).offset]).toEqual([1n, 1n])
})

test('the address to give a client is one of a broker that is up', async () => {
  const opened = await openStudio({ brokerCount: 2 })
  const status = collect(opened.client.local.status, {})
  const addresses = [1, 2].map(id => `127.0.0.1:${opened.portOf(id)}`)
  expect(await status.until(items => items[0])).toMatchObject({ address: addresses[0], addresses })
  await opened.client.brokers.stop({ id: 1 })
  await status.until(items => items.find(item => item.address === addresses[1]))
})

test('a topic is made with as many replicas as the window asks for, as far as there are brokers', async () => {
  const { client } = await openStudio({ brokerCount: 3 })
  await client.topics.create({ topic: 'orders', partitions: 2, replicationFactor: 2 })
  await client.topics.create({ topic: 'alone', partitions: 1 })
  const topics = collect(client.topics.list, {})
  await topics.until(items => {
    const rows = latest(items, row => row.topic)
    return rows.get('orders')?.replicationFactor === 2 && rows.get('alone')?.replicationFactor === 1 ? true : undefined
  })
  await expect(client.topics.create({ topic: 'more', partitions: 1, replicationFactor: 4 })).rejects.toMatchObject({ code: 'INVALID_REPLICATION_FACTOR' })
})
