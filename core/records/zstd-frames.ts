/** Zstandard frames (RFC 8878), read as far as needed to bound before inflating how large the result can be. */

import { CorruptBatch } from './corrupt-batch.ts'

const FRAME_MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
/** A block makes at most this much. */
export const ZSTD_BLOCK_BYTES_MAX = 128 * 1024
const contentSizeBytes = [0, 2, 4, 8]
const dictionaryIdBytes = [0, 1, 2, 4]

/** The most bytes the stream can inflate to: exact where its frames say so, else block by block. Joined frames are added up. */
export function inflatedBytesOfZstd(bytes: Buffer): number {
  let total = 0
  let at = 0
  while (at < bytes.length) {
    if (at + 8 > bytes.length) throw new CorruptBatch('a zstd stream is cut short')
    const magic = bytes.readUInt32LE(at)
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      at += 8 + bytes.readUInt32LE(at + 4)
      continue
    }
    if (magic !== FRAME_MAGIC) throw new CorruptBatch('records are not a zstd frame')
    const header = readFrameHeader(bytes, at)
    const blocks = measureBlocks(bytes, header.blocksAt)
    total += believable(header.contentSize, blocks.bytesMax)
    at = blocks.endAt + (header.hasChecksum ? 4 : 0)
  }
  return total
}

/** A frame that says a small size and carries blocks for much more is not believed: the decoder would notice only after making them. */
function believable(contentSize: number | undefined, blockBytesMax: number): number {
  return contentSize !== undefined && blockBytesMax <= contentSize + ZSTD_BLOCK_BYTES_MAX ? contentSize : blockBytesMax
}

function readFrameHeader(bytes: Buffer, at: number): { contentSize: number | undefined; hasChecksum: boolean; blocksAt: number } {
  const descriptor = bytes[at + 4] ?? 0
  const isSingleSegment = (descriptor & 0x20) !== 0
  const sizeFlag = descriptor >>> 6
  const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : (contentSizeBytes[sizeFlag] ?? 0)
  const sizeAt = at + 5 + (isSingleSegment ? 0 : 1) + (dictionaryIdBytes[descriptor & 3] ?? 0)
  if (sizeAt + sizeBytes > bytes.length) throw new CorruptBatch('a zstd frame is cut short')
  return { contentSize: contentSizeOf(bytes, sizeAt, sizeBytes), hasChecksum: (descriptor & 0x04) !== 0, blocksAt: sizeAt + sizeBytes }
}

function contentSizeOf(bytes: Buffer, at: number, length: number): number | undefined {
  if (length === 0) return undefined
  if (length === 1) return bytes[at] ?? 0
  if (length === 2) return bytes.readUInt16LE(at) + 256
  if (length === 4) return bytes.readUInt32LE(at)
  return Number(bytes.readBigUInt64LE(at))
}

/** Raw and run-length blocks say their size, a compressed one makes at most 128 KiB. */
function measureBlocks(bytes: Buffer, start: number): { bytesMax: number; endAt: number } {
  let bytesMax = 0
  let at = start
  for (;;) {
    if (at + 3 > bytes.length) throw new CorruptBatch('a zstd block is cut short')
    const word = bytes.readUIntLE(at, 3)
    const type = (word >>> 1) & 3
    const size = word >>> 3
    bytesMax += type === 2 ? ZSTD_BLOCK_BYTES_MAX : size
    at += 3 + (type === 1 ? 1 : size)
    if ((word & 1) === 1) return { bytesMax, endAt: at }
  }
}
