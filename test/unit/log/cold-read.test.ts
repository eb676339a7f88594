/** What is not in the page cache is read on the thread pool, in pieces, and the answer fits the log as it is when the bytes are there. */

import { afterEach, expect, test } from 'vitest'
import type { Disk, DiskFile } from '../../../core/common/disk.ts'
import { COLD_PIECE_BYTES, WARM_BYTES_MAX } from '../../../core/common/limits.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import type { PartitionLog } from '../../../core/log/partition-log.ts'
import { readBuffers } from '../../../core/log/read-buffers.ts'
import { WarmPages } from '../../../core/log/warm-pages.ts'
import { batch, mustAppend, openLog, readOnce } from './fixture.ts'

afterEach(() => expect(readBuffers.bytesInUse).toBe(0))

/** As much passes through the process as the page cache is trusted to hold. */
function goCold(): void {
  new WarmPages().touch(0, WARM_BYTES_MAX + 1)
}

/** A disk that notes the reads of log files, and lets waiting ones wait until `open` is called. */
class WatchedDisk {
  readonly memory = new MemoryDisk()
  readonly disk: Disk
  /** How the first read since it was set to undefined was made. */
  first: 'at once' | 'waiting' | undefined
  readonly waiting: number[] = []
  #gate: Promise<void> | undefined
  open: () => void = () => {}

  constructor() {
    const { memory } = this
    this.disk = new Proxy<Disk>(memory, {
      get: (_, name) => {
        if (name === 'openNow') return (path: string, mode: 'read' | 'write' | 'create') => this.#watch(memory.openNow(path, mode))
        const member: unknown = Reflect.get(memory, name)
        return typeof member === 'function' ? member.bind(memory) : member
      },
    })
  }

  close(): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#gate = promise
    this.open = resolve
  }

  #watch(file: DiskFile): DiskFile {
    return new Proxy(file, {
      get: (_, name) => {
        const member: unknown = Reflect.get(file, name)
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => {
          if (name === 'readNow') this.first ??= 'at once'
          if (name === 'read') this.first ??= 'waiting'
          if (name === 'read') this.waiting.push((args[0] as Uint8Array).length) // a read's first argument is what it fills
          if (name === 'read' && this.#gate) return this.#gate.then(() => Reflect.apply(member, file, args) as unknown)
          return Reflect.apply(member, file, args) as unknown
        }
      },
    })
  }
}

const values = Array.from({ length: 60 }, (_, at) => `value ${at} ${'.'.repeat((at * 7) % 60)}`)
const config = { segmentBytes: 2000, indexIntervalBytes: 200 }

async function filledLog(): Promise<{ watched: WatchedDisk; log: PartitionLog }> {
  const watched = new WatchedDisk()
  const { log } = await openLog({ disk: watched.disk as MemoryDisk, config }) // all of Disk, and nothing else of it is used
  for (const value of values) mustAppend(log, batch([value]))
  expect(log.segmentCount).toBeGreaterThan(3)
  return { watched, log }
}

async function readCold(log: PartitionLog, offset: number, maxBytes = 500): Promise<{ readonly error: string; readonly bytes: string; readonly next: number }> {
  const read = await log.reader.readCold({ offset, maxBytes, minOneBatch: true })
  if (read.error !== 'NONE') return { error: read.error, bytes: '', next: -1 }
  const bytes = Buffer.concat(read.buffers).toString('hex')
  read.release()
  return { error: read.error, bytes, next: read.nextOffset }
}

test('what was appended or read lately is warm; once enough else has passed through it is cold', async () => {
  const { log } = await filledLog()
  expect([log.reader.isCold(0, 500), log.reader.isCold(59, 500)]).toEqual([false, false])
  goCold()
  expect([log.reader.isCold(0, 500), log.reader.isCold(59, 500)]).toEqual([true, true])
  await readCold(log, 0)
  expect([log.reader.isCold(0, 500), log.reader.isCold(59, 500), log.reader.isCold(60, 500)]).toEqual([false, true, false])
})

test('a cold read waits before it touches the disk, from every offset, and gives what a warm one gives', async () => {
  const { watched, log: first } = await filledLog()
  let log = first
  for (let offset = 0; offset < values.length; offset++) {
    const read = log.read({ offset, maxBytes: 500, minOneBatch: true })
    if (read.error !== 'NONE') throw new Error(read.error)
    const warm = { error: read.error, bytes: Buffer.concat(read.buffers).toString('hex'), next: read.nextOffset }
    read.release()
    await log.close()
    log = (await openLog({ disk: watched.disk as MemoryDisk, config, isClean: true })).log // no hints, no index in memory
    goCold()
    watched.first = undefined
    watched.waiting.length = 0
    expect(await readCold(log, offset)).toEqual(warm)
    // What it has waited for once is warm, and may be looked at again at once.
    expect([watched.first, watched.waiting.every(bytes => bytes <= COLD_PIECE_BYTES)]).toEqual(['waiting', true])
  }
})

test('a large cold read goes in pieces', async () => {
  const watched = new WatchedDisk()
  const { log } = await openLog({ disk: watched.disk as MemoryDisk, config: { maxMessageBytes: 8_000_000 } })
  mustAppend(log, batch(['x'.repeat(3_500_000)]))
  goCold()
  watched.waiting.length = 0
  await readCold(log, 0, 100)
  expect(watched.waiting.filter(bytes => bytes === COLD_PIECE_BYTES).length).toBe(3)
})

test('what a cold read asked for may be dropped meanwhile: it is out of range then, and its buffer is given back', async () => {
  const { watched, log } = await filledLog()
  goCold()
  watched.close()
  const read = readCold(log, 0)
  log.trimTo(50)
  watched.open()
  expect(await read).toMatchObject({ error: 'OFFSET_OUT_OF_RANGE' })
  expect(readOnce(log, 50)).not.toEqual([])
})

test('a log that is closed meanwhile rejects a cold read, and the buffer is given back', async () => {
  const { watched, log } = await filledLog()
  goCold()
  watched.close()
  const read = log.reader.readCold({ offset: 0, maxBytes: 500, minOneBatch: true })
  const closed = log.abandon()
  watched.open()
  await expect(read).rejects.toThrow('closed')
  await closed
})

test('a disk that fails a cold read is told of, and the buffer is given back', async () => {
  const { watched, log } = await filledLog()
  goCold()
  watched.memory.fail({ call: 'read', code: 'EIO' })
  await expect(readCold(log, 30)).rejects.toThrow('EIO')
  watched.memory.heal()
  expect((await readCold(log, 30)).error).toBe('NONE')
})

test('a look-up by time reads what is cold on the thread pool', async () => {
  const { watched, log } = await filledLog()
  goCold()
  watched.waiting.length = 0
  expect(await log.reader.offsetForTimestamp(0)).toMatchObject({ offset: 0 })
  expect(watched.waiting.length).toBeGreaterThan(0)
  expect(await log.reader.offsetOfMaxTimestamp()).toMatchObject({ offset: 0 })
})
