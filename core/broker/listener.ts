/** The broker's ports: binds every listener, accepts connections, and knows when a port is taken and by whom. */

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Clock, Timer } from '../common/clock.ts'
import { CONNECTIONS_MAX, CONNECTIONS_WAITING_MAX } from '../common/limits.ts'
import type { Logger } from '../common/logger.ts'
import { printAddress, type Advertised, type ListenerAddress } from './addresses.ts'
import { Connection, type Dispatch, type InFlight } from './connection.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import type { Taps } from './taps.ts'

/** A port is in use by another program; `port` says which. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken'
  readonly port: number

  constructor(port: number, cause?: unknown) {
    super(`port ${port} is taken by another program: stop it, or listen elsewhere with --listen 127.0.0.1:0 (0 takes a free port)`, { cause })
    this.port = port
  }
}

/** How often silent connections are looked for, unless they may be silent for less than twice that. */
const IDLE_SWEEP_MS = 30_000
const IDLE_SWEEP_MS_MIN = 500

/** What listens on one address; `close` accepts no more, and resolves when the last of its connections is gone. */
export type Bound = { readonly port: number; close(): Promise<void> }
export type Bind = (address: ListenerAddress, accept: (socket: Socket, advertised: Advertised) => void) => Promise<Bound>

/** What all brokers of the process share: one budget of requests under way, one count of connections, ids that no two connections have. */
export class ConnectionTable {
  readonly inFlight: InFlight = { bytes: 0 }
  count = 0
  #nextId = 1

  nextId(): number {
    return this.#nextId++
  }
}

/** A connection that was accepted, and waits until another has gone. */
type Arrival = { readonly socket: Socket; readonly advertised: Advertised; readonly listener: number }

type ListenersOptions = {
  /** The broker that listens. */
  readonly brokerId: number
  readonly dispatch: Dispatch
  readonly clock: Clock
  readonly logger: Logger
  readonly taps: Taps
  readonly limits: ConnectionLimits
  /** Shared with the listeners of other brokers; one of its own unless told. */
  readonly table?: ConnectionTable
  /** The network; the system's unless told. */
  readonly bind?: Bind
}

export class Listeners {
  readonly #options: ListenersOptions
  readonly #bound: Bound[] = []
  readonly #connections = new Map<number, Connection>()
  readonly #countByHost = new Map<string, number>()
  readonly #waiting: Arrival[] = []
  #forgetLimits: (() => void) | undefined
  readonly #advertised: Advertised[] = []
  readonly #table: ConnectionTable
  #sweep: Timer | undefined

  constructor(options: ListenersOptions) {
    this.#options = options
    this.#table = options.table ?? new ConnectionTable()
  }

  /** Binds all of `addresses`, or none: throws PortTaken, or the system's error for a host that is not ours. */
  async start(addresses: readonly ListenerAddress[]): Promise<void> {
    try {
      for (const address of addresses) await this.#bind(address)
    } catch (fault) {
      await this.stop()
      throw fault
    }
    this.#forgetLimits = this.#options.limits.onChange(() => this.#takeLimits())
    this.#scheduleSweep()
  }

  /** Binds one more beside those of `start`, the last of them from then on; throws as that does. One change at a time is its owner's care. */
  async add(address: ListenerAddress): Promise<void> {
    await this.#bind(address)
  }

  /** Closes the one that was added and ends the connections that came by it. */
  async removeLast(): Promise<void> {
    const bound = this.#bound.pop()
    this.#advertised.pop()
    const gone = this.#bound.length
    for (const { socket } of this.#waiting.filter(({ listener }) => listener === gone)) socket.destroy()
    const closed = bound?.close()
    for (const connection of this.#connections.values()) if (connection.listener === gone) connection.end()
    await closed
  }

  /** What each listener tells clients, in the order they were given. */
  get advertised(): readonly Advertised[] {
    return this.#advertised
  }

  /** The ports that were bound, in the same order. */
  get ports(): readonly number[] {
    return this.#bound.map(({ port }) => port)
  }

  connections(): Iterable<Connection> {
    return this.#connections.values()
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** Stops accepting and ends every connection. */
  async stop(): Promise<void> {
    this.#sweep?.cancel()
    this.#forgetLimits?.()
    for (const { socket } of this.#waiting.splice(0)) socket.destroy()
    const closed = this.#bound.map(bound => bound.close())
    for (const connection of this.#connections.values()) connection.end()
    await Promise.all(closed)
    this.#bound.length = 0
  }

  async #bind(address: ListenerAddress): Promise<void> {
    const bind = this.#options.bind ?? bindAll
    const listener = this.#bound.length
    const bound = await bind(address, (socket, advertised) => this.#arrive({ socket, advertised, listener }))
    this.#bound.push(bound)
    this.#advertised.push({ host: address.advertisedHost, port: address.advertisedPort ?? bound.port })
  }

  #arrive(arrival: Arrival): void {
    const { limits, logger } = this.#options
    if (this.#connections.size < limits.total && this.#waiting.length === 0) return this.#accept(arrival)
    if (this.#waiting.length >= CONNECTIONS_WAITING_MAX) {
      logger.warn('a connection was refused: as many as may wait for others to go', { connections: this.#connections.size, waiting: this.#waiting.length })
      arrival.socket.destroy()
      return
    }
    if (this.#waiting.length === 0) logger.warn('new connections wait until others have gone: the broker has as many as it may', { connections: this.#connections.size })
    this.#waiting.push(arrival)
    const { socket } = arrival
    socket.on('error', () => {}) // 'close' follows
    socket.once('close', () => {
      const at = this.#waiting.indexOf(arrival)
      if (at >= 0) this.#waiting.splice(at, 1)
    })
  }

  #accept({ socket, advertised, listener }: Arrival): void {
    const { brokerId, dispatch, clock, logger, taps, limits } = this.#options
    const refusal = this.#refusalOf(hostOf(socket))
    if (refusal) {
      logger.warn(...refusal)
      socket.destroy()
      return
    }
    const { frameBytesMax } = limits
    const connection = new Connection({ id: this.#table.nextId(), socket, advertised, listener, brokerId, dispatch, clock, logger, inFlight: this.#table.inFlight, frameBytesMax })
    this.#connections.set(connection.id, connection)
    this.#countByHost.set(connection.host, (this.#countByHost.get(connection.host) ?? 0) + 1)
    this.#table.count++
    taps.emit({ is: 'connected', connectionId: connection.id })
    connection.onGone(() => {
      this.#connections.delete(connection.id)
      const left = (this.#countByHost.get(connection.host) ?? 1) - 1
      if (left === 0) this.#countByHost.delete(connection.host)
      else this.#countByHost.set(connection.host, left)
      this.#table.count--
      taps.emit({ is: 'disconnected', connectionId: connection.id })
      this.#admit()
    })
  }

  #refusalOf(host: string): [string, Readonly<Record<string, unknown>>] | undefined {
    if (this.#table.count >= CONNECTIONS_MAX) return ['a connection was refused: the process has as many as it may', { connections: CONNECTIONS_MAX }]
    const allowed = this.#options.limits.from(host)
    if ((this.#countByHost.get(host) ?? 0) < allowed) return undefined
    return ['a connection was refused: its address has as many as it may', { host, connections: allowed }]
  }

  /** Those that wait, as far as there is room. */
  #admit(): void {
    while (this.#connections.size < this.#options.limits.total) {
      const next = this.#waiting.shift()
      if (!next) return
      if (!next.socket.destroyed) this.#accept(next)
    }
  }

  /** Fewer may be connected now: who was silent for the longest time goes. Or more. */
  #takeLimits(): void {
    const excess = this.#connections.size - this.#options.limits.total
    if (excess > 0) {
      const silent = [...this.#connections.values()].sort((a, b) => a.lastActiveAt - b.lastActiveAt)
      for (const connection of silent.slice(0, excess)) connection.close('there are more connections than max.connections allows now')
    }
    this.#admit()
  }

  #scheduleSweep(): void {
    const { clock, limits } = this.#options
    if (limits.idleMs === Infinity) return
    this.#sweep = clock.after(Math.max(IDLE_SWEEP_MS_MIN, Math.min(IDLE_SWEEP_MS, limits.idleMs / 2)), () => {
      const now = clock.elapsed()
      for (const connection of this.#connections.values()) {
        if (connection.isIdle && now - connection.lastActiveAt > limits.idleMs) connection.end()
      }
      this.#scheduleSweep()
    })
  }
}

/** The address of a peer; IPv4 also where the system shows it as a mapped IPv6 one. */
function hostOf(socket: Socket): string {
  return socket.remoteAddress?.replace(/^::ffff:/, '') ?? ''
}

/** Whether anything answers on a port of this machine: a bind alone can succeed beside another program's wildcard. */
export async function isPortTaken(hosts: readonly string[], port: number): Promise<boolean> {
  const answers = await Promise.all(hosts.map(host => answersAt(host, port)))
  return answers.includes(true)
}

/** This machine answers itself at once; an address that is not its own may never answer. */
const ANSWER_MS_MAX = 500

function answersAt(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: ANSWER_MS_MAX })
    socket.once('timeout', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Port 0 with two families: the second may find the first one's port taken, so a few are tried. */
const FREE_PORT_TRIES = 20

async function bindAll(address: ListenerAddress, accept: (socket: Socket, advertised: Advertised) => void): Promise<Bound> {
  if (address.port !== 0) {
    const local = address.hosts.map(host => (host === '0.0.0.0' || host === '*' ? '127.0.0.1' : host === '::' || host === '' ? '::1' : host))
    if (await isPortTaken(local, address.port)) throw new PortTaken(address.port)
  }
  for (let tries = 1; ; tries++) {
    try {
      return await bindFamilies(address, accept)
    } catch (fault) {
      if (address.port === 0 && fault instanceof PortTaken && tries < FREE_PORT_TRIES) continue
      throw fault
    }
  }
}

/** Both families on one port or neither; a machine without ::1 gets IPv4 only. */
async function bindFamilies(address: ListenerAddress, accept: (socket: Socket, advertised: Advertised) => void): Promise<Bound> {
  const servers: Server[] = []
  let port = address.port
  try {
    for (const host of address.hosts) {
      const server = createServer({ noDelay: true, allowHalfOpen: false }, socket => {
        accept(socket, { host: address.advertisedHost, port: address.advertisedPort ?? port })
      })
      try {
        port = await listen(server, host, port)
        servers.push(server)
      } catch (cause) {
        if (servers.length > 0 && isAddressMissing(cause)) continue
        throw cause
      }
    }
    return { port, close: () => closeAll(servers) }
  } catch (cause) {
    await closeAll(servers)
    throw asListenError(cause, address, port)
  }
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map(server => new Promise<void>(resolve => server.close(() => resolve()))))
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, exclusive: true, backlog: 511, ipv6Only: host.includes(':') }, () => {
      server.off('error', reject)
      server.on('error', () => {}) // an accept that fails (no descriptors left) costs that connection only
      resolve((server.address() as AddressInfo).port) // a TCP server's address is AddressInfo
    })
  })
}

function isAddressMissing(cause: unknown): boolean {
  return codeOf(cause) === 'EADDRNOTAVAIL' || codeOf(cause) === 'EAFNOSUPPORT'
}

function asListenError(cause: unknown, address: ListenerAddress, port: number): Error {
  const shown = printAddress({ host: address.hosts[0] ?? '', port })
  if (codeOf(cause) === 'EADDRINUSE') return new PortTaken(port, cause)
  if (isAddressMissing(cause) || codeOf(cause) === 'ENOTFOUND') return new Error(`cannot listen on ${shown}: this machine has no such address`, { cause })
  if (codeOf(cause) === 'EACCES') return new Error(`cannot listen on ${shown}: ports below 1024 need more rights; choose a higher port`, { cause })
  return cause instanceof Error ? cause : new Error(String(cause))
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : ''
}
