/** The last so many items of a series, and its subscribers: all that is kept first, then what is new; one that falls behind misses the oldest. */

import type { Sink } from './rpc/serve.ts'

export class RingFeed<T> {
  readonly #itemsMax: number
  #items: T[] = []
  /** The number of items that were added before the first one kept. */
  #dropped = 0
  readonly #readers = new Set<() => void>()

  constructor(itemsMax: number) {
    this.#itemsMax = itemsMax
  }

  get items(): readonly T[] {
    return this.#items
  }

  add(item: T): void {
    this.#items.push(item)
    if (this.#items.length > this.#itemsMax) {
      this.#items.shift()
      this.#dropped++
    }
  }

  /** Sends what was added to everyone who is ready for it: the owner calls it at its own pace. */
  flush(): void {
    for (const send of this.#readers) send()
  }

  get hasReaders(): boolean {
    return this.#readers.size > 0
  }

  subscribe(sink: Sink<readonly T[]>): void {
    let next = -1
    const send = (): void => {
      const end = this.#dropped + this.#items.length
      if (next === end) return
      const from = Math.max(0, next - this.#dropped)
      if (sink.send(this.#items.slice(from))) next = end
    }
    this.#readers.add(send)
    sink.onClose(() => this.#readers.delete(send))
    sink.onReady(send)
    send()
  }
}
