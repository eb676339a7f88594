/** What the log itself costs: appends without a network, restarts with gigabytes stored, thousands of partitions, a steady load for long. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../core/common/clock.ts'
import { silentLogger } from '../core/common/logger.ts'
import { nodeDisk } from '../core/common/node-disk.ts'
import { PartitionLog } from '../core/log/partition-log.ts'
import { defaultLogConfig } from '../core/log/log-config.ts'
import { createTopics, listOffsets, metadata } from '../core/protocol/apis/index.ts'
import { encodeBatch } from '../core/records/encode-batch.ts'
import { ask, RawConnection } from '../test/support/clients-frames.ts'
import { createTopic } from '../test/support/clients-kafkajs.ts'
import { packageVersion } from '../test/support/clients-tools.ts'
import { pacedLoad, percentile } from './paced-load.ts'
import { residentBytes } from './process-cost.ts'
import type { Measurement } from './report.ts'
import { newDataFolder, type Target } from './targets.ts'
import type { Scale } from './workloads.ts'

const GB = 1e9
const MB = 1e6
const BATCH_BYTES = 64 * 1024

/** About `bytes` long, with records of 1 KiB that do not compress. */
export function batchOf(bytes: number): Buffer {
  const value = Buffer.from(Array.from({ length: 1000 }, (_, at) => (at * 7919) % 251))
  const count = Math.floor((bytes - 61) / (value.length + 16))
  return encodeBatch({ records: Array.from({ length: count }, () => ({ key: null, value, timestamp: Date.now() })) })
}

/** The append path alone, in this process: check, assign, write into the page cache. */
export async function measureAppend(_targets: readonly Target[], scale: Scale): Promise<Measurement[]> {
  const values: number[] = []
  for (let repetition = 0; repetition <= scale.repetitions; repetition++) {
    const rate = await withLog(async log => appendFor(log, 2 * GB, Infinity).then(({ seconds }) => 2 * GB / MB / seconds))
    if (repetition > 0) values.push(rate)
  }
  return [ours({ bench: 'append: 64 KiB batches, no network', client: 'in process', unit: 'MB/s', isSmallerBetter: false, values })]
}

/** 200 MB/s offered to the log itself from nothing to 20 GB: the longest any append took. */
export async function measureWriteCalls(_targets: readonly Target[], scale: Scale): Promise<Measurement[]> {
  const bytes = scale.storedBytes
  const { longestMs } = await withLog(log => appendFor(log, bytes, 200 * MB))
  return [ours({ bench: `longest append: 64 KiB batches at 200 MB/s up to ${bytes / GB} GB`, client: 'in process', unit: 'ms', isSmallerBetter: true, values: [longestMs] })]
}

async function withLog<T>(run: (log: PartitionLog) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-append-'))
  const log = await PartitionLog.open({
    disk: nodeDisk, clock: systemClock, folder: join(folder, 'bench-0'), topic: 'bench', partition: 0, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
    config: defaultLogConfig, isClean: true, logger: silentLogger,
  })
  try {
    return await run(log)
  } finally {
    await log.abandon()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function appendFor(log: PartitionLog, bytes: number, bytesPerSecond: number): Promise<{ seconds: number; longestMs: number }> {
  const batch = batchOf(BATCH_BYTES)
  const startedAt = performance.now()
  let longestMs = 0
  for (let stored = 0; stored < bytes; stored += batch.length) {
    batch.writeBigInt64BE(0n, 0) // a client's base offset
    const before = performance.now()
    if (bytesPerSecond < Infinity && (before - startedAt) / 1000 < stored / bytesPerSecond) await pause(1)
    const at = performance.now()
    const appended = log.append(batch)
    longestMs = Math.max(longestMs, performance.now() - at)
    if (appended.error !== 'NONE') throw new Error(`void: ${appended.error}`)
    if ((stored / batch.length) % 256 === 0) await pause(0) // as a server returns to its event loop
  }
  return { seconds: (performance.now() - startedAt) / 1000, longestMs }
}

/** Gigabytes in segments of 1 GiB, one partition; exec to the first answer that knows its end, after kill -9 and after SIGTERM. */
export async function measureRestart(targets: readonly Target[], scale: Scale): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const [how, end] of [['kill -9', 'SIGKILL'], ['SIGTERM', 'SIGTERM']] as const) {
    for (const target of targets) {
      const folder = newDataFolder(target)
      const broker = await target.make(folder.path)
      await broker.start()
      await createTopic(broker.address, 'stored', 1)
      const batch = batchOf(BATCH_BYTES)
      const count = Math.ceil(scale.restartBytes / batch.length)
      await pacedLoad({ address: broker.address, topic: 'stored', partitionCount: 1, records: batch, requestsPerSecond: 4000, answered: (_, done) => done >= count })
      await broker.process.end(end)
      const started = broker.start()
      await firstEndOffset(broker.port, 'stored')
      const values = [performance.now() - broker.process.startedAtMs]
      await started
      await broker.dispose()
      folder.remove()
      measurements.push({ bench: `restart: ${scale.restartBytes / GB} GB stored, after ${how}, to the first answer of the partition`, ...facts(target), client: 'bare socket', unit: 'ms', isSmallerBetter: true, values })
    }
  }
  return measurements
}

/** Asks until something listens and the partition's leader knows where its log ends. */
async function firstEndOffset(port: number, topic: string): Promise<void> {
  for (;;) {
    const connection = await RawConnection.open(port).catch(() => undefined)
    try {
      const answer = connection && await ask(connection, listOffsets, 7, { replicaId: -1, isolationLevel: 0, topics: [{ name: topic, partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1n }] }] })
      const found = answer?.topics[0]?.partitions[0]
      if (found?.errorCode === 0 && found.offset > 0) return
    } catch {
      // Closed while it starts.
    } finally {
      connection?.close()
    }
    await pause(1)
  }
}

const TOPICS = 50
const PARTITIONS_EACH = 100
export const MANY_PARTITIONS = TOPICS * PARTITIONS_EACH

/** 5,000 partitions after a clean restart: until Metadata names a leader for all of them, and what the broker holds in memory then. */
export async function measurePartitions(targets: readonly Target[], scale: Scale): Promise<Measurement[]> {
  const times: Measurement[] = []
  const sizes: Measurement[] = []
  for (const target of targets) {
    const folder = newDataFolder(target)
    const broker = await target.make(folder.path)
    await broker.start()
    await createMany(broker.port)
    await fullMetadata(broker.port)
    await broker.stop()
    const started = broker.start()
    await fullMetadata(broker.port)
    const fullAfterMs = performance.now() - broker.process.startedAtMs
    await started
    await pause(scale.idleMs)
    const bench = `${MANY_PARTITIONS} idle partitions`
    times.push({ bench: `${bench}: exec to full metadata after a clean stop`, ...facts(target), client: 'bare socket', unit: 'ms', isSmallerBetter: true, values: [fullAfterMs] })
    sizes.push({ bench: `${bench}: resident`, ...facts(target), client: 'none', unit: 'MiB', isSmallerBetter: true, values: [residentBytes(broker.process.pid) / 1024 / 1024] })
    await broker.dispose()
    folder.remove()
  }
  return [...times, ...sizes]
}

export async function createMany(port: number): Promise<void> {
  const connection = await RawConnection.open(port)
  for (let topic = 0; topic < TOPICS; topic++) {
    const { topics } = await ask(connection, createTopics, 7, {
      topics: [{ name: `many-${topic}`, numPartitions: PARTITIONS_EACH, replicationFactor: 1, assignments: [], configs: [] }], timeoutMs: 60_000, validateOnly: false,
    })
    const errorCode = topics[0]?.errorCode
    if (errorCode !== 0) throw new Error(`void: many-${topic} could not be created (${errorCode})`)
  }
  connection.close()
}

export async function fullMetadata(port: number): Promise<void> {
  for (;;) {
    const connection = await RawConnection.open(port).catch(() => undefined)
    try {
      const answer = connection && await ask(connection, metadata, 12, { topics: null, allowAutoTopicCreation: false, includeTopicAuthorizedOperations: false })
      const partitions = answer?.topics.flatMap(topic => topic.partitions) ?? []
      if (partitions.length >= MANY_PARTITIONS && partitions.every(({ leaderId, errorCode }) => leaderId >= 0 && errorCode === 0)) return
    } catch {
      // Closed while it starts.
    } finally {
      connection?.close()
    }
    await pause(1)
  }
}

/** 200 MB/s offered over the network from nothing to 20 GB: the p99 of the acknowledgement in each gigabyte stored, which should not rise. */
export async function measureSustained(targets: readonly Target[], scale: Scale): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  const batch = batchOf(BATCH_BYTES)
  for (const target of targets) {
    const folder = newDataFolder(target)
    const broker = await target.make(folder.path)
    await broker.start()
    await createTopic(broker.address, 'steady', 6)
    const values: number[] = []
    let window: number[] = []
    await pacedLoad({
      address: broker.address, topic: 'steady', partitionCount: 6, records: batch, requestsPerSecond: (200 * MB) / batch.length,
      answered(ms, count) {
        window.push(ms)
        if (window.length * batch.length >= GB) {
          values.push(percentile(window, 0.99))
          window = []
        }
        return count * batch.length >= scale.storedBytes
      },
    })
    await broker.dispose()
    folder.remove()
    measurements.push({ bench: `p99 of acks at 200 MB/s, each GB up to ${scale.storedBytes / GB} GB`, ...facts(target), client: 'bare socket', unit: 'ms', isSmallerBetter: true, values: values.slice(1) })
  }
  return measurements
}

function facts(target: Target): Pick<Measurement, 'target' | 'targetVersion'> {
  return { target: target.name, targetVersion: target.version }
}

function ours(measurement: Omit<Measurement, 'target' | 'targetVersion'>): Measurement {
  return { ...measurement, target: 'Millrace', targetVersion: packageVersion() }
}
