/** Transactions as a pass over a log meets them (Kafka's CleanedTransactionMetadata): which batches were aborted, which markers are spent. */

import { lastOffsetOf, producerIdOf } from '../../records/batch-header.ts'
import { readMarker } from '../../records/control-record.ts'
import type { AbortedTransaction } from '../transaction-index.ts'

type Ongoing = { readonly aborted: AbortedTransaction; hasData: boolean }

export class TransactionsSeen {
  /** Aborted transactions not reached yet, by first offset, the first last: taken from the end. */
  readonly #ahead: AbortedTransaction[]
  readonly #aborted = new Map<number, Ongoing>()
  /** Producers whose transaction commits and has data that was met. */
  readonly #committed = new Set<number>()
  /** Called for each aborted transaction whose marker has to stay for its data's sake: the cleaned segment's index needs it. */
  onAbortKept: ((aborted: AbortedTransaction) => void) | undefined

  /** `aborted`: those that overlap the offsets of the pass, and no others. */
  constructor(aborted: readonly AbortedTransaction[]) {
    this.#ahead = aborted.toSorted((a, b) => b.firstOffset - a.firstOffset)
  }

  /** Whether the data batch at `at` was aborted. Call for each transactional data batch, in order. */
  isAborted(bytes: Buffer, at: number): boolean {
    this.#reach(lastOffsetOf(bytes, at))
    const producerId = producerIdOf(bytes, at)
    const ongoing = this.#aborted.get(producerId)
    if (ongoing) ongoing.hasData = true
    else this.#committed.add(producerId)
    return ongoing !== undefined
  }

  /** Whether the control batch at `at` is not needed any more: no data of its transaction is left. Call for each, in order. */
  isSpent(bytes: Buffer, at: number): boolean {
    this.#reach(lastOffsetOf(bytes, at))
    const producerId = producerIdOf(bytes, at)
    const marker = readMarker(bytes, at)
    if (!marker) return true // emptied before
    if (!marker.isAbort) return !this.#committed.delete(producerId)
    const ongoing = this.#aborted.get(producerId)
    this.#aborted.delete(producerId)
    if (!ongoing?.hasData) return true
    this.onAbortKept?.(ongoing.aborted)
    return false
  }

  #reach(offset: number): void {
    for (let next = this.#ahead.at(-1); next && next.firstOffset <= offset; next = this.#ahead.at(-1)) {
      this.#ahead.pop()
      if (!this.#aborted.has(next.producerId)) this.#aborted.set(next.producerId, { aborted: next, hasData: false })
    }
  }
}
