/**
 * A network in memory: pairs of sockets whose bytes come late, cut up or run together, or not at all, as a seed says. Bytes are taken
 * from the writer's buffers when they leave, not when they are written, as a kernel does: a buffer given back too early is seen.
 */

import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { Bind, Bound } from '../../core/broker/listener.ts'
import type { Advertised, ListenerAddress } from '../../core/broker/addresses.ts'
import type { Clock, Timer } from '../../core/common/clock.ts'
import type { Random } from '../../core/common/random.ts'

/** As Node's: a writer is told to wait above it. */
const HIGH_WATER_BYTES = 16 * 1024
const DELAY_MS_MAX = 12

type Written = { readonly bytes: Uint8Array; at: number; readonly done: (() => void) | undefined }

/** One end. Has of Node's Socket what the broker uses. */
export class SimulatedSocket extends EventEmitter {
  readonly remoteAddress = '127.0.0.1'
  readonly remotePort: number
  readonly #network: SimulatedNetwork
  #peer: SimulatedSocket | undefined
  #queue: Written[] = []
  #queued = 0
  #inbox: Buffer[] = []
  #timer: Timer | undefined
  #isPaused = false
  #isEnding = false
  #needsDrain = false
  #isDestroyed = false

  constructor(network: SimulatedNetwork, remotePort: number) {
    super()
    this.#network = network
    this.remotePort = remotePort
  }

  join(peer: SimulatedSocket): void {
    this.#peer = peer
  }

  get writableLength(): number {
    return this.#queued
  }

  get isDestroyed(): boolean {
    return this.#isDestroyed
  }

  setNoDelay(): void {}
  cork(): void {}
  uncork(): void {}

  isPaused(): boolean {
    return this.#isPaused
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    queueMicrotask(() => this.#read())
  }

  write(bytes: Uint8Array | string, done?: () => void): boolean {
    const written = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
    if (this.#isDestroyed || this.#isEnding) {
      if (done) queueMicrotask(done)
      return false
    }
    this.#queue.push({ bytes: written, at: 0, done })
    this.#queued += written.length
    this.#needsDrain = this.#queued >= HIGH_WATER_BYTES
    this.#sendLater()
    return !this.#needsDrain
  }

  #sendLater(): void {
    this.#timer ??= this.#network.clock.after(this.#network.random.below(DELAY_MS_MAX), () => this.#send())
  }

  /** Some of what waits leaves: all of it, or up to a random byte. */
  #send(): void {
    this.#timer = undefined
    const { random } = this.#network
    let allowance = random.below(3) === 0 ? 1 + random.below(Math.max(1, this.#queued)) : Infinity
    const pieces: Uint8Array[] = []
    const done: (() => void)[] = []
    for (let next = this.#queue[0]; next && allowance > 0; next = this.#queue[0]) {
      const piece = next.bytes.subarray(next.at, Math.min(next.bytes.length, next.at + allowance))
      pieces.push(piece)
      allowance -= piece.length
      next.at += piece.length
      this.#queued -= piece.length
      if (next.at < next.bytes.length) break
      if (next.done) done.push(next.done)
      this.#queue.shift()
    }
    this.#peer?.arrive(Buffer.concat(pieces))
    for (const run of done) run()
    if (this.#queue.length > 0) this.#sendLater()
    else this.#emptied()
  }

  #emptied(): void {
    if (this.#isEnding) return this.destroy()
    if (!this.#needsDrain) return
    this.#needsDrain = false
    this.emit('drain')
  }

  arrive(bytes: Buffer): void {
    if (this.#isDestroyed) return
    this.#inbox.push(bytes)
    this.#read()
  }

  #read(): void {
    if (this.#isPaused || this.#isDestroyed || this.#inbox.length === 0) return
    const bytes = this.#inbox.length === 1 ? this.#inbox[0] : Buffer.concat(this.#inbox)
    this.#inbox = []
    this.emit('data', bytes)
  }

  /** Closes when what was written has left, as the other end closes when it hears of that. */
  end(): void {
    this.#isEnding = true
    if (this.#queue.length === 0) this.destroy()
  }

  /** Closes now; the other end hears of it later. */
  destroy(): void {
    if (this.#isDestroyed) return
    this.#isDestroyed = true
    this.#timer?.cancel()
    const lost = this.#queue.splice(0)
    this.#queued = 0
    queueMicrotask(() => {
      for (const { done } of lost) done?.()
      this.emit('close')
    })
    const peer = this.#peer
    if (peer && !peer.isDestroyed) this.#network.clock.after(this.#network.random.below(DELAY_MS_MAX), () => peer.destroy())
  }

  /** The process that held this end is gone: nothing more happens here, and the other end is reset. */
  die(): void {
    this.removeAllListeners()
    this.destroy()
  }
}

type Accept = Parameters<Bind>[1]
type Server = { readonly accept: Accept; readonly advertised: Advertised; readonly sockets: Set<SimulatedSocket>; isClosing: boolean; closed: () => void }

export class SimulatedNetwork {
  readonly clock: Clock
  readonly random: Random
  #server: Server | undefined
  #nextPort = 40_000

  constructor(clock: Clock, random: Random) {
    this.clock = clock
    this.random = random
  }

  /** What a broker listens with. */
  readonly bind: Bind = async (address: ListenerAddress, accept: Accept): Promise<Bound> => {
    const advertised = { host: address.advertisedHost, port: address.port }
    const server: Server = { accept, advertised, sockets: new Set(), isClosing: false, closed: () => {} }
    this.#server = server
    return {
      port: address.port,
      close: () => new Promise(resolve => {
        server.isClosing = true
        server.closed = resolve
        if (server.sockets.size === 0) resolve()
      }),
    }
  }

  /** A client's end; undefined when nothing listens. */
  connect(): SimulatedSocket | undefined {
    const server = this.#server
    if (!server || server.isClosing) return undefined
    const ours = new SimulatedSocket(this, server.advertised.port)
    const theirs = new SimulatedSocket(this, this.#nextPort++)
    ours.join(theirs)
    theirs.join(ours)
    server.sockets.add(theirs)
    theirs.once('close', () => {
      server.sockets.delete(theirs)
      if (server.isClosing && server.sockets.size === 0) server.closed()
    })
    server.accept(theirs as unknown as Socket, server.advertised) // it has what a Connection uses of one
    return ours
  }

  /** The broker's process died: its ends of all connections go, and nothing listens. */
  crash(): void {
    for (const socket of this.#server?.sockets ?? []) socket.die()
    this.#server = undefined
  }

  /** Cuts a random connection. */
  cutOne(): void {
    const sockets = [...this.#server?.sockets ?? []]
    sockets[this.random.below(sockets.length)]?.destroy()
  }
}
