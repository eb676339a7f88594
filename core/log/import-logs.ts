/** Reads a log directory that Apache Kafka wrote, and copies whole topics out of it; the source is never changed. */

import { parse } from 'node:path'
import type { Disk } from '../common/disk.ts'
import { BATCH_HEADER_BYTES, MAGIC, magicOf, producerIdOf, sizeOf } from '../records/batch-header.ts'
import { readOffsetCheckpoint, RECOVERY_POINTS_FILE, START_OFFSETS_FILE, writeOffsetCheckpoint } from './checkpoint.ts'
import { PARTITION_METADATA_FILE, readPartitionFolderName, readPartitionMetadata, readSegmentFileName } from './log-files.ts'

export type ForeignTopic = { readonly name: string; readonly topicId: string; readonly partitionCount: number; readonly folders: readonly string[] }
export type Skipped = { readonly folder: string; readonly reason: string }

const PIECE_BYTES = 1024 * 1024
/** Of the running broker, or built from the data: without its indexes a copy is read through, verified and indexed when it is opened. */
const NOT_DATA = /\.(lock|tmp|swap|cleaned|deleted|index|timeindex|txnindex|snapshot)$/

/** Topics whose partitions 0…n−1 are all there, and what was left out with the reason. ENOENT when there is no such folder. */
export async function readForeignLogs(disk: Disk, source: string): Promise<{ readonly topics: readonly ForeignTopic[]; readonly skipped: readonly Skipped[] }> {
  const skipped: Skipped[] = []
  const byTopic = new Map<string, { partition: number; folder: string; topicId: string }[]>()
  for (const { name: folder, isFolder } of await disk.list(source)) {
    if (!isFolder) continue
    const part = readPartitionFolderName(folder)
    const topicId = readPartitionMetadata(disk.readSmallNow(`${source}/${folder}/${PARTITION_METADATA_FILE}`))
    const reason = reasonToSkip(folder, part, topicId) ?? ((await isOfOldFormat(disk, `${source}/${folder}`)) ? 'its records are of a format that Kafka wrote before 0.11' : undefined)
    if (reason !== undefined || !part || topicId === undefined) skipped.push({ folder, reason: reason ?? 'not a partition folder' })
    else byTopic.set(part.topic, [...(byTopic.get(part.topic) ?? []), { partition: part.partition, folder, topicId }])
  }
  const topics: ForeignTopic[] = []
  for (const [name, found] of byTopic) {
    const partitions = found.sort((a, b) => a.partition - b.partition)
    const problem = problemWith(partitions)
    if (problem === undefined) topics.push({ name, topicId: partitions[0]?.topicId ?? '', partitionCount: partitions.length, folders: partitions.map(({ folder }) => folder) })
    else for (const { folder } of partitions) skipped.push({ folder, reason: problem })
  }
  return { topics, skipped }
}

function reasonToSkip(folder: string, part: { topic: string } | undefined, topicId: string | undefined): string | undefined {
  if (folder.endsWith('-delete')) return 'it was being deleted'
  if (folder.endsWith('-stray')) return 'Kafka had set it aside as stray'
  if (folder.endsWith('-future')) return 'it was being moved between disks'
  if (!part) return 'its name is not topic-partition'
  if (part.topic.startsWith('__')) return 'internal topics stay with their cluster'
  return topicId === undefined ? 'it has no partition.metadata with a topic id' : undefined
}

/** Asked of the first batch of each segment: magic 0 and 1 would be taken for damage when the copy is verified. */
async function isOfOldFormat(disk: Disk, folder: string): Promise<boolean> {
  const header = Buffer.alloc(BATCH_HEADER_BYTES)
  for (const { name } of await disk.list(folder)) {
    if (readSegmentFileName(name)?.suffix !== '.log') continue
    const file = disk.openNow(`${folder}/${name}`, 'read')
    try {
      if (file.readNow(header, 0) === header.length && magicOf(header, 0) < MAGIC) return true
    } finally {
      file.closeNow()
    }
  }
  return false
}

function problemWith(partitions: readonly { partition: number; topicId: string }[]): string | undefined {
  if (new Set(partitions.map(({ topicId }) => topicId)).size > 1) return 'its partitions carry different topic ids'
  const missing = partitions.findIndex(({ partition }, at) => partition !== at)
  return missing < 0 ? undefined : `partition ${missing} of the topic is missing, and partitions go from 0 without a gap`
}

/** Copies a partition folder, file by file; the target must not exist. The copy appears under its name when it is whole. */
export async function copyPartition(disk: Disk, from: string, to: string): Promise<number> {
  const unfinished = `${to}.importing`
  await disk.remove(unfinished)
  await disk.makeFolder(unfinished)
  let bytes = 0
  for (const { name, isFolder } of await disk.list(from)) {
    if (!isFolder && !NOT_DATA.test(name)) bytes += await copyFile(disk, `${from}/${name}`, `${unfinished}/${name}`)
  }
  await disk.flushFolder(unfinished)
  await disk.rename(unfinished, to)
  await adoptOffsets(disk, from, to)
  return bytes
}

/**
 * Two facts of the partition go into the checkpoints of our log directory: where DeleteRecords had moved the start to, as Kafka's own
 * checkpoint says, and that the copy is durable. The latter keeps a start after a crash from taking the holes of compaction for losses.
 */
async function adoptOffsets(disk: Disk, from: string, to: string): Promise<void> {
  const [source, sourceName] = splitPath(from)
  const [target, targetName] = splitPath(to)
  const bases = (await disk.list(to)).flatMap(({ name }) => readSegmentFileName(name) ?? []).map(({ baseOffset }) => baseOffset)
  await setOffset(disk, `${target}/${RECOVERY_POINTS_FILE}`, targetName, Math.max(0, ...bases))
  const startOffset = readOffsetCheckpoint(await disk.readSmall(`${source}/${START_OFFSETS_FILE}`)).get(sourceName) ?? 0
  if (startOffset > 0) await setOffset(disk, `${target}/${START_OFFSETS_FILE}`, targetName, startOffset)
}

async function setOffset(disk: Disk, path: string, name: string, offset: number): Promise<void> {
  await disk.replace(path, writeOffsetCheckpoint(readOffsetCheckpoint(await disk.readSmall(path)).set(name, offset)))
}

function splitPath(path: string): [folder: string, name: string] {
  const { dir, base } = parse(path)
  return [dir, base]
}

/**
 * The highest producer id in a partition's batches, -1 when no producer was idempotent. The ids were given by another cluster; ours
 * must be above them, or a new producer would be taken for an old one and its first sequence for a duplicate or a gap.
 */
export async function highestProducerId(disk: Disk, folder: string): Promise<number> {
  const header = Buffer.alloc(BATCH_HEADER_BYTES)
  let highest = -1
  for (const { name } of await disk.list(folder)) {
    if (readSegmentFileName(name)?.suffix !== '.log') continue
    const file = disk.openNow(`${folder}/${name}`, 'read')
    try {
      for (let at = 0; file.readNow(header, at) === header.length && magicOf(header, 0) === MAGIC && sizeOf(header, 0) >= header.length; at += sizeOf(header, 0)) {
        highest = Math.max(highest, producerIdOf(header, 0))
      }
    } finally {
      file.closeNow()
    }
  }
  return highest
}

async function copyFile(disk: Disk, from: string, to: string): Promise<number> {
  const source = disk.openNow(from, 'read')
  const target = disk.openNow(to, 'create')
  try {
    const piece = Buffer.allocUnsafe(PIECE_BYTES)
    let at = 0
    for (let length = await source.read(piece, at); length > 0; length = await source.read(piece, at)) {
      target.writeNow([piece.subarray(0, length)], at)
      at += length
    }
    await target.flush()
    return at
  } finally {
    source.closeNow()
    target.closeNow()
  }
}
