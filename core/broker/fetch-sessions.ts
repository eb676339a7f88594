/** The fetch sessions of one broker (KIP-227): who gets one of the slots, and what a request is within its session. */

import type { Clock } from '../common/clock.ts'
import { FETCH_SESSION_PARTITIONS_MAX } from '../common/limits.ts'
import type { Random } from '../common/random.ts'
import type { KafkaError } from '../protocol/errors.ts'
import type { PartitionAnswer } from './fetch-reads.ts'
import { FetchSession } from './fetch-session.ts'
import { wantedOf, type FetchRequest, type Resolving, type WantedPartition } from './wanted-partition.ts'

/** A full fetch that may begin a session, and one that does not want any. */
const INITIAL_EPOCH = 0
const FINAL_EPOCH = -1
const EPOCH_MAX = 0x7fffffff
/** Kafka's MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS: a session in use keeps its slot so long, and one that is not used longer loses it. */
const EVICTION_MS = 120_000

/** What one request fetches, and what its answer tells. */
export interface Fetching {
  /** Every partition is unknown: there is nothing to wait for. */
  readonly isAllUnknown: boolean
  /** What must be looked at, in the order in which the answer is filled. */
  wanted(): readonly WantedPartition[]
  /** Calls `wake` when something happens to what is fetched, until the returned function is called. */
  watch(wake: () => void): () => void
  /** It was woken, and waits on. */
  keepWatching(): void
  /** Takes out of `answers` (one for each of `wanted`) what the client knows already. */
  tell(wanted: readonly WantedPartition[], answers: (PartitionAnswer | undefined)[]): { readonly error: KafkaError; readonly sessionId: number }
}

export class FetchSessions {
  readonly #clock: Clock
  readonly #random: Random
  readonly #slots: number
  readonly #byId = new Map<number, FetchSession>()
  #partitionCount = 0

  /** `slots`: Kafka's max.incremental.fetch.session.cache.slots. */
  constructor({ clock, random, slots }: { readonly clock: Clock; readonly random: Random; readonly slots: number }) {
    this.#clock = clock
    this.#random = random
    this.#slots = slots
  }

  get count(): number {
    return this.#byId.size
  }

  /** Partitions over all sessions. */
  get partitionCount(): number {
    return this.#partitionCount
  }

  /** Begins a request: opens, goes on with or closes the session it names; or the error it is answered with. `isById`: v13 and later. */
  begin(request: FetchRequest, isById: boolean, resolving: Resolving): Fetching | KafkaError {
    const { sessionId, sessionEpoch } = request
    const session = this.#byId.get(sessionId)
    if (sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH) {
      if (session) this.#close(session)
      return this.#full(request, isById, resolving, sessionEpoch === INITIAL_EPOCH)
    }
    if (!session) return 'FETCH_SESSION_ID_NOT_FOUND'
    if (session.epoch !== sessionEpoch) return 'INVALID_FETCH_SESSION_EPOCH'
    if (session.isById !== isById) return 'FETCH_SESSION_TOPIC_ID_ERROR'
    const before = session.size
    session.update(request)
    this.#partitionCount += session.size - before
    if (session.size === 0 || this.#partitionCount > FETCH_SESSION_PARTITIONS_MAX) {
      this.#close(session)
      // Without room the client is sent back to full requests.
      return session.size === 0 ? this.#full(request, isById, resolving, false) : 'FETCH_SESSION_ID_NOT_FOUND'
    }
    session.lastUsedAt = this.#clock.elapsed()
    session.epoch = nextEpoch(sessionEpoch)
    session.begin(resolving)
    return new IncrementalFetch(session, resolving)
  }

  /** Forgets all: the broker they were begun at stops. */
  clear(): void {
    for (const session of this.#byId.values()) session.close()
    this.#byId.clear()
    this.#partitionCount = 0
  }

  #full({ topics }: FetchRequest, isById: boolean, resolving: Resolving, mayHaveSession: boolean): Fetching {
    const wanted = wantedOf(topics, isById)
    for (const want of wanted) want.begin(resolving)
    return new FullFetch(wanted, answers => (mayHaveSession ? this.#create({ wanted, answers, isById, resolving }) : 0))
  }

  /** The id of a new session, 0 when there is no room for it. */
  #create({ wanted, answers, isById, resolving }: {
    readonly wanted: readonly WantedPartition[]
    readonly answers: readonly (PartitionAnswer | undefined)[]
    readonly isById: boolean
    readonly resolving: Resolving
  }): number {
    const now = this.#clock.elapsed()
    if (this.#partitionCount + wanted.length > FETCH_SESSION_PARTITIONS_MAX || !this.#makeRoom(wanted.length, now)) return 0
    const session = new FetchSession({ id: this.#newId(), isById, now })
    session.fill(wanted, answers, resolving)
    this.#byId.set(session.id, session)
    this.#partitionCount += session.size
    return session.id
  }

  /** A slot for a session of `size` partitions: a free one, one that was not used for long, or that of a smaller session which is no longer new. */
  #makeRoom(size: number, now: number): boolean {
    if (this.#byId.size < this.#slots) return true
    let stalest: FetchSession | undefined
    let smallest: FetchSession | undefined
    for (const session of this.#byId.values()) {
      if (!stalest || session.lastUsedAt < stalest.lastUsedAt) stalest = session
      const isNew = session.lastUsedAt - session.createdAt <= EVICTION_MS
      if (!isNew && (!smallest || session.size < smallest.size)) smallest = session
    }
    const leaving = stalest && now - stalest.lastUsedAt > EVICTION_MS ? stalest : smallest && size > smallest.size ? smallest : undefined
    if (leaving) this.#close(leaving)
    return leaving !== undefined
  }

  #newId(): number {
    for (;;) {
      const id = 1 + this.#random.below(EPOCH_MAX)
      if (!this.#byId.has(id)) return id
    }
  }

  #close(session: FetchSession): void {
    session.close()
    this.#byId.delete(session.id)
    this.#partitionCount -= session.size
  }
}

/** 0 and -1 have meanings of their own: after the greatest comes 1. */
export function nextEpoch(epoch: number): number {
  return epoch === EPOCH_MAX ? 1 : epoch + 1
}

class FullFetch implements Fetching {
  readonly #wanted: readonly WantedPartition[]
  readonly #createSession: (answers: readonly (PartitionAnswer | undefined)[]) => number
  readonly isAllUnknown: boolean

  constructor(wanted: WantedPartition[], createSession: (answers: readonly (PartitionAnswer | undefined)[]) => number) {
    const unknown = wanted.filter(want => want.isUnknown)
    this.isAllUnknown = unknown.length === wanted.length
    // In place: a session is made of the same row.
    if (unknown.length > 0) wanted.sort((a, b) => Number(a.isUnknown) - Number(b.isUnknown))
    this.#wanted = wanted
    this.#createSession = createSession
  }

  wanted(): readonly WantedPartition[] {
    return this.#wanted
  }

  watch(wake: () => void): () => void {
    const watched = this.#wanted.map(({ partition }) => partition)
    for (const partition of watched) partition?.watch(wake)
    return () => {
      for (const partition of watched) partition?.unwatch(wake)
    }
  }

  keepWatching(): void {}

  tell(_: readonly WantedPartition[], answers: (PartitionAnswer | undefined)[]): { readonly error: KafkaError; readonly sessionId: number } {
    return { error: 'NONE', sessionId: this.#createSession(answers) }
  }
}

class IncrementalFetch implements Fetching {
  readonly #session: FetchSession
  readonly #nodeId: number
  /** What the session's epoch is as long as no other request has gone on with it. */
  readonly #epoch: number

  constructor(session: FetchSession, { nodeId }: Resolving) {
    this.#session = session
    this.#nodeId = nodeId
    this.#epoch = session.epoch
  }

  get isAllUnknown(): boolean {
    return this.#session.isAllUnknown
  }

  wanted(): readonly WantedPartition[] {
    return this.#session.wanted()
  }

  watch(wake: () => void): () => void {
    return this.#session.watch(wake)
  }

  keepWatching(): void {
    this.#session.keepWatching()
  }

  tell(wanted: readonly WantedPartition[], answers: (PartitionAnswer | undefined)[]): { readonly error: KafkaError; readonly sessionId: number } {
    const { id: sessionId, epoch } = this.#session
    if (epoch !== this.#epoch) return { error: 'INVALID_FETCH_SESSION_EPOCH', sessionId }
    this.#session.tell(wanted, answers, this.#nodeId)
    return { error: 'NONE', sessionId }
  }
}
