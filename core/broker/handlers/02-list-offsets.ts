/**
 * ListOffsets (2): v1 to v11, advertised to 4.3's range.
 * -1 end (the last stable offset for read_committed), -2 and -4 start, -3 the record with the largest timestamp, -5 and -6 nothing:
 * there is no tiered storage. A timestamp gives the first record at or after it (KIP-79, KIP-734, KIP-405, KIP-1005).
 */

import type { PartitionLog } from '../../log/partition-log.ts'
import { listOffsets } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { handler, type RequestContext } from '../handler.ts'

type Request = RequestOf<typeof listOffsets>
type PartitionRequest = Request['topics'][number]['partitions'][number]
type PartitionAnswer = ResponseOf<typeof listOffsets>['topics'][number]['partitions'][number]
type Found = { readonly offset: number; readonly timestamp: number; readonly leaderEpoch: number }

const LATEST = -1n
const EARLIEST = -2n
const MAX_TIMESTAMP = -3n
const EARLIEST_LOCAL = -4n
const LATEST_TIERED = -5n
const EARLIEST_PENDING_UPLOAD = -6n
/** The version from which each constant may be asked for. */
const SINCE = new Map([[LATEST, 1], [EARLIEST, 1], [MAX_TIMESTAMP, 7], [EARLIEST_LOCAL, 8], [LATEST_TIERED, 9], [EARLIEST_PENDING_UPLOAD, 11]])
const NOTHING: Found = { offset: -1, timestamp: -1, leaderEpoch: -1 }

export const listOffsetsHandler = handler(listOffsets, (request, context) => {
  const duplicates = duplicatesOf(request)
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(asked => (duplicates.has(`${name} ${asked.partitionIndex}`) ? refused(asked, 'INVALID_REQUEST') : locate(name, asked, request, context))),
  }))
  return { topics }
})

function duplicatesOf(request: Request): Set<string> {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const { name, partitions } of request.topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name} ${partitionIndex}`
      if (seen.has(key)) twice.add(key)
      seen.add(key)
    }
  }
  return twice
}

function locate(name: string, asked: PartitionRequest, request: Request, { version, broker }: RequestContext): PartitionAnswer {
  const partition = broker.topics.partition(name, asked.partitionIndex)
  if (!partition) return refused(asked, 'UNKNOWN_TOPIC_OR_PARTITION')
  const { log } = partition
  if (!log) return refused(asked, 'NOT_LEADER_OR_FOLLOWER')
  if (asked.currentLeaderEpoch >= 0 && asked.currentLeaderEpoch !== log.leaderEpoch) {
    return refused(asked, asked.currentLeaderEpoch < log.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH')
  }
  if (asked.timestamp < 0n && version < (SINCE.get(asked.timestamp) ?? Infinity)) return refused(asked, 'UNSUPPORTED_VERSION')
  const { offset, timestamp, leaderEpoch } = find(log, asked.timestamp, request.isolationLevel === 1)
  return { partitionIndex: asked.partitionIndex, errorCode: 0, timestamp: BigInt(timestamp), offset, leaderEpoch }
}

function find(log: PartitionLog, timestamp: bigint, isReadCommitted: boolean): Found {
  const end = isReadCommitted ? log.lastStableOffset : log.highWatermark
  const withinReach = (found: Found | null): Found => (found && found.offset < end ? found : NOTHING)
  switch (timestamp) {
    case LATEST:
      return { offset: end, timestamp: -1, leaderEpoch: log.leaderEpoch }
    case EARLIEST:
    case EARLIEST_LOCAL:
      return { offset: log.startOffset, timestamp: -1, leaderEpoch: log.epochAt(log.startOffset) }
    case MAX_TIMESTAMP:
      return withinReach(log.offsetOfMaxTimestamp())
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      return NOTHING
    default:
      return withinReach(log.offsetForTimestamp(Number(timestamp)))
  }
}

function refused({ partitionIndex }: PartitionRequest, error: KafkaError): PartitionAnswer {
  return { partitionIndex, errorCode: errorCode(error), timestamp: -1n, offset: -1, leaderEpoch: -1 }
}
