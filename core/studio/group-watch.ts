/** Groups as the window shows them: lag against the logs, the pace of their commits, histories; a group is looked at again only when it changed. */

import type { Broker } from '../broker/broker.ts'
import type { PartitionFacts } from '../broker/partition.ts'
import { OFFSETS_TOPIC } from '../broker/offsets-topic.ts'
import type { GroupSnapshot, MemberSnapshot } from '../groups/group-coordinator.ts'
import type { GroupDetail, GroupMemberRow, GroupOffsetRow, GroupRow } from './contract/groups.ts'
import { coordinatorOf } from './coordinators.ts'
import { History, Rate } from './rates.ts'
import type { TransactionWatch } from './transaction-watch.ts'

/** A group and what was measured of it. */
type Watched = {
  snapshot: GroupSnapshot
  readonly lagHistory: History
  /** The pace of each committed offset, by partition key. */
  readonly paces: Map<string, Rate>
}

const NOBODY: readonly string[] = []

const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`

export class GroupWatch {
  readonly #broker: Broker
  readonly #transactions: Pick<TransactionWatch, 'idOf'>
  readonly #groups = new Map<string, Watched>()
  readonly #changed = new Set<string>()
  readonly #stopWatching: () => void
  /** Groups by the topic they read; null when it must be made again. */
  #readers: ReadonlyMap<string, readonly string[]> | null = null

  constructor(broker: Broker, transactions: Pick<TransactionWatch, 'idOf'>) {
    this.#broker = broker
    this.#transactions = transactions
    this.#stopWatching = broker.groups.onChange(groupId => this.#changed.add(groupId))
    for (const snapshot of broker.groups.groups()) this.#put(snapshot)
  }

  stop(): void {
    this.#stopWatching()
  }

  get size(): number {
    return this.#broker.groups.groupCount
  }

  /** Takes a figure a second of every group. */
  sample(seconds: number): void {
    this.#refresh()
    for (const watched of this.#groups.values()) {
      const committed = new Set<string>()
      for (const { topic, partition, offset } of watched.snapshot.offsets) {
        const key = keyOf(topic, partition)
        committed.add(key)
        const pace = watched.paces.get(key)
        if (pace) pace.sample(offset, seconds)
        else watched.paces.set(key, new Rate(offset))
      }
      for (const key of watched.paces.keys()) if (!committed.has(key)) watched.paces.delete(key)
      watched.lagHistory.add(Number(this.#lagOf(watched.snapshot).lag ?? 0n))
    }
  }

  *rows(): Iterable<GroupRow> {
    this.#refresh()
    for (const watched of this.#groups.values()) yield this.#row(watched)
  }

  detail(groupId: string): GroupDetail | undefined {
    this.#refresh()
    const watched = this.#groups.get(groupId)
    if (!watched) return undefined
    const { generation, targetEpoch, protocolType, protocol, leaderId, members } = watched.snapshot
    return {
      row: this.#row(watched),
      generation, targetEpoch, protocolType, protocol, leaderId,
      coordinator: coordinatorOf(this.#broker, OFFSETS_TOPIC, groupId),
      members: members.map(memberRow),
      offsets: this.#offsets(watched),
    }
  }

  /** Groups that have a committed offset in a topic or members assigned to it, in alphabetical order. */
  readersOf(topic: string): readonly string[] {
    this.#refresh()
    this.#readers ??= this.#groupsByTopic()
    return this.#readers.get(topic) ?? NOBODY
  }

  /** The largest lag of any group on each partition of a topic that somebody reads. */
  worstLags(topic: string): ReadonlyMap<number, bigint> {
    const worst = new Map<number, bigint>()
    for (const groupId of this.readersOf(topic)) {
      for (const committed of this.#groups.get(groupId)?.snapshot.offsets ?? []) {
        const log = committed.topic === topic ? this.#factsOf(topic, committed.partition) : undefined
        if (!log) continue
        const lag = lagBehind(log, committed.offset)
        if (lag > (worst.get(committed.partition) ?? -1n)) worst.set(committed.partition, lag)
      }
    }
    return worst
  }

  #refresh(): void {
    for (const groupId of this.#changed) {
      const snapshot = this.#broker.groups.group(groupId)
      if (snapshot) this.#put(snapshot)
      else this.#groups.delete(groupId)
    }
    if (this.#changed.size > 0) this.#readers = null
    this.#changed.clear()
  }

  #put(snapshot: GroupSnapshot): void {
    const known = this.#groups.get(snapshot.groupId)
    if (known) known.snapshot = snapshot
    else this.#groups.set(snapshot.groupId, { snapshot, lagHistory: new History(), paces: new Map() })
  }

  #row(watched: Watched): GroupRow {
    const { snapshot, lagHistory, paces } = watched
    const { lag, worst } = this.#lagOf(snapshot)
    let rate = 0
    for (const pace of paces.values()) rate += Math.max(0, pace.perSecond)
    return {
      group: snapshot.groupId,
      kind: snapshot.kind,
      state: snapshot.state,
      memberCount: snapshot.members.length,
      topics: [...topicsOf(snapshot)].sort(),
      lag, rate, worst,
      history: lagHistory.points,
    }
  }

  #lagOf({ offsets }: GroupSnapshot): { lag: bigint | null; worst: GroupRow['worst'] } {
    let lag: bigint | null = null
    let worst: GroupRow['worst'] = null
    for (const { topic, partition, offset } of offsets) {
      const log = this.#factsOf(topic, partition)
      if (!log) continue
      const behind = lagBehind(log, offset)
      lag = (lag ?? 0n) + behind
      if (behind > (worst?.lag ?? 0n)) worst = { topic, partition, lag: behind }
    }
    return { lag, worst }
  }

  #offsets({ snapshot, paces }: Watched): GroupOffsetRow[] {
    const owners = new Map<string, string>()
    const places = new Map<string, { topic: string; partition: number }>()
    for (const { memberId, assignment } of snapshot.members) {
      for (const { topic, partitions } of assignment) {
        for (const partition of partitions) {
          owners.set(keyOf(topic, partition), memberId)
          places.set(keyOf(topic, partition), { topic, partition })
        }
      }
    }
    const pending = new Map(snapshot.pending.map(each => [keyOf(each.topic, each.partition), each]))
    for (const [key, { topic, partition }] of pending) places.set(key, { topic, partition })
    const committed = new Map(snapshot.offsets.map(each => [keyOf(each.topic, each.partition), each]))
    for (const [key, { topic, partition }] of committed) places.set(key, { topic, partition })
    const rows = [...places].map(([key, { topic, partition }]): GroupOffsetRow => {
      const [stored, open, log] = [committed.get(key), pending.get(key), this.#factsOf(topic, partition)]
      return {
        topic, partition,
        memberId: owners.get(key) ?? null,
        committed: stored ? BigInt(stored.offset) : null,
        startOffset: BigInt(log?.startOffset ?? 0),
        endOffset: BigInt(log?.endOffset ?? 0),
        lag: stored && log ? lagBehind(log, stored.offset) : null,
        rate: Math.max(0, paces.get(key)?.perSecond ?? 0),
        metadata: stored?.metadata ?? '',
        pending: open ? { offset: BigInt(open.offset), producerId: BigInt(open.producerId), transactionalId: this.#transactions.idOf(open.producerId) } : null,
      }
    })
    return rows.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
  }

  #groupsByTopic(): ReadonlyMap<string, readonly string[]> {
    const readers = new Map<string, string[]>()
    for (const { snapshot } of this.#groups.values()) {
      for (const topic of readTopicsOf(snapshot)) {
        const groups = readers.get(topic)
        if (groups) groups.push(snapshot.groupId)
        else readers.set(topic, [snapshot.groupId])
      }
    }
    for (const groups of readers.values()) groups.sort()
    return readers
  }

  /** Known without opening a log that is at rest; undefined while it is recovered. */
  #factsOf(topic: string, partition: number): PartitionFacts | undefined {
    return this.#broker.topics.partition(topic, partition)?.facts
  }
}

function memberRow({ memberId, instanceId, clientId, host, epoch, rackId, isClassicInConsumer, assignment, reconciling }: MemberSnapshot): GroupMemberRow {
  return {
    memberId, instanceId, clientId, host, epoch, isClassicInConsumer, assignment,
    rack: rackId,
    revoking: reconciling?.revoking ?? [],
    awaiting: reconciling?.awaiting ?? [],
  }
}

/** Records not read yet; those that retention took meanwhile are gone, not behind. */
function lagBehind(log: PartitionFacts, committed: number): bigint {
  return BigInt(Math.max(0, log.endOffset - Math.max(committed, log.startOffset)))
}

function readTopicsOf({ offsets, members }: GroupSnapshot): Set<string> {
  const topics = new Set(offsets.map(({ topic }) => topic))
  for (const { assignment } of members) for (const { topic } of assignment) topics.add(topic)
  return topics
}

function topicsOf(snapshot: GroupSnapshot): Set<string> {
  const topics = readTopicsOf(snapshot)
  for (const topic of snapshot.subscribedTopics ?? []) topics.add(topic)
  return topics
}
