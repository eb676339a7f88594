/**
 * Fetch (1): v4 to v18, advertised to 4.3's range.
 * Whole batches from the one that holds the offset, by reference, at least one batch for the first partition that has any (KIP-74);
 * long poll until min bytes, a reason to answer at once, or max wait. read_committed reads to the last stable offset.
 * What is in the page cache is read in the same turn; cold partitions on the thread pool, some at a time. Damaged batches answer CORRUPT_MESSAGE.
 * Differences: no fetch sessions yet, every answer says session id 0, which is always legal (KIP-227).
 */

import { COLD_READS_MAX, FETCH_ANSWER_BYTES_MAX } from '../../common/limits.ts'
import type { LogRead, ReadRequest } from '../../log/log-read.ts'
import type { PartitionLog } from '../../log/partition-log.ts'
import { fetch } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { handler, type RequestContext } from '../handler.ts'
import type { Partition } from '../partition.ts'
import type { Topic } from '../topic-registry.ts'

type Request = RequestOf<typeof fetch>
type TopicRequest = Request['topics'][number]
type PartitionRequest = TopicRequest['partitions'][number]
type PartitionAnswer = ResponseOf<typeof fetch>['responses'][number]['partitions'][number]

/** One partition of a fetch: what was asked, and what it stands on. */
type Wanted = { readonly asked: PartitionRequest; readonly topic: TopicRequest; readonly partition: Partition | undefined; readonly refusal: KafkaError | undefined }

const NO_RECORDS = Buffer.alloc(0)
const READ_COMMITTED = 1

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

function endOf(request: Request, log: PartitionLog): number {
  return request.isolationLevel === READ_COMMITTED ? log.lastStableOffset : log.highWatermark
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

/** What a read came to, or why it could not be made. */
type Found = LogRead | { readonly error: 'KAFKA_STORAGE_ERROR' | 'NOT_LEADER_OR_FOLLOWER' }

/** The reads of one fetch: what its answer may still hold, and cold reads that were begun ahead of their turn. */
class FetchReads {
  readonly #request: Request
  readonly #context: RequestContext
  #bytesLeft: number
  #hasData = false
  #ahead = new Map<Wanted, { readonly found: Promise<Found>; readonly maxBytes: number }>()

  constructor(request: Request, context: RequestContext) {
    this.#request = request
    this.#context = context
    this.#bytesLeft = Math.min(request.maxBytes, FETCH_ANSWER_BYTES_MAX)
  }

  isCold({ asked, partition, refusal }: Wanted): boolean {
    const log = partition?.log
    return !refusal && log !== undefined && log.reader.isCold(asked.fetchOffset, asked.partitionMaxBytes)
  }

  read(want: Wanted): PartitionAnswer {
    const log = want.partition?.log
    const known = this.#answerUnread(want)
    if (known || !log) return known ?? refused(want.asked.partition, 'NOT_LEADER_OR_FOLLOWER')
    return this.#answerFound(want, log, readLog(log, this.#requestFor(want, log), this.#context))
  }

  /** Begins to read the cold partitions from `from` on: some at a time, and as far as there is room if all of them bring what they may. */
  readAhead(wanted: readonly Wanted[], from: number): void {
    let room = this.#bytesLeft
    for (const { maxBytes } of this.#ahead.values()) room -= maxBytes
    for (let at = from; at < wanted.length && this.#ahead.size < COLD_READS_MAX && room > 0; at++) {
      const want = wanted[at]
      const log = want?.partition?.log
      if (!want || !log || this.#ahead.has(want) || this.#answerUnread(want)) continue
      if (!this.isCold(want)) {
        room -= want.asked.partitionMaxBytes
        continue
      }
      const wish = this.#requestFor(want, log)
      const maxBytes = Math.min(wish.maxBytes, room)
      this.#ahead.set(want, { found: readLogInTurn(log, { ...wish, maxBytes, minOneBatch: at === from && wish.minOneBatch }, this.#context), maxBytes })
      room -= maxBytes
    }
  }

  async readInTurn(want: Wanted): Promise<PartitionAnswer> {
    const begun = this.#ahead.get(want)
    if (!begun) return this.#isColdNow(want) ? this.#readAgain(want) : this.read(want)
    const found = await begun.found
    this.#ahead.delete(want)
    const log = want.partition?.log
    const known = this.#answerUnread(want)
    if (known || !log) {
      if (found.error === 'NONE') found.release()
      return known ?? refused(want.asked.partition, 'NOT_LEADER_OR_FOLLOWER')
    }
    if (found.error === 'NONE' && this.#hasData && found.byteCount > this.#bytesLeft) {
      found.release()
      return this.read(want) // less of it: it is warm now
    }
    // Begun when those before it might still have filled the answer: now it may bring more, or a first batch however large.
    const isStarved = found.error === 'NONE' && found.byteCount === 0 && (!this.#hasData || begun.maxBytes < this.#requestFor(want, log).maxBytes)
    if (isStarved) return this.#readAgain(want)
    return this.#answerFound(want, log, found)
  }

  /** With data, only what fits is wanted, and nothing of what may be cold is read without room. */
  #isColdNow(want: Wanted): boolean {
    return this.#answerUnread(want) === undefined && this.isCold(want)
  }

  async #readAgain(want: Wanted): Promise<PartitionAnswer> {
    const before = want.partition?.log
    const found = before && await readLogInTurn(before, this.#requestFor(want, before), this.#context)
    const log = want.partition?.log
    const known = this.#answerUnread(want)
    if (found && log && !known) return this.#answerFound(want, log, found)
    if (found?.error === 'NONE') found.release()
    return known ?? refused(want.asked.partition, 'NOT_LEADER_OR_FOLLOWER')
  }

  #requestFor({ asked }: Wanted, log: PartitionLog): ReadRequest {
    const maxBytes = Math.min(asked.partitionMaxBytes, this.#bytesLeft)
    return { offset: asked.fetchOffset, maxBytes, minOneBatch: !this.#hasData, upTo: endOf(this.#request, log), withAborted: this.#request.isolationLevel === READ_COMMITTED }
  }

  /** The answer that needs no look at the segments: a refusal, or nothing to read. */
  #answerUnread({ asked, partition, refusal }: Wanted): PartitionAnswer | undefined {
    const log = partition?.log
    if (refusal) return refused(asked.partition, refusal)
    if (!log) return refused(asked.partition, 'NOT_LEADER_OR_FOLLOWER')
    const divergingEpoch = divergenceOf(asked, log)
    if (divergingEpoch === 'unknown') return refused(asked.partition, 'OFFSET_OUT_OF_RANGE')
    if (divergingEpoch) return { ...facts(asked, this.#request, log), divergingEpoch, records: NO_RECORDS }
    if (asked.fetchOffset < log.startOffset || asked.fetchOffset > log.endOffset) return refused(asked.partition, 'OFFSET_OUT_OF_RANGE')
    const isFull = Math.min(asked.partitionMaxBytes, this.#bytesLeft) <= 0 && this.#hasData
    if (asked.fetchOffset >= endOf(this.#request, log) || isFull) return { ...facts(asked, this.#request, log), records: NO_RECORDS }
    return undefined
  }

  #answerFound({ asked, partition }: Wanted, log: PartitionLog, found: Found): PartitionAnswer {
    if (found.error !== 'NONE') return refused(asked.partition, found.error)
    this.#context.afterWrite(found.release)
    if (found.byteCount > 0 && partition) {
      this.#hasData = true
      this.#bytesLeft -= found.byteCount
      count(Math.max(0, found.nextOffset - asked.fetchOffset), found.byteCount, partition, this.#context)
    }
    return { ...facts(asked, this.#request, log), abortedTransactions: found.aborted, records: found.buffers }
  }
}

/** A disk that fails costs its own partitions. */
function readLog(log: PartitionLog, wanted: ReadRequest, context: RequestContext): Found {
  try {
    return log.read(wanted)
  } catch (cause) {
    return unreadable(log, cause, context)
  }
}

/** Never rejects: a read begun ahead must not fail unseen. */
function readLogInTurn(log: PartitionLog, wanted: ReadRequest, context: RequestContext): Promise<Found> {
  return log.reader.readCold(wanted).catch((cause: unknown) => unreadable(log, cause, context))
}

function unreadable(log: PartitionLog, cause: unknown, context: RequestContext): Found {
  context.broker.logger.error('a partition could not be read', { topic: log.topic, partition: log.partition, cause })
  return { error: storageError(context) }
}

/** Before v6 clients know no KAFKA_STORAGE_ERROR, and Kafka says this instead. */
function storageError({ version }: RequestContext): 'KAFKA_STORAGE_ERROR' | 'NOT_LEADER_OR_FOLLOWER' {
  return version < 6 ? 'NOT_LEADER_OR_FOLLOWER' : 'KAFKA_STORAGE_ERROR'
}

function facts(asked: PartitionRequest, request: Request, log: PartitionLog): Omit<PartitionAnswer, 'records'> {
  return {
    partitionIndex: asked.partition,
    errorCode: 0,
    highWatermark: log.highWatermark,
    lastStableOffset: log.lastStableOffset,
    logStartOffset: log.startOffset,
    abortedTransactions: request.isolationLevel === READ_COMMITTED ? [] : null,
  }
}

/** KIP-595: where the reader's last epoch ended here, when that is before what it asks for; 'unknown' when we never had that epoch. */
function divergenceOf(asked: PartitionRequest, log: PartitionLog): { epoch: number; endOffset: number } | 'unknown' | undefined {
  if (asked.lastFetchedEpoch < 0) return undefined
  const { leaderEpoch, endOffset } = log.endOffsetForEpoch(asked.lastFetchedEpoch)
  if (endOffset < 0) return 'unknown'
  return leaderEpoch < asked.lastFetchedEpoch || endOffset < asked.fetchOffset ? { epoch: leaderEpoch, endOffset } : undefined
}

function refused(partitionIndex: number, error: KafkaError): PartitionAnswer {
  return { partitionIndex, errorCode: errorCode(error), highWatermark: -1, records: NO_RECORDS }
}

function count(records: number, bytes: number, partition: Partition, { connection, broker }: RequestContext): void {
  for (const counters of [partition.counters, connection.counters, broker.taps.total]) {
    counters.recordsOut += records
    counters.bytesOut += bytes
  }
}
