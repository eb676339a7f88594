/**
 * Speaks to one broker and notes its answers in a comparable form. What must differ between two brokers is put in words here and nowhere else:
 * ids by the name they were given or the order they appear in, ports, times, throttling, and the order of lists that a hash table decides.
 */

import { setTimeout as pause } from 'node:timers/promises'
import { createTopics, findCoordinator, listOffsets, metadata } from '../../core/protocol/apis/index.ts'
import type { Api, RequestToSend, ResponseReceived } from '../../core/protocol/schema.ts'
import { ZERO_UUID } from '../../core/protocol/wire.ts'
import { RawConnection } from '../support/clients-frames.ts'
import { BrokerUnderScript, type Step } from './broker-under-script.ts'

export const UNKNOWN_ID = 'EREREREREREREREREREREQ'
/** Numbers that are a moment, or depend on one: what they are above 0 is not compared. */
const MOMENTS = new Set(['logAppendTimeMs', 'lastTimestamp', 'transactionStartTimeMs', 'throttleTimeMs', 'port'])

export class Probe {
  readonly #port: number
  readonly #broker: BrokerUnderScript
  readonly #names = new Map<string, string>([[UNKNOWN_ID, 'an unknown id'], [ZERO_UUID, 'no id']])
  readonly #producers = new Map<number, string>()
  readonly #ids = new Map<string, string>()

  constructor(port: number) {
    this.#port = port
    this.#broker = new BrokerUnderScript(port)
  }

  get steps(): readonly Step[] {
    return this.#broker.steps
  }

  close(): void {
    this.#broker.close()
  }

  /** Asks and notes the answer, or the part of it that `pick` takes. */
  async ask<A extends Api>(
    step: string, api: A, version: number, request: RequestToSend<A>, pick: (answer: ResponseReceived<A>) => unknown = answer => answer,
  ): Promise<ResponseReceived<A> | undefined> {
    const answer = await this.#broker.ask(api, version, request)
    this.#broker.note(`${step} (${api.name} v${version})`, answer === 'closed' ? answer : this.#comparable(pick(answer), ''))
    return answer === 'closed' ? undefined : answer
  }

  /** The answer, not noted. */
  async know<A extends Api>(api: A, version: number, request: RequestToSend<A>): Promise<ResponseReceived<A>> {
    const answer = await this.#broker.ask(api, version, request)
    if (answer === 'closed') throw new Error(`no answer to ${api.name} v${version}`)
    return answer
  }

  /** Bytes as they are on a connection of their own: whether something comes back, or it was closed, or nothing for a while. */
  async raw(step: string, bytes: Buffer): Promise<void> {
    const connection = await RawConnection.open(this.#port)
    connection.sendBytes(bytes)
    const patience = new AbortController()
    const nothing = pause(1000, 'nothing', { signal: patience.signal }).catch(() => 'nothing')
    const answer = await Promise.race([connection.nextFrame().then(frame => frame ? 'answered' : 'closed'), nothing])
    patience.abort()
    connection.close()
    this.#broker.note(step, answer)
  }

  id(topic: string): string {
    return this.#ids.get(topic) ?? UNKNOWN_ID
  }

  /** Another value that differs between brokers. */
  name(value: string, as: string): void {
    this.#names.set(value, as)
  }

  async createTopic(name: string, numPartitions = 1, configs: Readonly<Record<string, string>> = {}): Promise<void> {
    const topic = { name, numPartitions, replicationFactor: 1, assignments: [], configs: Object.entries(configs).map(([config, value]) => ({ name: config, value })) }
    const made = await this.know(createTopics, 7, { topics: [topic], timeoutMs: 10_000 })
    if (made.topics[0]?.errorCode !== 0) throw new Error(`${name} could not be created: ${made.topics[0]?.errorMessage}`)
    await this.learn(name, numPartitions)
  }

  /** Waits until a topic has so many partitions with leaders, and knows its id. */
  async learn(name: string, numPartitions: number): Promise<void> {
    for (;;) {
      const { topics: [topic] } = await this.know(metadata, 12, { topics: [{ name, topicId: ZERO_UUID }], allowAutoTopicCreation: false })
      const partitions = Array.from({ length: numPartitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1n }))
      const ends = await this.know(listOffsets, 5, { replicaId: -1, topics: [{ name, partitions }] })
      if (topic?.partitions.length === numPartitions && ends.topics[0]?.partitions.every(({ errorCode }) => errorCode === 0)) {
        this.#ids.set(name, topic.topicId)
        this.name(topic.topicId, `the id of ${name}`)
        return
      }
      await pause(20)
    }
  }

  /** Waits until there is a coordinator of a group (type 0) or a transactional id (type 1). */
  async coordinated(keyType: number, key: string): Promise<void> {
    while ((await this.know(findCoordinator, 4, { keyType, coordinatorKeys: [key] })).coordinators[0]?.errorCode !== 0) await pause(50)
  }

  /** For what a broker of Kafka's learns from its controller a moment after it was acknowledged. */
  async settle(): Promise<void> {
    await pause(300)
  }

  #comparable(value: unknown, field: string): unknown {
    if (typeof value === 'string') return this.#names.get(value) ?? value
    if (field === 'producerId' && typeof value === 'number' && value >= 0) {
      if (!this.#producers.has(value)) this.#producers.set(value, `producer ${this.#producers.size + 1}`)
      return this.#producers.get(value)
    }
    if ((typeof value === 'bigint' || typeof value === 'number') && MOMENTS.has(field)) return value > 0 ? 'some' : Number(value)
    if (typeof value === 'bigint') return `${value}`
    if (Buffer.isBuffer(value)) return value.toString('hex')
    if (Array.isArray(value)) return value.map(each => this.#comparable(each, field)).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).filter(([name]) => name !== 'throttleTimeMs').map(([name, each]) => [name, this.#comparable(each, name)]))
  }
}

export function versionsOf(api: Api): number[] {
  return Array.from({ length: api.maxVersion - api.minVersion + 1 }, (_, at) => api.minVersion + at)
}

/** Runs scripts one after another against the broker on `port`. */
export async function probe(port: number, ...scripts: readonly ((of: Probe) => Promise<void>)[]): Promise<readonly Step[]> {
  const of = new Probe(port)
  try {
    for (const script of scripts) await script(of)
    return of.steps
  } finally {
    of.close()
  }
}
