/** Segment files written by hand, as Kafka lays them out, for tests of the reader. */

import type { Disk } from '../../../../core/common/disk.ts'
import { encodeBatch, type NewBatch } from '../../../../core/records/record-batch.ts'
import type { PartitionSource, SegmentSource } from '../../../../core/studio/scan/source.ts'

export type Batch = Omit<NewBatch, 'baseOffset'>

/** Writes `segments` (each a list of batches) of one partition, with an index entry per batch after the first. */
export function writePartition(disk: Disk, folder: string, segments: readonly (readonly Batch[])[], o: { index?: boolean } = {}): PartitionSource {
  disk.makeFolderNow(folder)
  let offset = 0
  const written: SegmentSource[] = []
  for (const [at, batches] of segments.entries()) {
    const baseOffset = offset
    const name = `${folder}/${String(baseOffset).padStart(20, '0')}`
    const index: Buffer[] = []
    const log: Buffer[] = []
    let position = 0
    for (const batch of batches) {
      const bytes = encodeBatch({ ...batch, baseOffset: offset })
      offset += batch.records.length
      if (position > 0) {
        const entry = Buffer.alloc(8)
        entry.writeInt32BE(offset - 1 - baseOffset, 0)
        entry.writeInt32BE(position, 4)
        index.push(entry)
      }
      log.push(bytes)
      position += bytes.length
    }
    disk.openNow(`${name}.log`, 'create').writeNow(log, 0)
    if (o.index !== false) disk.openNow(`${name}.index`, 'create').writeNow([...index, Buffer.alloc(64)], 0)
    written.push({ path: `${name}.log`, baseOffset, endPosition: position, isClosed: at < segments.length - 1 })
  }
  return { partition: 0, cursor: 0, startOffset: 0, endOffset: offset, coveredFrom: 0, coveredTo: offset, segments: written }
}
