/** SCRAM credentials over a listener: set, refused, described without secrets, kept over a restart. */

import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CREDENTIAL_BYTES_MAX, CREDENTIALS_MAX } from '../../../core/common/limits.ts'
import { alterUserScramCredentials, describeUserScramCredentials } from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import { type MemoryBroker, startMemoryBroker } from '../../support/memory-broker.ts'

const SHA_256 = 1
const SHA_512 = 2
const salt = Buffer.from('some salt')
const saltedPassword = Buffer.alloc(32, 5)
const upsert = (name: string, mechanism = SHA_256, iterations = 4096) => ({ name, mechanism, iterations, salt, saltedPassword })
type Upsertion = ReturnType<typeof upsert>
type Deletion = { readonly name: string; readonly mechanism: number }

async function alter(broker: MemoryBroker, upsertions: readonly Upsertion[], deletions: readonly Deletion[] = []) {
  const { results } = await broker.ask(alterUserScramCredentials, 0, { upsertions: [...upsertions], deletions: [...deletions] })
  return Object.fromEntries(results.map(({ user, errorCode, errorMessage }) => [user, errorMessage ?? errorCode]))
}

async function describe(broker: MemoryBroker, users: readonly string[] | null = null) {
  const { results } = await broker.ask(describeUserScramCredentials, 0, { users: users?.map(name => ({ name })) ?? null })
  return Object.fromEntries(results.map(({ user, errorCode, credentialInfos }) => [user, errorCode === 0 ? credentialInfos.map(info => [info.mechanism, info.iterations]) : errorCode]))
}

test('credentials are set, described and removed by mechanism', async () => {
  const broker = await startMemoryBroker()
  expect(await alter(broker, [upsert('ann'), upsert('bob', SHA_512, 16_384)])).toEqual({ ann: 0, bob: 0 })
  expect(await alter(broker, [upsert('ann', SHA_512, 5000)])).toEqual({ ann: 0 })
  expect(await describe(broker)).toEqual({ ann: [[SHA_256, 4096], [SHA_512, 5000]], bob: [[SHA_512, 16_384]] })
  expect(await alter(broker, [upsert('ann', SHA_512, 6000)], [{ name: 'bob', mechanism: SHA_512 }])).toEqual({ ann: 0, bob: 0 })
  expect(await describe(broker, [])).toEqual({ ann: [[SHA_256, 4096], [SHA_512, 6000]] })
  expect(await describe(broker, ['ann', 'bob', 'ann'])).toEqual({ ann: kafkaErrors.DUPLICATE_RESOURCE, bob: kafkaErrors.RESOURCE_NOT_FOUND })
  await broker.stop()
})

test('what Kafka refuses is refused in its words, and other users of the request are served', async () => {
  const broker = await startMemoryBroker()
  const missing = 'Attempt to delete a user credential that does not exist'
  const twice = 'A user credential cannot be altered twice in the same request'
  expect(await alter(broker, [upsert(''), upsert('few', 1, 4095), upsert('many', 1, 16_385), upsert('odd', 3), upsert('good')], [{ name: 'nobody', mechanism: 1 }])).toEqual({
    '': 'Username must not be empty', few: 'Too few iterations', many: 'Too many iterations', odd: 'Unknown SCRAM mechanism', nobody: missing, good: 0,
  })
  expect(await alter(broker, [upsert('two', 1), upsert('two', 2), upsert('two', 1)])).toEqual({ two: twice })
  expect(await alter(broker, [upsert('good', 2)], [{ name: 'good', mechanism: 1 }])).toEqual({ good: twice })
  expect(await alter(broker, [{ ...upsert('open'), saltedPassword: Buffer.alloc(0) }])).toEqual({ open: 'The salted password must not be empty' })
  expect(await alter(broker, [{ ...upsert('long'), salt: Buffer.alloc(CREDENTIAL_BYTES_MAX + 1) }])).toMatchObject({ long: expect.stringContaining('may have 1024 bytes') })
  expect(await describe(broker)).toEqual({ good: [[1, 4096]] })
  await broker.stop()
})

test('there is an end to credentials; one that is there can still be replaced', async () => {
  const broker = await startMemoryBroker()
  await alter(broker, Array.from({ length: CREDENTIALS_MAX }, (_, at) => upsert(`u${at}`)))
  expect(await alter(broker, [upsert('one too many'), upsert('u1', SHA_256, 5000)])).toEqual({ u1: 0, 'one too many': expect.stringContaining(`There may be ${CREDENTIALS_MAX}`) })
  expect(await describe(broker, ['u1', 'one too many'])).toEqual({ u1: [[1, 5000]], 'one too many': kafkaErrors.RESOURCE_NOT_FOUND })
  await broker.stop()
})

test('what verifies a password is kept over a restart, and neither the password nor its salted form is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-scram-'))
  const salted = pbkdf2Sync('a password', salt, 4096, 64, 'sha512')
  const first = await startMemoryBroker({ folder })
  await alter(first, [{ ...upsert('ann', SHA_512), saltedPassword: salted }])
  await first.stop()
  const second = await startMemoryBroker({ folder })
  expect(await describe(second)).toEqual({ ann: [[SHA_512, 4096]] })
  const clientKey = createHmac('sha512', salted).update('Client Key').digest()
  expect(second.broker.parts.credentials.credential('ann', SHA_512)).toEqual({
    user: 'ann', mechanism: SHA_512, iterations: 4096, salt,
    storedKey: createHash('sha512').update(clientKey).digest(), serverKey: createHmac('sha512', salted).update('Server Key').digest(),
  })
  await second.stop()
  rmSync(folder, { recursive: true })
})
