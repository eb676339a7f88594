/**
 * Fetch (1): v4 to v18, advertised to 4.3's range.
 * Whole batches from the one that holds the offset, by reference, at least one batch for the first partition that has any (KIP-74);
 * long poll until min bytes, a reason to answer at once, or max wait. read_committed reads to the last stable offset.
 * What is in the page cache is read in the same turn; cold partitions on the thread pool, some at a time. Damaged batches answer CORRUPT_MESSAGE.
 * Differences: no fetch sessions yet, every answer says session id 0, which is always legal (KIP-227).
 */

import { fetch } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { divergenceOf, endOf, FetchReads, type PartitionAnswer, type PartitionRequest, type TopicRequest, type Wanted } from '../fetch-reads.ts'
import { handler, type RequestContext } from '../handler.ts'
import type { Partition } from '../partition.ts'
import type { Topic } from '../topic-registry.ts'

type Request = RequestOf<typeof fetch>

export const fetchHandler = handler(fetch, (request, context) => {
  const sessionError = sessionErrorOf(request)
  if (sessionError) return { errorCode: errorCode(sessionError), sessionId: 0, responses: [] }
  const wantedNow = (): Wanted[] => request.topics.flatMap(topic => wantedOf(topic, context))
  const wanted = wantedNow()
  if (isReady(request, wanted)) return answer(request, wanted, context)
  // Each partition once, however often a frame names it: they are looked at on every append.
  const watched = [...new Map(wanted.map(want => [want.partition, want])).values()]
  const partitions = watched.flatMap(({ partition }) => partition ?? [])
  return context.broker.parked.park({
    partitions,
    maxWaitMs: request.maxWaitMs,
    isReady: () => isReady(request, watched),
    onGone: run => context.connection.onGone(run),
  }).then(() => answer(request, wantedNow(), context)) // a topic may have gone while it was waited for
})

/** Sessions are never given out, so an id other than 0 is one we do not know, unless it is being closed or reopened. */
function sessionErrorOf({ sessionId, sessionEpoch }: Request): KafkaError | undefined {
  if (sessionId !== 0 && sessionEpoch > 0) return 'FETCH_SESSION_ID_NOT_FOUND'
  return sessionId === 0 && sessionEpoch > 0 ? 'INVALID_FETCH_SESSION_EPOCH' : undefined
}

function wantedOf(topic: TopicRequest, { version, broker, node }: RequestContext): Wanted[] {
  const isById = version >= 13
  const found = isById ? broker.topics.byId(topic.topicId) : broker.topics.get(topic.topic)
  return topic.partitions.map(asked => {
    const partition = found?.partitions[asked.partition]
    return { asked, topic, partition, refusal: refusalOf(asked, found, partition, isById, node.id) }
  })
}

function refusalOf(asked: PartitionRequest, topic: Topic | undefined, partition: Partition | undefined, isById: boolean, brokerId: number): KafkaError | undefined {
  if (!topic) return isById ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION'
  if (!partition) return 'UNKNOWN_TOPIC_OR_PARTITION'
  const log = partition.logFor(brokerId)
  if (!log) return 'NOT_LEADER_OR_FOLLOWER'
  if (asked.currentLeaderEpoch < 0 || asked.currentLeaderEpoch === log.leaderEpoch) return undefined
  return asked.currentLeaderEpoch < log.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH'
}

/** Whether to answer now: no time to wait, enough bytes, or something that must be said at once. */
function isReady(request: Request, wanted: readonly Wanted[]): boolean {
  if (request.maxWaitMs <= 0 || wanted.length === 0) return true
  try {
    return isWorthAnswering(request, wanted)
  } catch {
    return true // its disk cannot be read: the answer says so
  }
}

function isWorthAnswering(request: Request, wanted: readonly Wanted[]): boolean {
  let bytes = 0
  for (const { asked, partition, refusal } of wanted) {
    const log = partition?.log
    if (refusal || !log) return true
    if (asked.fetchOffset < log.startOffset || asked.fetchOffset > log.endOffset) return true
    if (divergenceOf(asked, log)) return true
    if (log.reader.isInOlderSegment(asked.fetchOffset, endOf(request, log))) return true // as Kafka: it would get no more by waiting
    bytes += log.reader.availableBytes(asked.fetchOffset, endOf(request, log), asked.partitionMaxBytes)
  }
  return bytes >= request.minBytes
}

type FetchAnswer = ResponseOf<typeof fetch>

function answer(request: Request, wanted: readonly Wanted[], context: RequestContext): FetchAnswer | Promise<FetchAnswer> {
  const reads = new FetchReads(request, context)
  if (wanted.some(want => reads.isCold(want))) return answerInTurn(wanted, reads)
  return answerOf(wanted, wanted.map(want => reads.read(want)))
}

/** In the order of the request, as the rules on sizes want it; the next cold partitions are read meanwhile. */
async function answerInTurn(wanted: readonly Wanted[], reads: FetchReads): Promise<FetchAnswer> {
  const answers: PartitionAnswer[] = []
  for (const [at, want] of wanted.entries()) {
    reads.readAhead(wanted, at)
    answers.push(await reads.readInTurn(want))
  }
  return answerOf(wanted, answers)
}

function answerOf(wanted: readonly Wanted[], answers: readonly PartitionAnswer[]): FetchAnswer {
  const byTopic = new Map<TopicRequest, PartitionAnswer[]>()
  for (const [at, { topic }] of wanted.entries()) {
    const answer = answers[at]
    if (!answer) continue
    const partitions = byTopic.get(topic)
    if (partitions) partitions.push(answer)
    else byTopic.set(topic, [answer])
  }
  return { sessionId: 0, responses: [...byTopic].map(([{ topic, topicId }, partitions]) => ({ topic, topicId, partitions })) }
}
