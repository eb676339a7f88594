/**
 * A broker and its clients through starts, stops, kills, power losses and a disk that fails: nothing acknowledged is lost to a kill,
 * what was flushed survives everything, and nobody ever reads what is not so.
 */

import { createTopics, deleteRecords, deleteTopics } from '../../../core/protocol/apis/index.ts'
import { errorName } from '../../../core/protocol/errors.ts'
import type { DiskFault } from '../../../core/common/memory-disk.ts'
import type { PartitionLog } from '../../../core/log/partition-log.ts'
import { BrokerHost } from '../broker-host.ts'
import { SimulatedClient } from '../client.ts'
import { Consumer } from '../consumers.ts'
import { type Ending, PartitionModel, Violation } from '../model.ts'
import { IdempotentProducer, PlainProducer, type Target } from '../producers.ts'
import { type BatchInfo, lookUpProblem } from '../read-log.ts'
import type { World } from '../world.ts'

/** A look-up in a boot that died never ends. */
const LOOK_UP_MS_MAX = 5000

export type BrokerLifeOptions = { readonly hasDiskTrouble: boolean }

export function brokerLife(options: BrokerLifeOptions): (world: World) => Promise<void> {
  return async world => {
    const life = new BrokerLife(world, options)
    await life.run()
  }
}

class BrokerLife {
  readonly #world: World
  readonly #host: BrokerHost
  readonly #hasDiskTrouble: boolean
  readonly #targets = new Map<string, Target>()
  /** Somebody asked to delete them, and may not have been heard. */
  readonly #deleted = new Map<string, Target>()
  readonly #admin: SimulatedClient
  readonly #closers: (() => void)[] = []
  readonly #looking = new Set<Promise<void>>()
  #isOver = false
  #churned = 0

  constructor(world: World, options: BrokerLifeOptions) {
    this.#world = world
    this.#hasDiskTrouble = options.hasDiskTrouble
    this.#host = new BrokerHost(world)
    this.#host.onReady = (topic, partition) => this.#opened(topic, partition)
    this.#host.onEnd = ending => this.#ended(ending)
    this.#admin = new SimulatedClient('admin', world, this.#host.network)
  }

  async run(): Promise<void> {
    const { random } = this.#world
    await this.#host.start()
    await this.#createUntilThere('orders', 1 + random.below(2))
    await this.#createUntilThere('safe', 1, { 'flush.messages': '1' })
    const actors = [
      ...this.#many(1 + random.below(2), index => this.#plain(`plain${index}`)),
      ...this.#many(1 + random.below(2), index => this.#idempotent(`once${index}`)),
      ...this.#many(1 + random.below(2), index => this.#consume(`reader${index}`)),
      this.#churn(),
      this.#trim(),
    ]
    await this.#fate()
    this.#isOver = true
    await Promise.all(actors)
    await this.#end()
  }

  #many(count: number, start: (index: number) => Promise<void>): Promise<void>[] {
    return Array.from({ length: count }, (_, index) => start(index))
  }

  /** In the turn a partition becomes ready. */
  #opened(topic: string, partition: number): void {
    const broker = this.#host.broker
    const topicId = broker?.topics.get(topic)?.record.topicId
    const log = broker?.log(topic, partition)
    const target = this.#targets.get(`${topicId}-${partition}`) ?? this.#deleted.get(`${topicId}-${partition}`)
    if (!log || !target) return
    this.#world.note(`${target.model.name} ends at ${log.endOffset} of ${target.model.knownEnd}, epoch ${log.leaderEpoch}`)
    this.#lookUpLater(target, log, target.model.opened(log))
  }

  /** Beside what the clients do; a boot that ends meanwhile ends this too. */
  #lookUpLater({ model, topicId, partition }: Target, log: PartitionLog, batches: readonly BatchInfo[]): void {
    const { boot } = this.#host
    if (!this.#host.isServing) return
    const random = this.#world.fork()
    const isStillServed = (): boolean => this.#host.isServing && this.#host.boot === boot && this.#targets.has(`${topicId}-${partition}`)
    const looking = this.#world.spawn(async () => {
      try {
        const problem = await Promise.race([lookUpProblem(log, batches, random, 2), this.#world.sleep(LOOK_UP_MS_MAX)])
        if (problem !== undefined && isStillServed()) throw new Violation(`${model.name}: ${problem}`)
      } catch (cause) {
        if (cause instanceof Violation || (isStillServed() && !this.#hasDiskTrouble)) throw cause
      }
    }).finally(() => this.#looking.delete(looking))
    this.#looking.add(looking)
  }

  /** What the broker itself says is durable must be there after a power loss. */
  #ended(ending: Ending): void {
    for (const { topic, partition, topicId, model } of [...this.#targets.values(), ...this.#deleted.values()]) {
      const log = this.#host.broker?.topics.partition(topic, partition)?.openLog
      if (log?.topicId === topicId) model.flushed(log.recoveryPoint)
      model.ended(ending)
    }
  }

  async #createUntilThere(topic: string, partitions: number, configs: Record<string, string> = {}): Promise<void> {
    while (!(await this.#create(topic, partitions, configs))) await this.#world.sleep(50)
  }

  async #create(name: string, numPartitions: number, more: Readonly<Record<string, string>> = {}): Promise<boolean> {
    const { random } = this.#world
    const configs: Record<string, string> = {
      'segment.index.bytes': String(24 + random.below(200)), 'index.interval.bytes': String(random.below(600)), 'segment.ms': String(1000 + random.below(600_000)),
      ...(random.below(4) === 0 ? { 'message.timestamp.type': 'LogAppendTime' } : {}), ...more,
    }
    const answer = await this.#admin.ask(createTopics, 7, {
      topics: [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })) }],
    })
    const made = answer?.topics[0]
    const topic = this.#host.broker?.topics.get(name)
    this.#world.note(`create ${name}: ${made ? errorName(made.errorCode) : 'unknown'}`)
    if (!topic || (made && made.errorCode !== 0 && errorName(made.errorCode) !== 'TOPIC_ALREADY_EXISTS')) return false
    for (let partition = 0; partition < numPartitions; partition++) {
      const { topicId } = topic.record
      const key = `${topicId}-${partition}`
      const isFlushedByAck = name === 'safe' || this.#host.hasDurableAcks
      const target = this.#deleted.get(key) ?? { topic: name, topicId, partition, model: new PartitionModel(`${name}-${partition}`, { isFlushedByAck }) }
      if (!this.#targets.has(key)) this.#targets.set(key, target)
    }
    return true
  }

  #target(): Target | undefined {
    const targets = [...this.#targets.values()]
    return targets[this.#world.random.below(targets.length)]
  }

  async #plain(name: string): Promise<void> {
    const producer = new PlainProducer(name, this.#world, this.#host.network)
    this.#closers.push(() => producer.close())
    await this.#loop(target => producer.turn(target))
  }

  async #idempotent(name: string): Promise<void> {
    const producer = new IdempotentProducer(name, this.#world, this.#host.network)
    this.#closers.push(() => producer.close())
    await this.#loop(target => producer.turn(target, () => this.#isOver))
  }

  async #consume(name: string): Promise<void> {
    const consumer = new Consumer(name, this.#world, this.#host)
    this.#closers.push(() => consumer.close())
    await this.#loop(target => consumer.turn(target))
  }

  #loop(turn: (target: Target) => Promise<void>): Promise<void> {
    return this.#world.spawn(async () => {
      while (!this.#isOver) {
        const target = this.#target()
        if (target) await turn(target)
        await this.#world.sleep(this.#world.random.below(120))
      }
    })
  }

  /** Topics that come and go under the clients. */
  #churn(): Promise<void> {
    return this.#world.spawn(async () => {
      const { random } = this.#world
      while (!this.#isOver) {
        await this.#world.sleep(300 + random.below(3000))
        const churned = [...this.#targets.values()].filter(({ topic }) => topic.startsWith('churn'))
        const old = churned[random.below(churned.length)]
        if (!old || random.below(2) === 0) await this.#create(`churn${this.#churned++ % 4}`, 1)
        else await this.#delete(old)
      }
    })
  }

  /** Records that are deleted from the front. */
  #trim(): Promise<void> {
    return this.#world.spawn(async () => {
      const client = new SimulatedClient('trimmer', this.#world, this.#host.network)
      const { random } = client
      this.#closers.push(() => client.close())
      while (!this.#isOver) {
        await this.#world.sleep(500 + random.below(3000))
        const target = this.#target()
        if (target) await this.#deleteRecords(client, target)
      }
    })
  }

  async #deleteRecords(client: SimulatedClient, { topic, partition, model }: Target): Promise<void> {
    const { cuts } = model
    const offset = model.start + client.random.below(1 + Math.floor((model.knownEnd - model.start) / 2))
    model.trimmed(offset)
    const answer = await client.ask(deleteRecords, client.version(deleteRecords), { topics: [{ name: topic, partitions: [{ partitionIndex: partition, offset: BigInt(offset) }] }], timeoutMs: 1000 })
    const error = answer?.topics[0]?.partitions[0]?.errorCode
    this.#world.note(`delete ${model.name} up to ${offset}: ${error === undefined ? 'unknown' : errorName(error)}`)
    if (error === 0 && model.cuts === cuts) model.trimAcknowledged(offset)
  }

  async #delete(target: Target): Promise<void> {
    const { topic, topicId, partition } = target
    this.#targets.delete(`${topicId}-${partition}`)
    this.#deleted.set(`${topicId}-${partition}`, target)
    const answer = await this.#admin.ask(deleteTopics, 6, { topics: [{ name: null, topicId }], timeoutMs: 1000 })
    this.#world.note(`delete ${topic}: ${answer ? errorName(answer.responses[0]?.errorCode ?? 0) : 'unknown'}`)
  }

  async #fate(): Promise<void> {
    const { random } = this.#world
    for (let round = 0, rounds = 3 + random.below(6); round < rounds; round++) {
      await this.#world.sleep(100 + random.below(1500))
      if (random.below(3) === 0) this.#host.network.cutOne()
      if (this.#hasDiskTrouble && random.below(2) === 0) await this.#diskTrouble()
      const dice = random.below(10)
      if (dice < 3) await this.#again('process')
      else if (dice < 6) await this.#again('power')
      else if (dice < 8) await this.#again('stop')
    }
  }

  async #again(ending: 'process' | 'power' | 'stop'): Promise<void> {
    if (ending === 'stop') await this.#stop()
    else await this.#host.crash(ending)
    if (this.#world.random.below(3) === 0) await this.#world.sleep(this.#world.random.below(2000))
    await this.#host.start()
  }

  /** The disk refuses, is full, or is not there, for a while; then all is well again. */
  async #diskTrouble(): Promise<void> {
    const { random } = this.#world
    const { disk } = this.#host
    const faults: readonly DiskFault[] = [
      { call: 'write', code: 'ENOSPC', path: '.log', times: 1 + random.below(5) },
      { call: 'write', code: 'EIO', after: random.below(5), times: 1 + random.below(3) },
      { call: 'flush', code: 'EIO', path: '.log', times: 1, dropsPages: true },
      { call: 'open', code: 'EMFILE', times: 1 + random.below(10) },
      { call: 'rename', code: 'EIO', times: 1 + random.below(2) },
      { call: 'read', code: 'EIO', times: 1 + random.below(3) },
    ]
    const fault = faults[random.below(faults.length + 2)]
    this.#world.note(`trouble: ${fault ? `${fault.call} ${fault.code}` : 'a full disk or none'}`)
    if (fault) disk.fail(fault)
    else if (random.below(2) === 0) disk.capacityBytes = disk.usedBytes + random.below(500)
    else disk.unplug('/data/logs/orders-0')
    await this.#world.sleep(random.below(2000))
    disk.capacityBytes = Infinity
    disk.heal()
    this.#world.note('the disk is well')
  }

  /** Everybody has gone: all of it is read once more, before and after a clean restart. */
  async #end(): Promise<void> {
    for (const close of this.#closers) close()
    await this.#host.broker?.recovered
    for (const { topic, topicId, partition, model } of this.#targets.values()) {
      const log = this.#host.broker?.log(topic, partition)
      if (log?.topicId !== topicId) continue
      const problem = await lookUpProblem(log, model.whole(log), this.#world.random)
      if (problem !== undefined) throw new Violation(`${model.name}: ${problem}`)
    }
    await this.#again('stop')
    await this.#host.broker?.recovered
    this.#admin.close()
    await this.#stop()
  }

  /** Our own looking is done with first: it would be found to be left behind. */
  async #stop(): Promise<void> {
    while (this.#looking.size > 0) await Promise.all(this.#looking)
    await this.#host.stop()
  }
}
