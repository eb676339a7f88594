/**
 * The transactions open in a partition. A new one begins after all that are open, so a list linked in that order knows the first at any
 * time, adds and removes in one step, and holds nothing of those that ended.
 */

import { assert } from '../common/assert.ts'

type Open = { readonly firstOffset: number; before: Open | undefined; after: Open | undefined }

export class OpenTransactions {
  #byFirstOffset = new Map<number, Open>()
  #first: Open | undefined
  #last: Open | undefined

  get count(): number {
    return this.#byFirstOffset.size
  }

  /** Where the earliest begins; undefined when none is open. */
  get firstOffset(): number | undefined {
    return this.#first?.firstOffset
  }

  /** `firstOffset` is above all that were added. */
  add(firstOffset: number): void {
    assert(!this.#last || this.#last.firstOffset < firstOffset, 'transactions open in the order of their offsets')
    const open: Open = { firstOffset, before: this.#last, after: undefined }
    if (this.#last) this.#last.after = open
    else this.#first = open
    this.#last = open
    this.#byFirstOffset.set(firstOffset, open)
  }

  remove(firstOffset: number): void {
    const open = this.#byFirstOffset.get(firstOffset)
    if (!open) return
    this.#byFirstOffset.delete(firstOffset)
    if (open.before) open.before.after = open.after
    else this.#first = open.after
    if (open.after) open.after.before = open.before
    else this.#last = open.before
  }
}
