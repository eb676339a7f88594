/** The engine's side of the contract: validates each input, runs the implementation, answers by code, and sends streams on credit. */

import { getDotPath, safeParse, type BaseIssue } from 'valibot'
import { CALLS_PER_WINDOW_MAX, STREAMS_PER_WINDOW_MAX } from '../../common/limits.ts'
import type { Logger } from '../../common/logger.ts'
import type { Call, Contract, InputOf, Method, OutputOf, StudioFailure } from '../contract/contract.ts'
import { decodeMessage, encodeMessage, type Encoded } from './codec.ts'
import type { Port } from './port.ts'
import { StudioError } from './studio-error.ts'
import { windowHead, type EngineHead, type WindowHead } from './wire.ts'

/** The sending end of a stream. Nothing queues in it: an item without credit is not sent, so the implementation keeps what it needs. */
export type Sink<Item> = {
  /** The reader has granted at least one item. */
  ready(): boolean
  /** Sends and takes one credit; false, with nothing sent, when there is none or the stream is over. */
  send(item: Item | Encoded<Item>): boolean
  /** Called each time credit arrives where there was none. One handler; called at once (in a microtask) when there is credit already. */
  onReady(run: () => void): void
  /** Called once when the stream is over, whoever ended it. Any number of handlers. */
  onClose(run: () => void): void
  /** Ends it: as planned, or with the reason. */
  end(failure?: StudioFailure): void
  readonly isOver: boolean
}

type MethodFunction<M> = M extends Call<any, any>
  ? (input: InputOf<M>) => OutputOf<M> | Encoded<OutputOf<M>> | Promise<OutputOf<M> | Encoded<OutputOf<M>>>
  : (input: InputOf<M>, sink: Sink<OutputOf<M>>) => void | Promise<void>

/** One function per method. A refusal is a thrown StudioError; anything else thrown is a bug: answered BUG and logged whole. */
export type Implementation<C extends Contract> = { readonly [A in keyof C]: { readonly [M in keyof C[A]]: MethodFunction<C[A][M]> } }

/** Serves `contract` on `port` until either side closes it; `stop` closes it. */
export function serveContract<C extends Contract>(
  contract: C, implementation: Implementation<C>, port: Port, options: { readonly logger: Logger },
): { stop(): void } {
  const session = new Session({ contract, implementation: implementation as any, port, logger: options.logger })
  port.onClose(() => session.disconnect())
  port.onMessage(bytes => session.receive(bytes))
  return { stop: () => port.close() }
}

type Functions = Readonly<Record<string, Readonly<Record<string, (input: unknown, sink?: Sink<unknown>) => unknown>>>>
type SessionParts = { readonly contract: Contract; readonly implementation: Functions; readonly port: Port; readonly logger: Logger }
type Message = WindowHead & { readonly payload: unknown }
type Opening = Extract<Message, { is: 'call' | 'open' }>

class Session {
  readonly #parts: SessionParts
  readonly #streams = new Map<number, SendStream>()
  #callCount = 0

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  receive(bytes: Uint8Array): void {
    const message = this.#read(bytes)
    if (!message) return this.#parts.port.close()
    switch (message.is) {
      case 'call': return void this.#call(message)
      case 'open': return this.#open(message)
      case 'grant': return this.#streams.get(message.id)?.grant(message.credit)
      case 'close': return this.#streams.get(message.id)?.close()
      default: message satisfies never
    }
  }

  disconnect(): void {
    for (const stream of this.#streams.values()) stream.close()
  }

  async #call(message: Opening): Promise<void> {
    const { id } = message
    if (this.#callCount >= CALLS_PER_WINDOW_MAX) return this.#post({ is: 'fail', id }, tooMany('calls'))
    this.#callCount++
    try {
      const { run, input } = this.#target(message, 'call')
      // null and undefined are one answer: MessagePack has no undefined.
      this.#post({ is: 'answer', id }, (await run(input)) ?? null)
    } catch (error) {
      this.#post({ is: 'fail', id }, this.#failureOf(error, message))
    } finally {
      this.#callCount--
    }
  }

  #open(message: Extract<Message, { is: 'open' }>): void {
    const { id } = message
    if (this.#streams.has(id)) return this.#parts.port.close()
    if (this.#streams.size >= STREAMS_PER_WINDOW_MAX) return this.#post({ is: 'end', id }, tooMany('streams'))
    const stream = new SendStream(message.credit, {
      post: (is, payload) => this.#post({ is, id }, payload),
      remove: () => this.#streams.delete(id),
      failureOf: error => this.#failureOf(error, message),
    })
    this.#streams.set(id, stream)
    void this.#run(stream, message)
  }

  async #run(stream: SendStream, message: Opening): Promise<void> {
    try {
      const { run, input } = this.#target(message, 'stream')
      await run(input, stream)
    } catch (error) {
      stream.end(this.#failureOf(error, message))
    }
  }

  /** The function and the validated input a message names, or a StudioError INVALID_INPUT. */
  #target(message: Opening, kind: Method['is']): { run: Functions[string][string]; input: unknown } {
    const { area, method } = message
    const declared = own(own(this.#parts.contract, area), method)
    const run = own(own(this.#parts.implementation, area), method)
    if (declared?.is !== kind || !run) throw new StudioError('INVALID_INPUT', `there is no ${kind} ${area}.${method}`)
    const parsed = safeParse(declared.input, message.payload)
    if (!parsed.success) throw new StudioError('INVALID_INPUT', `${area}.${method}: ${parsed.issues.slice(0, 5).map(sentence).join('; ')}`)
    return { run, input: parsed.output }
  }

  #failureOf(error: unknown, { area, method }: Opening): StudioFailure {
    if (error instanceof StudioError) return { code: error.code, message: error.message }
    this.#parts.logger.error(`a bug in ${area}.${method}`, { error })
    return { code: 'BUG', message: `${area}.${method} failed because of a bug in Millrace; the log has the details.` }
  }

  #post(head: EngineHead, payload: unknown): void {
    this.#parts.port.post(encodeMessage(head, payload))
  }

  #read(bytes: Uint8Array): Message | null {
    try {
      const { head, payload } = decodeMessage(bytes)
      const parsed = safeParse(windowHead, head)
      if (parsed.success) return { ...parsed.output, payload }
      this.#parts.logger.warn('a window sent a message of no known form; its port is closed', { issues: parsed.issues.map(sentence) })
    } catch (error) {
      this.#parts.logger.warn('a window sent bytes that are no message; its port is closed', { error })
    }
    return null
  }
}

type StreamOut = {
  post(is: 'item' | 'end', payload: unknown): void
  remove(): void
  failureOf(error: unknown): StudioFailure
}

class SendStream implements Sink<unknown> {
  readonly #out: StreamOut
  #credit: number
  #isOver = false
  #onReady: (() => void) | null = null
  #onClose: (() => void)[] = []

  constructor(credit: number, out: StreamOut) {
    this.#credit = credit
    this.#out = out
  }

  get isOver(): boolean {
    return this.#isOver
  }

  ready(): boolean {
    return this.#credit > 0 && !this.#isOver
  }

  send(item: unknown): boolean {
    if (!this.ready()) return false
    this.#credit--
    return this.#contain(() => this.#out.post('item', item))
  }

  onReady(run: () => void): void {
    this.#onReady = run
    if (this.ready()) queueMicrotask(() => this.#tellReady())
  }

  onClose(run: () => void): void {
    if (this.#isOver) queueMicrotask(run)
    else this.#onClose.push(run)
  }

  end(failure?: StudioFailure): void {
    if (this.#isOver) return
    this.#out.post('end', failure ? { code: failure.code, message: failure.message } : null)
    this.close()
  }

  grant(credit: number): void {
    const wasEmpty = this.#credit === 0
    this.#credit += credit
    if (wasEmpty) this.#tellReady()
  }

  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#out.remove()
    const handlers = this.#onClose
    this.#onClose = []
    for (const handler of handlers) this.#contain(handler)
  }

  #tellReady(): void {
    const run = this.#onReady
    if (run && this.ready()) this.#contain(run)
  }

  /** A bug in one stream ends that stream, not the port it shares with others. */
  #contain(run: () => void): boolean {
    try {
      run()
      return true
    } catch (error) {
      this.end(this.#out.failureOf(error))
      return false
    }
  }
}

function own<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record && Object.hasOwn(record, name) ? record[name] : undefined
}

function sentence(issue: BaseIssue<unknown>): string {
  return `${getDotPath(issue as Parameters<typeof getDotPath>[0]) ?? 'input'}: ${issue.message}`
}

function tooMany(what: string): StudioFailure {
  return { code: 'UNAVAILABLE', message: `This window has too many ${what} open at once; close some and try again.` }
}
