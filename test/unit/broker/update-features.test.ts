/** UpdateFeatures, DescribeQuorum and UnregisterBroker over a listener. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  apiVersions, consumerGroupDescribe, consumerGroupHeartbeat, createTopics, describeQuorum, findCoordinator, unregisterBroker, updateFeatures,
} from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import { ask } from '../../support/clients-frames.ts'
import { type MemoryBroker, startMemoryBroker } from '../../support/memory-broker.ts'

const UPGRADE = 1
const SAFE = 2
const UNSAFE = 3

type Update = readonly [feature: string, level: number, type?: number]

async function update(broker: MemoryBroker, updates: readonly Update[], validateOnly = false, version = 2) {
  const featureUpdates = updates.map(([feature, maxVersionLevel, upgradeType = UPGRADE]) => ({ feature, maxVersionLevel, ...(version === 0 ? { allowDowngrade: true } : { upgradeType }) }))
  return broker.ask(updateFeatures, version, { featureUpdates, ...(version > 0 && { validateOnly }) })
}

async function reason(broker: MemoryBroker, ...of: Update): Promise<string> {
  const { errorCode, errorMessage } = await update(broker, [of], true)
  if (errorCode === 0) return 'fine'
  expect(errorCode).toBe(kafkaErrors.INVALID_UPDATE_VERSION)
  return (errorMessage ?? '').replace('The update failed for all features since the following feature had an error: ', '')
}

async function finalized(broker: MemoryBroker) {
  const { finalizedFeatures, finalizedFeaturesEpoch } = await broker.ask(apiVersions, 4, { clientSoftwareName: 'test', clientSoftwareVersion: '1' })
  return [Number(finalizedFeaturesEpoch), Object.fromEntries(finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]))]
}

test('a level goes down when that is said, up again, and off; the epoch rises with each change and all is there after a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-features-'))
  const first = await startMemoryBroker({ folder })
  expect(await finalized(first)).toEqual([0, { 'group.version': 1, 'metadata.version': 30, 'transaction.version': 2 }])
  expect((await update(first, [['transaction.version', 1, SAFE]])).errorCode).toBe(0)
  expect(first.broker.parts.features.level('transaction.version')).toBe(1)
  expect(await finalized(first)).toEqual([1, { 'group.version': 1, 'metadata.version': 30, 'transaction.version': 1 }])
  expect((await update(first, [['transaction.version', 2], ['group.version', 0, UNSAFE]])).errorCode).toBe(0)
  await first.stop()
  const second = await startMemoryBroker({ folder })
  expect(await finalized(second)).toEqual([2, { 'metadata.version': 30, 'transaction.version': 2 }])
  await second.stop()
  rmSync(folder, { recursive: true })
})

test('what is only tried, and what is refused in part, changes nothing', async () => {
  const broker = await startMemoryBroker()
  expect((await update(broker, [['transaction.version', 1, SAFE]], true)).errorCode).toBe(0)
  expect((await update(broker, [['transaction.version', 1, SAFE], ['no.such', 1]])).errorCode).toBe(kafkaErrors.INVALID_UPDATE_VERSION)
  expect(await finalized(broker)).toMatchObject([0, { 'transaction.version': 2 }])
  await broker.stop()
})

test('what Kafka refuses is refused in its words', async () => {
  const broker = await startMemoryBroker()
  const invalid = (level: number, feature: string, why: string): string => `Invalid update version ${level} for feature ${feature}. ${why}`
  const undeclared = "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade."
  expect(await reason(broker, 'transaction.version', 1)).toBe(invalid(1, 'transaction.version', undeclared))
  expect(await reason(broker, 'transaction.version', -1)).toBe(invalid(-1, 'transaction.version', 'A feature version cannot be less than 0.'))
  expect(await reason(broker, 'transaction.version', 3)).toBe(invalid(3, 'transaction.version', 'Local controller 1 only supports versions 0-2'))
  expect(await reason(broker, 'transaction.version', 2, SAFE)).toBe('fine')
  expect(await reason(broker, 'group.version', 1, 0)).toBe(invalid(1, 'group.version', 'The controller does not support the given upgrade type.'))
  expect(await reason(broker, 'no.such', 1)).toBe(invalid(1, 'no.such', 'Local controller 1 does not support this feature.'))
  expect(await reason(broker, 'no.such', 0, SAFE)).toBe(invalid(0, 'no.such', 'Feature no.such not found.'))
  expect(await reason(broker, 'metadata.version', 29, SAFE)).toBe(
    'Unsupported metadata.version downgrade from 30 to 29. Refusing to perform the requested downgrade because it might delete metadata information.',
  )
  expect(await reason(broker, 'metadata.version', 29, UNSAFE)).toBe('Unsupported metadata.version downgrade from 30 to 29. Unsafe metadata downgrade is not supported in this version.')
  await update(broker, [['group.version', 0, SAFE]])
  expect(await reason(broker, 'group.version', 1, SAFE)).toBe(invalid(1, 'group.version', "Can't downgrade to a newer version."))
  await broker.stop()
})

test('versions 0 and 1 answer for each feature, and the downgrade flag of version 0 is not looked at', async () => {
  const broker = await startMemoryBroker()
  expect((await update(broker, [['transaction.version', 2]], false, 0)).results).toEqual([{ feature: 'transaction.version', errorCode: 0, errorMessage: 'NONE' }])
  expect((await update(broker, [['transaction.version', 2]], false, 1)).results).toHaveLength(1)
  expect(await update(broker, [['transaction.version', 1]], false, 0)).toMatchObject({ errorCode: kafkaErrors.INVALID_UPDATE_VERSION, results: [] })
  await broker.stop()
})

async function quorum(broker: MemoryBroker, version = 2) {
  const { topics } = await broker.ask(describeQuorum, version, { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] })
  return topics[0]?.partitions[0]
}

test('the quorum is this process; its offset rises with what is changed, and neither offset nor epoch goes back over a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-quorum-'))
  const first = await startMemoryBroker({ folder })
  const before = await quorum(first)
  expect(before).toMatchObject({ errorCode: 0, leaderId: 1, leaderEpoch: 1, observers: [], currentVoters: [{ replicaId: 1, logEndOffset: before?.highWatermark }] })
  expect(Number(before?.currentVoters[0]?.lastCaughtUpTimestamp)).toBeGreaterThan(0)
  const topics = [{ name: 'orders', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
  await first.ask(createTopics, 7, { topics, timeoutMs: 1000, validateOnly: false })
  const after = await quorum(first)
  expect(after?.highWatermark).toBeGreaterThan(before?.highWatermark ?? Infinity)
  await first.stop()
  const second = await startMemoryBroker({ folder })
  const again = await quorum(second, 0)
  expect(again).toMatchObject({ leaderId: 1, leaderEpoch: 2 })
  expect(again?.highWatermark).toBeGreaterThan(after?.highWatermark ?? Infinity)
  await second.stop()
  rmSync(folder, { recursive: true })
})

test('version 2 tells where the quorum is reached; any other topic or partition is unknown', async () => {
  const broker = await startMemoryBroker()
  const ask = (...topics: [string, ...number[]][]) => broker.ask(describeQuorum, 2, {
    topics: topics.map(([topicName, ...partitions]) => ({ topicName, partitions: partitions.map(partitionIndex => ({ partitionIndex })) })),
  })
  expect((await ask(['__cluster_metadata', 0])).nodes).toEqual([{ nodeId: 1, listeners: [{ name: 'PLAINTEXT', host: '127.0.0.1', port: broker.port }] }])
  for (const asked of [await ask(['orders', 0]), await ask(['__cluster_metadata', 1]), await ask(['__cluster_metadata', 0, 1]), await ask(['__cluster_metadata', 0], ['orders', 0])]) {
    expect(asked.nodes).toEqual([])
    for (const { partitions } of asked.topics) expect(partitions.map(({ errorCode }) => errorCode)).toEqual(partitions.map(() => kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION))
  }
  await broker.stop()
})

test('a broker that was never there cannot be forgotten, nor one that is', async () => {
  const broker = await startMemoryBroker()
  expect(await broker.ask(unregisterBroker, 0, { brokerId: 77 })).toMatchObject({ errorCode: kafkaErrors.BROKER_ID_NOT_REGISTERED, errorMessage: 'Broker ID 77 is not currently registered' })
  expect((await broker.ask(unregisterBroker, 0, { brokerId: 1 })).errorCode).toBe(kafkaErrors.INVALID_REQUEST)
  await broker.stop()
})

test('when the broker that leads the quorum goes down, another leads it in a later epoch', async () => {
  const cluster = await startMemoryBroker({ brokerCount: 2 })
  const through2 = await cluster.connect(2)
  const request = { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] }
  const leader = async () => {
    const { topics, nodes } = await ask(through2, describeQuorum, 2, request)
    const partition = topics[0]?.partitions[0]
    return { id: partition?.leaderId, epoch: partition?.leaderEpoch, voters: partition?.currentVoters.map(({ replicaId }) => replicaId), ports: nodes.map(({ listeners }) => listeners[0]?.port) }
  }
  expect(await leader()).toEqual({ id: 1, epoch: 1, voters: [1], ports: [cluster.portOf(1)] })
  expect(await leader()).toMatchObject({ id: 1, epoch: 1 })
  await cluster.broker.cluster.stop(1)
  expect(await leader()).toEqual({ id: 2, epoch: 2, voters: [2], ports: [cluster.portOf(2)] })
  await cluster.stop()
})

test('with group.version 0 there are no groups of the consumer protocol, and with 1 there are again', async () => {
  const broker = await startMemoryBroker()
  await broker.ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] })
  const heartbeat = async () => {
    const answer = await broker.ask(consumerGroupHeartbeat, 1, {
      groupId: 'g', memberId: 'm', memberEpoch: 0, instanceId: null, rackId: null, rebalanceTimeoutMs: 1000,
      subscribedTopicNames: ['orders'], subscribedTopicRegex: null, serverAssignor: null, topicPartitions: [],
    })
    return answer.errorCode
  }
  const described = async () => (await broker.ask(consumerGroupDescribe, 1, { groupIds: ['g'], includeAuthorizedOperations: true })).groups
  await update(broker, [['group.version', 0, SAFE]])
  expect(await heartbeat()).toBe(kafkaErrors.UNSUPPORTED_VERSION)
  expect(await described()).toMatchObject([{ groupId: 'g', errorCode: kafkaErrors.UNSUPPORTED_VERSION, groupState: '', authorizedOperations: -2_147_483_648 }])
  await update(broker, [['group.version', 1]])
  await expect.poll(heartbeat).toBe(0)
  expect(await described()).toMatchObject([{ groupId: 'g', errorCode: 0, members: [{ memberId: 'm' }] }])
  await broker.stop()
})
