/**
 * Fetch (1): v4 to v18, advertised to 4.3's range.
 * Whole batches from the one that holds the offset, by reference, at least one batch for the first partition that has any (KIP-74);
 * long poll until min bytes, a reason to answer at once, or max wait. read_committed reads to the last stable offset.
 * Incremental fetch sessions (KIP-227) in fetch-sessions.ts. Partitions that are not known when the request comes in are answered behind the
 * others, and nobody is woken for them. What is in the page cache is read in the same turn; cold partitions on the thread pool, some at a
 * time. Damaged batches answer CORRUPT_MESSAGE. From v11 on every broker that holds a partition serves it, and a leader sends a consumer to
 * one on its own rack where replica.selector.class says so (KIP-392); v16+ tells who leads to who asked another (KIP-951).
 */

import { FETCH_ANSWER_BYTES_MAX } from '../../common/limits.ts'
import { fetch } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import type { NodeEndpoint } from '../cluster.ts'
import { divergenceOf, endOf, FetchReads, type PartitionAnswer } from '../fetch-reads.ts'
import type { Fetching } from '../fetch-sessions.ts'
import { handler, type RequestContext } from '../handler.ts'
import { endpointsOf, type LeaderHint, leaderHint } from '../leader-hints.ts'
import { epochRefusal, type FetchRequest, type Resolving, type WantedPartition } from '../wanted-partition.ts'

type FetchAnswer = ResponseOf<typeof fetch>

/** From this version on topics are named by their ids (KIP-516). */
const BY_ID = 13
/** From this version on followers serve consumers (KIP-392). */
const FOLLOWERS = 11
/** From this version on an answer may say who leads (KIP-951). */
const HINTS = 16

export const fetchHandler = handler(fetch, (request, context) => {
  const { broker, node, version, connection } = context
  const resolving: Resolving = { topics: broker.topics, nodeId: node.id, mayFollow: version >= FOLLOWERS, nearer: nearerReplica(request, context) }
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
  for (const want of wanted) {
    const { asked, refusal, isUnknown, nearer } = want
    if (isUnknown) continue
    const log = want.logAt(nodeId)
    if (refusal || !log || nearer !== undefined || epochRefusal(asked, log)) return true
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
  if (wanted.some(want => reads.isCold(want))) return answerInTurn(wanted, reads).then(answers => answerOf(fetching, wanted, answers, context))
  return answerOf(fetching, wanted, wanted.map(want => reads.read(want)), context)
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

const LEADER_CHANGED: ReadonlySet<number> = new Set([errorCode('NOT_LEADER_OR_FOLLOWER'), errorCode('FENCED_LEADER_EPOCH')])

/** Puts who leads beside each answer that another broker, or an older epoch, was asked for; says where those leaders are. */
function giveHints(wanted: readonly WantedPartition[], answers: (PartitionAnswer | undefined)[], context: RequestContext): NodeEndpoint[] | undefined {
  let hints: LeaderHint[] | undefined
  for (let at = 0; at < answers.length; at++) {
    const answer = answers[at]
    const partition = wanted[at]?.partition
    if (!answer || !partition || !LEADER_CHANGED.has(answer.errorCode)) continue
    const currentLeader = leaderHint(partition, context.broker.cluster)
    answers[at] = { ...answer, currentLeader }
    ;(hints ??= []).push(currentLeader)
  }
  return hints && endpointsOf(hints, context)
}

/** How a leader finds a broker on the client's own rack that is in sync: where replica.selector.class asks for it, and the client told its rack. */
function nearerReplica({ rackId }: FetchRequest, { broker, node, version }: RequestContext): Resolving['nearer'] {
  if (version < FOLLOWERS || rackId === '' || broker.cluster.placement.isSingle) return undefined
  if (broker.dynamicConfigs.effective('replica.selector.class', node.id) !== RACK_AWARE || node.rack === rackId) return undefined
  const { placement } = broker.cluster
  return ({ leader, isr }) => (leader === node.id ? isr.find(id => placement.rackOf(id) === rackId && placement.isUp(id)) : undefined)
}

const RACK_AWARE = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'

function answerOf(fetching: Fetching, wanted: readonly WantedPartition[], answers: (PartitionAnswer | undefined)[], context: RequestContext): FetchAnswer {
  const nodeEndpoints = context.version >= HINTS ? giveHints(wanted, answers, context) : undefined
  const { error, sessionId } = fetching.tell(wanted, answers)
  const responses = error === 'NONE' ? groupByTopic(wanted, answers) : []
  return nodeEndpoints ? { errorCode: errorCode(error), sessionId, responses, nodeEndpoints } : { errorCode: errorCode(error), sessionId, responses }
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
