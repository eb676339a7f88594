/** The broker's ports: binds every listener, accepts connections, and knows when a port is taken and by whom. */

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Clock, Timer } from '../common/clock.ts'
import { CONNECTIONS_MAX, CONNECTION_IDLE_MS } from '../common/limits.ts'
import type { Logger } from '../common/logger.ts'
import { printAddress, type Advertised, type ListenerAddress } from './addresses.ts'
import { Connection, type Dispatch, type InFlight } from './connection.ts'
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

const IDLE_SWEEP_MS = 30_000

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

type ListenersOptions = {
  /** The broker that listens. */
  readonly brokerId: number
  readonly dispatch: Dispatch
  readonly clock: Clock
  readonly logger: Logger
  readonly taps: Taps
  /** Shared with the listeners of other brokers; one of its own unless told. */
  readonly table?: ConnectionTable
  /** The network; the system's unless told. */
  readonly bind?: Bind
}

export class Listeners {
  readonly #options: ListenersOptions
  readonly #bound: Bound[] = []
  readonly #connections = new Map<number, Connection>()
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
    this.#scheduleSweep()
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
    const closed = this.#bound.map(bound => bound.close())
    for (const connection of this.#connections.values()) connection.end()
    await Promise.all(closed)
    this.#bound.length = 0
  }

  async #bind(address: ListenerAddress): Promise<void> {
    const bind = this.#options.bind ?? bindAll
    const listener = this.#bound.length
    const bound = await bind(address, (socket, advertised) => this.#accept(socket, advertised, listener))
    this.#bound.push(bound)
    this.#advertised.push({ host: address.advertisedHost, port: address.advertisedPort ?? bound.port })
  }

  #accept(socket: Socket, advertised: Advertised, listener: number): void {
    const { brokerId, dispatch, clock, logger, taps } = this.#options
    if (this.#table.count >= CONNECTIONS_MAX) {
      logger.warn('a connection was refused: the broker has as many as it may', { connections: CONNECTIONS_MAX })
      socket.destroy()
      return
    }
    const connection = new Connection({ id: this.#table.nextId(), socket, advertised, listener, brokerId, dispatch, clock, logger, inFlight: this.#table.inFlight })
    this.#connections.set(connection.id, connection)
    this.#table.count++
    taps.emit({ is: 'connected', connectionId: connection.id })
    connection.onGone(() => {
      this.#connections.delete(connection.id)
      this.#table.count--
      taps.emit({ is: 'disconnected', connectionId: connection.id })
    })
  }

  #scheduleSweep(): void {
    this.#sweep = this.#options.clock.after(IDLE_SWEEP_MS, () => {
      const now = this.#options.clock.elapsed()
      for (const connection of this.#connections.values()) {
        if (connection.isIdle && now - connection.lastActiveAt > CONNECTION_IDLE_MS) connection.end()
      }
      this.#scheduleSweep()
    })
  }
}

/** Whether anything answers on a port of this machine: a bind alone can succeed beside another program's wildcard. */
export async function isPortTaken(hosts: readonly string[], port: number): Promise<boolean> {
  const answers = await Promise.all(hosts.map(host => answersAt(host, port)))
  return answers.includes(true)
}

function answersAt(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port })
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
