/** Consumers of both protocols that share a group, each doing what a client does; what they own at once can be looked at any time. */

import { consumerProtocolAssignment, consumerProtocolSubscription } from '../../../core/protocol/consumer-protocol.ts'
import type { JoinAnswer, SyncAnswer } from '../../../core/groups/classic-member.ts'
import { joining, type Setting } from './fixture.ts'

export const TOPIC = 'orders'
export const PARTITIONS = 4

export type Migrating = {
  /** Partitions that it reads now. */
  readonly owned: ReadonlySet<number>
  /** One heartbeat, and what follows from its answer. */
  step(): void
  leave(): void
}

/** A consumer of the classic protocol: eager ones give everything up before they rejoin, cooperative ones what they are not given again. */
export class ClassicConsumer implements Migrating {
  readonly owned = new Set<number>()
  readonly errors: string[] = []
  readonly #setting: Setting
  readonly #isCooperative: boolean
  readonly #instanceId: string | null
  #memberId = ''
  #generation = -1
  #protocol: string | null = null
  #state: 'out' | 'busy' | 'in' | 'gone' = 'out'

  constructor(setting: Setting, { isCooperative = false, instanceId = null }: { readonly isCooperative?: boolean; readonly instanceId?: string | null } = {}) {
    this.#setting = setting
    this.#isCooperative = isCooperative
    this.#instanceId = instanceId
  }

  get memberId(): string {
    return this.#memberId
  }

  get generation(): number {
    return this.#generation
  }

  step(): void {
    if (this.#state === 'out') return this.#join()
    if (this.#state !== 'in') return
    const error = this.#setting.groups.heartbeat({ groupId: 'g', memberId: this.#memberId, instanceId: this.#instanceId, generation: this.#generation })
    if (error === 'REBALANCE_IN_PROGRESS') this.#join()
    else if (error !== 'NONE') this.#start(error)
  }

  leave(): void {
    this.owned.clear()
    this.#setting.groups.leave('g', [{ memberId: this.#memberId, instanceId: this.#instanceId }])
    this.#state = 'gone'
  }

  #start(error: string): void {
    this.errors.push(error)
    this.owned.clear()
    if (error === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
    this.#state = 'out'
  }

  #join(): void {
    if (!this.#isCooperative) this.owned.clear()
    this.#state = 'busy'
    const ownedPartitions = [{ topic: TOPIC, partitions: [...this.owned] }]
    const metadata = consumerProtocolSubscription.encode({ topics: [TOPIC], ownedPartitions }, 1)
    void this.#setting.groups.join(joining({
      memberId: this.#memberId, instanceId: this.#instanceId, sessionTimeoutMs: 45_000, rebalanceTimeoutMs: 60_000,
      protocols: [{ name: this.#isCooperative ? 'cooperative-sticky' : 'range', metadata }],
    })).then(answer => this.#joined(answer))
  }

  #joined(answer: JoinAnswer): void {
    if (this.#state === 'gone') return
    if (answer.error === 'MEMBER_ID_REQUIRED') this.#memberId = answer.memberId
    if (answer.error === 'MEMBER_ID_REQUIRED' || answer.error === 'REBALANCE_IN_PROGRESS') return this.#join()
    if (answer.error !== 'NONE') return this.#start(answer.error)
    this.#memberId = answer.memberId
    this.#generation = answer.generation
    this.#protocol = answer.protocol
    const assignments = answer.leaderId === answer.memberId && !answer.skipAssignment ? assign(answer.members) : []
    void this.#setting.groups.sync({
      groupId: 'g', memberId: this.#memberId, instanceId: this.#instanceId, generation: answer.generation, protocolType: 'consumer', protocol: this.#protocol, assignments,
    }).then(synced => this.#synced(synced))
  }

  #synced({ error, assignment }: SyncAnswer): void {
    if (this.#state === 'gone') return
    if (error === 'REBALANCE_IN_PROGRESS') return this.#join()
    if (error !== 'NONE') return this.#start(error)
    this.#state = 'in'
    const assigned = new Set(assignment.length === 0 ? [] : consumerProtocolAssignment.decode(assignment).value.assignedPartitions.flatMap(({ partitions }) => partitions))
    const revoked = [...this.owned].filter(partition => !assigned.has(partition))
    for (const partition of revoked) this.owned.delete(partition)
    for (const partition of assigned) this.owned.add(partition)
    if (revoked.length > 0) this.#join()
  }
}

/** What a leader sends: partitions in turn, but nobody is given what another one has not let go of. */
function assign(members: JoinAnswer['members']): { memberId: string; assignment: Buffer }[] {
  const owners = new Map<number, string>()
  for (const { memberId, metadata } of members) {
    for (const { partitions } of consumerProtocolSubscription.decode(metadata).value.ownedPartitions) for (const each of partitions) owners.set(each, memberId)
  }
  return members.map(({ memberId }, at) => {
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition)
      .filter(partition => partition % members.length === at && (owners.get(partition) ?? memberId) === memberId)
    return { memberId, assignment: consumerProtocolAssignment.encode({ assignedPartitions: [{ topic: TOPIC, partitions }] }, 1) }
  })
}

/** A consumer of the consumer protocol (KIP-848). */
export class ModernConsumer implements Migrating {
  readonly owned = new Set<number>()
  readonly errors: string[] = []
  readonly memberId: string
  readonly #setting: Setting
  readonly #instanceId: string | null
  #epoch = 0
  #isGone = false

  constructor(setting: Setting, memberId: string, instanceId: string | null = null) {
    this.#setting = setting
    this.memberId = memberId
    this.#instanceId = instanceId
  }

  step(): void {
    if (this.#isGone) return
    const isJoin = this.#epoch === 0
    const topicId = this.#setting.topicIds.get(TOPIC) ?? ''
    const answer = this.#heartbeat(isJoin ? new Map() : new Map([[topicId, [...this.owned]]]))
    if (answer.error !== 'NONE') {
      this.errors.push(answer.error)
      this.owned.clear()
      this.#epoch = 0
      return
    }
    this.#epoch = answer.memberEpoch
    if (!answer.assignment) return
    const assigned = new Set(answer.assignment.get(topicId))
    for (const partition of this.owned) if (!assigned.has(partition)) this.owned.delete(partition)
    for (const partition of assigned) this.owned.add(partition)
  }

  leave(): void {
    this.owned.clear()
    this.#epoch = -1
    this.#heartbeat(null)
    this.#isGone = true
  }

  #heartbeat(owned: ReadonlyMap<string, readonly number[]> | null): ReturnType<Setting['groups']['heartbeatConsumer']> {
    return this.#setting.groups.heartbeatConsumer({
      groupId: 'g', memberId: this.memberId, memberEpoch: this.#epoch, instanceId: this.#instanceId, rackId: null, rebalanceTimeoutMs: 60_000,
      subscribedTopics: [TOPIC], subscribedRegex: null, serverAssignor: null, owned, clientId: 'modern', host: '/127.0.0.1', mustNameItself: true,
    })
  }
}
