/** One of two brokers that a script is run against: it asks, and notes each answer in a form that does not depend on which of the two gave it. */

import { setTimeout as pause } from 'node:timers/promises'
import { createTopics, listOffsets } from '../../core/protocol/apis/index.ts'
import type { Api, RequestToSend, ResponseReceived } from '../../core/protocol/schema.ts'
import { ask, RawConnection } from '../support/clients-frames.ts'

/** The longest that an answer may take: Kafka gives none to a few requests. */
const PATIENCE_MS = 3000

export type Step = { readonly step: string; readonly answer: unknown }
export type TopicSpec = { readonly name: string; readonly configs: Readonly<Record<string, string>> }

export class BrokerUnderScript {
  readonly steps: Step[] = []
  readonly #port: number
  #connection: RawConnection | undefined

  constructor(port: number) {
    this.#port = port
  }

  close(): void {
    this.#connection?.close()
  }

  /** The answer, or 'closed' when the broker closed the connection instead, or gave none in time; the next question opens another. */
  async ask<A extends Api>(api: A, version: number, request: RequestToSend<A>): Promise<ResponseReceived<A> | 'closed'> {
    const connection = (this.#connection ??= await RawConnection.open(this.#port))
    const patience = new AbortController()
    // Closing it ends the wait for the answer.
    pause(PATIENCE_MS, undefined, { signal: patience.signal }).then(() => connection.close(), () => undefined)
    try {
      return await ask(connection, api, version, request)
    } catch {
      connection.close()
      this.#connection = undefined
      return 'closed'
    } finally {
      patience.abort()
    }
  }

  note(step: string, answer: unknown): void {
    this.steps.push({ step, answer })
  }

  /** Each of one partition; returns when all have a leader. */
  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    const wanted = topics.map(({ name, configs }) => ({
      name,
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: Object.entries(configs).map(([config, value]) => ({ name: config, value })),
    }))
    const answer = await this.ask(createTopics, 5, { topics: wanted })
    if (answer === 'closed') throw new Error('the connection was closed instead of an answer to CreateTopics')
    const refused = answer.topics.find(topic => topic.errorCode !== 0)
    if (refused) throw new Error(`${refused.name} could not be created: ${refused.errorMessage}`)
    for (const { name } of topics) await this.untilLed(name)
  }

  async untilLed(name: string): Promise<void> {
    while (!(await this.#hasLeader(name))) await pause(50)
  }

  async #hasLeader(name: string): Promise<boolean> {
    // Kafka's metadata tells a leader before its broker has become that.
    const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp: -1n }] }]
    const answer = await this.ask(listOffsets, 5, { replicaId: -1, topics })
    return answer !== 'closed' && answer.topics[0]?.partitions[0]?.errorCode === 0
  }
}
