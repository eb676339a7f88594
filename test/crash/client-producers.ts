/** Real client libraries as producers of a crash loop: one batch at a time, sent until it is acknowledged. */

import { Producer as PlatformaticProducer } from '@platformatic/kafka'
import kafkajs from 'kafkajs'
import type { Random } from '../../core/common/random.ts'
import { kafkajsClient } from '../support/clients-kafkajs.ts'
import { type Journal, type Line, valueOf } from './journal.ts'
import { LoadGate } from './load-gate.ts'
import type { Address } from './workload.ts'

const { CompressionTypes } = kafkajs

type Sender = {
  /** The offset of the first of `values`; rejects when the client gives up. */
  send(line: Line, values: readonly Buffer[]): Promise<number>
  close(): Promise<void>
}

export class ClientProducer {
  readonly #lines: readonly Line[]
  readonly #journal: Journal
  readonly #random: Random
  readonly #open: () => Promise<Sender>
  readonly #gate = new LoadGate()
  readonly #done: Promise<void>
  #sender: Sender | undefined

  constructor(o: { lines: readonly Line[]; journal: Journal; random: Random; open: () => Promise<Sender> }) {
    this.#lines = o.lines
    this.#journal = o.journal
    this.#random = o.random
    this.#open = o.open
    this.#done = this.#run().catch((failure: unknown) => o.journal.find(`a client's producer failed: ${String(failure)}`))
  }

  resume(): void {
    this.#gate.open()
  }

  pause(): Promise<void> {
    return this.#gate.close()
  }

  async stop(): Promise<void> {
    this.#gate.stop()
    await this.#done
    await this.#sender?.close().catch(() => undefined)
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.#gate.wait()
      if (this.#gate.isStopped) return
      const line = this.#lines[this.#random.below(this.#lines.length)]
      if (!line) return
      const first = line.sent
      const count = 1 + this.#random.below(40)
      line.sent += count
      const values = Array.from({ length: count }, (_, at) => valueOf(line, first + at, this.#random.bytes(this.#random.below(80))))
      await this.#sendOne(line, first, values)
    }
  }

  async #sendOne(line: Line, first: number, values: readonly Buffer[]): Promise<void> {
    while (!this.#gate.isStopped) {
      try {
        this.#sender ??= await this.#open()
        const baseOffset = await this.#sender.send(line, values)
        this.#journal.note({ line, first, count: values.length, baseOffset })
        return
      } catch {
        await this.#sender?.close().catch(() => undefined)
        this.#sender = undefined
        // A new idempotent producer would store it a second time if it was stored.
        if (line.isOnce) return void line.abandoned.push({ first, count: values.length })
      }
    }
  }
}

/** Idempotent, with so many retries that it outlasts every restart. */
export async function openKafkajs({ host, port }: Address): Promise<Sender> {
  const producer = kafkajsClient(`${host}:${port}`, 50).producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  return {
    async send({ topic, partition }, values) {
      const messages = values.map(value => ({ partition, value, key: null }))
      const [answer] = await producer.send({ topic, acks: -1, messages, compression: values.length % 3 === 0 ? CompressionTypes.GZIP : CompressionTypes.None })
      return Number(answer?.baseOffset)
    },
    close: () => producer.disconnect(),
  }
}

/** Plain: what fails is sent again as it is. */
export async function openPlatformatic({ host, port }: Address): Promise<Sender> {
  const producer = new PlatformaticProducer({ clientId: 'crash', bootstrapBrokers: [`${host}:${port}`], retries: 3, retryDelay: 50, compression: 'snappy' })
  return {
    async send({ topic, partition }, values) {
      const answer = await producer.send({ acks: 1, messages: values.map(value => ({ topic, partition, value })) })
      return Number(answer.offsets?.[0]?.offset)
    },
    close: () => producer.close(),
  }
}
