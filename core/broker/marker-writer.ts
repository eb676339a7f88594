/**
 * Ends the transactions of producers in partitions: appends the marker, and lets the group coordinator know where the partition is one of
 * `__consumer_offsets`. A transaction may have partitions that several brokers of this process lead.
 */

import type { Clock } from '../common/clock.ts'
import type { Logger } from '../common/logger.ts'
import { pause } from '../common/pause.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { encodeMarker } from '../records/control-record.ts'
import type { MarkerWriter as Writer, TopicPartition, TransactionMarker } from '../transactions/transaction-coordinator.ts'
import type { BrokerNode } from './broker-node.ts'
import { OFFSETS_TOPIC } from './offsets-topic.ts'
import type { Partition } from './partition.ts'
import type { TopicRegistry } from './topic-registry.ts'

/** A marker, wherever it goes. */
export type Marker = Omit<TransactionMarker, 'partitions'>

export type MarkerWriterOptions = {
  readonly topics: Pick<TopicRegistry, 'partition'>
  /** Asked late: the nodes are made after it. */
  readonly nodes: () => ReadonlyMap<number, Pick<BrokerNode, 'groups'>>
  readonly clock: Clock
  readonly logger: Logger
}

/** The first wait before partitions that are not ready are tried again, and the longest. */
const RETRY_MS = 20
const RETRY_MS_MAX = 1000
/** The thread belongs to the clients: after so long with the partitions of one transaction, others run. */
const SLICE_MS = 4

export class MarkerWriter implements Writer {
  readonly #options: MarkerWriterOptions

  constructor(options: MarkerWriterOptions) {
    this.#options = options
  }

  /**
   * Resolves when every partition has the marker, or is gone, or belongs to a newer transaction. Partitions that are recovering, offline
   * or without a leader are tried again until then; where acknowledgements are durable the markers are. Rejects when `signal` aborts.
   */
  async write({ partitions, ...marker }: TransactionMarker, signal: AbortSignal): Promise<void> {
    let left = partitions
    for (let waitMs = RETRY_MS; ; waitMs = Math.min(2 * waitMs, RETRY_MS_MAX)) {
      signal.throwIfAborted()
      left = await this.#round(marker, left, signal)
      if (left.length === 0) return
      if (waitMs < RETRY_MS_MAX && 2 * waitMs >= RETRY_MS_MAX) this.#tellWait(marker, left)
      await pause(this.#options.clock, waitMs, signal)
    }
  }

  /** Once for each transaction: until then the records behind it are not seen by readers of committed ones. */
  #tellWait({ producerId, producerEpoch }: Marker, [first, ...others]: readonly TopicPartition[]): void {
    const partition = `${first?.topic}-${first?.partition}`
    this.#options.logger.warn('a transaction waits to be ended in partitions that cannot be written now', { producerId, producerEpoch, partition, others: others.length })
  }

  /** Writes once to each; those that must be tried again. */
  async #round(marker: Marker, places: readonly TopicPartition[], signal: AbortSignal): Promise<readonly TopicPartition[]> {
    const { clock } = this.#options
    const again: TopicPartition[] = []
    const stored: Promise<unknown>[] = []
    let sliceEndsAt = clock.elapsed() + SLICE_MS
    for (const place of places) {
      signal.throwIfAborted()
      const end = this.#end(marker, place)
      if (end === 'again') again.push(place)
      else if (end !== 'done') stored.push(end.catch(() => again.push(place)))
      if (clock.elapsed() < sliceEndsAt) continue
      await pause(clock, 0, signal)
      sliceEndsAt = clock.elapsed() + SLICE_MS
    }
    await Promise.all(stored)
    return again
  }

  #end(marker: Marker, { topic, partition: index }: TopicPartition): 'done' | 'again' | Promise<void> {
    const { topics, nodes, clock, logger } = this.#options
    const partition = topics.partition(topic, index)
    if (!partition) return 'done' // deleted, and its open transaction with it
    const node = nodes().get(partition.leader)
    const log = node && partition.logFor(partition.leader)
    if (!log) return 'again'
    const error = hasEnded(log, marker) ? 'NONE' : endTransaction({ marker, partition, log, node, nowMs: clock.now() })
    switch (error) {
      case 'NONE': return log.waitForAck(log.endOffset) ?? 'done'
      case 'INVALID_PRODUCER_EPOCH':
      case 'TRANSACTION_COORDINATOR_FENCED':
        // Somebody newer has ended it, an administrator for one: there is nothing left to end.
        logger.warn('a transaction had been ended in a partition already', { partition: `${topic}-${index}`, producerId: marker.producerId, epoch: marker.producerEpoch, error })
        return 'done'
      default: return 'again'
    }
  }
}

/** Under version 2 an epoch ends one transaction: where its marker stands, a retry has nothing to write. Else a second marker is harmless. */
function hasEnded(log: PartitionLog, marker: Marker): boolean {
  const producer = log.producer(marker.producerId)
  return marker.transactionVersion >= 2 && producer?.epoch === marker.producerEpoch
    && producer.coordinatorEpoch === marker.coordinatorEpoch && producer.currentTxnFirstOffset < 0
}

/** Appends the marker, whatever stands there already; what it is told is Kafka's code for WriteTxnMarkers. */
export function endTransaction({ marker, partition, log, node, nowMs }: {
  readonly marker: Marker
  readonly partition: Partition
  readonly log: PartitionLog
  /** The broker that leads the partition. */
  readonly node: Pick<BrokerNode, 'groups'>
  readonly nowMs: number
}): KafkaError {
  if (partition.topic === OFFSETS_TOPIC) return asOfPartition(node.groups.completeTransaction(partition.index, marker))
  const { transactionVersion } = marker
  return log.append(encodeMarker({ ...marker, timestamp: nowMs }), { origin: 'coordinator', nowMs, transactionVersion }).error
}

/** Who ends transactions does not know the errors of group coordinators: the partition is not ready. */
function asOfPartition(error: KafkaError): KafkaError {
  const isNotReady = error === 'COORDINATOR_LOAD_IN_PROGRESS' || error === 'COORDINATOR_NOT_AVAILABLE' || error === 'NOT_COORDINATOR'
  return isNotReady ? 'NOT_LEADER_OR_FOLLOWER' : error
}
