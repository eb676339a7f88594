/** A catalog that cannot be written: what administrators change is refused, and nothing of it holds. */

import Database from 'better-sqlite3'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  alterClientQuotas, alterUserScramCredentials, describeClientQuotas, describeQuorum, describeUserScramCredentials, updateFeatures,
} from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import { type MemoryBroker, startMemoryBroker } from '../../support/memory-broker.ts'

const STORAGE = kafkaErrors.KAFKA_STORAGE_ERROR
let folder: string
let broker: MemoryBroker
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-admin-faults-'))
  broker = await startMemoryBroker({ folder })
  const other = new Database(join(folder, 'catalog.db'))
  // Every write fails from here on, as on a disk without room.
  for (const table of ['quotas', 'scram_credentials', 'features', 'facts']) {
    for (const change of ['INSERT', 'UPDATE', 'DELETE']) other.exec(`CREATE TRIGGER no_${change}_${table} BEFORE ${change} ON ${table} BEGIN SELECT RAISE(ABORT, 'no room'); END`)
  }
  other.close()
})
afterEach(async () => {
  await broker.stop()
  rmSync(folder, { recursive: true })
})

test('quotas stay as they were', async () => {
  const entry = { entity: [{ entityType: 'user', entityName: 'ann' }], ops: [{ key: 'producer_byte_rate', value: 1, remove: false }] }
  expect((await broker.ask(alterClientQuotas, 1, { entries: [entry], validateOnly: true })).entries[0]?.errorCode).toBe(0)
  expect((await broker.ask(alterClientQuotas, 1, { entries: [entry], validateOnly: false })).entries[0]?.errorCode).toBe(STORAGE)
  expect((await broker.ask(describeClientQuotas, 1, { components: [], strict: false })).entries).toEqual([])
  expect(broker.lines.join()).toContain('no room')
})

test('credentials stay as they were', async () => {
  const upsertion = { name: 'ann', mechanism: 1, iterations: 4096, salt: Buffer.from('salt'), saltedPassword: Buffer.from('salted') }
  const { results } = await broker.ask(alterUserScramCredentials, 0, { deletions: [], upsertions: [upsertion] })
  expect(results).toMatchObject([{ user: 'ann', errorCode: STORAGE }])
  expect((await broker.ask(describeUserScramCredentials, 0, { users: null })).results).toEqual([])
})

test('features stay as they were', async () => {
  const answer = await broker.ask(updateFeatures, 2, { featureUpdates: [{ feature: 'transaction.version', maxVersionLevel: 1, upgradeType: 2 }] })
  expect(answer.errorCode).toBe(STORAGE)
  expect([broker.broker.parts.features.level('transaction.version'), broker.broker.parts.features.epoch]).toEqual([2, 0])
})

test('the quorum tells nothing that it could not keep', async () => {
  const request = { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] }
  expect(await broker.ask(describeQuorum, 2, request)).toMatchObject({ errorCode: STORAGE, topics: [] })
})
