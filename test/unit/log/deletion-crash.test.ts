/** A crash at every disk call of a deletion: nothing that is to be kept is lost, nothing that is gone comes back half, no stray file stays. */

import { expect, test } from 'vitest'
import type { Disk, DiskFile } from '../../../core/common/disk.ts'
import { silentLogger } from '../../../core/common/logger.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { LogDirectory, type PartitionToOpen } from '../../../core/log/log-directory.ts'
import { LogSweeps } from '../../../core/log/log-sweeps.ts'
import { defaultLogConfig, type LogConfig } from '../../../core/log/partition-log.ts'
import { batch, mustAppend, readAll, START_MS, TOPIC_ID } from './fixture.ts'

const CHANGES = new Set(['rename', 'renameNow', 'remove', 'removeNow', 'replace', 'replaceNow', 'flushFolder', 'openNow', 'makeFolder', 'makeFolderNow'])
const FILE_CHANGES = new Set(['writeNow', 'truncateNow', 'flush'])

/** The disk until its call number `limit` of those that change it; from then on every call fails, as after a kill. */
function dyingDisk(disk: MemoryDisk, limit: number): { disk: Disk; calls: () => number } {
  const session = disk.session()
  let calls = 0
  const count = (): void => {
    if (++calls === limit) disk.crash(limit % 2 === 0 ? 'power' : 'process')
  }
  const guard = <T extends object>(target: T, names: ReadonlySet<string>): T => new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...args: unknown[]): unknown => {
        if (names.has(String(name))) count()
        const answer: unknown = Reflect.apply(member, target, args)
        return name === 'openNow' ? guard(answer as DiskFile, FILE_CHANGES) : answer
      }
    },
  })
  return { disk: guard(session, CHANGES), calls: () => calls }
}

async function open(disk: Disk, config: Partial<LogConfig>) {
  const clock = new SimulatedClock(START_MS + 1000)
  const logs = await LogDirectory.open({ disk, clock, folder: '/logs', clusterId: 'cluster', brokerId: 1, logger: silentLogger })
  const toOpen: PartitionToOpen = { topic: 'orders', partition: 0, topicId: TOPIC_ID, config: { ...defaultLogConfig, ...config } }
  return { clock, logs, toOpen }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve()
}

/** Six segments of two records on a disk that has them all, then retention that keeps `kept` of them, on a disk that dies at a call. */
async function retainOn(limit: number, kept: number): Promise<{ memory: MemoryDisk; calls: number; values: string[] }> {
  const memory = new MemoryDisk({ seed: limit })
  const before = await open(memory, {})
  const log = await before.logs.create(before.toOpen)
  const values: string[] = []
  for (let index = 0; index < 6; index++) {
    if (index > 0) log.roll()
    values.push(`${index}a`, `${index}b`)
    mustAppend(log, batch([`${index}a`, `${index}b`]))
  }
  await log.flush()
  const each = batch(['0a', '0b']).length
  await before.logs.close()
  const dying = dyingDisk(memory, limit)
  const config = { retentionBytes: kept * each, fileDeleteDelayMs: 1000 }
  try {
    const { logs, clock, toOpen } = await open(dying.disk, config)
    await logs.open(toOpen)
    const sweeps = new LogSweeps({ clock, logger: silentLogger, initialDelayMs: 1, everyMs: 1e9, logs: () => logs.openLogs(), saveStartOffsets: () => logs.saveStartOffsets() })
    await sweeps.sweep()
    clock.advance(1000)
    await settled()
    await sweeps.stop()
    await logs.close()
  } catch {
    // It died there.
  }
  return { memory, calls: dying.calls(), values }
}

test.each([3, 0])('retention that keeps %i segments, killed or cut off at any call', async kept => {
  const total = (await retainOn(Infinity, kept)).calls
  expect(total).toBeGreaterThan(20)
  for (let limit = 1; limit <= total + 1; limit++) {
    const { memory, values } = await retainOn(limit, kept)
    const again = await open(memory, {})
    const log = await again.logs.open(again.toOpen)
    expect([limit, log.startOffset % 2, log.startOffset <= values.length - 2 * kept, log.endOffset]).toEqual([limit, 0, true, values.length])
    expect([limit, readAll(log)]).toEqual([limit, values.slice(log.startOffset)])
    expect(mustAppend(log, batch(['next'])).baseOffset).toBe(values.length)
    await again.logs.close()
    const strays = memory.paths.filter(path => /\.(deleted|tmp|swap|cleaned)$/.test(path))
    const bases = new Set(memory.paths.filter(path => path.endsWith('.log')).map(path => path.slice(0, -4)))
    const alone = memory.paths.filter(path => /\.(index|timeindex|txnindex)$/.test(path) && !bases.has(path.replace(/\.\w+$/, '')))
    expect([limit, strays, alone]).toEqual([limit, [], []])
  }
})

test('a hole below the start, or a damaged segment there, costs nothing above it', async () => {
  for (const harm of ['missing', 'garbled'] as const) {
    const memory = new MemoryDisk()
    const before = await open(memory.session(), {})
    const log = await before.logs.create(before.toOpen)
    for (let index = 0; index < 5; index++) {
      if (index > 0) log.roll()
      mustAppend(log, batch([`${index}a`, `${index}b`]))
    }
    log.trimTo(6)
    await before.logs.saveStartOffsets()
    // As after a loss of power: the first rename of a sweep did not last, the second did; or a file of the prefix rotted.
    const second = '/logs/orders-0/00000000000000000002.log'
    if (harm === 'missing') memory.renameNow(second, `${second}.deleted`)
    else memory.openNow(second, 'write').writeNow([Buffer.alloc(20, 7)], 0)
    memory.crash('process')
    const again = await open(memory, {})
    const reopened = await again.logs.open(again.toOpen)
    expect([reopened.startOffset, reopened.segmentCount, readAll(reopened)]).toEqual([6, 2, ['3a', '3b', '4a', '4b']])
    await again.logs.close()
    expect(memory.paths.filter(path => /0000[02]\.(log|index|timeindex|snapshot)|deleted/.test(path))).toEqual([])
  }
})

test('producers whose batches are gone are known after a crash, although the snapshots were damaged when they went', async () => {
  const memory = new MemoryDisk()
  const before = await open(memory, {})
  const log = await before.logs.create(before.toOpen)
  const send = (to: typeof log, baseSequence: number): unknown => mustAppend(to, batch(['x'], { producerId: 7, producerEpoch: 0, baseSequence }))
  send(log, 0)
  log.roll()
  mustAppend(log, batch(['a']))
  for (const path of memory.paths.filter(name => name.endsWith('.snapshot'))) memory.openNow(path, 'write').writeNow([Buffer.alloc(4, 9)], 0)
  log.trimTo(2)
  await before.logs.saveStartOffsets()
  await log.keepProducers()
  expect([log.segmentCount, log.dropBelowStart(10)]).toEqual([3, 2])
  memory.crash('process')
  const again = await open(memory, {})
  const reopened = await again.logs.open(again.toOpen)
  expect([...reopened.producers()].map(({ producerId, batches }) => [producerId, batches.at(-1)?.lastSequence])).toEqual([[7, 0]])
  send(reopened, 1)
  await again.logs.close()
})

test('after a loss of power too, where all of what is left is read again from its first offset on', async () => {
  const memory = new MemoryDisk()
  const before = await open(memory, {})
  const log = await before.logs.create(before.toOpen)
  mustAppend(log, batch(['x'], { producerId: 7, producerEpoch: 0, baseSequence: 0 }))
  for (const value of ['a', 'b']) {
    log.roll()
    mustAppend(log, batch([value]))
  }
  memory.removeNow('/logs/orders-0/00000000000000000001.snapshot')
  log.trimTo(1)
  await before.logs.saveStartOffsets()
  await log.keepProducers()
  expect(log.dropBelowStart(10)).toBe(1)
  await log.flush()
  memory.crash('power')
  const again = await open(memory, {})
  const reopened = await again.logs.open(again.toOpen)
  expect([reopened.startOffset, readAll(reopened)]).toEqual([1, ['a', 'b']])
  expect([...reopened.producers()].map(({ producerId, batches }) => [producerId, batches.at(-1)?.lastSequence])).toEqual([[7, 0]])
  await again.logs.close()
})
