/** Going from header to header through a log in the page cache. */

import { expect, test } from 'vitest'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { scanHeaders } from '../../../core/log/batch-scan.ts'
import { attributesOf, baseOffsetOf, isControl } from '../../../core/records/batch-header.ts'
import { encodeMarker, readMarker } from '../../../core/records/control-record.ts'
import { batch } from './fixture.ts'

const PIECE = 8192

function scanned(bytes: Buffer): { sizeBytes: number; file: () => ReturnType<MemoryDisk['openNow']> } {
  const disk = new MemoryDisk()
  const file = disk.openNow('/log', 'create')
  file.writeNow([bytes], 0)
  return { sizeBytes: bytes.length, file: () => file }
}

const at = (bytes: Buffer, offset: number): Buffer => (bytes.writeInt32BE(offset, 4), bytes)
const marker = (): Buffer => encodeMarker({ producerId: 7, producerEpoch: 0, coordinatorEpoch: 3, isAbort: true, timestamp: 1 })

test('a marker is read whole, wherever the pieces end', async () => {
  const least = batch(['']).length
  for (let before = PIECE - marker().length - 2; before <= PIECE + 2; before++) {
    const first = batch(['x'.repeat(before - least - 2)])
    const bytes = Buffer.concat([at(first, 0), at(marker(), 1), at(batch(['after']), 2)])
    const seen: unknown[] = []
    const end = await scanHeaders(scanned(bytes), 0, (piece, place) => {
      seen.push([baseOffsetOf(piece, place), isControl(attributesOf(piece, place)) ? readMarker(piece, place) : 'records'])
      return true
    })
    expect([first.length, end, seen]).toEqual([first.length, bytes.length, [[0, 'records'], [1, { isAbort: true, coordinatorEpoch: 3 }], [2, 'records']]])
  }
})

test('it goes over batches longer than a piece and takes turns, and ends at what is no batch, or reaches beyond the end', async () => {
  const long = Buffer.concat(Array.from({ length: 300 }, (_, index) => at(batch(['y'.repeat(20_000)]), index)))
  const offsets: number[] = []
  const take = (piece: Buffer, place: number): boolean => offsets.push(baseOffsetOf(piece, place)) > 0
  expect(await scanHeaders(scanned(long), 0, take)).toBe(long.length)
  expect(offsets).toEqual(Array.from({ length: 300 }, (_, index) => index))
  const one = batch(['a'])
  expect(await scanHeaders(scanned(Buffer.concat([one, Buffer.alloc(100)])), 0, () => true)).toBe(one.length)
  expect(await scanHeaders(scanned(Buffer.concat([one, one.subarray(0, 65)])), 0, () => true)).toBe(one.length)
  expect(await scanHeaders(scanned(one), 0, () => false)).toBe(0)
})
