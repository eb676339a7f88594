/** Damage beside the holes that compaction leaves, and lengths that cannot be true. The proof for every byte is in test/simulation/corruption.test.ts. */

import { expect, test } from 'vitest'
import { segmentFile } from '../../../core/log/log-files.ts'
import type { PartitionLog } from '../../../core/log/partition-log.ts'
import { readBuffers } from '../../../core/log/read-buffers.ts'
import { assignPlace } from '../../../core/records/batch-header.ts'
import { batch, FOLDER, mustAppend, openLog, readOnce } from './fixture.ts'

const LOG = segmentFile(FOLDER, 0, '.log')

/** A log whose batches lie at these offsets, one record each, as compaction may have left them. */
async function logWithHoles(offsets: readonly number[]): Promise<{ log: PartitionLog; write: (at: number, ...bytes: number[]) => void; size: number }> {
  const config = { cleanupPolicy: ['compact'] } as const
  const { disk, log: empty } = await openLog({ config })
  await empty.close()
  const batches = offsets.map(offset => {
    const bytes = batch([String(offset)])
    assignPlace(bytes, 0, offset, 0)
    return bytes
  })
  disk.replaceNow(LOG, Buffer.concat(batches))
  for (const suffix of ['.index', '.timeindex', '.snapshot'] as const) disk.removeNow(segmentFile(FOLDER, 0, suffix))
  const { log } = await openLog({ disk, config })
  const size = batches[0]?.length ?? 0
  const write = (at: number, ...bytes: number[]): void => {
    const file = disk.openNow(LOG, 'write')
    file.writeNow([Buffer.of(...bytes)], at)
    file.closeNow()
  }
  return { log, write, size }
}

const offsetsOf = (log: PartitionLog, upTo: number): unknown[] => Array.from({ length: upTo }, (_, offset) => readOnce(log, offset, { maxBytes: 1 }))

test('holes are passed over', async () => {
  const { log } = await logWithHoles([0, 5, 9])
  expect([log.endOffset, String(offsetsOf(log, 10))]).toEqual([10, '0,5,5,5,5,5,9,9,9,9'])
})

test('a batch that moved into its neighbour is not served, the neighbours are', async () => {
  const { log, write, size } = await logWithHoles([0, 1, 2, 5])
  write(size, 0, 0, 0, 0, 0, 0, 0, 3)
  expect(offsetsOf(log, 6)).toEqual([['0'], 'CORRUPT_MESSAGE', ['2'], ['5'], ['5'], ['5']])
})

test('where nobody can tell which of two batches moved, neither is served', async () => {
  const { log, write, size } = await logWithHoles([3, 5, 9])
  write(size, 0, 0, 0, 0, 0, 0, 0, 2)
  expect(offsetsOf(log, 10)).toEqual([...Array<string>(9).fill('CORRUPT_MESSAGE'), ['9']])
})

test('a length that reaches far beyond its batch takes no memory, and the batch behind it is found', async () => {
  const { log, write, size } = await logWithHoles([0, 1, 2])
  for (const length of [[0x7f, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff], [0, 0, 0, 0], [0, 0, 0, size]]) {
    write(size + 8, ...length)
    const before = readBuffers.bytesInUse
    expect(offsetsOf(log, 3)).toEqual([['0'], 'CORRUPT_MESSAGE', ['2']])
    expect(readBuffers.bytesInUse).toBe(before)
  }
})

test('what is appended behind a damaged batch can be read', async () => {
  const { log, write, size } = await logWithHoles([0, 1])
  write(size + 8, 0x7f, 0xff, 0xff, 0xff)
  mustAppend(log, batch(['after']))
  expect(offsetsOf(log, 3)).toEqual([['0'], 'CORRUPT_MESSAGE', ['after']])
})
