/** Segments that were dropped: renamed at once, unlinked after their delay, held by readers, settled by the next start. */

import { expect, test } from 'vitest'
import { createLogger } from '../../../core/common/logger.ts'
import { MemoryDisk } from '../../../core/common/memory-disk.ts'
import { SimulatedClock } from '../../../core/common/simulated-clock.ts'
import { segmentFile } from '../../../core/log/log-files.ts'
import { Segment } from '../../../core/log/segment.ts'
import { SegmentDeletion } from '../../../core/log/segment-deletion.ts'
import { batch, START_MS } from './fixture.ts'

const FOLDER = '/p'

function setUp() {
  const disk = new MemoryDisk()
  disk.makeFolderNow(FOLDER)
  const clock = new SimulatedClock(START_MS)
  const lines: string[] = []
  const deletion = new SegmentDeletion({ disk, clock, logger: createLogger(line => lines.push(line), { now: clock.now.bind(clock) }) })
  const segmentAt = (baseOffset: number): Segment => {
    const segment = Segment.createNow({ disk, clock, folder: FOLDER, baseOffset, indexIntervalBytes: 4096 })
    segment.append(batch(['a']), baseOffset, START_MS)
    segment.sealNow()
    disk.replaceNow(segmentFile(FOLDER, baseOffset, '.snapshot'), Buffer.from('producers'))
    return segment
  }
  return { disk, clock, deletion, lines, segmentAt }
}

const names = (disk: MemoryDisk): string[] => disk.paths.map(path => path.slice(FOLDER.length + 1).replace(/^0+(?=\d)/, ''))
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

test('a dropped segment is renamed at once with all its files and unlinked after its delay', async () => {
  const { disk, clock, deletion, segmentAt } = setUp()
  deletion.drop(segmentAt(0), { folder: FOLDER, delayMs: 60_000 })
  const kept = segmentAt(5)
  expect(names(disk)).toEqual([
    '0.index.deleted', '0.log.deleted', '0.snapshot.deleted', '0.timeindex.deleted', '5.index', '5.log', '5.snapshot', '5.timeindex',
  ])
  clock.advance(59_999)
  await settled()
  expect(names(disk)).toContain('0.log.deleted')
  clock.advance(1)
  await settled()
  expect(names(disk)).toEqual(['5.index', '5.log', '5.snapshot', '5.timeindex'])
  await deletion.stop()
  kept.closeNow()
  expect([clock.pendingCount, disk.openFiles]).toEqual([0, 0])
})

test('nothing is unlinked while a reader holds a lease, and all of it once the last gives it back', async () => {
  const { disk, clock, deletion, segmentAt } = setUp()
  const [release, releaseOther] = [deletion.lease(FOLDER), deletion.lease(FOLDER)]
  deletion.drop(segmentAt(0), { folder: FOLDER, delayMs: 1000 })
  clock.advance(5000)
  await settled()
  release()
  release()
  clock.advance(5000)
  await settled()
  expect(names(disk)).toContain('0.log.deleted')
  releaseOther()
  clock.advance(0)
  await settled()
  expect(names(disk)).toEqual([])
})

test('a log file that cannot be renamed leaves its segment whole, and it can be dropped later', () => {
  const { disk, deletion, segmentAt } = setUp()
  const segment = segmentAt(0)
  disk.fail({ call: 'rename', code: 'EIO', path: '.log' })
  expect(() => deletion.drop(segment, { folder: FOLDER, delayMs: 0 })).toThrow('EIO')
  expect([names(disk), deletion.waitingCount]).toEqual([['0.index', '0.log', '0.snapshot', '0.timeindex'], 0])
  disk.heal()
  deletion.drop(segment, { folder: FOLDER, delayMs: 0 })
  expect(deletion.waitingCount).toBe(1)
})

test('a flush that was under way makes no file of a dropped segment again', async () => {
  const { disk, deletion, segmentAt } = setUp()
  const segment = segmentAt(0)
  const flushing = segment.flush()
  deletion.drop(segment, { folder: FOLDER, delayMs: 1000 })
  await flushing
  await segment.flush()
  expect(names(disk).filter(name => !name.endsWith('.deleted'))).toEqual([])
})

test('the snapshot stays where a compacted segment takes the same name', () => {
  const { disk, deletion, segmentAt } = setUp()
  deletion.drop(segmentAt(0), { folder: FOLDER, delayMs: 0, keepsSnapshot: true })
  expect(names(disk)).toContain('0.snapshot')
})

test('a stop leaves what waits to the next start, and no timer', async () => {
  const { disk, clock, deletion, segmentAt } = setUp()
  deletion.drop(segmentAt(0), { folder: FOLDER, delayMs: 1000 })
  await deletion.stop()
  clock.advance(5000)
  await settled()
  expect([names(disk).length, clock.pendingCount]).toEqual([4, 0])
})

test('a folder is unlinked whole after its delay', async () => {
  const { disk, clock, deletion, segmentAt } = setUp()
  const segment = segmentAt(0)
  segment.closeNow()
  deletion.dropFolder(FOLDER, 1000)
  clock.advance(1000)
  await settled()
  expect([names(disk), disk.existsNow(FOLDER)]).toEqual([[], false])
})
