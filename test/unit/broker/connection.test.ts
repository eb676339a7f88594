import { afterEach, beforeEach, expect, test } from 'vitest'
import { handlers } from '../../../core/broker/handlers/index.ts'
import { apiVersions, heartbeat } from '../../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../../core/protocol/errors.ts'
import { Reader } from '../../../core/protocol/wire.ts'
import { apiVersionsRequest, ask, requestHeader } from '../../support/clients-frames.ts'
import { startMemoryBroker, type MemoryBroker } from '../../support/memory-broker.ts'

/** What ends the header of a flexible version. */
const NO_TAGS = Buffer.from([0])

let broker: MemoryBroker
beforeEach(async () => {
  broker = await startMemoryBroker()
})
afterEach(() => broker.stop())

test('ApiVersions lists every API with its range, Produce from 0, and keeps the client name', async () => {
  const connection = await broker.connect()
  const answer = await ask(connection, apiVersions, 4, { clientSoftwareName: 'my-client', clientSoftwareVersion: '1.2.3' })
  expect(answer.errorCode).toBe(0)
  expect(answer.apiKeys).toEqual(handlers.map(({ api }) => api).map(({ key, advertisedMinVersion, maxVersion }) => ({ apiKey: key, minVersion: advertisedMinVersion, maxVersion })))
  expect(answer.apiKeys[0]).toMatchObject({ apiKey: 0, minVersion: 0, maxVersion: 13 })
  expect([...broker.broker.connections()]).toMatchObject([{ clientId: 'raw', software: 'my-client', softwareVersion: '1.2.3' }])
  expect((await ask(connection, apiVersions, 3, { clientSoftwareName: '-', clientSoftwareVersion: '' })).errorCode).toBe(kafkaErrors.INVALID_REQUEST)
})

test('a version of ApiVersions we do not have is answered at v0 with 35 and our range', async () => {
  const connection = await broker.connect()
  connection.sendFrame(Buffer.concat([requestHeader(18, 99, 5), NO_TAGS]))
  const frame = await connection.nextFrame()
  const reader = new Reader(frame ?? Buffer.alloc(0))
  expect(reader.int32()).toBe(5)
  expect(apiVersions.decodeResponse(reader, 0)).toMatchObject({ errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] })
})

test.each([
  ['an unknown key', requestHeader(999, 0, 1), 'API key 999 is not served here'],
  ['an unknown version', Buffer.concat([requestHeader(heartbeat.key, 77, 1), NO_TAGS]), 'Heartbeat has no version 77'],
  ['a body that does not parse', Buffer.concat([requestHeader(heartbeat.key, 0, 1), Buffer.from([0x7f])]), 'HeartbeatRequest v0'],
  ['a header that is cut', Buffer.from([0, 18]), ''],
])('%s closes the connection with one log line, and the broker goes on', async (_, frame, words) => {
  const hostile = await broker.connect()
  hostile.sendFrame(frame)
  expect(await hostile.nextFrame()).toBeUndefined()
  expect(broker.lines.filter(line => line.includes('a connection was closed') && line.includes(words))).toHaveLength(1)
  const other = await broker.connect()
  other.sendFrame(apiVersionsRequest())
  expect(await other.nextFrame()).toBeDefined()
})

test('pipelined requests are answered in order', async () => {
  const connection = await broker.connect()
  for (let correlationId = 1; correlationId <= 50; correlationId++) connection.sendFrame(apiVersionsRequest(correlationId))
  const ids: number[] = []
  for (let turn = 0; turn < 50; turn++) ids.push((await connection.nextFrame())?.readInt32BE(0) ?? -1)
  expect(ids).toEqual(Array.from({ length: 50 }, (_, at) => at + 1))
})
