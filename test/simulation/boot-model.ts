/** What must be true of one topic from when it is made to when it is deleted, whatever its machine went through: its records, producers and transactions. */

import type { PartitionLog } from '../../core/log/partition-log.ts'
import type { ProducerState } from '../../core/log/producer-state.ts'
import { CompactionModel } from './compaction-model.ts'
import { type Ending, PartitionModel, Violation } from './model.ts'
import type { BatchInfo } from './read-log.ts'
import { transactionProblem } from './transactions.ts'

/** As its client knows it. */
export type BootProducer = { readonly id: number; sequence: number; isOpen: boolean; last: { readonly bytes: Buffer; readonly baseOffset: number; readonly endOffset: number } | undefined }

export type Entry = { readonly key: string; readonly value: string }

type Marks = { readonly start: number; readonly end: number; readonly stable: number }

export class BootModel {
  readonly topicId: string
  readonly records: PartitionModel
  readonly producers: readonly BootProducer[] = [1, 2, 3].map(id => ({ id, sequence: 0, isOpen: false, last: undefined }))
  readonly #keys: CompactionModel | undefined
  #end = 0
  #durable = 0
  #marks: Marks | undefined

  constructor(topicId: string, isCompacted: boolean) {
    this.topicId = topicId
    this.records = new PartitionModel('t-0', { isCompacted })
    this.#keys = isCompacted ? new CompactionModel() : undefined
  }

  send(entries: readonly Entry[], producer: BootProducer | undefined): void {
    this.records.send(entries.map(({ value }) => value), `p${producer?.id}`, producer !== undefined)
    for (const { key, value } of entries) this.#keys?.send(key, value)
  }

  stored(entries: readonly Entry[], baseOffset: number, o: { readonly producer: BootProducer | undefined; readonly isOpen: boolean }): void {
    if (baseOffset !== this.#end) throw new Violation(`an append is stored at ${baseOffset}, and the log ended at ${this.#end}`)
    this.records.acknowledged(entries.map(({ value }) => value), baseOffset)
    for (const [index, entry] of entries.entries()) this.#keys?.stored(baseOffset + index, { ...entry, producerId: o.producer?.id ?? -1, isOpen: o.isOpen })
    this.#end = baseOffset + entries.length
  }

  ended(producer: BootProducer, isAbort: boolean, markerOffset: number): void {
    this.#keys?.ended(producer.id, isAbort, markerOffset)
    producer.isOpen = false
    this.#end = markerOffset + 1
  }

  flushed(offset: number): void {
    this.records.flushed(offset)
    this.#durable = Math.max(this.#durable, offset)
  }

  /** Before anything that its machine may not survive. */
  remember(log: PartitionLog): void {
    this.#marks = marksOf(log)
  }

  /** `ending` is the worst since it was last open. */
  opened(log: PartitionLog, ending: Ending): readonly BatchInfo[] {
    // Nothing more either: an append whose process died in it had not written yet, for the write is the last it does.
    if (ending !== 'power' && log.endOffset !== this.#end) throw new Violation(`it ends at ${log.endOffset} after ${ending}, and ended at ${this.#end}`)
    this.records.ended(ending)
    const states = new Map([...log.producers()].map(state => [state.producerId, state]))
    for (const producer of this.producers) this.#meet(producer, states.get(producer.id), { log, ending })
    if (ending !== 'power') this.#compareMarks(marksOf(log), ending)
    this.#marks = undefined
    this.#end = log.endOffset
    this.#durable = Math.min(this.#durable, log.endOffset)
    this.#keys?.cut(log.endOffset, new Map([...states.values()].filter(state => state.currentTxnFirstOffset >= 0).map(state => [state.producerId, state.currentTxnFirstOffset])))
    const batches = this.records.opened(log)
    this.#check(log, batches)
    return batches
  }

  /** What the log knows of a producer is what its client goes on from. */
  #meet(producer: BootProducer, state: ProducerState | undefined, { log, ending }: { readonly log: PartitionLog; readonly ending: Ending }): void {
    const sequence = (state?.batches.at(-1)?.lastSequence ?? -1) + 1
    const isOpen = (state?.currentTxnFirstOffset ?? -1) >= 0
    const { last } = producer
    const isSafe = ending !== 'power' || (last !== undefined && last.endOffset <= this.#durable && log.startOffset < log.endOffset)
    if (isSafe && sequence < producer.sequence) throw new Violation(`the sequence of ${producer.id} was ${producer.sequence} and is ${sequence} after ${ending}`)
    if (sequence > producer.sequence) throw new Violation(`the sequence of ${producer.id} is ${sequence} after ${ending}, and only ${producer.sequence} were sent`)
    if (ending !== 'power' && isOpen !== producer.isOpen) throw new Violation(`the transaction of ${producer.id} is ${isOpen ? '' : 'not '}open after ${ending}`)
    if (sequence !== producer.sequence) producer.last = undefined
    producer.sequence = sequence
    producer.isOpen = isOpen
  }

  /**
   * Where an open transaction that reaches back before the start began cannot be told when its batches there are gone: it is then said to
   * begin with the first that is left. No reader can tell.
   */
  #compareMarks({ start, end, stable }: Marks, ending: Ending): void {
    const before = this.#marks
    if (before?.start !== start || before.end !== end || stable === before.stable) return
    if (start === 0 || Math.min(stable, before.stable) > start) throw new Violation(`the last stable offset was ${before.stable} and is ${stable} after ${ending}`)
  }

  /** Reads all of it. */
  check(log: PartitionLog): readonly BatchInfo[] {
    const batches = this.records.whole(log)
    this.#check(log, batches)
    return batches
  }

  #check(log: PartitionLog, batches: readonly BatchInfo[]): void {
    this.#keys?.trimmed(log.startOffset)
    this.#keys?.check(batches, log.endOffset)
    // Of a transaction all of whose records were superseded compaction leaves the marker, or nothing.
    const problem = this.#keys ? undefined : transactionProblem(log, batches)
    if (problem !== undefined) throw new Violation(problem)
  }

  /** The last batch of each producer sent again is known to be there, where it is; while a failed flush is not made up for the log refuses it. */
  repeat(log: PartitionLog): void {
    for (const { id, last } of this.producers) {
      if (!last) continue
      const appended = log.append(Buffer.from(last.bytes))
      if (appended.error === 'KAFKA_STORAGE_ERROR' && log.isSuspect) continue
      if (appended.error === 'NONE' && appended.isDuplicate && appended.baseOffset === last.baseOffset && log.endOffset === this.#end) continue
      throw new Violation(`the last batch of ${id}, at ${last.baseOffset}, is no duplicate when sent again: ${JSON.stringify(appended)}`)
    }
  }
}

function marksOf({ startOffset: start, endOffset: end, lastStableOffset: stable }: PartitionLog): Marks {
  return { start, end, stable }
}
