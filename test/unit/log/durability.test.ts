/** When an acknowledgement may leave, and what survives the loss of power then. */

import { expect, test } from 'vitest'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { batch, mustAppend, openLog, readAll } from './fixture.ts'

const eachRecord = { flushMessages: 1 }

test('by default an acknowledgement waits for nothing, and nothing is flushed', async () => {
  const { log, disk } = await openLog()
  const before = disk.flushCount
  mustAppend(log, batch(['a']))
  expect([log.waitForAck(log.endOffset), disk.flushCount]).toEqual([undefined, before])
})

test('with flush.messages=1 every acknowledged record survives the loss of power', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const disk = new MemoryDisk({ seed })
    const { log } = await openLog({ disk, config: { ...eachRecord, segmentBytes: 300 } })
    const values = Array.from({ length: 12 }, (_, index) => `value ${index}`)
    for (const value of values) {
      mustAppend(log, batch([value]))
      await log.waitForAck(log.endOffset)
    }
    disk.crash('power')
    const again = await openLog({ disk, config: { segmentBytes: 300 } })
    expect(readAll(again.log)).toEqual(values)
  }
})

test('producers that wait at the same time share a flush', async () => {
  const { log, disk } = await openLog({ config: eachRecord })
  mustAppend(log, batch(['first']))
  await log.waitForAck(log.endOffset)
  const before = disk.flushCount
  mustAppend(log, batch(['under way']))
  const waiting = [log.waitForAck(log.endOffset)]
  await Promise.resolve()
  for (let index = 0; index < 50; index++) {
    mustAppend(log, batch([`value ${index}`]))
    waiting.push(log.waitForAck(log.endOffset))
  }
  await Promise.all(waiting)
  expect(disk.flushCount - before).toBe(2)
})

test('flush.messages=3 makes the third record wait, and covers the two before it', async () => {
  const { log, disk } = await openLog({ config: { flushMessages: 3 } })
  mustAppend(log, batch(['a']))
  mustAppend(log, batch(['b']))
  expect(log.waitForAck(log.endOffset)).toBeUndefined()
  mustAppend(log, batch(['c']))
  await log.waitForAck(log.endOffset)
  disk.crash('power')
  expect(readAll((await openLog({ disk })).log)).toEqual(['a', 'b', 'c'])
})

test('flush.ms flushes so long after the first record that is not flushed, and stops with the log', async () => {
  const { log, disk, clock } = await openLog({ config: { flushMs: 500 } })
  mustAppend(log, batch(['a']))
  expect(log.waitForAck(log.endOffset)).toBeUndefined()
  const before = disk.flushCount
  clock.advance(499)
  expect(disk.flushCount).toBe(before)
  clock.advance(1)
  await log.durable(log.endOffset)
  expect(disk.flushCount).toBeGreaterThan(before)
  mustAppend(log, batch(['b']))
  void log.waitForAck(log.endOffset)
  await log.close()
  expect(clock.pendingCount).toBe(0)
})

test('a flush that fails is not acknowledged, and the partition refuses records until what it covered was written again', async () => {
  const { log, disk, clock } = await openLog({ config: eachRecord })
  mustAppend(log, batch(['kept']))
  await log.waitForAck(log.endOffset)
  mustAppend(log, batch(['in doubt']))
  disk.fail({ call: 'flush', code: 'EIO' })
  await expect(log.waitForAck(log.endOffset)).rejects.toThrow('EIO')
  expect(log.health).toMatchObject({ is: 'offline', reason: expect.stringContaining('EIO') })
  expect(log.append(batch(['refused']))).toMatchObject({ error: 'KAFKA_STORAGE_ERROR' })
  disk.heal()
  await expect.poll(() => log.append(batch(['taken again'])).error).toBe('NONE')
  expect(log.health).toEqual({ is: 'online' })
  await log.waitForAck(log.endOffset)
  clock.advance(1000)
  disk.crash('power')
  expect(readAll((await openLog({ disk })).log)).toEqual(['kept', 'in doubt', 'taken again'])
})

test('the first flush of a new partition makes its folder durable too, where a file system does not order that by itself', async () => {
  const disk = new MemoryDisk({ names: 'strict' })
  disk.makeFolderNow('/data')
  await disk.flushFolder('/')
  const { log } = await openLog({ disk })
  mustAppend(log, batch(['kept']))
  await log.flush()
  disk.crash('power')
  expect(disk.paths.filter(path => path.endsWith('.log'))).toEqual(['/data/orders-0/00000000000000000000.log'])
})

test('after a failed flush the indexes are written again too: the recovery point must not call lost entries durable', async () => {
  const { log, disk } = await openLog({ config: { indexIntervalBytes: 1 } })
  for (let index = 0; index < 6; index++) mustAppend(log, batch([`value ${index}`]))
  disk.fail({ call: 'flush', code: 'EIO', path: '.timeindex', times: 1, dropsPages: true })
  await expect(log.flush()).rejects.toMatchObject({ code: 'EIO' })
  await log.flush()
  const before = disk.readSmallNow('/data/orders-0/00000000000000000000.timeindex')
  disk.crash('power')
  expect(log.recoveryPoint).toBe(6)
  expect(disk.readSmallNow('/data/orders-0/00000000000000000000.timeindex')).toEqual(before)
})

test('what a failed write left behind is cut before a flush: a refused batch must not be back after a loss of power', async () => {
  const path = '/data/orders-0/00000000000000000000.log'
  const { log, disk } = await openLog()
  mustAppend(log, batch(['kept']))
  disk.fail({ call: 'write', code: 'EIO', path: '.log', times: 1 })
  disk.fail({ call: 'truncate', code: 'EIO', path: '.log', times: 1 })
  expect(log.append(batch(['refused'])).error).toBe('KAFKA_STORAGE_ERROR')
  expect(disk.sizeNow(path)).toBeGreaterThan(log.sizeBytes)
  await log.flush()
  expect(disk.sizeNow(path)).toBe(log.sizeBytes)
})

test('a segment that was flushed before it was rolled has its last entry of times written again too', async () => {
  const index = '/data/orders-0/00000000000000000000.timeindex'
  const { log, disk } = await openLog({ config: { segmentBytes: 2 * batch(['a']).length } })
  for (const value of ['a', 'b']) mustAppend(log, batch([value]))
  await log.flush()
  disk.fail({ call: 'flush', code: 'EIO', path: index, times: 1, dropsPages: true })
  mustAppend(log, batch(['c']))
  await expect(log.flush()).rejects.toMatchObject({ code: 'EIO' })
  await log.flush()
  const before = disk.readSmallNow(index)
  disk.crash('power')
  expect([log.recoveryPoint, before?.length, disk.readSmallNow(index)]).toEqual([3, 12, before])
})

test('a log is flushed behind who appends, each 64 MiB, so that a segment is never flushed all at once', async () => {
  const { log, disk } = await openLog({ config: { maxMessageBytes: 9_000_000 } })
  const before = disk.flushCount
  const large = 'x'.repeat(8 * 1024 * 1024)
  for (let index = 0; index < 7; index++) mustAppend(log, batch([large]))
  await Promise.resolve()
  expect(disk.flushCount).toBe(before)
  mustAppend(log, batch([large]))
  await expect.poll(() => disk.flushCount).toBeGreaterThan(before)
  await log.durable(log.endOffset)
  disk.crash('power')
  expect((await openLog({ disk })).log.endOffset).toBe(8)
})
