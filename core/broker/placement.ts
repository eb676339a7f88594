/** Which brokers there are, which of them are up, and who holds what: where partitions go when they are made, and who leads one at first. */

import { javaHashCode } from '../coordinator/coordinator-partition.ts'
import { assert } from '../common/assert.ts'

export type PlacedNode = { readonly id: number; readonly rack: string | null }

/** Who stands where for a partition. */
export type Standing = {
  /** The broker that leads it; NO_LEADER while none does. */
  readonly leader: number
  /** The brokers that hold it, the preferred leader first. */
  readonly replicas: readonly number[]
  /** Those of them that may lead: they are up, or were the last that was. */
  readonly isr: readonly number[]
}

export const NO_LEADER = -1
/** Of internal topics, as far as there are brokers: Kafka's offsets.topic.replication.factor and transaction.state.log.replication.factor. */
const INTERNAL_REPLICAS = 3

export class Placement {
  /** In the order of their ids. */
  readonly nodes: readonly PlacedNode[]
  readonly #up: Set<number>
  readonly #defaultReplicas: () => number

  /** `defaultReplicas`: default.replication.factor, 1 unless told. */
  constructor(nodes: readonly PlacedNode[], defaultReplicas: () => number = () => 1) {
    assert(nodes.length > 0, 'there is a broker')
    this.nodes = nodes
    this.#up = new Set(nodes.map(({ id }) => id))
    this.#defaultReplicas = defaultReplicas
  }

  get isSingle(): boolean {
    return this.nodes.length === 1
  }

  has(id: number): boolean {
    return this.nodes.some(node => node.id === id)
  }

  isUp(id: number): boolean {
    return this.#up.has(id)
  }

  setUp(id: number, isUp: boolean): void {
    if (isUp) this.#up.add(id)
    else this.#up.delete(id)
  }

  rackOf(id: number): string | null {
    return this.nodes.find(node => node.id === id)?.rack ?? null
  }

  /** How many brokers are to hold a partition of a topic that does not say. */
  factorOf(isInternal: boolean): number {
    return isInternal ? Math.min(this.nodes.length, INTERNAL_REPLICAS) : this.#defaultReplicas()
  }

  /**
   * The brokers of a partition: as it was stored, without those that are no more, else spread by its index. Everything that was made by one
   * broker alone has nothing stored, and is spread when there are more.
   */
  replicasOf(topic: { readonly name: string; readonly isInternal: boolean }, index: number, stored?: readonly number[]): readonly number[] {
    const known = stored?.filter(id => this.has(id)) ?? []
    return known.length > 0 ? known : this.spread(topic.name, index, stored?.length ?? this.factorOf(topic.isInternal))
  }

  /**
   * Brokers for a new partition: leaders go round by index, beginning where the topic's name says, and the others follow on different racks
   * as far as there are any. Those that are down come last.
   */
  spread(topic: string, index: number, factor: number): readonly number[] {
    const up = inTurnByRack(this.nodes.filter(({ id }) => this.isUp(id)))
    const at = Math.abs(javaHashCode(topic)) + index
    const first = up[at % up.length]
    if (!first) return []
    const others = Array.from({ length: up.length - 1 }, (_, step) => up[(at + 1 + (Math.floor(at / up.length) + step) % (up.length - 1)) % up.length] ?? first)
    const chosen = [first]
    const take = (candidates: readonly PlacedNode[], isFit: (node: PlacedNode) => boolean): void => {
      for (const node of candidates) if (chosen.length < factor && !chosen.includes(node) && isFit(node)) chosen.push(node)
    }
    take(others, ({ rack }) => !chosen.some(other => other.rack === rack))
    take(others, () => true)
    take(this.nodes, () => true)
    return chosen.map(({ id }) => id)
  }

  /** How a partition stands that these brokers hold, before anything has happened to them: the first that is up leads. */
  standing(replicas: readonly number[]): Standing {
    const up = replicas.filter(id => this.isUp(id))
    const [leader = NO_LEADER] = up
    return { leader, replicas, isr: up.length > 0 ? up : replicas.slice(0, 1) }
  }
}

/** An in-sync set with more brokers in it: in the order of their ids, as Kafka's leaders report it when it grows. */
export function grownIsr(isr: readonly number[], joining: readonly number[]): readonly number[] {
  const news = joining.filter(id => !isr.includes(id))
  return news.length === 0 ? isr : [...isr, ...news].toSorted((a, b) => a - b)
}

/** One of each rack, then the next of each: neighbours are on different racks as far as that goes. */
function inTurnByRack(nodes: readonly PlacedNode[]): readonly PlacedNode[] {
  const racks = new Map<string | null, PlacedNode[]>()
  for (const node of nodes) racks.set(node.rack, [...racks.get(node.rack) ?? [], node])
  const inTurn: PlacedNode[] = []
  for (let at = 0; inTurn.length < nodes.length; at++) for (const rack of racks.values()) inTurn.push(...rack.slice(at, at + 1))
  return inTurn
}
