/** A consumer of the simulation: follows one partition after another and checks that what it gets is what the model knows. */

import { fetch } from '../../core/protocol/apis/index.ts'
import { errorName } from '../../core/protocol/errors.ts'
import { batchesOf } from '../../core/records/record-batch.ts'
import type { BrokerHost } from './broker-host.ts'
import { SimulatedClient } from './client.ts'
import { Violation } from './model.ts'
import type { Target } from './producers.ts'
import { nameOf } from './read-log.ts'
import type { World } from './world.ts'

const passing = new Set(['NOT_LEADER_OR_FOLLOWER', 'KAFKA_STORAGE_ERROR', 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'LEADER_NOT_AVAILABLE'])

type Position = { offset: number; epoch: number; cuts: number; boot: number; highWatermark: number; lastStableOffset: number; hasRead: boolean }

export class Consumer {
  readonly #client: SimulatedClient
  readonly #host: BrokerHost
  readonly #world: World
  readonly #positions = new Map<Target['model'], Position>()

  constructor(name: string, world: World, host: BrokerHost) {
    this.#client = new SimulatedClient(name, world, host.network)
    this.#host = host
    this.#world = world
  }

  close(): void {
    this.#client.close()
  }

  async turn(target: Target): Promise<void> {
    const { model } = target
    const { random } = this.#client
    const at = this.#positionIn(target)
    const isById = target.topic.startsWith('churn')
    const version = this.#client.version(fetch, isById ? 17 : 12, isById ? 13 : 4)
    const boot = this.#host.boot
    const { knownEnd, cuts } = model
    const knowsEpoch = version >= 12 && random.below(2) === 0
    const answer = await this.#client.ask(fetch, version, {
      maxWaitMs: random.below(1500), minBytes: 1 + random.below(2) * random.below(3000), isolationLevel: random.below(2),
      topics: [{
        topic: target.topic, topicId: target.topicId,
        partitions: [{ partition: target.partition, fetchOffset: at.offset, partitionMaxBytes: 1 + random.below(4000), ...(knowsEpoch ? { lastFetchedEpoch: at.epoch } : {}) }],
      }],
    })
    const found = answer?.responses[0]?.partitions[0]
    if (!found) return
    if (found.errorCode !== 0) return this.#refused(target, at, errorName(found.errorCode))
    if (found.divergingEpoch.endOffset >= 0) return this.#diverged(target, at, found.divergingEpoch)
    // Asked before the partition was opened, the question knew of records that the power took.
    if (this.#host.boot === boot && model.cuts === cuts) this.#checkMarks(target, at, { boot, knownEnd, ...found })
    this.#take(target, at, found.records ?? Buffer.alloc(0))
  }

  #positionIn({ model }: Target): Position {
    const known = this.#positions.get(model)
    if (known && this.#client.random.below(20) > 0) return known
    const offset = model.start + this.#client.random.below(model.knownEnd - model.start + 1)
    const position = { offset, epoch: -1, cuts: model.cuts, boot: -1, highWatermark: -1, lastStableOffset: -1, hasRead: false }
    this.#positions.set(model, position)
    return position
  }

  /** Neither mark goes back within a boot, and what was acknowledged before the question is below the high watermark. */
  #checkMarks({ model }: Target, at: Position, found: { boot: number; knownEnd: number; highWatermark: number; lastStableOffset: number }): void {
    if (found.boot === at.boot && found.highWatermark < at.highWatermark) throw new Violation(`${model.name}: the high watermark went back from ${at.highWatermark} to ${found.highWatermark}`)
    if (found.boot === at.boot && found.lastStableOffset < at.lastStableOffset) throw new Violation(`${model.name}: the last stable offset went back from ${at.lastStableOffset} to ${found.lastStableOffset}`)
    if (found.highWatermark < found.knownEnd) throw new Violation(`${model.name}: the high watermark is ${found.highWatermark}, and ${found.knownEnd} offsets were acknowledged before it was asked for`)
    at.boot = found.boot
    at.highWatermark = found.highWatermark
    at.lastStableOffset = found.lastStableOffset
  }

  #take({ model }: Target, at: Position, records: Buffer): void {
    for (const batch of batchesOf(records)) {
      for (const record of batch.records()) {
        if (record.offset < at.offset) continue
        if (!batch.isControl) model.seen(record.offset, nameOf(record.value))
        if (record.offset > at.offset) throw new Violation(`${model.name}: ${this.#client.name} wanted ${at.offset} and got ${record.offset}`)
        at.offset = record.offset + 1
        at.epoch = batch.leaderEpoch
        at.cuts = model.cuts
      }
    }
  }

  #refused({ model }: Target, at: Position, error: string): void {
    this.#positions.delete(model)
    if (error === 'OFFSET_OUT_OF_RANGE' && (model.cuts > at.cuts || at.offset < model.start || at.offset > model.knownEnd)) return
    if (!passing.has(error)) throw new Violation(`${model.name}: a fetch at ${at.offset} answers ${error}; it holds ${model.start} to ${model.knownEnd}`)
    this.#positions.set(model, at)
  }

  /** The epochs say that what we read last is not there any more: only after a power loss. */
  #diverged({ model }: Target, at: Position, { epoch, endOffset }: { readonly epoch: number; readonly endOffset: number }): void {
    if (model.cuts === at.cuts) throw new Violation(`${model.name}: a fetch at ${at.offset} of epoch ${at.epoch} diverges at ${endOffset} of epoch ${epoch}, and nothing was cut`)
    this.#world.note(`${this.#client.name} goes back from ${at.offset} to ${endOffset} in ${model.name}`)
    at.offset = endOffset
    at.epoch = epoch
    at.cuts = model.cuts
  }
}
