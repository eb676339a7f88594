/** A machine with a disk and the real broker on it, which is started, stopped, killed and deprived of power. */

import { Broker } from '../../core/broker/broker.ts'
import type { BrokerConfig } from '../../core/broker/broker-config.ts'
import { Catalog } from '../../core/catalog/catalog.ts'
import type { Logger } from '../../core/common/logger.ts'
import { MemoryDisk } from '../../core/common/memory-disk.ts'
import { readBuffers } from '../../core/log/read-buffers.ts'
import type { Ending } from './model.ts'
import { SimulatedNetwork } from './network.ts'
import { ProcessClock, type World } from './world.ts'

const FLUSH_MS_MAX = 8
const PORT = 9092

export class BrokerHost {
  readonly disk: MemoryDisk
  readonly network: SimulatedNetwork
  readonly #world: World
  readonly #config: Partial<BrokerConfig>
  #clock: ProcessClock
  #catalog: Catalog | undefined
  /** The catalog between starts. Its own crash safety is SQLite's business and is not simulated: it keeps what was committed. */
  #image: Buffer | undefined
  #broker: Broker | undefined
  #isServing = false
  /** How the last boot ended. */
  ending: Ending = 'stop'
  boot = 0
  /** Called in the turn a partition becomes ready, before any client can reach it. */
  onReady: (topic: string, partition: number) => void = () => {}
  /** Called before a boot ends, to look at what it claims. */
  onEnd: (ending: Ending) => void = () => {}

  /** Whether every acknowledgement waits for the disk. */
  readonly hasDurableAcks: boolean

  constructor(world: World, config: Partial<BrokerConfig> = {}) {
    const random = world.fork()
    this.hasDurableAcks = random.below(4) === 0
    this.#world = world
    this.#config = { offsetsTopicPartitions: 2, transactionTopicPartitions: 2, ...config }
    this.#clock = new ProcessClock(world.clock)
    this.network = new SimulatedNetwork(world.clock, world.fork())
    this.disk = new MemoryDisk({
      seed: random.below(0x7fffffff),
      names: random.below(3) === 0 ? 'strict' : 'journal',
      pause: () => new Promise(resolve => void this.#clock.after(random.below(FLUSH_MS_MAX), resolve)),
    })
  }

  get broker(): Broker | undefined {
    return this.#broker
  }

  /** Between a start and what ends it. */
  get isServing(): boolean {
    return this.#isServing
  }

  async start(): Promise<void> {
    this.boot++
    if (this.boot === 1) await this.#prepareMachine()
    this.#clock = new ProcessClock(this.#world.clock)
    this.#catalog = Catalog.open({ file: this.#image ?? ':memory:', disk: this.disk })
    const broker = await Broker.start({
      dataFolder: '/data',
      listeners: [{ hosts: ['127.0.0.1'], port: PORT, advertisedHost: '127.0.0.1' }],
      config: this.#config,
      disk: this.disk.session(),
      clock: this.#clock,
      random: this.#world.fork(),
      logger: this.#logger(this.boot),
      processId: null,
      catalog: this.#catalog,
      bind: this.network.bind,
      durableAcks: this.hasDurableAcks,
    })
    this.#broker = broker
    this.#isServing = true
    this.#world.note(`boot ${this.boot} listens, after ${this.ending}`)
    broker.taps.subscribe(event => {
      if (event.is !== 'partition-state' || broker !== this.#broker) return
      this.#world.note(`${event.topic}-${event.partition} is ${broker.topics.partition(event.topic, event.partition)?.state.is ?? 'gone'}`)
      try {
        this.onReady(event.topic, event.partition)
      } catch (cause) {
        this.#world.fail(cause)
      }
    })
  }

  /** The data folder is there before the first start; where it is made by it, its name may be lost with the power. */
  async #prepareMachine(): Promise<void> {
    this.disk.makeFolderNow('/data')
    await this.disk.flushFolder('/')
  }

  /** A clean stop, after which nothing may be left. */
  async stop(): Promise<void> {
    this.#world.note('stop')
    this.onEnd('stop')
    this.#isServing = false
    const broker = this.#broker
    const catalog = this.#catalog
    // What is committed later, while it stops, is lost to the next start: nothing commits once its listeners are gone.
    const closing = catalog?.close.bind(catalog)
    if (catalog && closing) catalog.close = () => (this.#image = catalog.image(), closing())
    await broker?.stop()
    this.#broker = undefined
    this.ending = 'stop'
    const left = { files: this.disk.openFiles, timers: this.#clock.pendingCount, buffers: readBuffers.bytesInUse, parked: broker?.parts.parked.count, connections: broker?.connectionCount }
    if (Object.values(left).some(count => count !== 0)) throw new Error(`a stop leaves something behind: ${JSON.stringify(left)}`)
    this.network.crash()
  }

  async crash(kind: 'process' | 'power'): Promise<void> {
    this.#world.note(`crash: ${kind}`)
    this.onEnd(kind)
    this.#isServing = false
    this.#broker = undefined
    this.ending = kind
    this.#image = this.#catalog?.image() ?? this.#image
    this.#catalog?.close()
    this.#catalog = undefined
    this.network.crash()
    this.#clock.kill()
    this.disk.crash(kind)
    await this.#world.processDied()
  }

  /** A bug that the broker contains is a failure of the life all the same. */
  #logger(boot: number): Logger {
    const at = (level: string) => (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      if (boot !== this.boot || !this.#catalog) return
      const cause = fields['cause'] ?? fields['failure']
      const shown = cause instanceof Error ? ` ${cause.message}` : ''
      this.#world.note(`${level} ${message} ${JSON.stringify(Object.fromEntries(Object.entries(fields).filter(([, value]) => typeof value !== 'object')))}${shown}`)
      if (/fault of the broker/.test(message)) this.#world.fail(new Error(message, { cause }))
    }
    return { debug: () => {}, info: at('info'), warn: at('warn'), error: at('error') }
  }
}
