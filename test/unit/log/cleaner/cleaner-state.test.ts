/** What the cleaner knows of logs, when they change under it. */

import { expect, test } from 'vitest'
import { silentLogger } from '../../../../core/common/logger.ts'
import { seededRandom } from '../../../../core/common/random.ts'
import { cleanSegments } from '../../../../core/log/cleaner/clean.ts'
import { LogCleaner } from '../../../../core/log/log-cleaner.ts'
import { openLog } from '../fixture.ts'
import { cleanerOf, compacting, openCompacted, put } from './fixture.ts'

const CHECKPOINT = '/data/cleaner-offset-checkpoint'

test('how far a log was compacted is forgotten in the file too when the log comes back shorter', async () => {
  const first = await openCompacted()
  for (let count = 0; count < 30; count++) put(first.log, [['k', String(count)]])
  await first.cleaner.cleanAll()
  const { disk, clock } = first
  expect(disk.readSmallNow(CHECKPOINT)?.toString()).toMatch(/^0\n1\norders 0 \d+\n$/)
  await first.log.close()
  disk.removeNow('/data/orders-0')
  const { log } = await openLog({ disk, clock, config: compacting })
  const second = cleanerOf({ log, disk, clock })
  second.cleaner.opened(log)
  await second.cleaner.stop()
  expect(disk.readSmallNow(CHECKPOINT)?.toString()).toBe('0\n0\n')
  await log.close()
})

test('a topic that is not compacted any more keeps what a compaction under way would have taken', async () => {
  const { log, disk, clock } = await openLog({ config: compacting })
  for (let count = 0; count < 60; count++) put(log, [['k', String(count)]])
  const before = log.segments.map(({ sizeBytes }) => sizeBytes)
  const cleaner = new LogCleaner({
    disk, clock, folder: '/data', logger: silentLogger, logs: () => [log],
    clean: (job, watch) => {
      log.setConfig({ ...log.config, cleanupPolicy: ['delete'] })
      return cleanSegments(job, watch, { disk, clock, random: seededRandom(7) })
    },
  })
  await cleaner.cleanAll()
  expect(log.segments.map(({ sizeBytes }) => sizeBytes)).toEqual(before)
  expect(disk.paths.filter(path => /cleaned|swap|deleted/.test(path))).toEqual([])
  await cleaner.stop()
  await log.close()
})
