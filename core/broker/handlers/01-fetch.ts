/**
 * Fetch (1): v4 to v18, advertised to 4.3's range.
 * Whole batches from the one that holds the offset, by reference, at least one batch for the first partition that has any (KIP-74);
 * long poll until min bytes, a reason to answer at once, or max wait. read_committed reads to the last stable offset.
 * Incremental fetch sessions (KIP-227) in fetch-sessions.ts. Partitions that are not known when the request comes in are answered behind the
 * others, and nobody is woken for them. What is in the page cache is read in the same turn; cold partitions on the thread pool, some at a
 * time. Damaged batches answer CORRUPT_MESSAGE.
 */

import { FETCH_ANSWER_BYTES_MAX } from '../../common/limits.ts'
import { fetch } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import { divergenceOf, endOf, FetchReads, type PartitionAnswer } from '../fetch-reads.ts'
import type { Fetching } from '../fetch-sessions.ts'
import { handler, type RequestContext } from '../handler.ts'
import { epochRefusal, type FetchRequest, type WantedPartition } from '../wanted-partition.ts'

type FetchAnswer = ResponseOf<typeof fetch>

/** From this version on topics are named by their ids (KIP-516). */
const BY_ID = 13

export const fetchHandler = handler(fetch, (request, context) => {
  const { broker, node, version, connection } = context
  const resolving = { topics: broker.topics, nodeId: node.id }
  const fetching = node.fetchSessions.begin(request, version >= BY_ID, resolving)
  if (typeof fetching === 'string') return { errorCode: errorCode(fetching), sessionId: 0, responses: [] }
  if (request.maxWaitMs <= 0 || fetching.isAllUnknown || isReady(request, fetching, node.id)) return answer(request, fetching, context)
  return broker.parked.park({
    maxWaitMs: request.maxWaitMs,
    watch: wake => fetching.watch(wake),
    isReady() {
      const isEnough = isReady(request, fetching, node.id)
      if (!isEnough) fetching.keepWatching()
      return isEnough
    },
    onGone: run => connection.onGone(run),
  }).then(() => {
    // A topic may have gone while it was waited for.
    for (const want of fetching.wanted()) if (!want.isUnknown) want.resolve(resolving)
    return answer(request, fetching, context)
  })
})

/** Whether to answer now: enough bytes, or something that must be said at once. */
function isReady(request: FetchRequest, fetching: Fetching, nodeId: number): boolean {
  try {
    return isWorthAnswering(request, fetching.wanted(), nodeId)
  } catch {
    return true // its disk cannot be read: the answer says so
  }
}

function isWorthAnswering(request: FetchRequest, wanted: readonly WantedPartition[], nodeId: number): boolean {
  let bytes = 0
  for (const { asked, partition, refusal, isUnknown } of wanted) {
    if (isUnknown) continue
    const log = partition?.logFor(nodeId)
    if (refusal || !log || epochRefusal(asked, log)) return true
    if (asked.fetchOffset < log.startOffset || asked.fetchOffset > log.endOffset) return true
    if (divergenceOf(asked, log)) return true
    if (log.reader.isInOlderSegment(asked.fetchOffset, endOf(request, log))) return true // as Kafka: it would get no more by waiting
    bytes += log.reader.availableBytes(asked.fetchOffset, endOf(request, log), asked.partitionMaxBytes)
  }
  return bytes >= Math.min(request.minBytes, request.maxBytes, FETCH_ANSWER_BYTES_MAX)
}

function answer(request: FetchRequest, fetching: Fetching, context: RequestContext): FetchAnswer | Promise<FetchAnswer> {
  const wanted = fetching.wanted()
  const reads = new FetchReads(request, context)
  if (wanted.some(want => reads.isCold(want))) return answerInTurn(wanted, reads).then(answers => answerOf(fetching, wanted, answers))
  return answerOf(fetching, wanted, wanted.map(want => reads.read(want)))
}

/** In the order of the request, as the rules on sizes want it; the next cold partitions are read meanwhile. */
async function answerInTurn(wanted: readonly WantedPartition[], reads: FetchReads): Promise<PartitionAnswer[]> {
  const answers: PartitionAnswer[] = []
  for (const [at, want] of wanted.entries()) {
    reads.readAhead(wanted, at)
    answers.push(await reads.readInTurn(want))
  }
  return answers
}

function answerOf(fetching: Fetching, wanted: readonly WantedPartition[], answers: (PartitionAnswer | undefined)[]): FetchAnswer {
  const { error, sessionId } = fetching.tell(wanted, answers)
  return { errorCode: errorCode(error), sessionId, responses: error === 'NONE' ? groupByTopic(wanted, answers) : [] }
}

type TopicAnswer = { topic: string; topicId: string; partitions: PartitionAnswer[] }

/** In the order of the answers, so that a topic is named again when another one's partition came between. */
function groupByTopic(wanted: readonly WantedPartition[], answers: readonly (PartitionAnswer | undefined)[]): TopicAnswer[] {
  const topics: TopicAnswer[] = []
  let last: TopicAnswer | undefined
  for (const [at, { topic, topicId }] of wanted.entries()) {
    const answer = answers[at]
    if (!answer) continue
    if (last && last.topic === topic && last.topicId === topicId) last.partitions.push(answer)
    else topics.push(last = { topic, topicId, partitions: [answer] })
  }
  return topics
}
