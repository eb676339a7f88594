/** A producer that offers requests at a fixed rate, whatever the broker does, and times each from when it was due to its answer. */

import { produce } from '../core/protocol/apis/index.ts'
import { encodeRequestFrame, readResponseHeader } from '../core/protocol/header.ts'
import { Reader } from '../core/protocol/wire.ts'
import { RawConnection } from '../test/support/clients-frames.ts'

const VERSION = 9

export type PacedLoad = {
  readonly address: string
  readonly topic: string
  readonly partitionCount: number
  /** One record batch, sent again and again, or the batch of each request. */
  readonly records: Buffer | ((request: number) => Buffer)
  readonly requestsPerSecond: number
  /** Called with each request's milliseconds; true ends the load. */
  readonly answered: (ms: number, count: number) => boolean
}

/** Each request carries the batch for one partition, the partitions in turn. Throws when a batch is refused. */
export async function pacedLoad(load: PacedLoad): Promise<void> {
  const [host = '', port] = load.address.split(':')
  const connection = await RawConnection.open(Number(port), host)
  const frameOf = frames(load)
  const startedAt = performance.now()
  const dueAt = (index: number): number => startedAt + (index / load.requestsPerSecond) * 1000
  let sent = 0
  let isOver = false
  const pace = setInterval(() => {
    const now = performance.now()
    if (isOver) return
    while (dueAt(sent) <= now) connection.sendBytes(frameOf(sent++))
  }, 1)
  try {
    for (let count = 0; !isOver || count < sent; count++) {
      const answer = await connection.nextFrame()
      if (!answer) throw new Error('the broker closed the connection')
      refuseErrors(answer)
      if (load.answered(performance.now() - dueAt(count), count + 1)) isOver = true
    }
  } finally {
    clearInterval(pace)
    connection.close()
  }
}

export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

function frames({ topic, partitionCount, records }: PacedLoad): (request: number) => Buffer {
  if (typeof records === 'function') return request => produceFrame(topic, request % partitionCount, records(request))
  const made = Array.from({ length: partitionCount }, (_, partition) => produceFrame(topic, partition, records))
  return request => made[request % partitionCount] ?? Buffer.alloc(0)
}

function produceFrame(topic: string, index: number, records: Buffer): Buffer {
  const body = produce.encodeRequest({ acks: 1, timeoutMs: 30_000, topicData: [{ name: topic, partitionData: [{ index, records }] }] }, VERSION)
  return Buffer.concat(encodeRequestFrame(produce, VERSION, { correlationId: 1, clientId: 'paced', body }))
}

function refuseErrors(answer: Buffer): void {
  const reader = new Reader(answer)
  readResponseHeader(reader, produce, VERSION)
  for (const { partitionResponses } of produce.decodeResponse(reader, VERSION).responses) {
    for (const { errorCode, errorMessage } of partitionResponses) if (errorCode !== 0) throw new Error(`a batch was refused with ${errorCode}: ${errorMessage}`)
  }
}
