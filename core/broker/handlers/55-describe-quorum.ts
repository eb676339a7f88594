/**
 * DescribeQuorum (55): v0 to v2.
 * One voter that always leads, the broker that Metadata calls the controller, and no observers (KIP-595, KIP-836). Offsets count changes of
 * the catalog, which stands in for the metadata log; they and the epoch only rise. There is no controller's listener: v2 names the one the
 * client came in by.
 */

import { describeQuorum } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { handler, type RequestContext } from '../handler.ts'

type Topic = RequestOf<typeof describeQuorum>['topics'][number]
type PartitionAnswer = ResponseOf<typeof describeQuorum>['topics'][number]['partitions'][number]

const METADATA_TOPIC = '__cluster_metadata'
const LISTENER = 'PLAINTEXT'

export const describeQuorumHandler = handler(describeQuorum, ({ topics }, context) => {
  const { cluster } = context.broker
  const leaderId = cluster.controllerId
  // As in Kafka: the one partition there is, alone, or nothing is known.
  const [topic] = topics
  const isQuorum = topics.length === 1 && topic?.topicName === METADATA_TOPIC && topic.partitions.length === 1 && topic.partitions[0]?.partitionIndex === 0
  if (!isQuorum) return { errorCode: 0, errorMessage: '', topics: topics.map(unknown), nodes: [] }
  const endpoint = cluster.endpointOf(leaderId, context.connection.listener)
  try {
    return {
      errorCode: 0,
      errorMessage: '',
      topics: [{ topicName: METADATA_TOPIC, partitions: [describe(leaderId, context)] }],
      nodes: endpoint ? [{ nodeId: leaderId, listeners: [{ name: LISTENER, host: endpoint.host, port: endpoint.port }] }] : [],
    }
  } catch (cause) {
    context.broker.logger.error('the catalog cannot keep what the quorum tells', { cause })
    return { errorCode: errorCode('KAFKA_STORAGE_ERROR'), errorMessage: 'The catalog cannot be written.', topics: [], nodes: [] }
  }
})

function describe(leaderId: number, { broker }: RequestContext): PartitionAnswer {
  const { leaderEpoch, endOffset } = broker.quorum.state(leaderId)
  const now = BigInt(broker.clock.now())
  const voter = { replicaId: leaderId, logEndOffset: endOffset, lastFetchTimestamp: now, lastCaughtUpTimestamp: now }
  return { partitionIndex: 0, errorCode: 0, errorMessage: '', leaderId, leaderEpoch, highWatermark: endOffset, currentVoters: [voter], observers: [] }
}

function unknown({ topicName, partitions }: Topic): { readonly topicName: string; readonly partitions: PartitionAnswer[] } {
  return {
    topicName,
    partitions: partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode: errorCode('UNKNOWN_TOPIC_OR_PARTITION'),
      errorMessage: 'This server does not host this topic-partition.',
      leaderId: 0,
      leaderEpoch: 0,
      highWatermark: 0,
      currentVoters: [],
      observers: [],
    })),
  }
}
