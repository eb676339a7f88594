/**
 * WriteTxnMarkers (27): v1 to v2.
 * Ends the transactions of producers in partitions that this broker leads. Coordinators here write theirs without a request
 * (marker-writer.ts); by this one an administrator aborts a transaction that hangs, as `kafka-transactions.sh abort` does.
 */

import { slices } from '../../common/slices.ts'
import { writeTxnMarkers } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { handler, type RequestContext } from '../handler.ts'
import { endTransaction, type Marker } from '../marker-writer.ts'

type Request = RequestOf<typeof writeTxnMarkers>['markers'][number]
type MarkerAnswer = ResponseOf<typeof writeTxnMarkers>['markers'][number]

export const writeTxnMarkersHandler = handler(writeTxnMarkers, async ({ markers }, context) => {
  const answers: MarkerAnswer[] = []
  const turn = slices(context.broker.clock)
  for (const marker of markers) answers.push(await answerTo(marker, context, turn))
  return { markers: answers }
})

/** `turn`: a frame may ask for hundreds of thousands of markers. */
async function answerTo(request: Request, context: RequestContext, turn: ReturnType<typeof slices>): Promise<MarkerAnswer> {
  const { producerId, producerEpoch, transactionResult, coordinatorEpoch, transactionVersion } = request
  const marker: Marker = { producerId, producerEpoch, isAbort: !transactionResult, coordinatorEpoch, transactionVersion }
  const topics: MarkerAnswer['topics'][number][] = []
  for (const { name, partitionIndexes } of request.topics) {
    const partitions: MarkerAnswer['topics'][number]['partitions'][number][] = []
    for (const partitionIndex of partitionIndexes) {
      await turn()
      partitions.push({ partitionIndex, errorCode: errorCode(await end(marker, name, partitionIndex, context)) })
    }
    topics.push({ name, partitions })
  }
  return { producerId, topics }
}

function end(marker: Marker, topic: string, index: number, { broker, node }: RequestContext): KafkaError | Promise<KafkaError> {
  const partition = broker.topics.partition(topic, index)
  if (!partition) return 'UNKNOWN_TOPIC_OR_PARTITION'
  const log = partition.logFor(node.id)
  if (!log) return 'NOT_LEADER_OR_FOLLOWER'
  const error = endTransaction({ marker, partition, log, node, nowMs: broker.clock.now() })
  const stored = error === 'NONE' ? log.waitForAck(log.endOffset) : undefined
  return stored ? stored.then((): KafkaError => 'NONE', (): KafkaError => 'KAFKA_STORAGE_ERROR') : error
}
