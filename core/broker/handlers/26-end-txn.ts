/**
 * EndTxn (26): v0 to v5.
 * Answered once the decision is stored; the markers follow, and until they are written the producer is told CONCURRENT_TRANSACTIONS. v5
 * raises the epoch with every transaction, and gives the id and epoch to go on with (KIP-890). Before v2 who is fenced is told
 * INVALID_PRODUCER_EPOCH (KIP-588).
 */

import { endTxn } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { handler } from '../handler.ts'
import { asFencedBefore } from '../producer-errors.ts'

export const endTxnHandler = handler(endTxn, async (request, { node, version }) => {
  const { transactionalId, producerId, producerEpoch, committed: isCommit } = request
  const ended = await node.transactions.endTransaction({ transactionalId, producerId, producerEpoch, isCommit, clientTransactionVersion: version >= 5 ? 2 : 0 })
  return { errorCode: errorCode(asFencedBefore(2, version, ended.error)), producerId: ended.producerId, producerEpoch: ended.producerEpoch }
})
