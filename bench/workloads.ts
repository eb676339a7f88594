/** What is measured, one function a bench. A run whose records are not all there afterwards is void: it throws. */

import { setTimeout as pause } from 'node:timers/promises'
import { answersApiVersions } from '../test/support/clients-frames.ts'
import { createTopic, topicOffsets, withAdmin } from '../test/support/clients-kafkajs.ts'
import type { TestBroker } from '../test/support/clients-target.ts'
import { cpuSeconds, peakResidentBytes, residentBytes } from './process-cost.ts'
import { consumeLoad, librdkafkaVersion, produceLoad, type Summary } from './rdkafka-performance.ts'
import { replayedCount, replayLoad } from './replay.ts'
import type { Measurement } from './report.ts'
import { newDataFolder, type Target } from './targets.ts'

export type Scale = {
  readonly records: number
  readonly warmUpRecords: number
  readonly repetitions: number
  readonly starts: number
  /** How long a broker rests before its memory is read. */
  readonly idleMs: number
  /** What is stored before a restart is measured, and by the end of a steady load. */
  readonly restartBytes: number
  readonly storedBytes: number
  /** The log that is compacted. */
  readonly compactedBytes: number
}

const PARTITIONS = 6
const RECORD_BYTES = 100

/** Process exec to the first connection that answers ApiVersions, on a data folder that the first start made. */
export async function measureStart(targets: readonly Target[], scale: Scale): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const target of targets) {
    const folder = newDataFolder(target)
    const broker = await target.make(folder.path)
    await broker.start() // makes the folder, and gives the port that the next starts keep
    await broker.stop()
    const values: number[] = []
    while (values.length < scale.starts) {
      const before = performance.now()
      const started = broker.start()
      while (!(await answersApiVersions(broker.port))) await pause(1)
      values.push(performance.now() - Math.max(before, broker.process.startedAtMs))
      await started
      await broker.stop()
    }
    await broker.dispose()
    measurements.push({ ...facts('start: exec to first answer', target, 'bare socket'), unit: 'ms', isSmallerBetter: true, values })
  }
  return measurements
}

/** Resident memory of a broker that nobody talks to. */
export async function measureIdleMemory(targets: readonly Target[], scale: Scale): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const target of targets) {
    const folder = newDataFolder(target)
    const broker = await target.make(folder.path)
    await broker.start()
    await pause(scale.idleMs)
    const values = [residentBytes(broker.process.pid) / 1024 / 1024]
    await broker.dispose()
    measurements.push({ ...facts('idle memory: resident', target, 'none'), unit: 'MiB', isSmallerBetter: true, values })
  }
  return measurements
}

type Throughput = {
  readonly bench: string
  readonly client?: string
  run(address: string, topic: string, count: number): Promise<Summary>
  readonly isConsuming?: true
  /** Of the topic. */
  readonly configs?: Readonly<Record<string, string>>
  /** Records that a run for `count` moves, when it cannot stop there exactly. */
  readonly exactCount?: (count: number) => number
}

/** Records of 100 bytes over 6 partitions, acks=1, in batches of 8 KiB: the test that LinkedIn published in 2014. */
export const produceSmallBatches: Throughput = {
  bench: 'produce: 100 B, 6 partitions, acks=1, 8 KiB batches',
  run: (address, topic, count) => produceLoad({ address, topic, count, bytes: RECORD_BYTES, acks: 1, settings: { 'batch.size': 8192 } }),
}

/** The same in batches as large as librdkafka makes them by default: up to 10,000 records. Here the client is the limit. */
export const produceLargeBatches: Throughput = {
  bench: 'produce: 100 B, 6 partitions, acks=1, large batches',
  run: (address, topic, count) => produceLoad({ address, topic, count, bytes: RECORD_BYTES, acks: 1 }),
}

/** What clients of today do by default: acks=all and idempotent. */
export const produceIdempotent: Throughput = {
  bench: 'produce: 100 B, 6 partitions, acks=all, idempotent',
  run: (address, topic, count) => produceLoad({ address, topic, count, bytes: RECORD_BYTES, acks: -1, settings: { 'enable.idempotence': 'true' } }),
}

/** Acknowledged once the disk has it: Kafka flushes each batch by itself, here those who wait share a flush. */
export const produceDurable: Throughput = {
  bench: 'produce: 100 B, 6 partitions, acks=all, flush.messages=1',
  configs: { 'flush.messages': '1' },
  run: (address, topic, count) => produceLoad({ address, topic, count, bytes: RECORD_BYTES, acks: -1, settings: { 'batch.size': 8192 } }),
}

/** Batches made beforehand, so that nearly all of the machine is the broker's. */
export const produceReplayed: Throughput = {
  bench: 'produce: 100 B, 6 partitions, acks=1, batches made beforehand',
  client: 'bare socket, 20 requests in flight',
  run: (address, topic, count) => replayLoad({ address, topic, count, bytes: RECORD_BYTES, partitionCount: PARTITIONS }),
  exactCount: count => replayedCount(count, PARTITIONS),
}

/** From the page cache. Both brokers hold the same batches: a fast broker would get smaller ones from librdkafka, which cost a reader more. */
export const consumeInGroup: Throughput = {
  bench: 'consume: 100 B, 6 partitions, 8 KiB batches, one member',
  exactCount: count => replayedCount(count, PARTITIONS),
  run: (address, topic, count) => consumeLoad({ address, topic, group: `group-${topic}`, count }),
  isConsuming: true,
}

/** Each broker in turn, one warm-up and then the repetitions, each on a fresh topic; both stay up, so neither is measured cold. */
export async function measureThroughput(targets: readonly Target[], throughput: Throughput, scale: Scale): Promise<Measurement[]> {
  const client = throughput.client ?? `librdkafka ${await librdkafkaVersion()} rdkafka_performance`
  const runs: Repeated[] = []
  try {
    for (const target of targets) runs.push(await Repeated.start(target))
    for (const run of runs) await run.once(throughput, 'warm-up', scale.warmUpRecords)
    for (let repetition = 0; repetition < scale.repetitions; repetition++) {
      for (const run of runs) run.keep(await run.once(throughput, `bench-${repetition}`, scale.records))
    }
    return runs.map(run => ({
      ...facts(throughput.bench, run.target, client),
      unit: 'records/s',
      isSmallerBetter: false,
      values: run.rates,
      recordBytes: RECORD_BYTES,
      cpuSeconds: run.cpuSeconds,
      peakResidentBytes: peakResidentBytes(run.broker.process.pid),
    }))
  } finally {
    for (const run of runs) await run.dispose()
  }
}

type Once = { readonly rate: number; readonly cpuSeconds: number }

/** One broker through the repetitions of a bench. */
class Repeated {
  readonly target: Target
  readonly broker: TestBroker
  readonly rates: number[] = []
  readonly cpuSeconds: number[] = []
  readonly #removeFolder: () => void

  private constructor(target: Target, broker: TestBroker, removeFolder: () => void) {
    this.target = target
    this.broker = broker
    this.#removeFolder = removeFolder
  }

  static async start(target: Target): Promise<Repeated> {
    const folder = newDataFolder(target)
    const broker = await target.make(folder.path)
    await broker.start()
    return new Repeated(target, broker, folder.remove)
  }

  async once(throughput: Throughput, topic: string, records: number): Promise<Once> {
    const { address, process } = this.broker
    const count = throughput.exactCount?.(records) ?? records
    await createTopic(address, topic, PARTITIONS, throughput.configs)
    await topicOffsets(address, topic) // answers once every partition has its leader
    if (throughput.isConsuming) this.#verify(await replayLoad({ address, topic, count, bytes: RECORD_BYTES, partitionCount: PARTITIONS }), count)
    const cpuBefore = cpuSeconds(process.pid)
    const summary = await throughput.run(address, topic, count)
    const cpuUsed = cpuSeconds(process.pid) - cpuBefore
    this.#verify(summary, count)
    const offsets = await topicOffsets(address, topic)
    const stored = offsets.reduce((sum, { start, end }) => sum + end - start, 0)
    if (stored !== count || offsets.length !== PARTITIONS) throw new Error(`void: ${this.target.name} holds ${stored} of ${count} records in ${offsets.length} partitions`)
    await withAdmin(address, admin => admin.deleteTopics({ topics: [topic] }))
    return { rate: (summary.records / summary.elapsedMs) * 1000, cpuSeconds: (cpuUsed / count) * 1e6 }
  }

  keep(once: Once): void {
    this.rates.push(once.rate)
    this.cpuSeconds.push(once.cpuSeconds)
  }

  /** A clean stop first: a profiler writes its file at the exit. */
  async dispose(): Promise<void> {
    await this.broker.stop()
    await this.broker.dispose()
    this.#removeFolder()
  }

  #verify({ records, failed }: Summary, count: number): void {
    if (records !== count || failed > 0) throw new Error(`void: ${records} of ${count} records went through ${this.target.name}, ${failed} failed`)
  }
}

function facts(bench: string, target: Target, client: string): Pick<Measurement, 'bench' | 'target' | 'targetVersion' | 'client'> {
  return { bench, target: target.name, targetVersion: target.version, client }
}
