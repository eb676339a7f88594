/**
 * One incremental fetch session (KIP-227): the partitions a client reads, what it was told of each, and which of them must be looked at
 * again. A request costs what changed, not what the session holds: a partition where nothing happened is neither read nor walked over.
 */

import { wasAnswered, type PartitionAnswer } from './fetch-reads.ts'
import type { Partition } from './partition.ts'
import { WantedPartition, type FetchRequest, type PartitionRequest, type Resolving } from './wanted-partition.ts'

/** A partition of a session. It watches its partition once: what happens after it was woken is seen with the next look. */
export class SessionPartition extends WantedPartition {
  /** Its place: answers are filled in this order. */
  order: number
  readonly #onNews: (partition: SessionPartition) => void
  #highWatermark = -1
  #logStartOffset = -1
  #watched: Partition | undefined
  #wake: (() => void) | undefined

  constructor(of: Pick<WantedPartition, 'topic' | 'topicId' | 'isById'>, asked: PartitionRequest, { order, onNews }: { order: number; onNews: (partition: SessionPartition) => void }) {
    super(of, asked, of.isById)
    this.order = order
    this.#onNews = onNews
  }

  watch(): void {
    const { partition } = this
    if (!partition || this.#watched === partition) return
    this.unwatch()
    this.#wake ??= () => {
      this.unwatch()
      this.#onNews(this)
    }
    this.#watched = partition
    partition.watch(this.#wake)
  }

  unwatch(): void {
    if (this.#watched && this.#wake) this.#watched.unwatch(this.#wake)
    this.#watched = undefined
  }

  /** Remembers what the client is told, and says whether there is anything to tell: after an error once more, for it is over. */
  tell(answer: PartitionAnswer): boolean {
    const { highWatermark, logStartOffset = -1, errorCode, divergingEpoch, preferredReadReplica = -1 } = answer
    const isNews = highWatermark !== this.#highWatermark || logStartOffset !== this.#logStartOffset || errorCode !== 0
      || divergingEpoch !== undefined || preferredReadReplica >= 0 || wasAnswered(answer)
    this.#highWatermark = errorCode === 0 ? highWatermark : -1
    this.#logStartOffset = logStartOffset
    return isNews
  }

  /** Whether nothing can be told until something happens to the partition. */
  isSettled(answer: PartitionAnswer, nodeId: number): boolean {
    const log = this.logAt(nodeId)
    if (!log || answer.errorCode !== 0 || answer.divergingEpoch !== undefined || (answer.preferredReadReplica ?? -1) >= 0) return false
    return this.asked.fetchOffset >= log.highWatermark && this.#highWatermark === log.highWatermark && this.#logStartOffset === log.startOffset
  }
}

export class FetchSession {
  readonly id: number
  /** Whether its topics are named by id: requests before v13 and after cannot share a session. */
  readonly isById: boolean
  /** Monotonic milliseconds. */
  readonly createdAt: number
  lastUsedAt: number
  /** What the next request must say. */
  epoch = 1
  readonly #byTopic = new Map<string, Map<number, SessionPartition>>()
  /** Partitions that something happened to since they were last told of. */
  readonly #unsettled = new Set<SessionPartition>()
  readonly #waiting = new Set<() => void>()
  #isClosed = false
  #size = 0
  #unknown = 0
  #nextOrder = 0

  constructor({ id, isById, now }: { readonly id: number; readonly isById: boolean; readonly now: number }) {
    this.id = id
    this.isById = isById
    this.createdAt = now
    this.lastUsedAt = now
  }

  get size(): number {
    return this.#size
  }

  /** The partitions of a full fetch with the answers it is given, in the order of these. */
  fill(wanted: readonly WantedPartition[], answers: readonly (PartitionAnswer | undefined)[], resolving: Resolving): void {
    for (const [at, want] of wanted.entries()) {
      const answer = answers[at]
      if (!answer) continue
      const partition = this.#put(want, want.asked)
      partition.name = want.name
      partition.resolve(resolving)
      partition.tell(answer)
      this.#settle(partition, answer, resolving.nodeId)
    }
  }

  /** What a request adds, changes and forgets. */
  update({ topics, forgottenTopicsData }: FetchRequest): void {
    for (const { topic, topicId, partitions } of topics) {
      for (const asked of partitions) this.#put({ topic, topicId, isById: this.isById }, asked)
    }
    for (const { topic, topicId, partitions } of forgottenTopicsData) {
      for (const index of partitions) this.#forget(this.isById ? topicId : topic, index)
    }
  }

  #put(of: Pick<WantedPartition, 'topic' | 'topicId' | 'isById'>, asked: PartitionRequest): SessionPartition {
    const key = this.isById ? of.topicId : of.topic
    const ofTopic = this.#byTopic.get(key) ?? new Map<number, SessionPartition>()
    if (ofTopic.size === 0) this.#byTopic.set(key, ofTopic)
    const known = ofTopic.get(asked.partition)
    const partition = known ?? new SessionPartition(of, asked, { order: this.#nextOrder++, onNews: this.#onNews })
    if (known) known.asked = asked
    else {
      ofTopic.set(asked.partition, partition)
      this.#size++
    }
    this.#unsettled.add(partition)
    return partition
  }

  #forget(key: string, index: number): void {
    const ofTopic = this.#byTopic.get(key)
    const partition = ofTopic?.get(index)
    if (!ofTopic || !partition) return
    partition.unwatch()
    this.#unsettled.delete(partition)
    ofTopic.delete(index)
    if (ofTopic.size === 0) this.#byTopic.delete(key)
    this.#size--
  }

  readonly #onNews = (partition: SessionPartition): void => {
    this.#unsettled.add(partition)
    for (const wake of this.#waiting) wake()
  }

  /** Looks at what the unsettled partitions are now. */
  begin(resolving: Resolving): void {
    this.#unknown = 0
    for (const partition of this.#unsettled) {
      partition.begin(resolving)
      if (partition.isUnknown) this.#unknown++
    }
  }

  get isAllUnknown(): boolean {
    return this.#unknown === this.#size
  }

  /** What must be looked at, in the session's order, with what is unknown at the end. */
  wanted(): SessionPartition[] {
    if (this.#unsettled.size === 0) return []
    return [...this.#unsettled].sort((a, b) => Number(a.isUnknown) - Number(b.isUnknown) || a.order - b.order)
  }

  /** Takes out of `answers` what the client knows, and moves what brought records to the end of the order. */
  tell(wanted: readonly WantedPartition[], answers: (PartitionAnswer | undefined)[], nodeId: number): void {
    for (const [at, partition] of wanted.entries()) {
      const answer = answers[at]
      if (!answer || !(partition instanceof SessionPartition)) continue
      if (!partition.tell(answer)) answers[at] = undefined
      else if (wasAnswered(answer)) partition.order = this.#nextOrder++
      this.#settle(partition, answer, nodeId)
    }
  }

  #settle(partition: SessionPartition, answer: PartitionAnswer, nodeId: number): void {
    if (this.#isClosed || !partition.isSettled(answer, nodeId)) return
    partition.watch()
    this.#unsettled.delete(partition)
  }

  /** Calls `wake` when something happens to a partition, until the returned function is called. */
  watch(wake: () => void): () => void {
    this.#waiting.add(wake)
    this.keepWatching()
    return () => {
      this.#waiting.delete(wake)
      if (this.#isClosed) this.close()
    }
  }

  /** Those that woke a request which still waits are watched again. */
  keepWatching(): void {
    for (const partition of this.#unsettled) partition.watch()
  }

  /** No request can go on with it; one that waits is woken as before. */
  close(): void {
    this.#isClosed = true
    if (this.#waiting.size > 0) return
    for (const ofTopic of this.#byTopic.values()) for (const partition of ofTopic.values()) partition.unwatch()
  }
}
