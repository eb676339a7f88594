/**
 * Coordinates consumer groups: takes requests as plain values, answers with plain values, and keeps what must last in
 * `__consumer_offsets`. Decisions are made in classic-*.ts and offset-*.ts, state is changed in group-store.ts.
 */

import type { Clock } from '../common/clock.ts'
import { GROUP_METADATA_BYTES_MAX } from '../common/limits.ts'
import type { Logger } from '../common/logger.ts'
import type { Random } from '../common/random.ts'
import { KeyedTimers } from '../coordinator/keyed-timers.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { CONSUMER_PROTOCOL_TYPE, type ClassicGroup } from './classic-group.ts'
import { joinClassicGroup, type JoinRequest } from './classic-join.ts'
import { NO_BYTES, refusedJoin, refusedSync, type JoinAnswer, type SyncAnswer } from './classic-member.ts'
import {
  heartbeatClassicGroup, leaveClassicGroup, syncClassicGroup,
  type HeartbeatRequest, type LeaveAnswer, type LeavingMember, type SyncRequest,
} from './classic-membership.ts'
import { prepareRebalance, restartSession, type ClassicContext } from './classic-rebalance.ts'
import type { GroupConfig } from './group-config.ts'
import { snapshotOf, type GroupSnapshot, type GroupState } from './group-snapshot.ts'
import { GroupStore } from './group-store.ts'
import { checkCommit, checkPartitions, commitRecords, withError, type CommitAnswer, type CommitRequest } from './offset-commit.ts'
import { answerToDelete, deletedRecords, refusedDelete, type DeleteOffsetsAnswer, type DeleteOffsetsRequest } from './offset-delete.ts'
import { expiredRecords } from './offset-expiry.ts'
import type { GroupRecord, StoredGroup } from './stored.ts'

export type { GroupConfig } from './group-config.ts'
export { defaultGroupConfig } from './group-config.ts'
export type { GroupSnapshot, MemberSnapshot, OffsetSnapshot } from './group-snapshot.ts'

export type GroupCoordinatorOptions = {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Partitions of `__consumer_offsets`; a group's place depends on it, so it never changes. */
  readonly partitionCount: number
  /** The log of a partition of `__consumer_offsets`; undefined while there is none. */
  logOf(partition: number): PartitionLog | undefined
  /** Whether `__consumer_offsets` exists, be its logs open or not; without it, it does. */
  hasOffsetsTopic?(): boolean
  topicExists(topic: string, partition: number): boolean
  /** The id of a topic that exists: commits carry it, and an offset committed for an earlier topic of that name is not handed out. */
  topicIdOf?(topic: string): string | undefined
  readonly config: GroupConfig
}

export type FetchOffsetsRequest = {
  readonly groupId: string
  /** null: every topic the group has committed. */
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null
}

export type FetchOffsetsAnswer = {
  readonly error: KafkaError
  readonly topics: readonly {
    readonly topic: string
    /** An offset of -1 with an epoch of -1 and no metadata: nothing committed. */
    readonly partitions: readonly { readonly partition: number; readonly offset: number; readonly leaderEpoch: number; readonly metadata: string }[]
  }[]
}

export type ListedGroup = { readonly groupId: string; readonly protocolType: string; readonly state: GroupState; readonly kind: 'classic' }

export type DescribedGroup = {
  readonly error: KafkaError
  readonly groupId: string
  readonly state: GroupState | 'Dead' | ''
  readonly protocolType: string
  readonly protocol: string
  readonly members: readonly {
    readonly memberId: string
    readonly instanceId: string | null
    readonly clientId: string
    readonly host: string
    readonly metadata: Buffer
    readonly assignment: Buffer
  }[]
}

const EMPTY_GROUP: StoredGroup = { protocolType: null, generation: 0, protocol: null, leaderId: null, stateTimestampMs: null, members: [] }
/** A sweep gives way to requests after this long. */
const SWEEP_SLICE_MS = 4

export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions
  readonly #store: GroupStore
  readonly #classic: ClassicContext
  readonly #timers: KeyedTimers
  readonly #listeners = new Set<(groupId: string) => void>()
  /** Topics deleted while a partition was loading: their offsets go once it has. */
  readonly #deletedTopics = new Set<string>()
  #isStopped = false

  constructor(options: GroupCoordinatorOptions) {
    const { clock, logger, config, random } = options
    const changed = (groupId: string): void => this.#changed(groupId)
    this.#options = options
    this.#timers = new KeyedTimers(clock)
    this.#store = new GroupStore({
      clock, logger, partitionCount: options.partitionCount, logOf: partition => options.logOf(partition), hasTopic: () => options.hasOffsetsTopic?.() ?? true, changed,
    })
    this.#classic = {
      config, logger, changed,
      now: () => clock.now(),
      write: (groupId, records) => this.#store.write(groupId, records),
      newMemberId: prefix => `${prefix}-${newUuid(random)}`,
    }
  }

  /** Reads one partition of `__consumer_offsets`; its groups are served from then on. */
  load(partition: number): Promise<void> {
    // A partition may become ready while the broker stops: nothing starts then.
    if (this.#isStopped) return Promise.resolve()
    if (!this.#timers.size) this.#sweepLater()
    return this.#store.load(partition, groups => {
      for (const group of groups) this.#resume(group)
      if (!this.#store.isLoading) {
        for (const topic of this.#deletedTopics) this.#forgetTopic(topic)
        this.#deletedTopics.clear()
      }
    })
  }

  /** A group back from the log: its members have one session to show themselves. */
  #resume(group: ClassicGroup): void {
    for (const member of group.members) restartSession(this.#classic, group, member)
    if (group.size > this.#options.config.membersMax) prepareRebalance(this.#classic, group, 'it has more members than allowed')
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
    return new Promise(resolve => {
      const group = this.#groupToJoin(request)
      if (typeof group === 'string') resolve(refusedJoin(group, request.memberId))
      else joinClassicGroup(this.#classic, group, request, resolve)
    })
  }

  /** The group, made when its first member comes without an id; or why it cannot be joined. */
  #groupToJoin(request: JoinRequest): ClassicGroup | KafkaError {
    const { groupId, sessionTimeoutMs } = request
    const { config, logger } = this.#options
    if (groupId === '') return 'INVALID_GROUP_ID'
    if (sessionTimeoutMs < config.sessionTimeoutMinMs || sessionTimeoutMs > config.sessionTimeoutMaxMs) return 'INVALID_SESSION_TIMEOUT'
    const ready = this.#store.readiness(groupId)
    if (ready !== 'NONE') return ready
    const metadataBytes = request.protocols.reduce((sum, { name, metadata }) => sum + name.length + metadata.length, 0)
    // Kafka fails later, and without a word, when the record of such a member turns out too large to store.
    if (metadataBytes > GROUP_METADATA_BYTES_MAX) return 'INVALID_REQUEST'
    const known = this.#store.get(groupId)
    if (known) return known
    if (request.memberId !== '') return 'UNKNOWN_MEMBER_ID'
    if (request.protocolType === '' || request.protocols.length === 0) return 'INCONSISTENT_GROUP_PROTOCOL'
    if (this.#store.size >= config.groupsMax) {
      logger.warn('a new group was refused: there are too many', { group: groupId, groups: this.#store.size })
      return 'GROUP_MAX_SIZE_REACHED'
    }
    const error = this.#store.write(groupId, [{ is: 'group', groupId, value: { ...EMPTY_GROUP, stateTimestampMs: this.#options.clock.now() } }])
    return this.#store.get(groupId) ?? error
  }

  sync(request: SyncRequest): Promise<SyncAnswer> {
    return new Promise(resolve => {
      const error = this.#refusal(request.groupId)
      const group = this.#store.get(request.groupId)
      if (error !== 'NONE') resolve(refusedSync(error))
      else if (!group) resolve(refusedSync('UNKNOWN_MEMBER_ID'))
      else syncClassicGroup(this.#classic, group, request, resolve)
    })
  }

  heartbeat(request: HeartbeatRequest): KafkaError {
    const error = this.#refusal(request.groupId)
    // A member need not rejoin because its coordinator is still reading: it is told that all is well.
    if (error === 'COORDINATOR_LOAD_IN_PROGRESS') return 'NONE'
    if (error !== 'NONE') return error
    const group = this.#store.get(request.groupId)
    return group ? heartbeatClassicGroup(this.#classic, group, request) : 'UNKNOWN_MEMBER_ID'
  }

  leave(groupId: string, members: readonly LeavingMember[]): LeaveAnswer {
    const error = this.#refusal(groupId)
    if (error !== 'NONE') return { error, members: [] }
    const group = this.#store.get(groupId)
    if (group) return leaveClassicGroup(this.#classic, group, members)
    return { error: 'NONE', members: members.map(member => ({ ...member, error: 'UNKNOWN_MEMBER_ID' })) }
  }

  /** All partitions that may be committed are stored as one batch, or none. */
  commit(request: CommitRequest): CommitAnswer {
    const { config, clock, topicExists, topicIdOf } = this.#options
    const topics = { exists: topicExists, idOf: (topic: string) => topicIdOf?.(topic) ?? null }
    const checked = checkPartitions(request, topics, config)
    if (checked.every(topic => topic.partitions.every(each => each.error === 'UNKNOWN_TOPIC_OR_PARTITION'))) return checked
    const ready = this.#store.readiness(request.groupId)
    if (ready !== 'NONE') return withError(checked, ready)
    const group = this.#store.get(request.groupId)
    const error = checkCommit(group, request)
    if (error !== 'NONE') return withError(checked, error)
    if (!group && this.#store.size >= config.groupsMax) return withError(checked, 'GROUP_MAX_SIZE_REACHED')
    const member = group?.member(request.memberId)
    if (group && member && (group.phase.is === 'Stable' || group.phase.is === 'PreparingRebalance')) restartSession(this.#classic, group, member)
    return withError(checked, this.#store.write(request.groupId, commitRecords(request, checked, topics, clock.now())))
  }

  /** What the answer to a commit must wait for where acknowledgements are durable; undefined when nothing. Rejects when the disk fails. */
  stored(groupId: string): Promise<void> | undefined {
    return this.#store.stored(groupId)
  }

  fetchOffsets({ groupId, topics }: FetchOffsetsRequest): FetchOffsetsAnswer {
    const error = this.#store.readiness(groupId)
    if (error !== 'NONE') return { error, topics: [] }
    const asked = topics ?? Array.from(this.#store.offsets.topicsOf(groupId), ([topic, partitions]) => ({ topic, partitions: [...partitions.keys()] }))
    return {
      error: 'NONE',
      topics: asked.map(({ topic, partitions }) => ({ topic, partitions: partitions.map(partition => this.#committed(groupId, topic, partition)) })),
    }
  }

  #committed(groupId: string, topic: string, partition: number): FetchOffsetsAnswer['topics'][number]['partitions'][number] {
    const committed = this.#store.offsets.get(groupId, topic, partition)
    const topicId = committed?.topicId ? this.#options.topicIdOf?.(topic) : undefined
    const isOfThisTopic = topicId === undefined || topicId === committed?.topicId
    if (!committed || !isOfThisTopic) return { partition, offset: -1, leaderEpoch: -1, metadata: '' }
    return { partition, offset: committed.offset, leaderEpoch: committed.leaderEpoch, metadata: committed.metadata }
  }

  /** Filters are lists of words in any case; an empty one lets everything pass. */
  list(filter: { readonly states: readonly string[]; readonly kinds: readonly string[] }): { readonly error: KafkaError; readonly groups: readonly ListedGroup[] } {
    if (this.#store.isLoading) return { error: 'COORDINATOR_LOAD_IN_PROGRESS', groups: [] }
    const states = new Set(filter.states.map(word => word.toLowerCase()))
    const kinds = new Set(filter.kinds.map(word => word.toLowerCase()))
    const groups: ListedGroup[] = []
    for (const { groupId, protocolType, phase } of this.#store.groups()) {
      if (states.size > 0 && !states.has(phase.is.toLowerCase())) continue
      if (kinds.size > 0 && !kinds.has('classic')) continue
      groups.push({ groupId, protocolType: protocolType ?? '', state: phase.is, kind: 'classic' })
    }
    return { error: 'NONE', groups }
  }

  /** GROUP_ID_NOT_FOUND comes with the state Dead. What members subscribe to is told while the group is stable. */
  describe(groupIds: readonly string[]): readonly DescribedGroup[] {
    return groupIds.map(groupId => {
      const nothing = { groupId, protocolType: '', protocol: '', members: [] }
      const error = this.#store.readiness(groupId)
      if (error !== 'NONE') return { ...nothing, error, state: '' }
      const group = this.#store.get(groupId)
      if (!group) return { ...nothing, error: 'GROUP_ID_NOT_FOUND', state: 'Dead' }
      const isStable = group.phase.is === 'Stable'
      return {
        error: 'NONE', groupId, state: group.phase.is, protocolType: group.protocolType ?? '', protocol: isStable ? group.protocol ?? '' : '',
        members: group.members.map(({ memberId, instanceId, clientId, host, protocols, assignment }) => ({
          memberId, instanceId, clientId, host,
          metadata: isStable ? protocols.get(group.protocol ?? '') ?? NO_BYTES : NO_BYTES, assignment,
        })),
      }
    })
  }

  delete(groupIds: readonly string[]): readonly { readonly groupId: string; readonly error: KafkaError }[] {
    return groupIds.map(groupId => ({ groupId, error: this.#delete(groupId) }))
  }

  #delete(groupId: string): KafkaError {
    const ready = this.#store.readiness(groupId)
    if (ready !== 'NONE') return ready
    const group = this.#store.get(groupId)
    if (!group) return 'GROUP_ID_NOT_FOUND'
    if (!group.isEmpty) return 'NON_EMPTY_GROUP'
    // The group's own tombstone comes last: cut short, what is left is still a group with some of its offsets.
    return this.#store.writeInParts(groupId, [...this.#offsetTombstones(groupId, () => true), { is: 'group', groupId, value: null }])
  }

  /** An administrator takes offsets away that no member needs (KIP-496); all of them, or none when they cannot be stored. */
  deleteOffsets(request: DeleteOffsetsRequest): DeleteOffsetsAnswer {
    const { groupId } = request
    const error = this.#refusal(groupId)
    if (error !== 'NONE') return refusedDelete(error)
    const group = this.#store.get(groupId)
    if (!group) return refusedDelete('GROUP_ID_NOT_FOUND')
    // Members of other kinds do not say what they read.
    if (!group.isEmpty && group.protocolType !== CONSUMER_PROTOCOL_TYPE) return refusedDelete('NON_EMPTY_GROUP')
    const answer = answerToDelete(group, request)
    const failure = this.#store.writeInParts(groupId, deletedRecords(groupId, answer, this.#store.offsets))
    return failure === 'NONE' ? answer : refusedDelete(failure)
  }

  /** A deleted topic takes its committed offsets with it. */
  onTopicDeleted(topic: string): void {
    if (topic === '__consumer_offsets') {
      for (let partition = 0; partition < this.#options.partitionCount; partition++) this.unload(partition)
      return
    }
    if (this.#store.isLoading) this.#deletedTopics.add(topic)
    this.#forgetTopic(topic)
  }

  #forgetTopic(topic: string): void {
    for (const group of this.#store.groups()) {
      if (!this.#store.offsets.topicsOf(group.groupId).has(topic)) continue
      this.#store.writeInParts(group.groupId, this.#offsetTombstones(group.groupId, other => other === topic))
    }
  }

  #offsetTombstones(groupId: string, isMeant: (topic: string) => boolean): GroupRecord[] {
    return [...this.#store.offsets.entriesOf(groupId)].filter(({ topic }) => isMeant(topic))
      .map(({ topic, partition }) => ({ is: 'offset', groupId, topic, partition, value: null }))
  }

  #sweepLater(): void {
    this.#timers.set('sweep', this.#options.config.offsetsSweepMs, () => this.#sweep([...this.#store.groups()].map(group => group.groupId)))
  }

  /** Removes expired offsets and groups nothing is left of, a slice at a time. */
  #sweep(groupIds: string[]): void {
    const { clock, config } = this.#options
    const endsAt = clock.elapsed() + SWEEP_SLICE_MS
    while (clock.elapsed() < endsAt) {
      const groupId = groupIds.pop()
      if (groupId === undefined) return this.#sweepLater()
      const group = this.#store.get(groupId)
      if (group) this.#store.writeInParts(groupId, expiredRecords(group, this.#store.offsets, clock.now(), config.offsetsRetentionMs))
    }
    this.#timers.set('sweep', 0, () => this.#sweep(groupIds))
  }

  /** Every group, for the window. */
  * groups(): Iterable<GroupSnapshot> {
    for (const group of this.#store.groups()) yield snapshotOf(group, this.#store.offsets)
  }

  group(groupId: string): GroupSnapshot | undefined {
    const group = this.#store.get(groupId)
    return group && snapshotOf(group, this.#store.offsets)
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

  #refusal(groupId: string): KafkaError {
    return groupId === '' ? 'INVALID_GROUP_ID' : this.#store.readiness(groupId)
  }
}

/** A version 4 UUID, as in Kafka's member ids. */
function newUuid(random: Random): string {
  const bytes = random.bytes(16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
