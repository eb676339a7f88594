/**
 * What a partition knows of its idempotent producers (KIP-98): per producer id its epoch and its last five batches, by which a repeated
 * batch is told from a lost one. Kept in memory, written as `.snapshot` at a roll and a clean stop, rebuilt from it and the log after it.
 */

import { PRODUCER_BATCHES_KEPT } from '../common/limits.ts'
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
import { sequenceAfter } from '../records/record-batch.ts'

const SEQUENCES = 0x8000_0000
const SEQUENCE_MAX = 0x7fffffff

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
  readonly coordinatorEpoch: number
  readonly lastTimestamp: number
  /** -1 outside a transaction. */
  readonly currentTxnFirstOffset: number
  /** The oldest first, five at most; one after a start from a snapshot. */
  readonly batches: readonly ProducerBatch[]
}

export type ProducerCheck =
  | { readonly is: 'next' }
  | { readonly is: 'duplicate'; readonly batch: ProducerBatch }
  | { readonly is: 'refused'; readonly error: 'INVALID_PRODUCER_EPOCH' | 'OUT_OF_ORDER_SEQUENCE_NUMBER'; readonly message: string }

type Entry = { -readonly [Field in keyof ProducerState]: Field extends 'batches' ? ProducerBatch[] : ProducerState[Field] }

const next: ProducerCheck = { is: 'next' }

export class ProducerStates {
  #entries = new Map<number, Entry>()

  get size(): number {
    return this.#entries.size
  }

  values(): Iterable<ProducerState> {
    return this.#entries.values()
  }

  get(producerId: number): ProducerState | undefined {
    return this.#entries.get(producerId)
  }

  restore(states: readonly ProducerState[]): void {
    this.#entries = new Map(states.map(state => [state.producerId, { ...state, batches: [...state.batches] }]))
  }

  /** Whether the batch at the start of `bytes`, sent by a client, is the next of its producer, one already stored, or neither. */
  check(bytes: Buffer): ProducerCheck {
    const producerId = producerIdOf(bytes, 0)
    const entry = this.#entries.get(producerId)
    if (!entry) return next // state may have expired: any sequence starts anew
    const epoch = producerEpochOf(bytes, 0)
    const first = baseSequenceOf(bytes, 0)
    if (epoch === entry.epoch) {
      const duplicate = findBatch(entry.batches, first, lastOffsetDeltaOf(bytes, 0))
      if (duplicate) return { is: 'duplicate', batch: duplicate }
    }
    if (epoch < entry.epoch) return refuse('INVALID_PRODUCER_EPOCH', `producer ${producerId} sent epoch ${epoch}, ${entry.epoch} is known`)
    return checkSequence(entry, epoch, first)
  }

  /** Notes the batch at `at`, already in the log or about to be, whatever its sequence. */
  note(bytes: Buffer, at: number): void {
    const producerId = producerIdOf(bytes, at)
    if (producerId < 0) return
    const epoch = producerEpochOf(bytes, at)
    const entry = this.#entries.get(producerId) ?? this.#add(producerId, epoch)
    if (entry.epoch !== epoch) {
      entry.epoch = epoch
      entry.batches.length = 0
    }
    const attributes = attributesOf(bytes, at)
    entry.lastTimestamp = maxTimestampOf(bytes, at)
    if (isControl(attributes)) {
      entry.currentTxnFirstOffset = -1
      return
    }
    const firstOffset = baseOffsetOf(bytes, at)
    const offsetDelta = lastOffsetDeltaOf(bytes, at)
    if (isTransactional(attributes) && entry.currentTxnFirstOffset < 0) entry.currentTxnFirstOffset = firstOffset
    if (entry.batches.length === PRODUCER_BATCHES_KEPT) entry.batches.shift()
    const lastSequence = sequenceAfter(baseSequenceOf(bytes, at), offsetDelta)
    entry.batches.push({ lastSequence, lastOffset: firstOffset + offsetDelta, offsetDelta, timestamp: entry.lastTimestamp })
  }

  #add(producerId: number, epoch: number): Entry {
    const entry: Entry = { producerId, epoch, coordinatorEpoch: -1, lastTimestamp: -1, currentTxnFirstOffset: -1, batches: [] }
    this.#entries.set(producerId, entry)
    return entry
  }

  /** Forgets producers silent for `idleMs`, except within a transaction (producer.id.expiration.ms). */
  expire(nowMs: number, idleMs: number): void {
    for (const entry of this.#entries.values()) {
      if (entry.currentTxnFirstOffset < 0 && nowMs - entry.lastTimestamp >= idleMs) this.#entries.delete(entry.producerId)
    }
  }
}

function checkSequence(entry: Entry, epoch: number, first: number): ProducerCheck {
  if (epoch !== entry.epoch) {
    if (first === 0) return next
    return refuse('OUT_OF_ORDER_SEQUENCE_NUMBER', `producer ${entry.producerId} starts epoch ${epoch} with sequence ${first}`)
  }
  const last = entry.batches.at(-1)?.lastSequence ?? -1
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

function refuse(error: 'INVALID_PRODUCER_EPOCH' | 'OUT_OF_ORDER_SEQUENCE_NUMBER', message: string): ProducerCheck {
  return { is: 'refused', error, message }
}
