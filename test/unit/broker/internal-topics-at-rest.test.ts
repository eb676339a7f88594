/** The topics of coordinators are read at every start, whatever an administrator has made of their configs. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findCoordinator, initProducerId, offsetCommit, offsetFetch } from '../../../core/protocol/apis/index.ts'
import { ZERO_UUID } from '../../../core/protocol/wire.ts'
import { startMemoryBroker } from '../../support/memory-broker.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-internal-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('groups and transactional ids are there after a clean stop also where their topics are not compacted', async () => {
  const first = await startMemoryBroker({ folder, topics: { orders: 1 } })
  await first.ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] })
  await first.ask(findCoordinator, 4, { keyType: 1, coordinatorKeys: ['t'] })
  await first.ask(offsetCommit, 8, {
    groupId: 'g', memberId: '', generationIdOrMemberEpoch: -1,
    topics: [{ name: 'orders', topicId: ZERO_UUID, partitions: [{ partitionIndex: 0, committedOffset: 7, committedMetadata: '' }] }],
  })
  const { producerId } = await first.ask(initProducerId, 5, { transactionalId: 't', transactionTimeoutMs: 1000, producerId: -1, producerEpoch: -1 })
  for (const topic of ['__consumer_offsets', '__transaction_state']) expect(await first.broker.topics.setConfigs(topic, { 'cleanup.policy': 'delete' })).toBeUndefined()
  await first.stop()

  const { ask, stop } = await startMemoryBroker({ folder })
  const fetched = await ask(offsetFetch, 8, { groups: [{ groupId: 'g', topics: [{ name: 'orders', partitionIndexes: [0] }] }] })
  expect(fetched.groups).toMatchObject([{ errorCode: 0, topics: [{ partitions: [{ committedOffset: 7 }] }] }])
  expect(await ask(initProducerId, 5, { transactionalId: 't', transactionTimeoutMs: 1000, producerId: -1, producerEpoch: -1 })).toMatchObject({ errorCode: 0, producerId, producerEpoch: 1 })
  await stop()
})
