/** The .txnindex: which transactions were aborted in which offsets. */

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { type AbortedTransaction, collectAborted, TransactionIndex } from '../../../core/log/transaction-index.ts'

const FOLDER = '/orders-0'
const PATH = `${FOLDER}/00000000000000000100.txnindex`

function newDisk(): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeFolderNow(FOLDER)
  return disk
}

const openIndex = (disk: MemoryDisk, path = PATH, baseOffset = 100): TransactionIndex => new TransactionIndex(disk, path, baseOffset)
const all = (index: TransactionIndex): AbortedTransaction[] => Array.from({ length: index.count }, (_, at) => index.at(at))
const aborted = (firstOffset: number, lastOffset: number, lastStableOffset = lastOffset + 1, producerId = 7): AbortedTransaction => ({ producerId, firstOffset, lastOffset, lastStableOffset })

function collect(index: TransactionIndex, from: number, upTo: number): { found: number[]; isComplete: boolean } {
  const into: AbortedTransaction[] = []
  const isComplete = index.collect(from, upTo, into)
  return { found: into.map(({ lastOffset }) => lastOffset), isComplete }
}

test('entries are 34 bytes, written at once, and there is no file before the first', async () => {
  const disk = newDisk()
  const index = openIndex(disk)
  expect([index.count, index.isSound(), collect(index, 0, 1000)]).toEqual([0, true, { found: [], isComplete: false }])
  index.load()
  index.writeNow()
  index.truncateToNow(0)
  await index.flush()
  index.releaseNow()
  expect(disk.existsNow(PATH)).toBe(false)
  index.append(aborted(101, 105, 103, 0x1_0000_0002))
  expect(disk.readSmallNow(PATH)?.toString('hex')).toBe(['0000', '0000000100000002', '0000000000000065', '0000000000000069', '0000000000000067'].join(''))
})

test('a released index is read again, and goes on where it was', () => {
  const disk = newDisk()
  const index = openIndex(disk)
  index.append(aborted(101, 105))
  index.releaseNow()
  index.append(aborted(106, 108))
  expect(all(openIndex(disk))).toEqual([aborted(101, 105), aborted(106, 108)])
})

test('an abort that is there already is not added again', () => {
  const index = openIndex(newDisk())
  index.append(aborted(101, 105))
  index.append(aborted(106, 110))
  index.append(aborted(106, 110))
  index.append(aborted(101, 105))
  expect(index.count).toBe(2)
})

test('a full disk loses no entry: it waits and is written when there is room', async () => {
  const disk = newDisk()
  const index = openIndex(disk)
  disk.fail({ call: 'write', code: 'ENOSPC' })
  index.append(aborted(101, 105))
  expect([all(index), openIndex(disk).count]).toEqual([[aborted(101, 105)], 0])
  expect(() => index.writeNow()).toThrow('ENOSPC')
  disk.heal()
  index.writeNow()
  expect(all(openIndex(disk))).toEqual([aborted(101, 105)])
})

test('cut to an offset it keeps the markers before it; cut to nothing it has no file', () => {
  const disk = newDisk()
  const index = openIndex(disk)
  for (const last of [105, 110, 115]) index.append(aborted(last - 3, last))
  index.truncateToNow(111)
  expect(all(openIndex(disk)).map(({ lastOffset }) => lastOffset)).toEqual([105, 110])
  index.truncateToNow(110)
  expect(all(openIndex(disk)).map(({ lastOffset }) => lastOffset)).toEqual([105])
  index.truncateToNow(100)
  expect([index.count, disk.existsNow(PATH)]).toEqual([0, false])
  index.append(aborted(101, 103))
  expect(all(openIndex(disk))).toEqual([aborted(101, 103)])
})

test('a search ends where everything up to its end was decided', () => {
  const index = openIndex(newDisk())
  index.append(aborted(100, 105, 106))
  index.append(aborted(107, 110, 108)) // another transaction was open from 108 on
  index.append(aborted(108, 120, 121))
  expect(collect(index, 0, 106)).toEqual({ found: [105], isComplete: true })
  expect(collect(index, 106, 108)).toEqual({ found: [110], isComplete: true })
  expect(collect(index, 106, 109)).toEqual({ found: [110, 120], isComplete: true })
  expect(collect(index, 106, 200)).toEqual({ found: [110, 120], isComplete: false })
  expect(collect(index, 121, 200)).toEqual({ found: [], isComplete: false })
})

test.each([
  ['not of whole entries', (bytes: Buffer) => bytes.subarray(0, 67)],
  ['shorter than an entry', (bytes: Buffer) => bytes.subarray(0, 12)],
  ['of another version', (bytes: Buffer) => (bytes.writeInt16BE(1, 34), bytes)],
  ['of a segment before', (bytes: Buffer) => (bytes.writeInt32BE(99, 22), bytes)],
  ['out of order', (bytes: Buffer) => Buffer.concat([bytes.subarray(34), bytes.subarray(0, 34)])],
  ['of zeros', () => Buffer.alloc(68)],
])('a file %s is not sound', (_, damage) => {
  const disk = newDisk()
  const index = openIndex(disk)
  index.append(aborted(101, 105))
  index.append(aborted(106, 110))
  expect(openIndex(disk).isSound()).toBe(true)
  disk.replaceNow(PATH, damage(disk.readSmallNow(PATH) ?? Buffer.alloc(0)))
  expect(openIndex(disk).isSound()).toBe(false)
})

/** Transactions as a log has them: each step begins, continues, aborts or commits one of four producers', or starts a segment. */
const steps = fc.array(fc.record({ producerId: fc.nat(3), does: fc.constantFrom('write', 'write', 'abort', 'commit', 'roll') }), { maxLength: 60 })

test('over any row of segments a search finds exactly the aborts that overlap its offsets', () => {
  fc.assert(
    fc.property(steps, fc.nat(70), fc.nat(70), (history, a, b) => {
      const disk = newDisk()
      const segments = [{ baseOffset: 0, transactionIndex: openIndex(disk, `${FOLDER}/0.txnindex`, 0) }]
      const open = new Map<number, number>()
      const expected: AbortedTransaction[] = []
      for (const [offset, { producerId, does }] of history.entries()) {
        const firstOffset = open.get(producerId)
        if (does === 'write') {
          if (firstOffset === undefined) open.set(producerId, offset)
          continue
        }
        if (does === 'roll') segments.push({ baseOffset: offset, transactionIndex: openIndex(disk, `${FOLDER}/${offset}.txnindex`, offset) })
        if (does === 'roll' || firstOffset === undefined) continue
        open.delete(producerId)
        if (does === 'commit') continue
        const found = { producerId, firstOffset, lastOffset: offset, lastStableOffset: Math.min(offset + 1, ...open.values()) }
        expected.push(found)
        segments.at(-1)?.transactionIndex.append(found)
      }
      const [from, upTo] = [Math.min(a, b), Math.max(a, b)]
      const first = Math.max(0, segments.findLastIndex(({ baseOffset }) => baseOffset <= from))
      const reopened = segments.map(({ transactionIndex: { path }, baseOffset }) => ({ transactionIndex: openIndex(disk, path, baseOffset) }))
      expect(collectAborted(reopened, first, { from, upTo })).toEqual(expected.filter(({ firstOffset, lastOffset }) => lastOffset >= from && firstOffset < upTo))
      for (const { transactionIndex } of reopened) expect(transactionIndex.isSound()).toBe(true)
    }),
  )
})
