/**
 * DescribeTransactions (65): v0 (KIP-664).
 * What the coordinator knows of transactional ids, each with its own error; the partitions of a transaction that is complete are not kept.
 */

import { describeTransactions } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { handler } from '../handler.ts'

export const describeTransactionsHandler = handler(describeTransactions, ({ transactionalIds }, { node }) => ({
  transactionStates: node.transactions.describe([...new Set(transactionalIds)]).map(described => ({
    errorCode: errorCode(described.error),
    transactionalId: described.transactionalId,
    transactionState: described.state,
    transactionTimeoutMs: described.timeoutMs,
    transactionStartTimeMs: BigInt(described.startedAtMs),
    producerId: described.producerId,
    producerEpoch: described.producerEpoch,
    topics: described.topics.map(({ topic, partitionIds }) => ({ topic, partitions: partitionIds })),
  })),
}))
