/**
 * A classic consumer group: its members, its phase, and what of it is stored.
 *
 * Empty → PreparingRebalance → CompletingRebalance → Stable, and from each back to PreparingRebalance or Empty. Between two stored
 * records the phase, the parked requests and the members that are still joining live in memory only; `apply` alone changes the rest.
 */

import { assert } from '../common/assert.ts'
import type { Clock } from '../common/clock.ts'
import { KeyedTimers } from '../coordinator/keyed-timers.ts'
import type { KafkaError } from '../protocol/errors.ts'
import {
  answerJoin, answerSync, NO_BYTES, refusedJoin, refusedSync, votedProtocol,
  type ClassicMember, type JoinAnswer, type MemberProtocols,
} from './classic-member.ts'
import { subscribedTopicsOf } from './embedded-protocol.ts'
import type { GroupRecord, StoredGroup, StoredMember } from './stored.ts'

export type ClassicPhase =
  | { readonly is: 'Empty' }
  /** `isInitial`: it came from Empty, and waits for its delay whoever joins meanwhile. */
  | { readonly is: 'PreparingRebalance'; readonly isInitial: boolean; hasNewMember: boolean }
  | { readonly is: 'CompletingRebalance' }
  | { readonly is: 'Stable' }

export const CONSUMER_PROTOCOL_TYPE = 'consumer'

export class ClassicGroup {
  readonly kind = 'classic'
  readonly groupId: string
  /** The names in use: `join`, `sync`, and `session:<member id>`. */
  readonly timers: KeyedTimers
  /** Ids given out with MEMBER_ID_REQUIRED that have not joined yet. */
  readonly pendingJoin = new Set<string>()
  /** Members of this generation that have not sent their sync. */
  readonly pendingSync = new Set<string>()
  #phase: ClassicPhase = { is: 'Empty' }
  #generation = 0
  #protocolType: string | null = null
  #protocol: string | null = null
  #leaderId: string | null = null
  #stateTimestampMs: number | null = null
  #subscribedTopics: ReadonlySet<string> | null = null
  readonly #members = new Map<string, ClassicMember>()
  readonly #memberIdByInstance = new Map<string, string>()

  constructor(groupId: string, clock: Clock) {
    this.groupId = groupId
    this.timers = new KeyedTimers(clock)
  }

  get phase(): ClassicPhase {
    return this.#phase
  }

  get generation(): number {
    return this.#generation
  }

  /** null: a simple group, made by a commit and never joined. */
  get protocolType(): string | null {
    return this.#protocolType
  }

  get protocol(): string | null {
    return this.#protocol
  }

  get leaderId(): string | null {
    return this.#leaderId
  }

  get stateTimestampMs(): number | null {
    return this.#stateTimestampMs
  }

  /** Topics any member subscribes to; null when that cannot be known. */
  get subscribedTopics(): ReadonlySet<string> | null {
    return this.#subscribedTopics
  }

  get isEmpty(): boolean {
    return this.#phase.is === 'Empty'
  }

  get size(): number {
    return this.#members.size
  }

  /** In the order they joined. */
  get members(): readonly ClassicMember[] {
    return [...this.#members.values()]
  }

  member(memberId: string): ClassicMember | undefined {
    return this.#members.get(memberId)
  }

  memberIdOfInstance(instanceId: string): string | undefined {
    return this.#memberIdByInstance.get(instanceId)
  }

  get awaitingJoinCount(): number {
    let count = 0
    for (const member of this.#members.values()) if (member.parkedJoin) count++
    return count
  }

  get hasEveryoneJoined(): boolean {
    return this.pendingJoin.size === 0 && this.awaitingJoinCount === this.#members.size
  }

  /** The longest a rebalance waits: the most patient member's. */
  get rebalanceTimeoutMs(): number {
    let longest = 0
    for (const member of this.#members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs)
    return longest
  }

  /** Whether `topic` counts as subscribed: a consumer group whose subscriptions cannot be read subscribes to everything. */
  isSubscribedTo(topic: string): boolean {
    return this.#subscribedTopics ? this.#subscribedTopics.has(topic) : this.#protocolType === CONSUMER_PROTOCOL_TYPE
  }

  /** NONE when the pair names a member of the group as it is now. */
  checkMember(memberId: string, instanceId: string | null): KafkaError {
    if (instanceId !== null) {
      const current = this.#memberIdByInstance.get(instanceId)
      if (current === undefined) return 'UNKNOWN_MEMBER_ID'
      if (current !== memberId) return 'FENCED_INSTANCE_ID'
    }
    return this.#members.has(memberId) ? 'NONE' : 'UNKNOWN_MEMBER_ID'
  }

  /** Whether a member with these protocols could be in the group. */
  supports(protocolType: string, protocols: MemberProtocols): boolean {
    if (this.isEmpty) return protocolType !== '' && protocols.size > 0
    if (protocolType !== this.#protocolType) return false
    const members = this.members
    return [...protocols.keys()].some(name => members.every(member => member.protocols.has(name)))
  }

  add(member: ClassicMember, protocolType: string): void {
    assert(!this.#members.has(member.memberId), 'a member is added once')
    if (this.#members.size === 0) this.#protocolType = protocolType
    assert(this.#protocolType === protocolType, 'members of a group have one protocol type')
    this.#put(member)
    this.#leaderId ??= member.memberId
    this.pendingJoin.delete(member.memberId)
  }

  /** Forgets a member or a pending id and answers what it has parked with `error`; the leadership passes to the first member left. */
  remove(memberId: string, error: KafkaError): void {
    const member = this.#members.get(memberId)
    if (member) {
      answerJoin(member, refusedJoin(error, ''))
      answerSync(member, refusedSync(error))
      this.#members.delete(memberId)
      if (member.instanceId !== null) this.#memberIdByInstance.delete(member.instanceId)
    }
    if (this.#leaderId === memberId) this.#leaderId = this.#members.keys().next().value ?? null
    this.pendingJoin.delete(memberId)
    this.pendingSync.delete(memberId)
    this.timers.cancel(sessionTimer(memberId))
  }

  /** A static member came back under a new id: the old one is fenced, the rest of its place is kept. */
  replaceStatic(member: ClassicMember): void {
    const old = this.#members.get(this.#memberIdByInstance.get(member.instanceId ?? '') ?? '')
    assert(old, 'only a known instance is replaced')
    const wasLeader = this.#leaderId === old.memberId
    answerJoin(old, refusedJoin('FENCED_INSTANCE_ID', old.memberId))
    this.remove(old.memberId, 'FENCED_INSTANCE_ID')
    this.#put(member)
    if (wasLeader || this.#leaderId === null) this.#leaderId = member.memberId
  }

  /** The protocol of the next generation; `replacing` looks ahead to a member under its new protocols. */
  selectProtocol(replacing?: { readonly memberId: string; readonly protocols: MemberProtocols }): string | null {
    return votedProtocol(this.members.map(member => member.memberId === replacing?.memberId ? replacing.protocols : member.protocols))
  }

  /** Keeps a leader that has rejoined, else takes the first member that has; false when none has. */
  electJoinedLeader(): boolean {
    if (this.#leaderId !== null && this.#members.get(this.#leaderId)?.parkedJoin) return true
    const joined = this.members.find(member => member.parkedJoin)
    if (!joined) return false
    this.#leaderId = joined.memberId
    return true
  }

  prepareRebalance(): void {
    assert(this.#phase.is !== 'PreparingRebalance', 'a rebalance is prepared once')
    this.#phase = { is: 'PreparingRebalance', isInitial: this.isEmpty, hasNewMember: false }
    this.pendingSync.clear()
    this.timers.cancel(SYNC_TIMER)
  }

  /** The next generation, of the members there are; they are now to send their syncs. */
  startGeneration(): void {
    assert(this.#phase.is === 'PreparingRebalance' && this.#members.size > 0, 'a generation starts from a prepared rebalance')
    this.#generation++
    this.#protocol = this.selectProtocol()
    assert(this.#protocol !== null, 'members that joined share a protocol')
    this.#phase = { is: 'CompletingRebalance' }
    this.#readSubscriptions()
    this.pendingSync.clear()
  }

  /** What a member is told of the current generation. */
  joined(member: ClassicMember): JoinAnswer {
    const isLeader = member.memberId === this.#leaderId
    return {
      error: 'NONE', memberId: member.memberId, generation: this.#generation, protocolType: this.#protocolType, protocol: this.#protocol,
      leaderId: this.#leaderId ?? '', skipAssignment: false, members: isLeader ? this.joinedMembers() : [],
    }
  }

  joinedMembers(): JoinAnswer['members'] {
    return this.members.map(({ memberId, instanceId, protocols }) => ({ memberId, instanceId, metadata: this.#metadataIn(protocols) }))
  }

  /** The group as it would be stored with these assignments; a member without one gets zero bytes. */
  stored(assignments: ReadonlyMap<string, Buffer>, nowMs: number): StoredGroup {
    return {
      protocolType: this.#protocolType, generation: this.#generation, protocol: this.#protocol, leaderId: this.#leaderId, stateTimestampMs: nowMs,
      members: this.members.map(member => this.storedMember(member, assignments.get(member.memberId) ?? NO_BYTES)),
    }
  }

  storedMember(member: ClassicMember, assignment: Buffer): StoredMember {
    const { memberId, instanceId, clientId, host, rebalanceTimeoutMs, sessionTimeoutMs, protocols } = member
    return { memberId, instanceId, clientId, host, rebalanceTimeoutMs, sessionTimeoutMs, subscription: this.#metadataIn(protocols), assignment }
  }

  /** The group as stored once everyone has left: one more generation, without protocol. */
  storedEmpty(nowMs: number): StoredGroup {
    return {
      protocolType: this.#protocolType, generation: this.#generation + 1, protocol: null, leaderId: null, stateTimestampMs: nowMs, members: [],
    }
  }

  /** The record that ends it. */
  tombstones(): GroupRecord[] {
    return [{ is: 'group', groupId: this.groupId, value: null }]
  }

  /**
   * Takes over a stored record, at start-up or right after it was appended. Members stay who they are, with what they have parked;
   * where the record and a member differ on the agreed protocol's metadata, the record wins.
   */
  apply(stored: StoredGroup): void {
    this.#protocolType = stored.protocolType
    this.#generation = stored.generation
    this.#protocol = stored.protocol
    this.#stateTimestampMs = stored.stateTimestampMs
    const kept = new Set(stored.members.map(member => member.memberId))
    for (const memberId of this.#members.keys()) if (!kept.has(memberId)) this.remove(memberId, 'UNKNOWN_MEMBER_ID')
    for (const member of stored.members) this.#applyMember(member, stored.protocol ?? '')
    this.#leaderId = stored.leaderId ?? this.#members.keys().next().value ?? null
    this.#phase = { is: stored.members.length === 0 ? 'Empty' : 'Stable' }
    this.#readSubscriptions()
  }

  #applyMember(stored: StoredMember, protocol: string): void {
    const known = this.#members.get(stored.memberId)
    if (!known) {
      const { subscription, ...facts } = stored
      this.#put({ ...facts, protocols: new Map([[protocol, subscription]]), isNew: false, parkedJoin: null, parkedSync: null })
      return
    }
    if (!known.protocols.get(protocol)?.equals(stored.subscription)) known.protocols = new Map([[protocol, stored.subscription]])
    known.assignment = stored.assignment
    known.sessionTimeoutMs = stored.sessionTimeoutMs
    known.rebalanceTimeoutMs = stored.rebalanceTimeoutMs
  }

  #put(member: ClassicMember): void {
    this.#members.set(member.memberId, member)
    if (member.instanceId !== null) this.#memberIdByInstance.set(member.instanceId, member.memberId)
  }

  #metadataIn(protocols: MemberProtocols): Buffer {
    return protocols.get(this.#protocol ?? '') ?? NO_BYTES
  }

  #readSubscriptions(): void {
    this.#subscribedTopics = this.#protocolType === CONSUMER_PROTOCOL_TYPE
      ? subscribedTopicsOf(this.members.map(member => this.#metadataIn(member.protocols)))
      : null
  }
}

export const JOIN_TIMER = 'join'
export const SYNC_TIMER = 'sync'

export function sessionTimer(memberId: string): string {
  return `session:${memberId}`
}
