/** A group coordinator over a real partition log on a memory disk, moved by a simulated clock; and members that speak to it. */

import {
  defaultConsumerGroupConfig, defaultGroupConfig, GroupCoordinator, type ConsumerGroupConfig, type GroupConfig, type GroupTopic, type GroupTopics,
} from '../../../core/groups/group-coordinator.ts'
import type { JoinRequest } from '../../../core/groups/classic-join.ts'
import type { JoinAnswer, SyncAnswer } from '../../../core/groups/classic-member.ts'
import type { CommitAnswer, CommitRequest } from '../../../core/groups/offset-commit.ts'
import { silentLogger, type Logger } from '../../../core/common/logger.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { seededRandom } from '../../../core/common/random.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { defaultLogConfig, PartitionLog } from '../../../core/log/partition-log.ts'
import { consumerProtocolAssignment, consumerProtocolSubscription } from '../../../core/protocol/consumer-protocol.ts'

export type Setting = {
  readonly groups: GroupCoordinator
  readonly clock: SimulatedClock
  readonly disk: MemoryDisk
  readonly log: PartitionLog
  /** Topics and their partition counts; change it to create and delete topics. */
  readonly topics: Map<string, number>
  /** Ids by topic, where a test cares. */
  readonly topicIds: Map<string, string>
  /** Group ids reported as changed, in order. */
  readonly changes: string[]
  /** A coordinator that starts again on what is stored; `setting.groups` is stopped first. */
  restart(): Promise<Setting>
}

export async function startGroups(options: {
  readonly config?: Partial<GroupConfig>; readonly groupConfig?: Partial<ConsumerGroupConfig>; readonly disk?: MemoryDisk; readonly clock?: SimulatedClock; readonly load?: boolean; readonly logger?: Logger; readonly seed?: number
} = {}): Promise<Setting> {
  const { disk = new MemoryDisk(), clock = new SimulatedClock(), logger = silentLogger, seed = 1 } = options
  const log = await PartitionLog.open({
    disk, clock, folder: '/data/__consumer_offsets-0', topic: '__consumer_offsets', partition: 0, topicId: 'mJ1kDGmmT3qFmUQOQyJvQA',
    config: { ...defaultLogConfig, cleanupPolicy: ['compact'] }, isClean: true, logger: silentLogger,
  })
  const topics = new Map([['orders', 4], ['payments', 1]])
  const topicIds = new Map<string, string>()
  const groups = new GroupCoordinator({
    clock, random: seededRandom(seed), logger, partitionCount: 1,
    logOf: () => log,
    topicExists: (topic, partition) => partition >= 0 && partition < (topics.get(topic) ?? 0),
    topicIdOf: topic => topicIds.get(topic),
    topics: groupTopics(topics, topicIds),
    ...options.groupConfig && { groupConfigOf: () => ({ ...defaultConsumerGroupConfig, ...options.groupConfig }) },
    config: { ...defaultGroupConfig, ...options.config },
  })
  const changes: string[] = []
  groups.onChange(groupId => changes.push(groupId))
  if (options.load !== false) await groups.load(0)
  const restart = async (): Promise<Setting> => {
    await groups.stop()
    await log.close()
    return startGroups({ ...options, disk, clock, seed: seed + 1 })
  }
  return { groups, clock, disk, log, topics, topicIds, changes, restart }
}

/** Topics of consumer groups, under the ids given, else under ids made of their names. */
function groupTopics(topics: ReadonlyMap<string, number>, topicIds: ReadonlyMap<string, string>): GroupTopics {
  const byName = (name: string): GroupTopic | undefined => {
    const partitionCount = topics.get(name)
    return partitionCount === undefined ? undefined : { topicId: topicIds.get(name) ?? idOf(name), name, partitionCount }
  }
  const namesById = new Map<string, string>()
  const byId = (topicId: string): GroupTopic | undefined => {
    const known = byName(namesById.get(topicId) ?? '')
    if (known?.topicId === topicId) return known
    for (const name of topics.keys()) namesById.set(byName(name)?.topicId ?? '', name)
    const topic = byName(namesById.get(topicId) ?? '')
    return topic?.topicId === topicId ? topic : undefined
  }
  return { byName, byId, names: () => topics.keys() }
}

/** A topic's id where a test gives it none. */
export function idOf(topic: string): string {
  return Buffer.from(topic.padEnd(16, '.').slice(0, 16)).toString('base64url')
}

export function subscription(...topics: string[]): Buffer {
  return consumerProtocolSubscription.encode({ topics }, 0)
}

export function assignment(topic: string, ...partitions: number[]): Buffer {
  return consumerProtocolAssignment.encode({ assignedPartitions: [{ topic, partitions }] }, 0)
}

export function joining(request: Partial<JoinRequest> = {}): JoinRequest {
  return {
    groupId: 'g', memberId: '', instanceId: null, clientId: 'client', host: '/127.0.0.1', protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscription('orders') }], sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 60_000,
    requiresKnownMemberId: true, canSkipAssignment: true, ...request,
  }
}

export function committing(request: Partial<CommitRequest> = {}): CommitRequest {
  return {
    groupId: 'g', memberId: '', instanceId: null, generation: -1, retentionMs: null, canNameMissingGroup: true,
    topics: [{ topic: 'orders', partitions: [{ partition: 0, offset: 7, leaderEpoch: 0, metadata: 'note' }] }], ...request,
  }
}

/** The one error of a commit of one partition. */
export function errorOf(answer: CommitAnswer): string | undefined {
  return answer[0]?.partitions[0]?.error
}

/** A promise whose answer a test can look at: undefined while it is parked. */
export type Parked<T> = { answer: T | undefined; readonly done: Promise<T> }

export function parked<T>(promise: Promise<T>): Parked<T> {
  const state: Parked<T> = { answer: undefined, done: promise.then(answer => (state.answer = answer)) }
  return state
}

/** Lets promises that are resolved deliver their answers. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

/** Asks for an id and joins with it, as clients of version 4 and later do. */
export async function joinDynamic({ groups }: Setting, request: Partial<JoinRequest> = {}): Promise<{ memberId: string; join: Parked<JoinAnswer> }> {
  const { memberId } = await groups.join(joining(request))
  return { memberId, join: parked(groups.join(joining({ ...request, memberId }))) }
}

/** A group of `count` members, stable in generation 1; the first one leads. Each has been given one partition of `orders`. */
export async function stableGroup(setting: Setting, count: number, request: Partial<JoinRequest> = {}): Promise<string[]> {
  const members = []
  for (let index = 0; index < count; index++) members.push(await joinDynamic(setting, request))
  setting.clock.advance(0)
  await Promise.all(members.map(({ join }) => join.done))
  const ids = members.map(({ memberId }) => memberId)
  await Promise.all(await syncAll(setting, ids, request.groupId === undefined ? {} : { groupId: request.groupId }))
  return ids
}

/** Every member's sync, the leader's last; the leader gives member n partition n of `orders`. */
export async function syncAll(
  { groups }: Setting, memberIds: readonly string[], { groupId = 'g', generation = 1 }: { groupId?: string; generation?: number } = {},
): Promise<Promise<SyncAnswer>[]> {
  const leader = groups.group(groupId)?.leaderId
  const assignments = memberIds.map((memberId, index) => ({ memberId, assignment: assignment('orders', index) }))
  const sync = (memberId: string): Promise<SyncAnswer> => groups.sync({
    groupId, memberId, instanceId: null, generation, protocolType: 'consumer', protocol: 'range', assignments: memberId === leader ? assignments : [],
  })
  return [...memberIds.filter(id => id !== leader), ...memberIds.filter(id => id === leader)].map(sync)
}
