/** What is read of the topics that a write script filled: by every offset, at every time, of every epoch. */

import { type Random, seededRandom } from '../../core/common/random.ts'
import { fetch, listOffsets, offsetForLeaderEpoch } from '../../core/protocol/apis/index.ts'
import { errorName } from '../../core/protocol/errors.ts'
import type { RequestToSend, ResponseReceived } from '../../core/protocol/schema.ts'
import { CorruptBatch } from '../../core/records/corrupt-batch.ts'
import { batchesOf, type RecordBatch, type RecordView } from '../../core/records/record-batch.ts'
import { digestOf } from '../support/clients-cache.ts'
import type { BrokerUnderScript } from './broker-under-script.ts'

type FetchAnswer = ResponseReceived<typeof fetch> | 'closed'
type PartitionQuestion = Partial<RequestToSend<typeof fetch>['topics'][number]['partitions'][number]>
type Read = { readonly offset: number; readonly timestamp: number }

const SPECIAL = [-1, -2, -3, -4, -5, -6, -7, -100]
const LIST_VERSIONS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
const WHOLE = 50_000_000

export class ReadScript {
  readonly #broker: BrokerUnderScript
  readonly #topic: string
  /** The broker set the times of the records: they differ between two brokers and are told by rank. */
  readonly #isAppendTime: boolean
  /** The broker compressed the records: their bytes depend on its libraries. */
  readonly #isRecompressed: boolean
  /** Leader epochs are asked about; not where they differ for a good reason. */
  readonly #asksEpochs: boolean
  readonly #random: Random

  constructor(broker: BrokerUnderScript, o: { topic: string; isAppendTime: boolean; isRecompressed: boolean; asksEpochs: boolean; seed: number }) {
    this.#broker = broker
    this.#topic = o.topic
    this.#isAppendTime = o.isAppendTime
    this.#isRecompressed = o.isRecompressed
    this.#asksEpochs = o.asksEpochs
    this.#random = seededRandom(o.seed)
  }

  async run(): Promise<void> {
    const records = await this.#everyOffset()
    await this.#sizes(records)
    await this.#oddFetches(records.length)
    await this.#times(records)
    if (this.#asksEpochs) await this.#epochs(records.length)
  }

  #note(step: string, answer: unknown): void {
    this.#broker.note(`${this.#topic}: ${step}`, answer)
  }

  #fetch(version: number, partition: PartitionQuestion, more: Partial<RequestToSend<typeof fetch>> = {}): Promise<FetchAnswer> {
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: WHOLE, ...partition }]
    return this.#broker.ask(fetch, version, { maxWaitMs: 0, minBytes: 0, maxBytes: WHOLE, topics: [{ topic: this.#topic, partitions }], ...more })
  }

  /** As clients do: past batches that hold no records. Compaction leaves some, and not every broker hands them out. */
  async #fetchOn(version: number, partition: PartitionQuestion & { readonly fetchOffset: number }, more: { readonly isolationLevel: number }): Promise<FetchAnswer> {
    for (let at = partition.fetchOffset; ;) {
      const answer = await this.#fetch(version, { ...partition, fetchOffset: at }, more)
      const batches = batchesIn(answer)
      const last = batches.at(-1)
      if (!last || batches.some(({ recordCount }) => recordCount > 0)) return answer
      at = last.lastOffset + 1
    }
  }

  /** From the start of the log to beyond its end; what was read, each record once. */
  async #everyOffset(): Promise<Read[]> {
    const [start, end] = [await this.#listed(-2), await this.#listed(-1)]
    const records = new Map<number, Read>()
    for (let offset = Math.max(0, start - 2); offset <= end + 2; offset++) {
      const version = 4 + (offset % 9)
      const asked = { partitionMaxBytes: offset % 10 === 0 ? WHOLE / 1000 : 1500 }
      const answer = await this.#fetchOn(version, { fetchOffset: offset, ...asked }, { isolationLevel: offset % 3 === 0 ? 1 : 0 })
      for (const record of recordsIn(answer)) records.set(record.offset, record)
      this.#note(`fetch v${version} at ${offset}`, this.#comparable(answer))
    }
    return [...records.values()]
  }

  async #sizes(records: readonly Read[]): Promise<void> {
    for (const bytes of [0, 1, 60, 100, 300, 1000, 3000, 10_000]) {
      for (let times = 0; times < 5; times++) {
        const fetchOffset = this.#random.below(records.length + 1)
        this.#note(`fetch of ${bytes} bytes of a partition at ${fetchOffset}`, this.#comparable(await this.#fetch(12, { fetchOffset, partitionMaxBytes: bytes })))
        this.#note(`fetch of ${bytes} bytes at ${fetchOffset}`, this.#comparable(await this.#fetch(11, { fetchOffset }, { maxBytes: bytes })))
      }
    }
  }

  async #oddFetches(end: number): Promise<void> {
    for (const fetchOffset of [-1, end + 1, end + 1000]) {
      for (const version of [4, 5, 9, 12]) this.#note(`fetch v${version} at ${fetchOffset}`, this.#comparable(await this.#fetch(version, { fetchOffset })))
    }
    for (const partition of [-1, 1]) this.#note(`fetch of partition ${partition}`, this.#comparable(await this.#fetch(12, { partition })))
    for (const isolationLevel of [0, 1, 2]) this.#note(`fetch of isolation ${isolationLevel}`, this.#comparable(await this.#fetch(11, { fetchOffset: 0 }, { isolationLevel })))
  }

  async #times(records: readonly Read[]): Promise<void> {
    for (const version of LIST_VERSIONS) {
      for (const timestamp of SPECIAL) await this.#list(`the time ${timestamp}`, version, timestamp)
      if (version >= 2) for (const timestamp of [-1, -2, -3]) await this.#list(`the time ${timestamp}, committed only`, version, timestamp, 1)
    }
    const times = new Set(records.flatMap(({ timestamp }) => (this.#isAppendTime ? [timestamp] : [timestamp - 1, timestamp, timestamp + 1])))
    const asked = [...times].filter(timestamp => timestamp >= 0).sort((a, b) => a - b)
    if (!this.#isAppendTime) asked.push(0, 1e15)
    if (this.#isAppendTime) return this.#ownTimes(records)
    for (const [at, timestamp] of asked.entries()) await this.#list(`the time ${timestamp}`, 1 + (at % 11), timestamp)
  }

  /** Where the times are the broker's own, the right answer is known: the first record of that time. */
  async #ownTimes(records: readonly Read[]): Promise<void> {
    for (const [at, { timestamp }] of records.entries()) {
      const due = records.find(record => record.timestamp >= timestamp)
      const found = await this.#ask(1 + (at % 11), timestamp)
      this.#note(`the time of record ${at}`, found === 'closed' ? found : { ...found, timestamp: found.timestamp === due?.timestamp, offset: found.offset === due?.offset })
    }
  }

  async #list(step: string, version: number, timestamp: number, isolationLevel = 0): Promise<void> {
    const found = await this.#ask(version, timestamp, isolationLevel)
    if (found !== 'closed' && !this.#asksEpochs) return this.#note(`ListOffsets v${version}, ${step}`, { ...found, leaderEpoch: 'not asked' })
    const isTold = found !== 'closed' && this.#isAppendTime && found.timestamp > 0
    // Which record has the greatest time depends on which were appended in one millisecond.
    this.#note(`ListOffsets v${version}, ${step}`, isTold ? { ...found, timestamp: 'given', offset: 'given' } : found)
  }

  async #ask(version: number, timestamp: number, isolationLevel = 0): Promise<'closed' | { error: string; offset: number; timestamp: number; leaderEpoch: number }> {
    const partitions = [{ partitionIndex: 0, timestamp: BigInt(timestamp) }]
    const answer = await this.#broker.ask(listOffsets, version, { replicaId: -1, isolationLevel, timeoutMs: 1000, topics: [{ name: this.#topic, partitions }] })
    const found = answer === 'closed' ? undefined : answer.topics[0]?.partitions[0]
    if (!found) return 'closed'
    return { error: errorName(found.errorCode), offset: found.offset, timestamp: Number(found.timestamp), leaderEpoch: found.leaderEpoch }
  }

  async #listed(timestamp: number): Promise<number> {
    const found = await this.#ask(7, timestamp)
    if (found === 'closed') throw new Error('ListOffsets closed the connection')
    return found.offset
  }

  async #epochs(end: number): Promise<void> {
    for (const currentLeaderEpoch of [-2, -1, 0, 1, 9]) {
      this.#note(`fetch with the current epoch ${currentLeaderEpoch}`, this.#comparable(await this.#fetch(12, { currentLeaderEpoch, fetchOffset: end })))
    }
    for (const lastFetchedEpoch of [-2, -1, 0, 1, 9]) {
      for (const fetchOffset of [0, end, end + 5]) {
        this.#note(`fetch at ${fetchOffset} with the last epoch ${lastFetchedEpoch}`, this.#comparable(await this.#fetch(12, { lastFetchedEpoch, fetchOffset })))
      }
    }
    for (const [epoch, version] of [[0, 4], [0, 11], [1, 11], [5, 4], [-1, 6]] as const) {
      const partitions = [{ partitionIndex: 0, currentLeaderEpoch: epoch, timestamp: -1n }]
      const answer = await this.#broker.ask(listOffsets, version, { replicaId: -1, topics: [{ name: this.#topic, partitions }] })
      this.#note(`ListOffsets v${version} with the current epoch ${epoch}`, answer === 'closed' ? answer : answer.topics)
    }
    for (const version of [2, 3, 4]) {
      for (const leaderEpoch of [-2, -1, 0, 1, 5]) {
        for (const currentLeaderEpoch of [-1, 0, 1]) {
          const topics = [{ topic: this.#topic, partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch }] }]
          const answer = await this.#broker.ask(offsetForLeaderEpoch, version, { replicaId: -1, topics })
          this.#note(`OffsetForLeaderEpoch v${version} of ${leaderEpoch} in ${currentLeaderEpoch}`, answer === 'closed' ? answer : answer.topics)
        }
      }
    }
  }

  #comparable(answer: FetchAnswer): unknown {
    if (answer === 'closed') return answer
    return {
      error: errorName(answer.errorCode),
      partitions: answer.responses.flatMap(topic => topic.partitions).map(({ records, errorCode, abortedTransactions, ...more }) => {
        const batches = this.#shown([...batchesOf(records ?? Buffer.alloc(0))])
        // Kafka also names transactions beyond the bytes of the answer; both name some whose records compaction took away.
        const aborted = batches.length === 0 ? abortedTransactions : abortedTransactions?.filter(named => batches.some(batch => isOf(batch, named))).sort((a, b) => a.firstOffset - b.firstOffset)
        return { ...more, error: errorName(errorCode), abortedTransactions: aborted ?? null, batches: batches.map(batch => this.#comparableBatch(batch)) }
      }),
    }
  }

  /** How many batches an answer has room for depends on how well they were compressed: then only the first is compared. */
  #shown(batches: readonly RecordBatch[]): readonly RecordBatch[] {
    const full = batches.filter(({ recordCount }) => recordCount > 0)
    return this.#isRecompressed ? full.slice(0, 1) : full
  }

  #comparableBatch(batch: RecordBatch): unknown {
    const { records: _records, sizeBytes, baseTimestamp, maxTimestamp, leaderEpoch, ...facts } = batch
    // What a batch counts its times from is free where the broker makes it anew; the times themselves are in the records.
    const times = this.#isAppendTime ? {} : { maxTimestamp, ...(!this.#isRecompressed && { baseTimestamp }) }
    const lines = readable(batch)?.map(({ offset, timestamp, key, value, headers }) =>
      [offset, this.#isAppendTime ? 'broker' : timestamp, printed(key), printed(value), ...headers.flatMap(({ name, value: bytes }) => [name, printed(bytes)])].join(' '))
    return { ...facts, ...times, ...(this.#asksEpochs && { leaderEpoch }), ...(!this.#isRecompressed && { sizeBytes }), records: lines ?? 'unreadable' }
  }
}

function isOf(batch: RecordBatch, transaction: { readonly producerId: number; readonly firstOffset: number }): boolean {
  return batch.isTransactional && !batch.isControl && batch.producerId === transaction.producerId && batch.lastOffset >= transaction.firstOffset
}

function printed(bytes: Buffer | null): string {
  if (bytes === null) return '-'
  return bytes.length > 100 ? `${bytes.length} bytes ${digestOf(bytes)}` : `+${bytes.toString('base64')}`
}

function recordsIn(answer: FetchAnswer): RecordView[] {
  if (answer === 'closed') return []
  return batchesIn(answer).flatMap(batch => readable(batch) ?? [])
}

function batchesIn(answer: FetchAnswer): RecordBatch[] {
  if (answer === 'closed') return []
  return answer.responses.flatMap(topic => topic.partitions).flatMap(partition => [...batchesOf(partition.records ?? Buffer.alloc(0))])
}

/** The records of a batch; undefined when they cannot be read: a broker may store what it does not look at. */
function readable(batch: RecordBatch): RecordView[] | undefined {
  try {
    return [...batch.records()]
  } catch (failure) {
    if (failure instanceof CorruptBatch) return undefined
    throw failure
  }
}
