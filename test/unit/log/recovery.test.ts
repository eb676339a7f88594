/** Starting again: trusted after a clean stop, verified and cut after any other. */

import { expect, test } from 'vitest'
import { encodeBatch } from '../../../core/records/record-batch.ts'
import { batch, FOLDER, filesOf, type LogFixture, mustAppend, openLog, readAll, record, START_MS } from './fixture.ts'

const LOG = `${FOLDER}/00000000000000000000.log`
const small = { segmentBytes: 1000, indexIntervalBytes: 150 }

async function filled(count: number, config = small): Promise<LogFixture & { readonly values: string[] }> {
  const fixture = await openLog({ config })
  const values = Array.from({ length: count }, (_, index) => `value ${index}`)
  for (const [index, value] of values.entries()) mustAppend(fixture.log, encodeBatch({ records: [record(value, { timestamp: START_MS + ((index * 7) % 50) })] }))
  return { ...fixture, values }
}

test('after a clean stop the log is as it was, and nothing was written to it', async () => {
  const { log, disk, values } = await filled(40)
  await log.close()
  const files = filesOf(disk)
  const again = await openLog({ disk, config: small, isClean: true })
  expect([again.log.endOffset, again.log.segmentCount, again.log.sizeBytes, again.log.leaderEpoch]).toEqual([40, log.segmentCount, log.sizeBytes, 0])
  expect(readAll(again.log)).toEqual(values)
  await again.log.close()
  expect(filesOf(disk)).toEqual(files)
})

test('after a killed process every record is there, and the indexes are those a living log would have', async () => {
  const { log, disk, values } = await filled(40)
  disk.crash('process')
  const again = await openLog({ disk, config: small })
  expect([readAll(again.log), again.log.leaderEpoch]).toEqual([values, 0])
  await again.log.close()
  const recovered = disk.paths.map(path => [path, disk.readSmallNow(path)?.toString('hex')])
  const undisturbed = await filled(40)
  await undisturbed.log.close()
  expect(recovered).toEqual(undisturbed.disk.paths.map(path => [path, undisturbed.disk.readSmallNow(path)?.toString('hex')]))
  expect(log.segmentCount).toBeGreaterThan(2)
})

test.each([1, 30, 61, 75])('a torn tail of %i bytes is cut, and what comes next is of a new epoch', async length => {
  const { disk, values } = await filled(5)
  const torn = disk.openNow(LOG, 'write')
  torn.writeNow([batch(['torn']).subarray(0, length)], torn.size)
  disk.crash('process')
  const again = await openLog({ disk, config: small })
  expect([readAll(again.log), again.log.endOffset, again.log.leaderEpoch]).toEqual([values, 5, 1])
  mustAppend(again.log, batch(['next']))
  expect([again.log.epochAt(4), again.log.epochAt(5)]).toEqual([0, 1])
  expect([again.log.endOffsetForEpoch(0), again.log.endOffsetForEpoch(1)]).toEqual([{ leaderEpoch: 0, endOffset: 5 }, { leaderEpoch: 1, endOffset: 6 }])
})

test('a bad byte in the middle cuts the rest of its segment and removes the segments after it', async () => {
  const { log, disk, values } = await filled(40)
  expect(log.segmentCount).toBeGreaterThan(3)
  const bases = disk.paths.filter(path => path.endsWith('.log')).map(path => Number(path.slice(-24, -4)))
  const second = disk.openNow(`${FOLDER}/${String(bases[1]).padStart(20, '0')}.log`, 'write')
  second.writeNow([Buffer.from([0xff])], batch(['value 10']).length + 70)
  disk.crash('process')
  const again = await openLog({ disk, config: small })
  expect(readAll(again.log)).toEqual(values.slice(0, (bases[1] ?? 0) + 1))
  expect(again.log.segmentCount).toBe(2)
  expect(Object.keys(filesOf(disk)).filter(name => name.endsWith('.index'))).toEqual(bases.slice(0, 2).map(base => `${String(base).padStart(20, '0')}.index`))
})

test('what lies before the recovery point is trusted, not read again', async () => {
  const { log, disk, values } = await filled(40)
  await log.flush()
  const recoveryPoint = log.recoveryPoint
  expect(recoveryPoint).toBe(40)
  mustAppend(log, batch(['late']))
  const flip = disk.openNow(LOG, 'write')
  flip.writeNow([Buffer.from([0xff])], 66)
  disk.crash('process')
  const trusting = await openLog({ disk, config: small, recoveryPoint })
  expect([trusting.log.endOffset, trusting.log.leaderEpoch]).toEqual([41, 0])
  expect(readAll(trusting.log, 30)).toEqual([...values.slice(30), 'late'])
  disk.crash('process')
  const verifying = await openLog({ disk, config: small })
  expect(verifying.log.endOffset).toBe(0)
})

test('within the segment of the recovery point, verification takes up at the last durable index entry', async () => {
  const big = { segmentBytes: 1_000_000, indexIntervalBytes: 150 }
  const { log, disk, values } = await filled(30, big)
  await log.flush()
  for (const value of ['x', 'y', 'z']) mustAppend(log, batch([value]))
  disk.crash('process')
  const again = await openLog({ disk, config: big, recoveryPoint: 30 })
  expect(readAll(again.log)).toEqual([...values, 'x', 'y', 'z'])
  await again.log.close()
  const indexes = (of: typeof disk): unknown[] => ['index', 'timeindex'].map(suffix => of.readSmallNow(`${FOLDER}/00000000000000000000.${suffix}`)?.toString('hex'))
  const undisturbed = await filled(30, big)
  for (const value of ['x', 'y', 'z']) mustAppend(undisturbed.log, batch([value]))
  await undisturbed.log.close()
  expect(indexes(disk)).toEqual(indexes(undisturbed.disk))
})

test.each(['index', 'timeindex'])('a missing or odd .%s is rebuilt, also after a clean stop', async suffix => {
  const { log, disk, values } = await filled(40)
  await log.close()
  const path = `${FOLDER}/00000000000000000000.${suffix}`
  const before = disk.readSmallNow(path)?.toString('hex')
  for (const spoil of [() => disk.removeNow(path), () => disk.replaceNow(path, Buffer.alloc(13))]) {
    spoil()
    const again = await openLog({ disk, config: small, isClean: true })
    expect([readAll(again.log), again.log.endOffset]).toEqual([values, 40])
    await again.log.close()
    expect(disk.readSmallNow(path)?.toString('hex')).toBe(before)
  }
})

test('an index without a log is removed, an unfinished deletion or compaction is finished', async () => {
  const { log, disk, values } = await filled(40)
  await log.close()
  const put = (name: string): void => disk.replaceNow(`${FOLDER}/${name}`, Buffer.alloc(8))
  for (const name of ['00000000000000009999.index', '00000000000000000003.log.deleted', '00000000000000000000.log.cleaned', 'x.tmp']) put(name)
  const again = await openLog({ disk, config: small, isClean: true })
  expect(readAll(again.log)).toEqual(values)
  expect(Object.keys(filesOf(disk)).filter(name => /9999|deleted|cleaned|tmp/.test(name))).toEqual([])
})

test('a swapped segment takes the place of all it was compacted from', async () => {
  const { log, disk, values } = await filled(40)
  await log.close()
  const bases = disk.paths.filter(path => path.endsWith('.log')).map(path => Number(path.slice(-24, -4)))
  const keep = bases[2] ?? 0
  // The first two segments were compacted to one that holds the last record of the second.
  disk.replaceNow(`${LOG}.swap`, encodeBatch({ records: [record('kept')], baseOffset: keep - 1, leaderEpoch: 0 }))
  const again = await openLog({ disk, config: small, isClean: true })
  expect([again.log.segmentCount, readAll(again.log)]).toEqual([bases.length - 1, ['kept', ...values.slice(keep)]])
})

test('a start offset beyond the end begins the log anew there', async () => {
  const { log, disk } = await filled(10)
  await log.close()
  const again = await openLog({ disk, config: small, isClean: true, startOffset: 100 })
  expect([again.log.startOffset, again.log.endOffset, again.log.segmentCount]).toEqual([100, 100, 1])
  expect(mustAppend(again.log, batch(['a'])).baseOffset).toBe(100)
})

test('batches far larger than a read piece are recovered', async () => {
  const config = { segmentBytes: 100_000_000, indexIntervalBytes: 4096, maxMessageBytes: 10_000_000 }
  const { log, disk } = await openLog({ config })
  const values = ['a', 'b'.repeat(3_000_000), 'c', 'd'.repeat(1_200_000), 'e']
  for (const value of values) mustAppend(log, batch([value]))
  disk.crash('process')
  const again = await openLog({ disk, config })
  expect(readAll(again.log)).toEqual(values)
})

test('a disk that fails while recovering rejects the open', async () => {
  const { disk } = await filled(5)
  disk.crash('process')
  disk.fail({ call: 'read', code: 'EIO' })
  await expect(openLog({ disk, config: small })).rejects.toThrow('EIO')
})

test('a flush that fails leaves the recovery point where it was', async () => {
  const { log, disk } = await filled(5)
  disk.fail({ call: 'flush', code: 'EIO' })
  await expect(log.flush()).rejects.toThrow('EIO')
  expect(log.recoveryPoint).toBe(0)
  disk.heal()
  await log.flush()
  expect(log.recoveryPoint).toBe(5)
})

test('what a failed roll left behind does not hide the records appended after it', async () => {
  const { log, disk } = await openLog({ config: { segmentBytes: 200 } })
  mustAppend(log, batch(['x'.repeat(60)]))
  disk.fail({ call: 'open', code: 'ENOSPC', path: '00000000000000000001.index' })
  expect(log.append(batch(['y'.repeat(80)])).error).toBe('KAFKA_STORAGE_ERROR')
  disk.heal()
  for (const value of ['b', 'c']) log.append(batch([value]))
  expect(Object.keys(filesOf(disk))).toContain('00000000000000000001.log')
  const before = readAll(log)
  disk.crash('process')
  const again = await openLog({ disk, config: { segmentBytes: 200 } })
  expect([again.log.endOffset, readAll(again.log)]).toEqual([before.length, before])
  for (const offset of before.keys()) expect(readAll(again.log, offset)).toEqual(before.slice(offset))
})

test('a tail that was lost between two batches is a loss too: the segments after the hole go, unless a compacted log had been through Kafka\'s cleaner there', async () => {
  const lose = async (cleanupPolicy: 'delete' | 'compact', holesUpTo = Infinity): Promise<LogFixture['log']> => {
    const { disk } = await filled(40)
    const first = disk.openNow(LOG, 'write')
    first.truncateNow(first.size - batch(['value 11']).length)
    disk.crash('process')
    return (await openLog({ disk, holesUpTo, config: { ...small, cleanupPolicy: [cleanupPolicy] } })).log
  }
  const deleting = await lose('delete')
  expect([readAll(deleting).length, deleting.segmentCount, deleting.leaderEpoch]).toEqual([deleting.endOffset, 1, 1])
  const compacted = await lose('compact')
  expect([readAll(compacted).length, compacted.endOffset, compacted.leaderEpoch]).toEqual([39, 40, 0])
  const ours = await lose('compact', 0)
  expect([readAll(ours).length, ours.segmentCount, ours.leaderEpoch]).toEqual([ours.endOffset, 1, 1])
})

test('an append succeeds when only its index entry cannot be written yet', async () => {
  const { log, disk } = await openLog({ config: { indexIntervalBytes: 10 } })
  disk.fail({ call: 'open', code: 'EMFILE', path: '.index' })
  for (let index = 0; index < 200; index++) mustAppend(log, batch([`value ${index}`]))
  expect(disk.sizeNow(`${FOLDER}/00000000000000000000.index`)).toBe(0)
  disk.heal()
  await log.close()
  expect(disk.sizeNow(`${FOLDER}/00000000000000000000.index`)).toBe(199 * 8)
})
