/**
 * The four codecs of record batches. Native modules load on first use. Inflating takes the most bytes the result may have and refuses
 * more before memory is spent: gzip by zlib's own limit, the others by sizes read from the compressed stream first (zstd to within a block).
 */

import { createRequire } from 'node:module'
import { gunzipSync, gzipSync } from 'node:zlib'
import { CorruptBatch, InflatedTooLarge } from './corrupt-batch.ts'
import { inflatedBytesOfLz4, splitLz4Frames } from './lz4-frames.ts'
import { inflateSnappy, type RawSnappy } from './snappy-frames.ts'
import { inflatedBytesOfZstd, ZSTD_BLOCK_BYTES_MAX } from './zstd-frames.ts'

export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** In the order of their ids in a batch's attributes. */
const codecs: readonly Codec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const ZSTD_LEVEL = 3

type Lz4 = { compressFrameSync(bytes: Buffer): Buffer; decompressFrameSync(bytes: Buffer): Buffer }
type Zstd = {
  Encoder: new (level: number) => { encodeSync(bytes: Buffer): Buffer }
  Decoder: new () => { decodeSync(bytes: Buffer): Buffer }
}

export function codecId(codec: Codec): number {
  return codecs.indexOf(codec)
}

/** Throws CorruptBatch for an id no codec has. */
export function codecOf(id: number): Codec {
  const codec = codecs[id]
  if (codec === undefined) throw new CorruptBatch(`no compression codec has the id ${id}`)
  return codec
}

/** `bytes` inflated. Throws InflatedTooLarge beyond `bytesMax`, CorruptBatch when they are not of this codec. */
export function inflate(codec: Codec, bytes: Buffer, bytesMax: number): Buffer {
  if (codec === 'none') return bytes
  try {
    return inflaters[codec](bytes, bytesMax)
  } catch (failure) {
    if (failure instanceof CorruptBatch) throw failure
    if (isBufferTooLarge(failure)) throw tooLarge(codec, bytesMax)
    throw new CorruptBatch(`records cannot be inflated as ${codec}`, 'INVALID_RECORD', { cause: failure })
  }
}

export function deflate(codec: Codec, bytes: Buffer): Buffer {
  return codec === 'none' ? bytes : deflaters[codec](bytes)
}

const deflaters = {
  gzip: (bytes: Buffer) => gzipSync(bytes),
  snappy: (bytes: Buffer) => snappy().compressSync(bytes),
  lz4: (bytes: Buffer) => lz4().compressFrameSync(bytes),
  zstd: (bytes: Buffer) => new (zstd().Encoder)(ZSTD_LEVEL).encodeSync(bytes),
}

const inflaters = {
  gzip: (bytes: Buffer, bytesMax: number) => gunzipSync(bytes, { maxOutputLength: bytesMax }),
  snappy: (bytes: Buffer, bytesMax: number) => inflateSnappy(snappy(), bytes, bytesMax),
  lz4(bytes: Buffer, bytesMax: number) {
    if (inflatedBytesOfLz4(bytes, bytesMax) > bytesMax) throw tooLarge('lz4', bytesMax)
    const frames = splitLz4Frames(bytes).map(frame => lz4().decompressFrameSync(frame))
    return frames.length === 1 && frames[0] ? frames[0] : Buffer.concat(frames)
  },
  zstd(bytes: Buffer, bytesMax: number) {
    if (inflatedBytesOfZstd(bytes) > bytesMax + ZSTD_BLOCK_BYTES_MAX) throw tooLarge('zstd', bytesMax)
    const inflated = new (zstd().Decoder)().decodeSync(bytes)
    if (inflated.length > bytesMax) throw tooLarge('zstd', bytesMax)
    return inflated
  },
}

function tooLarge(codec: Codec, bytesMax: number): InflatedTooLarge {
  return new InflatedTooLarge(`records inflate as ${codec} to more than ${bytesMax} bytes`)
}

function isBufferTooLarge(failure: unknown): boolean {
  return (failure as NodeJS.ErrnoException | undefined)?.code === 'ERR_BUFFER_TOO_LARGE' // zlib's own errors carry the code
}

const load = createRequire(import.meta.url)
let loadedSnappy: RawSnappy | undefined
let loadedLz4: Lz4 | undefined
let loadedZstd: Zstd | undefined

// The casts name the part of each package's own declarations that is used here.
const snappy = (): RawSnappy => (loadedSnappy ??= load('snappy') as RawSnappy)
const lz4 = (): Lz4 => (loadedLz4 ??= load('lz4-napi') as Lz4)
const zstd = (): Zstd => (loadedZstd ??= load('@toondepauw/node-zstd') as Zstd)
