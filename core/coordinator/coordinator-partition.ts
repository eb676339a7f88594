/** Which partition of an internal topic holds a group or a transactional id. */

/** Java's String.hashCode: over UTF-16 units, in 32 bits. */
export function javaHashCode(text: string): number {
  let hash = 0
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
  return hash
}

/**
 * The partition that coordinates `id`. Kafka takes the real absolute value here (the smallest int becomes 0), unlike the default
 * partitioner of producers, which drops the sign bit.
 */
export function coordinatorPartition(id: string, partitionCount: number): number {
  const hash = javaHashCode(id)
  return hash === -0x8000_0000 ? 0 : Math.abs(hash) % partitionCount
}
