/** A partition folder full of keys that come again, tombstones and transactions, made by our own log on a real disk: the same files for two cleaners. */

import { mkdirSync } from 'node:fs'
import { systemClock } from '../../core/common/clock.ts'
import { silentLogger } from '../../core/common/logger.ts'
import { nodeDisk } from '../../core/common/node-disk.ts'
import { type Random, seededRandom } from '../../core/common/random.ts'
import { defaultLogConfig, PartitionLog } from '../../core/log/partition-log.ts'
import { encodeMarker } from '../../core/records/control-record.ts'
import { encodeBatch, type NewBatch, type NewRecord } from '../../core/records/record-batch.ts'
import { codecs } from '../support/clients-records.ts'

export const SEGMENT_BYTES = 1_048_576
const KEYS = 150

export type KeyedLog = { readonly folder: string; readonly topic: string; readonly seed: number; readonly batches: number; readonly timesFrom: number; readonly timesTo: number; readonly leavesOpen: boolean }

/** Some segments of `batches` batches, their times spread over what is given. */
export async function makeKeyedLog(o: KeyedLog): Promise<void> {
  mkdirSync(o.folder, { recursive: true })
  const config = { ...defaultLogConfig, segmentBytes: SEGMENT_BYTES, cleanupPolicy: ['compact' as const] }
  const log = await PartitionLog.open({
    disk: nodeDisk, clock: systemClock, folder: o.folder, topic: o.topic, partition: 0, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', config, isClean: false, logger: silentLogger,
  })
  new KeyedWriter(log, o).write()
  await log.close()
}

class KeyedWriter {
  readonly #log: PartitionLog
  readonly #random: Random
  readonly #options: KeyedLog
  /** By producer id: next sequence, and whether its transaction is open. */
  readonly #producers = new Map<number, { sequence: number; isOpen: boolean }>()

  constructor(log: PartitionLog, options: KeyedLog) {
    this.#log = log
    this.#options = options
    this.#random = seededRandom(options.seed)
  }

  write(): void {
    const { batches, timesFrom, timesTo, leavesOpen } = this.#options
    for (let at = 0; at < batches; at++) {
      const timestamp = timesFrom + Math.floor(((timesTo - timesFrom) * at) / batches)
      const kind = this.#random.below(10)
      if (kind < 4) this.#append(encodeBatch(keyedBatch(this.#random, timestamp)))
      else if (kind < 6) this.#idempotent(10 + this.#random.below(2), timestamp, false)
      else this.#transactional(20 + this.#random.below(3), timestamp)
    }
    for (const [producerId, producer] of this.#producers) if (producer.isOpen && !(leavesOpen && producerId === 20)) this.#end(producerId, timesTo)
  }

  #transactional(producerId: number, timestamp: number): void {
    if (this.#producers.get(producerId)?.isOpen && this.#random.below(3) === 0) this.#end(producerId, timestamp)
    else this.#idempotent(producerId, timestamp, true)
  }

  #idempotent(producerId: number, timestamp: number, isTransactional: boolean): void {
    const producer = this.#producers.get(producerId) ?? { sequence: 0, isOpen: false }
    this.#producers.set(producerId, producer)
    const batch = { ...keyedBatch(this.#random, timestamp), producerId, producerEpoch: 0, baseSequence: producer.sequence, isTransactional }
    this.#append(encodeBatch(batch))
    producer.sequence += batch.records.length
    producer.isOpen ||= isTransactional
  }

  #end(producerId: number, timestamp: number): void {
    const producer = this.#producers.get(producerId)
    if (!producer) return
    producer.isOpen = false
    this.#append(encodeMarker({ producerId, producerEpoch: 0, coordinatorEpoch: 0, isAbort: this.#random.below(2) === 0, timestamp }), true)
  }

  #append(bytes: Buffer, isMarker = false): void {
    // Our log takes transactional batches and markers from coordinators and, in tests, from here.
    const appended = this.#log.append(bytes, isMarker ? { origin: 'coordinator' } : {})
    if (appended.error !== 'NONE') throw new Error(`${appended.error}: ${appended.message}`)
  }
}

/** One to ten records under few keys, a tombstone now and then. */
export function keyedBatch(random: Random, timestamp: number): NewBatch {
  const records = Array.from({ length: 1 + random.below(10) }, (_, at): NewRecord => ({
    key: Buffer.from(`key-${random.below(KEYS)}`),
    value: random.below(8) === 0 ? null : random.bytes(200 + random.below(2000)),
    timestamp: timestamp + at,
  }))
  return { records, codec: codecs[random.below(3) === 0 ? random.below(codecs.length) : 0] ?? 'none' }
}
