/** One script of requests to a transaction coordinator for any broker: its answers and what it stores, in a form that two brokers can be compared by. */

import { setTimeout as pause } from 'node:timers/promises'
import {
  addOffsetsToTxn, addPartitionsToTxn, apiVersions, createTopics, describeTransactions, endTxn, fetch, findCoordinator, initProducerId, listTransactions, updateFeatures,
} from '../../core/protocol/apis/index.ts'
import { errorName } from '../../core/protocol/errors.ts'
import { transactionLogKey, transactionLogValue } from '../../core/protocol/transaction-records.ts'
import { batchesOf } from '../../core/records/record-batch.ts'
import { ask, RawConnection } from './clients-frames.ts'

type Producer = { readonly producerId: number; readonly producerEpoch: number }
type Answer = Producer & { readonly error: string }
type Step = readonly [string, unknown]

const NOBODY: Producer = { producerId: -1, producerEpoch: -1 }

/** What both brokers are started with, so that a script need not wait for minutes. */
export const quickSweeps: Readonly<Record<string, string>> = {
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '200',
}

/** Runs everything against the broker on `port`, started with `quickSweeps`: the answers in order, then the records of `__transaction_state` by transactional id. */
export async function runCoordinatorScript(port: number, transactionVersion = 2): Promise<Step[]> {
  const connection = await RawConnection.open(port)
  try {
    const script = new CoordinatorScript(connection)
    await script.makeReady()
    if (transactionVersion < 2) await script.finalize(transactionVersion)
    await initialized(script)
    await version1(script)
    await version2(script)
    await added(script)
    await fencing(script)
    await timedOut(script)
    await exhausted(script)
    await script.look()
    return [...script.steps, ...await script.stored()]
  } finally {
    connection.close()
  }
}

class CoordinatorScript {
  readonly steps: Step[] = []
  readonly #connection: RawConnection
  readonly #producerIds = new Map<number, string>()

  constructor(connection: RawConnection) {
    this.#connection = connection
  }

  /** A topic, and a coordinator that has loaded and has producer ids: a fresh broker needs a moment. */
  async makeReady(): Promise<void> {
    const topic = { name: 'orders', numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] }
    await ask(this.#connection, createTopics, 7, { topics: [topic], timeoutMs: 5_000 })
    const found = async (): Promise<number | undefined> => (await ask(this.#connection, findCoordinator, 4, { keyType: 1, coordinatorKeys: ['a'] })).coordinators[0]?.errorCode
    while (await found() !== 0) await pause(100)
    while ((await ask(this.#connection, listTransactions, 0, { stateFilters: [], producerIdFilters: [] })).errorCode !== 0) await pause(100)
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'nobody']) await this.#whenLoaded(id)
    while ((await ask(this.#connection, initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1 })).errorCode !== 0) await pause(100)
  }

  /** Another level of transaction.version: clients go by it, and so does the coordinator where no client is asked. */
  async finalize(maxVersionLevel: number): Promise<void> {
    const answer = await ask(this.#connection, updateFeatures, 1, { timeoutMs: 5000, featureUpdates: [{ feature: 'transaction.version', maxVersionLevel, upgradeType: 2 }] })
    this.steps.push([`transaction.version ${maxVersionLevel}`, errorName(answer.errorCode)])
    const level = async (): Promise<number | undefined> => (await ask(this.#connection, apiVersions, 4, { clientSoftwareName: 'raw', clientSoftwareVersion: '1' }))
      .finalizedFeatures.find(({ name }) => name === 'transaction.version')?.maxVersionLevel
    while ((await level() ?? 0) !== maxVersionLevel) await pause(50)
  }

  async #whenLoaded(transactionalId: string): Promise<void> {
    for (;;) {
      const { transactionStates: [state] } = await ask(this.#connection, describeTransactions, 0, { transactionalIds: [transactionalId] })
      if (state && !['COORDINATOR_LOAD_IN_PROGRESS', 'NOT_COORDINATOR'].includes(errorName(state.errorCode))) return
      await pause(100)
    }
  }

  /** Producer ids by the order they appear in. */
  #name(producerId: number): string {
    if (producerId < 0) return String(producerId)
    const name = this.#producerIds.get(producerId) ?? `P${this.#producerIds.size + 1}`
    this.#producerIds.set(producerId, name)
    return name
  }

  #answered(step: string, errorCode: number, { producerId, producerEpoch }: Producer): Answer {
    const error = errorName(errorCode)
    this.steps.push([step, `${error} ${this.#name(producerId)} ${producerEpoch}`])
    return { error, producerId, producerEpoch }
  }

  async init(step: string, transactionalId: string | null, { version = 5, timeoutMs = 900_000, producer = NOBODY } = {}): Promise<Answer> {
    const answer = await ask(this.#connection, initProducerId, version, { transactionalId, transactionTimeoutMs: timeoutMs, ...(version >= 3 ? producer : {}) })
    return this.#answered(`${step} (InitProducerId v${version})`, answer.errorCode, answer)
  }

  async add(step: string, transactionalId: string, { producerId, producerEpoch }: Producer, { version = 3, partitions = [0], topic = 'orders', verifyOnly = false } = {}): Promise<void> {
    const topics = [{ name: topic, partitions }]
    const answer = await ask(this.#connection, addPartitionsToTxn, version, version < 4
      ? { v3AndBelowTransactionalId: transactionalId, v3AndBelowProducerId: producerId, v3AndBelowProducerEpoch: producerEpoch, v3AndBelowTopics: topics }
      : { transactions: [{ transactionalId, producerId, producerEpoch, verifyOnly, topics }] })
    const results = version < 4 ? answer.resultsByTopicV3AndBelow : answer.resultsByTransaction[0]?.topicResults ?? []
    const errors = results.flatMap(({ name, resultsByPartition }) => resultsByPartition.map(each => `${name}-${each.partitionIndex} ${errorName(each.partitionErrorCode)}`))
    this.steps.push([`${step} (AddPartitionsToTxn v${version})`, [errorName(answer.errorCode), ...errors.sort()]])
  }

  async addOffsets(step: string, transactionalId: string, { producerId, producerEpoch }: Producer, version = 3): Promise<void> {
    const answer = await ask(this.#connection, addOffsetsToTxn, version, { transactionalId, producerId, producerEpoch, groupId: 'g' })
    this.steps.push([`${step} (AddOffsetsToTxn v${version})`, errorName(answer.errorCode)])
  }

  /** Ends the transaction, and waits until its markers are written. */
  async end(step: string, transactionalId: string, { producerId, producerEpoch }: Producer, { version = 4, committed = true } = {}): Promise<Answer> {
    const answer = await ask(this.#connection, endTxn, version, { transactionalId, producerId, producerEpoch, committed })
    await this.settled(transactionalId)
    return this.#answered(`${step} (EndTxn v${version})`, answer.errorCode, answer)
  }

  /** Waits until an open transaction is no longer that. */
  async ended(transactionalId: string): Promise<void> {
    const state = async (): Promise<string | undefined> => (await ask(this.#connection, describeTransactions, 0, { transactionalIds: [transactionalId] })).transactionStates[0]?.transactionState
    while (await state() === 'Ongoing') await pause(20)
    await this.settled(transactionalId)
  }

  async settled(transactionalId: string): Promise<void> {
    for (;;) {
      const { transactionStates: [state] } = await ask(this.#connection, describeTransactions, 0, { transactionalIds: [transactionalId] })
      if (!state?.transactionState.startsWith('Prepare')) return
      await pause(2)
    }
  }

  async look(): Promise<void> {
    const filters = [[0, {}], [0, { stateFilters: ['Ongoing', 'Asleep', 'Dead'] }], [1, { durationFilter: 3_600_000n }], [2, { transactionalIdPattern: '[ab]' }], [2, { transactionalIdPattern: '[' }]] as const
    for (const [since, filter] of filters) {
      for (let version = since; version <= 2; version++) {
        const answer = await ask(this.#connection, listTransactions, version, { stateFilters: [], producerIdFilters: [], ...filter })
        const states = answer.transactionStates.map(each => `${each.transactionalId} ${each.transactionState} ${this.#name(each.producerId)}`).sort()
        this.steps.push([`listed by ${Object.keys(filter).join('')} (ListTransactions v${version})`, [errorName(answer.errorCode), ...answer.unknownStateFilters, ...states]])
      }
    }
    const { transactionStates } = await ask(this.#connection, describeTransactions, 0, { transactionalIds: ['a', 'b', 'c', 'nobody', ''] })
    for (const { transactionStartTimeMs: startedAt, producerId, errorCode, ...state } of transactionStates) {
      this.steps.push(['described', { ...state, error: errorName(errorCode), producer: this.#name(producerId), started: startedAt > 0n ? 'then' : String(startedAt) }])
    }
  }

  /** The values of `__transaction_state` in their order. */
  async stored(): Promise<Step[]> {
    const steps: Step[] = []
    for (let partition = 0; partition < 50; partition++) {
      for (const { id, version, value } of await this.#recordsOf(partition)) {
        // Of thousands of epochs the first and the last tell enough.
        if (id === 'e' && value && value.producerEpoch > 1 && value.producerEpoch < 32_765) continue
        if (!value) {
          steps.push([`stored for ${id}`, null])
          continue
        }
        const { producerId, previousProducerId, nextProducerId, transactionLastUpdateTimestampMs, transactionStartTimestampMs, transactionPartitions, ...others } = value
        steps.push([`stored for ${id}`, {
          ...others, version,
          producerIds: [producerId, previousProducerId, nextProducerId].map(each => this.#name(each)),
          partitions: transactionPartitions?.map(({ topic, partitionIds }) => `${topic}: ${[...partitionIds].sort().join()}`).sort() ?? null,
          hasStarted: transactionStartTimestampMs !== -1n, isTimed: transactionLastUpdateTimestampMs > 1_600_000_000_000n,
        }])
      }
    }
    return steps.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  }

  async #recordsOf(partition: number) {
    const records = []
    for (let fetchOffset = 0; ;) {
      const answer = await ask(this.#connection, fetch, 12, {
        maxWaitMs: 0, minBytes: 0, isolationLevel: 0, topics: [{ topic: '__transaction_state', partitions: [{ partition, fetchOffset, partitionMaxBytes: 4_000_000 }] }],
      })
      const bytes = answer.responses[0]?.partitions[0]?.records
      const batches = bytes ? [...batchesOf(bytes)] : []
      if (batches.length === 0) return records
      for (const batch of batches) {
        fetchOffset = batch.lastOffset + 1
        for (const { key, value } of batch.records()) {
          const decoded = value && transactionLogValue.decode(value)
          records.push({ id: transactionLogKey.decode(key ?? Buffer.alloc(0)).value.transactionalId, version: decoded?.version, value: decoded?.value ?? null })
        }
      }
    }
  }
}

const wrongId = ({ producerId, producerEpoch }: Producer): Producer => ({ producerId: producerId + 100_000, producerEpoch })
const epoch = ({ producerId, producerEpoch }: Producer, change: number): Producer => ({ producerId, producerEpoch: producerEpoch + change })

async function initialized(script: CoordinatorScript): Promise<void> {
  await script.init('an empty id', '')
  await script.init('no timeout', 'a', { timeoutMs: 0 })
  await script.init('a long timeout', 'a', { timeoutMs: 900_001 })
  await script.init('an id without an epoch', 'a', { producer: { producerId: 1, producerEpoch: -1 } })
  await script.init('an epoch without an id', null, { producer: { producerId: -1, producerEpoch: 1 } })
  const first = await script.init('one that brings what nobody gave', 'a', { producer: { producerId: 7, producerEpoch: 7 } })
  const second = await script.init('a second start', 'a', { version: 0 })
  for (const version of [3, 4, 5]) await script.init('one that was fenced', 'a', { version, producer: first })
  await script.init('one of another id', 'a', { producer: wrongId(second) })
  const third = await script.init('one that goes on', 'a', { producer: second, timeoutMs: 30_000 })
  await script.init('its retry', 'a', { producer: second })
  await script.init('an epoch ahead', 'a', { producer: epoch(third, 1) })
  await script.init('a start after it', 'a', { version: 2 })
  await script.init('the retry when another has come', 'a', { producer: second })
}

async function version1(script: CoordinatorScript): Promise<void> {
  const id = 'b'
  const producer = await script.init('a start', id)
  await script.end('a commit of nothing', id, producer)
  await script.end('an abort of nothing', id, producer, { committed: false })
  for (const version of [0, 1, 2, 3, 4]) {
    await script.end('another id', id, wrongId(producer), { version })
    await script.end('an epoch before', id, epoch(producer, -1), { version })
    await script.end('an epoch ahead', id, epoch(producer, 1), { version })
  }
  for (const committed of [true, false]) {
    const is = committed ? 'a commit' : 'an abort'
    await script.add('a partition', id, producer)
    await script.add('another', id, producer, { partitions: [0, 1] })
    await script.addOffsets('offsets', id, producer)
    await script.end(is, id, producer, { committed })
    await script.end(`${is}, again`, id, producer, { committed })
    await script.end(`not ${is}`, id, producer, { committed: !committed })
    await script.end(`${is} of version 2, its epoch before`, id, epoch(producer, -1), { committed, version: 5 })
  }
  await script.end('an abort of version 2 after one of version 1', id, producer, { committed: false, version: 5 })
}

async function version2(script: CoordinatorScript): Promise<void> {
  const id = 'c'
  let producer: Producer = await script.init('a start', id)
  const tries = async (state: string): Promise<void> => {
    for (const committed of [true, false]) {
      const is = `${committed ? 'commit' : 'abort'} when ${state}`
      await script.end(`${is}, another id`, id, wrongId(producer), { version: 5, committed })
      await script.end(`${is}, two epochs before`, id, epoch(producer, -2), { version: 5, committed })
      await script.end(`${is}, an epoch ahead`, id, epoch(producer, 1), { version: 5, committed })
      await script.end(`${is}, an epoch before`, id, epoch(producer, -1), { version: 5, committed })
    }
    await script.end(`commit when ${state} without a transaction`, id, producer, { version: 5 })
  }
  await tries('empty')
  producer = await script.end('an abort of nothing', id, producer, { version: 5, committed: false })
  await tries('that is aborted')
  for (const committed of [true, false]) {
    await script.add('a partition', id, producer, { version: 5 })
    await script.add('verified', id, producer, { version: 5, partitions: [0, 1], verifyOnly: true })
    await script.end('while open, an epoch before', id, epoch(producer, -1), { version: 5, committed })
    await script.end('while open, an epoch ahead', id, epoch(producer, 1), { version: 5, committed })
    producer = await script.end(committed ? 'a commit' : 'an abort', id, producer, { version: 5, committed })
    await tries(committed ? 'committed' : 'aborted')
    producer = await script.end('an abort of nothing', id, producer, { version: 5, committed: false })
  }
  await script.add('a transaction that stays open', id, producer, { version: 5, partitions: [0, 2] })
}

async function added(script: CoordinatorScript): Promise<void> {
  const id = 'd'
  const producer = await script.init('a start', id)
  for (const version of [0, 1, 2, 3, 4, 5]) {
    await script.add('no such partition', id, producer, { version, partitions: [0, 1, 9] })
    await script.add('no such topic', id, producer, { version, topic: 'nowhere' })
    await script.add('another id', id, wrongId(producer), { version })
    await script.add('an epoch ahead', id, epoch(producer, 1), { version })
    await script.add('nobody', 'nobody', producer, { version })
    await script.add('no id', '', producer, { version })
  }
  for (const version of [4, 5]) {
    await script.add('verified before it is added', id, producer, { version, verifyOnly: true })
    await script.add('verified, another id', id, wrongId(producer), { version, verifyOnly: true })
    await script.add('verified, an epoch ahead', id, epoch(producer, 1), { version, verifyOnly: true })
    await script.add('verified, nobody', 'nobody', producer, { version, verifyOnly: true })
    await script.add('verified, no id', '', producer, { version, verifyOnly: true })
  }
  for (const version of [0, 1, 2, 3, 4]) {
    await script.addOffsets('an epoch ahead', id, epoch(producer, 1), version)
    await script.addOffsets('another id', id, wrongId(producer), version)
    await script.addOffsets('no id', '', producer, version)
    await script.addOffsets('offsets', id, producer, version)
  }
}

async function fencing(script: CoordinatorScript): Promise<void> {
  const id = 'd'
  await script.init('a second producer while a transaction is open', id)
  await script.settled(id)
  const second = await script.init('the second producer again', id)
  await script.add('the first producer', id, epoch(second, -2))
  await script.end('the first producer', id, epoch(second, -2), { version: 5 })
  await script.end('the first producer', id, epoch(second, -2))
  await script.add('a partition', id, second)
  await script.init('one that goes on while its own transaction is open', id, { producer: second })
  await script.settled(id)
  await script.end('what was aborted for it, of version 2', id, second, { version: 5, committed: false })
  await script.init('one that goes on after that', id, { producer: second })
}

/** Aborted by the broker, by each version that the producer may speak. */
async function timedOut(script: CoordinatorScript): Promise<void> {
  for (const [id, version] of [['f', 4], ['g', 5]] as const) {
    const producer = await script.init('a start', id, { timeoutMs: 300 })
    await script.add('a partition', id, producer, { version: version - 1 })
    await script.ended(id)
    await script.add('after the timeout', id, producer, { version: version - 1 })
    await script.end('a commit after the timeout', id, producer, { version })
    await script.end('an abort after the timeout', id, producer, { version, committed: false })
    const next = await script.init('one that goes on after the timeout', id, { producer })
    await script.init('a start after the timeout', id)
    await script.init('one that went on', id, { producer: next })
  }
}

async function exhausted(script: CoordinatorScript): Promise<void> {
  const id = 'e'
  const steps = script.steps.length
  let producer: Producer = await script.init('a start', id)
  while (producer.producerEpoch < 32_765) producer = await script.init('a start', id)
  script.steps.length = steps
  const before = producer
  await script.add('a partition', id, producer, { version: 5 })
  producer = await script.end('a commit at the last epoch but one', id, producer, { version: 5 })
  await script.add('a partition at the last epoch', id, producer, { version: 5 })
  const last = producer
  await script.end('a commit at the last epoch', id, last, { version: 5 })
  await script.end('its retry', id, last, { version: 5 })
  await script.end('its opposite', id, last, { version: 5, committed: false })
  await script.end('the one before', id, before, { version: 5 })
  await script.init('one that goes on with the last epoch', id, { producer: last })
  await script.init('a start', id)
}
