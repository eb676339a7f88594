/**
 * What of a batch survives a compaction (Kafka's Cleaner and MemoryRecords.filterTo). Offsets, sequences, leader epoch and the last offset
 * of a batch stay as they are; a batch of which everything is kept is copied as it is.
 */

import { INFLATED_BATCH_BYTES_MAX } from '../../common/limits.ts'
import {
  attributesOf, BATCH_HEADER_BYTES, BATCH_PREFIX_BYTES, baseOffsetOf, baseTimestampOf, codecIdOf, DELETE_HORIZON, hasDeleteHorizon, isControl,
  isIntact, isLogAppendTime, isTransactional, lastOffsetOf, maxTimestampOf, producerEpochOf, producerIdOf, recordCountOf, sign, sizeOf, writeInt64,
} from '../../records/batch-header.ts'
import { codecOf, deflate } from '../../records/compression.ts'
import { CorruptBatch } from '../../records/corrupt-batch.ts'
import { recordSection } from '../../records/record-batch.ts'
import { RecordCursor } from '../../records/record-cursor.ts'
import type { LastOfProducer } from './clean-job.ts'
import type { OffsetMap } from './offset-map.ts'
import { moveTimestamps } from './move-timestamps.ts'
import type { TransactionsSeen } from './transactions-seen.ts'

/** Takes whole batches, in order. */
export type BatchSink = { append(bytes: Buffer, at: number, size: number): void }

const CODEC_BITS = 0x07

export class BatchFilter {
  readonly #map: OffsetMap
  readonly #transactions: TransactionsSeen
  readonly #lastOfProducers: ReadonlyMap<number, LastOfProducer>
  readonly #nowMs: number
  readonly #horizonMs: number
  readonly #cursor = new RecordCursor()
  /** Of the batch at hand: from where to where records are kept, in its (inflated) record section; neighbours are one run. */
  #runs = new Int32Array(64)
  #runCount = 0
  #kept = 0
  #keptMaxTimestamp = -1
  #keepsTombstone = false
  #out = Buffer.allocUnsafe(64 * 1024)
  recordsRead = 0
  recordsKept = 0

  constructor(o: {
    readonly map: OffsetMap
    readonly transactions: TransactionsSeen
    readonly lastOfProducers: readonly LastOfProducer[]
    readonly nowMs: number
    readonly deleteRetentionMs: number
  }) {
    this.#map = o.map
    this.#transactions = o.transactions
    this.#lastOfProducers = new Map(o.lastOfProducers.map(last => [last.producerId, last]))
    this.#nowMs = o.nowMs
    this.#horizonMs = o.nowMs + o.deleteRetentionMs
  }

  /**
   * Gives what is kept of the batch at `at` to `sink`. `staysAnyway`: the batch is the last of its segment and is kept without records
   * rather than dropped. Throws CorruptBatch when the batch cannot be read.
   */
  filter(bytes: Buffer, at: number, o: { readonly staysAnyway: boolean }, sink: BatchSink): void {
    if (!isIntact(bytes, at)) throw new CorruptBatch('a checksum does not hold', 'CORRUPT_MESSAGE')
    const attributes = attributesOf(bytes, at)
    const count = recordCountOf(bytes, at)
    this.recordsRead += count
    if (isControl(attributes)) return this.#filterControl(bytes, at, o.staysAnyway, sink)
    const isAborted = isTransactional(attributes) && this.#transactions.isAborted(bytes, at)
    if (isAborted || count === 0) return this.#empty(bytes, at, o.staysAnyway, sink)
    if (baseOffsetOf(bytes, at) > this.#map.latestOffset) return this.#copy(bytes, at, count, sink)
    const section = recordSection(bytes, at, { codecId: codecIdOf(attributes), sizeBytes: sizeOf(bytes, at) }, INFLATED_BATCH_BYTES_MAX)
    this.#choose(bytes, at, section, count)
    if (this.#kept === 0) return this.#empty(bytes, at, o.staysAnyway, sink)
    const needsHorizon = this.#keepsTombstone && !hasDeleteHorizon(attributes)
    if (this.#kept === count && !needsHorizon) return this.#copy(bytes, at, count, sink)
    this.recordsKept += this.#kept
    this.#rewrite(bytes, at, section, needsHorizon, sink)
  }

  /** A marker goes when it is spent and its own horizon, set when it was first seen to be spent, has passed. */
  #filterControl(bytes: Buffer, at: number, staysAnyway: boolean, sink: BatchSink): void {
    const attributes = attributesOf(bytes, at)
    const count = recordCountOf(bytes, at)
    const isSpent = this.#transactions.isSpent(bytes, at)
    const hasHorizon = hasDeleteHorizon(attributes)
    if (count === 0 || (isSpent && hasHorizon && baseTimestampOf(bytes, at) <= this.#nowMs)) return this.#empty(bytes, at, staysAnyway, sink)
    if (!isSpent || hasHorizon) return this.#copy(bytes, at, count, sink)
    const section = recordSection(bytes, at, { codecId: codecIdOf(attributes), sizeBytes: sizeOf(bytes, at) }, INFLATED_BATCH_BYTES_MAX)
    this.#runs[0] = 0
    this.#runs[1] = section.length
    this.#runCount = 1
    this.#kept = count
    this.#keptMaxTimestamp = maxTimestampOf(bytes, at)
    this.recordsKept += count
    this.#rewrite(bytes, at, section, true, sink)
  }

  #copy(bytes: Buffer, at: number, count: number, sink: BatchSink): void {
    this.recordsKept += count
    sink.append(bytes, at, sizeOf(bytes, at))
  }

  /** Decides record by record; the result is in the fields above. */
  #choose(bytes: Buffer, at: number, section: Buffer, count: number): void {
    const cursor = this.#cursor
    const map = this.#map
    const { latestOffset } = map
    const attributes = attributesOf(bytes, at)
    const baseOffset = baseOffsetOf(bytes, at)
    const baseTimestamp = baseTimestampOf(bytes, at)
    const keepsTombstones = !hasDeleteHorizon(attributes) || this.#nowMs < baseTimestamp
    let maxTimestamp = -1
    let kept = 0
    this.#runCount = 0
    this.#keepsTombstone = false
    cursor.reset(section, 0, section.length)
    for (let index = 0; index < count; index++) {
      cursor.next()
      const offset = baseOffset + cursor.offsetDelta
      const isKept =
        offset > latestOffset ||
        (cursor.keyLength >= 0 &&
          (cursor.valueLength >= 0 || keepsTombstones) &&
          map.isLatest(section, cursor.keyAt, cursor.keyLength, offset))
      if (!isKept) continue
      kept++
      if (cursor.valueLength < 0) this.#keepsTombstone = true
      if (baseTimestamp + cursor.timestampDelta > maxTimestamp) maxTimestamp = baseTimestamp + cursor.timestampDelta
      this.#addRun(cursor.startAt, cursor.endAt)
    }
    if (cursor.hasMore) throw new CorruptBatch(`bytes are left after the ${count} records of a batch`)
    this.#kept = kept
    this.#keptMaxTimestamp = isLogAppendTime(attributes) ? maxTimestampOf(bytes, at) : maxTimestamp
  }

  #addRun(from: number, to: number): void {
    const at = this.#runCount * 2
    if (at > 0 && this.#runs[at - 1] === from) {
      this.#runs[at - 1] = to
      return
    }
    if (at === this.#runs.length) {
      const grown = new Int32Array(at * 2)
      grown.set(this.#runs)
      this.#runs = grown
    }
    this.#runs[at] = from
    this.#runs[at + 1] = to
    this.#runCount++
  }

  /** The batch with the chosen records only. With a horizon its base timestamp makes room for it, and those of the records count from there. */
  #rewrite(bytes: Buffer, at: number, section: Buffer, needsHorizon: boolean, sink: BatchSink): void {
    const attributes = attributesOf(bytes, at)
    const codec = codecOf(codecIdOf(attributes))
    let out = this.#room(BATCH_HEADER_BYTES + section.length)
    let length = this.#copyKept(section, out, BATCH_HEADER_BYTES)
    if (needsHorizon || codec !== 'none') {
      let records: Buffer = out.subarray(BATCH_HEADER_BYTES, BATCH_HEADER_BYTES + length)
      const fixedTimestamp = isLogAppendTime(attributes) ? maxTimestampOf(bytes, at) : undefined
      if (needsHorizon) records = moveTimestamps(records, this.#kept, { from: baseTimestampOf(bytes, at), to: this.#horizonMs, fixedTimestamp })
      if (codec !== 'none') records = deflate(codec, records)
      length = records.length
      out = this.#room(BATCH_HEADER_BYTES + length)
      records.copy(out, BATCH_HEADER_BYTES)
    }
    bytes.copy(out, 0, at, at + BATCH_HEADER_BYTES)
    out.writeInt32BE(BATCH_HEADER_BYTES + length - BATCH_PREFIX_BYTES, 8)
    if (needsHorizon) {
      out.writeInt16BE(attributes | DELETE_HORIZON, 21)
      writeInt64(out, this.#horizonMs, 27)
    }
    writeInt64(out, this.#keptMaxTimestamp, 35)
    out.writeInt32BE(this.#kept, 57)
    sign(out, 0)
    sink.append(out, 0, BATCH_HEADER_BYTES + length)
  }

  /** Puts the kept records after one another into `out`; answers with their bytes. */
  #copyKept(section: Buffer, out: Buffer, at: number): number {
    const runs = this.#runs
    let to = at
    for (let run = 0; run < this.#runCount; run++) to += section.copy(out, to, runs[run * 2], runs[run * 2 + 1])
    return to - at
  }

  /** Drops the batch, or keeps its header alone: so that its producer's sequence, or the end of the segment, is not lost. */
  #empty(bytes: Buffer, at: number, staysAnyway: boolean, sink: BatchSink): void {
    if (!staysAnyway && !this.#isLastOfProducer(bytes, at)) return
    const out = this.#room(BATCH_HEADER_BYTES)
    bytes.copy(out, 0, at, at + BATCH_HEADER_BYTES)
    out.writeInt32BE(BATCH_HEADER_BYTES - BATCH_PREFIX_BYTES, 8)
    out.writeInt16BE(attributesOf(bytes, at) & ~(CODEC_BITS | DELETE_HORIZON), 21)
    writeInt64(out, -1, 27)
    out.writeInt32BE(0, 57)
    sign(out, 0)
    sink.append(out, 0, BATCH_HEADER_BYTES)
  }

  #isLastOfProducer(bytes: Buffer, at: number): boolean {
    const producerId = producerIdOf(bytes, at)
    const last = producerId < 0 ? undefined : this.#lastOfProducers.get(producerId)
    if (!last) return false
    if (last.lastDataOffset >= 0) return lastOffsetOf(bytes, at) === last.lastDataOffset
    return isControl(attributesOf(bytes, at)) && producerEpochOf(bytes, at) === last.epoch
  }

  #room(size: number): Buffer {
    if (size > this.#out.length) this.#out = Buffer.allocUnsafe(size * 2)
    return this.#out
  }
}
