/** The log's slow work in the scan thread: started when needed, the same answers as at once, and nothing lost when it dies. */

import type { Worker } from 'node:worker_threads'
import { Worker as RealWorker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import { silentLogger } from '../../../core/common/logger.ts'
import { type BatchRules, validateBatch } from '../../../core/log/batch-validation.ts'
import { defaultLogConfig, type LogConfig } from '../../../core/log/log-config.ts'
import { startScan, type ScanRole, workerUrl } from '../../../core/threads.ts'
import { batch, START_MS } from '../log/fixture.ts'

const rules = (config: Partial<LogConfig> = {}): BatchRules => ({ name: 'orders-0', config: { ...defaultLogConfig, ...config }, origin: 'client', nowMs: START_MS })

function start(): { readonly scan: ScanRole; readonly workers: Worker[] } {
  const workers: Worker[] = []
  const scan = startScan({
    logger: silentLogger,
    startWorker() {
      const worker = new RealWorker(workerUrl('scan'))
      workers.push(worker)
      return worker
    },
  })
  onTestFinished(() => scan.stop())
  return { scan, workers }
}

test('the thread starts with the first batch, answers as at once, and leaves the given bytes alone', async () => {
  const { scan, workers } = start()
  expect(workers.length).toBe(0)
  const bytes = batch(['a'.repeat(1_000_000), 'b'], { codec: 'zstd' })
  const given = Buffer.concat([Buffer.alloc(7), bytes, Buffer.alloc(9)]).subarray(7, 7 + bytes.length)
  for (const config of [{}, { compressionType: 'gzip' }, { timestampType: 'LogAppendTime' }, { cleanupPolicy: ['compact'] }, { maxMessageBytes: 50 }] as const) {
    const checked = await scan.check(given, rules(config))
    expect(checked).toEqual(validateBatch(Buffer.from(bytes), rules(config)))
    expect(given.equals(bytes)).toBe(true)
  }
  expect(await scan.check(batch(['a']).subarray(0, 70), rules())).toMatchObject({ error: 'INVALID_RECORD' })
  expect(workers.length).toBe(1)
})

test('a thread that dies refuses what it had under way as a storage error, does the rest when started again, and is stopped for good', async () => {
  const { scan, workers } = start()
  const bytes = batch(['a'.repeat(20 * 1024 * 1024)], { codec: 'gzip' })
  const checks = Array.from({ length: 4 }, () => scan.check(bytes, rules({ compressionType: 'zstd' })))
  await workers[0]?.terminate()
  const answers = await Promise.all(checks)
  expect(answers.map(answer => Buffer.isBuffer(answer) ? 'checked' : answer.error)).toEqual(['KAFKA_STORAGE_ERROR', 'KAFKA_STORAGE_ERROR', 'checked', 'checked'])
  expect(workers.length).toBe(2)
  const last = scan.check(bytes, rules())
  await scan.stop()
  expect([await last, await scan.check(bytes, rules())]).toMatchObject([{ error: 'KAFKA_STORAGE_ERROR' }, { error: 'KAFKA_STORAGE_ERROR' }])
  expect(workers.length).toBe(2)
})
