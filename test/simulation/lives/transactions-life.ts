/** Transactions whose producers hang, die and fence one another while the broker stops, dies and comes back: each is seen whole by readers of committed records, or not at all. */

import { createTopics, fetch, findCoordinator, offsetFetch } from '../../../core/protocol/apis/index.ts'
import { errorName } from '../../../core/protocol/errors.ts'
import { batchesOf } from '../../../core/records/record-batch.ts'
import { BrokerHost } from '../broker-host.ts'
import { SimulatedClient } from '../client.ts'
import { Violation } from '../model.ts'
import type { World } from '../world.ts'
import { TransactionsModel } from './transactions-model.ts'
import { TOPIC, TransactionalProducer } from './transactions-producer.ts'

/** The longest timeout of a transaction, the sweep that finds it, and some time for its markers. */
const RESOLVED_MS = 3000 + 20_000 + 10_000 + 10_000

export async function transactionsLife(world: World): Promise<void> {
  const { random } = world
  const host = new BrokerHost(world)
  const model = new TransactionsModel()
  const partitionCount = 1 + random.below(3)
  await host.start()
  await prepare(world, host, partitionCount)
  const state = { isOver: false }
  const ids = Array.from({ length: 1 + random.below(3) }, (_, index) => `id${index}`)
  const producers = ids.flatMap(transactionalId => Array.from({ length: random.below(4) === 0 ? 2 : 1 }, (_, index) =>
    new TransactionalProducer(`${transactionalId}-${index}`, { world, network: host.network, model, transactionalId, partitionCount })))
  const readers = Array.from({ length: partitionCount }, (_, partition) => new CommittedReader(`reader${partition}`, world, host, partition))
  const actors = [
    ...producers.map(producer => world.spawn(async () => {
      while (!state.isOver) {
        await producer.session(() => state.isOver)
        await world.sleep(random.below(500))
      }
    })),
    ...readers.map(reader => world.spawn(async () => {
      while (!state.isOver) {
        for (const value of await reader.read()) model.seen(reader.partition, value)
        await world.sleep(random.below(1000))
      }
    })),
  ]
  await fate(world, host, model)
  state.isOver = true
  await Promise.all(actors)
  for (const actor of [...producers, ...readers]) actor.close()
  await check(world, host, { model, partitionCount, ids })
  await host.stop()
  await host.start()
  await check(world, host, { model, partitionCount, ids })
  await host.stop()
}

async function prepare(world: World, host: BrokerHost, numPartitions: number): Promise<void> {
  const admin = new SimulatedClient('admin', world, host.network)
  const topic = { name: TOPIC, numPartitions, replicationFactor: 1, assignments: [], configs: [] }
  while (host.broker?.topics.get(TOPIC) === undefined) await admin.ask(createTopics, 5, { topics: [topic] })
  for (const keyType of [0, 1]) await admin.ask(findCoordinator, 3, { key: 'any', keyType })
  admin.close()
}

/** Without durable acks a loss of power may take a part of a transaction, as in Kafka: then only processes die. */
async function fate(world: World, host: BrokerHost, model: TransactionsModel): Promise<void> {
  const { random } = world
  for (let round = 0, rounds = 4 + random.below(8); round < rounds; round++) {
    await world.sleep(100 + random.below(3000))
    if (random.below(3) > 0) await world.sleep(await untilEnding(world, model))
    const dice = random.below(10)
    if (dice < 2) host.network.cutOne()
    else if (dice < 8) await host.crash(host.hasDurableAcks && dice < 7 ? 'power' : 'process')
    else if (dice < 9) await host.stop()
    if (host.isServing) continue
    await world.sleep(random.below(500))
    await host.start()
  }
}

/** Waits for the end of a transaction, and says how long after it things go wrong, ms: while it is stored, while its markers are written, or soon after. */
async function untilEnding(world: World, model: TransactionsModel): Promise<number> {
  await Promise.race([new Promise<void>(resolve => (model.onEnding = resolve)), world.sleep(3000)])
  model.onEnding = () => {}
  return world.random.below(40)
}

type Found = { readonly model: TransactionsModel; readonly partitionCount: number; readonly ids: readonly string[] }

/** When every transaction has had its time nothing is open, and each is there or not. */
async function check(world: World, host: BrokerHost, { model, partitionCount, ids }: Found): Promise<void> {
  await host.broker?.recovered
  await world.sleep(RESOLVED_MS)
  const found = new Map<string, number>()
  for (let partition = 0; partition < partitionCount; partition++) {
    const log = host.broker?.log(TOPIC, partition)
    if (!log) throw new Violation(`${TOPIC}-${partition} is not ready`)
    if (log.lastStableOffset !== log.endOffset) throw new Violation(`${TOPIC}-${partition} ends at ${log.endOffset}, and a transaction is open in it from ${log.lastStableOffset}`)
    const reader = new CommittedReader(`checker${partition}`, world, host, partition)
    while (reader.offset < log.endOffset) for (const value of await reader.read()) found.set(value, (found.get(value) ?? 0) + 1)
    reader.close()
  }
  for (const { transactionalId, state } of host.broker?.transactions.transactions() ?? []) {
    if (state === 'Ongoing' || state.startsWith('Prepare')) throw new Violation(`${transactionalId} is ${state} when everybody has gone`)
  }
  model.check(found, await committedOffsets(world, host, ids))
  world.note(`${found.size} values are there, of ${model.transactions.length} transactions`)
}

async function committedOffsets(world: World, host: BrokerHost, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const client = new SimulatedClient('looker', world, host.network)
  const offsets = new Map<string, number>()
  for (const id of ids) {
    const groupId = `group-${id}`
    for (let isAnswered = false; !isAnswered;) {
      const answer = await client.ask(offsetFetch, 7, { groupId, topics: [{ name: TOPIC, partitionIndexes: [0] }], requireStable: true })
      const partition = answer?.topics[0]?.partitions[0]
      if (partition && errorName(partition.errorCode) === 'UNSTABLE_OFFSET_COMMIT') throw new Violation(`an offset of ${groupId} is pending when everybody has gone`)
      isAnswered = answer?.errorCode === 0 && partition?.errorCode === 0
      if (partition && isAnswered) offsets.set(groupId, partition.committedOffset)
      else await world.sleep(100)
    }
  }
  client.close()
  return offsets
}

/** Reads a partition as a consumer does that wants committed records only. */
class CommittedReader {
  readonly partition: number
  readonly #client: SimulatedClient
  readonly #host: BrokerHost
  readonly #aborted = new Set<number>()
  offset = 0
  #boot = -1
  #lastStableOffset = -1

  constructor(name: string, world: World, host: BrokerHost, partition: number) {
    this.#client = new SimulatedClient(name, world, host.network)
    this.#host = host
    this.partition = partition
  }

  close(): void {
    this.#client.close()
  }

  async read(): Promise<string[]> {
    const boot = this.#host.boot
    const answer = await this.#client.ask(fetch, this.#client.version(fetch, 12, 4), {
      maxWaitMs: this.#client.random.below(500), minBytes: 1, isolationLevel: 1,
      topics: [{ topic: TOPIC, partitions: [{ partition: this.partition, fetchOffset: this.offset, partitionMaxBytes: 1 + this.#client.random.below(2000) }] }],
    })
    const found = answer?.responses[0]?.partitions[0]
    if (!found || found.errorCode !== 0) return []
    if (this.#boot === boot && found.lastStableOffset < this.#lastStableOffset) throw new Violation(`the last stable offset went back from ${this.#lastStableOffset} to ${found.lastStableOffset}`)
    this.#boot = boot
    this.#lastStableOffset = found.lastStableOffset
    return [...this.#committed(found.records ?? Buffer.alloc(0), [...found.abortedTransactions ?? []].sort((a, b) => a.firstOffset - b.firstOffset))]
  }

  /** As Kafka's consumer leaves out what was aborted. */
  * #committed(records: Buffer, aborted: { readonly producerId: number; readonly firstOffset: number }[]): Iterable<string> {
    for (const batch of batchesOf(records)) {
      for (let first = aborted[0]; first && first.firstOffset <= batch.lastOffset; first = aborted[0]) {
        this.#aborted.add(first.producerId)
        aborted.shift()
      }
      if (batch.isControl) this.#aborted.delete(batch.producerId)
      else if (!batch.isTransactional || !this.#aborted.has(batch.producerId)) {
        for (const { offset, value } of batch.records()) if (offset >= this.offset) yield String(value)
      }
      this.offset = Math.max(this.offset, batch.lastOffset + 1)
    }
  }
}
