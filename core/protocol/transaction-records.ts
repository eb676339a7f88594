/** Records of `__transaction_state`, in Kafka's own format (transaction-coordinator/*.json of 4.3). */

import { arrayOf, data, int16, int32, int64, int8, producerId, recordKey, string } from './schema.ts'

/** Record type 0: a transactional id. */
export const transactionLogKey = recordKey(0, {
  name: 'TransactionLogKey',
  versions: '0',
  flexible: 'none',
  fields: {
    transactionalId: string,
  },
})

export const transactionLogValue = data({
  name: 'TransactionLogValue',
  versions: '0-1',
  flexible: '1+',
  fields: {
    producerId,
    previousProducerId: producerId.tagged(0, '1+').or(-1),
    nextProducerId: producerId.tagged(1, '1+').or(-1),
    producerEpoch: int16,
    nextProducerEpoch: int16.tagged(3, '1+').or(-1),
    transactionTimeoutMs: int32,
    transactionStatus: int8,
    transactionPartitions: arrayOf({
      topic: string,
      partitionIds: arrayOf(int32),
    }).nullable(),
    transactionLastUpdateTimestampMs: int64,
    transactionStartTimestampMs: int64,
    clientTransactionVersion: int16.tagged(2, '1+').or(0),
  },
})
