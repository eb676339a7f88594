/** The area `topics`: the list, one topic with its partitions, configs, and the changes a window may make. */

import { join } from 'node:path'
import { describeTopicConfigs } from '../broker/describe-configs.ts'
import type { Refusal, Topic } from '../broker/topic-registry.ts'
import { partitionFolderName } from '../log/log-files.ts'
import type { StudioContract } from './contract/index.ts'
import type { PartitionDetail, TopicDetail, TopicRow } from './contract/topics.ts'
import { LiveList } from './live-list.ts'
import { followValue } from './live-value.ts'
import { openTransactions } from './partition-storage.ts'
import type { StudioParts } from './parts.ts'
import type { Implementation, Sink } from './rpc/serve.ts'
import { StudioError } from './rpc/studio-error.ts'
import { SegmentRows } from './segment-rows.ts'
import { TopicRows } from './topic-rows.ts'

/** Topics of more partitions are sent once a second. */
const PARTITIONS_AT_ONCE = 100
const BEATS_OF_LARGE = 4

export function topicsArea(parts: StudioParts): Implementation<StudioContract>['topics'] {
  const { broker, pulse } = parts
  const rows = new TopicRows(parts)
  const list = new LiveList<TopicRow>({
    pulse,
    keyOf: row => row.topic,
    compute: () => Array.from(broker.topics.list(), topic => rows.topic(topic)),
    weight: () => partitionCountOf(broker.topics.list()),
  })
  return {
    list: (_, sink) => list.subscribe(sink),
    detail: ({ topic }, sink) => followDetail(parts, rows, topic, sink),
    partition: (place, sink) => followPartition(parts, rows, place, sink),
    configs: ({ topic }) => describeTopicConfigs(existing(parts, topic).record.configs, broker.topics.defaults).map(({ name, value, source }) => (
      { name, value, source: source === 'static-broker' ? 'broker' : source, isReadOnly: false }
    )),
    async create({ topic, partitions, replicationFactor, configs }) {
      const partitionCount = partitions === -1 ? broker.parts.config.numPartitions : partitions
      const created = await broker.topics.create({ name: topic, partitionCount, configs, ...(replicationFactor !== undefined && { replicationFactor }) })
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

function partitionCountOf(topics: Iterable<Topic>): number {
  let count = 0
  for (const { partitions } of topics) count += partitions.length
  return count
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

/** A topic goes over whole: one of a thousand partitions less often. */
function followDetail({ broker, pulse, groups }: StudioParts, rows: TopicRows, name: string, sink: Sink<TopicDetail>): void {
  let beats = 0
  followValue(sink, pulse, () => {
    const topic = broker.topics.get(name)
    if (!topic) return { end: { code: 'NOT_FOUND', message: notFound(name) } }
    if (topic.partitions.length > PARTITIONS_AT_ONCE && beats++ % BEATS_OF_LARGE !== 0) return 'same'
    const worstLags = groups.worstLags(name)
    return { value: { topic: rows.topic(topic), partitions: topic.partitions.map(partition => rows.partition(partition, worstLags)) } }
  })
}

/** The times of segments become known while they are looked at, so they are kept as long as somebody looks. */
function followPartition(parts: StudioParts, rows: TopicRows, place: { readonly topic: string; readonly partition: number }, sink: Sink<PartitionDetail>): void {
  let segments: SegmentRows | undefined
  followValue(sink, parts.pulse, () => {
    const partition = parts.broker.topics.partition(place.topic, place.partition)
    if (!partition) return { end: { code: 'NOT_FOUND', message: `There is no partition ${place.partition} of ${place.topic}; the topic may have been deleted.` } }
    const log = partition.openLog
    if (log) segments ??= new SegmentRows(log, parts.disk)
    return { value: {
      row: rows.partition(partition, parts.groups.worstLags(place.topic)),
      folder: log?.folder ?? join(parts.broker.dataFolder, 'logs', partitionFolderName(place.topic, place.partition)),
      recoveryPoint: log ? BigInt(log.recoveryPoint) : null,
      segments: segments?.rows() ?? [],
      transactions: log ? openTransactions(log, parts.transactions) : [],
    } }
  })
  sink.onClose(() => segments?.stop())
}
