/**
 * Produce (0): v3 to v13.
 * Appends each partition's one batch as the client's own bytes (rule 4); acks 0 is never answered, and closes the connection when a
 * partition failed, so that the client notices. acks 1 and all are the same over one store, but for all while too few brokers are in sync:
 * NOT_ENOUGH_REPLICAS. v10+ tells who leads with NOT_LEADER_OR_FOLLOWER (KIP-951).
 * A transactional batch that is the first in its partition asks the transaction's coordinator: up to v10 a partition that was not added is
 * INVALID_TXN_STATE, in v11 TRANSACTION_ABORTABLE, and from v12 it is added here (KIP-890).
 */

import type { Appended, PartitionLog } from '../../log/partition-log.ts'
import { baseSequenceOf, BATCH_HEADER_BYTES, isTransactional, producerEpochOf, producerIdOf } from '../../records/batch-header.ts'
import { produce } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import type { NodeEndpoint } from '../cluster.ts'
import { type Answer, handler, type RequestContext } from '../handler.ts'
import { endpointsOf, type LeaderHint, leaderHint } from '../leader-hints.ts'
import type { Partition } from '../partition.ts'
import type { Topic } from '../topic-registry.ts'
import { type ClientSupport, enterTransactionPatiently, type Entry } from '../transaction-verification.ts'

type Request = RequestOf<typeof produce>
type TopicData = Request['topicData'][number]
type PartitionData = TopicData['partitionData'][number]
type TopicAnswer = ResponseOf<typeof produce>['responses'][number]
type PartitionAnswer = TopicAnswer['partitionResponses'][number]

/** At once when every partition answered at once: a promise per request costs a third of the rate. */
export const produceHandler = handler(produce, (request, context) => {
  if (request.topicData.some(hasTransactionalBatch)) return produceInTransaction(request, context)
  return request.acks < -1 || request.acks > 1 ? { responses: refuseAll(request, 'INVALID_REQUIRED_ACKS') } : appendAll(request, context)
})

/** What the transaction's coordinator said, by the partitions of the request that it was asked about. */
type Entries = ReadonlyMap<PartitionData, Entry>

function appendAll(request: Request, context: RequestContext, entries?: Entries): Answer<typeof produce> | Promise<Answer<typeof produce>> {
  const responses: TopicAnswer[] = []
  let late: Promise<void>[] | undefined
  for (const data of request.topicData) {
    const topic = topicOf(data, context)
    const partitionResponses: PartitionAnswer[] = []
    let next = 0
    for (const partition of data.partitionData) {
      const at = next++
      const isShort = request.acks === -1 && lacksReplicas(topic?.partitions[partition.index], context)
      const answer = isShort ? refused(partition.index, 'NOT_ENOUGH_REPLICAS') : append(partition, topic, context, entries?.get(partition))
      if (answer instanceof Promise) (late ??= []).push(answer.then(later => void (partitionResponses[at] = later)))
      else partitionResponses[at] = answer
    }
    responses.push({ name: data.name, topicId: data.topicId, partitionResponses })
  }
  return late ? Promise.all(late).then(() => conclude(request, responses, context)) : conclude(request, responses, context)
}

/** One producer's: the partitions that are new to its transaction are verified or added before anything is appended. */
function produceInTransaction(request: Request, context: RequestContext): Answer<typeof produce> | Promise<Answer<typeof produce>> {
  const refuse = (error: KafkaError): Answer<typeof produce> => conclude(request, refuseAll(request, error), context)
  const { transactionalId, acks } = request
  if (transactionalId === null) return refuse('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
  const batches = request.topicData.flatMap(data => transactionalBatches(data, context))
  const [first] = batches
  if (batches.some(({ producerId, producerEpoch }) => producerId !== first?.producerId || producerEpoch !== first.producerEpoch)) return refuse('INVALID_PRODUCER_ID_MAPPING')
  if (acks < -1 || acks > 1) return refuse('INVALID_REQUIRED_ACKS')
  const places = batches.filter((batch): batch is Batch & { readonly log: PartitionLog } => batch.log !== undefined)
  if (!first || places.length === 0) return appendAll(request, context)
  const { producerId, producerEpoch } = first
  const entered = enterTransactionPatiently({ producer: { transactionalId, producerId, producerEpoch }, places, support: supportOf(context.version) }, context.broker)
  const go = (entries: readonly Entry[]): Answer<typeof produce> | Promise<Answer<typeof produce>> => {
    const byData = new Map<PartitionData, Entry>()
    for (const [at, { data }] of places.entries()) {
      const entry = entries[at]
      if (entry) byData.set(data, entry)
    }
    return appendAll(request, context, byData)
  }
  return entered instanceof Promise ? entered.then(go) : go(entered)
}

type Batch = {
  readonly data: PartitionData
  readonly topic: string
  readonly partition: number
  readonly log: PartitionLog | undefined
  readonly producerId: number
  readonly producerEpoch: number
  readonly sequence: number
}

/** The transactional batches of a topic, with their logs where this broker may append to them. */
function transactionalBatches(data: TopicData, context: RequestContext): Batch[] {
  const topic = topicOf(data, context)
  return data.partitionData.flatMap((partition): Batch[] => {
    const { index, records } = partition
    if (!isTransactionalBatch(records) || records.length < BATCH_HEADER_BYTES || producerIdOf(records, 0) < 0) return []
    const log = topic && !topic.record.isInternal ? topic.partitions[index]?.logFor(context.node.id) : undefined
    return [{
      data: partition, topic: topic?.record.name ?? data.name, partition: index, log,
      producerId: producerIdOf(records, 0), producerEpoch: producerEpochOf(records, 0), sequence: baseSequenceOf(records, 0),
    }]
  })
}

function topicOf(data: TopicData, { broker, version }: RequestContext): Topic | undefined {
  return version >= 13 ? broker.topics.byId(data.topicId) : broker.topics.get(data.name)
}

function supportOf(version: number): ClientSupport {
  if (version >= 12) return 'adds'
  return version === 11 ? 'verifies-abortable' : 'verifies'
}

function refuseAll({ topicData }: Request, error: KafkaError): TopicAnswer[] {
  return topicData.map(({ name, topicId, partitionData }) => ({ name, topicId, partitionResponses: partitionData.map(({ index }) => refused(index, error)) }))
}

function conclude({ acks }: Request, responses: TopicAnswer[], context: RequestContext): Answer<typeof produce> {
  if (acks !== 0) {
    const nodeEndpoints = hintedEndpoints(responses, context)
    return nodeEndpoints ? { responses, nodeEndpoints } : { responses }
  }
  const hasFailed = responses.some(({ partitionResponses }) => partitionResponses.some(({ errorCode: code }) => code !== 0))
  if (hasFailed) context.connection.close('a Produce with acks=0 failed; closing is the only way to tell the client')
  return null
}

/** Undefined when nobody is sent elsewhere. */
function hintedEndpoints(responses: readonly TopicAnswer[], context: RequestContext): NodeEndpoint[] | undefined {
  let hints: LeaderHint[] | undefined
  for (const { partitionResponses } of responses) for (const { currentLeader } of partitionResponses) if (currentLeader) (hints ??= []).push(currentLeader)
  return hints && endpointsOf(hints, context)
}

/** For acks=all: whether this broker leads the partition and fewer are in sync with it than min.insync.replicas asks for. */
function lacksReplicas(partition: Partition | undefined, { node }: RequestContext): boolean {
  if (!partition?.isUnderReplicated) return false
  const log = partition.logFor(node.id)
  return log !== undefined && partition.isr.length < log.config.minInsyncReplicas
}

/** A promise when the batch needs slow work or waits for one that does, or when its acknowledgement waits for the disk. */
function append({ index, records }: PartitionData, topic: Topic | undefined, context: RequestContext, entry?: Entry): PartitionAnswer | Promise<PartitionAnswer> {
  const partition = topic?.partitions[index]
  if (!topic || !partition) return refused(index, context.version >= 13 && !topic ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION')
  if (topic.record.isInternal && context.clientId !== '__admin_client') return refused(index, 'INVALID_TOPIC_EXCEPTION')
  const log = partition.logFor(context.node.id)
  if (!log) return { ...refused(index, 'NOT_LEADER_OR_FOLLOWER'), currentLeader: leaderHint(partition, context.broker.cluster) }
  if (records === null || records.length === 0) return refused(index, 'INVALID_RECORD', 'A partition of a Produce request holds exactly one record batch, here none')
  if (context.version < 7 && isZstd(records)) return refused(index, 'UNSUPPORTED_COMPRESSION_TYPE')
  if (entry && entry.error !== 'NONE') return refusedEntry(index, entry.error, context)
  const appended = log.appendInTurn(records, entry)
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

/** Kafka's words for what its own clients are told; what they would not try again under its own name is told as NOT_ENOUGH_REPLICAS. */
function refusedEntry(index: number, error: KafkaError, { version }: RequestContext): PartitionAnswer {
  if (error === 'INVALID_TXN_STATE') return refused(index, error, 'Partition was not added to the transaction')
  const isToRetry = RETRIABLE_OF_COORDINATOR.has(error) || (error === 'CONCURRENT_TRANSACTIONS' && supportOf(version) !== 'adds')
  if (!isToRetry) return refused(index, error, `The coordinator of the transaction answered ${error}`)
  return refused(index, 'NOT_ENOUGH_REPLICAS', `Unable to verify the partition has been added to the transaction. Underlying error: ${error}`)
}

const RETRIABLE_OF_COORDINATOR: ReadonlySet<KafkaError> = new Set(['COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR'])

/** Where a batch's attributes stand; a shorter one is refused by the log. */
const ATTRIBUTES_LOW_BYTE = 22
const ZSTD = 4

function isZstd(records: Buffer): boolean {
  return ((records[ATTRIBUTES_LOW_BYTE] ?? 0) & 7) === ZSTD
}

function isTransactionalBatch(records: Buffer | null): records is Buffer {
  return records !== null && isTransactional(records[ATTRIBUTES_LOW_BYTE] ?? 0)
}

function hasTransactionalBatch({ partitionData }: TopicData): boolean {
  for (const { records } of partitionData) if (isTransactionalBatch(records)) return true
  return false
}
