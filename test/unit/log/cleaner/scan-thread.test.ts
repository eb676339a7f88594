/** Compaction in the scan thread, on a real disk. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../../core/common/clock.ts'
import { silentLogger } from '../../../../core/common/logger.ts'
import { nodeDisk } from '../../../../core/common/node-disk.ts'
import type { CleanProgress } from '../../../../core/log/cleaner/clean-job.ts'
import { LogCleaner } from '../../../../core/log/log-cleaner.ts'
import { defaultLogConfig, PartitionLog } from '../../../../core/log/partition-log.ts'
import { startScan, workerUrl } from '../../../../core/threads.ts'
import { TOPIC_ID } from '../fixture.ts'
import { compacting, contentOf, put } from './fixture.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function open(bytesPerSecond = Infinity) {
  const root = mkdtempSync(join(tmpdir(), 'millrace-clean-'))
  undo.push(() => rmSync(root, { recursive: true, force: true }))
  const config = { ...defaultLogConfig, ...compacting, segmentBytes: 200_000 }
  const folder = join(root, 'orders-0')
  const log = await PartitionLog.open({
    disk: nodeDisk, clock: systemClock, folder, topic: 'orders', partition: 0, topicId: TOPIC_ID, config, isClean: true, logger: silentLogger,
  })
  undo.push(() => log.close())
  const workers: Worker[] = []
  const scan = startScan({
    logger: silentLogger,
    startWorker: () => {
      const worker = new Worker(workerUrl('scan'))
      workers.push(worker)
      return worker
    },
  })
  undo.push(() => scan.stop())
  const progress: CleanProgress[] = []
  const cleaner = new LogCleaner({
    disk: nodeDisk, clock: systemClock, logger: silentLogger, folder: root, settings: { bytesPerSecond }, logs: () => [log],
    clean: (job, watch) => scan.clean(job, watch), onProgress: each => progress.push(each),
  })
  undo.push(() => cleaner.stop())
  for (let index = 0; index < 600; index++) put(log, [[`key ${index % 5}`, `${index} `.padEnd(2000, '.')]])
  log.roll()
  return { log, folder, workers, cleaner, progress }
}

const unfinished = (folder: string): string[] => readdirSync(folder).filter(name => /\.(cleaned|swap)$/.test(name))
const offsets = (log: PartitionLog): number[] => contentOf(log).map(line => Number.parseInt(line, 10))

test('the thread compacts, and tells how far it is', async () => {
  const { log, folder, cleaner, progress } = await open()
  await cleaner.cleanAll()
  expect(offsets(log)).toEqual([595, 596, 597, 598, 599])
  expect(unfinished(folder)).toEqual([])
  const last = progress.at(-1)
  expect([last?.topic, last?.bytesRead, last?.bytesWritten]).toEqual(['orders', last?.bytesTotal, log.sizeBytes])
})

test('when the thread dies under a compaction the next round begins anew, with a new thread', async () => {
  const { log, folder, workers, cleaner, progress } = await open(1_500_000)
  const round = cleaner.cleanAll()
  await expect.poll(() => (progress.at(-1)?.bytesWritten ?? 0) > 0).toBe(true)
  await workers[0]?.terminate()
  await round
  expect(offsets(log).slice(-5)).toEqual([595, 596, 597, 598, 599])
  expect(cleaner.status()[0]?.state).toEqual({ is: 'idle' })
  await cleaner.cleanAll()
  expect([workers.length, offsets(log), unfinished(folder)]).toEqual([2, [595, 596, 597, 598, 599], []])
})

test('a stop ends a compaction that is held back by its pace, and leaves the log as it is', async () => {
  const { log, folder, cleaner, progress } = await open(100_000)
  const round = cleaner.cleanAll()
  await expect.poll(() => progress.length > 0).toBe(true)
  await cleaner.stop()
  await round
  expect(unfinished(folder)).toEqual([])
  expect(offsets(log).slice(-5)).toEqual([595, 596, 597, 598, 599])
})
