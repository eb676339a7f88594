/**
 * Coordinates groups of both kinds: takes requests as plain values, answers with plain values, and keeps what must last in
 * `__consumer_offsets`. What becomes of a request stands in classic-requests.ts, consumer-requests.ts, offset-requests.ts and
 * group-admin.ts; decisions are made behind them, state is changed in group-store.ts.
 */

import type { Random } from '../common/random.ts'
import { KeyedTimers } from '../coordinator/keyed-timers.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { downgradeWithout } from './classic-downgrade.ts'
import type { JoinRequest } from './classic-join.ts'
import type { JoinAnswer, SyncAnswer } from './classic-member.ts'
import type { HeartbeatRequest, LeaveAnswer, LeavingMember, SyncRequest } from './classic-membership.ts'
import { prepareRebalance, restartSession } from './classic-rebalance.ts'
import { heartbeatGroup, joinGroup, leaveGroup, syncGroup } from './classic-requests.ts'
import type { ConsumerContext, GroupTopics } from './consumer-context.ts'
import type { ConsumerHeartbeat, HeartbeatAnswer } from './consumer-heartbeat.ts'
import { describeConsumerGroup, heartbeatConsumer, type DescribedConsumerGroup } from './consumer-requests.ts'
import { followRebalance, restartSession as restartConsumerSession } from './consumer-timers.ts'
import { deleteGroup, deleteOffsets, describeClassicGroup, listGroups, type DescribedGroup, type ListedGroup } from './group-admin.ts'
import { defaultConsumerGroupConfig } from './group-config.ts'
import type { GroupCoordinatorOptions, GroupParts } from './group-parts.ts'
import { snapshotOf, type GroupSnapshot } from './group-snapshot.ts'
import { GroupStore, type StoreGroup } from './group-store.ts'
import type { CommitAnswer, CommitRequest, TransactionalCommitRequest } from './offset-commit.ts'
import type { DeleteOffsetsAnswer, DeleteOffsetsRequest } from './offset-delete.ts'
import { expiredRecords } from './offset-expiry.ts'
import { commitInTransaction, commitOffsets, fetchOffsets, forgetOffsetsOf, type FetchOffsetsAnswer, type FetchOffsetsRequest } from './offset-requests.ts'

export type { DescribedGroup, ListedGroup } from './group-admin.ts'
export type { GroupConfig } from './group-config.ts'
export type { GroupTopic, GroupTopics } from './consumer-context.ts'
export type { ConsumerGroupConfig } from './group-config.ts'
export { defaultConsumerGroupConfig, defaultGroupConfig } from './group-config.ts'
export type { GroupCoordinatorOptions } from './group-parts.ts'
export type { GroupSnapshot, MemberSnapshot, OffsetSnapshot, PendingSnapshot } from './group-snapshot.ts'
export type { FetchOffsetsAnswer, FetchOffsetsRequest } from './offset-requests.ts'

const NO_TOPICS: GroupTopics = { byName: () => undefined, byId: () => undefined, names: () => [] }
/** Work over all groups gives way to requests after this long. */
const SLICE_MS = 4

export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions
  readonly #store: GroupStore
  readonly #parts: GroupParts
  readonly #timers: KeyedTimers
  readonly #listeners = new Set<(groupId: string) => void>()
  /** Topics deleted while a partition was loading: their offsets go once it has. */
  readonly #deletedTopics = new Set<string>()
  /** Patterns resolved before this coordinator was there may not know every topic. */
  #newTopicAtMs: number
  #nextTask = 0
  #isStopped = false

  constructor(options: GroupCoordinatorOptions) {
    const { clock, logger, config, random } = options
    const changed = (groupId: string): void => this.#changed(groupId)
    this.#options = options
    this.#newTopicAtMs = clock.now()
    this.#timers = new KeyedTimers(clock)
    this.#store = new GroupStore({
      clock, logger, partitionCount: options.partitionCount, logOf: partition => options.logOf(partition), hasTopic: () => options.hasOffsetsTopic?.() ?? true, changed,
    })
    const write: GroupStore['write'] = (groupId, records) => this.#store.write(groupId, records)
    this.#parts = {
      options,
      store: this.#store,
      consumer: this.#consumerContext(),
      classic: { config, logger, changed, write, now: () => clock.now(), newMemberId: prefix => `${prefix}-${newUuid(random)}` },
    }
  }

  #consumerContext(): ConsumerContext {
    const { clock, config, logger, random, topics = NO_TOPICS, groupConfigOf } = this.#options
    return {
      clock, config, logger, topics,
      newTopicAtMs: () => this.#newTopicAtMs,
      groupConfigOf: groupId => groupConfigOf?.(groupId) ?? defaultConsumerGroupConfig,
      group: groupId => this.#store.consumer(groupId),
      write: (groupId, records) => this.#store.write(groupId, records),
      writeInParts: (groupId, records) => this.#store.writeInParts(groupId, records),
      newMemberId: () => random.bytes(16).toString('base64url'),
      downgrade: (group, leaving) => downgradeWithout(this.#parts, group, leaving),
    }
  }

  /** Reads one partition of `__consumer_offsets`; its groups are served from then on. */
  load(partition: number): Promise<void> {
    // A partition may become ready while the broker stops: nothing starts then.
    if (this.#isStopped) return Promise.resolve()
    if (!this.#timers.size) this.#sweepLater()
    return this.#store.load(partition, groups => {
      for (const group of groups) this.#resume(group)
      // Of these groups only: others may have committed since, for a topic that was made again under the name.
      for (const topic of this.#deletedTopics) this.#forgetOffsets(topic, [...groups])
      if (!this.#store.isLoading) this.#deletedTopics.clear()
    })
  }

  /** A group back from the log: its members have one session to show themselves. */
  #resume(group: StoreGroup): void {
    if (group.kind === 'classic') {
      for (const member of group.members) restartSession(this.#parts.classic, group, member)
      if (group.size > this.#options.config.membersMax) prepareRebalance(this.#parts.classic, group, 'it has more members than allowed')
    } else {
      for (const member of group.members) {
        restartConsumerSession(this.#parts.consumer, group, member)
        followRebalance(this.#parts.consumer, group, member)
      }
    }
    this.#changed(group.groupId)
  }

  /** Refuses the groups of a partition that cannot be opened. */
  refuse(partition: number): void {
    this.#store.refuse(partition)
  }

  /** Whether requests for this group are or will be served here. */
  coordinates(groupId: string): boolean {
    return !this.#store.isRefused(groupId)
  }

  /** Drops a partition's groups from memory, answering what they have parked with NOT_COORDINATOR. */
  unload(partition: number): void {
    this.#store.unload(partition)
  }

  /** Answers everything parked with NOT_COORDINATOR and ends all timers; later requests are answered the same. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timers.cancelAll()
    await this.#store.stop()
    this.#listeners.clear()
  }

  join(request: JoinRequest): Promise<JoinAnswer> {
    return joinGroup(this.#parts, request)
  }

  sync(request: SyncRequest): Promise<SyncAnswer> {
    return syncGroup(this.#parts, request)
  }

  heartbeat(request: HeartbeatRequest): KafkaError {
    return heartbeatGroup(this.#parts, request)
  }

  leave(groupId: string, members: readonly LeavingMember[]): LeaveAnswer {
    return leaveGroup(this.#parts, groupId, members)
  }

  /** A member of the consumer protocol joins, shows itself or leaves (KIP-848). */
  heartbeatConsumer(request: ConsumerHeartbeat): HeartbeatAnswer {
    return heartbeatConsumer(this.#parts, request)
  }

  describeConsumer(groupIds: readonly string[]): readonly DescribedConsumerGroup[] {
    return groupIds.map(groupId => describeConsumerGroup(this.#parts, groupId))
  }

  /** All partitions that may be committed are stored as one batch, or none. */
  commit(request: CommitRequest): CommitAnswer {
    return commitOffsets(this.#parts, request)
  }

  /** The same in an open transaction: the offsets are pending until `completeTransaction` ends it. */
  commitInTransaction(request: TransactionalCommitRequest): CommitAnswer {
    return commitInTransaction(this.#parts, request)
  }

  /** Ends a producer's transaction in a partition of `__consumer_offsets`: appends the marker, and what it committed is visible, or gone. */
  completeTransaction(partition: number, marker: Parameters<GroupStore['completeTransaction']>[1]): KafkaError {
    return this.#store.completeTransaction(partition, marker)
  }

  /** The partition of `__consumer_offsets` that the group's records stand in. */
  partitionOf(groupId: string): number {
    return this.#store.partitionOf(groupId)
  }

  /** Why requests for this group are not served now; NONE when they are. */
  readiness(groupId: string): KafkaError {
    return this.#store.readiness(groupId)
  }

  /** What the answer to a commit must wait for where acknowledgements are durable; undefined when nothing. Rejects when the disk fails. */
  stored(groupId: string): Promise<void> | undefined {
    return this.#store.stored(groupId)
  }

  fetchOffsets(request: FetchOffsetsRequest): FetchOffsetsAnswer {
    return fetchOffsets(this.#parts, request)
  }

  /** Filters are lists of words in any case; an empty one lets everything pass. */
  list(filter: { readonly states: readonly string[]; readonly kinds: readonly string[] }): { readonly error: KafkaError; readonly groups: readonly ListedGroup[] } {
    return listGroups(this.#parts, filter)
  }

  describe(groupIds: readonly string[]): readonly DescribedGroup[] {
    return groupIds.map(groupId => describeClassicGroup(this.#parts, groupId))
  }

  delete(groupIds: readonly string[]): readonly { readonly groupId: string; readonly error: KafkaError }[] {
    return groupIds.map(groupId => ({ groupId, error: deleteGroup(this.#parts, groupId) }))
  }

  deleteOffsets(request: DeleteOffsetsRequest): DeleteOffsetsAnswer {
    return deleteOffsets(this.#parts, request)
  }

  /** A deleted topic takes its committed offsets with it. */
  onTopicDeleted(topic: string): void {
    if (topic === '__consumer_offsets') {
      for (let partition = 0; partition < this.#options.partitionCount; partition++) this.unload(partition)
      return
    }
    if (this.#store.isLoading) this.#deletedTopics.add(topic)
    this.#forgetOffsets(topic, [...this.#store.groups()])
  }

  /** A slice at a time, as thousands of groups may have read the topic. */
  #forgetOffsets(topic: string, groups: Pick<StoreGroup, 'groupId'>[], task = `forget ${this.#nextTask++}`): void {
    const { clock } = this.#options
    const endsAt = clock.elapsed() + SLICE_MS
    for (let group = groups.pop(); group; group = groups.pop()) {
      forgetOffsetsOf(this.#parts, topic, group)
      if (groups.length > 0 && clock.elapsed() >= endsAt) return this.#timers.set(task, 0, () => this.#forgetOffsets(topic, groups, task))
    }
  }

  /** A topic was made, has more partitions or is gone: consumer groups look at their topics with the next heartbeat of a member. */
  onTopicChanged(topic: string, how: 'new' | 'changed' | 'gone'): void {
    if (how === 'new') this.#newTopicAtMs = this.#options.clock.now()
    for (const group of this.#store.groups()) if (group.kind === 'consumer' && group.isSubscribedTo(topic)) group.mayHaveOtherTopics = true
  }

  #sweepLater(): void {
    this.#timers.set('sweep', this.#options.config.offsetsSweepMs, () => this.#sweep([...this.#store.groups()].map(group => group.groupId)))
  }

  /** Removes expired offsets and groups nothing is left of, a slice at a time. */
  #sweep(groupIds: string[]): void {
    const { clock, config } = this.#options
    const endsAt = clock.elapsed() + SLICE_MS
    while (clock.elapsed() < endsAt) {
      const groupId = groupIds.pop()
      if (groupId === undefined) return this.#sweepLater()
      const group = this.#store.get(groupId)
      if (group) this.#store.writeInParts(groupId, expiredRecords(group, this.#store, clock.now(), config.offsetsRetentionMs))
    }
    this.#timers.set('sweep', 0, () => this.#sweep(groupIds))
  }

  /** Every group, for the window. */
  * groups(): Iterable<GroupSnapshot> {
    for (const group of this.#store.groups()) yield this.#snapshot(group)
  }

  group(groupId: string): GroupSnapshot | undefined {
    const group = this.#store.get(groupId)
    return group && this.#snapshot(group)
  }

  #snapshot(group: StoreGroup): GroupSnapshot {
    return snapshotOf(group, this.#store, { topics: this.#parts.consumer.topics, assignors: this.#options.config.consumerAssignors })
  }

  get groupCount(): number {
    return this.#store.size
  }

  /** Tells `listener` which group has changed, was made or is gone, each time and at once: whoever listens gathers. Returns its end. */
  onChange(listener: (groupId: string) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #changed(groupId: string): void {
    for (const listener of this.#listeners) listener(groupId)
  }
}

/** A version 4 UUID, as in Kafka's member ids. */
function newUuid(random: Random): string {
  const bytes = random.bytes(16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
