/**
 * What must be true of one partition, kept beside the real one: which records were sent, acknowledged and seen, at which offsets, and
 * what a restart may have taken. It knows nothing of segments, sockets or sequence numbers.
 */

import { type BatchInfo, batchesIn } from './read-log.ts'
import type { PartitionLog } from '../../core/log/partition-log.ts'

export type Ending = 'stop' | 'process' | 'power'

type Sent = {
  readonly producer: string
  readonly isIdempotent: boolean
  /** How often it was sent: a plain record may be there as often. */
  tries: number
  /** A refusal stores nothing, so a record that was only ever refused must not be there. */
  refusals: number
  offset: number
}

export class Violation extends Error {
  override readonly name = 'Violation'
}

export class PartitionModel {
  readonly name: string
  readonly #sent = new Map<string, Sent>()
  /** What stands at an offset: acknowledged there, or read there by somebody. */
  readonly #known = new Map<number, string>()
  /** Offsets below it were flushed: nothing takes them away. */
  #durable = 0
  #end = 0
  #start = 0
  #sureStart = 0
  #leaderEpoch = -1
  /** The worst since the log was last opened. */
  #ending: Ending = 'stop'
  /** How often a restart has taken known records: producers may find their sequences gone. */
  cuts = 0
  /** How many boots have ended. */
  ends = 0

  /** Acknowledged means flushed here; a refusal may then have been stored, for it is the flush that failed. */
  readonly #isFlushedByAck: boolean
  /** Offsets may be missing: which may not is for the model of compaction to say. */
  readonly #isCompacted: boolean

  constructor(name: string, { isFlushedByAck = false, isCompacted = false }: { readonly isFlushedByAck?: boolean; readonly isCompacted?: boolean } = {}) {
    this.name = name
    this.#isFlushedByAck = isFlushedByAck
    this.#isCompacted = isCompacted
  }

  get knownEnd(): number {
    return this.#end
  }

  get start(): number {
    return this.#start
  }

  send(values: readonly string[], producer: string, isIdempotent: boolean): void {
    for (const value of values) {
      const sent = this.#sent.get(value)
      if (sent) sent.tries++
      else this.#sent.set(value, { producer, isIdempotent, tries: 1, refusals: 0, offset: -1 })
    }
  }

  refused(values: readonly string[]): void {
    if (this.#isFlushedByAck) return
    for (const value of values) {
      const sent = this.#sent.get(value)
      if (sent) sent.refusals++
    }
  }

  acknowledged(values: readonly string[], baseOffset: number): void {
    for (const [index, value] of values.entries()) {
      this.#place(baseOffset + index, value, 'acknowledged')
      const sent = this.#sent.get(value)
      if (sent) sent.offset = baseOffset + index
    }
    if (this.#isFlushedByAck) this.flushed(baseOffset + values.length)
  }

  /** Somebody read this there; it must stay so. */
  seen(offset: number, value: string): void {
    this.#place(offset, value, 'read')
  }

  #place(offset: number, value: string, how: string): void {
    const sent = this.#sent.get(value)
    if (!sent) throw new Violation(`${this.name}: ${value} was ${how} at ${offset}, and nobody sent it`)
    if (sent.tries <= sent.refusals) throw new Violation(`${this.name}: ${value} was ${how} at ${offset}, though it was refused`)
    const known = this.#known.get(offset)
    if (known !== undefined && known !== value) throw new Violation(`${this.name}: ${value} was ${how} at ${offset}, where ${known} is`)
    if (sent.isIdempotent && sent.offset >= 0 && sent.offset !== offset) throw new Violation(`${this.name}: ${value} was ${how} at ${offset}, and is at ${sent.offset} already`)
    if (sent.isIdempotent) sent.offset = offset
    this.#known.set(offset, value)
    this.#end = Math.max(this.#end, offset + 1)
  }

  /** Somebody asked to delete up to here, and may have been heard. */
  trimmed(offset: number): void {
    this.#start = Math.max(this.#start, offset)
  }

  /** The deletion was acknowledged: it holds from now on. */
  trimAcknowledged(offset: number): void {
    this.#sureStart = Math.max(this.#sureStart, offset)
  }

  flushed(offset: number): void {
    this.#durable = Math.max(this.#durable, offset)
  }

  /** A boot has ended; a later one may end too before it has opened this log. */
  ended(ending: Ending): void {
    this.ends++
    if (this.#ending !== 'power') this.#ending = ending
  }

  /** A boot has opened the log: looks at what those before it left, and returns it. */
  opened(log: PartitionLog): readonly BatchInfo[] {
    const { endOffset, startOffset, leaderEpoch } = log
    const ending = this.#ending
    this.#ending = 'stop'
    const least = ending === 'power' ? this.#durable : this.#end
    if (endOffset < least) throw new Violation(`${this.name}: it ends at ${endOffset} after ${ending}, and ${least} offsets were safe`)
    if (startOffset > this.#start) throw new Violation(`${this.name}: it starts at ${startOffset}, and only ${this.#start} were deleted`)
    if (startOffset < this.#sureStart) throw new Violation(`${this.name}: it starts at ${startOffset}, and what lies before ${this.#sureStart} was deleted`)
    if (leaderEpoch < this.#leaderEpoch) throw new Violation(`${this.name}: the leader epoch went back from ${this.#leaderEpoch} to ${leaderEpoch}`)
    if (endOffset < this.#end) this.#forget(endOffset, leaderEpoch)
    this.#leaderEpoch = leaderEpoch
    return this.whole(log)
  }

  /** What lay from `endOffset` on is gone: a cut that clients could have noticed must raise the epoch. */
  #forget(endOffset: number, leaderEpoch: number): void {
    if (leaderEpoch <= this.#leaderEpoch) throw new Violation(`${this.name}: known records from ${endOffset} to ${this.#end} were cut, and the leader epoch is still ${leaderEpoch}`)
    for (let offset = endOffset; offset < this.#end; offset++) {
      const sent = this.#sent.get(this.#known.get(offset) ?? '')
      if (sent && sent.offset === offset) sent.offset = -1
      this.#known.delete(offset)
    }
    this.#end = endOffset
    // A deletion above what is left was not heard: nothing lay there to delete.
    this.#start = Math.min(this.#start, endOffset)
    this.#durable = Math.min(this.#durable, endOffset)
    this.cuts++
  }

  /** Reads the log from end to end: every record where it is known to be, none twice, none that nobody sent; and the indexes agree. */
  whole(log: PartitionLog): readonly BatchInfo[] {
    const batches = batchesIn(log)
    let next = log.startOffset
    for (const batch of batches) {
      if (batch.baseOffset > next && !this.#isCompacted) throw new Violation(`${this.name}: offsets ${next} to ${batch.baseOffset - 1} are missing`)
      if (batch.lastOffset < next) throw new Violation(`${this.name}: the batch at ${batch.baseOffset} overlaps the one before it`)
      next = batch.lastOffset + 1
      for (const record of batch.records) if (!batch.isControl && record.offset >= log.startOffset) this.seen(record.offset, record.value)
    }
    if (next > log.endOffset || (next < log.endOffset && !this.#isCompacted)) throw new Violation(`${this.name}: it can be read up to ${next}, and says it ends at ${log.endOffset}`)
    this.#countCopies(batches)
    return batches
  }

  #countCopies(batches: readonly BatchInfo[]): void {
    const copies = new Map<string, number>()
    for (const { records, isControl } of batches) {
      for (const { value } of isControl ? [] : records) copies.set(value, (copies.get(value) ?? 0) + 1)
    }
    for (const [value, count] of copies) {
      const sent = this.#sent.get(value)
      const most = sent?.isIdempotent ? 1 : (sent?.tries ?? 0) - (sent?.refusals ?? 0)
      if (count > most) throw new Violation(`${this.name}: ${value} is there ${count} times and could be ${most} times`)
    }
  }
}
