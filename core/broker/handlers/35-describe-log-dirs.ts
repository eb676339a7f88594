/**
 * DescribeLogDirs (35): v1 to v5.
 * The one folder of logs, what the partitions in it take, and how much its file system has (KIP-113, KIP-827). Topics null: all; what is not
 * there is left out. A folder whose file system does not answer is KAFKA_STORAGE_ERROR. A partition that is being recovered, or could not be
 * opened, is left out until it is ready. Never cordoned (KIP-1066): there is no other folder to go to.
 * Differences: brokers of one process have one store: each tells what it holds as if it had it alone, and the disk is the same one.
 */

import type { Clock } from '../../common/clock.ts'
import { slices } from '../../common/slices.ts'
import { describeLogDirs } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import type { RequestOf, ResponseOf } from '../../protocol/schema.ts'
import { handler, type RequestContext } from '../handler.ts'
import type { Partition } from '../partition.ts'

type Asked = NonNullable<RequestOf<typeof describeLogDirs>['topics']>
type TopicAnswer = ResponseOf<typeof describeLogDirs>['results'][number]['topics'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]

export const describeLogDirsHandler = handler(describeLogDirs, async ({ topics: asked }, { broker, node }) => {
  const { path, space } = broker.logFolder
  try {
    const { totalBytes, freeBytes } = await space()
    const topics = await describe(asked === null ? all(broker) : some(asked, broker), node.id, broker.clock)
    return { errorCode: 0, results: [{ errorCode: 0, logDir: path, topics, totalBytes: BigInt(totalBytes), usableBytes: BigInt(freeBytes) }] }
  } catch (cause) {
    broker.logger.warn('the folder of the logs cannot be described', { path, cause })
    return { errorCode: 0, results: [{ errorCode: errorCode('KAFKA_STORAGE_ERROR'), logDir: path, topics: [] }] }
  }
})

type Broker = RequestContext['broker']

function* all({ topics }: Broker): Iterable<Partition> {
  for (const { partitions } of topics.list()) yield* partitions
}

/** undefined: what is not there, and still takes its time. */
function* some(asked: Asked, { topics }: Broker): Iterable<Partition | undefined> {
  for (const { topic, partitions } of asked) {
    for (const index of partitions) yield topics.partition(topic, index)
  }
}

async function describe(partitions: Iterable<Partition | undefined>, nodeId: number, clock: Clock): Promise<TopicAnswer[]> {
  const topics = new Map<string, PartitionAnswer[]>()
  const seen = new Set<Partition>()
  const turn = slices(clock)
  for (const partition of partitions) {
    await turn()
    if (!partition?.standing.replicas.includes(nodeId) || seen.has(partition)) continue
    const { facts } = partition
    if (!facts) continue
    seen.add(partition)
    const answers = topics.get(partition.topic) ?? []
    topics.set(partition.topic, answers)
    answers.push({ partitionIndex: partition.index, partitionSize: BigInt(facts.sizeBytes), offsetLag: 0n, isFutureKey: false })
  }
  return [...topics].map(([name, answers]) => ({ name, partitions: answers }))
}
