/** Names in a data folder, as Kafka writes them: `<topic>-<partition>/%020d.log`, `.index`, `.timeindex`, `.txnindex`, `.snapshot`. */

export const LEADER_EPOCHS_FILE = 'leader-epoch-checkpoint'
export const PARTITION_METADATA_FILE = 'partition.metadata'

export type SegmentSuffix = '.log' | '.index' | '.timeindex' | '.txnindex' | '.snapshot'

/** Appended to the name of a file that waits to be unlinked. */
export const DELETED_SUFFIX = '.deleted'

/** Left by an interrupted deletion or cleaning: swapped files replace the originals, the other two are dropped. */
export const TRANSIENT_SUFFIXES = ['.deleted', '.cleaned', '.swap'] as const

export function segmentFile(folder: string, baseOffset: number, suffix: SegmentSuffix): string {
  return `${folder}/${String(baseOffset).padStart(20, '0')}${suffix}`
}

const SEGMENT_FILE = /^(\d{20})(\.log|\.index|\.timeindex|\.txnindex|\.snapshot)$/

/** What a file of a partition folder is, or undefined when it is not part of a segment. */
export function readSegmentFileName(name: string): { baseOffset: number; suffix: SegmentSuffix } | undefined {
  const match = SEGMENT_FILE.exec(name)
  if (!match) return undefined
  return { baseOffset: Number(match[1]), suffix: match[2] as SegmentSuffix } // the expression lists the suffixes
}

const PARTITION_FOLDER = /^([a-zA-Z0-9._-]{1,249})-(\d{1,9})$/

/** What file systems allow. */
const NAME_BYTES_MAX = 255

/**
 * The name a partition's folder has while it is being deleted: Kafka's `<topic>-<partition>.<id in hex>-delete`, its topic cut short where
 * the whole would be too long for a file name, as by Kafka.
 */
export function deletedFolderName(folderName: string, topicId: string): string {
  const at = folderName.lastIndexOf('-')
  const end = `${folderName.slice(at)}.${Buffer.from(topicId, 'base64url').toString('hex')}-delete`
  return `${folderName.slice(0, Math.min(at, NAME_BYTES_MAX - end.length))}${end}`
}

export function partitionFolderName(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** The partition a folder holds by its name, or undefined. */
export function readPartitionFolderName(name: string): { topic: string; partition: number } | undefined {
  const match = PARTITION_FOLDER.exec(name)
  if (!match?.[1] || match[1] === '.' || match[1] === '..') return undefined
  const partition = Number(match[2])
  return String(partition) === match[2] ? { topic: match[1], partition } : undefined
}

/** `partition.metadata`: which topic a folder belongs to, whatever its name says. */
export function encodePartitionMetadata(topicId: string): Buffer {
  return Buffer.from(`version: 0\ntopic_id: ${topicId}`)
}

/** The topic id in a `partition.metadata`, or undefined when there is none. */
export function readPartitionMetadata(content: Buffer | undefined): string | undefined {
  return content && /^topic_id: ?([A-Za-z0-9_-]{22})\s*$/m.exec(content.toString('utf8'))?.[1]
}
