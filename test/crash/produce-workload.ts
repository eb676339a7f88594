/** Several producers at once: idempotent and plain, of libraries and raw ones with five requests in flight, over topics whose segments roll soon. */

import type { Random } from '../../core/common/random.ts'
import { createTopics } from '../../core/protocol/apis/index.ts'
import { ask, RawConnection } from '../support/clients-frames.ts'
import { codecs } from '../support/clients-records.ts'
import { ClientProducer, openKafkajs, openPlatformatic } from './client-producers.ts'
import type { Journal, Line } from './journal.ts'
import { PartitionCheck } from './partition-check.ts'
import { RawProducer, type RawProducerKind } from './raw-producer.ts'
import type { Address, Workload } from './workload.ts'

const SMALL_SEGMENTS = { 'segment.bytes': '1048576' }
const topics: readonly { readonly name: string; readonly partitions: number; readonly configs: Readonly<Record<string, string>> }[] = [
  { name: 'crash-plain', partitions: 2, configs: SMALL_SEGMENTS },
  { name: 'crash-append-time', partitions: 1, configs: { ...SMALL_SEGMENTS, 'message.timestamp.type': 'LogAppendTime' } },
  { name: 'crash-recompressed', partitions: 1, configs: { ...SMALL_SEGMENTS, 'compression.type': 'zstd' } },
  { name: 'crash-flushed', partitions: 1, configs: { ...SMALL_SEGMENTS, 'flush.messages': '200' } },
  { name: 'crash-clients', partitions: 2, configs: SMALL_SEGMENTS },
]

const small = { codecs: ['none', 'lz4'], recordsMax: 20, valueBytesMax: 300 } as const
const large = { codecs, recordsMax: 150, valueBytesMax: 4000 } as const
const rawProducers: readonly { readonly name: string; readonly topics: readonly string[]; readonly kind: RawProducerKind }[] = [
  { name: 'idempotent', topics: ['crash-plain', 'crash-append-time', 'crash-flushed'], kind: { ...small, acks: -1, isIdempotent: true, inFlightMax: 5 } },
  { name: 'idempotent-large', topics: ['crash-plain', 'crash-recompressed'], kind: { ...large, acks: -1, isIdempotent: true, inFlightMax: 5 } },
  { name: 'plain', topics: ['crash-plain', 'crash-append-time'], kind: { ...small, acks: 1, isIdempotent: false, inFlightMax: 5 } },
  { name: 'plain-ordered', topics: ['crash-recompressed', 'crash-append-time', 'crash-flushed'], kind: { ...large, acks: -1, isIdempotent: false, inFlightMax: 1 } },
]

export class ProduceWorkload implements Workload {
  readonly #address: Address
  readonly #journal: Journal
  readonly #random: Random
  readonly #checks: readonly PartitionCheck[]
  #producers: readonly (RawProducer | ClientProducer)[] = []

  constructor(o: { address: Address; journal: Journal; random: Random }) {
    this.#address = o.address
    this.#journal = o.journal
    this.#random = o.random
    this.#checks = topics.flatMap(({ name, partitions }) => indexes(partitions).map(partition => new PartitionCheck({ ...o, topic: name, partition })))
  }

  get recordCount(): number {
    return this.#checks.reduce((sum, check) => sum + check.recordCount, 0)
  }

  async prepare(): Promise<void> {
    const connection = await RawConnection.open(this.#address.port, this.#address.host)
    const wanted = topics.map(({ name, partitions, configs }) => ({
      name,
      numPartitions: partitions,
      replicationFactor: 1,
      assignments: [],
      configs: Object.entries(configs).map(([config, value]) => ({ name: config, value })),
    }))
    const answer = await ask(connection, createTopics, 5, { topics: wanted })
    connection.close()
    const refused = answer.topics.find(topic => topic.errorCode !== 0)
    if (refused) throw new Error(`${refused.name} could not be created: ${refused.errorMessage}`)
    this.#producers = [...rawProducers.map(producer => this.#rawProducer(producer)), ...this.#clientProducers()]
  }

  #rawProducer({ name, topics: names, kind }: (typeof rawProducers)[number]): RawProducer {
    const isOrdered = kind.isIdempotent || kind.inFlightMax === 1
    const lines = names.flatMap(topic => this.#linesOf(topic, { producer: name, isOnce: kind.isIdempotent, isOrdered }))
    return new RawProducer({ address: this.#address, kind, lines, journal: this.#journal, random: this.#random })
  }

  #clientProducers(): ClientProducer[] {
    const shared = { journal: this.#journal, random: this.#random }
    const kafkajs = this.#linesOf('crash-clients', { producer: 'kafkajs', isOnce: true, isOrdered: true })
    const platformatic = this.#linesOf('crash-clients', { producer: 'platformatic', isOnce: false, isOrdered: true })
    return [
      new ClientProducer({ ...shared, lines: kafkajs, open: () => openKafkajs(this.#address) }),
      new ClientProducer({ ...shared, lines: platformatic, open: () => openPlatformatic(this.#address) }),
    ]
  }

  #linesOf(topic: string, line: Pick<Line, 'producer' | 'isOnce' | 'isOrdered'>): Line[] {
    const partitions = topics.find(({ name }) => name === topic)?.partitions ?? 0
    return indexes(partitions).map(partition => this.#journal.line({ ...line, topic, partition }))
  }

  resume(): void {
    for (const producer of this.#producers) producer.resume()
  }

  async pause(): Promise<void> {
    await Promise.all(this.#producers.map(producer => producer.pause()))
  }

  async check(isWhole: boolean): Promise<readonly string[]> {
    const connection = await RawConnection.open(this.#address.port, this.#address.host)
    try {
      const findings: string[] = []
      for (const check of this.#checks) findings.push(...(await check.check(connection, isWhole)))
      return findings
    } finally {
      connection.close()
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#producers.map(producer => producer.stop()))
  }
}

function indexes(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at)
}
