import { mkdtempSync, renameSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import type { Disk, DiskFile } from '../../../../core/common/disk.ts'
import { nodeDisk } from '../../../../core/common/node-disk.ts'
import { silentLogger } from '../../../../core/common/logger.ts'
import type { MessageDetail, MessagePage, TailItem } from '../../../../core/studio/contract/messages.ts'
import { decodeMessage } from '../../../../core/studio/rpc/codec.ts'
import { type ScanAnswer, Scanner } from '../../../../core/studio/scan/scan.ts'
import type { PartitionSource } from '../../../../core/studio/scan/source.ts'
import { startScan } from '../../../../core/threads.ts'
import { type Batch, writePartition } from './segment-files.ts'

const root = mkdtempSync(join(tmpdir(), 'millrace-scan-'))
afterAll(() => rmSync(root, { recursive: true }))
let folders = 0
const folder = (): string => join(root, `p-${folders++}`)

/** The node disk, counting what is read from .log files. */
function countingDisk(): Disk & { logBytesRead: number } {
  const disk = {
    ...nodeDisk,
    logBytesRead: 0,
    openNow(path: string, mode: 'read' | 'write' | 'create'): DiskFile {
      const file = nodeDisk.openNow(path, mode)
      return new Proxy(file, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name, target)
          if (typeof member !== 'function') return member
          return (...args: unknown[]) => {
            if ((name === 'read' || name === 'readNow') && path.endsWith('.log')) disk.logBytesRead += (args[0] as Uint8Array).length
            return Reflect.apply(member, target, args)
          }
        },
      })
    },
  }
  return disk
}

const text = (value: string): Buffer => Buffer.from(value)
const record = (value: string, timestamp = 1000) => ({ key: null, value: text(value), timestamp })
const batchOf = (count: number, o: { size?: number; timestamp?: number; name?: string } = {}): Batch => ({
  records: Array.from({ length: count }, (_, index) => record(`${o.name ?? 'v'}${index}`.padEnd(o.size ?? 0, '.'), (o.timestamp ?? 1000) + index)),
})

function decoded<T>(answer: ScanAnswer): T {
  if (answer.is !== 'page' && answer.is !== 'record') throw new Error(`answered ${JSON.stringify(answer)}`)
  return decodeMessage(Buffer.concat([Buffer.from([0xc0]), answer.bytes])).payload as T
}

type Direction = 'forward' | 'backward'
async function page(disk: Disk, sources: readonly PartitionSource[], direction: Direction, limit: number): Promise<MessagePage> {
  return decoded(await new Scanner(disk).ask({ is: 'page', sources, direction, limit, cellBytesMax: 4_000_000 }))
}

const at = (source: PartitionSource, partition: number, cursor: number): PartitionSource => ({ ...source, partition, cursor })
const offsets = ({ rows }: MessagePage): number[] => rows.map(row => Number(row.offset))
const shown = ({ rows }: MessagePage): string[] => rows.map(({ partition, offset }) => `${partition}:${offset}`)

/** Pages through everything from where the sources stand. */
async function walk(disk: Disk, sources: readonly PartitionSource[], direction: Direction, limit: number): Promise<string[]> {
  const all: string[] = []
  let now = sources
  for (let pages = 0; pages < 500; pages++) {
    const { isEnd, next, ...read } = await page(disk, now, direction, limit)
    all.push(...shown({ isEnd, next, ...read }))
    if (isEnd) return all
    now = now.map((source, index) => ({ ...source, cursor: Number(next[index]?.offset) }))
  }
  throw new Error('the pages do not end')
}

test('a page forward starts at its cursor and tells where to go on', async () => {
  const source = writePartition(nodeDisk, folder(), [[batchOf(3), batchOf(3)], [batchOf(4)]])
  const first = await page(nodeDisk, [at(source, 0, 2)], 'forward', 5)
  expect(offsets(first)).toEqual([2, 3, 4, 5, 6])
  expect(first).toMatchObject({ next: [{ partition: 0, offset: 7n }], isEnd: false, bounds: [{ partition: 0, startOffset: 0n, endOffset: 10n }] })
  const rest = await page(nodeDisk, [at(source, 0, 7)], 'forward', 5)
  expect(offsets(rest)).toEqual([7, 8, 9])
  expect(rest).toMatchObject({ next: [{ partition: 0, offset: 10n }], isEnd: true })
})

test('a page backward has the newest first and stops at the start', async () => {
  const source = writePartition(nodeDisk, folder(), [[batchOf(3), batchOf(3)], [batchOf(4)]])
  const last = await page(nodeDisk, [at(source, 0, 10)], 'backward', 6)
  expect(offsets(last)).toEqual([9, 8, 7, 6, 5, 4])
  expect(last).toMatchObject({ next: [{ partition: 0, offset: 4n }], isEnd: false })
  const rest = await page(nodeDisk, [at(source, 0, 4)], 'backward', 6)
  expect(offsets(rest)).toEqual([3, 2, 1, 0])
  expect(rest).toMatchObject({ next: [{ partition: 0, offset: 0n }], isEnd: true })
})

test('a row carries key, value, headers, time and size, with every digit', async () => {
  const source = writePartition(nodeDisk, folder(), [[{
    records: [
      { key: text('k'), value: text('{"id":9007199254740993}'), headers: [{ name: 'h', value: text('x') }], timestamp: 1_700_000_000_000 },
      { key: null, value: null, timestamp: -1 },
      { key: new Uint8Array([0, 255]), value: text('plain'), timestamp: 5 },
    ],
  }, { timestampType: 'LogAppendTime', records: [record('late', 77)] }]])
  const { rows } = await page(nodeDisk, [source], 'forward', 10)
  expect(rows).toEqual([
    {
      partition: 0, offset: 0n, timestamp: 1_700_000_000_000n, timestampType: 'create', headerCount: 1, sizeBytes: 26,
      key: { is: 'text', text: 'k', sizeBytes: 1, restBytes: 0 },
      value: { is: 'json', text: '{"id":9007199254740993}', sizeBytes: 23, restBytes: 0 },
    },
    { partition: 0, offset: 1n, timestamp: -1n, timestampType: 'create', headerCount: 0, sizeBytes: 0, key: { is: 'null' }, value: { is: 'null' } },
    {
      partition: 0, offset: 2n, timestamp: 5n, timestampType: 'create', headerCount: 0, sizeBytes: 7,
      key: { is: 'hex', text: '00ff', sizeBytes: 2, restBytes: 0 }, value: { is: 'text', text: 'plain', sizeBytes: 5, restBytes: 0 },
    },
    {
      partition: 0, offset: 3n, timestamp: 77n, timestampType: 'append', headerCount: 0, sizeBytes: 4,
      key: { is: 'null' }, value: { is: 'text', text: 'late', sizeBytes: 4, restBytes: 0 },
    },
  ])
})

test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)('records compressed with %s are opened, in the thread itself', async codec => {
  const source = writePartition(nodeDisk, folder(), [[{ ...batchOf(50, { size: 200 }), codec, producerId: 7, producerEpoch: 1, baseSequence: 3 }]])
  const scan = startScan({ logger: silentLogger })
  try {
    const read = decoded<MessagePage>(await scan.ask({ is: 'page', sources: [source], direction: 'forward', limit: 500, cellBytesMax: 1e6 }))
    expect(offsets(read)).toEqual(Array.from({ length: 50 }, (_, index) => index))
    const detail = decoded<MessageDetail>(await scan.ask({ is: 'record', source: at(source, 0, 7), bytesMax: 4 }))
    expect(detail).toMatchObject({
      row: { offset: 7n, value: { is: 'text', text: 'v7..', restBytes: 196 } }, decoder: 'UTF-8 text',
      keyBytes: null, valueBytes: new Uint8Array(text('v7..')), keySizeBytes: 0, valueSizeBytes: 200,
      batch: { baseOffset: 0n, recordCount: 50, codec, producerId: 7n, producerEpoch: 1, baseSequence: 3, isTransactional: false },
    })
    expect(detail.batch.inflatedBytes).toBeGreaterThan(10_000)
  } finally {
    await scan.stop()
  }
})

test('partitions are merged by time, then partition, then offset, and both directions agree', async () => {
  const even = at(writePartition(nodeDisk, folder(), [[batchOf(3, { timestamp: 10 }), batchOf(2, { timestamp: 30 })]]), 0, 0)
  const odd = at(writePartition(nodeDisk, folder(), [[batchOf(2, { timestamp: 11 }), batchOf(2, { timestamp: 20 })]]), 1, 0)
  const forward = await page(nodeDisk, [even, odd], 'forward', 50)
  expect(shown(forward)).toEqual(['0:0', '0:1', '1:0', '0:2', '1:1', '1:2', '1:3', '0:3', '0:4'])
  const backward = await page(nodeDisk, [at(even, 0, 5), at(odd, 1, 4)], 'backward', 50)
  expect(shown(backward)).toEqual(shown(forward).toReversed())
})

test('pages of any size, over any partitions, tile the topic without loss or repeat, in both directions', async () => {
  const plan = fc.array(fc.array(fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 9 }), { maxLength: 4 }), { minLength: 1, maxLength: 4 })
  await fc.assert(fc.asyncProperty(plan, fc.integer({ min: 1, max: 12 }), fc.boolean(), async (partitions, limit, index) => {
    const sources = partitions.map((times, partition) => {
      const batches = times.map((stamps): Batch => ({ records: stamps.map(time => record('v', time)) }))
      return at(writePartition(nodeDisk, folder(), [batches.slice(0, 2), batches.slice(2)], { index }), partition, 0)
    })
    const forward = await walk(nodeDisk, sources, 'forward', limit)
    const expected = sources.flatMap(({ partition, endOffset }) => Array.from({ length: endOffset }, (_, offset) => `${partition}:${offset}`))
    expect(forward.toSorted()).toEqual(expected.toSorted())
    const backward = await walk(nodeDisk, sources.map(source => ({ ...source, cursor: source.endOffset })), 'backward', limit)
    expect(backward.toSorted()).toEqual(expected.toSorted())
  }), { numRuns: 40 })
})

test('a page in the middle of a large segment reads about what it shows', async () => {
  const batches = Array.from({ length: 2000 }, (_, index) => batchOf(10, { size: 500, timestamp: index * 10 }))
  const source = writePartition(nodeDisk, folder(), [batches])
  for (const direction of ['forward', 'backward'] as const) {
    const disk = countingDisk()
    const read = await page(disk, [at(source, 0, 10_005)], direction, 100)
    expect(offsets(read).at(0)).toBe(direction === 'forward' ? 10_005 : 10_004)
    expect(read.rows).toHaveLength(100)
    // 100 rows are 50 KB.
    expect(disk.logBytesRead).toBeLessThan(200_000)
  }
})

test('one partition that holds the whole page among many is read on without reading the others again', async () => {
  const old = Array.from({ length: 20 }, (_, partition) => at(writePartition(nodeDisk, folder(), [[batchOf(100, { timestamp: 0, size: 500 })]]), partition + 1, 100))
  const busy = at(writePartition(nodeDisk, folder(), [Array.from({ length: 100 }, (_, index) => batchOf(10, { size: 500, timestamp: 5000 + index * 10 }))]), 0, 1000)
  const disk = countingDisk()
  const read = await page(disk, [busy, ...old], 'backward', 400)
  expect(read.rows.every(row => row.partition === 0)).toBe(true)
  expect(offsets(read)).toEqual(Array.from({ length: 400 }, (_, index) => 999 - index))
  expect(disk.logBytesRead).toBeLessThan(20 * 90_000 + 4 * 400 * 500)
})

test('large records end a page early instead of reading for seconds', async () => {
  const batches = Array.from({ length: 60 }, (_, index) => batchOf(1, { size: 1_000_000, timestamp: index }))
  const source = writePartition(nodeDisk, folder(), [batches])
  for (const direction of ['forward', 'backward'] as const) {
    const disk = countingDisk()
    const read = await page(disk, [at(source, 0, direction === 'forward' ? 0 : 60)], direction, 60)
    expect(read.rows.length).toBeGreaterThan(10)
    expect(read.isEnd).toBe(false)
    expect(disk.logBytesRead).toBeLessThan(120_000_000)
    expect(await walk(nodeDisk, [at(source, 0, direction === 'forward' ? 0 : 60)], direction, 60)).toHaveLength(60)
  }
})

test('a batch that cannot be opened is one row that says why, and its neighbours are shown', async () => {
  const path = folder()
  const source = writePartition(nodeDisk, path, [[batchOf(2), { ...batchOf(3), codec: 'gzip' }, batchOf(2)]])
  const [segment] = source.segments
  const file = nodeDisk.openNow(segment?.path ?? '', 'write')
  const first = Buffer.alloc(12)
  file.readNow(first, 0)
  const second = first.readInt32BE(8) + 12
  file.writeNow([Buffer.from('not gzip')], second + 61)
  const { rows } = await page(nodeDisk, [source], 'forward', 10)
  expect(rows.map(row => [Number(row.offset), row.value.is])).toEqual([[0, 'text'], [1, 'text'], [2, 'failed'], [5, 'text'], [6, 'text']])
  const detail = decoded<MessageDetail>(await new Scanner(nodeDisk).ask({ is: 'record', source: at(source, 0, 3), bytesMax: 100 }))
  expect(detail).toMatchObject({ row: { value: { is: 'failed' } }, batch: { codec: 'gzip', recordCount: 3 } })
})

test('control records are no rows, and a record that compaction took is none', async () => {
  const source = writePartition(nodeDisk, folder(), [[batchOf(1), { ...batchOf(1), isControl: true, isTransactional: true }, batchOf(1)]])
  expect(offsets(await page(nodeDisk, [source], 'forward', 10))).toEqual([0, 2])
  expect(await new Scanner(nodeDisk).ask({ is: 'record', source: at(source, 0, 1), bytesMax: 100 })).toEqual({ is: 'none' })
  expect(await new Scanner(nodeDisk).ask({ is: 'record', source: at(source, 0, 3), bytesMax: 100 })).toEqual({ is: 'none' })
})

test('a segment that went away is gone, one that was cut is unreadable, with the reason', async () => {
  const [gone, cut] = [writePartition(nodeDisk, folder(), [[batchOf(2)]]), writePartition(nodeDisk, folder(), [[batchOf(2)]])]
  rmSync(gone.segments[0]?.path ?? '')
  truncateSync(cut.segments[0]?.path ?? '', 70)
  const ask = (source: PartitionSource) => new Scanner(nodeDisk).ask({ is: 'page', sources: [source], direction: 'forward', limit: 5, cellBytesMax: 1e6 })
  expect(await ask(gone)).toEqual({ is: 'gone' })
  expect(await ask(cut)).toMatchObject({ is: 'unreadable', reason: expect.stringContaining('shorter') })
})

test('a segment that was dropped meanwhile is read under its deleted name, and one that another took the place of is gone', async () => {
  const [dropped, replaced] = [writePartition(nodeDisk, folder(), [[batchOf(2)], [batchOf(1)]]), writePartition(nodeDisk, folder(), [[batchOf(2), batchOf(2)], [batchOf(1)]])]
  for (const suffix of ['.log', '.index']) {
    const path = (dropped.segments[0]?.path ?? '').replace('.log', suffix)
    renameSync(path, `${path}.deleted`)
  }
  truncateSync(replaced.segments[0]?.path ?? '', (replaced.segments[0]?.endPosition ?? 0) / 2)
  expect(offsets(await page(nodeDisk, [dropped], 'forward', 10))).toEqual([0, 1, 2])
  expect(await new Scanner(nodeDisk).ask({ is: 'page', sources: [replaced], direction: 'forward', limit: 5, cellBytesMax: 1e6 })).toEqual({ is: 'gone' })
})

test('a tail answer carries how many records were skipped', async () => {
  const source = writePartition(nodeDisk, folder(), [[batchOf(4)]])
  const answer = await new Scanner(nodeDisk).ask({ is: 'tail', skipped: 12, sources: [at(source, 0, 2)], direction: 'forward', limit: 5, cellBytesMax: 1e6 })
  expect(decoded<TailItem>(answer)).toMatchObject({ skipped: 12, rows: [{ offset: 2n }, { offset: 3n }] })
  expect(answer).toMatchObject({ rowCount: 2, isEnd: true, next: [{ partition: 0, offset: 4 }] })
})

test('when the scan thread dies its requests fail with a clear message and the next one starts it again', async () => {
  const source = writePartition(nodeDisk, folder(), [[batchOf(2)]])
  const scan = startScan({ logger: silentLogger })
  try {
    // A request that cannot be read as one is a bug of the thread's caller; it is not contained on purpose.
    await expect(scan.ask(null as never)).rejects.toThrow()
    const read = await scan.ask({ is: 'page', sources: [source], direction: 'forward', limit: 5, cellBytesMax: 1e6 })
    expect(read).toMatchObject({ is: 'page', rowCount: 2 })
  } finally {
    await scan.stop()
  }
  await expect(scan.ask({ is: 'record', source, bytesMax: 1 })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})
