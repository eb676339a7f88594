/** `__consumer_offsets`: created when the first group needs it, its partitions loaded into the coordinator as they become ready. */

import type { Logger } from '../common/logger.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import type { Partition } from './partition.ts'
import type { Taps } from './taps.ts'
import type { Topic, TopicRegistry } from './topic-registry.ts'

export const OFFSETS_TOPIC = '__consumer_offsets'
/** OffsetConfig of Kafka: compacted, small segments so that compaction and loading stay quick. */
const CONFIGS = { 'cleanup.policy': 'compact', 'compression.type': 'producer', 'segment.bytes': '104857600' }

export class OffsetsTopic {
  readonly #topics: TopicRegistry
  readonly #groups: GroupCoordinator
  readonly #partitionCount: number
  readonly #logger: Logger
  #creating: Promise<boolean> | undefined

  constructor(options: {
    readonly topics: TopicRegistry
    readonly groups: GroupCoordinator
    readonly partitionCount: number
    readonly taps: Taps
    readonly logger: Logger
  }) {
    this.#topics = options.topics
    this.#groups = options.groups
    this.#partitionCount = options.partitionCount
    this.#logger = options.logger
    // An administrator may create it too: its groups are served as if we had.
    options.taps.subscribe(event => {
      if (event.is === 'topic-created' && event.topic === OFFSETS_TOPIC) void this.#loadAll()
    })
  }

  /** Makes sure the topic exists; false when it cannot be created (then COORDINATOR_NOT_AVAILABLE is the answer). */
  ensure(): true | Promise<boolean> {
    if (this.#topics.get(OFFSETS_TOPIC)) return this.#creating ?? true
    this.#creating ??= this.#create().finally(() => (this.#creating = undefined))
    return this.#creating
  }

  /** Replays one partition into the coordinator, or has its groups refused when it could not be opened. */
  async load(partition: Partition): Promise<void> {
    // It may have been deleted while it was being opened, and another be in its place.
    if (this.#topics.partition(OFFSETS_TOPIC, partition.index) !== partition) return
    if (partition.log) await this.#groups.load(partition.index)
    else if (partition.state.is === 'failed') this.#groups.refuse(partition.index)
  }

  async #loadAll(): Promise<void> {
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
