/**
 * An internal topic whose partitions hold what coordinators know: created when it is first needed, its partitions loaded into the
 * coordinator of the broker that leads them as they become ready, and handed on with their leadership.
 */

import type { Logger } from '../common/logger.ts'
import type { BrokerNode } from './broker-node.ts'
import type { Leadership, Move } from './leadership.ts'
import type { Partition } from './partition.ts'
import { NO_LEADER } from './placement.ts'
import type { Taps } from './taps.ts'
import type { Topic, TopicRegistry } from './topic-registry.ts'

/** What a coordinator of groups or of transactions is to the topic it keeps its state in. */
type PartitionCoordinator = { load(partition: number): Promise<void>; unload(partition: number): void; refuse(partition: number): void }

export type CoordinatorTopicParts = {
  readonly topics: TopicRegistry
  readonly nodes: ReadonlyMap<number, BrokerNode>
  readonly leadership: Leadership
  readonly partitionCount: number
  readonly taps: Taps
  readonly logger: Logger
}

type CoordinatorTopicOptions = CoordinatorTopicParts & {
  readonly name: string
  readonly configs: Readonly<Record<string, string>>
  coordinatorOf(node: BrokerNode): PartitionCoordinator
}

export class CoordinatorTopic {
  readonly #options: CoordinatorTopicOptions
  #creating: Promise<boolean> | undefined

  constructor(options: CoordinatorTopicOptions) {
    this.#options = options
    this.#refuseElsewhere()
    // An administrator may create it too: it is served as if we had.
    options.taps.subscribe(event => {
      if (event.is === 'topic-created' && event.topic === options.name) void this.#loadAll()
    })
    options.leadership.onMove(move => this.#follow(move))
  }

  /** Makes sure the topic exists; false when it cannot be created (then COORDINATOR_NOT_AVAILABLE is the answer). */
  ensure(): true | Promise<boolean> {
    if (this.#options.topics.get(this.#options.name)) return this.#creating ?? true
    this.#creating ??= this.#create().finally(() => (this.#creating = undefined))
    return this.#creating
  }

  /** Replays one partition into the coordinator of its leader, or has what is in it refused when it could not be opened. Nothing for other topics' partitions. */
  async load(partition: Partition): Promise<void> {
    const { topics, name } = this.#options
    // It may have been deleted while it was being opened, and another be in its place.
    if (partition.topic !== name || topics.partition(name, partition.index) !== partition) return
    const coordinator = this.#coordinatorAt(partition.leader)
    if (partition.log) await coordinator?.load(partition.index)
    else if (partition.state.is === 'failed') coordinator?.refuse(partition.index)
  }

  #coordinatorAt(nodeId: number): PartitionCoordinator | undefined {
    const node = this.#options.nodes.get(nodeId)
    return node && this.#options.coordinatorOf(node)
  }

  #follow({ partition, from, to }: Move): void {
    const { name, logger } = this.#options
    if (partition.topic !== name) return
    const before = this.#coordinatorAt(from)
    before?.unload(partition.index)
    before?.refuse(partition.index)
    if (to === NO_LEADER) return
    this.load(partition).catch((cause: unknown) => {
      logger.error(`a partition of ${name} could not be taken over`, { partition: partition.index, broker: to, cause })
    })
  }

  /** What is in partitions that another broker leads is not to be waited for here. */
  #refuseElsewhere(): void {
    const { topics, name, nodes, coordinatorOf } = this.#options
    for (const { index, leader } of topics.get(name)?.partitions ?? []) {
      for (const node of nodes.values()) if (node.id !== leader) coordinatorOf(node).refuse(index)
    }
  }

  async #loadAll(): Promise<void> {
    const { topics, name } = this.#options
    this.#refuseElsewhere()
    await Promise.all(topics.get(name)?.partitions.map(partition => this.load(partition)) ?? [])
  }

  async #create(): Promise<boolean> {
    const { topics, name, partitionCount, configs, logger } = this.#options
    const topic: Topic | { readonly error: string; readonly message: string } = await topics.ensure(name, partitionCount, configs)
    if ('error' in topic) {
      logger.error(`the topic ${name} cannot be created; nobody can be coordinated`, { error: topic.error, message: topic.message })
      return false
    }
    await this.#loadAll()
    return true
  }
}
