/** One partition of a fetch: what is asked of it, and what it stands on. */

import type { PartitionLog } from '../log/partition-log.ts'
import type { fetch } from '../protocol/apis/index.ts'
import type { KafkaError } from '../protocol/errors.ts'
import type { RequestOf } from '../protocol/schema.ts'
import type { Partition } from './partition.ts'
import type { Topic, TopicRegistry } from './topic-registry.ts'

export type FetchRequest = RequestOf<typeof fetch>
export type TopicRequest = FetchRequest['topics'][number]
export type PartitionRequest = TopicRequest['partitions'][number]

/** Which topics there are, and who asks which broker. */
export type Resolving = {
  readonly topics: TopicRegistry
  readonly nodeId: number
  /** From v11 on a consumer may read from a follower (KIP-392). */
  readonly mayFollow: boolean
  /** The broker on the client's own rack that a leader sends it to; undefined for itself. */
  readonly nearer?: ((partition: Partition) => number | undefined) | undefined
}

/** Lives for one request, or as long as its fetch session. */
export class WantedPartition {
  /** As the client names it: by name before v13, by id from there on (the other one is empty or zero). */
  readonly topic: string
  readonly topicId: string
  readonly isById: boolean
  asked: PartitionRequest
  partition: Partition | undefined
  refusal: KafkaError | undefined
  /** A follower nearer to the client, which it is sent to: it gets no records here. */
  nearer: number | undefined
  #mayFollow = false
  /**
   * Not known when the request came in: it is answered with that behind all others, and nobody is woken for it. What goes away while it is
   * waited for is news, and ends the wait.
   */
  isUnknown = false
  /** Kafka keeps the name that an id had: a session whose topic was deleted asks for that name from then on. */
  name: string | undefined

  constructor({ topic, topicId }: Pick<TopicRequest, 'topic' | 'topicId'>, asked: PartitionRequest, isById: boolean) {
    this.topic = topic
    this.topicId = topicId
    this.isById = isById
    this.asked = asked
    this.name = isById ? undefined : topic
  }

  /** Looks at what the topic is now, as a request comes in. */
  begin(resolving: Resolving): void {
    this.resolve(resolving)
    this.isUnknown = this.refusal === 'UNKNOWN_TOPIC_ID' || this.refusal === 'UNKNOWN_TOPIC_OR_PARTITION'
  }

  /** Looks again, for the answer to a request that waited. */
  resolve({ topics, nodeId, mayFollow, nearer }: Resolving): void {
    this.#mayFollow = mayFollow
    if (this.isById) this.name ??= topics.byId(this.topicId)?.record.name
    const topic = this.name === undefined ? undefined : topics.get(this.name)
    this.partition = topic?.partitions[this.asked.partition]
    this.refusal = this.#refusalOf(topic, this.partition, nodeId)
    this.nearer = nearer && this.partition && this.refusal === undefined ? nearer(this.partition) : undefined
  }

  /** The log, when that broker serves the partition to who asks. */
  logAt(nodeId: number): PartitionLog | undefined {
    return this.#mayFollow ? this.partition?.logForReader(nodeId) : this.partition?.logFor(nodeId)
  }

  #refusalOf(topic: Topic | undefined, partition: Partition | undefined, nodeId: number): KafkaError | undefined {
    if (this.name === undefined) return 'UNKNOWN_TOPIC_ID'
    if (!topic || !partition) return 'UNKNOWN_TOPIC_OR_PARTITION'
    if (this.isById && topic.record.topicId !== this.topicId) return 'INCONSISTENT_TOPIC_ID'
    const log = this.logAt(nodeId)
    return log ? epochRefusal(this.asked, log) : 'NOT_LEADER_OR_FOLLOWER'
  }
}

/** What is refused for the leader epoch that the client knows. */
export function epochRefusal({ currentLeaderEpoch }: PartitionRequest, log: PartitionLog): KafkaError | undefined {
  if (currentLeaderEpoch < 0 || currentLeaderEpoch === log.leaderEpoch) return undefined
  return currentLeaderEpoch < log.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH'
}

/** The partitions of a full request, each once: where one is named twice, its last wish holds in its first place. */
export function wantedOf(topics: readonly TopicRequest[], isById: boolean): WantedPartition[] {
  const wanted: WantedPartition[] = []
  const isSingle = topics.length === 1
  const seen = new Map<string, Map<number, WantedPartition>>()
  for (const topic of topics) {
    if (isSingle && topic.partitions.length === 1) {
      for (const asked of topic.partitions) wanted.push(new WantedPartition(topic, asked, isById))
      break
    }
    const key = isById ? topic.topicId : topic.topic
    const ofTopic = seen.get(key) ?? new Map<number, WantedPartition>()
    seen.set(key, ofTopic)
    for (const asked of topic.partitions) {
      const twin = ofTopic.get(asked.partition)
      if (twin) {
        twin.asked = asked
        continue
      }
      const want = new WantedPartition(topic, asked, isById)
      ofTopic.set(asked.partition, want)
      wanted.push(want)
    }
  }
  return wanted
}
