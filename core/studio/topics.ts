/** The area `topics`: the list, one topic with its partitions, configs, and the changes a window may make. */

import { join } from 'node:path'
import { describeTopicConfigs } from '../broker/describe-configs.ts'
import type { Partition } from '../broker/partition.ts'
import type { Refusal, Topic } from '../broker/topic-registry.ts'
import type { TopicRecord } from '../catalog/catalog.ts'
import { partitionFolderName } from '../log/log-files.ts'
import type { StudioContract } from './contract/index.ts'
import type { PartitionDetail, PartitionRow, TopicDetail, TopicRow } from './contract/topics.ts'
import { LiveList } from './live-list.ts'
import { followValue } from './live-value.ts'
import { cutNotice, figuresOf, healthOf, openLogOf, openTransactionCount, openTransactions, recoveryOf } from './partition-storage.ts'
import type { StudioParts } from './parts.ts'
import type { Implementation, Sink } from './rpc/serve.ts'
import { StudioError } from './rpc/studio-error.ts'
import { SegmentRows } from './segment-rows.ts'

export function topicsArea(parts: StudioParts): Implementation<StudioContract>['topics'] {
  const { broker, pulse } = parts
  const list = new LiveList<TopicRow>({
    pulse,
    keyOf: row => row.topic,
    compute: () => Array.from(broker.topics.list(), topic => topicRow(parts, topic)),
  })
  return {
    list: (_, sink) => list.subscribe(sink),
    detail: ({ topic }, sink) => followValue(sink, pulse, () => detailOf(parts, topic)),
    partition: (place, sink) => followPartition(parts, place, sink),
    configs: ({ topic }) => describeTopicConfigs(existing(parts, topic).record.configs, broker.topics.defaults).map(({ name, value, source }) => (
      { name, value, source: source === 'static-broker' ? 'broker' : source, isReadOnly: false }
    )),
    async create({ topic, partitions, configs }) {
      const created = await broker.topics.create({ name: topic, partitionCount: partitions === -1 ? broker.parts.config.numPartitions : partitions, configs })
      if ('error' in created) throw refused(created)
      return { topicId: created.record.topicId }
    },
    async delete({ topic }) {
      if (!broker.parts.config.deleteTopics) throw new StudioError('TOPIC_DELETION_DISABLED', 'Topic deletion is disabled on this broker.')
      const refusal = await broker.topics.delete(topic)
      if (refusal) throw refused(refusal)
      return null
    },
    async addPartitions({ topic, total }) {
      const refusal = await broker.topics.grow(topic, total)
      if (refusal) throw refused(refusal)
      return null
    },
  }
}

/** The topic, or NOT_FOUND. */
export function existing({ broker }: Pick<StudioParts, 'broker'>, name: string): Topic {
  const topic = broker.topics.get(name)
  if (!topic) throw new StudioError('NOT_FOUND', notFound(name))
  return topic
}

const notFound = (name: string): string => `There is no topic ${name}; it may have been deleted.`

function refused({ error, message }: Refusal): StudioError {
  return new StudioError(error, message)
}

function detailOf(parts: StudioParts, name: string): { value: TopicDetail } | { end: { code: string; message: string } } {
  const topic = parts.broker.topics.get(name)
  if (!topic) return { end: { code: 'NOT_FOUND', message: notFound(name) } }
  const worstLags = parts.groups.worstLags(name)
  return { value: { topic: topicRow(parts, topic), partitions: topic.partitions.map(partition => partitionRow(parts, partition, worstLags)) } }
}

/** The times of segments become known while they are looked at, so they are kept as long as somebody looks. */
function followPartition(parts: StudioParts, place: { readonly topic: string; readonly partition: number }, sink: Sink<PartitionDetail>): void {
  let segments: SegmentRows | undefined
  followValue(sink, parts.pulse, () => {
    const partition = parts.broker.topics.partition(place.topic, place.partition)
    if (!partition) return { end: { code: 'NOT_FOUND', message: `There is no partition ${place.partition} of ${place.topic}; the topic may have been deleted.` } }
    const log = openLogOf(partition)
    if (log) segments ??= new SegmentRows(log, parts.disk)
    return { value: {
      row: partitionRow(parts, partition, parts.groups.worstLags(place.topic)),
      folder: log?.folder ?? join(parts.broker.dataFolder, 'logs', partitionFolderName(place.topic, place.partition)),
      recoveryPoint: log ? BigInt(log.recoveryPoint) : null,
      segments: segments?.rows() ?? [],
      transactions: log ? openTransactions(log) : [],
    } }
  })
  sink.onClose(() => segments?.stop())
}

function topicRow({ broker, traffic, groups }: StudioParts, topic: Topic): TopicRow {
  const { record, partitions } = topic
  let [records, sizeBytes, recoveringCount, offlineCount, cutCount] = [0, 0, 0, 0, 0]
  for (const partition of partitions) {
    const figures = figuresOf(partition)
    records += figures.endOffset - figures.startOffset
    sizeBytes += figures.sizeBytes
    if (partition.state.is === 'recovering') recoveringCount++
    if (healthOf(partition).is === 'offline') offlineCount++
    const log = openLogOf(partition)
    if (log && cutNotice(log)) cutCount++
  }
  const { recordsRate, bytesRate, history } = traffic.topic(topic)
  return {
    topic: record.name,
    topicId: record.topicId,
    isInternal: record.isInternal,
    partitionCount: partitions.length,
    replicationFactor: 1,
    recordCount: BigInt(records),
    sizeBytes,
    inRecordsRate: recordsRate,
    inBytesRate: bytesRate,
    history,
    ...retentionOf(record, broker.topics.defaults),
    readBy: groups.readersOf(record.name),
    recoveringCount, offlineCount, cutCount,
  }
}

function partitionRow({ traffic, cleaning }: StudioParts, partition: Partition, worstLags: ReadonlyMap<number, bigint>): PartitionRow {
  const { state, index, leader } = partition
  const { recordsRate, history } = traffic.partition(partition)
  const { startOffset, endOffset, leaderEpoch, sizeBytes, segmentCount } = figuresOf(partition)
  const log = openLogOf(partition)
  return {
    partition: index,
    leader,
    leaderEpoch,
    inSync: state.is === 'recovering' || state.is === 'failed' ? [] : [leader],
    startOffset: BigInt(startOffset),
    endOffset: BigInt(endOffset),
    // A log at rest has no transaction open, or it would have been opened.
    highWatermark: BigInt(log?.highWatermark ?? endOffset),
    lastStableOffset: BigInt(log?.lastStableOffset ?? endOffset),
    openTransactionCount: log ? openTransactionCount(log) : 0,
    sizeBytes,
    segmentCount,
    inRecordsRate: recordsRate,
    history,
    worstLag: worstLags.get(index) ?? null,
    state: state.is,
    health: healthOf(partition),
    recovery: log ? recoveryOf(log) : null,
    cleaning: log ? cleaning.of(log) : null,
  }
}

type Retention = Pick<TopicRow, 'retentionMs' | 'cleanupPolicy'>
/** A record is replaced when a config changes, so what was read from it stays true for as long as it lives. */
const retentions = new WeakMap<TopicRecord, Retention>()

function retentionOf(record: TopicRecord, defaults: Readonly<Record<string, string>>): Retention {
  const known = retentions.get(record)
  if (known) return known
  const values = new Map(describeTopicConfigs(record.configs, defaults).map(({ name, value }) => [name, value]))
  const retention = { retentionMs: BigInt(values.get('retention.ms') ?? '-1'), cleanupPolicy: values.get('cleanup.policy') ?? '' }
  retentions.set(record, retention)
  return retention
}
