/**
 * Produce (0): v3 to v13.
 * Appends each partition's one batch as the client's own bytes (rule 4); acks 0 is never answered, and closes the connection when a
 * partition failed, so that the client notices. acks 1 and all are the same on one replica.
 * Differences: transactional batches answer TRANSACTIONAL_ID_AUTHORIZATION_FAILED until transactions exist.
 */

import { isTransactional } from '../../records/batch-header.ts'
import { produce } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { handler, type RequestContext } from '../handler.ts'
import type { Topic } from '../topic-registry.ts'

type Request = RequestOf<typeof produce>
type TopicData = Request['topicData'][number]
type TopicAnswer = ResponseOf<typeof produce>['responses'][number]
type PartitionAnswer = TopicAnswer['partitionResponses'][number]

export const produceHandler = handler(produce, (request, context) => {
  const wholeRequestError = refusalOf(request)
  const responses: TopicAnswer[] = []
  let hasFailed = false
  for (const data of request.topicData) {
    const topic = context.version >= 13 ? context.broker.topics.byId(data.topicId) : context.broker.topics.get(data.name)
    const partitionResponses = data.partitionData.map(partition => {
      const answer = wholeRequestError ? refused(partition.index, wholeRequestError) : append(partition, topic, context)
      if (answer.errorCode !== 0) hasFailed = true
      return answer
    })
    responses.push({ name: data.name, topicId: data.topicId, partitionResponses })
  }
  if (request.acks !== 0) return { responses }
  if (hasFailed) context.connection.close('a Produce with acks=0 failed; closing is the only way to tell the client')
  return null
})

/** What fails every partition of a request; null when nothing does. */
function refusalOf(request: Request): KafkaError | null {
  if (request.acks < -1 || request.acks > 1) return 'INVALID_REQUIRED_ACKS'
  const wantsTransaction = request.transactionalId !== null
    || request.topicData.some(({ partitionData }) => partitionData.some(({ records }) => hasTransactionalBatch(records)))
  return wantsTransaction ? 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' : null
}

function append({ index, records }: TopicData['partitionData'][number], topic: Topic | undefined, context: RequestContext): PartitionAnswer {
  const partition = topic?.partitions[index]
  if (!topic || !partition) return refused(index, context.version >= 13 && !topic ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION')
  if (topic.record.isInternal && context.clientId !== '__admin_client') return refused(index, 'INVALID_TOPIC_EXCEPTION')
  const { log } = partition
  if (!log) return refused(index, 'NOT_LEADER_OR_FOLLOWER')
  if (records === null || records.length === 0) return refused(index, 'INVALID_RECORD', 'A partition of a Produce request holds exactly one record batch, here none')
  if (context.version < 7 && isZstd(records)) return refused(index, 'UNSUPPORTED_COMPRESSION_TYPE')
  const appended = log.append(records)
  if (appended.error !== 'NONE') {
    const { error, message, recordErrors = [] } = appended
    const errors = recordErrors.map(({ index: batchIndex, message: batchIndexErrorMessage }) => ({ batchIndex, batchIndexErrorMessage }))
    return { ...refused(index, error, message), recordErrors: errors, logStartOffset: log.startOffset }
  }
  if (!appended.isDuplicate) count(appended.recordCount, records.length, context, partition.counters)
  return {
    index,
    errorCode: 0,
    baseOffset: appended.baseOffset,
    logAppendTimeMs: BigInt(appended.logAppendTime),
    logStartOffset: appended.logStartOffset,
  }
}

function count(records: number, bytes: number, { connection, broker }: RequestContext, partition: { recordsIn: number; bytesIn: number }): void {
  for (const counters of [partition, connection.counters, broker.taps.total]) {
    counters.recordsIn += records
    counters.bytesIn += bytes
  }
}

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
