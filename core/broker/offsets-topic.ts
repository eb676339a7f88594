/**
 * `__consumer_offsets`: created when the first group needs it, its partitions loaded into the coordinator of the broker that leads them as
 * they become ready, and handed on with their leadership.
 */

import type { Logger } from '../common/logger.ts'
import type { BrokerNode } from './broker-node.ts'
import type { Leadership, Move } from './leadership.ts'
import type { Partition } from './partition.ts'
import { NO_LEADER } from './placement.ts'
import type { Taps } from './taps.ts'
import type { Topic, TopicRegistry } from './topic-registry.ts'

export const OFFSETS_TOPIC = '__consumer_offsets'
/** OffsetConfig of Kafka: compacted, small segments so that compaction and loading stay quick. */
const CONFIGS = { 'cleanup.policy': 'compact', 'compression.type': 'producer', 'segment.bytes': '104857600' }

export class OffsetsTopic {
  readonly #topics: TopicRegistry
  readonly #nodes: ReadonlyMap<number, BrokerNode>
  readonly #partitionCount: number
  readonly #logger: Logger
  #creating: Promise<boolean> | undefined

  constructor(options: {
    readonly topics: TopicRegistry
    readonly nodes: ReadonlyMap<number, BrokerNode>
    readonly leadership: Leadership
    readonly partitionCount: number
    readonly taps: Taps
    readonly logger: Logger
  }) {
    this.#topics = options.topics
    this.#nodes = options.nodes
    this.#partitionCount = options.partitionCount
    this.#logger = options.logger
    this.#refuseElsewhere()
    // An administrator may create it too: its groups are served as if we had.
    options.taps.subscribe(event => {
      if (event.is === 'topic-created' && event.topic === OFFSETS_TOPIC) void this.#loadAll()
    })
    options.leadership.onMove(move => this.#follow(move))
  }

  /** Makes sure the topic exists; false when it cannot be created (then COORDINATOR_NOT_AVAILABLE is the answer). */
  ensure(): true | Promise<boolean> {
    if (this.#topics.get(OFFSETS_TOPIC)) return this.#creating ?? true
    this.#creating ??= this.#create().finally(() => (this.#creating = undefined))
    return this.#creating
  }

  /** Replays one partition into the coordinator of its leader, or has its groups refused when it could not be opened. */
  async load(partition: Partition): Promise<void> {
    // It may have been deleted while it was being opened, and another be in its place.
    if (this.#topics.partition(OFFSETS_TOPIC, partition.index) !== partition) return
    const groups = this.#nodes.get(partition.leader)?.groups
    if (partition.log) await groups?.load(partition.index)
    else if (partition.state.is === 'failed') groups?.refuse(partition.index)
  }

  #follow({ partition, from, to }: Move): void {
    if (partition.topic !== OFFSETS_TOPIC) return
    const before = this.#nodes.get(from)?.groups
    before?.unload(partition.index)
    before?.refuse(partition.index)
    if (to === NO_LEADER) return
    this.load(partition).catch((cause: unknown) => {
      this.#logger.error('the groups of a partition of __consumer_offsets could not be taken over', { partition: partition.index, broker: to, cause })
    })
  }

  /** Groups of partitions that another broker leads are not to be waited for here. */
  #refuseElsewhere(): void {
    for (const { index, leader } of this.#topics.get(OFFSETS_TOPIC)?.partitions ?? []) {
      for (const { id, groups } of this.#nodes.values()) if (id !== leader) groups.refuse(index)
    }
  }

  async #loadAll(): Promise<void> {
    this.#refuseElsewhere()
    await Promise.all(this.#topics.get(OFFSETS_TOPIC)?.partitions.map(partition => this.load(partition)) ?? [])
  }

  async #create(): Promise<boolean> {
    const topic: Topic | { readonly error: string; readonly message: string } = await this.#topics.ensure(OFFSETS_TOPIC, this.#partitionCount, CONFIGS)
    if ('error' in topic) {
      this.#logger.error('the topic of committed offsets cannot be created; groups cannot work', { error: topic.error, message: topic.message })
      return false
    }
    await this.#loadAll()
    return true
  }
}
