/** One script of requests to three brokers of which some stop and start, told in lines: two clusters that behave alike tell the same. */

import { setTimeout as pause } from 'node:timers/promises'
import { ask, RawConnection } from './clients-frames.ts'
import {
  alterPartitionReassignments, createTopics, describeCluster, electLeaders, fetch, listPartitionReassignments, metadata, produce,
} from '../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../core/protocol/errors.ts'
import type { Api, RequestToSend, ResponseReceived } from '../../core/protocol/schema.ts'
import { ZERO_UUID } from '../../core/protocol/wire.ts'
import { encodeBatch } from '../../core/records/record-batch.ts'

/** Brokers 1 to 3, of which the first stays up. */
export type ClusterUnderTest = { port(id: number): number; start(id: number): Promise<void>; stop(id: number): Promise<void> }

const TOPICS = { alone: [2], orders: [2, 3], pair: [3, 2] } as const
type Topic = keyof typeof TOPICS

const errorNames = new Map<number, string>(Object.entries(kafkaErrors).map(([name, code]) => [code, name]))
const nameOf = (code: number | undefined): string => errorNames.get(code ?? Number.NaN) ?? String(code)

/** What it came to, a line for each step. */
export async function tellCluster(cluster: ClusterUnderTest): Promise<string[]> {
  const script = new ClusterScript(cluster)
  await script.run()
  return script.lines
}

class ClusterScript {
  readonly lines: string[] = []
  readonly #cluster: ClusterUnderTest
  readonly #topicIds = new Map<string, string>()

  constructor(cluster: ClusterUnderTest) {
    this.#cluster = cluster
  }

  async run(): Promise<void> {
    await this.#create()
    await this.#wrongBroker()
    await this.#oneDown()
    await this.#moves()
    await this.#allDown()
  }

  async #create(): Promise<void> {
    const topics = Object.entries(TOPICS).map(([name, ids]) =>
      ({ name, numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: [...ids] }], configs: [] }))
    const made = await this.#on(1, createTopics, 7, { topics, timeoutMs: 10_000, validateOnly: false })
    for (const { name, topicId } of made.topics) this.#topicIds.set(name, topicId)
    await this.#state('made', { orders: '2 e0 of 2,3', pair: '3 e0 of 3,2' })
    // A broker of Kafka's learns a little later that it leads.
    while ((await this.#produce(2, 'orders', 1)) !== 'NONE') await pause(20)
    while ((await this.#produce(3, 'pair', 1)) !== 'NONE') await pause(20)
    while ((await this.#produce(2, 'alone', 1)) !== 'NONE') await pause(20)
  }

  async #wrongBroker(): Promise<void> {
    for (const [node, version] of [[3, 11], [1, 11], [1, 9]] as const) this.#say(`produce v${version} at ${node}`, await this.#produce(node, 'orders', -1, version))
    for (const [node, version] of [[1, 16], [1, 15], [3, 10]] as const) this.#say(`fetch v${version} at ${node}`, await this.#fetch(node, 'orders', { version }))
    for (const node of [2, 3]) this.#say(`fetch at ${node}`, (await this.#fetch(node, 'orders')).split(' ')[0] ?? '')
    this.#say('fetch of an epoch to come', await this.#fetch(2, 'orders', { epoch: 1 }))
  }

  async #oneDown(): Promise<void> {
    await this.#cluster.stop(2)
    await this.#state('2 is down', { orders: '3 e1 of 2,3 isr 3', alone: '-1 e1' })
    while ((await this.#produce(3, 'orders', -1)) !== 'NONE') await pause(20)
    this.#say('produce to no leader', await this.#produce(1, 'alone', 1))
    this.#say('fetch from no leader', await this.#fetch(1, 'alone'))
    this.#say('fetch of the epoch before', await this.#fetch(3, 'orders', { epoch: 0 }))
    for (const includeFencedBrokers of [false, true]) {
      const { brokers } = await this.#on(1, describeCluster, 2, { includeFencedBrokers })
      this.#say('brokers', brokers.map(({ brokerId, rack, isFenced }) => `${brokerId} ${rack} ${isFenced}`).join(', '))
    }
    await this.#elect(0, { orders: [0, 5], pair: [0], nothing: [0] })
    await this.#elect(1, { alone: [0], orders: [0] })
  }

  async #moves(): Promise<void> {
    await this.#move('pair', [2, 1])
    await this.#state('pair is at 2 and 1, of which 2 is down', { pair: '1 e1 of 2,1 isr 1' })
    await this.#move('orders', [1, 2])
    await this.#state('orders is at 1 and 2, of which 2 is down', { orders: '1 e2 of 1,2 isr 1' })
    for (const replicas of [[], [7], [1, 1]]) await this.#move('orders', replicas)
    await this.#move('orders', [1, 2, 3], false)
    await this.#move('orders', null)
    await this.#cluster.start(2)
    await this.#state('2 is back', { orders: '1 e2 of 1,2 isr 1,2', pair: '1 e1 of 2,1 isr 1,2', alone: '2 e2' })
    await this.#move('orders', [2, 3])
    await this.#move('pair', [3, 2])
    await this.#state('all is where it was', { orders: '2 e3 of 2,3 isr 2,3', pair: '3 e2 of 3,2 isr 2,3' })
    await this.#under('moves under way')
  }

  async #allDown(): Promise<void> {
    await this.#cluster.stop(3)
    await this.#state('3 is down', { orders: '2 e3 of 2,3 isr 2', pair: '2 e3 of 3,2 isr 2' })
    await this.#cluster.stop(2)
    await this.#state('2 and 3 are down', { orders: '-1 e4', pair: '-1 e4', alone: '-1 e3' })
    await this.#cluster.start(3)
    await this.#state('3 is back, and lacks records', { orders: '-1 e4 of 2,3', pair: '-1 e4 of 3,2', offline: 'offline 2,offline 2,offline 2' })
    await this.#elect(0, { orders: [0], alone: [0] })
    await this.#elect(1, { orders: [0], alone: [0] })
    await this.#state('orders has an unclean leader', { orders: '3 e5 of 2,3 isr 3' })
    await this.#cluster.start(2)
    await this.#state('all are up', { orders: '3 e5 of 2,3 isr 2,3', pair: '2 e5 of 3,2 isr 2,3', alone: '2 e4' })
  }

  #say(what: string, came: string): void {
    this.lines.push(`${what}: ${came}`)
  }

  /** Tells how the topics stand, once they do so as expected; after a while as they are. */
  async #state(what: string, expected: Partial<Record<Topic | 'offline', string>>): Promise<void> {
    let told: Record<string, string> = {}
    for (let tries = 0; tries < 600; tries++) {
      const { topics } = await this.#on(1, metadata, 12, { topics: Object.keys(TOPICS).map(name => ({ topicId: ZERO_UUID, name })), allowAutoTopicCreation: false })
      told = Object.fromEntries(topics.flatMap(({ name, partitions: [at] }) => at ? [[name ?? '', standing(at)]] : []))
      const offline = topics.map(({ partitions: [at] }) => `offline ${at?.offlineReplicas.toSorted().join(',')}`).join(',')
      const isThere = Object.entries(expected).every(([name, words]) => (name === 'offline' ? offline === words : told[name]?.includes(words)))
      if (isThere) break
      await pause(50)
    }
    for (const name of Object.keys(TOPICS)) this.#say(`${what}, ${name}`, told[name] ?? 'missing')
  }

  async #produce(node: number, topic: Topic, acks: number, version = 11): Promise<string> {
    const records = encodeBatch({ records: [{ key: null, value: Buffer.from('a'), timestamp: Date.now() }] })
    const answer = await this.#on(node, produce, version, { transactionalId: null, acks, timeoutMs: 5000, topicData: [{ name: topic, topicId: ZERO_UUID, partitionData: [{ index: 0, records }] }] })
    const at = answer.responses[0]?.partitionResponses[0]
    return at?.errorCode === 0 ? 'NONE' : `${nameOf(at?.errorCode)} ${at?.errorMessage} ${this.#hint(at?.currentLeader, answer.nodeEndpoints)}`
  }

  async #fetch(node: number, topic: Topic, { version = 16, epoch = -1 } = {}): Promise<string> {
    const partitions = [{ partition: 0, fetchOffset: 0, currentLeaderEpoch: epoch, partitionMaxBytes: 100_000 }]
    const answer = await this.#on(node, fetch, version, { maxWaitMs: 0, minBytes: 1, maxBytes: 100_000, topics: [{ topic, topicId: this.#topicIds.get(topic) ?? ZERO_UUID, partitions }] })
    const at = answer.responses[0]?.partitions[0]
    return `${nameOf(at?.errorCode)} ${this.#hint(at?.currentLeader, answer.nodeEndpoints)}`
  }

  #hint(leader: { leaderId: number; leaderEpoch: number } | undefined, endpoints: readonly { nodeId: number; port: number; rack: string | null }[] | undefined): string {
    const places = (endpoints ?? []).map(({ nodeId, port, rack }) => `${nodeId} ${rack} ${port === this.#cluster.port(nodeId)}`)
    return `led by ${leader?.leaderId} e${leader?.leaderEpoch} [${places.join(', ')}]`
  }

  async #elect(electionType: number, wanted: Readonly<Record<string, number[]>>): Promise<void> {
    const topicPartitions = Object.entries(wanted).map(([topic, partitions]) => ({ topic, partitions }))
    const { errorCode, replicaElectionResults } = await this.#on(1, electLeaders, 2, { electionType, topicPartitions, timeoutMs: 5000 })
    this.#say(`election ${electionType}`, nameOf(errorCode))
    for (const { topic, partitionResult } of replicaElectionResults) {
      for (const { partitionId, errorCode: code, errorMessage } of partitionResult) this.#say(`election ${electionType} of ${topic}-${partitionId}`, `${nameOf(code)} ${errorMessage}`)
    }
  }

  async #move(name: Topic, replicas: number[] | null, allowReplicationFactorChange = true): Promise<void> {
    const { responses } = await this.#on(1, alterPartitionReassignments, 1, { timeoutMs: 5000, allowReplicationFactorChange, topics: [{ name, partitions: [{ partitionIndex: 0, replicas }] }] })
    const at = responses[0]?.partitions[0]
    this.#say(`move ${name} to ${replicas?.join(',') ?? 'where it was'}`, `${nameOf(at?.errorCode)} ${at?.errorMessage}`)
  }

  async #under(what: string): Promise<void> {
    const { topics } = await this.#on(1, listPartitionReassignments, 0, { timeoutMs: 5000, topics: null })
    this.#say(what, topics.map(({ name }) => name).join(', ') || 'none')
  }

  async #on<A extends Api>(node: number, api: A, version: number, request: RequestToSend<A>): Promise<ResponseReceived<A>> {
    const connection = await RawConnection.open(this.#cluster.port(node))
    try {
      return await ask(connection, api, version, request)
    } finally {
      connection.close()
    }
  }
}

type Described = ResponseReceived<typeof metadata>['topics'][number]['partitions'][number]

/** Without the in-sync set of what nobody leads: Kafka keeps who may lead in another place then (KIP-966). */
function standing({ errorCode, leaderId, leaderEpoch, replicaNodes, isrNodes, offlineReplicas }: Described): string {
  const inSync = leaderId < 0 ? '' : ` isr ${isrNodes.join(',')}`
  return `${nameOf(errorCode)} ${leaderId} e${leaderEpoch} of ${replicaNodes.join(',')}${inSync} offline ${offlineReplicas.toSorted().join(',')}`
}
