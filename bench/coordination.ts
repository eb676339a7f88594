/** What coordination costs: groups that form, groups by the thousand, transactions, consumers that wait, and the metadata of many partitions. */

import { setTimeout as pause } from 'node:timers/promises'
import { describeGroups, fetch, listGroups, metadata, offsetCommit } from '../core/protocol/apis/index.ts'
import { ask, RawConnection } from '../test/support/clients-frames.ts'
import { createTopic, topicOffsets } from '../test/support/clients-kafkajs.ts'
import type { TestBroker } from '../test/support/clients-target.ts'
import { kafkaClassPath, runJava } from '../test/support/java.ts'
import { classicGroupStableMs, consumerGroupStableMs, coordinatorOf } from './group-members.ts'
import { cpuSeconds, residentBytes } from './process-cost.ts'
import { median, type Measurement } from './report.ts'
import { createMany, fullMetadata, MANY_PARTITIONS } from './storage.ts'
import { newDataFolder, type Target } from './targets.ts'
import type { Scale } from './workloads.ts'

const SOCKET = 'bare socket'
const MEMBERS = 100

async function withBroker<T>(target: Target, run: (broker: TestBroker) => Promise<T>): Promise<T> {
  const folder = newDataFolder(target)
  const broker = await target.make(folder.path)
  try {
    await broker.start()
    const result = await run(broker)
    await broker.stop() // a profiler writes its file at the exit
    return result
  } finally {
    await broker.dispose()
    folder.remove()
  }
}

/** Answers once every partition has its leader. */
async function newTopic(address: string, topic: string, partitionCount: number): Promise<void> {
  await createTopic(address, topic, partitionCount)
  for (let tries = 1; ; tries++) {
    try {
      await topicOffsets(address, topic)
      return
    } catch (cause) {
      if (tries === 50) throw cause
      await pause(100) // some are led by nobody yet
    }
  }
}

function facts(target: Target): Pick<Measurement, 'target' | 'targetVersion'> {
  return { target: target.name, targetVersion: target.version }
}

/** From the first join of a hundred members until all of them have what they shall read. */
export async function measureGroups(targets: readonly Target[], scale: Scale): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const [protocol, stableMs] of [['classic', classicGroupStableMs], ['consumer (KIP-848)', consumerGroupStableMs]] as const) {
    for (const target of targets) {
      const values = await withBroker(target, async ({ address, port }) => {
        await newTopic(address, 'shared', MEMBERS)
        const each: number[] = []
        for (let repetition = 0; repetition <= scale.repetitions; repetition++) {
          const ms = await stableMs({ port, group: `group-${repetition}`, topic: 'shared', count: MEMBERS })
          if (repetition > 0) each.push(ms)
        }
        return each
      })
      measurements.push({ bench: `groups: ${MEMBERS} members of one, ${protocol}, until stable`, ...facts(target), client: SOCKET, unit: 'ms', isSmallerBetter: true, values })
    }
  }
  return measurements
}

const GROUPS = 10_000
const COMMITS_AT_ONCE = 50

/** All groups listed in one request and described in another. */
export async function measureListing(targets: readonly Target[], scale: Scale): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const target of targets) {
    const values = await withBroker(target, async ({ address, port }) => {
      await newTopic(address, 'read', 1)
      await makeGroups(port)
      const connection = await RawConnection.open(port)
      const each: number[] = []
      for (let repetition = 0; repetition <= scale.repetitions; repetition++) {
        const startedAt = performance.now()
        const { groups } = await ask(connection, listGroups, 5, { statesFilter: [], typesFilter: [] })
        const described = await ask(connection, describeGroups, 6, { groups: groups.map(({ groupId }) => groupId), includeAuthorizedOperations: false })
        if (repetition > 0) each.push(performance.now() - startedAt)
        if (described.groups.length !== GROUPS) throw new Error(`void: ${described.groups.length} of ${GROUPS} groups were described`)
      }
      connection.close()
      return each
    })
    measurements.push({ bench: `${GROUPS.toLocaleString('en-US')} groups listed and described`, ...facts(target), client: SOCKET, unit: 'ms', isSmallerBetter: true, values })
  }
  return measurements
}

async function makeGroups(port: number): Promise<void> {
  const connections = await Promise.all(Array.from({ length: COMMITS_AT_ONCE }, () => RawConnection.open(port)))
  const [first] = connections
  if (first) await coordinatorOf(first, 'group-0')
  let next = 0
  await Promise.all(connections.map(async connection => {
    while (next < GROUPS) {
      const groupId = `group-${next++}`
      const answer = await ask(connection, offsetCommit, 8, {
        groupId, generationIdOrMemberEpoch: -1, memberId: '', groupInstanceId: null,
        topics: [{ name: 'read', partitions: [{ partitionIndex: 0, committedOffset: 0, committedLeaderEpoch: -1, committedMetadata: '' }] }],
      })
      const errorCode = answer.topics[0]?.partitions[0]?.errorCode
      if (errorCode !== 0) throw new Error(`void: ${groupId} could not commit (${errorCode})`)
    }
    connection.close()
  }))
}

const COMMIT_EVERY_MS = 100

/** The Java producer, plain (acks=all, idempotent) and committing each 100 ms, in turn on one broker: what share of the plain rate is left. */
export async function measureTransactions(targets: readonly Target[], scale: Scale): Promise<Measurement[]> {
  const shares: Measurement[] = []
  const rates: Measurement[] = []
  for (const target of targets) {
    const measured = await withBroker(target, async ({ address }) => {
      const records = Math.min(scale.records, 2_000_000)
      await newTopic(address, 'orders', 6)
      const plain: number[] = []
      const transactional: number[] = []
      for (let repetition = 0; repetition <= scale.repetitions; repetition++) {
        const [plainRate, transactionalRate] = [await performanceOf(address, records, []), await performanceOf(address, records, ['--transactional-id', 'bench', '--transaction-duration-ms', String(COMMIT_EVERY_MS)])]
        if (repetition === 0) continue
        plain.push(plainRate)
        transactional.push(transactionalRate)
      }
      return { plain, transactional }
    })
    const bench = `transactions: 100 B, 6 partitions, a commit each ${COMMIT_EVERY_MS} ms`
    rates.push({ bench, ...facts(target), client: 'Java ProducerPerformance', unit: 'records/s', isSmallerBetter: false, values: measured.transactional, recordBytes: 100 })
    const share = median(measured.transactional) / median(measured.plain)
    shares.push({ bench: `${bench}: share of the rate without them`, ...facts(target), client: 'Java ProducerPerformance', unit: 'times', isSmallerBetter: false, values: [share] })
  }
  return [...rates, ...shares]
}

/** Records a second by the tool's last line. */
async function performanceOf(address: string, records: number, args: readonly string[]): Promise<number> {
  const { stdout, stderr } = await runJava(await kafkaClassPath(), 'org.apache.kafka.tools.ProducerPerformance', [
    '--topic', 'orders', '--num-records', String(records), '--record-size', '100', '--throughput', '-1', ...args, '--bootstrap-server', address,
  ], { timeoutMs: 300_000 })
  const rate = /, ([\d.]+) records\/sec/.exec(stdout.toString().trim().split('\n').at(-1) ?? '')?.[1]
  if (rate === undefined) throw new Error(`void: ProducerPerformance said ${stdout.toString()} ${stderr}`)
  return Number(rate)
}

const WAITING = 1000
const WAIT_MS = 500
const WATCHED_MS = 10_000

/** A thousand consumers with nothing to read, each asking anew every half second as the Java client does: processor and memory. */
export async function measureWaiting(targets: readonly Target[]): Promise<Measurement[]> {
  const processor: Measurement[] = []
  const memory: Measurement[] = []
  for (const target of targets) {
    const measured = await withBroker(target, async ({ address, port, process }) => {
      await newTopic(address, 'quiet', 10)
      await pause(2000)
      const before = residentBytes(process.pid)
      let isOver = false
      const consumers = Array.from({ length: WAITING }, (_, at) => waitForNothing(port, at % 10, () => isOver))
      await pause(5000)
      const cpuBefore = cpuSeconds(process.pid)
      await pause(WATCHED_MS)
      const share = ((cpuSeconds(process.pid) - cpuBefore) / WATCHED_MS) * 1000 * 100
      const mib = (residentBytes(process.pid) - before) / 1024 / 1024
      isOver = true
      await Promise.all(consumers)
      return { share, mib }
    })
    const bench = `${WAITING.toLocaleString('en-US')} consumers that wait, ${WAIT_MS} ms each time`
    processor.push({ bench: `${bench}: processor`, ...facts(target), client: SOCKET, unit: '% of a core', isSmallerBetter: true, values: [measured.share] })
    memory.push({ bench: `${bench}: memory`, ...facts(target), client: SOCKET, unit: 'MiB', isSmallerBetter: true, values: [measured.mib] })
  }
  return [...processor, ...memory]
}

/** A consumer with a fetch session, from the end of a partition on. */
async function waitForNothing(port: number, partition: number, isOver: () => boolean): Promise<void> {
  const connection = await RawConnection.open(port)
  let [sessionId, sessionEpoch] = [0, 0]
  while (!isOver()) {
    const topics = sessionId === 0 ? [{ topic: 'quiet', partitions: [{ partition, fetchOffset: 0, partitionMaxBytes: 1_048_576 }] }] : []
    const answer = await ask(connection, fetch, 12, { maxWaitMs: WAIT_MS, minBytes: 1, maxBytes: 52_428_800, isolationLevel: 0, sessionId, sessionEpoch, topics })
    if (answer.errorCode !== 0) throw new Error(`void: a fetch was answered with error ${answer.errorCode}`)
    sessionEpoch = sessionId === 0 ? 1 : sessionEpoch + 1
    sessionId = answer.sessionId
  }
  connection.close()
}

/** One answer about all of 5,000 partitions, from the request's last byte to its last. */
export async function measureMetadata(targets: readonly Target[]): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const target of targets) {
    const values = await withBroker(target, async ({ port }) => {
      await createMany(port)
      await fullMetadata(port)
      const connection = await RawConnection.open(port)
      const each: number[] = []
      for (let repetition = 0; repetition < 50; repetition++) {
        const startedAt = performance.now()
        await ask(connection, metadata, 12, { topics: null, allowAutoTopicCreation: false, includeTopicAuthorizedOperations: false })
        if (repetition >= 20) each.push(performance.now() - startedAt)
      }
      connection.close()
      return each
    })
    measurements.push({ bench: `Metadata of ${MANY_PARTITIONS.toLocaleString('en-US')} partitions`, ...facts(target), client: SOCKET, unit: 'ms', isSmallerBetter: true, values })
  }
  return measurements
}
