/**
 * Live data outside React: each stream of the contract fills one store, however many components read it. At most one commit a frame;
 * a hidden document reads nothing, and showing it again asks for a snapshot; when the connection goes, the last data stays and says its
 * age.
 */

import type { ListItem, StudioFailure } from '../../core/studio/contract/contract.ts'
import type { StreamHandlers, Subscription } from '../../core/studio/rpc/connect.ts'
import type { StudioClient, StudioLink } from './connect.ts'

/** `value` is the last data; `isStale` when it is not live any more, `at` when it last changed (ms since the epoch). */
export type Live<Value> =
  | { readonly is: 'waiting' }
  | { readonly is: 'here'; readonly value: Value; readonly isStale: boolean; readonly at: number }
  | { readonly is: 'failed'; readonly failure: StudioFailure }

/** A stream and how its items make a value. `fold` gets null for the first item after each (re)subscription. */
export type LiveStream<Input, Item, Value> = {
  readonly id: string
  readonly open: (client: StudioClient, input: Input, handlers: StreamHandlers<Item>) => Subscription
  readonly fold: (value: Value | null, item: Item) => Value
}

/** A stream whose last item is the value. */
export function latest<Input, Item>(id: string, open: LiveStream<Input, Item, Item>['open']): LiveStream<Input, Item, Item> {
  return { id, open, fold: (_, item) => item }
}

/** A list kept up to date: its value is the rows, in the order they came. */
export function list<Input, Row>(
  id: string,
  keyOf: (row: Row) => string,
  open: LiveStream<Input, ListItem<Row>, readonly Row[]>['open'],
): LiveStream<Input, ListItem<Row>, readonly Row[]> {
  return { id, open, fold: (rows, item) => foldList(rows, item, keyOf) }
}

/** The rows after a snapshot or changes: rows keep their place, new ones come last. */
export function foldList<Row>(rows: readonly Row[] | null, item: ListItem<Row>, keyOf: (row: Row) => string): readonly Row[] {
  if (item.is === 'snapshot') return item.rows
  const upserts = new Map(item.upserts.map(row => [keyOf(row), row]))
  const removed = new Set(item.removed)
  const kept = (rows ?? [])
    .filter(row => !removed.has(keyOf(row)))
    .map(row => {
      const next = upserts.get(keyOf(row))
      upserts.delete(keyOf(row))
      return next ?? row
    })
  return [...kept, ...upserts.values()]
}

const CLOSE_AFTER_MS = 2000

/** One subscription shared by all its readers; kept for 2 s after the last one leaves, so that going from screen to screen keeps data. */
export class LiveStore<Input, Item, Value> {
  readonly #stream: LiveStream<Input, Item, Value>
  readonly #input: Input
  readonly #owner: LiveStores
  readonly #readers = new Set<() => void>()
  #shown: Live<Value> = { is: 'waiting' }
  #next: Live<Value> = { is: 'waiting' }
  #folded: { readonly value: Value } | null = null
  #subscription: Subscription | null = null
  #idle: ReturnType<typeof setTimeout> | undefined

  constructor(stream: LiveStream<Input, Item, Value>, input: Input, owner: LiveStores) {
    this.#stream = stream
    this.#input = input
    this.#owner = owner
  }

  readonly read = (): Live<Value> => this.#shown

  readonly subscribe = (reader: () => void): (() => void) => {
    clearTimeout(this.#idle)
    this.#readers.add(reader)
    this.sync()
    return () => {
      this.#readers.delete(reader)
      if (this.#readers.size === 0)
        this.#idle = setTimeout(() => {
          this.#unsubscribe()
          this.#owner.forget(this)
        }, CLOSE_AFTER_MS)
    }
  }

  /** Opens or closes the subscription as connection, visibility and readers want it. */
  sync(): void {
    const client = this.#owner.client()
    if (!client) {
      this.#subscription = null
      if (this.#next.is === 'here') this.#set({ ...this.#next, isStale: true })
      return
    }
    if (!this.#owner.isVisible()) return this.#unsubscribe()
    if (this.#subscription || this.#readers.size === 0) return
    this.#folded = null
    this.#subscription = this.#stream.open(client, this.#input, { onItem: item => this.#take(item), onEnd: failure => this.#end(failure) })
  }

  commit(): void {
    if (this.#shown === this.#next) return
    this.#shown = this.#next
    for (const reader of this.#readers) reader()
  }

  /** A lost connection is for the whole window to say; any other end belongs to this stream. */
  #end(failure: StudioFailure | null): void {
    this.#subscription = null
    if (failure && failure.code !== 'DISCONNECTED') this.#set({ is: 'failed', failure })
    else if (this.#next.is === 'here') this.#set({ ...this.#next, isStale: true })
  }

  #take(item: Item): void {
    const value = this.#stream.fold(this.#folded?.value ?? null, item)
    this.#folded = { value }
    this.#set({ is: 'here', value, isStale: false, at: Date.now() })
  }

  #set(next: Live<Value>): void {
    this.#next = next
    this.#owner.schedule(this)
  }

  #unsubscribe(): void {
    this.#subscription?.close()
    this.#subscription = null
  }
}

type AnyStore = { sync(): void; commit(): void }

/** The stores of one window, by stream and input. */
export class LiveStores {
  readonly #link: StudioLink
  readonly #stores = new Map<string, AnyStore>()
  readonly #changed = new Set<AnyStore>()
  #client: StudioClient | null = null
  #isScheduled = false

  constructor(link: StudioLink) {
    this.#link = link
    link.subscribe(() => this.#onLink())
    this.#onLink()
    document.addEventListener('visibilitychange', () => this.#syncAll())
  }

  client(): StudioClient | null {
    return this.#client
  }

  isVisible(): boolean {
    return document.visibilityState === 'visible'
  }

  store<Input, Item, Value>(stream: LiveStream<Input, Item, Value>, input: Input): LiveStore<Input, Item, Value> {
    const key = `${stream.id} ${JSON.stringify(input, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))}`
    const known = this.#stores.get(key)
    // A key begins with the stream's own id, so what is stored under it has that stream's types.
    if (known) return known as unknown as LiveStore<Input, Item, Value>
    const store = new LiveStore(stream, input, this)
    this.#stores.set(key, store)
    return store
  }

  forget(store: AnyStore): void {
    for (const [key, other] of this.#stores) if (other === store) this.#stores.delete(key)
  }

  /** All stores that changed since the last frame commit together, in one frame. */
  schedule(store: AnyStore): void {
    this.#changed.add(store)
    if (this.#isScheduled) return
    this.#isScheduled = true
    requestAnimationFrame(() => {
      this.#isScheduled = false
      const changed = [...this.#changed]
      this.#changed.clear()
      for (const other of changed) other.commit()
    })
  }

  #onLink(): void {
    const { state } = this.#link
    const client = state.is === 'connected' ? state.client : null
    if (client === this.#client) return
    this.#client = client
    this.#syncAll()
  }

  #syncAll(): void {
    for (const store of this.#stores.values()) store.sync()
  }
}
