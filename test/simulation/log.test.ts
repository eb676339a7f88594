/**
 * One partition through a life of appends, faults, stops and crashes, from a seed. A killed process never loses an acknowledged record;
 * a power loss leaves a prefix of them, and everything a finished flush had covered.
 */

import { expect, test } from 'vitest'
import { silentLogger } from '../../core/common/logger.ts'
import { MemoryDisk } from '../../core/common/memory-disk.ts'
import { type Random, seededRandom } from '../../core/common/random.ts'
import { SimulatedClock } from '../../core/common/simulated-clock.ts'
import { LogDirectory } from '../../core/log/log-directory.ts'
import { readBuffers } from '../../core/log/read-buffers.ts'
import { defaultLogConfig, type PartitionLog } from '../../core/log/partition-log.ts'
import { batchesOf, encodeBatch } from '../../core/records/record-batch.ts'
import { seedsToRun } from './seeds.ts'

const STEPS = 120
const codecs = ['none', 'none', 'none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'

class Life {
  readonly #random: Random
  readonly #disk: MemoryDisk
  #clock = new SimulatedClock()
  readonly #config
  #logs: LogDirectory | undefined
  #log: PartitionLog | undefined
  /** What was acknowledged, by offset. */
  #values: string[] = []
  /** Offsets below it were covered by a flush that ended. */
  #durable = 0
  #sequence = 0
  #lastBatch: Buffer | undefined
  #count = 0

  constructor(seed: number) {
    this.#random = seededRandom(seed)
    this.#disk = new MemoryDisk({ seed })
    this.#config = {
      ...defaultLogConfig,
      segmentBytes: 1200 + this.#random.below(4000),
      indexIntervalBytes: 50 + this.#random.below(500),
      segmentIndexBytes: 24 + this.#random.below(400),
    }
  }

  async run(): Promise<void> {
    await this.#open()
    for (let step = 0; step < STEPS; step++) await this.#step()
    await this.#logs?.close()
    expect([this.#disk.openFiles, this.#clock.pendingCount, readBuffers.bytesInUse]).toEqual([0, 0, 0])
  }

  async #step(): Promise<void> {
    const dice = this.#random.below(100)
    if (dice < 70) this.#append()
    else if (dice < 76) this.#readSomewhere()
    else if (dice < 82) await this.#flush()
    else if (dice < 86) this.#repeat()
    else if (dice < 89) this.#failSomeAppends()
    else if (dice < 92) await this.#minute()
    else if (dice < 94) await this.#restart()
    else if (dice < 97) await this.#crash('process')
    else await this.#crash('power')
  }

  get log(): PartitionLog {
    if (!this.#log) throw new Error('not open')
    return this.#log
  }

  async #open(): Promise<void> {
    this.#logs = await LogDirectory.open({ disk: this.#disk.session(), clock: this.#clock, folder: '/logs', clusterId: 'c', brokerId: 1, logger: silentLogger })
    this.#log = await this.#logs.open({ topic: 't', partition: 0, topicId, config: this.#config })
  }

  #append(): void {
    const isIdempotent = this.#random.below(2) === 0
    const values = Array.from({ length: 1 + this.#random.below(5) }, () => `${this.#count++} ${'.'.repeat(this.#random.below(120))}`)
    const records = values.map(value => ({ key: null, value: Buffer.from(value), timestamp: this.#clock.now() - this.#random.below(1000) }))
    const codec = codecs[this.#random.below(codecs.length)] ?? 'none'
    const bytes = encodeBatch({ records, codec, ...(isIdempotent ? { producerId: 1, producerEpoch: 0, baseSequence: this.#sequence } : {}) })
    const sent = Buffer.from(bytes)
    const appended = this.log.append(bytes)
    if (appended.error === 'KAFKA_STORAGE_ERROR') return
    expect(appended).toMatchObject({ error: 'NONE', baseOffset: this.#values.length, isDuplicate: false })
    this.#values.push(...values)
    if (!isIdempotent) return
    this.#sequence += values.length
    this.#lastBatch = sent
  }

  /** The last idempotent batch sent again changes nothing, whatever happened since. */
  #repeat(): void {
    if (!this.#lastBatch) return
    const before = this.log.endOffset
    expect(this.log.append(Buffer.from(this.#lastBatch))).toMatchObject({ error: 'NONE', isDuplicate: true })
    expect(this.log.endOffset).toBe(before)
  }

  #failSomeAppends(): void {
    const call = (['write', 'open', 'rename'] as const)[this.#random.below(3)] ?? 'write'
    this.#disk.fail({ call, code: 'ENOSPC', after: this.#random.below(3), times: 1 + this.#random.below(4) })
    for (let index = 0; index < 5; index++) this.#append()
    this.#disk.heal()
  }

  #readSomewhere(): void {
    const offset = this.#random.below(this.#values.length + 1)
    expect(this.#read(offset, 1 + this.#random.below(2000))).toEqual(this.#values.slice(offset))
  }

  #read(from: number, maxBytes: number): string[] {
    const values: string[] = []
    for (let at = from; ;) {
      const read = this.log.read({ offset: at, maxBytes, minOneBatch: true })
      if (read.error !== 'NONE') throw new Error(`${read.error} at ${at}`)
      if (read.byteCount === 0) return values
      for (const bytes of read.buffers) {
        for (const batch of batchesOf(Buffer.from(bytes))) for (const record of batch.records()) if (record.offset >= at) values.push(String(record.value))
      }
      read.release()
      at = read.nextOffset
    }
  }

  async #flush(): Promise<void> {
    await this.log.flush()
    this.#durable = this.#values.length
  }

  async #minute(): Promise<void> {
    this.#clock.advance(60_000)
    for (let turn = 0; turn < this.#random.below(30); turn++) await Promise.resolve()
  }

  async #restart(): Promise<void> {
    await this.#logs?.close()
    this.#durable = this.#values.length
    await this.#open()
    this.#check(this.#values.length)
  }

  async #crash(kind: 'process' | 'power'): Promise<void> {
    this.#disk.crash(kind)
    // The timers of the dead process do not fire in the next one.
    this.#clock = new SimulatedClock(this.#clock.now())
    await this.#open()
    this.#check(kind === 'process' ? this.#values.length : this.#durable)
  }

  /** The log is a prefix of what was acknowledged, `least` records long or longer, and can be found by offset and time. */
  #check(least: number): void {
    const read = this.#read(0, 5000)
    expect(read.length).toBeGreaterThanOrEqual(least)
    expect(read).toEqual(this.#values.slice(0, read.length))
    expect(this.log.endOffset).toBe(read.length)
    if (read.length < this.#values.length) this.#forgetLost(read.length)
    for (let turn = 0; turn < 3; turn++) this.#readSomewhere()
    const latest = this.log.offsetOfMaxTimestamp()
    if (latest) expect(this.log.offsetForTimestamp(latest.timestamp)?.timestamp).toBe(latest.timestamp)
  }

  #forgetLost(kept: number): void {
    this.#values.length = kept
    this.#durable = Math.min(this.#durable, kept)
    this.#lastBatch = undefined
    const producer = [...this.log.producers()][0]
    this.#sequence = (producer?.batches.at(-1)?.lastSequence ?? -1) + 1
  }
}

test.each(seedsToRun())('seed %i: no acknowledged record is lost to a kill, and a power loss leaves a prefix', async seed => {
  await new Life(seed).run()
})
