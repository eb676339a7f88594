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
import { firstOfEach } from '../tally.ts'

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
const READ_COMMITTED = 1
const NOTHING: Found = { offset: -1, timestamp: -1, leaderEpoch: -1 }

export const listOffsetsHandler = handler(listOffsets, (asked, context) => {
  const duplicates = duplicatesOf(asked)
  const request = duplicates.size === 0 ? asked : eachOnce(asked)
  const isDuplicate = (name: string, { partitionIndex }: PartitionRequest): boolean => duplicates.has(`${name} ${partitionIndex}`)
  if (request.topics.some(({ partitions }) => partitions.some(isLookedUp))) return locateInTurn(request, isDuplicate, context)
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(asked => (isDuplicate(name, asked) ? refused(asked, 'INVALID_REQUEST') : locate(name, asked, request, context))),
  }))
  return { topics }
})

/** Whether records must be looked at: the others are facts that the log knows. */
function isLookedUp({ timestamp }: PartitionRequest): boolean {
  return timestamp >= 0n || timestamp === MAX_TIMESTAMP
}

/** One after the other: what is cold is read from the disk, and other requests go on meanwhile. */
async function locateInTurn(request: Request, isDuplicate: (name: string, asked: PartitionRequest) => boolean, context: RequestContext): Promise<ResponseOf<typeof listOffsets>> {
  const topics: { name: string; partitions: PartitionAnswer[] }[] = []
  for (const { name, partitions } of request.topics) {
    const answers: PartitionAnswer[] = []
    for (const asked of partitions) {
      if (isDuplicate(name, asked)) answers.push(refused(asked, 'INVALID_REQUEST'))
      else answers.push(isLookedUp(asked) ? await lookUp(name, asked, request, context) : locate(name, asked, request, context))
    }
    topics.push({ name, partitions: answers })
  }
  return { topics }
}

/** A partition that is named twice is refused once. */
function eachOnce(request: Request): Request {
  const topics = request.topics.map(({ name, partitions }) => ({ name, partitions: firstOfEach(partitions, ({ partitionIndex }) => `${partitionIndex}`) }))
  return { ...request, topics }
}

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

function locate(name: string, asked: PartitionRequest, request: Request, context: RequestContext): PartitionAnswer {
  const log = logOf(name, asked, context)
  return typeof log === 'string' ? refused(asked, log) : found(asked, knownOffset(log, asked.timestamp, request))
}

async function lookUp(name: string, asked: PartitionRequest, request: Request, context: RequestContext): Promise<PartitionAnswer> {
  const log = logOf(name, asked, context)
  if (typeof log === 'string') return refused(asked, log)
  try {
    const answer = await (asked.timestamp === MAX_TIMESTAMP ? log.reader.offsetOfMaxTimestamp() : log.reader.offsetForTimestamp(Number(asked.timestamp)))
    if (answer && 'is' in answer) return refused(asked, 'CORRUPT_MESSAGE')
    return found(asked, answer && answer.offset < endOf(log, request) ? answer : NOTHING)
  } catch (cause) {
    context.broker.logger.error('a partition could not be searched by time', { topic: log.topic, partition: log.partition, cause })
    return refused(asked, 'KAFKA_STORAGE_ERROR')
  }
}

function logOf(name: string, { partitionIndex, currentLeaderEpoch, timestamp }: PartitionRequest, { version, broker, node }: RequestContext): PartitionLog | KafkaError {
  if (timestamp < 0n && version < (SINCE.get(timestamp) ?? Infinity)) return 'UNSUPPORTED_VERSION'
  const partition = broker.topics.partition(name, partitionIndex)
  if (!partition) return 'UNKNOWN_TOPIC_OR_PARTITION'
  const log = partition.logFor(node.id)
  if (!log) return 'NOT_LEADER_OR_FOLLOWER'
  if (currentLeaderEpoch !== -1 && currentLeaderEpoch !== log.leaderEpoch) return currentLeaderEpoch < log.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH'
  return log
}

/** For the constants that name a place of the log. */
function knownOffset(log: PartitionLog, timestamp: bigint, request: Request): Found {
  switch (timestamp) {
    case LATEST:
      return { offset: endOf(log, request), timestamp: -1, leaderEpoch: log.leaderEpoch }
    case EARLIEST:
    case EARLIEST_LOCAL:
      return { offset: log.startOffset, timestamp: -1, leaderEpoch: log.epochAt(log.startOffset) }
    default:
      return NOTHING
  }
}

function endOf(log: PartitionLog, { isolationLevel }: Request): number {
  return isolationLevel === READ_COMMITTED ? log.lastStableOffset : log.highWatermark
}

function found({ partitionIndex }: PartitionRequest, { offset, timestamp, leaderEpoch }: Found): PartitionAnswer {
  return { partitionIndex, errorCode: 0, timestamp: BigInt(timestamp), offset, leaderEpoch }
}

function refused({ partitionIndex }: PartitionRequest, error: KafkaError): PartitionAnswer {
  return { partitionIndex, errorCode: errorCode(error), timestamp: -1n, offset: -1, leaderEpoch: -1 }
}
