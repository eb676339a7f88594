/** A compacted partition whose cleaner works while it is written to, stopped, killed and deprived of power. */

import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import type { Random } from '../../../core/common/random.ts'
import { LogCleaner } from '../../../core/log/log-cleaner.ts'
import { LogDirectory } from '../../../core/log/log-directory.ts'
import { defaultLogConfig, type LogConfig, type PartitionLog } from '../../../core/log/partition-log.ts'
import { readBuffers } from '../../../core/log/read-buffers.ts'
import { inProcessWork } from '../../../core/log/slow-work.ts'
import { encodeMarker } from '../../../core/records/control-record.ts'
import { encodeBatch } from '../../../core/records/record-batch.ts'
import { CompactionModel } from '../compaction-model.ts'
import { type Ending, Violation } from '../model.ts'
import { batchesIn, lookUpProblem } from '../read-log.ts'
import { ProcessClock, type World } from '../world.ts'

const STEPS = 110
const KEYS = 7
const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'

type Producer = { readonly id: number; sequence: number; isOpen: boolean }

export async function compactionLife(world: World): Promise<void> {
  await new CompactionLife(world).run()
}

class CompactionLife {
  readonly #world: World
  readonly #random: Random
  readonly #disk: MemoryDisk
  readonly #config: LogConfig
  readonly #model = new CompactionModel()
  readonly #producers: readonly Producer[] = [1, 2].map(id => ({ id, sequence: 0, isOpen: false }))
  readonly #mapBytes: number
  #clock: ProcessClock
  #logs: LogDirectory | undefined
  #log: PartitionLog | undefined
  #cleaner: LogCleaner | undefined
  #count = 0
  #durable = 0

  constructor(world: World) {
    const { random } = world
    this.#world = world
    this.#random = random
    this.#clock = new ProcessClock(world.clock)
    this.#disk = new MemoryDisk({
      seed: random.below(0x7fffffff),
      names: random.below(3) === 0 ? 'strict' : 'journal',
      pause: () => new Promise(resolve => void this.#clock.after(random.below(3), resolve)),
    })
    this.#mapBytes = 200 + random.below(2) * 100_000
    this.#config = {
      ...defaultLogConfig,
      cleanupPolicy: ['compact'],
      segmentBytes: 900 + random.below(2000),
      segmentMs: 30_000 + random.below(600_000),
      indexIntervalBytes: 50 + random.below(500),
      segmentIndexBytes: 24 + random.below(400),
      minCleanableDirtyRatio: random.below(6) / 10,
      deleteRetentionMs: random.below(3) * 20_000,
      fileDeleteDelayMs: random.below(2) * 5000,
    }
  }

  get log(): PartitionLog {
    if (!this.#log) throw new Error('not open')
    return this.#log
  }

  async run(): Promise<void> {
    this.#disk.makeFolderNow('/data')
    await this.#disk.flushFolder('/')
    await this.#open('stop')
    for (let step = 0; step < STEPS; step++) await this.#step()
    await this.#cleaner?.cleanAll()
    await this.#check()
    await this.#stop()
  }

  async #step(): Promise<void> {
    const dice = this.#random.below(100)
    if (dice < 60) this.#append()
    else if (dice < 67) this.#endTransaction()
    else if (dice < 76) this.#clean()
    else if (dice < 86) await this.#world.sleep(this.#random.below(20))
    else if (dice < 90) await this.#world.sleep(40_000)
    else if (dice < 92) await this.#flush()
    else if (dice < 94) await this.#check()
    else if (dice < 96) await this.#restart()
    else await this.#crash(dice < 98 ? 'process' : 'power')
  }

  async #open(ending: Ending): Promise<void> {
    this.#clock = new ProcessClock(this.#world.clock)
    const disk = this.#disk.session()
    const note = (level: string) => (message: string): void => {
      this.#world.note(`${level} ${message}`)
    }
    const logger = { debug: () => {}, info: note('info'), warn: note('warn'), error: note('error') }
    const work = inProcessWork({ disk, clock: this.#clock, random: this.#world.fork() })
    const logs = await LogDirectory.open({ disk, clock: this.#clock, folder: '/data/logs', clusterId: 'c', brokerId: 1, logger })
    const partition = { topic: 't', partition: 0, topicId, config: this.#config }
    const log = await (this.#log ? logs.open(partition) : logs.create(partition))
    this.#logs = logs
    this.#log = log
    this.#cleaner = new LogCleaner({
      disk, clock: this.#clock, logger, folder: '/data/logs', settings: { mapBytes: this.#mapBytes }, logs: () => [log], clean: (job, watch) => work.clean(job, watch),
    })
    this.#cleaner.opened(log)
    this.#cleaner.start()
    this.#world.note(`open after ${ending}: ${log.startOffset} to ${log.endOffset} of ${this.#model.end}, ${log.segmentCount} segments`)
    this.#opened(ending)
    await this.#check()
  }

  #opened(ending: Ending): void {
    const { log } = this
    const least = ending === 'power' ? this.#durable : this.#model.end
    if (log.endOffset < least) throw new Violation(`it ends at ${log.endOffset} after ${ending}, and ${least} offsets were safe`)
    const known = new Map([...log.producers()].map(state => [state.producerId, state]))
    this.#model.cut(log.endOffset, new Map([...known.values()].filter(state => state.currentTxnFirstOffset >= 0).map(state => [state.producerId, state.currentTxnFirstOffset])))
    this.#durable = Math.min(this.#durable, log.endOffset)
    for (const producer of this.#producers) {
      const state = known.get(producer.id)
      const sequence = (state?.batches.at(-1)?.lastSequence ?? -1) + 1
      if (ending !== 'power' && sequence !== producer.sequence) throw new Violation(`the sequence of ${producer.id} was ${producer.sequence} and is ${sequence} after ${ending}`)
      producer.sequence = sequence
      producer.isOpen = (state?.currentTxnFirstOffset ?? -1) >= 0
    }
  }

  #append(): void {
    const producer = this.#random.below(3) === 0 ? this.#producers[this.#random.below(2)] : undefined
    const isTransactional = producer !== undefined && (producer.isOpen || this.#random.below(2) === 0)
    const entries = Array.from({ length: 1 + this.#random.below(4) }, () => ({ key: `k${this.#random.below(KEYS)}`, value: this.#random.below(6) === 0 ? '' : `v${this.#count++}` }))
    for (const { key, value } of entries) this.#model.send(key, value)
    const records = entries.map(({ key, value }) => ({
      key: Buffer.from(key), value: value === '' ? null : Buffer.from(`${value} ${'.'.repeat(this.#random.below(80))}`), timestamp: this.#clock.now() - this.#random.below(1000),
    }))
    const codec = (['none', 'none', 'lz4', 'gzip'] as const)[this.#random.below(4)] ?? 'none'
    const session = producer ? { producerId: producer.id, producerEpoch: 0, baseSequence: producer.sequence, isTransactional } : {}
    const appended = this.log.append(encodeBatch({ records, codec, ...session }))
    if (appended.error !== 'NONE') throw new Violation(`an append answers ${appended.error}: ${appended.message}`)
    this.#world.note(`append at ${appended.baseOffset}: ${entries.map(({ key, value }) => `${key}=${value}`).join(' ')}${isTransactional ? ` in the transaction of ${producer?.id}` : ''}`)
    for (const [index, entry] of entries.entries()) this.#model.stored(appended.baseOffset + index, { ...entry, producerId: producer?.id ?? -1, isOpen: isTransactional })
    if (!producer) return
    producer.sequence += entries.length
    producer.isOpen ||= isTransactional
  }

  #endTransaction(): void {
    const producer = this.#producers.find(({ isOpen }) => isOpen)
    if (!producer) return
    const isAbort = this.#random.below(2) === 0
    const appended = this.log.append(encodeMarker({ producerId: producer.id, producerEpoch: 0, coordinatorEpoch: 0, isAbort, timestamp: this.#clock.now() }), { origin: 'coordinator' })
    if (appended.error !== 'NONE') throw new Violation(`a marker answers ${appended.error}`)
    this.#world.note(`end of ${producer.id} at ${appended.baseOffset}: ${isAbort ? 'abort' : 'commit'}`)
    this.#model.ended(producer.id, isAbort, appended.baseOffset)
    producer.isOpen = false
  }

  /** Beside everything else: appends go on, and a crash may come at any of its steps. */
  #clean(): void {
    this.#world.note('clean')
    void this.#cleaner?.cleanAll()
  }

  async #flush(): Promise<void> {
    const { endOffset } = this.log
    await this.log.flush()
    this.#durable = Math.max(this.#durable, endOffset)
  }

  async #check(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) {
      const { segments } = this.log
      const batches = batchesIn(this.log)
      this.#model.check(batches, this.log.endOffset)
      const problem = await lookUpProblem(this.log, batches, this.#random, 1)
      // Where the cleaner put others in the place of segments meanwhile, the scan was of those before.
      if (problem !== undefined && this.log.segments === segments) throw new Violation(problem)
    }
  }

  async #stop(): Promise<void> {
    this.#world.note('stop')
    await this.#cleaner?.stop()
    await this.#logs?.close()
    const left = { files: this.#disk.openFiles, timers: this.#clock.pendingCount, buffers: readBuffers.bytesInUse }
    if (Object.values(left).some(count => count !== 0)) throw new Violation(`a stop leaves something behind: ${JSON.stringify(left)}`)
  }

  async #restart(): Promise<void> {
    await this.#stop()
    await this.#open('stop')
  }

  async #crash(kind: 'process' | 'power'): Promise<void> {
    this.#world.note(`crash: ${kind}`)
    this.#durable = Math.max(this.#durable, this.log.recoveryPoint)
    this.#clock.kill()
    this.#disk.crash(kind)
    await this.#world.processDied()
    await this.#open(kind)
  }
}
