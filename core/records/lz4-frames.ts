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
export function splitLz4Frames(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = []
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
    frames.push(bytes.subarray(at, at + length))
    at += length
  }
  return frames
}

/** Calls `take` for each block of the frame at the start of `bytes`; returns the length of the frame. */
function eachBlock(bytes: Buffer, take: (at: number, size: number, isRaw: boolean) => void): number {
  const flags = bytes[4] ?? 0
  const hasBlockChecksum = (flags & 0x10) !== 0
  let at = 7 + ((flags & 0x08) !== 0 ? 8 : 0) + ((flags & 0x01) !== 0 ? 4 : 0)
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
