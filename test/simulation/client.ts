/** A client in the simulation: requests in the product's own schemas over a simulated socket; an answer, or nothing known. */

import type { Random } from '../../core/common/random.ts'
import { encodeRequestFrame, readResponseHeader } from '../../core/protocol/header.ts'
import type { Api, RequestToSend, ResponseReceived } from '../../core/protocol/schema.ts'
import { Reader } from '../../core/protocol/wire.ts'
import { FrameReader } from '../../core/broker/frame-reader.ts'
import type { SimulatedNetwork, SimulatedSocket } from './network.ts'
import type { World } from './world.ts'

/** After it the outcome is unknown and the connection is given up, as clients do. */
const REQUEST_TIMEOUT_MS = 5000

type Waiting = { readonly correlationId: number; readonly resolve: (frame: Buffer | undefined) => void }

export class SimulatedClient {
  readonly name: string
  readonly random: Random
  readonly #world: World
  readonly #network: SimulatedNetwork
  #socket: SimulatedSocket | undefined
  #waiting: Waiting[] = []
  #correlationId = 0

  constructor(name: string, world: World, network: SimulatedNetwork) {
    this.name = name
    this.random = world.fork()
    this.#world = world
    this.#network = network
  }

  /** A version of the API at random: at most `max`, for what later ones cannot say in the same words. */
  version(api: Api, max = Infinity, min = 0): number {
    const from = Math.max(api.minVersion, min)
    return from + this.random.below(Math.min(api.maxVersion, max) - from + 1)
  }

  /** The answer, or undefined when the connection broke, could not be made, or gave no answer in time. */
  async ask<A extends Api>(api: A, version: number, request: RequestToSend<A>): Promise<ResponseReceived<A> | undefined> {
    this.#socket ??= this.#connect()
    const socket = this.#socket
    if (!socket) {
      await this.#world.sleep(20 + this.random.below(200))
      return undefined
    }
    const correlationId = ++this.#correlationId
    const frame = await new Promise<Buffer | undefined>(resolve => {
      const timer = this.#world.clock.after(REQUEST_TIMEOUT_MS, () => this.close())
      this.#waiting.push({
        correlationId,
        resolve: answer => {
          timer.cancel()
          resolve(answer)
        },
      })
      const body = api.encodeRequest(request, version)
      for (const piece of encodeRequestFrame(api, version, { correlationId, clientId: this.name, body })) socket.write(piece)
    })
    if (!frame) return undefined
    const reader = new Reader(frame)
    readResponseHeader(reader, api, version)
    return api.decodeResponse(reader, version) as ResponseReceived<A> // what the schema of this API says
  }

  close(): void {
    this.#socket?.destroy()
    this.#gone()
  }

  #connect(): SimulatedSocket | undefined {
    const socket = this.#network.connect()
    if (!socket) return undefined
    const reader = new FrameReader()
    socket.on('data', (bytes: Buffer) => reader.push(bytes, frame => this.#take(frame)))
    socket.on('close', () => {
      if (this.#socket === socket) this.#gone()
    })
    return socket
  }

  #take(frame: Buffer): void {
    const waiting = this.#waiting.shift()
    if (waiting?.correlationId !== frame.readInt32BE(0)) throw new Error(`${this.name}: an answer to ${frame.readInt32BE(0)} came for request ${waiting?.correlationId}`)
    waiting.resolve(frame)
  }

  #gone(): void {
    this.#socket = undefined
    for (const { resolve } of this.#waiting.splice(0)) resolve(undefined)
  }
}
