/**
 * The LZ4 frame format, read as far as needed to know before inflating how large the result is, and where joined frames part.
 * ```
 * frame: int32 LE magic · FLG · BD · [int64 content size] · [int32 dictionary] · HC · { int32 LE block size · block · [checksum] } · int32 0 · [checksum]
 * ```
 */

import { CorruptBatch } from './corrupt-batch.ts'

const FRAME_MAGIC = 0x184d2204
/** 0x184d2a50 to 5f: frames for others to skip. */
const SKIPPABLE_MAGIC = 0x184d2a50

/** Frames that inflate to more than this come block by block where they can. */
const PIECES_ABOVE_BYTES = 1024 * 1024
const INDEPENDENT_BLOCKS = 0x20
const BLOCK_CHECKSUMS = 0x10

export type Lz4Decoders = {
  readonly frame: (bytes: Buffer) => Buffer
  /** A block after its inflated size as int32 LE. */
  readonly block: (sizedBlock: Buffer) => Buffer
}

/**
 * What the stream inflates to: large frames block by block, as Kafka's own reader does (which likewise passes over a frame's content
 * checksum), others whole. Blocks that refer to earlier ones, or have checksums, need their frame; no Kafka client writes them.
 */
export function* lz4Pieces(decode: Lz4Decoders, bytes: Buffer): Generator<Buffer> {
  for (const frame of splitLz4Frames(bytes)) {
    const flags = frame[4] ?? 0
    const isSimple = (flags & INDEPENDENT_BLOCKS) !== 0 && (flags & BLOCK_CHECKSUMS) === 0
    if (!isSimple || inflatedBytesOfLz4(frame, PIECES_ABOVE_BYTES) <= PIECES_ABOVE_BYTES) yield decode.frame(frame)
    else yield* blocksOf(decode, frame)
  }
}

/** Of a frame that lies whole within its bytes. */
function* blocksOf(decode: Lz4Decoders, frame: Buffer): Generator<Buffer> {
  const descriptorEnd = descriptorEndOf(frame)
  // A flipped bit in there would change what the blocks mean.
  if (((xxh32OfFew(frame.subarray(4, descriptorEnd)) >>> 8) & 0xff) !== frame[descriptorEnd]) throw new CorruptBatch('the header of an lz4 frame does not match its checksum')
  const blockBytesMax = 4 ** (4 + (((frame[5] ?? 0) >>> 4) & 7)) // 64 KiB to 4 MiB
  for (let at = descriptorEnd + 1; ;) {
    const word = frame.readUInt32LE(at)
    if (word === 0) return
    const size = word & 0x7fffffff
    const block = frame.subarray(at + 4, at + 4 + size)
    at += 4 + size
    const isRaw = word >= 0x80000000
    const inflatedBytes = isRaw ? size : inflatedBytesOfBlock(block, 0, size)
    if (inflatedBytes > blockBytesMax) throw new CorruptBatch(`an lz4 block holds ${inflatedBytes} bytes, more than the ${blockBytesMax} of its frame`)
    yield isRaw ? block : decode.block(sized(block, inflatedBytes))
  }
}

function sized(block: Buffer, inflatedBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(4 + block.length)
  bytes.writeUInt32LE(inflatedBytes)
  bytes.set(block, 4)
  return bytes
}

/** xxHash32 with seed 0 of fewer than 16 bytes: what a frame's header is signed with. */
function xxh32OfFew(bytes: Buffer): number {
  const rotated = (value: number, by: number): number => (value << by) | (value >>> (32 - by))
  let hash = (374761393 + bytes.length) | 0
  let at = 0
  for (; at + 4 <= bytes.length; at += 4) hash = Math.imul(rotated((hash + Math.imul(bytes.readInt32LE(at), 3266489917)) | 0, 17), 668265263)
  for (; at < bytes.length; at++) hash = Math.imul(rotated((hash + Math.imul(bytes[at] ?? 0, 374761393)) | 0, 11), 2654435761)
  hash = Math.imul(hash ^ (hash >>> 15), 2246822519)
  hash = Math.imul(hash ^ (hash >>> 13), 3266489917)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** Bytes the stream inflates to, counted from the sequences of its blocks; counting stops beyond `bytesMax`. */
export function inflatedBytesOfLz4(bytes: Buffer, bytesMax: number): number {
  let total = 0
  for (const frame of splitLz4Frames(bytes)) {
    eachBlock(frame, (at, size, isRaw) => {
      if (total <= bytesMax) total += isRaw ? size : inflatedBytesOfBlock(frame, at, at + size)
    })
  }
  return total
}

/** The frames of a stream; lz4 libraries read one. */
export function* splitLz4Frames(bytes: Buffer): Generator<Buffer> {
  let at = 0
  while (at < bytes.length) {
    if (at + 4 > bytes.length) throw new CorruptBatch('an lz4 stream is cut short')
    const magic = bytes.readUInt32LE(at)
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      if (at + 8 > bytes.length) throw new CorruptBatch('an lz4 stream is cut short')
      at += 8 + bytes.readUInt32LE(at + 4)
      continue
    }
    if (magic !== FRAME_MAGIC) throw new CorruptBatch('records are not an lz4 frame')
    const length = eachBlock(bytes.subarray(at), () => {})
    yield bytes.subarray(at, at + length)
    at += length
  }
}

/** Calls `take` for each block of the frame at the start of `bytes`; returns the length of the frame. */
function eachBlock(bytes: Buffer, take: (at: number, size: number, isRaw: boolean) => void): number {
  const flags = bytes[4] ?? 0
  const hasBlockChecksum = (flags & BLOCK_CHECKSUMS) !== 0
  let at = descriptorEndOf(bytes) + 1
  for (;;) {
    if (at + 4 > bytes.length) throw new CorruptBatch('an lz4 frame is cut short')
    const word = bytes.readUInt32LE(at)
    at += 4
    if (word === 0) break
    const size = word & 0x7fffffff
    if (at + size > bytes.length) throw new CorruptBatch('an lz4 block is cut short')
    take(at, size, word >= 0x80000000)
    at += size + (hasBlockChecksum ? 4 : 0)
  }
  at += (flags & 0x04) !== 0 ? 4 : 0
  if (at > bytes.length) throw new CorruptBatch('an lz4 frame is cut short')
  return at
}

/** Where the header's checksum stands. */
function descriptorEndOf(frame: Buffer): number {
  const flags = frame[4] ?? 0
  return 6 + ((flags & 0x08) !== 0 ? 8 : 0) + ((flags & 0x01) !== 0 ? 4 : 0)
}

/** Adds up the literals and matches of a block without copying them. */
function inflatedBytesOfBlock(bytes: Buffer, start: number, end: number): number {
  let total = 0
  let at = start
  while (at < end) {
    const token = bytes[at++] ?? 0
    let literals = token >>> 4
    if (literals === 15) {
      let byte = 255
      while (byte === 255 && at < end) {
        byte = bytes[at++] ?? 0
        literals += byte
      }
    }
    at += literals
    total += literals
    if (at >= end) break
    at += 2
    let match = (token & 15) + 4
    if (match === 19) {
      let byte = 255
      while (byte === 255 && at < end) {
        byte = bytes[at++] ?? 0
        match += byte
      }
    }
    total += match
  }
  return total
}
