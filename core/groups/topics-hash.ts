/**
 * One number for what a group's topics are: another topic under a name, more partitions, and it is another. Stored with the group's
 * epoch (`metadataHash`), so that a change is noticed over a restart. Kafka's value: XXH3 over each topic, then over the topics by name.
 */

import { xxh3 } from '../common/xxh3.ts'
import type { GroupTopic, GroupTopics } from './consumer-context.ts'

/** 0 when none of the topics exists. */
export function topicsHash(topics: GroupTopics, names: ReadonlySet<string>): bigint {
  const known = [...names].sort().flatMap(name => topics.byName(name) ?? [])
  if (known.length === 0) return 0n
  const bytes = Buffer.alloc(8 * known.length)
  for (const [at, topic] of known.entries()) bytes.writeBigInt64LE(topicHash(topic), 8 * at)
  return xxh3(bytes)
}

/** Version, id, name, partition count, and the partitions' numbers; a broker here has no rack to add to them. */
function topicHash({ topicId, name, partitionCount }: GroupTopic): bigint {
  const bytes = Buffer.alloc(1 + 16 + 2 * name.length + 4 + 4 + 4 * partitionCount)
  const id = Buffer.from(topicId, 'base64url')
  let at = 1
  // Java hashes the two halves of the id as numbers, lowest byte first.
  at = bytes.writeBigInt64LE(id.readBigInt64BE(0), at)
  at = bytes.writeBigInt64LE(id.readBigInt64BE(8), at)
  for (let index = 0; index < name.length; index++) at = bytes.writeUInt16LE(name.charCodeAt(index), at)
  at = bytes.writeInt32LE(name.length, at)
  at = bytes.writeInt32LE(partitionCount, at)
  for (let partition = 0; partition < partitionCount; partition++) at = bytes.writeInt32LE(partition, at)
  return xxh3(bytes)
}
