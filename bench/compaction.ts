/** What compaction does: megabytes of log gone through in a second, and what it costs those who produce meanwhile. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { encodeBatch } from '../core/records/encode-batch.ts'
import { createTopic, topicOffsets } from '../test/support/clients-kafkajs.ts'
import type { TestBroker } from '../test/support/clients-target.ts'
import { pacedLoad, percentile } from './paced-load.ts'
import type { Measurement } from './report.ts'
import { batchOf } from './storage.ts'
import { newDataFolder, type Target } from './targets.ts'
import type { Scale } from './workloads.ts'

const MB = 1e6
const RECORDS_PER_BATCH = 60
const REQUESTS_PER_SECOND = 1000
/** How long producing is measured with nothing else to do. */
const IDLE_MS = 10_000
const topicConfigs = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.01', 'segment.bytes': '104857600' }

/**
 * Every key twice, in records of 1 KiB. The log is filled with the cleaner off; the next start compacts it at once, while 1,000 small
 * requests a second go to another topic, and go on when it is done.
 */
export async function measureCompaction(targets: readonly Target[], scale: Scale): Promise<Measurement[]> {
  const rates: Measurement[] = []
  const delays: Measurement[] = []
  for (const target of targets) {
    const folder = newDataFolder(target)
    const bytes = await fill(await target.make(folder.path, { 'log.cleaner.enable': 'false' }), scale.compactedBytes)
    const broker = await target.make(folder.path, { 'log.cleaner.backoff.ms': '1' })
    const { seconds, during, idle } = await compactUnderLoad(broker)
    await broker.dispose()
    folder.remove()
    const facts = { target: target.name, targetVersion: target.version, client: 'bare socket' }
    rates.push({ ...facts, bench: 'compaction: 1 KiB records, half of them superseded', unit: 'MB/s', isSmallerBetter: false, values: [bytes / MB / seconds] })
    delays.push({ ...facts, bench: 'compaction: p99 of acks at 1,000 requests/s meanwhile, to that without', unit: 'times', isSmallerBetter: true, values: [percentile(during, 0.99) / percentile(idle, 0.99)] })
  }
  return [...rates, ...delays]
}

/** The bytes that the log holds. */
async function fill(broker: TestBroker, bytes: number): Promise<number> {
  await broker.start()
  await createTopic(broker.address, 'latest', 1, topicConfigs)
  await topicOffsets(broker.address, 'latest')
  const batchBytes = keyedBatch(0, 1).length
  const requests = Math.ceil(bytes / batchBytes)
  const keys = (requests * RECORDS_PER_BATCH) / 2
  await pacedLoad({
    address: broker.address, topic: 'latest', partitionCount: 1, requestsPerSecond: 3000,
    records: request => keyedBatch(request * RECORDS_PER_BATCH, keys),
    answered: (_, count) => count >= requests,
  })
  await broker.stop()
  return requests * batchBytes
}

const value = Buffer.from(Array.from({ length: 1000 }, (_, at) => (at * 7919) % 251))

function keyedBatch(first: number, keys: number): Buffer {
  const records = Array.from({ length: RECORDS_PER_BATCH }, (_, at) => ({ key: Buffer.from(`key-${(first + at) % keys}`), value, timestamp: Date.now() }))
  return encodeBatch({ records })
}

async function compactUnderLoad(broker: TestBroker): Promise<{ seconds: number; during: number[]; idle: number[] }> {
  await broker.start()
  const startedAt = performance.now()
  await createTopic(broker.address, 'meanwhile', 1)
  await topicOffsets(broker.address, 'meanwhile')
  const during: number[] = []
  const idle: number[] = []
  let endedAt = Infinity
  const small = batchOf(4096)
  const watch = (async () => {
    await untilCompacted(broker)
    endedAt = performance.now()
  })()
  await pacedLoad({
    address: broker.address, topic: 'meanwhile', partitionCount: 1, records: small, requestsPerSecond: REQUESTS_PER_SECOND,
    answered(ms) {
      const now = performance.now()
      if (now < endedAt) during.push(ms)
      else idle.push(ms)
      return now > endedAt + IDLE_MS
    },
  })
  await watch
  return { seconds: (endedAt - startedAt) / 1000, during, idle }
}

/** Until the cleaner's checkpoint names the topic. */
async function untilCompacted(broker: TestBroker): Promise<void> {
  const file = join(broker.dataFolder, 'logs', 'cleaner-offset-checkpoint')
  while (!existsSync(file) || !readFileSync(file, 'utf8').includes('latest 0 ')) await pause(20)
}
