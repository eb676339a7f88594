/** A transaction coordinator over a real partition log on a memory disk, moved by a simulated clock; its markers are written when the test says so. */

import { silentLogger } from '../../../core/common/logger.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { defaultLogConfig, PartitionLog, type LogConfig } from '../../../core/log/partition-log.ts'
import {
  defaultTransactionConfig, TransactionCoordinator,
  type AddRequest, type EndRequest, type InitRequest, type MarkerWriter, type ProducerAnswer, type TransactionConfig, type TransactionMarker,
} from '../../../core/transactions/transaction-coordinator.ts'

/** Markers that are asked for; `open` lets those through that come, `release` those that wait. */
export class HeldMarkers implements MarkerWriter {
  readonly written: TransactionMarker[] = []
  isOpen = true
  #waiting: (() => void)[] = []

  get waitingCount(): number {
    return this.#waiting.length
  }

  async write(marker: TransactionMarker, signal: AbortSignal): Promise<void> {
    if (!this.isOpen) {
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push(resolve)
        signal.addEventListener('abort', () => reject(new Error('stopped')))
      })
    }
    signal.throwIfAborted()
    this.written.push(marker)
  }

  release(): void {
    this.isOpen = true
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

export type Setting = {
  readonly transactions: TransactionCoordinator
  readonly clock: SimulatedClock
  readonly disk: MemoryDisk
  readonly log: PartitionLog
  readonly markers: HeldMarkers
  /** Transactional ids reported as changed, in order. */
  readonly changes: string[]
  /** A coordinator that starts again on what is stored, with markers of its own; this one is stopped first. */
  restart(): Promise<Setting>
  init(request?: Partial<InitRequest>): Promise<ProducerAnswer>
  add(producer: Pick<ProducerAnswer, 'producerId' | 'producerEpoch'>, changes?: Partial<AddRequest>): Promise<string>
  end(producer: Pick<ProducerAnswer, 'producerId' | 'producerEpoch'>, changes?: Partial<EndRequest>): Promise<ProducerAnswer>
  state(transactionalId?: string): string | undefined
}

export async function startTransactions(options: {
  readonly config?: Partial<TransactionConfig>
  readonly disk?: MemoryDisk
  readonly clock?: SimulatedClock
  readonly firstProducerId?: number
  readonly transactionVersion?: number
  readonly logConfig?: Partial<LogConfig>
  /** Producer ids cannot be had. */
  readonly noProducerIds?: boolean
  readonly holdMarkers?: boolean
} = {}): Promise<Setting> {
  const { disk = new MemoryDisk(), clock = new SimulatedClock() } = options
  const log = await PartitionLog.open({
    disk, clock, folder: '/data/__transaction_state-0', topic: '__transaction_state', partition: 0, topicId: 'mJ1kDGmmT3qFmUQOQyJvQA',
    config: { ...defaultLogConfig, cleanupPolicy: ['compact'], ...options.logConfig }, isClean: true, logger: silentLogger,
  })
  let nextProducerId = options.firstProducerId ?? 100
  const markers = new HeldMarkers()
  markers.isOpen = !options.holdMarkers
  const transactions = new TransactionCoordinator({
    clock, logger: silentLogger, partitionCount: 1, logOf: () => log, hasTopic: () => true, transactionVersion: () => options.transactionVersion ?? 2,
    newProducerId() {
      if (options.noProducerIds) throw new Error('no room')
      return nextProducerId++
    },
    markers, config: { ...defaultTransactionConfig, ...options.config },
  })
  const changes: string[] = []
  transactions.onChange(transactionalId => changes.push(transactionalId))
  await transactions.load(0)
  return {
    transactions, clock, disk, log, markers, changes,
    async restart() {
      await transactions.stop()
      await log.close()
      return startTransactions({ ...options, disk, clock, firstProducerId: nextProducerId + 1000 })
    },
    init: async request => transactions.initProducerId({ transactionalId: 't', timeoutMs: 60_000, expected: null, ...request }),
    add: async ({ producerId, producerEpoch }, request) =>
      transactions.addPartitions({ transactionalId: 't', producerId, producerEpoch, partitions: [{ topic: 'orders', partition: 0 }], clientTransactionVersion: 0, ...request }),
    end: async ({ producerId, producerEpoch }, request) =>
      transactions.endTransaction({ transactionalId: 't', producerId, producerEpoch, isCommit: true, clientTransactionVersion: 0, ...request }),
    state: (transactionalId = 't') => transactions.transaction(transactionalId)?.state,
  }
}

/** Lets what is under way go on until `isTrue`. */
export async function until(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; !isTrue(); turn++) {
    if (turn > 10_000) throw new Error('it never came to be')
    await new Promise(resolve => { setImmediate(resolve) })
  }
}
