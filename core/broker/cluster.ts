/**
 * The brokers of this process (architecture rule 8): their ports, which of them are up, and a stop and a start of each at run time. A
 * simulation of a cluster over one store: nothing is copied, and nothing is lost with a broker.
 */

import { assert } from '../common/assert.ts'
import type { Clock, Timer } from '../common/clock.ts'
import type { Logger } from '../common/logger.ts'
import { SerialQueue } from '../common/serial-queue.ts'
import { printAddress, type Advertised, type ListenerAddress } from './addresses.ts'
import type { ConnectionInfo } from './connection.ts'
import type { Leadership } from './leadership.ts'
import { type Listeners, PortTaken } from './listener.ts'
import type { Partition } from './partition.ts'
import { NO_LEADER, type Placement, type Standing } from './placement.ts'
import type { Reassignments } from './reassignments.ts'
import type { Taps } from './taps.ts'
import type { TopicRegistry } from './topic-registry.ts'

/** A broker as the window shows it. */
export type NodeStatus = {
  readonly id: number
  readonly rack: string | null
  readonly isUp: boolean
  /** host:port of each listener, also while it is down. */
  readonly addresses: readonly string[]
  readonly leaderCount: number
  readonly connectionCount: number
}
/** A broker as clients are told of it, by the listener they came in by. */
export type NodeEndpoint = { readonly nodeId: number; readonly host: string; readonly port: number; readonly rack: string | null; readonly isFenced: boolean }

type ClusterOptions = {
  readonly placement: Placement
  readonly topics: TopicRegistry
  readonly leadership: Leadership
  readonly reassignments: Reassignments
  /** How often partitions go back to their preferred leaders by themselves; undefined for never. Asked before each time. */
  readonly balanceEveryMs: () => number | undefined
  /** What the first broker listens on; the others do so on the ports after those. */
  readonly addresses: readonly ListenerAddress[]
  readonly makeListeners: (nodeId: number) => Listeners
  readonly clock: Clock
  readonly taps: Taps
  readonly logger: Logger
}

/** The ports of a broker, kept over a stop so that clients find it where it was. */
type Place = {
  listeners: Listeners | undefined
  addresses: readonly ListenerAddress[]
  /** Beside those, at run time. */
  added: ListenerAddress | undefined
  advertised: readonly Advertised[]
}

export class Cluster {
  readonly #options: ClusterOptions
  readonly #places = new Map<number, Place>()
  readonly #changes = new SerialQueue()
  #balancing: Timer | undefined
  #isStopped = false

  constructor(options: ClusterOptions) {
    this.#options = options
  }

  get placement(): Placement {
    return this.#options.placement
  }

  get leadership(): Leadership {
    return this.#options.leadership
  }

  get reassignments(): Reassignments {
    return this.#options.reassignments
  }

  /** Binds the ports of every broker, or none: throws PortTaken, or the system's error for a host that is not ours. */
  async listen(): Promise<void> {
    const { placement, addresses } = this.#options
    try {
      for (const [at, { id }] of placement.nodes.entries()) {
        const place: Place = { listeners: undefined, addresses: addresses.map(address => shifted(address, at)), added: undefined, advertised: [] }
        this.#places.set(id, place)
        await this.#bind(id, place)
      }
    } catch (fault) {
      await this.close()
      throw fault
    }
    if (!placement.isSingle) this.#balanceLater()
  }

  /** Closes every port and ends every connection; no broker starts again. */
  async close(): Promise<void> {
    this.#isStopped = true
    this.#balancing?.cancel()
    await this.#changes.idle()
    await Promise.all(this.#running().map(listeners => listeners.stop()))
  }

  isUp(id: number): boolean {
    return this.#options.placement.isUp(id)
  }

  /** Clients send here what a controller decides; every broker that is up could be told. */
  get controllerId(): number {
    return this.#options.placement.nodes.find(({ id }) => this.isUp(id))?.id ?? -1
  }

  /** Where clients of a listener, counted from 0, reach a broker; undefined while it is down. */
  endpointOf(id: number, listener: number): NodeEndpoint | undefined {
    return this.isUp(id) ? this.#endpointOf(id, listener) : undefined
  }

  /** All brokers that are up; with those that are down too when asked, which Kafka calls fenced. */
  endpoints(listener: number, { withFenced = false }: { readonly withFenced?: boolean } = {}): readonly NodeEndpoint[] {
    return this.#options.placement.nodes.flatMap(({ id }) => (withFenced || this.isUp(id) ? this.#endpointOf(id, listener) ?? [] : []))
  }

  #endpointOf(id: number, listener: number): NodeEndpoint | undefined {
    const at = this.#places.get(id)?.advertised[listener]
    return at && { nodeId: id, host: at.host, port: at.port, rack: this.#options.placement.rackOf(id), isFenced: !this.isUp(id) }
  }

  /** What each listener of each broker tells clients, those of one broker together. */
  get advertised(): readonly Advertised[] {
    return [...this.#places.values()].flatMap(({ advertised }) => advertised)
  }

  /** host:port of each listener of a broker. */
  addressesOf(id: number): readonly string[] {
    return this.#places.get(id)?.advertised.map(printAddress) ?? []
  }

  *connections(): Iterable<ConnectionInfo> {
    for (const listeners of this.#running()) yield* listeners.connections()
  }

  get connectionCount(): number {
    return this.#running().reduce((sum, { connectionCount }) => sum + connectionCount, 0)
  }

  nodes(): readonly NodeStatus[] {
    const { placement, topics } = this.#options
    const leaderCounts = new Map<number, number>()
    for (const { partitions } of topics.list()) for (const { leader } of partitions) leaderCounts.set(leader, (leaderCounts.get(leader) ?? 0) + 1)
    return placement.nodes.map(({ id, rack }) => ({
      id, rack,
      isUp: this.isUp(id),
      addresses: this.addressesOf(id),
      leaderCount: leaderCounts.get(id) ?? 0,
      connectionCount: this.#places.get(id)?.listeners?.connectionCount ?? 0,
    }))
  }

  /**
   * Takes a broker down: its connections end, what it led goes to the next in-sync replica, and what nobody else holds has no leader until it
   * is back. As in Kafka's controlled shutdown others lead before the connections end, so that who asks meanwhile is told; `isAbrupt`: as when
   * a broker dies, the connections end first, without answers. The answer says why not, when it cannot be.
   */
  stop(id: number, { isAbrupt = false }: { readonly isAbrupt?: boolean } = {}): Promise<string | undefined> {
    return this.#changes.run(async () => {
      const { placement, leadership, taps } = this.#options
      const place = this.#places.get(id)
      if (this.#isStopped) return 'the cluster is stopping'
      if (!place) return `there is no broker ${id}`
      if (!placement.isUp(id)) return `broker ${id} is down already`
      if (!placement.nodes.some(node => node.id !== id && placement.isUp(node.id))) return `broker ${id} is the last that is up: stop the whole of Millrace instead`
      placement.setUp(id, false)
      if (isAbrupt) await place.listeners?.stop()
      await leadership.leave(id)
      if (!isAbrupt) await place.listeners?.stop()
      place.listeners = undefined
      taps.emit({ is: 'broker-stopped', brokerId: id })
      return undefined
    })
  }

  /** Brings it up again, at the ports it had. The answer says why not, when it cannot be. */
  start(id: number): Promise<string | undefined> {
    return this.#changes.run(async () => {
      const { placement, leadership, reassignments, taps } = this.#options
      const place = this.#places.get(id)
      if (this.#isStopped) return 'the cluster is stopping'
      if (!place) return `there is no broker ${id}`
      if (placement.isUp(id)) return `broker ${id} is up already`
      try {
        await this.#bind(id, place)
      } catch (cause) {
        return `broker ${id} cannot listen: ${cause instanceof Error ? cause.message : String(cause)}`
      }
      placement.setUp(id, true)
      await leadership.join(id)
      await reassignments.proceed()
      taps.emit({ is: 'broker-started', brokerId: id })
      return undefined
    })
  }

  /** Has every broker listen on one more address, on ports that follow from the first one's: all that are up, or none, then throws as `listen`. */
  addListener(address: ListenerAddress): Promise<void> {
    return this.#changes.run(async () => {
      if (this.#isStopped) throw new Error('the cluster is stopping')
      const places = [...this.#places.values()]
      assert(places.every(({ added }) => added === undefined), 'one listener is added at a time')
      try {
        for (const [at, place] of places.entries()) await addTo(place, shifted(address, at))
      } catch (fault) {
        await Promise.all(places.map(removeFrom))
        throw fault
      }
    })
  }

  /** Takes back what `addListener` did; the connections that came by it end. */
  removeListener(): Promise<void> {
    return this.#changes.run(async () => {
      await Promise.all([...this.#places.values()].map(removeFrom))
    })
  }

  /** The first broker's port of the listener that was added. */
  get addedPort(): number | undefined {
    return this.#places.values().next().value?.added?.port
  }

  /** What the listener that was added tells clients of each broker; none where there is none. */
  get added(): readonly Advertised[] {
    return [...this.#places.values()].flatMap(({ addresses, advertised }) => advertised[addresses.length] ?? [])
  }

  /** Runs `change` when no broker is on its way up or down, and no other change of leadership under way. */
  change<T>(change: () => Promise<T>): Promise<T> {
    return this.#changes.run(change)
  }

  #balanceLater(): void {
    const { clock, leadership, balanceEveryMs, logger } = this.#options
    const everyMs = balanceEveryMs()
    if (everyMs === undefined) return
    this.#balancing = clock.after(everyMs, () => {
      void this.change(() => leadership.balance()).catch((cause: unknown) => logger.error('partitions could not be handed back to their preferred leaders', { cause }))
      this.#balanceLater()
    })
  }

  async #bind(id: number, place: Place): Promise<void> {
    const listeners = this.#options.makeListeners(id)
    await listeners.start(place.addresses)
    place.listeners = listeners
    place.addresses = place.addresses.map((address, at) => ({ ...address, port: listeners.ports[at] ?? address.port }))
    place.advertised = [...listeners.advertised]
    const { added } = place
    if (added) await addTo(place, added).catch((cause: unknown) => this.#tellMissing(id, place, cause))
  }

  /** A broker that comes up again without the listener that was added serves the others; it takes its place there at its next start. */
  #tellMissing(id: number, place: Place, cause: unknown): void {
    const text = `broker ${id} does not listen on port ${place.added?.port}: ${cause instanceof PortTaken ? 'another program has it' : String(cause)}`
    this.#options.logger.warn(text)
    this.#options.taps.emit({ is: 'warning', text })
  }

  #running(): Listeners[] {
    return [...this.#places.values()].flatMap(({ listeners }) => listeners ?? [])
  }
}

async function addTo(place: Place, address: ListenerAddress): Promise<void> {
  place.added = address
  const { listeners, addresses } = place
  await listeners?.add(address)
  const port = listeners?.ports[addresses.length] ?? address.port
  place.added = { ...address, port }
  place.advertised = [...place.advertised.slice(0, addresses.length), { host: address.advertisedHost, port: address.advertisedPort ?? port }]
}

async function removeFrom(place: Place): Promise<void> {
  const { listeners, addresses } = place
  place.added = undefined
  place.advertised = place.advertised.slice(0, addresses.length)
  if (listeners && listeners.ports.length > addresses.length) await listeners.removeLast()
}

/** A partition as Metadata and DescribeTopicPartitions tell of it. */
export type PartitionStanding = Standing & { readonly leaderEpoch: number; readonly offline: readonly number[] }

const NONE_OFFLINE: readonly number[] = []

/** Who leads a partition, nobody until it is recovered; clients ask again then. Who holds it, who is in sync, and who is down. */
export function factsOf({ standing, facts }: Partition, { placement }: Cluster): PartitionStanding {
  const { leader, replicas, isr } = standing
  const offline = placement.isSingle ? NONE_OFFLINE : replicas.filter(id => !placement.isUp(id))
  return facts ? { leader, leaderEpoch: facts.leaderEpoch, replicas, isr, offline } : { leader: NO_LEADER, leaderEpoch: -1, replicas, isr, offline }
}

/** The same for a broker `by` places further on. */
function shifted(address: ListenerAddress, by: number): ListenerAddress {
  const { port, advertisedPort } = address
  return { ...address, port: port === 0 ? 0 : port + by, ...(advertisedPort === undefined ? {} : { advertisedPort: advertisedPort + by }) }
}
