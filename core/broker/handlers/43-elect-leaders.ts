/**
 * ElectLeaders (43): v0 to v2.
 * Hands partitions to their preferred leader (KIP-183), or to any broker that holds them when nobody leads (KIP-460). No list: all
 * partitions, of which those that need no election are left out. The new leaders lead when the answer leaves.
 */

import { electLeaders } from '../../protocol/apis/index.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { handler, type RequestContext } from '../handler.ts'
import type { Partition } from '../partition.ts'
import { NO_LEADER } from '../placement.ts'

type Request = RequestOf<typeof electLeaders>
type TopicResult = ResponseOf<typeof electLeaders>['replicaElectionResults'][number]
type Result = TopicResult['partitionResult'][number]

const PREFERRED = 0
const UNCLEAN = 1

export const electLeadersHandler = handler(electLeaders, (request, { broker }) => {
  const { electionType } = request
  if (electionType !== PREFERRED && electionType !== UNCLEAN) return refuseAll(request)
  return broker.cluster.change(async () => {
    const elected = new Map<Partition, number>()
    const results = resultsOf(request, broker, elected)
    await broker.cluster.leadership.elect([...elected.keys()], partition => elected.get(partition))
    return { errorCode: 0, replicaElectionResults: results }
  })
})

/** Decides for all before anything moves; notes who is to lead in `elected`. */
function resultsOf({ topicPartitions, electionType }: Request, broker: RequestContext['broker'], elected: Map<Partition, number>): TopicResult[] {
  const { leadership } = broker.cluster
  const elect = (topic: string, index: number): Result => {
    const partition = broker.topics.partition(topic, index)
    if (!broker.topics.get(topic)) return result(index, 'UNKNOWN_TOPIC_OR_PARTITION', `No such topic as ${topic}`)
    if (!partition) return result(index, 'UNKNOWN_TOPIC_OR_PARTITION', `No such partition as ${topic}-${index}`)
    const isNeeded = electionType === PREFERRED ? partition.leader !== partition.standing.replicas[0] : partition.leader === NO_LEADER
    if (!isNeeded) return result(index, 'ELECTION_NOT_NEEDED', 'Leader election not needed for topic partition.')
    const to = electionType === PREFERRED ? leadership.preferredOf(partition) : leadership.uncleanOf(partition)
    if (to === undefined) {
      return electionType === PREFERRED ? result(index, 'PREFERRED_LEADER_NOT_AVAILABLE', 'The preferred leader was not available.')
        : result(index, 'ELIGIBLE_LEADERS_NOT_AVAILABLE', 'Eligible topic partition leaders are not available.')
    }
    elected.set(partition, to)
    return result(index, 'NONE', null)
  }
  if (topicPartitions) return topicPartitions.map(({ topic, partitions }) => ({ topic, partitionResult: partitions.map(index => elect(topic, index)) }))
  const notNeeded = errorCode('ELECTION_NOT_NEEDED')
  return [...broker.topics.list()].map(({ record, partitions }) => ({
    topic: record.name,
    partitionResult: partitions.map(({ index }) => elect(record.name, index)).filter(({ errorCode: code }) => code !== notNeeded),
  }))
}

function result(partitionId: number, error: KafkaError, errorMessage: string | null): Result {
  return { partitionId, errorCode: errorCode(error), errorMessage }
}

function refuseAll({ electionType, topicPartitions }: Request): ResponseOf<typeof electLeaders> {
  const message = `Unknown election type ${electionType}`
  const results = topicPartitions?.map(({ topic, partitions }) => ({ topic, partitionResult: partitions.map(index => result(index, 'INVALID_REQUEST', message)) })) ?? []
  // Of nothing it is no fault, as in Kafka.
  return { errorCode: topicPartitions?.length === 0 ? 0 : errorCode('INVALID_REQUEST'), replicaElectionResults: results }
}
