/** What is written: batches of every kind to topics of every kind, the same to each broker. Every answer is noted. */

import { type Random, seededRandom } from '../../core/common/random.ts'
import { deleteRecords, produce } from '../../core/protocol/apis/index.ts'
import { errorName } from '../../core/protocol/errors.ts'
import type { ResponseReceived } from '../../core/protocol/schema.ts'
import { encodeBatch, type NewBatch, type NewRecord } from '../../core/records/record-batch.ts'
import { codecs } from '../support/clients-records.ts'
import { doubtfulBatches, keyed, patched, someBatch, someRecords, spoiledBatches } from './batches.ts'
import type { BrokerUnderScript, TopicSpec } from './broker-under-script.ts'

const HOUR_MS = 3_600_000
const dense = { 'index.interval.bytes': '0' }

/** All of one partition. */
const topicsRead: readonly TopicSpec[] = [
  { name: 'plain', configs: {} },
  { name: 'append-time', configs: { 'message.timestamp.type': 'LogAppendTime' } },
  { name: 'compact', configs: { 'cleanup.policy': 'compact' } },
  { name: 'compact-append-time', configs: { 'cleanup.policy': 'compact', 'message.timestamp.type': 'LogAppendTime' } },
  ...['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'].map(codec => ({ name: `to-${codec}`, configs: { 'compression.type': codec } })),
  { name: 'short', configs: { 'max.message.bytes': '300' } },
  { name: 'short-gzip', configs: { 'max.message.bytes': '300', 'compression.type': 'uncompressed' } },
  { name: 'timely', configs: { 'message.timestamp.before.max.ms': String(HOUR_MS * 1.5), 'message.timestamp.after.max.ms': String(HOUR_MS / 4) } },
  { name: 'rolled', configs: { 'segment.index.bytes': '96', ...dense } },
  { name: 'rolled-time', configs: { 'segment.ms': String(HOUR_MS / 4), ...dense } },
  { name: 'large', configs: { 'segment.bytes': '1048576', 'max.message.bytes': '3000000' } },
  { name: 'sequences', configs: {} },
  { name: 'mixed', configs: { ...dense, 'segment.index.bytes': '240' } },
]

const doubtfulTopics: readonly TopicSpec[] = [
  { name: 'doubtful', configs: {} },
  { name: 'doubtful-gzip', configs: { 'compression.type': 'gzip' } },
  { name: 'doubtful-append-time', configs: { 'message.timestamp.type': 'LogAppendTime' } },
]
const deletedTopics: readonly TopicSpec[] = [
  { name: 'deleted', configs: { 'segment.index.bytes': '96', ...dense } },
  { name: 'deleted-all', configs: {} },
  { name: 'deleted-or-compact', configs: { 'cleanup.policy': 'compact,delete' } },
]
/** `whole`: those whose first records are still there. */
export const scriptTopics = { written: [...topicsRead, ...deletedTopics, ...doubtfulTopics], read: [...topicsRead, ...deletedTopics], whole: topicsRead }

const versions = [3, 5, 6, 7, 8, 9, 10, 11, 12]

export class WriteScript {
  readonly #broker: BrokerUnderScript
  readonly #nowMs: number
  readonly #seed: number

  constructor(broker: BrokerUnderScript, o: { nowMs: number; seed: number }) {
    this.#broker = broker
    this.#nowMs = o.nowMs
    this.#seed = o.seed
  }

  async run(): Promise<void> {
    await this.#broker.createTopics(scriptTopics.written)
    for (const { name } of scriptTopics.read) await this.#everyFault(name)
    await this.#doubtful()
    await this.#versionsAndTargets()
    await this.#timestamps()
    await this.#sizes()
    await this.#rolls()
    await this.#sequences()
    await this.#mixed()
    await this.#deletes()
  }

  async #send(step: string, topic: string, records: Buffer | null, o: { version?: number; acks?: number; index?: number } = {}): Promise<void> {
    const { version = 12, acks = -1, index = 0 } = o
    const answer = await this.#broker.ask(produce, version, { acks, timeoutMs: 10_000, topicData: [{ name: topic, partitionData: [{ index, records }] }] })
    this.#broker.note(`produce v${version} to ${topic}: ${step}`, comparable(answer))
  }

  async #everyFault(topic: string): Promise<void> {
    const random = seededRandom(this.#seed)
    for (const { what, bytes } of spoiledBatches(random, this.#nowMs)) await this.#send(`a batch with ${what}`, topic, bytes)
    for (const codec of codecs) {
      await this.#send(`a ${codec} batch`, topic, encodeBatch({ records: keyed(someRecords(random, this.#nowMs)), codec }))
      await this.#send(`a ${codec} batch, some without a key`, topic, encodeBatch({ records: [...someRecords(random, this.#nowMs), record(this.#nowMs, null)], codec }))
    }
  }

  async #doubtful(): Promise<void> {
    await this.#send('no records', 'doubtful', null)
    for (const { name } of doubtfulTopics) {
      for (const { what, bytes } of doubtfulBatches(seededRandom(this.#seed), this.#nowMs)) {
        const answer = await this.#broker.ask(produce, 12, { acks: -1, timeoutMs: 10_000, topicData: [{ name, partitionData: [{ index: 0, records: bytes }] }] })
        const code = answer === 'closed' ? undefined : answer.responses[0]?.partitionResponses[0]?.errorCode
        this.#broker.note(`produce to ${name} of a batch with ${what}`, { error: code === undefined ? 'closed' : errorName(code) })
      }
    }
  }

  async #versionsAndTargets(): Promise<void> {
    const random = seededRandom(this.#seed + 1)
    for (const version of versions) {
      for (const codec of codecs) await this.#send(`${codec}`, 'plain', someBatch(random, this.#nowMs, { codec }), { version })
      await this.#send('a wrong checksum', 'plain', patched(someBatch(random, this.#nowMs), copy => copy.writeUInt8(1, 60), false), { version })
      await this.#send('no key', 'compact', encodeBatch({ records: [record(this.#nowMs, null)] }), { version })
      await this.#send('to nowhere', 'nowhere', someBatch(random, this.#nowMs), { version })
      await this.#send('to partition 7', 'plain', someBatch(random, this.#nowMs), { version, index: 7 })
      await this.#send('to partition -1', 'plain', someBatch(random, this.#nowMs), { version, index: -1 })
      await this.#send('acks 2', 'plain', someBatch(random, this.#nowMs, { codec: 'none' }), { version, acks: 2 })
      await this.#send('acks 1', 'plain', someBatch(random, this.#nowMs), { version, acks: 1 })
    }
    const [good, bad] = [someBatch(random, this.#nowMs), patched(someBatch(random, this.#nowMs), copy => copy.writeUInt8(1, 60), false)]
    const partitionData = [{ index: 0, records: good }, { index: 3, records: good }]
    const topicData = [{ name: 'plain', partitionData }, { name: 'timely', partitionData: [{ index: 0, records: bad }] }, { name: 'nowhere', partitionData }]
    this.#broker.note('produce to several topics', comparable(await this.#broker.ask(produce, 11, { acks: -1, timeoutMs: 10_000, topicData })))
  }

  async #timestamps(): Promise<void> {
    for (const topic of ['plain', 'timely', 'append-time', 'compact']) {
      for (const codec of ['none', 'lz4'] as const) {
        for (const [what, ...away] of [
          ['now', 0, 0], ['the past', -HOUR_MS, -2 * HOUR_MS], ['the future', HOUR_MS * 2, 0], ['past, now and future', -HOUR_MS * 9, 0, HOUR_MS * 9],
          ['days ahead', 90_000_000_000, 0], ['at the epoch', -this.#nowMs], ['none', -this.#nowMs - 1, -this.#nowMs - 1], ['before the epoch', -this.#nowMs - 1000],
        ] as const) {
          const records = away.map((ms, at) => record(this.#nowMs + ms, `k${at}`))
          await this.#send(`${codec}, times of ${what}`, topic, encodeBatch({ records, codec }))
        }
      }
    }
    const faulty = Array.from({ length: 12 }, (_, at) => record(at % 3 === 0 ? this.#nowMs + 9 * HOUR_MS : this.#nowMs, at % 2 === 0 ? null : 'k'))
    for (const topic of ['compact', 'timely', 'compact-append-time']) await this.#send('faults of both kinds', topic, encodeBatch({ records: faulty }))
    await this.#send('faults of both kinds, time first', 'compact', encodeBatch({ records: faulty.slice(6) }))
  }

  async #sizes(): Promise<void> {
    const random = seededRandom(this.#seed + 2)
    for (const bytes of [200, 230, 231, 232, 233, 234, 235, 300, 5000]) {
      const records = [{ ...record(this.#nowMs, null), value: random.bytes(bytes) }]
      for (const codec of ['none', 'gzip'] as const) {
        for (const topic of ['short', 'short-gzip']) await this.#send(`${codec} ${bytes} random bytes`, topic, encodeBatch({ records, codec }))
      }
      const zeros = [{ ...record(this.#nowMs, null), value: Buffer.alloc(bytes) }]
      for (const topic of ['short', 'short-gzip']) await this.#send(`gzip ${bytes} zeros`, topic, encodeBatch({ records: zeros, codec: 'gzip' }))
    }
    for (const bytes of [500_000, 1_048_000, 1_100_000, 2_900_000, 3_100_000]) {
      await this.#send(`${bytes} bytes`, 'large', encodeBatch({ records: [{ ...record(this.#nowMs, 'k'), value: Buffer.alloc(bytes, 'large') }] }))
      await this.#send(`${bytes} bytes in lz4`, 'large', encodeBatch({ records: [{ ...record(this.#nowMs, 'k'), value: Buffer.alloc(bytes, 'large') }], codec: 'lz4' }))
    }
  }

  /** By a full index, and by the time of the records. */
  async #rolls(): Promise<void> {
    const random = seededRandom(this.#seed + 3)
    for (let at = 0; at < 40; at++) await this.#send(`batch ${at}`, 'rolled', someBatch(random, this.#nowMs))
    for (let at = 0; at < 40; at++) {
      const records = [record(this.#nowMs - HOUR_MS + at * 100_000 - random.below(50_000), `k${at}`), record(this.#nowMs - HOUR_MS + at * 100_000, null)]
      await this.#send(`batch ${at}`, 'rolled-time', encodeBatch({ records }))
    }
  }

  async #sequences(): Promise<void> {
    const random = seededRandom(this.#seed + 4)
    const send = (step: string, producerId: number, producerEpoch: number, baseSequence: number, more: Partial<NewBatch> = {}): Promise<void> =>
      this.#send(`${step} (${producerId}, ${producerEpoch}, ${baseSequence})`, 'sequences', encodeBatch({ records: three(this.#nowMs), producerId, producerEpoch, baseSequence, ...more }))
    for (const codec of ['none', 'zstd'] as const) for (const at of [0, 3, 6, 9, 12, 15, 18]) await send('in order', codec === 'none' ? 1 : 2, 0, at, { codec })
    for (const at of [0, 3, 6, 9, 12, 15, 18, 21, 21]) await send('again', 1, 0, at)
    await send('again with fewer records', 1, 0, 15, { records: three(this.#nowMs).slice(1) })
    await send('half of it again', 1, 0, 16)
    await send('a gap', 1, 0, 30)
    await send('back to 0', 1, 0, 0)
    await send('a new epoch in the middle', 1, 1, 24)
    await send('a new epoch', 1, 1, 0)
    await send('the old epoch', 1, 0, 24)
    await send('the new epoch goes on', 1, 1, 3)
    await send('a far epoch', 1, 9, 0)
    await send('a middle epoch', 1, 5, 0)
    await send('an unknown producer in the middle', 3, 0, 77)
    await send('goes on', 3, 0, 80)
    await send('an unknown producer of epoch 4', 4, 4, 0)
    await send('an epoch of -1', 5, -1, 0)
    await send('a sequence of -1', 6, 0, -1)
    await send('an id alone', 7, -1, -1)
    await send('a sequence without an id', -1, -1, 5)
    await send('an epoch without an id', -1, 3, -1)
    await send('an id of -2', -2, 0, 0)
    for (const at of [2_147_483_643, 2_147_483_646, 1, 4]) await send('around the end of sequences', 8, 0, at)
    for (const at of [2_147_483_643, 2_147_483_646, 1, 4, 8]) await send('around the end of sequences, again', 8, 0, at)
    await send('to the very end', 9, 0, 2_147_483_645)
    await send('from 0', 9, 0, 0)
    await send('beyond the end of epochs', 9, 32_767, 0)
    for (let at = 0; at < 60; at++) await send('at random', 20 + random.below(3), random.below(2), random.below(5) * 3)
  }

  /** Good batches of all codecs, bad ones among them, for reading. */
  async #mixed(): Promise<void> {
    const random = seededRandom(this.#seed + 5)
    const sequences = [0, 0, 0]
    for (let at = 0; at < 150; at++) {
      const kind = random.below(10)
      const producer = random.below(3)
      const records = someRecords(random, this.#nowMs, random.below(20) === 0 ? 3000 : 100)
      const codec = codecs[random.below(codecs.length)] ?? 'none'
      const idempotent = { producerId: 100 + producer, producerEpoch: 0, baseSequence: sequences[producer] ?? 0 }
      if (kind < 5) await this.#send(`${at} plain`, 'mixed', encodeBatch({ records, codec }), this.#anyVersion(random))
      else if (kind < 9) {
        await this.#send(`${at} idempotent`, 'mixed', encodeBatch({ records, codec, ...idempotent }), this.#anyVersion(random))
        sequences[producer] = idempotent.baseSequence + records.length
      } else {
        const spoiled = spoiledBatches(random, this.#nowMs)
        const { what, bytes } = spoiled[random.below(spoiled.length)] ?? { what: 'nothing', bytes: Buffer.alloc(0) }
        await this.#send(`${at} with ${what}`, 'mixed', bytes)
      }
    }
  }

  /** DeleteRecords into the middle of batches and segments, back, too far, and of everything. */
  async #deletes(): Promise<void> {
    const random = seededRandom(this.#seed + 6)
    for (let at = 0; at < 40; at++) await this.#send(`batch ${at}`, 'deleted', encodeBatch({ records: keyed(someRecords(random, this.#nowMs)) }))
    for (const offset of [0, 5, 3, 30, 31, -2, -3, 100_000, 60]) await this.#delete('deleted', offset, offset % 3 === 0 ? 2 : 1)
    for (const offset of [1, -1, -1, 0, 7]) await this.#delete('deleted-all', offset)
    await this.#send('after all was deleted', 'deleted-all', someBatch(random, this.#nowMs))
    for (const topic of ['compact', 'deleted-or-compact', 'nowhere']) await this.#delete(topic, 2)
    await this.#delete('plain', 0, 2, 9)
  }

  async #delete(topic: string, offset: number, version = 2, partitionIndex = 0): Promise<void> {
    const topics = [{ name: topic, partitions: [{ partitionIndex, offset: BigInt(offset) }] }]
    const answer = await this.#broker.ask(deleteRecords, version, { topics, timeoutMs: 10_000 })
    const partitions = answer === 'closed' ? answer : answer.topics.flatMap(each => each.partitions).map(({ errorCode, ...more }) => ({ ...more, error: errorName(errorCode) }))
    this.#broker.note(`delete of ${topic}-${partitionIndex} before ${offset}`, partitions)
  }

  #anyVersion(random: Random): { version: number } {
    const wanted = versions[3 + random.below(versions.length - 3)] ?? 12
    return { version: wanted }
  }
}

function record(timestamp: number, key: string | null): NewRecord {
  return { key: key === null ? null : Buffer.from(key), value: Buffer.from('value'), timestamp }
}

function three(nowMs: number): NewRecord[] {
  return [0, 1, 2].map(at => record(nowMs + at, `k${at}`))
}

/** Error codes as names; the broker's own time as a word. */
function comparable(answer: ResponseReceived<typeof produce> | 'closed'): unknown {
  if (answer === 'closed') return answer
  // Kafka's answer has topics and partitions in an order of its own.
  return answer.responses.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, partitionResponses }) => ({
    name,
    partitions: partitionResponses.toSorted((a, b) => a.index - b.index).map(({ errorCode, logAppendTimeMs, recordErrors, errorMessage, ...more }) => ({
      ...more,
      error: errorName(errorCode),
      errorMessage: errorMessage && withoutClock(errorMessage),
      recordErrors: recordErrors.map(({ batchIndex, batchIndexErrorMessage }) => `${batchIndex}: ${withoutClock(batchIndexErrorMessage ?? '')}`),
      logAppendTime: logAppendTimeMs < 0n ? 'none' : 'given',
    })),
    nodeEndpoints: answer.nodeEndpoints.length,
  }))
}

function withoutClock(message: string): string {
  return message.replaceAll(/within \[-?\d+, \d+\]/g, 'within [the allowed times]')
}
