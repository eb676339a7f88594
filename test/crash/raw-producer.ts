/**
 * A producer on the product's own schemas that has several requests in flight, as the Java client does: after an error or a lost connection it
 * waits for every answer still due and sends what has none again, in order and with the same sequences.
 */

import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../../core/common/random.ts'
import { initProducerId, produce } from '../../core/protocol/apis/index.ts'
import { errorName, type KafkaError } from '../../core/protocol/errors.ts'
import { encodeBatch, type NewRecord } from '../../core/records/record-batch.ts'
import { ask, RawConnection } from '../support/clients-frames.ts'
import type { Codec } from '../support/clients-records.ts'
import { type Journal, type Line, valueOf } from './journal.ts'
import { LoadGate } from './load-gate.ts'
import type { Address } from './workload.ts'

export type RawProducerKind = {
  readonly acks: -1 | 1
  readonly isIdempotent: boolean
  readonly inFlightMax: number
  readonly codecs: readonly Codec[]
  /** Of one batch. */
  readonly recordsMax: number
  readonly valueBytesMax: number
}

type Answer = { readonly error: KafkaError | 'closed'; readonly baseOffset: number }
type Pending = { readonly line: Line; readonly first: number; readonly count: number; readonly records: Buffer; answer?: Promise<Answer> }

/** A broker that starts answers these until a partition is recovered; one that stops says the last. */
const RETRIABLE: ReadonlySet<string> = new Set(['closed', 'NOT_LEADER_OR_FOLLOWER', 'LEADER_NOT_AVAILABLE', 'KAFKA_STORAGE_ERROR'])
const RETRY_MS = 10

export class RawProducer {
  readonly #address: Address
  readonly #kind: RawProducerKind
  readonly #lines: readonly Line[]
  readonly #journal: Journal
  readonly #random: Random
  readonly #pool: Buffer
  readonly #gate = new LoadGate()
  readonly #sequences = new Map<Line, number>()
  readonly #done: Promise<void>
  #pending: Pending[] = []
  #connection: RawConnection | undefined
  #producerId = -1
  #producerEpoch = -1

  constructor(o: { address: Address; kind: RawProducerKind; lines: readonly Line[]; journal: Journal; random: Random }) {
    this.#address = o.address
    this.#kind = o.kind
    this.#lines = o.lines
    this.#journal = o.journal
    this.#random = o.random
    this.#pool = Buffer.concat([o.random.bytes(o.kind.valueBytesMax), Buffer.alloc(o.kind.valueBytesMax, 'filler ')])
    this.#done = this.#run().catch((failure: unknown) => o.journal.find(`a producer failed: ${String(failure)}`))
  }

  resume(): void {
    this.#gate.open()
  }

  pause(): Promise<void> {
    return this.#gate.close()
  }

  async stop(): Promise<void> {
    this.#gate.stop()
    this.#connection?.close()
    await this.#done
  }

  async #run(): Promise<void> {
    while (!this.#gate.isStopped) {
      if (this.#pending.length === 0) await this.#gate.wait()
      if (this.#gate.isStopped) return
      this.#connection ??= await this.#connect()
      if (!this.#connection) await pause(RETRY_MS)
      else await this.#flight(this.#connection)
    }
  }

  async #connect(): Promise<RawConnection | undefined> {
    const connection = await RawConnection.open(this.#address.port, this.#address.host).catch(() => undefined)
    if (!connection || !this.#kind.isIdempotent || this.#producerId >= 0) return connection
    const request = { transactionalId: null, transactionTimeoutMs: 0 }
    const answer = await ask(connection, initProducerId, 4, request).catch(() => undefined)
    if (answer?.errorCode === 0) {
      this.#producerId = answer.producerId
      this.#producerEpoch = answer.producerEpoch
      return connection
    }
    connection.close()
    return undefined
  }

  /** Sends and takes answers until the connection is lost, or the gate is closed and everything is answered. */
  async #flight(connection: RawConnection): Promise<void> {
    for (;;) {
      while (this.#gate.isOpen && this.#pending.length < this.#kind.inFlightMax) this.#pending.push(this.#makeBatch())
      const [first] = this.#pending
      if (!first || this.#gate.isStopped) return
      for (const batch of this.#pending) batch.answer ??= this.#send(connection, batch)
      const answer = await first.answer
      if (answer?.error === 'NONE') {
        this.#take(first, answer)
        this.#pending.shift()
      } else if (answer && !(await this.#settle(first, answer))) {
        connection.close()
        this.#connection = undefined
        return
      }
    }
  }

  /** After `answer` to the first batch, an error: takes every other answer. False when the connection is lost. */
  async #settle(first: Pending, answer: Answer): Promise<boolean> {
    if (!RETRIABLE.has(answer.error)) {
      this.#journal.find(`${first.line.producer} got ${answer.error} for records ${first.first} and on of ${first.line.topic}-${first.line.partition}, with none before them unanswered`)
      this.#gate.stop()
      return false
    }
    let isLost = false
    const left: Pending[] = []
    for (const batch of this.#pending) {
      const { error = 'closed' as const, baseOffset = -1 } = (await batch.answer) ?? {}
      delete batch.answer
      if (error === 'closed') isLost = true
      if (error === 'NONE') this.#take(batch, { error, baseOffset })
      else left.push(batch)
    }
    this.#pending = left
    if (!isLost) await pause(RETRY_MS)
    return !isLost
  }

  #take({ line, first, count }: Pending, { baseOffset }: Answer): void {
    this.#journal.note({ line, first, count, baseOffset })
  }

  async #send(connection: RawConnection, { line, records }: Pending): Promise<Answer> {
    const request = { acks: this.#kind.acks, timeoutMs: 30_000, topicData: [{ name: line.topic, partitionData: [{ index: line.partition, records }] }] }
    const answer = await ask(connection, produce, 9, request).catch(() => undefined)
    const found = answer?.responses[0]?.partitionResponses[0]
    return found ? { error: errorName(found.errorCode), baseOffset: found.baseOffset } : { error: 'closed', baseOffset: -1 }
  }

  #makeBatch(): Pending {
    const random = this.#random
    const line = this.#lines[random.below(this.#lines.length)]
    if (!line) throw new Error('a producer without partitions')
    const { recordsMax, valueBytesMax, codecs, isIdempotent } = this.#kind
    const count = 1 + random.below(recordsMax)
    const nowMs = Date.now()
    const records = Array.from({ length: count }, (_, at): NewRecord => {
      const bytes = random.below(valueBytesMax)
      const from = random.below(this.#pool.length - bytes)
      // Clocks of producers differ: times do not only go up.
      return { key: Buffer.from(`k${at}`), value: valueOf(line, line.sent + at, this.#pool.subarray(from, from + bytes)), timestamp: nowMs - random.below(50) }
    })
    const baseSequence = this.#sequences.get(line) ?? 0
    if (isIdempotent) this.#sequences.set(line, baseSequence + count)
    const bytes = encodeBatch({
      records,
      codec: codecs[random.below(codecs.length)] ?? 'none',
      ...(isIdempotent && { producerId: this.#producerId, producerEpoch: this.#producerEpoch, baseSequence }),
    })
    const first = line.sent
    line.sent += count
    return { line, first, count, records: bytes }
  }
}
