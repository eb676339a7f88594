/** Moves the leadership of partitions between brokers: away from one that stops, to the next in-sync replica, and back when asked. */

import type { Logger } from '../common/logger.ts'
import type { Partition } from './partition.ts'
import { grownIsr, NO_LEADER, type Placement } from './placement.ts'
import type { TopicRegistry } from './topic-registry.ts'

/** A partition has lost its leader (`from` was it, `to` is NO_LEADER) or has got one. Called in the turn that it happens in. */
export type Move = { readonly partition: Partition; readonly from: number; readonly to: number }

/** Leader epochs made durable at once: the thread pool has four threads, and flushes may hold two. */
const AT_ONCE = 2

export class Leadership {
  readonly #placement: Placement
  readonly #topics: TopicRegistry
  readonly #logger: Logger
  readonly #listeners = new Set<(move: Move) => void>()

  constructor(options: { readonly placement: Placement; readonly topics: TopicRegistry; readonly logger: Logger }) {
    this.#placement = options.placement
    this.#topics = options.topics
    this.#logger = options.logger
  }

  /** Who coordinates what is kept in a partition goes with its leader. */
  onMove(listener: (move: Move) => void): void {
    this.#listeners.add(listener)
  }

  /** A broker is down: in this turn it leads nothing any more and is in sync with nothing that has another. Resolves when others lead. */
  async leave(id: number): Promise<void> {
    const orphans: Partition[] = []
    for (const partition of this.#held(id)) {
      const { isr, leader } = partition.standing
      partition.stand({ isr: isr.length > 1 ? isr.filter(other => other !== id) : isr })
      if (leader !== id) continue
      this.#depose(partition)
      orphans.push(partition)
    }
    await this.elect(orphans, partition => this.#successorOf(partition))
    // As in Kafka the reign ends with its leader, also when nobody follows.
    await inTurn(orphans.filter(({ leader }) => leader === NO_LEADER), partition => this.raiseEpoch(partition))
  }

  /** A broker is up again: it is in sync with what is led, for there is one store, and leads what had no other. */
  async join(id: number): Promise<void> {
    const orphans: Partition[] = []
    for (const partition of this.#held(id)) {
      const { isr, leader } = partition.standing
      if (leader === NO_LEADER) orphans.push(partition)
      else if (!isr.includes(id)) partition.stand({ isr: grownIsr(isr, [id]) })
    }
    await this.elect(orphans, partition => this.#successorOf(partition) ?? (this.#mayBeUnclean(partition) ? id : undefined))
  }

  /** Gives each partition the leader that `choose` names, with a higher leader epoch; what it names none for stays as it is. Resolves when they lead. */
  async elect(partitions: readonly Partition[], choose: (partition: Partition) => number | undefined): Promise<void> {
    await inTurn(partitions, async partition => {
      const to = choose(partition)
      if (to !== undefined && to !== partition.leader) await this.#lead(partition, to)
    })
  }

  /** Hands partitions back to their preferred leaders where they could lead. */
  async balance(): Promise<void> {
    const preferred = [...this.#topics.list()].flatMap(({ partitions }) => partitions.filter(partition => this.preferredOf(partition) !== undefined))
    await this.elect(preferred, partition => this.preferredOf(partition))
  }

  /** The preferred leader of a partition that another leads, when it could. */
  preferredOf({ standing: { leader, replicas, isr } }: Partition): number | undefined {
    const [preferred] = replicas
    return preferred !== undefined && preferred !== leader && isr.includes(preferred) && this.#placement.isUp(preferred) ? preferred : undefined
  }

  /** Who may lead a partition that nobody leads: any broker that holds it and is up, in sync or not. */
  uncleanOf(partition: Partition): number | undefined {
    return this.#successorOf(partition) ?? partition.standing.replicas.find(id => this.#placement.isUp(id))
  }

  #successorOf({ standing: { replicas, isr } }: Partition): number | undefined {
    return replicas.find(id => isr.includes(id) && this.#placement.isUp(id))
  }

  /** unclean.leader.election.enable of the topic. */
  #mayBeUnclean({ topic }: Partition): boolean {
    const set = this.#topics.get(topic)?.record.configs['unclean.leader.election.enable'] ?? this.#topics.defaults['unclean.leader.election.enable']
    return set?.toLowerCase() === 'true'
  }

  *#held(id: number): Iterable<Partition> {
    for (const { partitions } of this.#topics.list()) for (const partition of partitions) if (partition.standing.replicas.includes(id)) yield partition
  }

  /**
   * A higher leader epoch for whoever leads, durable when this resolves. That of one that is still to be recovered stays: nobody has had an
   * answer from its leader.
   */
  async raiseEpoch(partition: Partition): Promise<void> {
    const log = await this.#topics.opened(partition)
    await log?.raiseEpoch().catch((cause: unknown) => {
      this.#logger.warn('a new leader epoch is not durable: after a power cut its number may be given again', { topic: partition.topic, partition: partition.index, cause })
    })
  }

  async #lead(partition: Partition, to: number): Promise<void> {
    if (partition.leader !== NO_LEADER) this.#depose(partition)
    await this.raiseEpoch(partition)
    const { isr, replicas } = partition.standing
    // Who else is up is in sync with the new leader, however it came to lead: there is one store.
    const isUp = (id: number): boolean => this.#placement.isUp(id)
    partition.stand({ leader: to, isr: grownIsr(isr.filter(isUp), replicas.filter(isUp)) })
    this.#tell({ partition, from: NO_LEADER, to })
  }

  #depose(partition: Partition): void {
    const from = partition.leader
    partition.stand({ leader: NO_LEADER })
    this.#tell({ partition, from, to: NO_LEADER })
  }

  #tell(move: Move): void {
    for (const listener of this.#listeners) {
      try {
        listener(move)
      } catch (cause) {
        // A coordinator's fault must not leave the other partitions without a leader.
        const { partition, from, to } = move
        this.#logger.error('the leadership of a partition moved, and who follows it failed', { topic: partition.topic, partition: partition.index, from, to, cause })
      }
    }
  }
}

async function inTurn(partitions: readonly Partition[], act: (partition: Partition) => Promise<void>): Promise<void> {
  const queue = partitions[Symbol.iterator]()
  const work = async (): Promise<void> => {
    for (const partition of queue) await act(partition)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}
