/**
 * A topic that is written to, trimmed, compacted, deleted and made anew on a machine that dies at any call of its disk, again while it
 * recovers from that, and is killed, deprived of power or restarted in between.
 */

import { PARTITION_METADATA_FILE, readPartitionMetadata } from '../../../core/log/log-files.ts'
import { defaultLogConfig, type LogConfig, type PartitionLog } from '../../../core/log/partition-log.ts'
import { encodeMarker } from '../../../core/records/control-record.ts'
import { encodeBatch } from '../../../core/records/record-batch.ts'
import type { Random } from '../../../core/common/random.ts'
import { BootMachine } from '../boot-machine.ts'
import { BootModel } from '../boot-model.ts'
import { type Ending, Violation } from '../model.ts'
import { lookUpProblem } from '../read-log.ts'
import type { World } from '../world.ts'

const STEPS = 100
const FOLDER = '/data/logs/t-0'
const KEYS = 5
/** Calls of the disk within which a machine dies that is doomed: while it works, and while it starts. */
const CALLS_OF_WORK = 40
const CALLS_OF_START = 60

export async function bootLife(world: World): Promise<void> {
  await new BootLife(world).run()
}

class BootLife {
  readonly #world: World
  readonly #random: Random
  readonly #machine: BootMachine
  readonly #config: LogConfig
  readonly #isCompacted: boolean
  /** As the catalog knows it: the topic there is, and those that were deleted. */
  #topic: BootModel | undefined
  readonly #deleted = new Set<string>()
  #log: PartitionLog | undefined
  #count = 0

  constructor(world: World) {
    const { random } = world
    this.#world = world
    this.#random = random
    this.#machine = new BootMachine(world)
    this.#machine.onDeath = () => this.#claim()
    this.#isCompacted = random.below(4) === 0
    this.#config = {
      ...defaultLogConfig,
      cleanupPolicy: this.#isCompacted ? ['compact', 'delete'] : ['delete'],
      segmentBytes: 500 + random.below(1500),
      indexIntervalBytes: random.below(300),
      fileDeleteDelayMs: random.below(2) * 100,
      minCleanableDirtyRatio: 0,
      retentionBytes: random.below(2) === 0 ? -1 : 1500 + random.below(3000),
      retentionMs: -1,
    }
  }

  async run(): Promise<void> {
    this.#machine.disk.makeFolderNow('/data')
    await this.#machine.disk.flushFolder('/')
    await this.#start('stop')
    for (let step = 0; step < STEPS; step++) await this.#step()
    this.#machine.spare()
    await this.#again()
    await this.#machine.stop()
  }

  get log(): PartitionLog {
    if (!this.#log) throw new Error('not open')
    return this.#log
  }

  async #step(): Promise<void> {
    if (this.#random.below(12) === 0) this.#machine.doom(CALLS_OF_WORK)
    const crash = await this.#machine.run(() => this.#act())
    if (crash) await this.#start(this.#reboots(crash))
  }

  async #act(): Promise<void> {
    const topic = this.#topic
    if (!topic) return this.#create()
    topic.remember(this.log)
    const dice = this.#random.below(100)
    if (dice < 40) this.#append(topic)
    else if (dice < 52) await this.#flush(topic)
    else if (dice < 62) this.#endTransaction(topic)
    else if (dice < 68) await this.#sweep(topic)
    else if (dice < 75) await this.#trim(topic)
    else if (dice < 79) await this.#world.sleep(60_000) // a checkpoint
    else if (dice < 82) await this.#machine.boot.cleaner.cleanAll()
    else if (dice < 85) await this.#failedFlush(topic)
    else if (dice < 88) await this.#delete(topic)
    else if (dice < 93) await this.#again()
    else if (dice < 96) this.#roll()
    else await this.#check(topic)
  }

  /** A machine that starts, whatever happens to it meanwhile, until it is up. */
  async #start(ended: Ending): Promise<void> {
    let ending = ended
    for (;;) {
      if (this.#random.below(3) === 0) this.#machine.doom(CALLS_OF_START)
      else this.#machine.spare()
      const crash = await this.#machine.run(() => this.#open())
      if (!crash) break
      ending = ending === 'power' ? ending : this.#reboots(crash)
    }
    this.#machine.spare()
    const topic = this.#topic
    if (!topic) return
    const { log } = this
    this.#world.note(`up after ${ending}: ${log.startOffset} to ${log.endOffset}, epoch ${log.leaderEpoch}, ${log.segmentCount} segments, ${log.recovery.how}`)
    const batches = topic.opened(log, ending)
    topic.repeat(log)
    const problem = await lookUpProblem(log, batches, this.#random, 2)
    if (problem !== undefined) throw new Violation(problem)
  }

  /** Killed by whoever shuts the machine down, or alone: what it ended with. */
  #reboots(crash: Ending): Ending {
    return crash === 'power' || this.#random.below(3) > 0 ? crash : this.#reboot(crash)
  }

  /** What a failed flush gave up is gone with the cache as if the power had gone: until it is written again nobody was told that it is durable. */
  #reboot(ending: Ending): Ending {
    this.#world.note('the machine restarts')
    this.#machine.disk.reboot()
    return this.#log?.isSuspect ? 'power' : ending
  }

  async #open(): Promise<void> {
    const { logs, cleaner } = await this.#machine.start()
    logs.removeDeleted(this.#deleted)
    if (!this.#topic) return this.#clearPlace()
    const partition = { topic: 't', partition: 0, topicId: this.#topic.topicId, config: this.#config }
    this.#log = logs.openNow(partition) ?? await logs.open(partition)
    cleaner.opened(this.#log)
  }

  /** A folder that does not say whose it is, because the power went before that was on the disk, is in the way until the user moves it: nobody else can tell. */
  async #clearPlace(): Promise<void> {
    const { disk } = this.#machine
    if (!disk.existsNow(FOLDER)) return
    if (readPartitionMetadata(disk.readSmallNow(`${FOLDER}/${PARTITION_METADATA_FILE}`)) !== undefined) throw new Violation('the folder of a deleted topic is still there')
    this.#world.note('a folder nobody owns')
    disk.removeNow(FOLDER)
    await disk.flushFolder('/data/logs')
  }

  async #create(): Promise<void> {
    const topicId = Buffer.from(`topic ${String(this.#count++).padStart(10, '0')}`).toString('base64url')
    this.#world.note(`create ${topicId}`)
    const { logs } = this.#machine.boot
    await logs.makeRoom('t', 0, 1)
    this.#topic = new BootModel(topicId, this.#isCompacted)
    this.#log = await logs.create({ topic: 't', partition: 0, topicId, config: this.#config })
  }

  async #delete(topic: BootModel): Promise<void> {
    this.#world.note(`delete ${topic.topicId}`)
    this.#deleted.add(topic.topicId)
    this.#topic = undefined
    this.#machine.boot.cleaner.forget('t')
    await this.#machine.boot.logs.delete(this.log)
  }

  #append(topic: BootModel): void {
    const { log } = this
    const producer = this.#random.below(2) === 0 ? topic.producers[this.#random.below(3)] : undefined
    const isTransactional = producer !== undefined && producer.id > 1
    const entries = Array.from({ length: 1 + this.#random.below(3) }, () => ({ key: `k${this.#random.below(KEYS)}`, value: `v${this.#count++}` }))
    const records = entries.map(({ key, value }) => ({ key: Buffer.from(key), value: Buffer.from(`${value} ${'.'.repeat(this.#random.below(60))}`), timestamp: this.#machine.now() }))
    const session = producer ? { producerId: producer.id, producerEpoch: 0, baseSequence: producer.sequence, isTransactional } : {}
    const bytes = encodeBatch({ records, ...session })
    const sent = Buffer.from(bytes)
    topic.send(entries, producer)
    const appended = log.append(bytes)
    this.#world.note(`append ${entries.map(({ key, value }) => `${key}=${value}`).join(' ')} of ${producer?.id ?? 'nobody'}: ${appended.error}${appended.error === 'NONE' ? ` at ${appended.baseOffset}` : ''}`)
    if (appended.error === 'KAFKA_STORAGE_ERROR') return // the machine died, or a flush had failed
    if (appended.error !== 'NONE') throw new Violation(`an append answers ${appended.error}: ${appended.message}`)
    topic.stored(entries, appended.baseOffset, { producer, isOpen: isTransactional })
    if (producer) {
      producer.sequence += entries.length
      producer.isOpen = isTransactional
      producer.last = { bytes: sent, baseOffset: appended.baseOffset, endOffset: log.endOffset }
    }
  }

  /** A record whose sender waits for the disk. */
  async #flush(topic: BootModel): Promise<void> {
    this.#append(topic)
    const { endOffset } = this.log
    await this.log.durable(endOffset)
    topic.flushed(endOffset)
    this.#world.note(`flushed up to ${endOffset}`)
  }

  /** What a machine said is durable must be there after a loss of power, though it died. */
  #claim(): void {
    if (this.#topic && this.#log?.topicId === this.#topic.topicId) this.#topic.flushed(this.#log.recoveryPoint)
  }

  #endTransaction(topic: BootModel): void {
    const producer = topic.producers.find(({ isOpen }) => isOpen)
    if (!producer) return
    const isAbort = this.#random.below(2) === 0
    const marker = encodeMarker({ producerId: producer.id, producerEpoch: 0, coordinatorEpoch: 0, isAbort, timestamp: this.#machine.now() })
    const appended = this.log.append(marker, { origin: 'coordinator' })
    this.#world.note(`end of ${producer.id}, ${isAbort ? 'abort' : 'commit'}: ${appended.error}`)
    if (appended.error === 'NONE') topic.ended(producer, isAbort, appended.baseOffset)
    else if (appended.error !== 'KAFKA_STORAGE_ERROR') throw new Violation(`a marker answers ${appended.error}`)
  }

  async #sweep(topic: BootModel): Promise<void> {
    const { startOffset, count } = this.log.expired(this.#machine.now())
    if (count > 0) topic.records.trimmed(startOffset)
    this.#world.note(`sweep: ${count} segments, up to ${startOffset}`)
    await this.#machine.boot.sweeps.sweep()
  }

  /** DeleteRecords, which topics that are compacted and nothing else refuse. */
  async #trim(topic: BootModel): Promise<void> {
    const { log } = this
    const offset = log.startOffset + this.#random.below(log.endOffset - log.startOffset + 1)
    this.#world.note(`delete up to ${offset}`)
    topic.records.trimmed(offset)
    log.trimTo(offset)
    const failure = await this.#machine.boot.sweeps.keepStarts([log])
    if (failure === undefined) topic.records.trimAcknowledged(offset)
  }

  /**
   * The disk gives up pages once, as Linux does; what was to be flushed is written again with the next flush, by this process or the next one of
   * this boot. It does not die before it has noted that: only it knows, and that window of one call is more than a log survives.
   */
  async #failedFlush(topic: BootModel): Promise<void> {
    this.#world.note('a flush will fail')
    this.#machine.spare()
    this.#machine.disk.fail({ call: 'flush', code: 'EIO', path: '.log', times: 1, dropsPages: true })
    await this.#flush(topic).catch((cause: unknown) => this.#world.note(`flush: ${cause instanceof Error ? cause.message : 'failed'}`))
    this.#machine.disk.heal()
  }

  /** The machine dies at one of the first calls that closing a segment makes. */
  #roll(): void {
    this.#machine.doom(4)
    this.#log?.roll()
  }

  async #check(topic: BootModel): Promise<void> {
    const problem = await lookUpProblem(this.log, topic.check(this.log), this.#random, 2)
    if (problem !== undefined) throw new Violation(problem)
  }

  /** A clean stop, after which the power may go or the machine restart. */
  async #again(): Promise<void> {
    this.#machine.spare()
    this.#world.note('stop')
    this.#claim()
    await this.#machine.stop()
    const dice = this.#random.below(3)
    if (dice === 0) await this.#start(this.#reboot('stop'))
    else if (dice === 1) await this.#start('stop')
    else await this.#powerless()
  }
  async #powerless(): Promise<void> {
    this.#world.note('the power goes')
    this.#machine.disk.crash('power')
    await this.#world.processDied()
    await this.#start('power')
  }
}
