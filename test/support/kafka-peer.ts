/** Apache Kafka itself as the broker under test: one KRaft node, formatted in a temporary folder, on loopback and free ports. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { answersApiVersions } from './clients-frames.ts'
import { RunningProcess } from './clients-process.ts'
import { kafkaClassPath, runJava } from './java.ts'

/** The heap and collector of Kafka's own start script. */
const KAFKA_JVM = ['-Xmx1G', '-Xms1G', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', '-XX:InitiatingHeapOccupancyPercent=35', '-XX:+ExplicitGCInvokesConcurrent']
const CLUSTER_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

export type KafkaPeerOptions = {
  /** Lines of server.properties, over those below. */
  readonly properties?: Readonly<Record<string, string>>
  readonly dataFolder?: string
  /** Prepended to the command: `taskset -c 0`. */
  readonly prefix?: readonly string[]
}

export class KafkaPeer {
  readonly kind = 'kafka'
  readonly port: number
  readonly dataFolder: string
  readonly #options: KafkaPeerOptions
  readonly #settings: string
  #process: RunningProcess | undefined

  private constructor(options: KafkaPeerOptions, dataFolder: string, port: number, controllerPort: number) {
    this.#options = options
    this.dataFolder = dataFolder
    this.port = port
    this.#settings = join(dataFolder, 'server.properties')
    mkdirSync(dataFolder, { recursive: true })
    writeFileSync(this.#settings, serverProperties(dataFolder, port, controllerPort, options.properties ?? {}))
  }

  static async start(options: KafkaPeerOptions = {}): Promise<KafkaPeer> {
    const peer = await KafkaPeer.format(options)
    await peer.start()
    return peer
  }

  /** A node with its ports and its formatted folder, not started. */
  static async format(options: KafkaPeerOptions = {}): Promise<KafkaPeer> {
    const [port = 0, controllerPort = 0] = await freePorts(2)
    const peer = new KafkaPeer(options, options.dataFolder ?? mkdtempSync(join(tmpdir(), 'millrace-kafka-')), port, controllerPort)
    await runJava(await kafkaClassPath(), 'kafka.tools.StorageTool', ['format', '-t', CLUSTER_ID, '-c', peer.#settings, '--ignore-formatted'])
    return peer
  }

  get host(): string {
    return '127.0.0.1'
  }

  get address(): string {
    return `${this.host}:${this.port}`
  }

  get process(): RunningProcess {
    if (!this.#process) throw new Error('the Kafka peer is not running')
    return this.#process
  }

  /** Starts the node, again if need be, and waits until it answers. */
  async start(): Promise<void> {
    const command = [...(this.#options.prefix ?? []), 'java', ...KAFKA_JVM, '-cp', await kafkaClassPath(), 'kafka.Kafka', this.#settings]
    this.#process = new RunningProcess(command[0] ?? 'java', command.slice(1))
    while (!(await answersApiVersions(this.port))) {
      if (this.#process.exit) throw new Error(`Apache Kafka ended at its start:\n${this.#process.lines.slice(-20).join('\n')}`)
      await pause(20)
    }
  }

  partitionFolder(topic: string, partition: number): string {
    return join(this.dataFolder, 'logs', `${topic}-${partition}`)
  }

  async stop(): Promise<number | null> {
    return this.process.end('SIGTERM')
  }

  async kill(): Promise<void> {
    await this.process.end('SIGKILL')
  }

  /** Ends the node and removes what it wrote. */
  async dispose(): Promise<void> {
    await this.#process?.end('SIGKILL')
    rmSync(this.dataFolder, { recursive: true, force: true })
  }
}

function serverProperties(dataFolder: string, port: number, controllerPort: number, overrides: Readonly<Record<string, string>>): string {
  const properties: Record<string, string | number> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(dataFolder, 'logs'),
    'num.partitions': 1,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    ...overrides,
  }
  return Object.entries(properties).map(([name, value]) => `${name}=${value}\n`).join('')
}

/** Ports that nothing listened on a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => {
    const { promise, resolve, reject } = Promise.withResolvers<ReturnType<typeof createServer>>()
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(server))
    return promise
  }))
  const ports = servers.map(server => {
    const address = server.address()
    return typeof address === 'object' && address ? address.port : 0
  })
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}
