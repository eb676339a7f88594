/**
 * AddPartitionsToTxn (24): a transaction takes partitions in.
 * Versions 0-5, flexible from 3. v2 PRODUCER_FENCED (KIP-588), v4 several transactions at once, and asking only (KIP-890), v5 TRANSACTION_ABORTABLE.
 */

import { api, arrayOf, bool, int16, int32, producerId, string } from '../schema.ts'

const addPartitionsToTxnTopic = {
  name: string,
  partitions: arrayOf(int32),
}

const addPartitionsToTxnTopicResult = {
  name: string,
  resultsByPartition: arrayOf({
    partitionIndex: int32,
    partitionErrorCode: int16,
  }),
}

export const addPartitionsToTxn = api({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: '0-5',
  flexible: '3+',
  request: {
    transactions: arrayOf({
      transactionalId: string,
      producerId,
      producerEpoch: int16,
      verifyOnly: bool.or(false),
      topics: arrayOf(addPartitionsToTxnTopic),
    }).in('4+').or(),
    v3AndBelowTransactionalId: string.in('0-3').or(),
    v3AndBelowProducerId: producerId.in('0-3').or(),
    v3AndBelowProducerEpoch: int16.in('0-3').or(),
    v3AndBelowTopics: arrayOf(addPartitionsToTxnTopic).in('0-3').or(),
  },
  response: {
    throttleTimeMs: int32.or(),
    errorCode: int16.in('4+').or(),
    resultsByTransaction: arrayOf({
      transactionalId: string,
      topicResults: arrayOf(addPartitionsToTxnTopicResult),
    }).in('4+').or(),
    resultsByTopicV3AndBelow: arrayOf(addPartitionsToTxnTopicResult).in('0-3').or(),
  },
})
