/** Apache Kafka's command line tools, one after the other in one JVM (ToolHost.java): each is asked by its class, as its script does. */

import { javaClientClassPath } from './clients-java.ts'
import { RunningProcess } from './clients-process.ts'
import { kafkaClassPath, QUICK_START } from './java.ts'

/** The scripts in Kafka's bin folder, and the class that each runs. */
const CLASSES = {
  'kafka-acls': 'org.apache.kafka.tools.AclCommand',
  'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  'kafka-cluster': 'org.apache.kafka.tools.ClusterTool',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-consumer-perf-test': 'org.apache.kafka.tools.ConsumerPerformance',
  'kafka-delegation-tokens': 'org.apache.kafka.tools.DelegationTokenCommand',
  'kafka-delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'kafka-features': 'org.apache.kafka.tools.FeatureCommand',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-groups': 'org.apache.kafka.tools.GroupsCommand',
  'kafka-leader-election': 'org.apache.kafka.tools.LeaderElectionCommand',
  'kafka-log-dirs': 'org.apache.kafka.tools.LogDirsCommand',
  'kafka-metadata-quorum': 'org.apache.kafka.tools.MetadataQuorumCommand',
  'kafka-producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  'kafka-reassign-partitions': 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-transactions': 'org.apache.kafka.tools.TransactionsCommand',
  'kafka-verifiable-consumer': 'org.apache.kafka.tools.VerifiableConsumer',
} as const

export type KafkaTool = keyof typeof CLASSES

export type ToolRun = { readonly code: number; readonly stdout: string; readonly stderr: string }

export class KafkaTools {
  readonly #host: RunningProcess
  #queue: Promise<unknown> = Promise.resolve()

  private constructor(host: RunningProcess) {
    this.#host = host
  }

  /** What `start` needs, fetched and compiled. */
  static async classPath(): Promise<string> {
    return `${await kafkaClassPath()}:${await javaClientClassPath()}`
  }

  static async start(): Promise<KafkaTools> {
    return new KafkaTools(new RunningProcess('java', ['-Xmx256m', ...QUICK_START, '-cp', await KafkaTools.classPath(), 'millrace.ToolHost'], { hasInput: true }))
  }

  /** Runs a tool to its end, after those that were asked for before. Rejects when its exit code is not among `codes`, 0 unless told. */
  run(tool: KafkaTool, args: readonly string[], options: { readonly input?: string; readonly codes?: readonly number[] } = {}): Promise<ToolRun> {
    const running = this.#queue.then(() => this.#run(tool, args, options))
    this.#queue = running.catch(() => undefined)
    return running
  }

  async #run(tool: KafkaTool, args: readonly string[], { input = '', codes = [0] }: { readonly input?: string; readonly codes?: readonly number[] }): Promise<ToolRun> {
    const before = this.#host.stdout.length
    this.#host.tell([input, CLASSES[tool], ...args].map(text => Buffer.from(text).toString('base64')).join(' '))
    const line = await this.#host.waitFor(`end of ${tool} ${args.join(' ')}`, () => this.#host.stdout.slice(before).find(text => text.startsWith('ran ')), 120_000)
    const [, code, stdout = '', stderr = ''] = line.split(' ')
    const ran = { code: Number(code), stdout: decoded(stdout), stderr: decoded(stderr) }
    if (!codes.includes(ran.code)) throw new Error(`${tool} ${args.join(' ')} ended with ${ran.code}:\n${ran.stderr}\n${ran.stdout}`)
    return ran
  }

  async end(): Promise<void> {
    await this.#host.end('SIGKILL')
  }
}

function decoded(field: string): string {
  return Buffer.from(field.slice(1), 'base64').toString()
}
