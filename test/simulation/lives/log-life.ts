/**
 * One partition through a life of appends, transactions, faults, stops and crashes. A killed process never loses an acknowledged record;
 * a power loss leaves a prefix of them, and everything a finished flush had covered; whatever is looked up is what a scan finds.
 */

import type { DiskFault } from '../../../core/common/memory-disk.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import type { Random } from '../../../core/common/random.ts'
import { LogDirectory } from '../../../core/log/log-directory.ts'
import { readBuffers } from '../../../core/log/read-buffers.ts'
import { type Appended, defaultLogConfig, type LogConfig, type PartitionLog } from '../../../core/log/partition-log.ts'
import { encodeMarker } from '../../../core/records/control-record.ts'
import { encodeBatch } from '../../../core/records/record-batch.ts'
import { type Ending, PartitionModel, Violation } from '../model.ts'
import { lookUpProblem } from '../read-log.ts'
import { transactionProblem } from '../transactions.ts'
import { ProcessClock, type World } from '../world.ts'

const STEPS = 120
const codecs = ['none', 'none', 'none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'

/** A producer as its client knows it. */
type Producer = { readonly id: number; sequence: number; isOpen: boolean; last: { readonly bytes: Buffer; readonly values: readonly string[] } | undefined }

export async function logLife(world: World): Promise<void> {
  await new LogLife(world).run()
}

class LogLife {
  readonly #world: World
  readonly #random: Random
  readonly #disk: MemoryDisk
  readonly #config: LogConfig
  readonly #model: PartitionModel
  readonly #producers: readonly Producer[] = [1, 2, 3].map(id => ({ id, sequence: 0, isOpen: false, last: undefined }))
  #clock: ProcessClock
  #logs: LogDirectory | undefined
  #log: PartitionLog | undefined
  #count = 0
  #highWatermark = 0
  #lastStableOffset = 0

  constructor(world: World) {
    const { random } = world
    this.#world = world
    this.#random = random
    this.#clock = new ProcessClock(world.clock)
    this.#disk = new MemoryDisk({
      seed: random.below(0x7fffffff),
      names: random.below(2) === 0 ? 'journal' : 'strict',
      pause: () => new Promise(resolve => void this.#clock.after(random.below(3), resolve)),
    })
    const isFlushedByAck = random.below(6) === 0
    this.#config = {
      ...defaultLogConfig,
      segmentBytes: 1200 + random.below(4000),
      indexIntervalBytes: 50 + random.below(500),
      segmentIndexBytes: 24 + random.below(400),
      flushMessages: isFlushedByAck ? 1 : Infinity,
      flushMs: random.below(4) === 0 ? 1000 : Infinity,
    }
    this.#model = new PartitionModel('t-0', { isFlushedByAck })
  }

  async run(): Promise<void> {
    this.#disk.makeFolderNow('/data')
    await this.#disk.flushFolder('/')
    await this.#open('stop')
    for (let step = 0; step < STEPS; step++) await this.#step()
    await this.#check()
    await this.#stop()
  }

  async #step(): Promise<void> {
    const dice = this.#random.below(100)
    if (dice < 58) await this.#append()
    else if (dice < 65) await this.#endTransaction()
    else if (dice < 71) await this.#check(1)
    else if (dice < 76) await this.#flush()
    else if (dice < 80) await this.#repeat()
    else if (dice < 84) await this.#trouble()
    else if (dice < 86) await this.#trim()
    else if (dice < 89) await this.#world.sleep(60_000)
    else if (dice < 92) await this.#restart()
    else await this.#crash(dice < 96 ? 'process' : 'power')
    this.#checkMarks()
  }

  get log(): PartitionLog {
    if (!this.#log) throw new Error('not open')
    return this.#log
  }

  async #open(ending: Ending): Promise<void> {
    this.#clock = new ProcessClock(this.#world.clock)
    const logger = { debug: () => {}, info: this.#noteOf('info'), warn: this.#noteOf('warn'), error: this.#noteOf('error') }
    this.#logs = await LogDirectory.open({ disk: this.#disk.session(), clock: this.#clock, folder: '/data/logs', clusterId: 'c', brokerId: 1, logger })
    const partition = { topic: 't', partition: 0, topicId, config: this.#config }
    this.#log = await (this.#log ? this.#logs.open(partition) : this.#logs.create(partition))
    this.#world.note(`open after ${ending}: ${this.#log.startOffset} to ${this.#log.endOffset} of ${this.#model.knownEnd}, epoch ${this.#log.leaderEpoch}`)
    const before = this.#producers.map(({ sequence }) => sequence)
    const { startOffset } = this.#log
    this.#model.ended(ending)
    this.#model.opened(this.#log)
    this.#highWatermark = this.#lastStableOffset = 0
    this.#learnProducers()
    const after = this.#producers.map(({ sequence }) => sequence)
    // A producer all of whose records were deleted may be forgotten, as in Kafka: it begins anew.
    const isKept = after.every((sequence, index) => sequence === before[index] || (sequence === 0 && startOffset > 0))
    if (ending !== 'power' && !isKept) throw new Violation(`the sequences ${before.join()} were ${after.join()} after ${ending}`)
    await this.#check(2)
  }

  #noteOf(level: string): (message: string) => void {
    return message => this.#world.note(`${level} ${message}`)
  }

  /** What the log knows of the producers is what they go on from; a batch that is gone cannot be repeated. */
  #learnProducers(): void {
    const known = new Map([...this.log.producers()].map(state => [state.producerId, state]))
    for (const producer of this.#producers) {
      const sequence = (known.get(producer.id)?.batches.at(-1)?.lastSequence ?? -1) + 1
      if (sequence !== producer.sequence) producer.last = undefined
      producer.sequence = sequence
    }
  }

  async #append(): Promise<void> {
    const producer = this.#random.below(2) === 0 ? this.#producers[this.#random.below(3)] : undefined
    const values = Array.from({ length: 1 + this.#random.below(5) }, () => `v${this.#count++}`)
    const records = values.map(value => ({ key: null, value: Buffer.from(`${value} ${'.'.repeat(this.#random.below(120))}`), timestamp: this.#clock.now() - this.#random.below(1000) }))
    const codec = codecs[this.#random.below(codecs.length)] ?? 'none'
    const isTransactional = producer !== undefined && (producer.isOpen || this.#random.below(3) === 0)
    const session = producer ? { producerId: producer.id, producerEpoch: 0, baseSequence: producer.sequence, isTransactional } : {}
    const bytes = encodeBatch({ records, codec, ...session })
    const sent = Buffer.from(bytes)
    this.#model.send(values, `p${producer?.id}`, producer !== undefined)
    const appended = this.log.append(bytes)
    if (!(await this.#outcome(appended, values)) || !producer) return
    producer.sequence += values.length
    producer.last = { bytes: sent, values }
    producer.isOpen ||= isTransactional
  }

  /** Whether it was stored and acknowledged. */
  async #outcome(appended: Appended, values: readonly string[]): Promise<boolean> {
    const { log } = this
    this.#world.note(`append ${values.join(' ')}: ${appended.error}${appended.error === 'NONE' ? ` at ${appended.baseOffset}` : ''}`)
    if (appended.error === 'KAFKA_STORAGE_ERROR') {
      this.#model.refused(values)
      return false
    }
    if (appended.error !== 'NONE') throw new Violation(`an append answers ${appended.error}: ${appended.message}`)
    try {
      await log.waitForAck(appended.lastOffset + 1)
    } catch {
      this.#world.note('… and could not be flushed')
      return true
    }
    this.#model.acknowledged(values, appended.baseOffset)
    return true
  }

  async #endTransaction(): Promise<void> {
    const producer = this.#producers.find(({ isOpen }) => isOpen)
    if (!producer) return
    const isAbort = this.#random.below(2) === 0
    const marker = encodeMarker({ producerId: producer.id, producerEpoch: 0, coordinatorEpoch: 0, isAbort, timestamp: this.#clock.now() })
    const appended = this.log.append(marker, { origin: 'coordinator' })
    this.#world.note(`end of ${producer.id}, ${isAbort ? 'abort' : 'commit'}: ${appended.error}`)
    if (appended.error === 'NONE') producer.isOpen = false
    else if (appended.error !== 'KAFKA_STORAGE_ERROR') throw new Violation(`a marker answers ${appended.error}`)
  }

  /** The last batch of a producer sent again changes nothing, whatever happened since. */
  async #repeat(): Promise<void> {
    const producer = this.#producers[this.#random.below(3)]
    if (!producer?.last) return
    const before = this.log.endOffset
    const appended = this.log.append(Buffer.from(producer.last.bytes))
    if (appended.error === 'KAFKA_STORAGE_ERROR') return
    if (appended.error !== 'NONE' || !appended.isDuplicate || this.log.endOffset !== before) throw new Violation(`a batch sent again is no duplicate: ${JSON.stringify(appended)}`)
    if (await Promise.resolve(this.log.waitForAck(appended.lastOffset + 1)).then(() => true, () => false)) this.#model.acknowledged(producer.last.values, appended.baseOffset)
  }

  async #trouble(): Promise<void> {
    const random = this.#random
    const calls = ['write', 'write', 'open', 'rename', 'truncate', 'read', 'flush'] as const
    const codes = ['ENOSPC', 'EIO', 'EMFILE'] as const
    for (let index = 0; index <= random.below(2); index++) {
      const fault: DiskFault = {
        call: calls[random.below(calls.length)] ?? 'write', code: codes[random.below(3)] ?? 'EIO',
        after: random.below(3), times: 1 + random.below(4), dropsPages: random.below(2) === 0,
      }
      this.#world.note(`trouble: ${fault.call} ${fault.code} after ${fault.after}, ${fault.times} times`)
      this.#disk.fail(fault)
    }
    const dice = random.below(8)
    if (dice === 0) this.#disk.unplug('/data/logs/t-0')
    if (dice === 1) this.#disk.capacityBytes = this.#disk.usedBytes + random.below(1000)
    for (let index = 0; index < 5; index++) await this.#append()
    if (random.below(2) === 0) await this.log.flush().then(() => this.#model.flushed(this.log.recoveryPoint), () => {})
    this.#disk.heal()
    this.#disk.capacityBytes = Infinity
    this.#world.note('the disk is well')
    await this.#untilWell()
  }

  /** With the cause gone, it comes back by itself at the next append or the one after. */
  async #untilWell(): Promise<void> {
    for (let tries = 0; tries < 10; tries++) {
      await this.#append()
      if (this.log.health.is === 'online') return
      await this.#world.sleep(1100)
    }
    throw new Violation('the disk is well again, and the log is not')
  }

  async #trim(): Promise<void> {
    const { log } = this
    const offset = log.startOffset + this.#random.below(1 + Math.floor((log.endOffset - log.startOffset) / 2))
    this.#world.note(`delete up to ${offset}`)
    this.#model.trimmed(offset)
    log.trimTo(offset)
    // As DeleteRecords and retention: once the start is on disk, segments below it go. Or the process ends before.
    if (offset % 4 === 0) return
    await this.#logs?.saveStartOffsets()
    await log.keepProducers()
    const dropped = log.dropBelowStart(1 + (offset % 3))
    this.#world.note(`dropped ${dropped} segments`)
  }

  async #flush(): Promise<void> {
    const { endOffset } = this.log
    await this.log.flush()
    this.#model.flushed(endOffset)
    this.#world.note(`flushed up to ${endOffset}`)
  }

  #checkMarks(): void {
    const { highWatermark, lastStableOffset } = this.log
    if (highWatermark < this.#highWatermark || lastStableOffset < this.#lastStableOffset) throw new Violation(`the marks went back to ${highWatermark} and ${lastStableOffset}`)
    this.#highWatermark = highWatermark
    this.#lastStableOffset = lastStableOffset
  }

  async #check(turns = 4): Promise<void> {
    const batches = this.#model.whole(this.log)
    const problem = transactionProblem(this.log, batches) ?? await lookUpProblem(this.log, batches, this.#random, turns)
    if (problem !== undefined) throw new Violation(problem)
    if (readBuffers.bytesInUse !== 0) throw new Violation(`${readBuffers.bytesInUse} bytes of read buffers were not given back`)
  }

  async #stop(): Promise<void> {
    await this.#logs?.close()
    const left = { files: this.#disk.openFiles, timers: this.#clock.pendingCount, buffers: readBuffers.bytesInUse }
    if (Object.values(left).some(count => count !== 0)) throw new Violation(`a stop leaves something behind: ${JSON.stringify(left)}`)
  }

  async #restart(): Promise<void> {
    this.#world.note('stop')
    this.#model.flushed(this.log.recoveryPoint)
    await this.#stop()
    await this.#open('stop')
  }

  async #crash(kind: 'process' | 'power'): Promise<void> {
    this.#world.note(`crash: ${kind}`)
    this.#model.flushed(this.log.recoveryPoint)
    this.#clock.kill()
    this.#disk.crash(kind)
    await this.#world.processDied()
    await this.#open(kind)
    if (kind === 'power') this.#learnTransactions()
  }

  /** The power took the last records: a transaction may be open again, or gone. */
  #learnTransactions(): void {
    const open = new Map([...this.log.producers()].map(({ producerId, currentTxnFirstOffset }) => [producerId, currentTxnFirstOffset]))
    for (const producer of this.#producers) producer.isOpen = (open.get(producer.id) ?? -1) >= 0
  }
}
