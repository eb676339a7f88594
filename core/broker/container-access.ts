/**
 * "Reachable from containers": one more listener on every broker, on all addresses of this machine, whose clients are told
 * `host.docker.internal` or what was chosen instead. Off unless switched on; kept in the catalog, so that it is there again after a start.
 */

import { isIP } from 'node:net'
import type { Catalog } from '../catalog/catalog.ts'
import type { Logger } from '../common/logger.ts'
import { SerialQueue } from '../common/serial-queue.ts'
import type { ListenerAddress } from './addresses.ts'
import type { Cluster } from './cluster.ts'
import { PortTaken } from './listener.ts'
import { type OwnAddress, ownAddresses } from './own-addresses.ts'
import { portHolder } from './port-holder.ts'
import type { Taps } from './taps.ts'

/** What containers call this machine. */
export type ContainerAddress = {
  /** A name: the brokers listen on all addresses. An address of this machine: on that one only. */
  readonly host: string
  /** Of the first broker; null: its usual port and 20,000, or the next free one. */
  readonly port: number | null
}

export type ContainerAccessState = ContainerAddress & {
  readonly isOn: boolean
  /** Why it is on and nobody can connect; null while they can. */
  readonly problem: string | null
  /** Asked for on the command line: for this run. */
  readonly isForThisRun: boolean
}

export const CONTAINER_HOST = 'host.docker.internal'
const EVERYWHERE: readonly string[] = ['0.0.0.0', '::']
const FACT = 'container-access'
const PORT_MAX = 65_535
/** Between the usual port and the one for containers: 9092 and 29092. */
const PORT_DISTANCE = 20_000
const PORT_TRIES = 20

/** Reads `HOST[:PORT]`, each part optional; an object with `problem` says what is wrong and what to use instead. */
export function parseContainerAddress(text: string): ContainerAddress | { readonly problem: string } {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text)
  if (!match) return { problem: `${text}: expected HOST or HOST:PORT, as in ${CONTAINER_HOST}:29092 (an IPv6 address in brackets)` }
  const host = match[1] ?? (match[2] || CONTAINER_HOST)
  const port = match[3] === undefined ? null : Number(match[3])
  const problem = containerAddressProblem({ host, port })
  return problem === undefined ? { host, port } : { problem }
}

/** Why containers cannot be told this; undefined when they can. */
export function containerAddressProblem({ host, port }: ContainerAddress): string | undefined {
  if (host === 'localhost' || host.startsWith('127.') || host === '::1') return `${host}: in a container that is the container itself; give the name or address by which it knows this machine`
  if (host === '0.0.0.0' || host === '::') return `${host}: clients cannot connect to a wildcard address; give the name by which they know this machine`
  if (isIP(host) === 0 && !/^[a-z\d]([a-z\d._-]{0,251}[a-z\d])?$/i.test(host)) return `${host}: expected a host name, as ${CONTAINER_HOST}, or an address of this machine`
  if (port !== null && !(Number.isInteger(port) && port >= 0 && port <= PORT_MAX)) return `${port}: expected a port up to ${PORT_MAX}`
  return undefined
}

/** Where this machine then accepts connections, beside its loopback: everybody who reaches one of these can connect. */
export function opened(host: string): readonly OwnAddress[] {
  const all = ownAddresses()
  return isIP(host) === 0 ? all : [all.find(({ address }) => address === host) ?? { address: host, interface: '' }]
}

type Options = { readonly catalog: Catalog; readonly cluster: () => Cluster; readonly taps: Taps; readonly logger: Logger }

export class ContainerAccess {
  readonly #options: Options
  readonly #turns = new SerialQueue()
  #state: ContainerAccessState

  constructor(options: Options) {
    this.#options = options
    this.#state = { ...remembered(options.catalog), problem: null, isForThisRun: false }
  }

  get state(): ContainerAccessState {
    return this.#state
  }

  /**
   * Once the brokers listen: as `asked`, for this run, which throws where it cannot be; else as it was left, where a port that is taken now
   * is a warning and the rest of the broker works.
   */
  async start(asked: ContainerAddress | undefined): Promise<void> {
    const { taps, logger } = this.#options
    if (asked) this.#state = { ...asked, isOn: true, problem: null, isForThisRun: true }
    if (!this.#state.isOn) return
    const problem = await this.#listen(this.#state)
    if (problem === undefined) return
    if (asked) throw new Error(`--containers: ${problem}`)
    this.#state = { ...this.#state, problem }
    const text = `Containers cannot reach the broker: ${problem}`
    logger.warn(text)
    taps.emit({ is: 'warning', text })
  }

  /**
   * Switches it on, at `to` where something else is to be used, or off, which ends the connections that came by it. Answers why it cannot be:
   * it is then as before. Throws when the catalog cannot keep it.
   */
  set(isOn: boolean, to: ContainerAddress = this.#state): Promise<string | undefined> {
    return this.#turns.run(async () => {
      const before = this.#state
      const wrong = containerAddressProblem(to)
      if (wrong !== undefined) return wrong
      if (isOn === isServing(before) && isOn && to.host === before.host && to.port === before.port) return undefined
      if (isServing(before)) await this.#options.cluster().removeListener()
      this.#state = { ...to, isOn, problem: null, isForThisRun: false }
      const problem = isOn ? await this.#listen(to) : undefined
      if (problem === undefined) return this.#keep(before)
      await this.#goBack(before)
      return problem
    })
  }

  /** What cannot be remembered is not done: a switch that is back after the next start would be worse. */
  async #keep(before: ContainerAccessState): Promise<undefined> {
    const { isOn, host, port } = this.#state
    try {
      this.#options.catalog.setFact(FACT, JSON.stringify({ isOn, host, port }))
    } catch (cause) {
      if (isOn) await this.#options.cluster().removeListener()
      await this.#goBack(before)
      throw cause
    }
  }

  async #goBack(before: ContainerAccessState): Promise<void> {
    this.#state = before
    const problem = isServing(before) ? await this.#listen(before) : before.problem
    if (problem !== undefined) this.#state = { ...before, problem }
  }

  /** Why not; undefined once every broker that is up listens. The state has the port then. */
  async #listen({ host, port }: ContainerAddress): Promise<string | undefined> {
    const cluster = this.#options.cluster()
    const step = cluster.placement.nodes.length
    let next = port ?? nearby(cluster.advertised[0]?.port ?? 0, step)
    if (next + step - 1 > PORT_MAX) return `${step} brokers need the ports ${next} to ${next + step - 1}, and ${PORT_MAX} is the last there is`
    const own = cluster.advertised.find(({ port: used }) => used >= next && used < next + step)
    if (own && port !== null) return `port ${own.port} is one that Local listens on already: choose another port`
    for (let tries = 1; ; tries++, next += step) {
      try {
        await cluster.addListener(listenerOf(host, next))
        this.#state = { ...this.#state, port: cluster.addedPort ?? next }
        return undefined
      } catch (cause) {
        if (!(cause instanceof PortTaken)) return cause instanceof Error ? cause.message : String(cause)
        if (port === null && tries < PORT_TRIES && next + 2 * step - 1 <= PORT_MAX) continue
        const holder = await portHolder(cause.port)
        return `port ${cause.port} is taken by ${holder ?? 'another program'}: stop it, or choose another port`
      }
    }
  }
}

function isServing({ isOn, problem }: ContainerAccessState): boolean {
  return isOn && problem === null
}

function listenerOf(host: string, port: number): ListenerAddress {
  return { hosts: isIP(host) === 0 ? EVERYWHERE : [host], port, advertisedHost: host }
}

function nearby(usual: number, count: number): number {
  return usual + PORT_DISTANCE + count - 1 <= PORT_MAX ? usual + PORT_DISTANCE : usual - PORT_DISTANCE
}

/** What the switch was left at; off where it was never touched, or what is there cannot be read. */
function remembered(catalog: Catalog): ContainerAddress & { readonly isOn: boolean } {
  const off = { isOn: false, host: CONTAINER_HOST, port: null }
  const text = catalog.fact(FACT)
  if (text === undefined) return off
  try {
    const { isOn, host, port } = JSON.parse(text) as { isOn: unknown; host: unknown; port: unknown } // what #keep wrote, checked below
    if (typeof host !== 'string' || !(port === null || typeof port === 'number') || containerAddressProblem({ host, port }) !== undefined) return off
    return { isOn: isOn === true, host, port }
  } catch {
    return off
  }
}
