/** One record from the window into a log, as a producer with acks=all would send it: the same checks, the same counters, Kafka's codes. */

import type { Partition } from '../broker/partition.ts'
import type { Topic } from '../broker/topic-registry.ts'
import { messageOf } from '../log/log-health.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { partitionForKey } from '../records/murmur2.ts'
import { encodeBatch } from '../records/record-batch.ts'
import type { InputOf, OutputOf } from './contract/contract.ts'
import type { StudioContract } from './contract/index.ts'
import type { StudioParts } from './parts.ts'
import { StudioError } from './rpc/studio-error.ts'

type Produce = StudioContract['messages']['produce']

/** `rounds` counts records without a key by topic, for the round robin. */
export async function produceOne({ broker, clock }: StudioParts, rounds: Map<string, number>, input: InputOf<Produce>): Promise<OutputOf<Produce>> {
  const startedAt = clock.elapsed()
  const topic = broker.topics.get(input.topic)
  if (!topic) throw new StudioError('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic ${input.topic}.`)
  if (topic.record.isInternal) throw new StudioError('INVALID_TOPIC_EXCEPTION', `${input.topic} is Kafka's own; producing to it would damage it.`)
  const partition = partitionOf(topic, input, rounds)
  refuseWithoutBrokers(partition)
  if (!partition.log) throw new StudioError('NOT_LEADER_OR_FOLLOWER', `Partition ${partition.index} of ${input.topic} is not ready; try again in a moment.`)
  const batch = encodeBatch({ records: [{ key: input.key, value: input.value, headers: input.headers, timestamp: timestampOf(input, clock.now()) }] })
  const { log } = partition
  const appended = await log.appendInTurn(batch)
  if (appended.error !== 'NONE') throw new StudioError(appended.error, appended.message)
  await stored(log, appended.lastOffset + 1)
  for (const counters of [partition.counters, broker.taps.total]) {
    counters.recordsIn += appended.recordCount
    counters.bytesIn += batch.length
  }
  return { partition: partition.index, offset: BigInt(appended.baseOffset), tookMs: clock.elapsed() - startedAt }
}

/** What a leader answers a producer with acks=all, or the lack of one. */
function refuseWithoutBrokers(partition: Partition): void {
  const { topic, index, leader, isr, standing: { replicas } } = partition
  if (leader < 0) throw new StudioError('LEADER_NOT_AVAILABLE', `Partition ${index} of ${topic} has no leader: start broker ${replicas.join(' or ')}.`)
  const wanted = partition.isUnderReplicated ? partition.log?.config.minInsyncReplicas ?? 1 : 1
  if (isr.length >= wanted) return
  throw new StudioError('NOT_ENOUGH_REPLICAS', `Partition ${index} of ${topic} has ${isr.length} of ${replicas.length} replicas in sync, and min.insync.replicas asks for ${wanted}: start the brokers that are down.`)
}

/** Where acknowledgements are durable the window waits for the disk as any producer does. */
async function stored(log: PartitionLog, upTo: number): Promise<void> {
  try {
    await log.waitForAck(upTo)
  } catch (cause) {
    throw new StudioError('KAFKA_STORAGE_ERROR', `The record is in the log, but the disk could not keep it: ${messageOf(cause)}.`, { cause })
  }
}

/** The one named; by murmur2 of the key as Kafka's default partitioner; in turn without a key. */
function partitionOf(topic: Topic, { topic: name, partition, key }: InputOf<Produce>, rounds: Map<string, number>): Partition {
  const { partitions } = topic
  const turn = rounds.get(name) ?? 0
  if (partition === null && key === null) rounds.set(name, (turn + 1) % partitions.length)
  const index = partition ?? (key ? partitionForKey(key, partitions.length) : turn % partitions.length)
  const chosen = partitions[index]
  if (!chosen) throw new StudioError('UNKNOWN_TOPIC_OR_PARTITION', `${name} has no partition ${index}: it has ${partitions.length}.`)
  return chosen
}

function timestampOf({ timestamp }: InputOf<Produce>, nowMs: number): number {
  if (timestamp === null) return nowMs
  const time = Number(timestamp)
  if (Number.isSafeInteger(time) && time >= 0) return time
  throw new StudioError('INVALID_TIMESTAMP', `${timestamp} is no time in milliseconds since 1970.`)
}
