/** What asks for access control or delegation tokens is answered as by a Kafka that has neither. */

import { expect, test } from 'vitest'
import {
  createAcls, createDelegationToken, deleteAcls, describeAcls, describeDelegationToken, expireDelegationToken, renewDelegationToken,
} from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import { ask } from '../../support/clients-frames.ts'
import { startMemoryBroker } from '../../support/memory-broker.ts'

const any = { resourceTypeFilter: 1, resourceNameFilter: null, patternTypeFilter: 1, principalFilter: null, hostFilter: null, operation: 1, permissionType: 1 }
const entry = { resourceType: 2, resourceName: 'orders', resourcePatternType: 3, principal: 'User:ann', host: '*', operation: 3, permissionType: 3 }

test('there is no authorizer to ask, for each entry and filter', async () => {
  const broker = await startMemoryBroker()
  const disabled = kafkaErrors.SECURITY_DISABLED
  expect(await broker.ask(describeAcls, 3, any)).toMatchObject({ errorCode: disabled, errorMessage: 'No Authorizer is configured on the broker', resources: [] })
  const each = { errorCode: disabled, errorMessage: 'No Authorizer is configured.' }
  expect((await broker.ask(createAcls, 1, { creations: [entry, entry] })).results).toEqual([each, each])
  expect((await broker.ask(deleteAcls, 2, { filters: [any] })).filterResults).toEqual([{ ...each, matchingAcls: [] }])
  await broker.stop()
})

test('a request about an element of no known kind costs its connection, as in Kafka', async () => {
  const broker = await startMemoryBroker()
  await expect(ask(await broker.connect(), describeAcls, 3, { ...any, resourceTypeFilter: 0 })).rejects.toThrow('closed')
  await expect(ask(await broker.connect(), createAcls, 3, { creations: [{ ...entry, operation: 0 }] })).rejects.toThrow('closed')
  await expect(ask(await broker.connect(), deleteAcls, 3, { filters: [any, { ...any, permissionType: 0 }] })).rejects.toThrow('closed')
  await broker.stop()
})

test('who is not authenticated may have no token', async () => {
  const broker = await startMemoryBroker()
  const errorCode = kafkaErrors.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED
  const made = await broker.ask(createDelegationToken, 3, { ownerPrincipalType: 'User', ownerPrincipalName: 'bob', renewers: [], maxLifetimeMs: -1n })
  expect(made).toMatchObject({ errorCode, principalName: 'bob', tokenRequesterPrincipalName: 'ANONYMOUS', issueTimestampMs: -1n, tokenId: '' })
  const own = await broker.ask(createDelegationToken, 1, { renewers: [], maxLifetimeMs: -1n })
  expect(own).toMatchObject({ errorCode, principalType: 'User', principalName: 'ANONYMOUS' })
  const hmac = Buffer.from('none')
  expect(await broker.ask(renewDelegationToken, 2, { hmac, renewPeriodMs: 1n })).toMatchObject({ errorCode, expiryTimestampMs: -1n })
  expect(await broker.ask(expireDelegationToken, 2, { hmac, expiryTimePeriodMs: 1n })).toMatchObject({ errorCode, expiryTimestampMs: -1n })
  expect(await broker.ask(describeDelegationToken, 3, { owners: null })).toMatchObject({ errorCode, tokens: [] })
  await broker.stop()
})
