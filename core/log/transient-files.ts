/** Leftovers of an interrupted deletion or compaction: `.deleted` and `.cleaned` go, `.swap` files take the place of what they replace. */

import type { Disk } from '../common/disk.ts'
import { BATCH_HEADER_BYTES, lastOffsetOf, sizeOf } from '../records/batch-header.ts'
import { readSegmentFileName } from './log-files.ts'

const SWAP = '.swap'
const CLEANED = '.cleaned'

export async function settleTransientFiles(disk: Disk, folder: string): Promise<void> {
  const names = (await disk.list(folder)).filter(entry => !entry.isFolder).map(entry => entry.name)
  const unfinishedFrom = Math.min(...names.filter(name => name.endsWith(CLEANED)).map(name => offsetIn(name, CLEANED)))
  const swaps = names.filter(name => name.endsWith(SWAP) && offsetIn(name, SWAP) < Infinity)
  // A swap at or above a file still being cleaned belongs to one that did not finish: the originals are all there. It goes before that file.
  for (const name of swaps) if (offsetIn(name, SWAP) >= unfinishedFrom) await disk.remove(`${folder}/${name}`)
  for (const name of names) if (name.endsWith('.deleted') || name.endsWith(CLEANED) || name.endsWith('.tmp')) await disk.remove(`${folder}/${name}`)
  const whole = swaps.filter(name => offsetIn(name, SWAP) < unfinishedFrom)
  if (whole.length > 0) await completeSwaps(disk, folder, names, whole)
}

/** Everything between the first and the last swapped segment was compacted into them. */
async function completeSwaps(disk: Disk, folder: string, names: readonly string[], swaps: readonly string[]): Promise<void> {
  const logs = swaps.filter(name => name.endsWith('.log.swap'))
  const from = Math.min(...logs.map(name => offsetIn(name, SWAP)))
  const to = Math.max(...logs.map(name => nextOffsetIn(disk, `${folder}/${name}`, offsetIn(name, SWAP))))
  for (const name of names) {
    const file = readSegmentFileName(name)
    // Producers' states at the first segment's base are still those at the base of what takes its place.
    const isReplaced = file && file.baseOffset >= from && file.baseOffset < to && !(file.suffix === '.snapshot' && file.baseOffset === from)
    if (isReplaced) await disk.remove(`${folder}/${name}`)
  }
  // The .log first: without a `.log.swap` the others are known to belong to a .log that has its name.
  for (const name of [...logs, ...swaps.filter(name => !logs.includes(name))]) await disk.rename(`${folder}/${name}`, `${folder}/${name.slice(0, -SWAP.length)}`)
  await disk.flushFolder(folder)
}

function offsetIn(name: string, suffix: string): number {
  return readSegmentFileName(name.slice(0, -suffix.length))?.baseOffset ?? Infinity
}

function nextOffsetIn(disk: Disk, path: string, baseOffset: number): number {
  const file = disk.openNow(path, 'read')
  const header = Buffer.alloc(BATCH_HEADER_BYTES)
  let next = baseOffset
  try {
    for (let at = 0; file.readNow(header, at) === header.length; at += Math.max(BATCH_HEADER_BYTES, sizeOf(header, 0))) next = lastOffsetOf(header, 0) + 1
  } finally {
    file.closeNow()
  }
  return next
}
