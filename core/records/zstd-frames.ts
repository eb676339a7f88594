/** Zstandard frames (RFC 8878), read as far as needed to bound before inflating how large the result can be. */

import { CorruptBatch } from './corrupt-batch.ts'

const FRAME_MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
/** A block makes at most this much. */
export const ZSTD_BLOCK_BYTES_MAX = 128 * 1024
const contentSizeBytes = [0, 2, 4, 8]
const dictionaryIdBytes = [0, 1, 2, 4]

type ZstdFrame = { readonly at: number; readonly endAt: number; readonly blocksAt: number; readonly inflatedBytesMax: number }

/** The most bytes the stream can inflate to: exact where its frames say so, else block by block. Joined frames are added up. */
export function inflatedBytesOfZstd(bytes: Buffer): number {
  let total = 0
  for (const { inflatedBytesMax } of framesOf(bytes)) total += inflatedBytesMax
  return total
}

/** Frames larger than this are looked into before all of them is made. */
const PEEK_ABOVE_BYTES = 1024 * 1024
/** The largest window a frame made for the peek announces; a decoder takes none above it. */
const WINDOW_LOG_MAX = 27

/**
 * What the stream inflates to, frame by frame: the decoder knows whole frames only. A large frame comes in two pieces, its first block
 * alone and then the rest, so that whoever reads finds out what is no record before memory is spent on it.
 */
export function* zstdPieces(decode: (bytes: Buffer) => Buffer, bytes: Buffer): Generator<Buffer> {
  for (const frame of framesOf(bytes)) {
    const whole = bytes.subarray(frame.at, frame.endAt)
    if (frame.inflatedBytesMax <= PEEK_ABOVE_BYTES) {
      yield decode(whole)
      continue
    }
    const first = decode(firstBlockOf(bytes, frame))
    yield first
    yield decode(whole).subarray(first.length)
  }
}

/** A frame of the first block alone: without content size and checksum, which are those of the whole. */
function firstBlockOf(bytes: Buffer, { at, blocksAt }: ZstdFrame): Buffer {
  const descriptor = bytes[at + 4] ?? 0
  const isSingleSegment = (descriptor & 0x20) !== 0
  const window = isSingleSegment ? (WINDOW_LOG_MAX - 10) << 3 : (bytes[at + 5] ?? 0)
  const dictionaryAt = at + 5 + (isSingleSegment ? 0 : 1)
  const dictionary = bytes.subarray(dictionaryAt, dictionaryAt + (dictionaryIdBytes[descriptor & 3] ?? 0))
  const block = bytes.readUIntLE(blocksAt, 3)
  const endAt = blocksAt + 3 + (((block >>> 1) & 3) === 1 ? 1 : block >>> 3)
  const made = Buffer.concat([bytes.subarray(at, at + 4), Buffer.from([descriptor & 3, window]), dictionary, bytes.subarray(blocksAt, endAt)])
  made.writeUIntLE(block | 1, 6 + dictionary.length, 3) // the last block
  return made
}

function* framesOf(bytes: Buffer): Generator<ZstdFrame> {
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
    const endAt = blocks.endAt + (header.hasChecksum ? 4 : 0)
    yield { at, endAt, blocksAt: header.blocksAt, inflatedBytesMax: believable(header.contentSize, blocks.bytesMax) }
    at = endAt
  }
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
