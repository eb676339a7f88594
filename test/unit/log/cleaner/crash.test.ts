/** A compaction that is interrupted at each of its disk calls in turn: the log is then the one before it or the one after it. */

import { expect, test } from 'vitest'
import type { Disk, DiskFile } from '../../../../core/common/disk.ts'
import { MemoryDisk } from '../../../../core/common/memory-disk.ts'
import { encodeMarker } from '../../../../core/records/control-record.ts'
import type { PartitionLog } from '../../../../core/log/partition-log.ts'
import { openLog, START_MS } from '../fixture.ts'
import { batchesIn, cleanerOf, compacting, contentOf, put } from './fixture.ts'

const config = { ...compacting, segmentBytes: 400 }

/** Many updates of few keys, a deletion, an aborted transaction, in small segments of which several become one. Answers with its content. */
async function fill(log: PartitionLog): Promise<string[]> {
  for (let index = 0; index < 12; index++) put(log, [[`key ${index % 4}`, `value ${index}`]], { producerId: 1, producerEpoch: 0, baseSequence: index })
  put(log, [['key 0', null]])
  put(log, [['key 1', 'aborted']], { producerId: 2, producerEpoch: 0, baseSequence: 0, isTransactional: true })
  log.append(encodeMarker({ producerId: 2, producerEpoch: 0, isAbort: true, coordinatorEpoch: 0, timestamp: START_MS }), { origin: 'coordinator' })
  for (let index = 0; index < 3; index++) put(log, [[`other ${index}`, 'once']])
  log.roll()
  await log.flush()
  log.setConfig({ ...log.config, segmentBytes: 800 })
  return contentOf(log)
}

const wholeAtEnd = [
  '9 key 1=value 9', '10 key 2=value 10', '11 key 3=value 11', '12 key 0=null', '14 marker',
  ...Array.from({ length: 3 }, (_, index) => `${15 + index} other ${index}=once`),
]

/** A disk that calls `strike` before its `after`-th call that changes something. */
function strikingDisk(disk: Disk, after: number, strike: () => void): { readonly disk: Disk; calls(): number; arm(): void; disarm(): void } {
  let calls = 0
  let isArmed = false
  const changing = new Set(['renameNow', 'rename', 'removeNow', 'remove', 'flushFolder', 'replace', 'replaceNow', 'writeNow', 'flush', 'truncateNow', 'openNow', 'read', 'readNow', 'sizeNow', 'list'])
  const counted = <T extends object>(target: T): T => new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...args: unknown[]): unknown => {
        if (isArmed && changing.has(String(name)) && ++calls === after) strike()
        const result: unknown = Reflect.apply(member, target, args)
        return name === 'openNow' ? counted(result as DiskFile) : result
      }
    },
  })
  return { disk: counted(disk), calls: () => calls, arm: () => { isArmed = true }, disarm: () => { isArmed = false } }
}

function expectWhole(log: PartitionLog, before: readonly string[]): void {
  const content = contentOf(log)
  expect(before).toEqual(expect.arrayContaining(content))
  expect(content).toEqual(expect.arrayContaining(wholeAtEnd))
  expect([log.startOffset, log.endOffset, log.leaderEpoch]).toEqual([0, 18, 0])
  const aborted = batchesIn(log).filter(({ isTransactional, isControl, recordCount }) => isTransactional && !isControl && recordCount > 0)
  for (const { producerId, baseOffset } of aborted) {
    expect(log.abortedTransactions(baseOffset, baseOffset + 1)).toEqual([expect.objectContaining({ producerId, firstOffset: baseOffset })])
  }
  for (let offset = 0; offset <= 18; offset++) {
    const read = log.read({ offset, maxBytes: 10_000, minOneBatch: true })
    expect(read.error).toBe('NONE')
    if (read.error === 'NONE') read.release()
  }
}

test.each(['process', 'power'] as const)('after a crash (%s) at any call the log is whole, and the next compaction completes it', { timeout: 60_000 }, async kind => {
  let wasReached = true
  for (let after = 1; wasReached; after++) {
    const memory = new MemoryDisk({ seed: after })
    wasReached = false
    const striking = strikingDisk(memory.session(), after, () => {
      wasReached = true
      memory.crash(kind)
    })
    const fixture = await openLog({ disk: striking.disk as MemoryDisk, config })
    const before = await fill(fixture.log)
    striking.arm()
    await cleanerOf(fixture).cleaner.cleanAll()
    if (!wasReached) memory.crash(kind)
    // The start after it may be interrupted too.
    const interrupted = strikingDisk(memory.session(), 1 + (after % 30), () => memory.crash(kind))
    interrupted.arm()
    await openLog({ disk: interrupted.disk as MemoryDisk, config, recoveryPoint: fixture.log.recoveryPoint }).catch(() => {})
    memory.crash('process')
    const again = await openLog({ disk: memory, config, recoveryPoint: fixture.log.recoveryPoint })
    expectWhole(again.log, before)
    expect(memory.paths.filter(path => /\.(cleaned|swap|deleted)$/.test(path))).toEqual([])
    await cleanerOf(again).cleaner.cleanAll()
    expect(contentOf(again.log)).toEqual(wholeAtEnd)
    await again.log.close()
  }
})

test('a call that fails once, whichever it is, costs nothing: the next round completes the compaction', { timeout: 60_000 }, async () => {
  let wasReached = true
  for (let after = 1; wasReached; after++) {
    const memory = new MemoryDisk({ seed: after })
    wasReached = false
    const striking = strikingDisk(memory, after, () => {
      wasReached = true
      throw Object.assign(new Error('EIO: the disk failed'), { code: 'EIO' })
    })
    const fixture = await openLog({ disk: striking.disk as MemoryDisk, config })
    const before = await fill(fixture.log)
    striking.arm()
    const { cleaner } = cleanerOf(fixture)
    await cleaner.cleanAll()
    striking.disarm()
    expectWhole(fixture.log, before)
    await cleaner.cleanAll()
    expect(contentOf(fixture.log)).toEqual(wholeAtEnd)
    expect(memory.paths.filter(path => /\.(cleaned|swap)$/.test(path))).toEqual([])
    await fixture.log.close()
    expect(memory.openFiles).toBe(0)
  }
})
