/**
 * AddOffsetsToTxn (25): v0 to v4.
 * Adds the partition of `__consumer_offsets` that holds the group, so that the offsets a transaction commits for it are decided with it.
 * Before v2 who is fenced is told INVALID_PRODUCER_EPOCH (KIP-588).
 */

import { addOffsetsToTxn } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import { handler } from '../handler.ts'
import { OFFSETS_TOPIC } from '../offsets-topic.ts'
import { asFencedBefore } from '../producer-errors.ts'

export const addOffsetsToTxnHandler = handler(addOffsetsToTxn, async ({ transactionalId, producerId, producerEpoch, groupId }, { node, version }) => {
  const partitions = [{ topic: OFFSETS_TOPIC, partition: node.groups.partitionOf(groupId) }]
  const error = await node.transactions.addPartitions({ transactionalId, producerId, producerEpoch, partitions, clientTransactionVersion: 0 })
  return { errorCode: errorCode(asFencedBefore(2, version, error)) }
})
