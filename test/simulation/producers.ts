/** Producers of the simulation: plain ones, which may repeat what they do not know the end of, and idempotent ones, which must never be stored twice. */

import { initProducerId, produce } from '../../core/protocol/apis/index.ts'
import { errorName } from '../../core/protocol/errors.ts'
import { encodeBatch } from '../../core/records/record-batch.ts'
import { SimulatedClient } from './client.ts'
import { type PartitionModel, Violation } from './model.ts'
import type { SimulatedNetwork } from './network.ts'
import type { World } from './world.ts'

const codecs = ['none', 'none', 'none', 'none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
/** What a producer may be told while partitions recover, disks fail or topics go. */
const passing = new Set(['NOT_LEADER_OR_FOLLOWER', 'KAFKA_STORAGE_ERROR', 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'LEADER_NOT_AVAILABLE'])

/** A partition as clients know it. */
export type Target = { readonly topic: string; readonly topicId: string; readonly partition: number; readonly model: PartitionModel }

type Outcome = { readonly is: 'unknown' } | { readonly is: 'stored'; readonly baseOffset: number } | { readonly is: 'refused'; readonly error: string }

abstract class Producer {
  protected readonly client: SimulatedClient
  protected readonly world: World
  #count = 0

  constructor(name: string, world: World, network: SimulatedNetwork) {
    this.world = world
    this.client = new SimulatedClient(name, world, network)
  }

  close(): void {
    this.client.close()
  }

  protected newValues(): string[] {
    return Array.from({ length: 1 + this.client.random.below(4) }, () => `${this.client.name}.${this.#count++}`)
  }

  protected encode(values: readonly string[], o: { producerId?: number; producerEpoch?: number; baseSequence?: number } = {}): Buffer {
    const { random } = this.client
    const codec = codecs[random.below(codecs.length)] ?? 'none'
    const records = values.map(value => ({
      key: Buffer.from(`k${random.below(8)}`), value: Buffer.from(`${value} ${'.'.repeat(random.below(100))}`), timestamp: this.world.clock.now() - random.below(1000),
    }))
    return encodeBatch({ records, codec, ...o })
  }

  protected async send(target: Target, records: Buffer): Promise<Outcome> {
    const { random, name } = this.client
    const version = this.client.version(produce, Infinity, target.topic.startsWith('churn') ? 13 : 7)
    const answer = await this.client.ask(produce, version, {
      acks: random.below(2) === 0 ? 1 : -1,
      timeoutMs: 30_000,
      topicData: [{ name: target.topic, topicId: target.topicId, partitionData: [{ index: target.partition, records }] }],
    })
    const found = answer?.responses[0]?.partitionResponses[0]
    if (!found) return { is: 'unknown' }
    if (found.errorCode === 0) return { is: 'stored', baseOffset: found.baseOffset }
    const error = errorName(found.errorCode)
    this.world.note(`${name} is refused by ${target.model.name}: ${error} ${found.errorMessage ?? ''}`)
    return { is: 'refused', error }
  }
}

export class PlainProducer extends Producer {
  /** Sends once, and once more when it does not know what became of it, as often as luck has it. */
  async turn(target: Target): Promise<void> {
    const values = this.newValues()
    for (let tries = 0; tries < 3; tries++) {
      target.model.send(values, this.client.name, false)
      const outcome = await this.send(target, this.encode(values))
      if (outcome.is === 'stored') target.model.acknowledged(values, outcome.baseOffset)
      if (outcome.is === 'refused' && !passing.has(outcome.error)) throw new Violation(`${target.model.name} refuses a plain batch with ${outcome.error}`)
      if (outcome.is === 'refused') target.model.refused(values)
      if (outcome.is !== 'unknown' || this.client.random.below(2) === 0) return
    }
  }
}

type Session = { readonly producerId: number; readonly producerEpoch: number; readonly cuts: number; sequence: number; lastOffset: number }
/** `endsBefore`: boots that had ended when it was first sent; `isLast`: nothing was sent behind it. */
type Batch = { readonly values: readonly string[]; readonly records: Buffer; readonly endsBefore: number; readonly isLast: boolean }

const IN_FLIGHT_MAX = 4

export class IdempotentProducer extends Producer {
  readonly #sessions = new Map<PartitionModel, Session>()

  /** Sends a few batches at once, then again, one by one, those whose end is not known. `isOver` says when to give up: then they may or may not be stored. */
  async turn(target: Target, isOver: () => boolean): Promise<void> {
    const session = await this.#session(target)
    if (!session) return
    const batches = this.#newBatches(target, session)
    const outcomes = await Promise.all(batches.map(({ records }) => this.send(target, Buffer.from(records))))
    for (const [index, batch] of batches.entries()) {
      const first = outcomes[index]
      const outcome = first?.is === 'stored' ? first : await this.#sendUntilKnown(target, session, batch, isOver)
      if (outcome?.is !== 'stored') return
      if (outcome.baseOffset <= session.lastOffset && target.model.cuts === session.cuts) throw new Violation(`${target.model.name} stored a batch of ${this.client.name} at ${outcome.baseOffset}, and the one before it at ${session.lastOffset}`)
      target.model.acknowledged(batch.values, outcome.baseOffset)
      session.lastOffset = outcome.baseOffset
      session.sequence += batch.values.length
    }
  }

  #newBatches({ model }: Target, session: Session): Batch[] {
    let baseSequence = session.sequence
    // The first goes alone: of a producer it does not know a broker takes any sequence, as Kafka does.
    const count = session.sequence === 0 ? 1 : 1 + this.client.random.below(IN_FLIGHT_MAX)
    return Array.from({ length: count }, (_, index) => {
      const values = this.newValues()
      model.send(values, this.client.name, true)
      const records = this.encode(values, { ...session, baseSequence })
      baseSequence += values.length
      return { values, records, endsBefore: model.ends, isLast: index === count - 1 }
    })
  }

  /** Undefined when it was given up. */
  async #sendUntilKnown(target: Target, session: Session, batch: Batch, isOver: () => boolean): Promise<Outcome | undefined> {
    while (!isOver()) {
      const outcome = await this.send(target, Buffer.from(batch.records))
      if (outcome.is === 'stored') return outcome
      if (outcome.is === 'refused' && !passing.has(outcome.error)) return this.#fenced(target, { session, batch, error: outcome.error })
      if (outcome.is === 'refused' && outcome.error.startsWith('UNKNOWN_TOPIC')) return undefined
      await this.world.sleep(10 + this.client.random.below(200))
    }
    return undefined
  }

  async #session({ model }: Target): Promise<Session | undefined> {
    const known = this.#sessions.get(model)
    if (known) return known
    const answer = await this.client.ask(initProducerId, this.client.version(initProducerId), { transactionalId: null, transactionTimeoutMs: 60_000 })
    if (!answer) return undefined
    if (answer.errorCode !== 0) throw new Violation(`InitProducerId answers ${errorName(answer.errorCode)}`)
    const session = { producerId: answer.producerId, producerEpoch: answer.producerEpoch, cuts: model.cuts, sequence: 0, lastOffset: -1 }
    this.#sessions.set(model, session)
    return session
  }

  /**
   * A sequence may be out of order when a power loss took what came before it. It may also be when a boot ended under it: of a producer's last
   * batches Kafka's snapshots keep one, so an earlier one sent again is not known any more. The batch is given up; the next one begins anew.
   */
  #fenced({ model }: Target, { session, batch, error }: { readonly session: Session; readonly batch: Batch; readonly error: string }): undefined {
    this.#sessions.delete(model)
    const isForgotten = model.cuts > session.cuts || (!batch.isLast && model.ends > batch.endsBefore)
    if (error === 'OUT_OF_ORDER_SEQUENCE_NUMBER' && isForgotten) return undefined
    throw new Violation(`${model.name} refuses ${this.client.name} with ${error}, and has lost nothing of it`)
  }
}
