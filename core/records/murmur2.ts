/** Murmur2 as Kafka's clients compute it, to choose the partition of a key. */

const SEED = 0x9747b28c
const MIX = 0x5bd1e995

/** The signed 32-bit hash of `bytes` (org.apache.kafka.common.utils.Utils.murmur2). */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length
  let hash = SEED ^ length
  const whole = length & ~3
  for (let at = 0; at < whole; at += 4) {
    let word = byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16) | (byteAt(bytes, at + 3) << 24)
    word = Math.imul(word, MIX)
    word ^= word >>> 24
    word = Math.imul(word, MIX)
    hash = Math.imul(hash, MIX) ^ word
  }
  const rest = length & 3
  if (rest === 3) hash ^= byteAt(bytes, whole + 2) << 16
  if (rest >= 2) hash ^= byteAt(bytes, whole + 1) << 8
  if (rest >= 1) hash = Math.imul(hash ^ byteAt(bytes, whole), MIX)
  hash ^= hash >>> 13
  hash = Math.imul(hash, MIX)
  return hash ^ (hash >>> 15)
}

/** The partition Kafka's default partitioner gives a record with this key: toPositive(murmur2) modulo the count. */
export function partitionForKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0
}
