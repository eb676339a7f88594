/** What no Kafka client sends: the connection that sent it is closed with one log line, and the broker goes on. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorCode } from '../../core/protocol/errors.ts'
import { apiVersions, listOffsets, metadata, produce } from '../../core/protocol/apis/index.ts'
import { encodeBatch } from '../../core/records/encode-batch.ts'
import { answersApiVersions, apiVersionsRequest, ask, RawConnection, requestHeader } from '../support/clients-frames.ts'
import { createTopic } from '../support/clients-kafkajs.ts'
import { startTarget, targetIsKafka, type TestBroker } from '../support/clients-target.ts'

let broker: TestBroker
beforeAll(async () => {
  broker = await startTarget()
  await createTopic(broker.address, 'intact', 1)
})
afterAll(() => broker?.dispose())

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
const framed = (body: Buffer): Buffer => Buffer.concat([int32(body.length), body])

/** Metadata v1 that announces a thousand topics and has none of them. */
const truncatedBody = Buffer.concat([requestHeader(3, 1, 7), int32(1000)])

const cases: readonly { readonly what: string; readonly bytes: Buffer; readonly named: RegExp }[] = [
  { what: 'a frame larger than the limit', bytes: int32(0x7fffffff), named: /2147483647/ },
  { what: 'a frame of negative size', bytes: int32(-5), named: /-5/ },
  { what: 'a TLS hello', bytes: Buffer.from('16030100c8010000c40303', 'hex'), named: /TLS/ },
  { what: 'an HTTP request', bytes: Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'), named: /HTTP/ },
  { what: 'an API key that does not exist', bytes: framed(requestHeader(9999, 0, 3)), named: /9999/ },
  { what: 'a version that does not exist', bytes: framed(requestHeader(3, 99, 3)), named: /99/ },
  { what: 'a frame of random bytes', bytes: framed(Buffer.from('7f3a90c2deadbeef0102030405060708090a0b', 'hex')), named: /32570|key/i },
  { what: 'a request shorter than it says', bytes: framed(truncatedBody), named: /Metadata/i },
  { what: 'a frame shorter than a header', bytes: framed(Buffer.from([0, 18])), named: /header|end|short|truncat/i },
]

describe('bad input', () => {
  test.each(cases)('$what closes its connection and no other', async ({ bytes, named }) => {
    const bystander = await RawConnection.open(broker.port)
    const linesBefore = broker.process.lines.length
    const connection = await RawConnection.open(broker.port)
    connection.sendBytes(bytes)
    expect(await connection.nextFrame()).toBeUndefined()

    if (!targetIsKafka) {
      await broker.process.waitFor('log line of the closed connection', () => broker.process.lines.length > linesBefore || undefined)
      bystander.sendFrame(apiVersionsRequest())
      await bystander.nextFrame()
      const lines = broker.process.lines.slice(linesBefore)
      expect(lines).toEqual([expect.stringMatching(named)])
      expect(lines[0]).toContain(`127.0.0.1:${connection.localPort}`)
    } else {
      bystander.sendFrame(apiVersionsRequest())
      expect(await bystander.nextFrame()).toBeDefined()
    }
    bystander.close()
    expect(await answersApiVersions(broker.port)).toBe(true)
  })

  test('half a frame and the end of the connection harm nobody', async () => {
    const connection = await RawConnection.open(broker.port)
    connection.sendBytes(framed(apiVersionsRequest()).subarray(0, 9))
    connection.endWriting()
    expect(await connection.nextFrame()).toBeUndefined()
    expect(await answersApiVersions(broker.port)).toBe(true)
  })

  test('a frame that arrives one byte at a time is a frame', async () => {
    const connection = await RawConnection.open(broker.port)
    for (const byte of framed(apiVersionsRequest(77))) connection.sendBytes(Buffer.from([byte]))
    expect((await connection.nextFrame())?.readInt32BE(0)).toBe(77)
    connection.close()
  })

  test('ApiVersions of an unknown version is answered in version 0 with UNSUPPORTED_VERSION', async () => {
    const connection = await RawConnection.open(broker.port)
    connection.sendFrame(Buffer.concat([requestHeader(18, 99, 5), Buffer.from([0])]))
    const answer = await connection.nextFrame()
    expect(answer?.readInt32BE(0)).toBe(5)
    expect(answer?.readInt16BE(4)).toBe(errorCode('UNSUPPORTED_VERSION'))
    const supported = await ask(connection, apiVersions, 3, { clientSoftwareName: 'raw', clientSoftwareVersion: '1' })
    expect(supported.errorCode).toBe(0)
    connection.close()
  })

  test('a corrupt batch is CORRUPT_MESSAGE and nothing of it is stored', async () => {
    const connection = await RawConnection.open(broker.port)
    const good = encodeBatch({ records: [{ key: null, value: Buffer.from('kept'), timestamp: Date.now() }] })
    const flipped = Buffer.from(good)
    flipped[good.length - 2] = (flipped[good.length - 2] ?? 0) ^ 1
    expect(await send(connection, flipped)).toBe(errorCode('CORRUPT_MESSAGE'))
    expect(await endOffset(connection)).toBe(0)
    expect(await send(connection, good)).toBe(0)
    expect(await endOffset(connection)).toBe(1)
    connection.close()
  })

  test('a partition that does not exist is UNKNOWN_TOPIC_OR_PARTITION, and an illegal name INVALID_TOPIC_EXCEPTION', async () => {
    const connection = await RawConnection.open(broker.port)
    const batch = encodeBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp: Date.now() }] })
    expect(await send(connection, batch, 5)).toBe(errorCode('UNKNOWN_TOPIC_OR_PARTITION'))
    const answer = await ask(connection, metadata, 9, { topics: [{ name: 'no/slash' }], allowAutoTopicCreation: true })
    expect(answer.topics[0]?.errorCode).toBe(errorCode('INVALID_TOPIC_EXCEPTION'))
    connection.close()
  })

  test('a message over max.message.bytes is MESSAGE_TOO_LARGE', async () => {
    const connection = await RawConnection.open(broker.port)
    const before = await endOffset(connection)
    const batch = encodeBatch({ records: [{ key: null, value: Buffer.alloc(2_000_000), timestamp: Date.now() }] })
    expect(await send(connection, batch)).toBe(errorCode('MESSAGE_TOO_LARGE'))
    expect(await endOffset(connection)).toBe(before)
    connection.close()
  })
})

async function send(connection: RawConnection, batch: Buffer, partition = 0): Promise<number | undefined> {
  const topicData = [{ name: 'intact', partitionData: [{ index: partition, records: batch }] }]
  const answer = await ask(connection, produce, 9, { acks: -1, timeoutMs: 5000, topicData })
  return answer.responses[0]?.partitionResponses[0]?.errorCode
}

async function endOffset(connection: RawConnection): Promise<number | undefined> {
  const topics = [{ name: 'intact', partitions: [{ partitionIndex: 0, timestamp: -1n }] }]
  const answer = await ask(connection, listOffsets, 5, { replicaId: -1, isolationLevel: 0, topics })
  return answer.topics[0]?.partitions[0]?.offset
}
