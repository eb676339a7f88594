/** An index follows its log; when it cannot be written, the log goes on. */

import { expect, test } from 'vitest'
import { segmentFile } from '../../../core/log/log-files.ts'
import { Segment } from '../../../core/log/segment.ts'
import { batch, FOLDER, mustAppend, openLog, readOnce, record, START_MS } from './fixture.ts'

/** More than the entries an index keeps waiting before it writes them. */
const BATCHES = 200
const values = Array.from({ length: BATCHES }, (_, at) => `v${at}`)
const config = { indexIntervalBytes: 0 }

test.each(['.index', '.timeindex'])('a %s that cannot be written only lags: each append is taken once, at an offset of its own', async suffix => {
  const { log, disk } = await openLog({ config })
  disk.fail({ call: 'write', code: 'ENOSPC', path: suffix })
  const offsets = values.map((value, at) => mustAppend(log, batch([], { records: [record(value, { timestamp: START_MS + at })] })).baseOffset)
  expect(offsets).toEqual(values.map((_, at) => at))
  expect(readOnce(log, 0)).toEqual(values)
  disk.heal()
  disk.crash('process')
  const { log: again } = await openLog({ disk, config })
  expect(again.endOffset).toBe(BATCHES)
  expect(readOnce(again, 0)).toEqual(values)
  expect(readOnce(again, 150)).toEqual(values.slice(150))
})

test('an index that cannot be read is found out before the batch is written, so that a refusal stores nothing', async () => {
  const { log, disk, clock } = await openLog({ config })
  for (const value of values) mustAppend(log, batch([value]))
  await log.close()
  const sizeBytes = disk.sizeNow(segmentFile(FOLDER, 0, '.log')) ?? 0
  const segment = new Segment({ disk, clock, folder: FOLDER, baseOffset: 0, indexIntervalBytes: 0, sizeBytes, offsetEntries: BATCHES - 1, timeEntries: 1 })
  disk.fail({ call: 'read', code: 'EIO', path: '.index' })
  expect(() => segment.append(batch(['refused']), BATCHES, 0)).toThrow('EIO')
  expect(segment.sizeBytes).toBe(sizeBytes)
  expect(disk.sizeNow(segment.logPath)).toBe(sizeBytes)
  segment.closeNow()
})
