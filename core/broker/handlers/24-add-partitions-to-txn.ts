/**
 * AddPartitionsToTxn (24): v0 to v5.
 * The first partition begins the transaction. All partitions of a transaction are added or none: where one does not exist it is told so, and
 * the others OPERATION_NOT_ATTEMPTED. v4+ is meant for brokers, which add or only verify for several transactions at once (KIP-890); clients
 * use it too, so it is served to all. Before v2 who is fenced is told INVALID_PRODUCER_EPOCH.
 */

import { addPartitionsToTxn } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import type { TopicPartition } from '../../transactions/transaction-coordinator.ts'
import { handler, type RequestContext } from '../handler.ts'
import { asFencedBefore } from '../producer-errors.ts'

type Transaction = RequestOf<typeof addPartitionsToTxn>['transactions'][number]
type Results = NonNullable<ResponseOf<typeof addPartitionsToTxn>['resultsByTopicV3AndBelow']>

export const addPartitionsToTxnHandler = handler(addPartitionsToTxn, async (request, context) => {
  if (context.version >= 4) {
    const resultsByTransaction = await Promise.all(request.transactions.map(async transaction => ({
      transactionalId: transaction.transactionalId, topicResults: await resultsOf(transaction, context),
    })))
    return { errorCode: 0, resultsByTransaction }
  }
  const resultsByTopicV3AndBelow = await resultsOf({
    transactionalId: request.v3AndBelowTransactionalId, producerId: request.v3AndBelowProducerId, producerEpoch: request.v3AndBelowProducerEpoch,
    verifyOnly: false, topics: request.v3AndBelowTopics,
  }, context)
  return { resultsByTopicV3AndBelow }
})

async function resultsOf(transaction: Transaction, context: RequestContext): Promise<Results> {
  const partitions = transaction.topics.flatMap(({ name, partitions: indexes }) => indexes.map(partition => ({ topic: name, partition })))
  const errorOf = await errorsOf(transaction, partitions, context)
  return transaction.topics.map(({ name, partitions: indexes }) => ({
    name, resultsByPartition: indexes.map(partition => ({ partitionIndex: partition, partitionErrorCode: errorCode(errorOf({ topic: name, partition })) })),
  }))
}

async function errorsOf(transaction: Transaction, partitions: readonly TopicPartition[], { broker, node, version }: RequestContext): Promise<(partition: TopicPartition) => KafkaError> {
  const exists = ({ topic, partition }: TopicPartition): boolean => broker.topics.partition(topic, partition) !== undefined
  if (!partitions.every(exists)) return partition => (exists(partition) ? 'OPERATION_NOT_ATTEMPTED' : 'UNKNOWN_TOPIC_OR_PARTITION')
  const { transactionalId, producerId, producerEpoch } = transaction
  if (transaction.verifyOnly) {
    const errors = node.transactions.verifyPartitions({ transactionalId, producerId, producerEpoch, partitions })
    return ({ topic, partition }) => errors.get(`${topic}-${partition}`) ?? 'UNKNOWN_SERVER_ERROR'
  }
  const error = await node.transactions.addPartitions({ transactionalId, producerId, producerEpoch, partitions, clientTransactionVersion: version >= 4 ? 2 : 0 })
  return () => asFencedBefore(2, version, error)
}
