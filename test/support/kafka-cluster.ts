/** Apache Kafka as three brokers on loopback, the first of them the controller too, formatted in a temporary folder. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { answersApiVersions } from './clients-frames.ts'
import { RunningProcess } from './clients-process.ts'
import { kafkaClassPath, QUICK_START, runJava } from './java.ts'
import { freePorts } from './kafka-peer.ts'

const IDS = [1, 2, 3]
const CLUSTER_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'

export class KafkaCluster {
  readonly #folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-cluster-'))
  readonly #processes = new Map<number, RunningProcess>()
  readonly #ports: readonly number[]

  private constructor(ports: readonly number[]) {
    this.#ports = ports
  }

  /** Racks a, b and c. */
  static async start(): Promise<KafkaCluster> {
    const [controller = 0, ...ports] = await freePorts(IDS.length + 1)
    const cluster = new KafkaCluster(ports)
    for (const id of IDS) {
      writeFileSync(cluster.#settings(id), cluster.#properties(id, controller))
      await runJava(await kafkaClassPath(), 'kafka.tools.StorageTool', ['format', '-t', CLUSTER_ID, '-c', cluster.#settings(id), '--ignore-formatted'])
    }
    await cluster.start(1)
    await Promise.all([cluster.start(2), cluster.start(3)])
    return cluster
  }

  port(id: number): number {
    return this.#ports[id - 1] ?? 0
  }

  async start(id: number): Promise<void> {
    const started = new RunningProcess('java', ['-Xmx320m', ...QUICK_START, '-cp', await kafkaClassPath(), 'kafka.Kafka', this.#settings(id)])
    this.#processes.set(id, started)
    while (!(await answersApiVersions(this.port(id)))) {
      if (started.exit) throw new Error(`broker ${id} of Apache Kafka ended at its start:\n${started.lines.slice(-20).join('\n')}`)
      await pause(50)
    }
  }

  /** Kafka's controlled shutdown. */
  async stop(id: number): Promise<void> {
    await this.#processes.get(id)?.end('SIGTERM')
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#processes.values()].map(each => each.end('SIGKILL')))
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #settings(id: number): string {
    return join(this.#folder, `broker-${id}.properties`)
  }

  #properties(id: number, controller: number): string {
    const isController = id === 1
    const properties: Record<string, string | number> = {
      'process.roles': isController ? 'broker,controller' : 'broker',
      'node.id': id,
      'broker.rack': 'abc'[id - 1] ?? '',
      'controller.quorum.voters': `1@127.0.0.1:${controller}`,
      listeners: [`PLAINTEXT://127.0.0.1:${this.port(id)}`, ...(isController ? [`CONTROLLER://127.0.0.1:${controller}`] : [])].join(','),
      'controller.listener.names': 'CONTROLLER',
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'log.dirs': join(this.#folder, `logs-${id}`),
      'auto.leader.rebalance.enable': 'false',
    }
    return Object.entries(properties).map(([name, value]) => `${name}=${value}\n`).join('')
  }
}
