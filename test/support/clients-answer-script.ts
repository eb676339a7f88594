/** A script of requests for any broker, its answers noted in a form that two brokers can be compared by. */

import { setTimeout as pause } from 'node:timers/promises'
import { listOffsets } from '../../core/protocol/apis/index.ts'
import type { Api, RequestToSend, ResponseReceived } from '../../core/protocol/schema.ts'
import { ask, RawConnection } from './clients-frames.ts'

/** Waits until a topic that was just made is led, and its coordinators have heard of it: a broker of Kafka's learns of it part by part. */
export async function untilLed(on: RawConnection, name: string, partitionCount: number): Promise<void> {
  const partitions = Array.from({ length: partitionCount }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1n }))
  while ((await ask(on, listOffsets, 5, { replicaId: -1, topics: [{ name, partitions }] })).topics[0]?.partitions.some(({ errorCode }) => errorCode !== 0) ?? true) await pause(20)
  await pause(200)
}

export class AnswerScript {
  /** What was asked, and what came back. */
  readonly steps: [string, unknown][] = []
  readonly #names = new Map<string, string>()
  readonly #port: number
  readonly #connections: RawConnection[] = []

  constructor(port: number) {
    this.#port = port
  }

  async open(): Promise<RawConnection> {
    const connection = await RawConnection.open(this.#port)
    this.#connections.push(connection)
    return connection
  }

  /** Asks and notes the answer under `step`. */
  async ask<A extends Api>(step: string, on: RawConnection, api: A, version: number, request: RequestToSend<A>): Promise<ResponseReceived<A>> {
    const answer = await ask(on, api, version, request)
    this.steps.push([`${step} (${api.name} v${version})`, this.#comparable(answer)])
    return answer
  }

  close(): void {
    for (const connection of this.#connections) connection.close()
  }

  /** Random ids by the order they appear in, bytes as hex; lists whose order Kafka leaves open sorted. */
  #comparable(value: unknown): unknown {
    if (typeof value === 'string') {
      return value.replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f-]{21}|^[A-Za-z0-9_-]{22}$/g, id => {
        if (!this.#names.has(id)) this.#names.set(id, `ID${this.#names.size + 1}`)
        return this.#names.get(id) ?? ''
      })
    }
    if (Buffer.isBuffer(value)) return value.toString('hex')
    if (Array.isArray(value)) return value.map(each => this.#comparable(each)).sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).filter(([name]) => name !== 'throttleTimeMs').map(([name, each]) => [name, this.#comparable(each)]))
  }
}

function sortKey(value: unknown): string {
  const { groupId, name, topicId, partitionIndex, memberId } = value as Record<string, unknown> // the structs of group answers
  return JSON.stringify([groupId ?? name ?? memberId ?? partitionIndex ?? null, topicId ?? null])
}
