/** One partition read back: every record as it was stored, held against the journal and against what was read before. */

import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../../core/common/random.ts'
import { fetch, listOffsets } from '../../core/protocol/apis/index.ts'
import { errorName, kafkaErrors } from '../../core/protocol/errors.ts'
import type { ResponseReceived } from '../../core/protocol/schema.ts'
import { isIntact } from '../../core/records/batch-header.ts'
import { batchesOf, type RecordBatch, type RecordView } from '../../core/records/record-batch.ts'
import { ask, type RawConnection } from '../support/clients-frames.ts'
import { type Journal, type Line, parseValue } from './journal.ts'

const FETCH_BYTES = 4 * 1024 * 1024
const LATEST = -1n
const EARLIEST = -2n
const MAX_TIMESTAMP = -3n
/** Ten seconds. */
const ASKED_MAX = 500

type Fetched = ResponseReceived<typeof fetch>['responses'][number]['partitions'][number]

export class PartitionCheck {
  readonly #topic: string
  readonly #partition: number
  readonly #journal: Journal
  readonly #random: Random
  /** By offset: line, number in it, timestamp. */
  readonly #lineOf: number[] = []
  readonly #numberOf: number[] = []
  readonly #timeOf: number[] = []
  /** The number each line goes on with. */
  readonly #next = new Map<Line, number>()
  #acknowledgedChecked = 0
  #findings: string[] = []

  constructor(o: { topic: string; partition: number; journal: Journal; random: Random }) {
    this.#topic = o.topic
    this.#partition = o.partition
    this.#journal = o.journal
    this.#random = o.random
  }

  get recordCount(): number {
    return this.#lineOf.length
  }

  /** Nothing is under way. `isWhole`: from the first record, else from a little before the end of the last look. */
  async check(connection: RawConnection, isWhole: boolean): Promise<string[]> {
    this.#findings = []
    const known = this.recordCount
    await this.#read(connection, isWhole ? 0 : Math.max(0, known - this.#random.below(2000)))
    if (this.recordCount < known) this.#find(`${known} records were read before, now it ends at ${this.recordCount}`)
    this.#checkAcknowledged(isWhole)
    this.#checkComplete()
    await this.#checkTimes(connection)
    return this.#findings
  }

  #find(finding: string): void {
    if (this.#findings.length < 20) this.#findings.push(`${this.#topic}-${this.#partition}: ${finding}`)
  }

  async #read(connection: RawConnection, from: number): Promise<void> {
    let epoch = -1
    for (let at = from; ;) {
      const found = await this.#fetch(connection, at)
      if (!found || found.errorCode !== 0) return this.#find(`a fetch at ${at} answered ${errorName(found?.errorCode ?? -1)}`)
      if (found.logStartOffset !== 0) this.#find(`the log starts at ${found.logStartOffset}`)
      if (found.lastStableOffset !== found.highWatermark) this.#find(`last stable offset ${found.lastStableOffset}, high watermark ${found.highWatermark}`)
      if (found.highWatermark < this.recordCount) this.#find(`the high watermark went back to ${found.highWatermark} from ${this.recordCount}`)
      const bytes = found.records ?? Buffer.alloc(0)
      const start = at
      for (const batch of batchesOf(bytes)) {
        if (batch.leaderEpoch < epoch) this.#find(`epoch ${batch.leaderEpoch} after ${epoch} at ${batch.baseOffset}`)
        epoch = batch.leaderEpoch
        at = this.#takeBatch(batch, at)
      }
      this.#checkSums(bytes)
      if (at >= found.highWatermark) return
      if (at === start) return this.#find(`a fetch at ${at} has no record, the high watermark is ${found.highWatermark}`)
    }
  }

  /** As any client, asks again while the partition has no leader: one at rest whose files are odd is verified at its first use. */
  async #fetch(connection: RawConnection, at: number): Promise<Fetched | undefined> {
    for (let asked = 1; ; asked++) {
      const partitions = [{ partition: this.#partition, fetchOffset: at, partitionMaxBytes: FETCH_BYTES }]
      const answer = await ask(connection, fetch, 11, { maxWaitMs: 0, minBytes: 0, maxBytes: FETCH_BYTES, topics: [{ topic: this.#topic, partitions }] })
      const found = answer.responses[0]?.partitions[0]
      if (found?.errorCode !== kafkaErrors.NOT_LEADER_OR_FOLLOWER || asked === ASKED_MAX) return found
      await pause(20)
    }
  }

  #checkSums(bytes: Buffer): void {
    let at = 0
    for (const batch of batchesOf(bytes)) {
      if (!isIntact(bytes, at)) this.#find(`the checksum of the batch at ${batch.baseOffset} is wrong`)
      at += batch.sizeBytes
    }
  }

  /** The offset after the batch. */
  #takeBatch(batch: RecordBatch, at: number): number {
    let next = at
    for (const record of batch.records()) {
      if (record.offset < at) continue // the batch that holds the offset asked for begins before it
      if (record.offset !== next) this.#find(`offset ${record.offset} where ${next} was due`)
      next = record.offset + 1
      this.#takeRecord(record)
    }
    return next
  }

  #takeRecord({ offset, value, timestamp }: RecordView): void {
    const parsed = parseValue(value)
    const line = this.#journal.lines[parsed?.line ?? -1]
    if (!parsed || !line) return this.#find(`offset ${offset} holds a value nobody sent`)
    if (offset < this.recordCount) {
      if (this.#lineOf[offset] !== line.id || this.#numberOf[offset] !== parsed.number || this.#timeOf[offset] !== timestamp) {
        this.#find(`offset ${offset} holds another record than when it was read before`)
      }
      return
    }
    this.#lineOf[offset] = line.id
    this.#numberOf[offset] = parsed.number
    this.#timeOf[offset] = timestamp
    if (line.topic !== this.#topic || line.partition !== this.#partition) this.#find(`offset ${offset} holds a record of ${line.topic}-${line.partition}`)
    if (parsed.number >= line.sent) this.#find(`offset ${offset} holds record ${parsed.number} of ${line.producer}, which sent ${line.sent}`)
    this.#follow(line, parsed.number, offset)
  }

  /** Idempotent: each number once and in order. Plain and ordered: what is new is in order, and may come again. */
  #follow(line: Line, number: number, offset: number): void {
    const due = this.#next.get(line) ?? 0
    if (!line.isOrdered || number < due) {
      if (line.isOnce) this.#find(`record ${number} of idempotent ${line.producer} is stored again at ${offset}`)
      this.#next.set(line, Math.max(due, number + 1))
      return
    }
    let next = due
    for (let range = rangeAt(line, next); range && next < number; range = rangeAt(line, next)) next = Math.min(number, range.first + range.count)
    if (number > next) this.#find(`record ${number} of ${line.producer} at ${offset} where ${next} was due`)
    this.#next.set(line, number + 1)
  }

  #checkAcknowledged(isWhole: boolean): void {
    const list = this.#journal.acknowledged.get(`${this.#topic} ${this.#partition}`) ?? []
    for (const { line, first, count, baseOffset } of isWhole ? list : list.slice(this.#acknowledgedChecked)) {
      // An idempotent batch stored long ago may be answered without its offset.
      if (baseOffset < 0) {
        this.#find(`records ${first} to ${first + count - 1} of ${line.producer} were acknowledged with offset ${baseOffset}`)
        continue
      }
      for (let at = 0; at < count; at++) {
        if (this.#lineOf[baseOffset + at] === line.id && this.#numberOf[baseOffset + at] === first + at) continue
        this.#find(`record ${first + at} of ${line.producer} was acknowledged at ${baseOffset + at} and is not there`)
        break
      }
    }
    this.#acknowledgedChecked = list.length
  }

  /** All that was sent is acknowledged by now, so it is here. */
  #checkComplete(): void {
    for (const line of this.#journal.lines) {
      if (line.topic !== this.#topic || line.partition !== this.#partition) continue
      const isLastAbandoned = rangeAt(line, this.#next.get(line) ?? 0) !== undefined
      if ((this.#next.get(line) ?? 0) < line.sent && !isLastAbandoned) this.#find(`${line.producer} sent ${line.sent} records, the last one here is ${(this.#next.get(line) ?? 0) - 1}`)
    }
  }

  async #checkTimes(connection: RawConnection): Promise<void> {
    const end = this.recordCount
    if (end === 0) return
    const times = Array.from({ length: 3 }, () => (this.#timeOf[this.#random.below(end)] ?? 0) + this.#random.below(2))
    for (const time of times) {
      const due = this.#timeOf.findIndex(each => each >= time)
      const found = await this.#listOffset(connection, BigInt(time))
      if (found.offset !== due || (due >= 0 && found.timestamp !== this.#timeOf[due])) this.#find(`time ${time} is at ${found.offset}, and the first record so late at ${due}`)
    }
    const latest = await this.#listOffset(connection, LATEST)
    const earliest = await this.#listOffset(connection, EARLIEST)
    if (latest.offset !== end || earliest.offset !== 0) this.#find(`ListOffsets tells ${earliest.offset} to ${latest.offset}, and there are 0 to ${end}`)
    const greatest = this.#timeOf.reduce((max, time) => Math.max(max, time), -1)
    const last = await this.#listOffset(connection, MAX_TIMESTAMP)
    if (last.timestamp !== greatest || this.#timeOf[last.offset] !== greatest) this.#find(`the greatest time is ${greatest}, ListOffsets tells ${last.timestamp} at ${last.offset}`)
  }

  async #listOffset(connection: RawConnection, timestamp: bigint): Promise<{ offset: number; timestamp: number }> {
    const partitions = [{ partitionIndex: this.#partition, timestamp }]
    const answer = await ask(connection, listOffsets, 7, { replicaId: -1, topics: [{ name: this.#topic, partitions }] })
    const found = answer.topics[0]?.partitions[0]
    if (found?.errorCode !== 0) this.#find(`ListOffsets at ${timestamp} answered ${errorName(found?.errorCode ?? -1)}`)
    return { offset: found?.offset ?? -1, timestamp: Number(found?.timestamp ?? -1n) }
  }
}

function rangeAt(line: Line, number: number): Line['abandoned'][number] | undefined {
  return line.abandoned.find(({ first, count }) => number >= first && number < first + count)
}
