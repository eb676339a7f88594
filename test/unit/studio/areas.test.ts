import { expect, test, vi } from 'vitest'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import type { ListItem } from '../../../core/studio/contract/contract.ts'
import type { GroupDetail } from '../../../core/studio/contract/groups.ts'
import { append, collect, openStudio, type OpenStudio } from './open-studio.ts'

/** The list as a reader holds it after all items. */
function folded<Row>(items: readonly ListItem<Row>[], keyOf: (row: Row) => string): Map<string, Row> {
  const rows = new Map<string, Row>()
  for (const item of items) {
    for (const row of item.is === 'snapshot' ? item.rows : item.upserts) rows.set(keyOf(row), row)
    if (item.is === 'changes') for (const key of item.removed) rows.delete(key)
  }
  return rows
}

/** Commits an offset as a consumer that manages its own partitions. */
async function commit({ broker }: OpenStudio, groupId: string, topic: string, offset: number): Promise<void> {
  await broker.parts.offsets.ensure()
  const answer = broker.node().groups.commit({
    groupId, memberId: '', instanceId: null, generation: -1, retentionMs: null, canNameMissingGroup: true,
    topics: [{ topic, partitions: [{ partition: 0, offset, leaderEpoch: -1, metadata: 'm' }] }],
  })
  expect(answer[0]?.partitions[0]?.error).toBe('NONE')
}

test('topics appear, grow and go in the list as they do in the broker', async () => {
  const opened = await openStudio({ topics: { orders: 2 } })
  const { client } = opened
  const list = collect(client.topics.list, {})
  await list.until(items => items[0])
  expect(list.items[0]).toMatchObject({ is: 'snapshot', rows: [{ topic: 'orders', partitionCount: 2, recordCount: 0n, retentionMs: 604_800_000n, cleanupPolicy: 'delete', readBy: [] }] })
  const { topicId } = await client.topics.create({ topic: 'payments', partitions: -1, configs: { 'retention.ms': '-1' } })
  append(opened, 'orders', ['a', 'b'], { partition: 1 })
  await client.topics.addPartitions({ topic: 'orders', total: 4 })
  const rows = await list.until(items => {
    const now = folded(items, row => row.topic)
    return now.has('payments') && now.get('orders')?.partitionCount === 4 ? now : undefined
  })
  expect(rows.get('payments')).toMatchObject({ topicId, partitionCount: 1, retentionMs: -1n })
  expect(rows.get('orders')).toMatchObject({ recordCount: 2n })
  await client.topics.delete({ topic: 'orders' })
  await list.until(items => (folded(items, row => row.topic).has('orders') ? undefined : true))
})

test('refused changes carry Kafka\'s codes', async () => {
  const { client } = await openStudio({ topics: { orders: 2 } })
  await expect(client.topics.create({ topic: 'orders', partitions: 1 })).rejects.toMatchObject({ code: 'TOPIC_ALREADY_EXISTS' })
  await expect(client.topics.create({ topic: 'no spaces', partitions: 1 })).rejects.toMatchObject({ code: 'INVALID_TOPIC_EXCEPTION' })
  await expect(client.topics.create({ topic: 'a', partitions: 0 })).rejects.toMatchObject({ code: 'INVALID_PARTITIONS' })
  await expect(client.topics.create({ topic: 'a', partitions: 1, configs: { 'retention.ms': 'soon' } })).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
  await expect(client.topics.addPartitions({ topic: 'orders', total: 1 })).rejects.toMatchObject({ code: 'INVALID_PARTITIONS' })
  await expect(client.topics.delete({ topic: 'nowhere' })).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
  await expect(client.topics.configs({ topic: 'nowhere' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(client.groups.delete({ group: 'nobody' })).rejects.toMatchObject({ code: 'GROUP_ID_NOT_FOUND' })
})

test('configs say where each value comes from', async () => {
  const { client } = await openStudio()
  await client.topics.create({ topic: 'kept', partitions: 1, configs: { 'retention.ms': '1000' } })
  const configs = await client.topics.configs({ topic: 'kept' })
  expect(configs).toContainEqual({ name: 'retention.ms', value: '1000', source: 'topic', isReadOnly: false })
  expect(configs).toContainEqual({ name: 'cleanup.policy', value: 'delete', source: 'default', isReadOnly: false })
})

test('the detail of a topic follows its partitions and ends when it is deleted', async () => {
  const opened = await openStudio({ topics: { orders: 2 } })
  const detail = collect(opened.client.topics.detail, { topic: 'orders' })
  append(opened, 'orders', ['a', 'b', 'c'])
  const now = await detail.until(items => items.findLast(item => item.topic.recordCount === 3n))
  expect(now.partitions).toMatchObject([
    { partition: 0, leader: 1, inSync: [1], startOffset: 0n, endOffset: 3n, segmentCount: 1, state: 'ready', worstLag: null },
    { partition: 1, endOffset: 0n, state: 'ready' },
  ])
  await opened.client.topics.delete({ topic: 'orders' })
  expect((await detail.until(() => detail.ended)).failure).toMatchObject({ code: 'NOT_FOUND' })
})

test('a group shows its lag, its offsets and whom it reads, until it is deleted', async () => {
  const opened = await openStudio({ topics: { orders: 1 } })
  const { client } = opened
  append(opened, 'orders', ['a', 'b', 'c', 'd', 'e'])
  const list = collect(client.groups.list, {})
  await commit(opened, 'billing', 'orders', 2)
  const row = await list.until(items => folded(items, group => group.group).get('billing'))
  expect(row).toMatchObject({ kind: 'classic', state: 'Empty', memberCount: 0, topics: ['orders'], lag: 3n, worst: { topic: 'orders', partition: 0, lag: 3n } })
  const detail = collect(client.groups.detail, { group: 'billing' })
  expect((await detail.until(items => items[0])).offsets).toMatchObject([{ topic: 'orders', partition: 0, memberId: null, committed: 2n, endOffset: 5n, lag: 3n, metadata: 'm' }])
  const topic = collect(client.topics.detail, { topic: 'orders' })
  expect(await topic.until(items => items[0])).toMatchObject({ topic: { readBy: ['billing'] }, partitions: [{ worstLag: 3n }] })
  await commit(opened, 'billing', 'orders', 5)
  await detail.until((items: readonly GroupDetail[]) => items.find(item => item.row.lag === 0n))
  expect(await client.groups.delete({ group: 'billing' })).toBeNull()
  expect((await detail.until(() => detail.ended)).failure).toMatchObject({ code: 'NOT_FOUND' })
  await list.until(items => (folded(items, group => group.group).has('billing') ? undefined : true))
})

test('rates are the mean of five seconds, and histories a point per ten, by the clock', async () => {
  const clock = new SimulatedClock()
  const opened = await openStudio({ topics: { orders: 1 }, clock })
  const { client } = opened
  const detail = collect(client.topics.detail, { topic: 'orders' })
  const points = collect(client.local.rates, {})
  await detail.until(items => items[0])
  const step = async (): Promise<void> => {
    clock.advance(250)
    // Whatever was sent has arrived once a call behind it is answered, and credit granted for it is there.
    await client.local.unknownFolders({})
  }
  for (let second = 0; second < 10; second++) {
    append(opened, 'orders', Array.from({ length: 50 }, () => 'v'), { timestamp: clock.now() })
    opened.broker.taps.total.recordsIn += 50
    for (let quarter = 0; quarter < 4; quarter++) await step()
  }
  await step()
  expect(detail.items.at(-1)).toMatchObject({
    topic: { recordCount: 500n, inRecordsRate: 50, history: [50] }, partitions: [{ inRecordsRate: 50, history: [50] }],
  })
  expect(points.items.flat()).toHaveLength(10)
  expect(points.items.flat().at(-1)).toMatchObject({ in: 50, out: 0 })
  for (let quarter = 0; quarter < 24; quarter++) await step()
  expect(detail.items.at(-1)?.topic).toMatchObject({ inRecordsRate: 0, history: [50] })
})

test('the status says where to connect, and clients and events who did', async () => {
  const opened = await openStudio({ topics: { orders: 1 } })
  const { client, port } = opened
  const [status, clients, events] = [collect(client.local.status, {}), collect(client.local.clients, {}), collect(client.local.events, {})]
  expect(await status.until(items => items[0])).toMatchObject({
    state: 'listening', address: `127.0.0.1:${port}`, version: '0.0.0-test', isTemporary: true, portTaken: null, topicCount: 1, recovering: 0, connectionCount: 0,
  })
  expect((await events.until(items => items[0]))[0]).toMatchObject({ kind: 'engine', text: `Listening on 127.0.0.1:${port}` })
  const { metadata } = await import('../../../core/protocol/apis/index.ts')
  await opened.ask(metadata, 12, { topics: null, allowAutoTopicCreation: false, includeTopicAuthorizedOperations: false })
  const row = await clients.until(items => [...folded(items, each => each.key).values()].find(each => each.clientId === 'raw'))
  expect(row).toMatchObject({ connectionCount: 1, host: '127.0.0.1' })
  await events.until(items => items.flat().find(event => event.text === 'raw connected from 127.0.0.1'))
  await status.until(items => items.find(item => item.connectionCount === 1))
  await client.topics.create({ topic: 'payments', partitions: 1 })
  await events.until(items => items.flat().find(event => event.text === 'Topic payments was created'))
})

test('a stopped studio closes its windows and leaves no timer', async () => {
  const clock = new SimulatedClock()
  const { client, studio, broker } = await openStudio({ topics: { orders: 1 }, clock })
  const list = collect(client.topics.list, {})
  const tail = collect(client.messages.tail, { topic: 'orders', partitions: null })
  await list.until(items => items[0])
  await studio.stop()
  await vi.waitFor(() => expect([list.ended?.failure?.code, tail.ended?.failure?.code]).toEqual(['DISCONNECTED', 'DISCONNECTED']))
  await broker.stop()
  expect(clock.pendingCount).toBe(0)
})
