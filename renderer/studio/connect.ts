/** The window's one connection to the engine: made, lost, made again; it lives outside React. */

import { studioContract, type StudioContract } from '../../core/studio/contract/index.ts'
import { connectContract, type Client } from '../../core/studio/rpc/connect.ts'
import type { Transport } from './transport.ts'

export type StudioClient = Client<StudioContract>

export type Connection =
  | { readonly is: 'connecting' }
  | { readonly is: 'connected'; readonly client: StudioClient; readonly since: number }
  /** `nextTryAt` is ms since the epoch; `since` when data stopped being live. */
  | { readonly is: 'lost'; readonly reason: string; readonly since: number; readonly nextTryAt: number }

const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 5000

export class StudioLink {
  readonly #transport: Transport
  readonly #listeners = new Set<() => void>()
  #state: Connection = { is: 'connecting' }
  #waitMs = FIRST_WAIT_MS
  #timer: ReturnType<typeof setTimeout> | undefined
  #isStopped = false
  #close: (() => void) | null = null

  constructor(transport: Transport) {
    this.#transport = transport
  }

  get state(): Connection {
    return this.#state
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(): void {
    this.#isStopped = false
    void this.#connect()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#close?.()
  }

  /** Does not wait for the next try. */
  retryNow(): void {
    if (this.#state.is !== 'lost') return
    clearTimeout(this.#timer)
    void this.#connect()
  }

  async #connect(): Promise<void> {
    try {
      const port = await this.#transport()
      if (this.#isStopped) return port.close()
      this.#close = () => port.close()
      port.onClose(() => this.#lose('The engine closed the connection.'))
      this.#change({ is: 'connected', client: connectContract(studioContract, port), since: Date.now() })
      this.#waitMs = FIRST_WAIT_MS
    } catch (error) {
      this.#lose(error instanceof Error ? error.message : String(error))
    }
  }

  #lose(reason: string): void {
    if (this.#isStopped) return
    this.#close = null
    const since = this.#state.is === 'lost' ? this.#state.since : Date.now()
    this.#change({ is: 'lost', reason, since, nextTryAt: Date.now() + this.#waitMs })
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#connect(), this.#waitMs)
    this.#waitMs = Math.min(LONGEST_WAIT_MS, this.#waitMs * 2)
  }

  #change(state: Connection): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}
