/**
 * Produce (0): v3 to v13.
 * Appends each partition's one batch as the client's own bytes (rule 4); acks 0 is never answered, and closes the connection when a
 * partition failed, so that the client notices. acks 1 and all are the same on one replica.
 * Differences: transactional batches answer TRANSACTIONAL_ID_AUTHORIZATION_FAILED until transactions exist.
 */

import type { Appended, PartitionLog } from '../../log/partition-log.ts'
import { isTransactional } from '../../records/batch-header.ts'
import { produce } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { type Answer, handler, type RequestContext } from '../handler.ts'
import type { Partition } from '../partition.ts'
import type { Topic } from '../topic-registry.ts'

type Request = RequestOf<typeof produce>
type TopicData = Request['topicData'][number]
type TopicAnswer = ResponseOf<typeof produce>['responses'][number]
type PartitionAnswer = TopicAnswer['partitionResponses'][number]

/** At once when every partition answered at once: a promise per request costs a third of the rate. */
export const produceHandler = handler(produce, (request, context) => {
  const wholeRequestError = refusalOf(request)
  const responses: TopicAnswer[] = []
  let late: Promise<void>[] | undefined
  for (const data of request.topicData) {
    const topic = context.version >= 13 ? context.broker.topics.byId(data.topicId) : context.broker.topics.get(data.name)
    const partitionResponses: PartitionAnswer[] = []
    let next = 0
    for (const partition of data.partitionData) {
      const at = next++
      const answer = wholeRequestError ? refused(partition.index, wholeRequestError) : append(partition, topic, context)
      if (answer instanceof Promise) (late ??= []).push(answer.then(later => void (partitionResponses[at] = later)))
      else partitionResponses[at] = answer
    }
    responses.push({ name: data.name, topicId: data.topicId, partitionResponses })
  }
  return late ? Promise.all(late).then(() => conclude(request, responses, context)) : conclude(request, responses, context)
})

function conclude({ acks }: Request, responses: TopicAnswer[], { connection }: RequestContext): Answer<typeof produce> {
  if (acks !== 0) return { responses }
  const hasFailed = responses.some(({ partitionResponses }) => partitionResponses.some(({ errorCode: code }) => code !== 0))
  if (hasFailed) connection.close('a Produce with acks=0 failed; closing is the only way to tell the client')
  return null
}

/** What fails every partition of a request; null when nothing does. */
function refusalOf(request: Request): KafkaError | null {
  if (request.acks < -1 || request.acks > 1) return 'INVALID_REQUIRED_ACKS'
  const wantsTransaction = request.transactionalId !== null
    || request.topicData.some(({ partitionData }) => partitionData.some(({ records }) => hasTransactionalBatch(records)))
  return wantsTransaction ? 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' : null
}

/** A promise when the batch needs slow work or waits for one that does, or when its acknowledgement waits for the disk. */
function append({ index, records }: TopicData['partitionData'][number], topic: Topic | undefined, context: RequestContext): PartitionAnswer | Promise<PartitionAnswer> {
  const partition = topic?.partitions[index]
  if (!topic || !partition) return refused(index, context.version >= 13 && !topic ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION')
  if (topic.record.isInternal && context.clientId !== '__admin_client') return refused(index, 'INVALID_TOPIC_EXCEPTION')
  const log = partition.logFor(context.node.id)
  if (!log) return refused(index, 'NOT_LEADER_OR_FOLLOWER')
  if (records === null || records.length === 0) return refused(index, 'INVALID_RECORD', 'A partition of a Produce request holds exactly one record batch, here none')
  if (context.version < 7 && isZstd(records)) return refused(index, 'UNSUPPORTED_COMPRESSION_TYPE')
  const appended = log.appendInTurn(records)
  if (appended instanceof Promise) return appended.then(later => answerFor(later, { index, bytes: records.length, log, partition }, context))
  return answerFor(appended, { index, bytes: records.length, log, partition }, context)
}

type Place = { readonly index: number; readonly bytes: number; readonly log: PartitionLog; readonly partition: Partition }

function answerFor(appended: Appended, { index, bytes, log, partition }: Place, context: RequestContext): PartitionAnswer | Promise<PartitionAnswer> {
  if (appended.error !== 'NONE') {
    const { error, message, recordErrors = [] } = appended
    const errors = recordErrors.map(({ index: batchIndex, message: batchIndexErrorMessage }) => ({ batchIndex, batchIndexErrorMessage }))
    return { ...refused(index, error, message), recordErrors: errors, logStartOffset: WITHOUT_LOG_START.has(error) ? -1 : log.startOffset }
  }
  if (!appended.isDuplicate) count(appended.recordCount, bytes, context, partition.counters)
  const answer = {
    index,
    errorCode: 0,
    baseOffset: appended.baseOffset,
    logAppendTimeMs: BigInt(appended.logAppendTime),
    logStartOffset: appended.logStartOffset,
  }
  const durable = log.waitForAck(appended.lastOffset + 1)
  return durable === undefined ? answer : durable.then(() => answer, (failure: unknown) => refused(index, 'KAFKA_STORAGE_ERROR', `the batch could not be made durable: ${String(failure)}`))
}

function count(records: number, bytes: number, { connection, broker }: RequestContext, partition: { recordsIn: number; bytesIn: number }): void {
  for (const counters of [partition, connection.counters, broker.taps.total]) {
    counters.recordsIn += records
    counters.bytesIn += bytes
  }
}

/** Kafka tells where the log starts with every other refusal of a log. */
const WITHOUT_LOG_START: ReadonlySet<KafkaError> = new Set(['CORRUPT_MESSAGE', 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'KAFKA_STORAGE_ERROR'])

function refused(index: number, error: KafkaError, errorMessage: string | null = null): PartitionAnswer {
  return { index, errorCode: errorCode(error), baseOffset: -1, errorMessage }
}

/** Where a batch's attributes stand; a shorter one is refused by the log. */
const ATTRIBUTES_LOW_BYTE = 22
const ZSTD = 4

function isZstd(records: Buffer): boolean {
  return ((records[ATTRIBUTES_LOW_BYTE] ?? 0) & 7) === ZSTD
}

function hasTransactionalBatch(records: Buffer | null): boolean {
  return records !== null && isTransactional(records[ATTRIBUTES_LOW_BYTE] ?? 0)
}
