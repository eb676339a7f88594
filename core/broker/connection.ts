/** One client connection: frames in, answers out, strictly in order; at most one request under way, as in Kafka. */

import type { Socket } from 'node:net'
import type { Clock } from '../common/clock.ts'
import { IN_FLIGHT_BYTES_MAX, SOCKET_QUEUE_BYTES_MAX } from '../common/limits.ts'
import type { Logger } from '../common/logger.ts'
import { FrameError } from '../protocol/frame-error.ts'
import type { Advertised } from './addresses.ts'
import { FrameReader } from './frame-reader.ts'
import { Counters } from './taps.ts'

export type ConnectionInfo = {
  readonly id: number
  readonly host: string
  readonly port: number
  /** Milliseconds since the epoch. */
  readonly connectedAt: number
  readonly advertised: Advertised
  /** Which of the broker's listeners it came in by, from 0. */
  readonly listener: number
  /** The broker whose port it is. */
  readonly brokerId: number
  readonly counters: Counters
  clientId: string | null
  /** From ApiVersions 3+ (KIP-511); empty for older clients. */
  software: string
  softwareVersion: string
  /** Calls `run` once when the connection is gone; returns the unregister. */
  onGone(run: () => void): () => void
  /** Ends the connection with one log line that says why. */
  close(reason: string): void
}

/** What a frame is answered with: buffers to write, and what to do once they are written; null for no answer. */
export type Reply = { readonly buffers: readonly Buffer[]; readonly written: (() => void) | undefined }
export type Dispatch = (frame: Buffer, connection: ConnectionInfo) => Reply | null | Promise<Reply | null>

/** Bytes of requests held by all connections: beyond the budget a connection does not start another frame. */
export type InFlight = { bytes: number }

/** Frames a connection may have waiting behind the one under way before its socket is paused. */
const WAITING_FRAMES_MAX = 16
/** Bytes of requests a connection may hold when others hold more than the broker may: they must not cost it its connection. */
const HELD_BYTES_ALWAYS = 64 * 1024
/** How long an ended connection has to send what is queued: a peer that does not read must not hold up a stop. */
const END_MS = 500

export class Connection implements ConnectionInfo {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly connectedAt: number
  readonly advertised: Advertised
  readonly listener: number
  readonly brokerId: number
  readonly counters = new Counters()
  clientId: string | null = null
  software = ''
  softwareVersion = ''
  lastActiveAt: number

  readonly #socket: Socket
  readonly #dispatch: Dispatch
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #inFlight: InFlight
  readonly #reader: FrameReader
  readonly #gone = new Set<() => void>()
  #waiting: Buffer[] = []
  #held = 0
  /** Bytes of the frame whose answer takes time. They count until it has one, also when the peer has gone: a batch may wait for its turn. */
  #underWay = 0
  #isBusy = false
  #isClosed = false

  constructor(options: {
    readonly id: number
    readonly socket: Socket
    readonly advertised: Advertised
    /** The first unless told. */
    readonly listener?: number
    readonly brokerId: number
    readonly dispatch: Dispatch
    readonly clock: Clock
    readonly logger: Logger
    readonly inFlight: InFlight
    /** Kafka's default unless told. */
    readonly frameBytesMax?: number
  }) {
    const { id, socket, advertised, listener = 0, brokerId, dispatch, clock, logger, inFlight, frameBytesMax } = options
    this.id = id
    this.host = socket.remoteAddress?.replace(/^::ffff:/, '') ?? ''
    this.port = socket.remotePort ?? 0
    this.connectedAt = clock.now()
    this.lastActiveAt = clock.elapsed()
    this.advertised = advertised
    this.listener = listener
    this.brokerId = brokerId
    this.#socket = socket
    this.#dispatch = dispatch
    this.#clock = clock
    this.#logger = logger
    this.#inFlight = inFlight
    this.#reader = new FrameReader(frameBytesMax)
    socket.setNoDelay(true)
    socket.on('data', chunk => this.#receive(chunk))
    socket.on('error', () => {}) // 'close' follows and does the work; a reset peer is not our error.
    socket.on('close', () => this.#end())
    socket.on('drain', () => this.#pump())
  }

  onGone(run: () => void): () => void {
    if (this.#isClosed) queueMicrotask(run)
    this.#gone.add(run)
    return () => void this.#gone.delete(run)
  }

  close(reason: string): void {
    if (this.#isClosed) return
    this.#logger.warn('a connection was closed', { peer: `${this.host}:${this.port}`, client: this.clientId, reason })
    this.#socket.destroy()
    this.#end()
  }

  /** Ends without a log line: the broker stops, or the connection was idle. */
  end(): void {
    // Half closed first: destroyed with bytes unread it would reset the peer, who would lose answers that are on their way.
    this.#socket.end()
    this.#socket.resume()
    const timer = this.#clock.after(END_MS, () => this.#socket.destroy())
    this.#socket.once('close', () => timer.cancel())
    this.#end()
  }

  get isIdle(): boolean {
    return !this.#isBusy && this.#waiting.length === 0
  }

  #receive(chunk: Buffer): void {
    if (this.#isClosed) return
    this.lastActiveAt = this.#clock.elapsed()
    try {
      this.#reader.push(chunk, frame => this.#waiting.push(frame))
    } catch (fault) {
      return this.#fault(fault)
    }
    this.#account()
    this.#pump()
    if (this.#held > HELD_BYTES_ALWAYS && this.#inFlight.bytes > 2 * IN_FLIGHT_BYTES_MAX) this.close(`requests under way hold ${this.#inFlight.bytes} bytes, more than the broker may`)
  }

  /** Answers what waits, in order, until one answer takes time or the socket is full. */
  #pump(): void {
    if (this.#isBusy || this.#isClosed) return
    this.#socket.cork()
    while (this.#waiting.length > 0 && !this.#isBusy && !this.#isClosed && this.#socket.writableLength < SOCKET_QUEUE_BYTES_MAX) {
      const frame = this.#waiting.shift()
      if (frame) this.#answer(frame)
    }
    this.#socket.uncork()
    this.#account()
    this.#throttle()
  }

  #answer(frame: Buffer): void {
    try {
      const reply = this.#dispatch(frame, this)
      if (!(reply instanceof Promise)) return this.#write(reply)
      this.#isBusy = true
      // By its length only: a parked fetch must not keep its frame.
      const { length } = frame
      this.#underWay = length
      this.#inFlight.bytes += length
      reply.then(later => this.#write(later), (fault: unknown) => this.#fault(fault)).finally(() => {
        this.#isBusy = false
        this.#underWay = 0
        this.#inFlight.bytes -= length
        this.#pump()
      })
    } catch (fault) {
      this.#fault(fault)
    }
  }

  #write(reply: Reply | null): void {
    if (!reply) return
    const { buffers, written } = reply
    if (this.#isClosed) return written?.()
    const last = buffers.length - 1
    this.#socket.cork()
    for (let at = 0; at < last; at++) this.#socket.write(buffers[at] ?? '')
    this.#socket.write(buffers[last] ?? '', written && (() => written()))
    this.#socket.uncork()
  }

  /** A peer's fault costs its connection and one line; a fault of ours too, with the stack: the broker goes on. */
  #fault(fault: unknown): void {
    if (fault instanceof FrameError) return this.close(fault.message)
    this.#logger.error('a request failed by a fault of the broker; its connection is closed', { peer: `${this.host}:${this.port}`, client: this.clientId, cause: fault })
    this.#socket.destroy()
    this.#end()
  }

  #throttle(): void {
    const isFull = this.#waiting.length >= WAITING_FRAMES_MAX || this.#socket.writableLength >= SOCKET_QUEUE_BYTES_MAX
    const isOverBudget = this.#inFlight.bytes > IN_FLIGHT_BYTES_MAX && this.#reader.bufferedBytes === 0
    const shouldPause = isFull || (isOverBudget && this.#held + this.#underWay > 0)
    if (shouldPause && !this.#socket.isPaused()) this.#socket.pause()
    else if (!shouldPause && this.#socket.isPaused()) this.#socket.resume()
  }

  #account(): void {
    let held = this.#reader.bufferedBytes
    for (const frame of this.#waiting) held += frame.length
    this.#inFlight.bytes += held - this.#held
    this.#held = held
  }

  #end(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#waiting = []
    this.#inFlight.bytes -= this.#held
    this.#held = 0
    for (const run of this.#gone) run()
    this.#gone.clear()
  }
}
