/**
 * A list that subscribers follow: a snapshot first, then what changed since each one's last item. Rows are computed once for all of them,
 * and a row that is the same object as before costs one comparison: lists are long, and most of them stands still.
 */

import { ROWS_PER_ITEM_MAX } from '../common/limits.ts'
import type { ListItem } from './contract/contract.ts'
import type { Pulse } from './pulse.ts'
import type { Sink } from './rpc/serve.ts'
import { isSameValue } from './same-value.ts'

/** A list that weighs more is computed once a second only. */
const WEIGHT_AT_ONCE = 1000
const BEATS_OF_LONG = 4

export class LiveList<Row> {
  readonly #pulse: Pulse
  readonly #keyOf: (row: Row) => string
  readonly #compute: () => Iterable<Row>
  readonly #weight: () => number
  readonly #readers = new Set<Reader<Row>>()
  /** As computed last, and by key. A row that is equal to what it was stays the same object. */
  #computed: readonly Row[] = []
  #rows: ReadonlyMap<string, Row> = new Map()
  #beats = 0
  #stopPulse: (() => void) | null = null

  constructor(o: {
    readonly pulse: Pulse
    readonly keyOf: (row: Row) => string
    readonly compute: () => Iterable<Row>
    /** What computing it costs, in rows: their number unless told. */
    readonly weight?: () => number
  }) {
    this.#pulse = o.pulse
    this.#keyOf = o.keyOf
    this.#compute = o.compute
    this.#weight = o.weight ?? (() => this.#rows.size)
  }

  subscribe(sink: Sink<ListItem<Row>>): void {
    this.#stopPulse ??= this.#pulse.on(() => this.#beat())
    this.#refresh()
    const reader = new Reader(sink, this.#rows.keys())
    this.#readers.add(reader)
    sink.onClose(() => {
      this.#readers.delete(reader)
      if (this.#readers.size > 0) return
      this.#stopPulse?.()
      this.#stopPulse = null
      this.#rows = new Map()
      this.#computed = []
    })
    reader.send(this.#rows)
    // Credit that arrives between beats finishes what did not fit; a list that is complete waits for the beat.
    sink.onReady(() => { if (reader.isBehind) reader.send(this.#rows) })
  }

  #beat(): void {
    if (this.#weight() > WEIGHT_AT_ONCE && ++this.#beats % BEATS_OF_LONG !== 0) return
    if (![...this.#readers].some(reader => reader.isReady)) return
    this.#refresh()
    for (const reader of this.#readers) reader.send(this.#rows)
  }

  #refresh(): void {
    const computed = [...this.#compute()]
    const before = this.#computed
    if (computed.length === before.length && computed.every((row, at) => row === before[at])) return
    const rows = new Map<string, Row>()
    this.#computed = computed
    for (const row of computed) {
      const key = this.#keyOf(row)
      const known = this.#rows.get(key)
      if (known !== undefined && (known === row || isSameValue(known, row))) {
        rows.set(key, known)
        continue
      }
      rows.set(key, row)
      for (const reader of this.#readers) reader.changed(key)
    }
    for (const key of this.#rows.keys()) if (!rows.has(key)) for (const reader of this.#readers) reader.removed(key)
    this.#rows = rows
  }
}

class Reader<Row> {
  readonly #sink: Sink<ListItem<Row>>
  /** Keys of rows to be sent, and of rows that were sent and are gone. */
  readonly #changed: Set<string>
  readonly #removed = new Set<string>()
  #hasSnapshot = false

  constructor(sink: Sink<ListItem<Row>>, keys: Iterable<string>) {
    this.#sink = sink
    this.#changed = new Set(keys)
  }

  get isReady(): boolean {
    return this.#sink.ready()
  }

  /** Changes are known that found no credit. */
  get isBehind(): boolean {
    return !this.#hasSnapshot || this.#changed.size > 0 || this.#removed.size > 0
  }

  changed(key: string): void {
    this.#changed.add(key)
    this.#removed.delete(key)
  }

  removed(key: string): void {
    this.#changed.delete(key)
    this.#removed.add(key)
  }

  send(rows: ReadonlyMap<string, Row>): void {
    while (this.isBehind) {
      const keys = firstOf(this.#changed)
      const upserts = keys.map(key => rows.get(key) as Row) // a changed key that goes is taken out of the set
      const removed = this.#hasSnapshot ? firstOf(this.#removed) : []
      if (!this.#sink.send(this.#hasSnapshot ? { is: 'changes', upserts, removed } : { is: 'snapshot', rows: upserts })) return
      this.#hasSnapshot = true
      for (const key of keys) this.#changed.delete(key)
      for (const key of removed) this.#removed.delete(key)
    }
  }
}

function firstOf(keys: ReadonlySet<string>): string[] {
  const first: string[] = []
  for (const key of keys) if (first.push(key) === ROWS_PER_ITEM_MAX) break
  return first
}
