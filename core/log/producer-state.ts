/**
 * What a partition knows of its producers (KIP-98): per producer id its epoch and its last five batches, by which a repeated batch is
 * told from a lost one, and its open transaction. Kept in memory, written as `.snapshot` at a roll and a clean stop, rebuilt from it and
 * the log after it.
 */

import { PRODUCER_BATCHES_KEPT, PRODUCERS_PER_PARTITION_MAX, VERIFICATIONS_MAX } from '../common/limits.ts'
import {
  attributesOf,
  baseOffsetOf,
  baseSequenceOf,
  isControl,
  isTransactional,
  lastOffsetDeltaOf,
  maxTimestampOf,
  producerEpochOf,
  producerIdOf,
} from '../records/batch-header.ts'
import { readMarker } from '../records/control-record.ts'
import { sequenceAfter } from '../records/record-batch.ts'
import { OpenTransactions } from './open-transactions.ts'
import type { AbortedTransaction } from './transaction-index.ts'

const SEQUENCES = 0x8000_0000
const SEQUENCE_MAX = 0x7fffffff
/** Of a coordinator's own records and of a producer without batches. */
const NO_SEQUENCE = -1

export type ProducerBatch = {
  readonly lastSequence: number
  readonly lastOffset: number
  /** Last offset less first. */
  readonly offsetDelta: number
  readonly timestamp: number
}

export type ProducerState = {
  readonly producerId: number
  readonly epoch: number
  /** Of the coordinator that wrote the last marker; -1 before the first. */
  readonly coordinatorEpoch: number
  /** Of the last batch or marker; what DescribeProducers tells, with the last batch's last sequence. */
  readonly lastTimestamp: number
  /** -1 outside a transaction. */
  readonly currentTxnFirstOffset: number
  /** The oldest first, five at most; one after a start from a snapshot. */
  readonly batches: readonly ProducerBatch[]
}

export type ProducerError =
  | 'INVALID_PRODUCER_EPOCH'
  | 'OUT_OF_ORDER_SEQUENCE_NUMBER'
  | 'INVALID_TXN_STATE'
  | 'TRANSACTION_COORDINATOR_FENCED'
  | 'INVALID_RECORD'

export type ProducerCheck =
  | { readonly is: 'next' }
  | { readonly is: 'duplicate'; readonly batch: ProducerBatch }
  | { readonly is: 'refused'; readonly error: ProducerError; readonly message: string }

/** A transaction of this partition that a marker ended; one that was aborted belongs in the transaction index of the marker's segment. */
export type CompletedTransaction = AbortedTransaction & { readonly isAborted: boolean }

/** What the transaction's coordinator said of a transactional batch before it came here (KIP-890). */
export type Verification = {
  /** The end of the log at that time: a marker that came later has ended the transaction that the batch is of. */
  readonly verifiedAt: number
  /** The batch opens a transaction of version 2 in the partition: such a producer counts from 0 where nothing is known of it. */
  readonly startsAtZero: boolean
}

type Entry = { -readonly [Field in keyof ProducerState]: Field extends 'batches' ? ProducerBatch[] : ProducerState[Field] }

const next: ProducerCheck = { is: 'next' }

export class ProducerStates {
  #entries = new Map<number, Entry>()
  #open = new OpenTransactions()
  /** Of producers whose first batch of a transaction was on its way here: the lowest sequence seen, by which one behind it that comes first is told. */
  readonly #verifying = new Map<number, { epoch: number; lowestSequence: number; readonly sinceMs: number }>()
  /** Where the last marker of a producer stands, of those appended since the log was opened. */
  readonly #lastMarkers = new Map<number, number>()

  get size(): number {
    return this.#entries.size
  }

  values(): Iterable<ProducerState> {
    return this.#entries.values()
  }

  get(producerId: number): ProducerState | undefined {
    return this.#entries.get(producerId)
  }

  /** Where the earliest open transaction begins: nothing from there on is stable. Undefined when none is open. */
  get firstUnstableOffset(): number | undefined {
    return this.#open.firstOffset
  }

  restore(states: readonly ProducerState[]): void {
    this.#entries = new Map(states.map(state => [state.producerId, { ...state, batches: [...state.batches] }]))
    this.#open = new OpenTransactions()
    const opened = states.map(state => state.currentTxnFirstOffset).filter(offset => offset >= 0)
    for (const firstOffset of new Set(opened.sort((a, b) => a - b))) this.#open.add(firstOffset)
  }

  /** A batch is about to be verified: while it is, and when it is refused for now, none behind it may be stored before it. */
  startVerification({ producerId, epoch, sequence, nowMs }: { readonly producerId: number; readonly epoch: number; readonly sequence: number; readonly nowMs: number }): void {
    const known = this.#verifying.get(producerId)
    if (known && epoch <= known.epoch) {
      if (epoch === known.epoch) known.lowestSequence = Math.min(known.lowestSequence, sequence)
      return
    }
    if (!known && this.#verifying.size >= VERIFICATIONS_MAX) for (const oldest of this.#verifying.keys()) {
      this.#verifying.delete(oldest)
      break
    }
    this.#verifying.set(producerId, { epoch, lowestSequence: sequence, sinceMs: nowMs })
  }

  /** Whether the batch at the start of `bytes`, sent by a client, is the next of its producer, one already stored, or neither. */
  check(bytes: Buffer, verification?: Verification): ProducerCheck {
    const producerId = producerIdOf(bytes, 0)
    const entry = this.#entries.get(producerId)
    const first = baseSequenceOf(bytes, 0)
    const lowest = this.#verifying.get(producerId)?.lowestSequence ?? Infinity
    if (!entry && first > lowest) return refuseBehind(producerId, first, lowest)
    if (!entry && first !== 0 && verification?.startsAtZero) {
      return refuse('OUT_OF_ORDER_SEQUENCE_NUMBER', `producer ${producerId}, of which nothing is known, starts a transaction with sequence ${first}`)
    }
    if (!entry) return next // state may have expired: any sequence starts anew
    const epoch = producerEpochOf(bytes, 0)
    if (epoch === entry.epoch) {
      const duplicate = findBatch(entry.batches, first, lastOffsetDeltaOf(bytes, 0))
      if (duplicate) return { is: 'duplicate', batch: duplicate }
    }
    if (epoch < entry.epoch) return refuseEpoch(entry, epoch)
    if (first > lowest) return refuseBehind(producerId, first, lowest)
    const check = checkSequence(entry, epoch, first)
    return check === next ? this.#checkTransaction(entry, bytes, verification) : check
  }

  /**
   * The same of a batch that a coordinator appends: offsets committed in a transaction, which have no sequences, or a marker.
   * `transactionVersion` is that of the producer whose transaction the marker ends: under version 2 (KIP-890) each has an epoch of its
   * own, and the marker's must be new, or be that of a marker written before.
   */
  checkOfCoordinator(bytes: Buffer, transactionVersion: number, verification?: Verification): ProducerCheck {
    const isMarker = isControl(attributesOf(bytes, 0))
    const marker = isMarker ? readMarker(bytes, 0) : undefined
    if (isMarker && !marker) return refuse('INVALID_RECORD', 'a control batch of a producer holds no marker')
    const entry = this.#entries.get(producerIdOf(bytes, 0))
    if (!entry) return next
    const epoch = producerEpochOf(bytes, 0)
    if (epoch < entry.epoch) return refuseEpoch(entry, epoch)
    if (!marker) return this.#checkTransaction(entry, bytes, verification)
    if (transactionVersion >= 2 && epoch === entry.epoch && entry.currentTxnFirstOffset >= 0) return refuseEpoch(entry, epoch)
    if (marker.coordinatorEpoch >= entry.coordinatorEpoch) return next
    const message = `a coordinator of epoch ${marker.coordinatorEpoch} ended a transaction of producer ${entry.producerId}, ${entry.coordinatorEpoch} is known`
    return refuse('TRANSACTION_COORDINATOR_FENCED', message)
  }

  /** While a transaction is open its producer writes nothing outside it; a batch that its marker has overtaken must not open another, which nobody would end. */
  #checkTransaction(entry: Entry, bytes: Buffer, verification: Verification | undefined): ProducerCheck {
    const { producerId, currentTxnFirstOffset } = entry
    const isOfTransaction = isTransactional(attributesOf(bytes, 0))
    if (currentTxnFirstOffset >= 0) {
      if (isOfTransaction) return next
      return refuse('INVALID_TXN_STATE', `producer ${producerId} sent a batch outside the transaction it has open since ${currentTxnFirstOffset}`)
    }
    if (!isOfTransaction || verification === undefined || (this.#lastMarkers.get(producerId) ?? -1) < verification.verifiedAt) return next
    return refuse('INVALID_TXN_STATE', `the transaction of a batch of producer ${producerId} was ended before the batch was stored`)
  }

  /** Notes the batch at `at`, already in the log or about to be, whatever its sequence; returns the transaction it completed, if any. */
  note(bytes: Buffer, at: number): CompletedTransaction | undefined {
    const producerId = producerIdOf(bytes, at)
    if (producerId < 0) return undefined
    const attributes = attributesOf(bytes, at)
    if (isTransactional(attributes)) this.#verifying.delete(producerId)
    if (isControl(attributes)) return this.#noteMarker(bytes, at)
    const entry = this.#entryAt(producerId, producerEpochOf(bytes, at))
    entry.lastTimestamp = maxTimestampOf(bytes, at)
    const firstOffset = baseOffsetOf(bytes, at)
    const offsetDelta = lastOffsetDeltaOf(bytes, at)
    if (isTransactional(attributes) && entry.currentTxnFirstOffset < 0) {
      entry.currentTxnFirstOffset = firstOffset
      this.#open.add(firstOffset)
    }
    if (entry.batches.length === PRODUCER_BATCHES_KEPT) entry.batches.shift()
    const baseSequence = baseSequenceOf(bytes, at)
    const lastSequence = baseSequence < 0 ? NO_SEQUENCE : sequenceAfter(baseSequence, offsetDelta)
    entry.batches.push({ lastSequence, lastOffset: firstOffset + offsetDelta, offsetDelta, timestamp: entry.lastTimestamp })
    return undefined
  }

  /** A marker of a new epoch forgets the sequences of the old one; one of the same epoch keeps them. */
  #noteMarker(bytes: Buffer, at: number): CompletedTransaction | undefined {
    const marker = readMarker(bytes, at)
    if (!marker) return undefined
    const producerId = producerIdOf(bytes, at)
    const entry = this.#entryAt(producerId, producerEpochOf(bytes, at))
    const firstOffset = entry.currentTxnFirstOffset
    const lastOffset = baseOffsetOf(bytes, at)
    entry.coordinatorEpoch = marker.coordinatorEpoch
    entry.lastTimestamp = maxTimestampOf(bytes, at)
    entry.currentTxnFirstOffset = -1
    this.#lastMarkers.set(producerId, lastOffset)
    if (firstOffset < 0) return undefined // a transaction without records here
    this.#open.remove(firstOffset)
    return { producerId, firstOffset, lastOffset, lastStableOffset: this.#open.firstOffset ?? lastOffset + 1, isAborted: marker.isAbort }
  }

  /** The producer's entry, brought to `epoch`. */
  #entryAt(producerId: number, epoch: number): Entry {
    const entry = this.#entries.get(producerId) ?? this.#add(producerId, epoch)
    if (entry.epoch !== epoch) {
      entry.epoch = epoch
      entry.batches.length = 0
    }
    return entry
  }

  #add(producerId: number, epoch: number): Entry {
    const entry: Entry = { producerId, epoch, coordinatorEpoch: -1, lastTimestamp: -1, currentTxnFirstOffset: -1, batches: [] }
    if (this.#entries.size >= PRODUCERS_PER_PARTITION_MAX) this.#makeRoom()
    this.#entries.set(producerId, entry)
    return entry
  }

  /** Forgets those whose last batch lies farthest back, except within a transaction; many at once, so that the look at all of them is rare. */
  #makeRoom(): void {
    const idle = [...this.#entries.values()].filter(({ currentTxnFirstOffset }) => currentTxnFirstOffset < 0)
    const lastOf = ({ producerId, batches }: Entry): number => Math.max(batches.at(-1)?.lastOffset ?? -1, this.#lastMarkers.get(producerId) ?? -1)
    idle.sort((a, b) => lastOf(a) - lastOf(b))
    for (const { producerId } of idle.slice(0, Math.ceil(PRODUCERS_PER_PARTITION_MAX / 10))) this.#forget(producerId)
  }

  /** Forgets producers silent for `idleMs`, except within a transaction (producer.id.expiration.ms). */
  expire(nowMs: number, idleMs: number): void {
    for (const entry of this.#entries.values()) {
      if (entry.currentTxnFirstOffset < 0 && nowMs - entry.lastTimestamp >= idleMs) this.#forget(entry.producerId)
    }
    for (const [producerId, { sinceMs }] of this.#verifying) if (nowMs - sinceMs >= idleMs) this.#verifying.delete(producerId)
  }

  #forget(producerId: number): void {
    this.#entries.delete(producerId)
    this.#lastMarkers.delete(producerId)
  }
}

function checkSequence(entry: Entry, epoch: number, first: number): ProducerCheck {
  if (epoch !== entry.epoch) {
    if (first === 0) return next
    return refuse('OUT_OF_ORDER_SEQUENCE_NUMBER', `producer ${entry.producerId} starts epoch ${epoch} with sequence ${first}`)
  }
  const last = entry.batches.at(-1)?.lastSequence ?? NO_SEQUENCE
  if (first === last + 1 || (first === 0 && last === SEQUENCE_MAX)) return next
  return refuse('OUT_OF_ORDER_SEQUENCE_NUMBER', `producer ${entry.producerId} sent sequence ${first} after ${last}`)
}

function findBatch(batches: readonly ProducerBatch[], first: number, offsetDelta: number): ProducerBatch | undefined {
  const last = sequenceAfter(first, offsetDelta)
  return batches.find(batch => batch.lastSequence === last && firstSequenceOf(batch) === first)
}

function firstSequenceOf(batch: ProducerBatch): number {
  return (batch.lastSequence - batch.offsetDelta + SEQUENCES) % SEQUENCES
}

function refuseBehind(producerId: number, first: number, lowest: number): ProducerCheck {
  return refuse('OUT_OF_ORDER_SEQUENCE_NUMBER', `producer ${producerId} sent sequence ${first}, and ${lowest} before it was not stored`)
}

function refuseEpoch(entry: Entry, epoch: number): ProducerCheck {
  return refuse('INVALID_PRODUCER_EPOCH', `producer ${entry.producerId} sent epoch ${epoch}, ${entry.epoch} is known`)
}

function refuse(error: ProducerError, message: string): ProducerCheck {
  return { is: 'refused', error, message }
}
