/** The reads of one fetch: partition by partition within its limits, warm ones at once, cold ones on the thread pool. */

import { COLD_READS_MAX, FETCH_ANSWER_BYTES_MAX } from '../common/limits.ts'
import type { LogRead, ReadRequest } from '../log/log-read.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { fetch } from '../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../protocol/errors.ts'
import type { ResponseOf } from '../protocol/schema.ts'
import type { RequestContext } from './handler.ts'
import type { Partition } from './partition.ts'
import type { FetchRequest, PartitionRequest, WantedPartition } from './wanted-partition.ts'

export type PartitionAnswer = ResponseOf<typeof fetch>['responses'][number]['partitions'][number]

const NO_RECORDS = Buffer.alloc(0)
const READ_COMMITTED = 1

/** Where the reader's view ends: the last stable offset for read_committed, else the high watermark. */
export function endOf(request: FetchRequest, log: PartitionLog): number {
  return request.isolationLevel === READ_COMMITTED ? log.lastStableOffset : log.highWatermark
}

/** What a read came to, or why it could not be made. */
type Found = LogRead | { readonly error: 'KAFKA_STORAGE_ERROR' | 'NOT_LEADER_OR_FOLLOWER' }

/** What the answer of one fetch may still hold, and cold reads that were begun ahead of their turn. */
export class FetchReads {
  readonly #request: FetchRequest
  readonly #context: RequestContext
  #bytesLeft: number
  #hasData = false
  #ahead = new Map<WantedPartition, { readonly found: Promise<Found>; readonly maxBytes: number }>()

  constructor(request: FetchRequest, context: RequestContext) {
    this.#request = request
    this.#context = context
    this.#bytesLeft = Math.min(request.maxBytes, FETCH_ANSWER_BYTES_MAX)
  }

  isCold({ asked, partition, refusal }: WantedPartition): boolean {
    const log = partition?.log
    return !refusal && log !== undefined && log.reader.isCold(asked.fetchOffset, asked.partitionMaxBytes)
  }

  read(want: WantedPartition): PartitionAnswer {
    const log = want.partition?.log
    const known = this.#answerUnread(want)
    if (known || !log) return known ?? refused(want.asked.partition, 'NOT_LEADER_OR_FOLLOWER')
    return this.#answerFound(want, log, readLog(log, this.#requestFor(want, log), this.#context))
  }

  /** Begins to read the cold partitions from `from` on: some at a time, and as far as there is room if all of them bring what they may. */
  readAhead(wanted: readonly WantedPartition[], from: number): void {
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

  async readInTurn(want: WantedPartition): Promise<PartitionAnswer> {
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
  #isColdNow(want: WantedPartition): boolean {
    return this.#answerUnread(want) === undefined && this.isCold(want)
  }

  async #readAgain(want: WantedPartition): Promise<PartitionAnswer> {
    const before = want.partition?.log
    const found = before && await readLogInTurn(before, this.#requestFor(want, before), this.#context)
    const log = want.partition?.log
    const known = this.#answerUnread(want)
    if (found && log && !known) return this.#answerFound(want, log, found)
    if (found?.error === 'NONE') found.release()
    return known ?? refused(want.asked.partition, 'NOT_LEADER_OR_FOLLOWER')
  }

  #requestFor({ asked }: WantedPartition, log: PartitionLog): ReadRequest {
    const maxBytes = Math.min(asked.partitionMaxBytes, this.#bytesLeft)
    return { offset: asked.fetchOffset, maxBytes, minOneBatch: !this.#hasData, upTo: endOf(this.#request, log), withAborted: this.#request.isolationLevel === READ_COMMITTED }
  }

  /** The answer that needs no look at the segments: a refusal, or nothing to read. */
  #answerUnread({ asked, partition, refusal, isUnknown, nearer }: WantedPartition): PartitionAnswer | undefined {
    const log = partition?.log
    if (isUnknown && refusal) return { ...refused(asked.partition, refusal), abortedTransactions: [] } // as Kafka, which never asked its log
    if (refusal) return refused(asked.partition, refusal)
    if (!log) return refused(asked.partition, 'NOT_LEADER_OR_FOLLOWER')
    const divergingEpoch = divergenceOf(asked, log)
    if (divergingEpoch === 'unknown') return refused(asked.partition, 'OFFSET_OUT_OF_RANGE')
    if (divergingEpoch) return { ...facts(asked, this.#request, log), divergingEpoch, records: NO_RECORDS }
    if (asked.fetchOffset < log.startOffset || asked.fetchOffset > log.endOffset) return refused(asked.partition, 'OFFSET_OUT_OF_RANGE')
    if (nearer !== undefined) return { ...facts(asked, this.#request, log), preferredReadReplica: nearer, records: NO_RECORDS }
    const isFull = Math.min(asked.partitionMaxBytes, this.#bytesLeft) <= 0 && this.#hasData
    if (asked.fetchOffset >= endOf(this.#request, log) || isFull) return { ...facts(asked, this.#request, log), records: NO_RECORDS }
    return undefined
  }

  #answerFound({ asked, partition }: WantedPartition, log: PartitionLog, found: Found): PartitionAnswer {
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
  // A broker that stops closes its logs while fetches are under way, and that is no fault.
  if (!log.reader.isClosed) context.broker.logger.error('a partition could not be read', { topic: log.topic, partition: log.partition, cause })
  return { error: storageError(context) }
}

/** Before v6 clients know no KAFKA_STORAGE_ERROR, and Kafka says this instead. */
function storageError({ version }: RequestContext): 'KAFKA_STORAGE_ERROR' | 'NOT_LEADER_OR_FOLLOWER' {
  return version < 6 ? 'NOT_LEADER_OR_FOLLOWER' : 'KAFKA_STORAGE_ERROR'
}

function facts(asked: PartitionRequest, request: FetchRequest, log: PartitionLog): Omit<PartitionAnswer, 'records'> {
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
export function divergenceOf(asked: PartitionRequest, log: PartitionLog): { epoch: number; endOffset: number } | 'unknown' | undefined {
  if (asked.lastFetchedEpoch < 0) return undefined
  const { leaderEpoch, endOffset } = log.endOffsetForEpoch(asked.lastFetchedEpoch)
  if (endOffset < 0) return 'unknown'
  return leaderEpoch < asked.lastFetchedEpoch || endOffset < asked.fetchOffset ? { epoch: leaderEpoch, endOffset } : undefined
}

/** Whether an answer brings records. */
export function wasAnswered({ records }: PartitionAnswer): boolean {
  return Array.isArray(records) ? records.length > 0 : records !== null && records.length > 0
}

function refused(partitionIndex: number, error: KafkaError): PartitionAnswer {
  return { partitionIndex, errorCode: errorCode(error), highWatermark: -1, abortedTransactions: null, records: NO_RECORDS }
}

function count(records: number, bytes: number, partition: Partition, { connection, broker }: RequestContext): void {
  for (const counters of [partition.counters, connection.counters, broker.taps.total]) {
    counters.recordsOut += records
    counters.bytesOut += bytes
  }
}
