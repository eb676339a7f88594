/** Reading: whole batches from the one that holds the offset, within soft limits, in pooled buffers. */

import { expect, test } from 'vitest'
import { ReadBuffers, readBuffers } from '../../../core/log/read-buffers.ts'
import { batch, mustAppend, openLog, readAll, readOnce } from './fixture.ts'

test('a read gives whole batches from the one that contains the offset', async () => {
  const { log } = await openLog()
  for (const values of [['a', 'b', 'c'], ['d'], ['e', 'f']]) mustAppend(log, batch(values))
  expect(readOnce(log, 1)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  expect(readOnce(log, 3)).toEqual(['d', 'e', 'f'])
  expect(readOnce(log, 5)).toEqual(['e', 'f'])
})

test('at the end there is nothing, beyond it and before the start the offset is out of range', async () => {
  const { log } = await openLog({ startOffset: 10 })
  mustAppend(log, batch(['a']))
  expect([log.startOffset, log.endOffset]).toEqual([10, 11])
  expect(readOnce(log, 11)).toEqual([])
  expect(readOnce(log, 12)).toBe('OFFSET_OUT_OF_RANGE')
  expect(readOnce(log, 9)).toBe('OFFSET_OUT_OF_RANGE')
})

test('maxBytes cuts between batches, and one batch comes whole when it must', async () => {
  const { log } = await openLog()
  const size = batch(['a']).length
  for (const value of ['a', 'b', 'c']) mustAppend(log, batch([value]))
  expect(readOnce(log, 0, { maxBytes: size * 2 })).toEqual(['a', 'b'])
  expect(readOnce(log, 0, { maxBytes: size * 3 - 1 })).toEqual(['a', 'b'])
  for (const maxBytes of [0, 1, 60, 61, size - 1]) {
    expect(readOnce(log, 1, { maxBytes, minOneBatch: true })).toEqual(['b'])
    expect(readOnce(log, 1, { maxBytes, minOneBatch: false })).toEqual([])
  }
})

test('a read stops before batches that reach the given offset', async () => {
  const { log } = await openLog()
  for (const values of [['a', 'b'], ['c', 'd'], ['e']]) mustAppend(log, batch(values))
  expect(readOnce(log, 0, { upTo: 4 })).toEqual(['a', 'b', 'c', 'd'])
  expect(readOnce(log, 0, { upTo: 3 })).toEqual(['a', 'b'])
  expect(readOnce(log, 2, { upTo: 2 })).toEqual([])
})

test('every offset of a log of many segments and index entries can be read from', async () => {
  const { log } = await openLog({ config: { segmentBytes: 4000, indexIntervalBytes: 200 } })
  const values: string[] = []
  for (let index = 0; index < 100; index++) {
    const some = Array.from({ length: 1 + (index % 4) }, (_, at) => `value ${index} ${at} ${'.'.repeat((index * 13) % 90)}`)
    mustAppend(log, batch(some))
    values.push(...some)
  }
  expect(log.segmentCount).toBeGreaterThan(4)
  for (let offset = 0; offset < values.length; offset++) {
    const read = readOnce(log, offset, { maxBytes: 1 })
    expect(read).toContain(values[offset])
    expect(log.reader.availableBytes(offset, log.endOffset, 150)).toBe(Math.min(150, log.reader.availableBytes(offset, log.endOffset, 1e9)))
  }
  expect(readAll(log)).toEqual(values)
  expect(readAll(log, 57, 100)).toEqual(values.slice(57))
})

test('available bytes are those between two offsets; a closed segment has as many as may be asked for, unless a reader stopped there', async () => {
  const { log } = await openLog()
  const size = batch(['a']).length
  for (const value of ['a', 'b', 'c', 'd', 'e']) mustAppend(log, batch([value]))
  expect(log.reader.availableBytes(0, 5, 10_000)).toBe(size * 5)
  expect(log.reader.availableBytes(1, 4, 10_000)).toBe(size * 3)
  expect(log.reader.availableBytes(5, 5, 10_000)).toBe(0)
  expect(log.reader.availableBytes(3, 2, 10_000)).toBe(0)
  log.roll()
  for (const value of ['f', 'g']) mustAppend(log, batch([value]))
  expect(log.reader.availableBytes(1, 7, 10_000)).toBe(10_000)
  expect(readOnce(log, 0, { maxBytes: size })).toEqual(['a'])
  expect(log.reader.availableBytes(1, 7, 10_000)).toBe(size * 6)
})

test('buffers go back to the pool', async () => {
  const { log } = await openLog()
  mustAppend(log, batch(['a']))
  const before = readBuffers.bytesInUse
  const read = log.read({ offset: 0, maxBytes: 100_000, minOneBatch: true })
  expect(readBuffers.bytesInUse).toBeGreaterThan(before)
  if (read.error === 'NONE') read.release()
  readOnce(log, 1)
  readOnce(log, 0, { upTo: 0 })
  expect(readBuffers.bytesInUse).toBe(before)
})

test('over its budget the pool gives nothing, except for the batch an answer must carry, and keeps a bounded rest', () => {
  const pool = new ReadBuffers(10_000, 4096)
  const first = pool.take(5000)
  expect(first?.length).toBe(8192)
  expect(pool.take(4096)).toBeUndefined()
  const must = pool.takeAnyway(100)
  expect([must.length, pool.bytesInUse]).toEqual([4096, 12_288])
  if (first) pool.give(first)
  pool.give(must)
  expect(pool.bytesInUse).toBe(0)
  expect(pool.takeAnyway(1)).toBe(must)
  expect(pool.takeAnyway(8000)).not.toBe(first)
})

test('when the budget is spent, a read answers its first batch', async () => {
  const { log } = await openLog()
  for (const value of ['a', 'b']) mustAppend(log, batch([value]))
  const held: Buffer[] = []
  for (let buffer = readBuffers.take(64 * 1024 * 1024); buffer; buffer = readBuffers.take(64 * 1024 * 1024)) held.push(buffer)
  for (let buffer = readBuffers.take(4096); buffer; buffer = readBuffers.take(4096)) held.push(buffer)
  try {
    expect(readOnce(log, 0)).toEqual(['a'])
    expect(readOnce(log, 0, { minOneBatch: false })).toEqual([])
  } finally {
    for (const buffer of held) readBuffers.give(buffer)
  }
})
