/**
 * A consumer group (KIP-848): its epochs, its members, what each shall own and what each does own. `apply` alone changes it, from the
 * records of `__consumer_offsets`; timers live beside it in memory.
 */

import type { Clock } from '../common/clock.ts'
import { KeyedTimers } from '../coordinator/keyed-timers.ts'
import { LEAVE_EPOCH, newMember, NO_PARTITIONS, NOTHING_OWNED, type ConsumerMember } from './consumer-member.ts'
import type { ConsumerGroupRecord, GroupRecord, OwnedPartitions, StoredRegex, TopicPartitions } from './stored.ts'

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

/** Of a group that nobody has joined, as in Kafka 4.3: its first member's is one more. */
const FIRST_EPOCH = 1

export class ConsumerGroup {
  readonly kind = 'consumer'
  readonly groupId: string
  /** The names in use: `session:<member id>`, `rebalance:<member id>`, `join:` and `sync:<member id>` of classic members, and `regexes`. */
  readonly timers: KeyedTimers
  /** Whether a topic may have changed since the metadata hash was made: in memory only, so that a start looks once. */
  mayHaveOtherTopics = true
  /** While its patterns are being matched with the topics there are. */
  isResolvingRegexes = false
  #epoch = FIRST_EPOCH
  #metadataHash = 0n
  #targetEpoch = -1
  #targetTimestampMs = 0
  #hasOldTopicsRecord = false
  readonly #members = new Map<string, ConsumerMember>()
  readonly #memberIdByInstance = new Map<string, string>()
  readonly #targets = new Map<string, TopicPartitions>()
  readonly #regexes = new Map<string, StoredRegex>()
  /** Who owns a partition, or has not given it up yet: topic id → partition → member id. */
  readonly #owners = new Map<string, Map<number, string>>()
  /** How many members name a topic, themselves or by a pattern. Made again when somebody asks after a change. */
  #subscriptions: ReadonlyMap<string, number> | null = null
  /** How many members subscribe to a pattern; likewise. */
  #regexSubscriptions: ReadonlyMap<string, number> | null = null

  constructor(groupId: string, clock: Clock) {
    this.groupId = groupId
    this.timers = new KeyedTimers(clock)
  }

  /** Rises with every change that asks for another assignment. */
  get epoch(): number {
    return this.#epoch
  }

  /** Of the subscribed topics, when the epoch last rose for them. */
  get metadataHash(): bigint {
    return this.#metadataHash
  }

  /** The group epoch that the target assignment was made for; -1 for none. */
  get targetEpoch(): number {
    return this.#targetEpoch
  }

  get targetTimestampMs(): number {
    return this.#targetTimestampMs
  }

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  get size(): number {
    return this.#members.size
  }

  get state(): ConsumerGroupState {
    if (this.isEmpty) return 'Empty'
    if (this.#epoch > this.#targetEpoch) return 'Assigning'
    for (const member of this.#members.values()) if (!this.#isReconciled(member)) return 'Reconciling'
    return 'Stable'
  }

  #isReconciled(member: ConsumerMember): boolean {
    return member.state === 'stable' && member.epoch === this.#targetEpoch
  }

  /** In the order they joined. */
  get members(): readonly ConsumerMember[] {
    return [...this.#members.values()]
  }

  member(memberId: string): ConsumerMember | undefined {
    return this.#members.get(memberId)
  }

  staticMember(instanceId: string): ConsumerMember | undefined {
    return this.#members.get(this.#memberIdByInstance.get(instanceId) ?? '')
  }

  /** What a member shall own. */
  target(memberId: string): TopicPartitions {
    return this.#targets.get(memberId) ?? NO_PARTITIONS
  }

  get hasOldTopicsRecord(): boolean {
    return this.#hasOldTopicsRecord
  }

  get targets(): ReadonlyMap<string, TopicPartitions> {
    return this.#targets
  }

  get regexes(): ReadonlyMap<string, StoredRegex> {
    return this.#regexes
  }

  /** The member that owns a partition or has not given it up yet. */
  ownerOf(topicId: string, partition: number): string | undefined {
    return this.#owners.get(topicId)?.get(partition)
  }

  /** Topics with the number of members that subscribe to each. */
  get subscriptions(): ReadonlyMap<string, number> {
    this.#subscriptions ??= this.#countSubscriptions()
    return this.#subscriptions
  }

  /** Patterns with the number of members that subscribe to each. */
  get regexSubscriptions(): ReadonlyMap<string, number> {
    this.#regexSubscriptions ??= this.#countRegexes()
    return this.#regexSubscriptions
  }

  #countRegexes(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { subscribedRegex } of this.#members.values()) if (subscribedRegex) counts.set(subscribedRegex, (counts.get(subscribedRegex) ?? 0) + 1)
    return counts
  }

  isSubscribedTo(topic: string): boolean {
    return this.subscriptions.has(topic)
  }

  cancelTimers(memberId: string): void {
    this.timers.cancel(sessionTimer(memberId))
    this.timers.cancel(rebalanceTimer(memberId))
    this.timers.cancel(joinTimer(memberId))
    this.timers.cancel(syncTimer(memberId))
  }

  /** All that a member subscribes to: the names it gave, and those its pattern stands for. */
  topicsOf(member: Pick<ConsumerMember, 'subscribedTopics' | 'subscribedRegex'>): ReadonlySet<string> {
    const topics = new Set(member.subscribedTopics)
    if (member.subscribedRegex) for (const topic of this.#regexes.get(member.subscribedRegex)?.topics ?? []) topics.add(topic)
    return topics
  }

  #countSubscriptions(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const member of this.#members.values()) for (const topic of this.topicsOf(member)) counts.set(topic, (counts.get(topic) ?? 0) + 1)
    return counts
  }

  /** Takes over a stored record, at start-up or right after it was appended. */
  apply(record: Exclude<ConsumerGroupRecord, { readonly is: 'consumer-group'; readonly value: null }>): void {
    switch (record.is) {
      case 'consumer-group':
        this.#epoch = record.value?.epoch ?? FIRST_EPOCH
        this.#metadataHash = record.value?.metadataHash ?? 0n
        break
      case 'consumer-topics':
        this.#hasOldTopicsRecord = record.value !== null
        break
      case 'consumer-member':
        if (record.value) this.#put({ ...this.#members.get(record.memberId) ?? newMember(record.memberId), ...record.value })
        else this.#remove(record.memberId)
        break
      case 'target':
        this.#targetEpoch = record.value?.epoch ?? -1
        this.#targetTimestampMs = record.value?.timestampMs ?? 0
        break
      case 'target-member':
        if (record.value) this.#targets.set(record.memberId, record.value)
        else this.#targets.delete(record.memberId)
        break
      case 'current':
        this.#applyCurrent(record)
        break
      case 'regex':
        if (record.value) this.#regexes.set(record.regex, record.value)
        else this.#regexes.delete(record.regex)
        this.#subscriptions = null
        break
      default: return record satisfies never
    }
  }

  #applyCurrent({ memberId, value }: Extract<ConsumerGroupRecord, { readonly is: 'current' }>): void {
    const member = this.#members.get(memberId)
    if (value) this.#put({ ...member ?? newMember(memberId), ...value })
    else if (member) this.#put({ ...member, epoch: LEAVE_EPOCH, previousEpoch: LEAVE_EPOCH, assigned: NOTHING_OWNED, pendingRevocation: NOTHING_OWNED })
  }

  #put(member: ConsumerMember): void {
    const old = this.#members.get(member.memberId)
    if (old) this.#release(old)
    if (old?.subscribedTopics !== member.subscribedTopics || old.subscribedRegex !== member.subscribedRegex) this.#subscriptions = this.#regexSubscriptions = null
    this.#members.set(member.memberId, member)
    this.#own(member.memberId, member.assigned)
    this.#own(member.memberId, member.pendingRevocation)
    if (member.instanceId !== null) this.#memberIdByInstance.set(member.instanceId, member.memberId)
  }

  #remove(memberId: string): void {
    const member = this.#members.get(memberId)
    if (!member) return
    this.#release(member)
    this.#members.delete(memberId)
    this.#subscriptions = this.#regexSubscriptions = null
    // The instance may be another member's by now: a static member that came back replaces the old one in one batch.
    if (member.instanceId !== null && this.#memberIdByInstance.get(member.instanceId) === memberId) this.#memberIdByInstance.delete(member.instanceId)
  }

  #own(memberId: string, owned: OwnedPartitions): void {
    for (const [topicId, partitions] of owned) {
      let owners = this.#owners.get(topicId)
      if (!owners) this.#owners.set(topicId, owners = new Map())
      for (const partition of partitions.keys()) owners.set(partition, memberId)
    }
  }

  #release({ memberId, assigned, pendingRevocation }: ConsumerMember): void {
    for (const owned of [assigned, pendingRevocation]) {
      for (const [topicId, partitions] of owned) {
        const owners = this.#owners.get(topicId)
        for (const partition of partitions.keys()) if (owners?.get(partition) === memberId) owners.delete(partition)
        if (owners?.size === 0) this.#owners.delete(topicId)
      }
    }
  }

  /** The records that end it, in Kafka's order: its own comes last, so that a replay cut short still finds a group. */
  tombstones(): GroupRecord[] {
    const { groupId } = this
    const memberIds = [...this.#members.keys()]
    return [
      ...memberIds.map(memberId => ({ is: 'current' as const, groupId, memberId, value: null })),
      ...Array.from(this.#targets.keys(), memberId => ({ is: 'target-member' as const, groupId, memberId, value: null })),
      { is: 'target', groupId, value: null },
      ...memberIds.map(memberId => ({ is: 'consumer-member' as const, groupId, memberId, value: null })),
      ...this.#hasOldTopicsRecord ? [{ is: 'consumer-topics' as const, groupId, value: null }] : [],
      ...Array.from(this.#regexes.keys(), regex => ({ is: 'regex' as const, groupId, regex, value: null })),
      { is: 'consumer-group', groupId, value: null },
    ]
  }
}

export const REGEXES_TIMER = 'regexes'

export function sessionTimer(memberId: string): string {
  return `session:${memberId}`
}

export function rebalanceTimer(memberId: string): string {
  return `rebalance:${memberId}`
}

/** A classic member's deadline to join again once it has been asked to. */
export function joinTimer(memberId: string): string {
  return `join:${memberId}`
}

/** A classic member's deadline to fetch its assignment once it has joined. */
export function syncTimer(memberId: string): string {
  return `sync:${memberId}`
}
