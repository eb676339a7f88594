/** A list that subscribers follow: a snapshot first, then what changed since each one's last item. Rows are computed once for all of them. */

import { ROWS_PER_ITEM_MAX } from '../common/limits.ts'
import type { ListItem } from './contract/contract.ts'
import type { Pulse } from './pulse.ts'
import type { Sink } from './rpc/serve.ts'
import { isSameValue } from './same-value.ts'

export class LiveList<Row> {
  readonly #pulse: Pulse
  readonly #keyOf: (row: Row) => string
  readonly #compute: () => Iterable<Row>
  readonly #readers = new Set<Reader<Row>>()
  #rows: ReadonlyMap<string, Row> = new Map()
  #stopPulse: (() => void) | null = null

  constructor(o: { readonly pulse: Pulse; readonly keyOf: (row: Row) => string; readonly compute: () => Iterable<Row> }) {
    this.#pulse = o.pulse
    this.#keyOf = o.keyOf
    this.#compute = o.compute
  }

  subscribe(sink: Sink<ListItem<Row>>): void {
    const reader = new Reader(sink)
    this.#readers.add(reader)
    this.#stopPulse ??= this.#pulse.on(() => this.#beat())
    sink.onClose(() => {
      this.#readers.delete(reader)
      if (this.#readers.size > 0) return
      this.#stopPulse?.()
      this.#stopPulse = null
      this.#rows = new Map()
    })
    this.#refresh()
    reader.send(this.#rows)
    // Credit that arrives between beats finishes what did not fit; a list that is complete waits for the beat.
    sink.onReady(() => { if (reader.isBehind) reader.send(this.#rows) })
  }

  #beat(): void {
    if (![...this.#readers].some(reader => reader.isReady)) return
    this.#refresh()
    for (const reader of this.#readers) reader.send(this.#rows)
  }

  /** A row that is equal to what it was stays the same object, so readers compare by identity. */
  #refresh(): void {
    const rows = new Map<string, Row>()
    for (const row of this.#compute()) {
      const key = this.#keyOf(row)
      const before = this.#rows.get(key)
      rows.set(key, before !== undefined && isSameValue(before, row) ? before : row)
    }
    this.#rows = rows
  }
}

class Reader<Row> {
  readonly #sink: Sink<ListItem<Row>>
  readonly #sent = new Map<string, Row>()
  #hasSnapshot = false
  /** Changes are known that found no credit. */
  isBehind = false

  constructor(sink: Sink<ListItem<Row>>) {
    this.#sink = sink
  }

  get isReady(): boolean {
    return this.#sink.ready()
  }

  send(rows: ReadonlyMap<string, Row>): void {
    for (;;) {
      const upserts: Row[] = []
      const keys: string[] = []
      for (const [key, row] of rows) {
        if (this.#sent.get(key) === row) continue
        upserts.push(row)
        keys.push(key)
        if (upserts.length === ROWS_PER_ITEM_MAX) break
      }
      const removed = this.#hasSnapshot ? [...this.#sent.keys()].filter(key => !rows.has(key)).slice(0, ROWS_PER_ITEM_MAX) : []
      this.isBehind = upserts.length + removed.length > 0 || !this.#hasSnapshot
      if (!this.isBehind || !this.#sink.send(this.#hasSnapshot ? { is: 'changes', upserts, removed } : { is: 'snapshot', rows: upserts })) return
      this.#hasSnapshot = true
      for (const key of removed) this.#sent.delete(key)
      for (const [index, key] of keys.entries()) this.#sent.set(key, upserts[index] as Row) // one key for each row
    }
  }
}
