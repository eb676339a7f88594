/** The window's side of the contract: typed calls and subscriptions over any port. */

import type * as v from 'valibot'
import { safeParse } from 'valibot'
import { STREAM_CREDIT_ITEMS } from '../../common/limits.ts'
import type { Call, Contract, Method, OutputOf, Stream, StudioFailure } from '../contract/contract.ts'
import { CodecError, decodeMessage, encodeMessage, fits64Bits } from './codec.ts'
import type { Port } from './port.ts'
import { StudioError } from './studio-error.ts'
import { engineHead, failure, type EngineHead, type WindowHead } from './wire.ts'

/** What a caller passes: properties with a default may be left out. */
export type SentOf<M> = M extends Call<infer I, any> ? v.InferInput<I> : M extends Stream<infer I, any> ? v.InferInput<I> : never

export type StreamHandlers<Item> = {
  onItem(item: Item): void
  /** Called once, with null when the engine ended it as planned; never after `close()`. */
  onEnd(failure: StudioFailure | null): void
}

export type Subscription = {
  /** Ends it; no handler is called afterwards. */
  close(): void
  /** No item is delivered and no credit granted until `resume`; the engine keeps position and counters. */
  pause(): void
  resume(): void
}

type ClientMethod<M> = M extends Call<any, any>
  ? (input: SentOf<M>) => Promise<OutputOf<M>>
  : { subscribe(input: SentOf<M>, handlers: StreamHandlers<OutputOf<M>>): Subscription }

/** `client.topics.create(input)` is a promise that rejects with StudioError; `client.topics.list.subscribe(input, handlers)` a stream. */
export type Client<C extends Contract> = { readonly [A in keyof C]: { readonly [M in keyof C[A]]: ClientMethod<C[A][M]> } }

/** A client of `contract` over `port`. When the port closes, pending calls reject and streams end with DISCONNECTED. */
export function connectContract<C extends Contract>(contract: C, port: Port): Client<C> {
  const connection = new Connection(port)
  const area = (name: string, methods: Readonly<Record<string, Method>>): Record<string, unknown> =>
    Object.fromEntries(Object.entries(methods).map(([method, { is }]) => [method, is === 'call'
      ? (input: unknown) => connection.call(name, method, input)
      : { subscribe: (input: unknown, handlers: StreamHandlers<unknown>) => connection.subscribe({ area: name, method, input }, handlers) }]))
  return Object.fromEntries(Object.entries(contract).map(([name, methods]) => [name, area(name, methods)])) as any
}

const DISCONNECTED = { code: 'DISCONNECTED', message: 'The connection to the engine was lost; the window reconnects when it is back.' }

type Pending = { resolve(output: unknown): void; reject(error: StudioError): void }

class Connection {
  readonly #port: Port
  readonly #calls = new Map<number, Pending>()
  readonly #streams = new Map<number, ReadStream>()
  #lastId = 0
  #isClosed = false

  constructor(port: Port) {
    this.#port = port
    port.onClose(() => this.#disconnect())
    port.onMessage(bytes => this.#receive(bytes))
  }

  call(area: string, method: string, input: unknown): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(studioError(DISCONNECTED))
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId
      const bytes = encodeInput({ is: 'call', id, area, method }, input)
      this.#calls.set(id, { resolve, reject })
      this.#port.post(bytes)
    })
  }

  subscribe(target: { area: string; method: string; input: unknown }, handlers: StreamHandlers<unknown>): Subscription {
    const id = ++this.#lastId
    const stream = new ReadStream(handlers, {
      grant: credit => this.#post({ is: 'grant', id, credit }),
      close: () => { if (this.#streams.delete(id)) this.#post({ is: 'close', id }) },
    })
    if (this.#isClosed) queueMicrotask(() => stream.end(DISCONNECTED))
    else {
      const bytes = encodeInput({ is: 'open', id, area: target.area, method: target.method, credit: STREAM_CREDIT_ITEMS }, target.input)
      this.#streams.set(id, stream)
      this.#port.post(bytes)
    }
    return stream
  }

  #post(head: WindowHead): void {
    if (!this.#isClosed) this.#port.post(encodeMessage(head, null))
  }

  #receive(bytes: Uint8Array): void {
    const message = readMessage(bytes)
    if (!message) return this.#port.close()
    const { is, id, payload } = message
    if (is === 'item') return this.#streams.get(id)?.take(payload)
    if (is === 'end') {
      const stream = this.#streams.get(id)
      this.#streams.delete(id)
      return stream?.end(payload === null ? null : failureOf(payload))
    }
    const pending = this.#calls.get(id)
    this.#calls.delete(id)
    if (is === 'answer') pending?.resolve(payload)
    else pending?.reject(studioError(failureOf(payload)))
  }

  #disconnect(): void {
    this.#isClosed = true
    const calls = [...this.#calls.values()]
    const streams = [...this.#streams.values()]
    this.#calls.clear()
    this.#streams.clear()
    for (const pending of calls) pending.reject(studioError(DISCONNECTED))
    for (const stream of streams) stream.end(DISCONNECTED)
  }
}

/** The reading end of a stream: grants credit as items are taken, holds what is under way (at most the credit) while paused. */
class ReadStream implements Subscription {
  readonly #handlers: StreamHandlers<unknown>
  readonly #engine: { grant(credit: number): void; close(): void }
  #held: unknown[] = []
  #owed = 0
  #isPaused = false
  #isOver = false
  #ending: { reason: StudioFailure | null } | null = null

  constructor(handlers: StreamHandlers<unknown>, engine: { grant(credit: number): void; close(): void }) {
    this.#handlers = handlers
    this.#engine = engine
  }

  take(item: unknown): void {
    if (this.#isOver) return
    if (this.#isPaused || this.#held.length > 0) this.#held.push(item)
    else this.#deliver(item)
  }

  end(reason: StudioFailure | null): void {
    if (this.#isOver || this.#ending) return
    this.#ending = { reason }
    if (this.#held.length === 0) this.#finish()
  }

  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#held = []
    this.#engine.close()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    while (this.#held.length > 0 && !this.#isPaused && !this.#isOver) this.#deliver(this.#held.shift())
    if (this.#isPaused || this.#isOver) return
    if (this.#ending) this.#finish()
    else this.#repay(1)
  }

  #deliver(item: unknown): void {
    this.#owed++
    try {
      this.#handlers.onItem(item)
    } finally {
      this.#repay(STREAM_CREDIT_ITEMS / 2)
    }
  }

  /** Grants what was taken, in twos: half the messages, and the engine still has credit while they travel. */
  #repay(atLeast: number): void {
    if (this.#isPaused || this.#isOver || this.#ending || this.#owed < atLeast) return
    const credit = this.#owed
    this.#owed = 0
    this.#engine.grant(credit)
  }

  #finish(): void {
    if (this.#isOver || !this.#ending) return
    this.#isOver = true
    this.#handlers.onEnd(this.#ending.reason)
  }
}

function encodeInput(head: WindowHead, input: unknown): Uint8Array {
  if (!fits64Bits(input)) throw new StudioError('INVALID_INPUT', 'A number of the input is outside 64 bits.')
  try {
    return encodeMessage(head, input)
  } catch (error) {
    if (error instanceof CodecError) throw new StudioError('INVALID_INPUT', error.message, { cause: error })
    throw error
  }
}

function readMessage(bytes: Uint8Array): (EngineHead & { readonly payload: unknown }) | null {
  try {
    const { head, payload } = decodeMessage(bytes)
    const parsed = safeParse(engineHead, head)
    return parsed.success ? { ...parsed.output, payload } : null
  } catch {
    // Not a message: the caller closes the port, and every reader learns it as DISCONNECTED.
    return null
  }
}

function failureOf(payload: unknown): StudioFailure {
  const parsed = safeParse(failure, payload)
  return parsed.success ? parsed.output : { code: 'BUG', message: 'The engine gave no reason.' }
}

function studioError(reason: StudioFailure): StudioError {
  return new StudioError(reason.code, reason.message)
}
