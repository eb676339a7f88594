/** A bare TCP connection that speaks in frames, for what no client library would send. */

import { connect, type Socket } from 'node:net'
import { encodeRequestFrame, readResponseHeader } from '../../core/protocol/header.ts'
import type { Api, RequestToSend, ResponseReceived } from '../../core/protocol/schema.ts'
import { Reader } from '../../core/protocol/wire.ts'

export class RawConnection {
  readonly #socket: Socket
  readonly #localPort: number
  /** Of the peer. */
  readonly port: number
  readonly #frames: Buffer[] = []
  readonly #waiting: { resolve(frame: Buffer | undefined): void }[] = []
  #rest = Buffer.alloc(0)
  #closed = false

  private constructor(socket: Socket, port: number) {
    this.#socket = socket
    this.port = port
    this.#localPort = socket.localPort ?? 0
    socket.setNoDelay(true)
    socket.on('data', bytes => this.#read(bytes))
    socket.on('error', () => undefined) // 'close' follows; a reset is one way to be closed
    socket.on('close', () => this.#end())
  }

  static open(port: number, host = '127.0.0.1'): Promise<RawConnection> {
    const { promise, resolve, reject } = Promise.withResolvers<RawConnection>()
    const socket = connect(port, host)
    socket.once('error', reject)
    socket.once('connect', () => resolve(new RawConnection(socket, port)))
    return promise
  }

  /** Of our end, also once it is closed. */
  get localPort(): number {
    return this.#localPort
  }

  /** Bytes as they are. */
  sendBytes(bytes: Uint8Array | string): void {
    this.#socket.write(bytes)
  }

  /** Bytes behind their size. */
  sendFrame(body: Uint8Array): void {
    const size = Buffer.alloc(4)
    size.writeInt32BE(body.length)
    this.#socket.write(Buffer.concat([size, body]))
  }

  /** The next frame's body; undefined once the peer has closed the connection. */
  nextFrame(): Promise<Buffer | undefined> {
    const ready = this.#frames.shift()
    if (ready || this.#closed) return Promise.resolve(ready)
    const { promise, resolve } = Promise.withResolvers<Buffer | undefined>()
    this.#waiting.push({ resolve })
    return promise
  }

  /** Ends our half: what was sent is all there will be. */
  endWriting(): void {
    this.#socket.end()
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes])
    while (this.#rest.length >= 4 && this.#rest.length >= 4 + this.#rest.readInt32BE(0)) {
      const end = 4 + this.#rest.readInt32BE(0)
      const frame = this.#rest.subarray(4, end)
      this.#rest = this.#rest.subarray(end)
      const waiting = this.#waiting.shift()
      if (waiting) waiting.resolve(frame)
      else this.#frames.push(frame)
    }
  }

  #end(): void {
    this.#closed = true
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(undefined)
  }
}

/** A request header of version 1 (key, version, correlation id, client id), ready for a body of a version that is not flexible. */
export function requestHeader(apiKey: number, apiVersion: number, correlationId: number, clientId = 'raw'): Buffer {
  const name = Buffer.from(clientId)
  const header = Buffer.alloc(10 + name.length)
  header.writeInt16BE(apiKey, 0)
  header.writeInt16BE(apiVersion, 2)
  header.writeInt32BE(correlationId, 4)
  header.writeInt16BE(name.length, 8)
  name.copy(header, 10)
  return header
}

/** ApiVersions of version 0: it has no body, and every broker answers it. */
export const apiVersionsRequest = (correlationId = 1): Buffer => requestHeader(18, 0, correlationId)

/** True when something on that port answers ApiVersions; false when nothing listens or it closes. */
export async function answersApiVersions(port: number, host = '127.0.0.1'): Promise<boolean> {
  const connection = await RawConnection.open(port, host).catch(() => undefined)
  if (!connection) return false
  connection.sendFrame(apiVersionsRequest())
  const frame = await connection.nextFrame()
  connection.close()
  return frame !== undefined
}

let lastCorrelationId = 1

/** How often an API was asked at a version, and how often that was answered. */
export type Asked = { readonly api: Api; readonly version: number; asked: number; answered: number }
const askedOfPorts = new Map<number, Map<string, Asked>>()

/** All that this process has asked the broker on `port`. */
export function askedOf(port: number): readonly Asked[] {
  return [...(askedOfPorts.get(port)?.values() ?? [])]
}

function tallyOf(port: number, api: Api, version: number): Asked {
  const tallies = askedOfPorts.get(port) ?? new Map<string, Asked>()
  askedOfPorts.set(port, tallies)
  const tally = tallies.get(`${api.key} ${version}`) ?? { api, version, asked: 0, answered: 0 }
  tallies.set(`${api.key} ${version}`, tally)
  return tally
}

/** Sends a request built from the product's own schemas and reads its answer; rejects when the connection closes instead. */
export async function ask<A extends Api>(connection: RawConnection, api: A, version: number, request: RequestToSend<A>): Promise<ResponseReceived<A>> {
  const header = { correlationId: ++lastCorrelationId, clientId: 'raw', body: api.encodeRequest(request, version) }
  const tally = tallyOf(connection.port, api, version)
  tally.asked++
  connection.sendBytes(Buffer.concat(encodeRequestFrame(api, version, header)))
  const frame = await connection.nextFrame()
  if (!frame) throw new Error(`the connection was closed instead of an answer to ${api.name} v${version}`)
  const reader = new Reader(frame)
  readResponseHeader(reader, api, version)
  const answer = api.decodeResponse(reader, version) as ResponseReceived<A>
  tally.answered++
  return answer
}
