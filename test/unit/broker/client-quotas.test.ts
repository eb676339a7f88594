/** Client quotas over a listener: set, refused, described by filter, kept over a restart. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { QUOTA_NAME_LENGTH_MAX, QUOTAS_MAX } from '../../../core/common/limits.ts'
import { alterClientQuotas, describeClientQuotas } from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import { type MemoryBroker, startMemoryBroker } from '../../support/memory-broker.ts'

type Entity = Readonly<Record<string, string | null>>
const entityOf = (entity: Entity) => Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName }))

async function alter(broker: MemoryBroker, entity: Entity, values: Readonly<Record<string, number | null>>, validateOnly = false) {
  const ops = Object.entries(values).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null }))
  const { entries: [entry] } = await broker.ask(alterClientQuotas, 1, { entries: [{ entity: entityOf(entity), ops }], validateOnly })
  return [entry?.errorCode, entry?.errorMessage]
}

type Component = readonly [type: string, matchType: number, match: string | null]

async function describe(broker: MemoryBroker, components: readonly Component[] = [], strict = false) {
  const answer = await broker.ask(describeClientQuotas, 1, { components: components.map(([entityType, matchType, match]) => ({ entityType, matchType, match })), strict })
  if (!answer.entries) return [answer.errorCode, answer.errorMessage]
  return answer.entries.map(({ entity, values }) => [
    Object.fromEntries(entity.map(({ entityType, entityName }) => [entityType, entityName])),
    Object.fromEntries(values.map(({ key, value }) => [key, value])),
  ])
}

const OK = [0, null]
const refused = (message: string) => [kafkaErrors.INVALID_REQUEST, message]

test('what is set is described by exact names, by defaults and by types, strictly or not', async () => {
  const broker = await startMemoryBroker()
  expect(await alter(broker, { user: 'ann' }, { producer_byte_rate: 1000, request_percentage: 12.5 })).toEqual(OK)
  expect(await alter(broker, { user: 'ann', 'client-id': 'app' }, { consumer_byte_rate: 2000 })).toEqual(OK)
  expect(await alter(broker, { user: null }, { producer_byte_rate: 5 })).toEqual(OK)
  expect(await alter(broker, { ip: '10.0.0.1' }, { connection_creation_rate: 7 })).toEqual(OK)
  const ann = [{ user: 'ann' }, { producer_byte_rate: 1000, request_percentage: 12.5 }]
  const annsApp = [{ 'client-id': 'app', user: 'ann' }, { consumer_byte_rate: 2000 }]
  const anybody = [{ user: null }, { producer_byte_rate: 5 }]
  const address = [{ ip: '10.0.0.1' }, { connection_creation_rate: 7 }]
  expect(await describe(broker)).toEqual([ann, annsApp, anybody, address])
  expect(await describe(broker, [['user', 0, 'ann']])).toEqual([ann, annsApp])
  expect(await describe(broker, [['user', 0, 'ann']], true)).toEqual([ann])
  expect(await describe(broker, [['user', 1, null]])).toEqual([anybody])
  expect(await describe(broker, [['user', 2, null], ['client-id', 2, null]])).toEqual([annsApp])
  expect(await describe(broker, [['ip', 2, null]])).toEqual([address])
  expect(await describe(broker, [], true)).toEqual([])
  await broker.stop()
})

test('an entity names the same in whatever order its parts come, and loses a value that is removed', async () => {
  const broker = await startMemoryBroker()
  await alter(broker, { user: 'ann', 'client-id': 'app' }, { consumer_byte_rate: 1, producer_byte_rate: 2 })
  await alter(broker, { 'client-id': 'app', user: 'ann' }, { consumer_byte_rate: null, producer_byte_rate: 3 })
  expect(await describe(broker)).toEqual([[{ 'client-id': 'app', user: 'ann' }, { producer_byte_rate: 3 }]])
  await alter(broker, { user: 'ann', 'client-id': 'app' }, { producer_byte_rate: null })
  expect(await describe(broker)).toEqual([])
  await broker.stop()
})

test('a request that only asks whether it could changes nothing', async () => {
  const broker = await startMemoryBroker()
  expect(await alter(broker, { user: 'ann' }, { producer_byte_rate: 1 }, true)).toEqual(OK)
  expect(await alter(broker, { user: 'ann' }, { producer_byte_rate: 0 }, true)).toEqual(refused('Quota producer_byte_rate must be greater than 0'))
  expect(await describe(broker)).toEqual([])
  await broker.stop()
})

test('what Kafka refuses is refused in its words, and what stands beside it in the request is done', async () => {
  const broker = await startMemoryBroker()
  expect(await alter(broker, {}, { producer_byte_rate: 1 })).toEqual(refused('Invalid empty client quota entity'))
  expect(await alter(broker, { group: 'g' }, { producer_byte_rate: 1 })).toEqual(refused('Unhandled client quota entity type: group'))
  expect(await alter(broker, { user: '' }, { producer_byte_rate: 1 })).toEqual(refused('Empty user not supported'))
  expect(await alter(broker, { ip: '300.1.1.1' }, { connection_creation_rate: 1 })).toEqual(refused('300.1.1.1 is not a valid IP or resolvable host.'))
  expect(await alter(broker, { ip: '::1', user: 'u' }, { connection_creation_rate: 1 }))
    .toEqual(refused('Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId'))
  expect(await alter(broker, { ip: '::1' }, { producer_byte_rate: 1 })).toEqual(refused('Invalid configuration key producer_byte_rate'))
  expect(await alter(broker, { ip: '::1' }, { connection_creation_rate: 2 ** 31 })).toEqual(refused('Proposed value for connection_creation_rate is too large for an INT.'))
  expect(await alter(broker, { user: 'u' }, { consumer_byte_rate: 1.5 })).toEqual(refused('consumer_byte_rate cannot be a fractional value.'))
  expect(await alter(broker, { user: 'u' }, { controller_mutation_rate: Number.NaN })).toEqual(refused('Quota controller_mutation_rate must be greater than 0'))
  const good = { entity: entityOf({ user: 'ann' }), ops: [{ key: 'producer_byte_rate', value: 1, remove: false }] }
  const answer = await broker.ask(alterClientQuotas, 0, { entries: [good, good, { ...good, entity: entityOf({ user: 'bob' }) }], validateOnly: false })
  expect(answer.entries.map(({ errorCode, errorMessage }) => [errorCode, errorMessage]))
    .toEqual([refused('Ignoring duplicate entity ClientQuotaEntity(entries={user=ann})'), OK])
  expect(await describe(broker)).toEqual([[{ user: 'ann' }, { producer_byte_rate: 1 }], [{ user: 'bob' }, { producer_byte_rate: 1 }]])
  await broker.stop()
})

test('a filter that cannot be is refused as a whole', async () => {
  const broker = await startMemoryBroker()
  expect(await describe(broker, [['', 0, 'x']])).toEqual(refused('Invalid empty entity type.'))
  expect(await describe(broker, [['group', 0, 'x']])).toEqual([kafkaErrors.UNSUPPORTED_VERSION, 'Unsupported entity type group'])
  expect(await describe(broker, [['user', 0, 'x'], ['user', 2, null]])).toEqual(refused('Entity type user cannot appear more than once in the filter.'))
  expect(await describe(broker, [['user', 3, null]])).toEqual(refused('Unknown match type 3'))
  expect(await describe(broker, [['user', 0, null]])).toEqual(refused('Request specified MATCH_TYPE_EXACT, but set match string to null.'))
  await broker.stop()
})

test('there is an end to quotas and to names; one that is there can still be changed', async () => {
  const broker = await startMemoryBroker()
  const many = Array.from({ length: QUOTAS_MAX }, (_, at) => ({ entity: entityOf({ user: `u${at}` }), ops: [{ key: 'producer_byte_rate', value: 1, remove: false }] }))
  const { entries } = await broker.ask(alterClientQuotas, 1, { entries: many, validateOnly: false })
  expect(entries.filter(({ errorCode }) => errorCode === 0)).toHaveLength(QUOTAS_MAX)
  expect((await alter(broker, { user: 'one too many' }, { producer_byte_rate: 1 }))[0]).toBe(kafkaErrors.POLICY_VIOLATION)
  expect(await alter(broker, { user: 'u7' }, { producer_byte_rate: 2 })).toEqual(OK)
  expect(await alter(broker, { user: 'u8' }, { producer_byte_rate: null })).toEqual(OK)
  expect(await alter(broker, { user: 'fits now' }, { producer_byte_rate: 1 })).toEqual(OK)
  expect((await alter(broker, { user: 'x'.repeat(QUOTA_NAME_LENGTH_MAX + 1) }, { producer_byte_rate: 1 }))[0]).toBe(kafkaErrors.INVALID_REQUEST)
  await broker.stop()
})

test('quotas outlive the broker', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-quotas-'))
  const first = await startMemoryBroker({ folder })
  await alter(first, { user: 'ann', 'client-id': null }, { producer_byte_rate: 1000.0, request_percentage: 0.25 })
  await first.stop()
  const second = await startMemoryBroker({ folder })
  expect(await describe(second)).toEqual([[{ 'client-id': null, user: 'ann' }, { producer_byte_rate: 1000, request_percentage: 0.25 }]])
  await second.stop()
  rmSync(folder, { recursive: true })
})
