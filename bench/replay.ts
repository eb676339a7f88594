/** A producer that costs next to nothing: one request with batches made beforehand, sent again and again. What it measures is the broker. */

import { produce } from '../core/protocol/apis/index.ts'
import { encodeRequestFrame, readResponseHeader } from '../core/protocol/header.ts'
import { Reader } from '../core/protocol/wire.ts'
import { encodeBatch } from '../core/records/encode-batch.ts'
import { RawConnection } from '../test/support/clients-frames.ts'
import type { Summary } from './rdkafka-performance.ts'

const VERSION = 9
const IN_FLIGHT = 20
/** With 100 bytes a record, a batch of about 8 KiB. */
const RECORDS_PER_BATCH = 75

/** Sends `count` records, or the few more that fill the last request, to all partitions over one connection with acks=1. */
export async function replayLoad(load: {
  readonly address: string
  readonly topic: string
  readonly count: number
  readonly bytes: number
  readonly partitionCount: number
}): Promise<Summary> {
  const [host = '', port] = load.address.split(':')
  const connection = await RawConnection.open(Number(port), host)
  const frame = produceFrame(load.topic, load.partitionCount, load.bytes)
  const perRequest = RECORDS_PER_BATCH * load.partitionCount
  const requests = Math.ceil(load.count / perRequest)
  const startedAt = performance.now()
  let sent = 0
  let failed = 0
  for (; sent < Math.min(IN_FLIGHT, requests); sent++) connection.sendBytes(frame)
  for (let answered = 0; answered < requests; answered++) {
    const answer = await connection.nextFrame()
    if (!answer) throw new Error('the broker closed the connection')
    if (sent++ < requests) connection.sendBytes(frame)
    failed += refusedIn(answer) * RECORDS_PER_BATCH
  }
  const elapsedMs = performance.now() - startedAt
  connection.close()
  return { records: requests * perRequest, bytes: requests * perRequest * load.bytes, failed, elapsedMs }
}

/** Records that `replayLoad` stores for `count`. */
export function replayedCount(count: number, partitionCount: number): number {
  const perRequest = RECORDS_PER_BATCH * partitionCount
  return Math.ceil(count / perRequest) * perRequest
}

function produceFrame(topic: string, partitionCount: number, bytes: number): Buffer {
  const value = Buffer.alloc(bytes, 'librdkafka sends a pattern too; ')
  const records = encodeBatch({ records: Array.from({ length: RECORDS_PER_BATCH }, () => ({ key: null, value, timestamp: Date.now() })) })
  const partitionData = Array.from({ length: partitionCount }, (_, index) => ({ index, records }))
  const body = produce.encodeRequest({ acks: 1, timeoutMs: 30_000, topicData: [{ name: topic, partitionData }] }, VERSION)
  return Buffer.concat(encodeRequestFrame(produce, VERSION, { correlationId: 1, clientId: 'replay', body }))
}

/** Batches that an answer refuses. */
function refusedIn(answer: Buffer): number {
  const reader = new Reader(answer)
  readResponseHeader(reader, produce, VERSION)
  const { responses } = produce.decodeResponse(reader, VERSION)
  return responses.flatMap(topic => topic.partitionResponses).filter(partition => partition.errorCode !== 0).length
}
