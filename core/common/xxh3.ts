/** XXH3 in 64 bits, without a seed (xxHash 0.8, doc/xxhash_spec.md): what Kafka's coordinator takes as the hash of a group's topics. */

const MASK = 0xffff_ffff_ffff_ffffn
const LOW = 0xffff_ffffn
const PRIME32_1 = 0x9e3779b1n
const PRIME32_2 = 0x85ebca77n
const PRIME32_3 = 0xc2b2ae3dn
const PRIME64_1 = 0x9e3779b185ebca87n
const PRIME64_2 = 0xc2b2ae3d27d4eb4fn
const PRIME64_3 = 0x165667b19e3779f9n
const PRIME64_4 = 0x85ebca77c2b2ae63n
const PRIME64_5 = 0x27d4eb2f165667c5n
const PRIME_MX1 = 0x165667919e3779f9n
const PRIME_MX2 = 0x9fb21c651e98df25n

/** The 192 bytes of noise that the input is mixed with. */
const SECRET = Buffer.from(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c'
  + '3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364'
  + 'eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
  'hex',
)
const STRIPE_BYTES = 64
const BLOCK_STRIPES = (SECRET.length - STRIPE_BYTES) / 8

/** The hash as a signed number, as Java has it. */
export function xxh3(bytes: Buffer): bigint {
  const { length } = bytes
  if (length <= 16) return upTo16(bytes)
  if (length <= 128) return upTo128(bytes)
  if (length <= 240) return upTo240(bytes)
  return long(bytes)
}

function secret(at: number): bigint {
  return SECRET.readBigUInt64LE(at)
}

function upTo16(bytes: Buffer): bigint {
  const { length } = bytes
  if (length === 0) return avalanche64(secret(56) ^ secret(64))
  if (length <= 3) {
    const combined = ((bytes[0] ?? 0) << 16 | (bytes[length >> 1] ?? 0) << 24 | (bytes[length - 1] ?? 0) | length << 8) >>> 0
    return avalanche64(BigInt(combined) ^ BigInt((SECRET.readUInt32LE(0) ^ SECRET.readUInt32LE(4)) >>> 0))
  }
  if (length <= 8) {
    const combined = BigInt(bytes.readUInt32LE(length - 4)) + (BigInt(bytes.readUInt32LE(0)) << 32n)
    return finish4To8(combined ^ secret(8) ^ secret(16), BigInt(length))
  }
  const low = bytes.readBigUInt64LE(0) ^ secret(24) ^ secret(32)
  const high = bytes.readBigUInt64LE(length - 8) ^ secret(40) ^ secret(48)
  return avalanche((BigInt(length) + swapBytes(low) + high + folded(low, high)) & MASK)
}

function finish4To8(value: bigint, length: bigint): bigint {
  let hash = value ^ rotated(value, 49n) ^ rotated(value, 24n)
  hash = (hash * PRIME_MX2) & MASK
  hash ^= (hash >> 35n) + length
  hash = (hash * PRIME_MX2) & MASK
  return BigInt.asIntN(64, hash ^ (hash >> 28n))
}

function upTo128(bytes: Buffer): bigint {
  const { length } = bytes
  let sum = BigInt(length) * PRIME64_1
  for (let pair = (length - 1) >> 5; pair >= 0; pair--) {
    sum += mixed16(bytes, 16 * pair, 32 * pair) + mixed16(bytes, length - 16 * (pair + 1), 32 * pair + 16)
  }
  return avalanche(sum & MASK)
}

function upTo240(bytes: Buffer): bigint {
  const { length } = bytes
  let sum = BigInt(length) * PRIME64_1
  for (let at = 0; at < 8; at++) sum += mixed16(bytes, 16 * at, 16 * at)
  sum = avalanche(sum & MASK)
  for (let at = 8; at < length >> 4; at++) sum += mixed16(bytes, 16 * at, 16 * (at - 8) + 3)
  return avalanche((sum + mixed16(bytes, length - 16, 136 - 17)) & MASK)
}

function mixed16(bytes: Buffer, at: number, secretAt: number): bigint {
  return folded(bytes.readBigUInt64LE(at) ^ secret(secretAt), bytes.readBigUInt64LE(at + 8) ^ secret(secretAt + 8))
}

function long(bytes: Buffer): bigint {
  const { length } = bytes
  const lanes = [PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1]
  const stripes = Math.floor((length - 1) / STRIPE_BYTES)
  for (let stripe = 0; stripe < stripes; stripe++) {
    const inBlock = stripe % BLOCK_STRIPES
    accumulate(lanes, bytes, stripe * STRIPE_BYTES, 8 * inBlock)
    if (inBlock === BLOCK_STRIPES - 1) scramble(lanes)
  }
  accumulate(lanes, bytes, length - STRIPE_BYTES, SECRET.length - STRIPE_BYTES - 7)
  let sum = BigInt(length) * PRIME64_1
  for (let at = 0; at < 8; at += 2) sum += folded((lanes[at] ?? 0n) ^ secret(11 + 8 * at), (lanes[at + 1] ?? 0n) ^ secret(19 + 8 * at))
  return avalanche(sum & MASK)
}

function accumulate(lanes: bigint[], bytes: Buffer, at: number, secretAt: number): void {
  for (let lane = 0; lane < 8; lane++) {
    const value = bytes.readBigUInt64LE(at + 8 * lane)
    const key = value ^ secret(secretAt + 8 * lane)
    lanes[lane ^ 1] = ((lanes[lane ^ 1] ?? 0n) + value) & MASK
    lanes[lane] = ((lanes[lane] ?? 0n) + (key & LOW) * (key >> 32n)) & MASK
  }
}

function scramble(lanes: bigint[]): void {
  for (const [lane, value] of lanes.entries()) {
    lanes[lane] = ((value ^ (value >> 47n) ^ secret(SECRET.length - STRIPE_BYTES + 8 * lane)) * PRIME32_1) & MASK
  }
}

/** The two halves of a 128-bit product, one over the other. */
function folded(a: bigint, b: bigint): bigint {
  const product = a * b
  return (product & MASK) ^ (product >> 64n)
}

function rotated(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & MASK
}

function swapBytes(value: bigint): bigint {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes.readBigUInt64BE()
}

function avalanche(value: bigint): bigint {
  const hash = ((value ^ (value >> 37n)) * PRIME_MX1) & MASK
  return BigInt.asIntN(64, hash ^ (hash >> 32n))
}

function avalanche64(value: bigint): bigint {
  let hash = ((value ^ (value >> 33n)) * PRIME64_2) & MASK
  hash = ((hash ^ (hash >> 29n)) * PRIME64_3) & MASK
  return BigInt.asIntN(64, hash ^ (hash >> 32n))
}
