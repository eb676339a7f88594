/**
 * Before the first records of a transaction go into a partition, the transaction's coordinator says that the partition is part of it, so that
 * somebody will end it there (KIP-890). What knows only how to ask is told no for a partition that was not added; newer clients leave the
 * adding to us. The coordinator may be another broker of this process.
 */

import type { Clock } from '../common/clock.ts'
import { coordinatorPartition } from '../coordinator/coordinator-partition.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { Verification } from '../log/producer-state.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { TRANSACTION_TOPIC, type TransactionCoordinator } from '../transactions/transaction-coordinator.ts'
import type { BrokerParts } from './broker-parts.ts'

/** What a client's version of a request understands: whether TRANSACTION_ABORTABLE, and whether partitions are added for it. */
export type ClientSupport = 'verifies' | 'verifies-abortable' | 'adds'

export type Producer = { readonly transactionalId: string; readonly producerId: number; readonly producerEpoch: number }

/** A partition that this broker leads, and the sequence of the batch for it; offsets of groups have none. */
export type Place = { readonly topic: string; readonly partition: number; readonly log: PartitionLog; readonly sequence?: number }

/** NONE with what the log must be told, in the order of the places. */
export type Entry = { readonly error: KafkaError; readonly verification: Verification }

type Enter = { readonly producer: Producer; readonly places: readonly Place[]; readonly support: ClientSupport }

/** add.partitions.to.txn.retry.backoff.ms and .max.ms: while the last transaction of the producer is being ended, the next cannot begin. */
const RETRY_MS = 20
const RETRY_MS_MAX = 100

/** An administrator wants no verification: a batch that its marker overtakes is then stored too. */
const UNVERIFIED: Entry = { error: 'NONE', verification: { verifiedAt: Infinity, startsAtZero: false } }

/** Asks, or adds, for the partitions in which the producer has no transaction open yet. */
export function enterTransaction({ producer, places, support }: Enter, broker: BrokerParts): readonly Entry[] | Promise<readonly Entry[]> {
  const startsAtZero = support === 'adds'
  if (!startsAtZero && !broker.dynamicConfigs.truth('transaction.partition.verification.enable', broker.brokerId)) return places.map(() => UNVERIFIED)
  const entering = places.map(place => ({ ...place, isOpen: hasOpenTransaction(place.log, producer), verification: { verifiedAt: place.log.endOffset, startsAtZero } }))
  const asked = entering.filter(({ isOpen }) => !isOpen)
  const settled = (errorOf: (place: Place) => KafkaError): readonly Entry[] =>
    entering.map(place => ({ error: place.isOpen ? 'NONE' : errorOf(place), verification: place.verification }))
  if (asked.length === 0) return settled(() => 'NONE')
  for (const { log, sequence } of asked) if (sequence !== undefined) log.startVerification({ producerId: producer.producerId, epoch: producer.producerEpoch, sequence })
  const coordinator = coordinatorOf(producer.transactionalId, broker)
  if (typeof coordinator === 'string') return settled(() => coordinator)
  if (support !== 'adds') {
    const errors = coordinator.verifyPartitions({ ...producer, partitions: asked.map(nameOf) })
    return settled(({ topic, partition }) => asOfProducer(errors.get(`${topic}-${partition}`) ?? 'NONE', support))
  }
  const added = coordinator.addPartitions({ ...producer, partitions: asked.map(nameOf), clientTransactionVersion: 2 })
  if (added instanceof Promise) return added.then(error => settled(() => asOfProducer(error, support)))
  return settled(() => asOfProducer(added, support))
}

/** The same, tried again for a while when the producer's last transaction is still being ended and partitions are to be added. */
export function enterTransactionPatiently(enter: Enter, broker: BrokerParts): readonly Entry[] | Promise<readonly Entry[]> {
  const entries = enterTransaction(enter, broker)
  if (enter.support !== 'adds') return entries
  if (!(entries instanceof Promise) && !entries.some(isConcurrent)) return entries
  return enterAgain(entries, enter, broker)
}

async function enterAgain(first: readonly Entry[] | Promise<readonly Entry[]>, enter: Enter, broker: BrokerParts): Promise<readonly Entry[]> {
  const endsAt = broker.clock.elapsed() + RETRY_MS_MAX
  let entries = await first
  while (entries.some(isConcurrent) && broker.clock.elapsed() < endsAt) {
    await wait(broker.clock, RETRY_MS)
    entries = await enterTransaction(enter, broker)
  }
  return entries
}

const isConcurrent = ({ error }: Entry): boolean => error === 'CONCURRENT_TRANSACTIONS'

const nameOf = ({ topic, partition }: Place): { topic: string; partition: number } => ({ topic, partition })

/** The partition has records of the transaction: its coordinator need not be asked again. */
function hasOpenTransaction(log: PartitionLog, { producerId, producerEpoch }: Producer): boolean {
  const known = log.producer(producerId)
  return known !== undefined && known.currentTxnFirstOffset >= 0 && known.epoch === producerEpoch
}

/** Of the broker that leads the transactional id's partition of `__transaction_state`; or why there is none. */
export function coordinatorOf(transactionalId: string, { topics, nodes }: Pick<BrokerParts, 'topics' | 'nodes'>): TransactionCoordinator | KafkaError {
  const partitions = topics.get(TRANSACTION_TOPIC)?.partitions ?? []
  const leader = partitions[coordinatorPartition(transactionalId, partitions.length)]?.leader
  return (leader === undefined ? undefined : nodes.get(leader)?.transactions) ?? 'COORDINATOR_NOT_AVAILABLE'
}

/** What a producer expects to be told of its epoch, and what its version knows. */
function asOfProducer(error: KafkaError, support: ClientSupport): KafkaError {
  if (error === 'PRODUCER_FENCED') return 'INVALID_PRODUCER_EPOCH'
  return error === 'TRANSACTION_ABORTABLE' && support === 'verifies' ? 'INVALID_TXN_STATE' : error
}

function wait(clock: Clock, delayMs: number): Promise<void> {
  return new Promise(resolve => clock.after(delayMs, resolve))
}
