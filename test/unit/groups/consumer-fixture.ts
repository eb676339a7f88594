/** Members of the consumer protocol that speak to a coordinator as clients do: they give up what they lose before they take what is new. */

import type { ConsumerHeartbeat, HeartbeatAnswer } from '../../../core/groups/consumer-heartbeat.ts'
import type { DescribedConsumerGroup } from '../../../core/groups/consumer-requests.ts'
import { idOf, type Setting } from './fixture.ts'

export function beating(request: Partial<ConsumerHeartbeat> = {}): ConsumerHeartbeat {
  return {
    groupId: 'g', memberId: 'a', memberEpoch: 0, instanceId: null, rackId: null, rebalanceTimeoutMs: -1, subscribedTopics: null, subscribedRegex: null,
    serverAssignor: null, owned: null, mustNameItself: true, clientId: 'client', host: '/127.0.0.1', ...request,
  }
}

/** A whole first request. */
export function joiningConsumer(request: Partial<ConsumerHeartbeat> = {}): ConsumerHeartbeat {
  return beating({ memberEpoch: 0, rebalanceTimeoutMs: 60_000, subscribedTopics: request.subscribedRegex === undefined ? ['orders'] : null, owned: new Map(), ...request })
}

/** `orders 0,1`: an assignment as a line; null as it is. */
export function told({ assignment }: Pick<HeartbeatAnswer, 'assignment'>): string | null {
  if (!assignment) return null
  return [...assignment].filter(([, partitions]) => partitions.length > 0).map(([topicId, partitions]) => `${nameOf(topicId)} ${partitions.join(',')}`).sort().join(' ')
}

function nameOf(topicId: string): string {
  return Buffer.from(topicId, 'base64url').toString().replace(/\.+$/, '')
}

export function partitions(topics: Readonly<Record<string, readonly number[]>>): ReadonlyMap<string, readonly number[]> {
  return new Map(Object.entries(topics).map(([topic, indexes]) => [idOf(topic), indexes]))
}

export function describe({ groups }: Setting, groupId = 'g'): DescribedConsumerGroup {
  const [described] = groups.describeConsumer([groupId])
  if (!described) throw new Error('every group asked for is described')
  return described
}

/** What members own, by their ids, as the coordinator has it. */
export function owners(setting: Setting, groupId = 'g'): Record<string, string> {
  return Object.fromEntries(describe(setting, groupId).members.map(({ memberId, assignment }) => [
    memberId, assignment.map(({ topicName, partitions: indexes }) => `${topicName} ${indexes.join(',')}`).sort().join(' '),
  ]))
}

const keyOf = (topicId: string, partition: number): string => `${topicId}/${partition}`

/** One client: what it holds is what it would read from. */
export class Client {
  readonly memberId: string
  topics: readonly string[]
  epoch = 0
  held = new Set<string>()
  /** What it was told last and has not taken yet. */
  #target: ReadonlySet<string> | null = null
  isIn = false
  /** An answer was lost: the next request says everything, as clients do, and is told everything. */
  #saysAll = false

  constructor(memberId: string, topics: readonly string[]) {
    this.memberId = memberId
    this.topics = topics
  }

  /** Sends a heartbeat and takes in the answer: what it loses is given up only when it acts upon it. */
  beat({ groups }: Setting, change: Partial<ConsumerHeartbeat> = {}): HeartbeatAnswer {
    const request = this.epoch === 0
      ? joiningConsumer({ memberId: this.memberId, subscribedTopics: this.topics, ...change })
      : beating({ memberId: this.memberId, memberEpoch: this.epoch, owned: this.#owned(), ...this.#saysAll && this.#everything(), ...change })
    const answer = groups.heartbeatConsumer(request)
    this.#saysAll = false
    if (answer.error === 'NONE') {
      this.isIn = true
      this.epoch = answer.memberEpoch
      if (answer.assignment) this.#target = new Set([...answer.assignment].flatMap(([topicId, indexes]) => indexes.map(partition => keyOf(topicId, partition))))
    } else if (answer.error === 'FENCED_MEMBER_EPOCH' || answer.error === 'UNKNOWN_MEMBER_ID' || answer.error === 'GROUP_ID_NOT_FOUND') {
      this.forget()
    }
    return answer
  }

  /** A heartbeat that is heard, and whose answer is lost. A client that is still to act upon an earlier one says nothing meanwhile. */
  beatUnheard({ groups }: Setting): void {
    if (this.#target) return
    groups.heartbeatConsumer(this.epoch === 0
      ? joiningConsumer({ memberId: this.memberId, subscribedTopics: this.topics })
      : beating({ memberId: this.memberId, memberEpoch: this.epoch, owned: this.#owned(), ...this.#everything() }))
    this.#saysAll = true
  }

  #everything(): Partial<ConsumerHeartbeat> {
    return { subscribedTopics: this.topics, rebalanceTimeoutMs: 60_000 }
  }

  /** Gives up what is not its any more, then takes what is new: two steps, as a client's revocation may last. */
  act(): void {
    if (!this.#target) return
    const lost = [...this.held].filter(key => !this.#target?.has(key))
    if (lost.length > 0) {
      for (const key of lost) this.held.delete(key)
      return
    }
    this.held = new Set(this.#target)
    this.#target = null
  }

  leave({ groups }: Setting): void {
    groups.heartbeatConsumer(beating({ memberId: this.memberId, memberEpoch: -1 }))
    this.forget()
    this.isIn = false
  }

  /** It was put out: it drops everything and starts anew. */
  forget(): void {
    this.epoch = 0
    this.held = new Set()
    this.#target = null
  }

  #owned(): ReadonlyMap<string, readonly number[]> {
    const owned = new Map<string, number[]>()
    for (const key of this.held) {
      const [topicId = '', partition = ''] = key.split('/')
      owned.set(topicId, [...owned.get(topicId) ?? [], Number(partition)])
    }
    return owned
  }
}

/** Heartbeats and a second, until the group is stable; fails when it does not become so. */
export function converge(setting: Setting, clients: readonly Client[], groupId = 'g'): void {
  for (let round = 0; round < 30; round++) {
    for (const client of clients) {
      if (!client.isIn) continue
      client.beat(setting)
      client.act()
    }
    setting.clock.advance(1_000)
    const isHeld = clients.every(client => !client.isIn || client.epoch === describe(setting, groupId).targetEpoch)
    if (describe(setting, groupId).state === 'Stable' && isHeld) break
  }
  for (const client of clients) {
    if (!client.isIn) continue
    client.beat(setting)
    client.act()
    client.act()
  }
}
