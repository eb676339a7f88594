/**
 * Snappy as Kafka's clients write it: librdkafka and Go send one raw block, Java sends xerial's framing,
 * `\x82SNAPPY\0` · int32 version · int32 compatible version · { int32 length · raw block }.
 */

import { CorruptBatch, InflatedTooLarge } from './corrupt-batch.ts'

export type RawSnappy = { compressSync(bytes: Buffer): Buffer; uncompressSync(bytes: Buffer): string | Buffer }

const XERIAL_MAGIC = Buffer.from('\x82SNAPPY\0', 'latin1')
const XERIAL_HEADER_BYTES = 16

/** A copy of 64 bytes takes 3, and nothing makes more of less: a block that claims more is not believed, for the claim would be allocated. */
const RATIO_MAX = 64 / 3

export function inflateSnappy(snappy: RawSnappy, bytes: Buffer, bytesMax: number): Buffer {
  const inflated = [...snappyPieces(snappy, bytes, bytesMax)]
  return inflated.length === 1 && inflated[0] ? inflated[0] : Buffer.concat(inflated)
}

/** What `bytes` inflate to, block by block; that all of it fits `bytesMax` is known before the first. */
export function* snappyPieces(snappy: RawSnappy, bytes: Buffer, bytesMax: number): Generator<Buffer> {
  let inflatedBytes = 0
  for (const block of blocksOf(bytes)) inflatedBytes += inflatedBytesOf(block)
  if (inflatedBytes > bytesMax) throw new InflatedTooLarge(`records inflate as snappy to ${inflatedBytes} bytes, more than ${bytesMax}`)
  for (const block of blocksOf(bytes)) yield snappy.uncompressSync(block) as Buffer // a string only when asked for one
}

function isXerial(bytes: Buffer): boolean {
  return bytes.length >= XERIAL_HEADER_BYTES && bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)
}

function* blocksOf(bytes: Buffer): Generator<Buffer> {
  if (!isXerial(bytes)) return yield bytes
  let at = XERIAL_HEADER_BYTES
  while (at < bytes.length) {
    // A stream may be several joined ones: its header may come again.
    if (isXerial(bytes.subarray(at))) {
      at += XERIAL_HEADER_BYTES
      continue
    }
    if (at + 4 > bytes.length) throw new CorruptBatch('a snappy stream is cut short')
    const length = bytes.readInt32BE(at)
    if (length < 0 || at + 4 + length > bytes.length) throw new CorruptBatch(`a snappy block has the length ${length}`)
    yield bytes.subarray(at + 4, at + 4 + length)
    at += 4 + length
  }
}

/** A raw block opens with its inflated length, a varint of at most 32 bits. */
function inflatedBytesOf(block: Buffer): number {
  let value = 0
  for (let index = 0; index < 5; index++) {
    const byte = block[index]
    if (byte === undefined) break
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte >= 0x80) continue
    if (value > block.length * RATIO_MAX) throw new CorruptBatch(`a snappy block of ${block.length} bytes claims to hold ${value}`)
    return value
  }
  throw new CorruptBatch('a snappy block has no length')
}
